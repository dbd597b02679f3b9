"""A receiver's options, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from msgspec import Struct, field

from hub.domain.errors import InvalidInput
from hub.spi import posting
from hub.spi.posting import MAX_SECONDS, check_timeout, check_url, mask

# RFC 9110, sections 5.1 and 5.5; our own headers are plain ASCII.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``secret`` signs the body; ``timeout_seconds`` is how long an answer may take."""

    url: str
    secret: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float = MAX_SECONDS

    def mask(self, text: str) -> str:
        """Return ``text`` without anything that the options may keep secret."""
        return mask(text, self._secrets())

    def _secrets(self) -> Iterator[str]:
        url = httpx.URL(self.url)
        parts = (self.url, url.path, url.query.decode(), url.username, url.password)
        yield from (self.secret or "", *self.headers.values(), *parts, *url.path.split("/"))


def read_options(receiver: str, options: Mapping[str, Any]) -> Options:
    """Return the options of a receiver.

    Raises:
        InvalidInput: one is missing, unknown or cannot be used. No message repeats a value.

    """
    chosen = posting.read_options(receiver, options, Options, "hub-notify-webhook")
    check_timeout(receiver, chosen.timeout_seconds)
    if chosen.secret == "":
        message = f"receiver {receiver}: secret is empty, and would sign nothing"
        raise InvalidInput(message, fix="set what it stands for, or leave the option out")
    for name, value in chosen.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            message = f"receiver {receiver}: header {name!r} cannot be sent"
            raise InvalidInput(message, fix="use visible ASCII characters on one line")
    check_url(receiver, chosen.url)
    return chosen
