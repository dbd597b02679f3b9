"""Where a Marquez is, checked before anything is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct

from hub.domain.errors import InvalidInput

# What is shorter hides nothing, and would black out ordinary words.
_SECRET_LENGTH: Final = 4
_DATABASES: Final = ("postgresql://", "postgres://")


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``url`` is the root that ``/api/v1`` follows; ``database`` is libpq's form of its address."""

    url: str
    database: str | None = None
    key: str | None = None

    def mask(self, text: str) -> str:
        """Return ``text`` without anything that the options may keep secret."""
        url = httpx.URL(self.url)
        secrets = [self.key or "", self.database or "", url.password, url.query.decode()]
        if self.database is not None:
            secrets.append(self.database.partition("://")[2].partition("@")[0].partition(":")[2])
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SECRET_LENGTH:
                text = text.replace(secret, "…")
        return text


def read_options(options: Mapping[str, Any]) -> Options:
    """Return the options of a Marquez.

    Raises:
        InvalidInput: one is missing, unknown or cannot be used. No message repeats a value.

    """
    try:
        chosen = msgspec.convert(dict(options), Options)
    except msgspec.ValidationError as error:
        fix = "the README of hub-bridge-marquez lists them"
        raise InvalidInput(f"the options of the Marquez: {error}", fix=fix) from None
    try:
        url = httpx.URL(chosen.url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = "the Marquez has no usable address"
        raise InvalidInput(message, fix="write http://HOST:PORT, without /api/v1")
    if chosen.database is not None and not chosen.database.startswith(_DATABASES):
        message = "the Marquez's database has no usable address"
        raise InvalidInput(message, fix="write postgresql://USER:PASSWORD@HOST:PORT/NAME")
    if chosen.key is not None and not (chosen.key.isascii() and chosen.key.isprintable()):
        raise InvalidInput("the Marquez's key cannot be sent", fix="use visible ASCII characters")
    return chosen
