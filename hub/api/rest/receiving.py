"""Receiving a request's body: decoded, bounded, and no more of it than is still wanted."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from hub.domain.errors import InvalidInput, Pressed, TooLarge, UnsupportedEncoding

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_GZIP: Final = {b"gzip", b"x-gzip"}
_PLAIN: Final = {b"identity", b""}
# How much is inflated at a time: a bomb is stopped this soon past the limit.
_PIECE: Final = 1 << 20


class Receiver:
    """Receives bodies: each up to a size, and all that are on their way together up to another."""

    def __init__(self, *, max_body_bytes: int, max_bytes_at_once: int) -> None:
        self._max_body_bytes = max_body_bytes
        self._max_bytes_at_once = max_bytes_at_once
        self._held = 0

    async def body(self, scope: Scope, receive: Receive) -> bytes:
        """Return a request's body, decoded.

        Raises:
            UnsupportedEncoding: it is neither plain nor gzip.
            TooLarge: it decodes to more than ``max_body_bytes``.
            InvalidInput: it is no complete gzip stream.
            Pressed: the bodies on their way leave no room for it.
            ClientDisconnect: the client went away.

        """
        is_gzip, announced = _headers(scope)
        if announced > self._max_body_bytes:
            raise self._too_large()
        size = 0
        pieces: list[bytes] = []
        received = _received(receive)
        try:
            async for piece in _inflated(received) if is_gzip else received:
                size += len(piece)
                self._held += len(piece)
                if size > self._max_body_bytes:
                    raise self._too_large()
                # A body that comes alone is received whatever its size.
                if self._held > self._max_bytes_at_once and self._held > size:
                    raise Pressed(f"{self._held:,} bytes are being received already")
                pieces.append(piece)
        finally:
            self._held -= size
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the body is larger than {self._max_body_bytes:,} bytes",
            fix="send fewer events at once, or raise intake.max_body_bytes",
        )


def _headers(scope: Scope) -> tuple[bool, int]:
    encoding, length = b"", 0
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            encoding = value.strip().lower()
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    if encoding not in _GZIP and encoding not in _PLAIN:
        raise UnsupportedEncoding(
            f"content encoding {encoding.decode('latin-1')!r} is not supported",
            fix="send gzip, or no encoding",
        )
    return encoding in _GZIP, length


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    is_last = False
    while not is_last:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        is_last = not message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece


async def _inflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    gzip = _Gzip()
    async for piece in pieces:
        for inflated in gzip.inflate(piece):
            yield inflated
    gzip.finish()


class _Gzip:
    """Inflates a gzip stream, of one member or several, piece by piece."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._has_begun = False

    def inflate(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._member.eof:
                    self._member = zlib.decompressobj(_GZIP_WINDOW)
                self._has_begun = True
                yield self._member.decompress(data, _PIECE)
                data = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise InvalidInput(f"the body is not valid gzip: {error}") from None

    def finish(self) -> None:
        if not self._has_begun or not self._member.eof:
            raise InvalidInput("the body's gzip stream ends early")
