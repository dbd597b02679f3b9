"""A receiver's options, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct, field

from hub.domain.errors import InvalidInput

MAX_SECONDS: Final = 10.0
# RFC 9110, sections 5.1 and 5.5; our own headers are plain ASCII.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
# What is shorter hides nothing, and would black out ordinary words.
_SECRET_LENGTH: Final = 6


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``secret`` signs the body; ``timeout_seconds`` is how long an answer may take."""

    url: str
    secret: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float = MAX_SECONDS

    def mask(self, text: str) -> str:
        """Return ``text`` without anything that the options may keep secret."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def _secrets(self) -> Iterator[str]:
        url = httpx.URL(self.url)
        parts = (self.url, url.path, url.query.decode(), url.username, url.password)
        for part in (self.secret or "", *self.headers.values(), *parts, *url.path.split("/")):
            if len(part) >= _SECRET_LENGTH:
                yield part


def read_options(receiver: str, options: Mapping[str, Any]) -> Options:
    """Return the options of a receiver.

    Raises:
        InvalidInput: one is missing, unknown or cannot be used. No message repeats a value.

    """
    try:
        chosen = msgspec.convert(dict(options), Options)
    except msgspec.ValidationError as error:
        message = f"receiver {receiver}: {error}"
        raise InvalidInput(message, fix="the README of hub-notify-webhook lists them") from None
    if not 0 < chosen.timeout_seconds <= MAX_SECONDS:
        message = f"receiver {receiver}: timeout_seconds is {chosen.timeout_seconds:g}"
        raise InvalidInput(message, fix=f"choose more than 0, and {MAX_SECONDS:g} at most")
    if chosen.secret == "":
        message = f"receiver {receiver}: secret is empty, and would sign nothing"
        raise InvalidInput(message, fix="set what it stands for, or leave the option out")
    for name, value in chosen.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            message = f"receiver {receiver}: header {name!r} cannot be sent"
            raise InvalidInput(message, fix="use visible ASCII characters on one line")
    _check_url(receiver, chosen.url)
    return chosen


def _check_url(receiver: str, text: str) -> None:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = f"receiver {receiver} has no usable url"
        raise InvalidInput(message, fix="write http://HOST/PATH or https://HOST/PATH")
