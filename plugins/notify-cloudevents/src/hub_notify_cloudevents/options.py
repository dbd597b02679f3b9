"""A receiver's options, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.spi import posting
from hub.spi.posting import MAX_SECONDS, check_timeout, check_url, mask

_SOURCE: Final = re.compile(r"[\x21-\x7e]{1,500}")
_SUBJECT: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_NATS: Final = ("nats", "tls")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``url`` is where events are posted, or a NATS server that publishes them on ``subject``.

    ``source`` is the events' own; ``token`` is a bearer's, or NATS'.
    """

    url: str
    source: str = "urn:hub"
    token: str | None = None
    subject: str = "hub.incidents"
    timeout_seconds: float = MAX_SECONDS

    @property
    def is_nats(self) -> bool:
        """Whether events go to a NATS server."""
        return httpx.URL(self.url).scheme in _NATS

    def mask(self, text: str) -> str:
        """Return ``text`` without what the options keep secret."""
        return mask(text, self._secrets())

    def _secrets(self) -> Iterator[str]:
        url = httpx.URL(self.url)
        parts = (url.username, url.password, url.query.decode(), *url.path.split("/"))
        yield from (self.token or "", *parts)


def read_options(receiver: str, options: Mapping[str, Any]) -> Options:
    """Return the options of a receiver.

    Raises:
        InvalidInput: one is missing, unknown or cannot be used. No message repeats a value.

    """
    chosen = posting.read_options(receiver, options, Options, "hub-notify-cloudevents")
    check_timeout(receiver, chosen.timeout_seconds)
    if chosen.url.partition("://")[0] in _NATS:
        check_url(receiver, f"http://{chosen.url.partition('://')[2]}")
    else:
        check_url(receiver, chosen.url)
    for name, pattern, fix in (
        ("source", _SOURCE, "write a URI, such as urn:hub:berlin"),
        ("subject", _SUBJECT, "write words with dots between, such as hub.incidents"),
        ("token", _VISIBLE, "use visible ASCII characters on one line"),
    ):
        value = getattr(chosen, name)
        if value is not None and not pattern.fullmatch(value):
            raise InvalidInput(f"receiver {receiver}: {name} is none", fix=fix)
    return chosen
