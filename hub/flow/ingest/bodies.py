"""From received bytes to journal entries: is it JSON, is it a repeat, is it free of secrets.

Nothing is asked of an event but that it is a JSON object. Everything else that may be wrong with
it is for ``project`` to find, so that no producer loses an event that could still be repaired.
"""

from __future__ import annotations

import re
import sys
import threading
from hashlib import sha256
from itertools import accumulate
from typing import Final, NamedTuple, TypeVar

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import InvalidInput
from hub.domain.openlineage.events import parse_time
from hub.domain.scrub import scrub

MAX_DEPTH: Final = 1_000
# The width of a bucket of dedup keys, in microseconds of event time: an hour.
BUCKET: Final = 3_600_000_000
# Of a key's 16 bytes, what its event's time within the bucket takes, in milliseconds: keys that
# come together then lie together, and a group of them writes a few pages instead of one each.
_OFFSET_BYTES: Final = 3
_HASH_BYTES: Final = 13

_T = TypeVar("_T")
_ABSENT: Final = Raw(b"null")


class _Peek(Struct, rename="camel"):
    event_time: Raw = _ABSENT


_object_decoder: Final = Decoder(_Peek)
_array_decoder: Final = Decoder(list[Raw])
_text_decoder: Final = Decoder(str)

_WHITESPACE: Final = b" \t\r\n"
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_REPLACEMENT: Final = rb"\\ufffd"

_ALL_BUT_BRACKETS: Final = bytes(set(range(256)).difference(b"[]{}"))
_ALL_BUT_OPENERS: Final = bytes(set(range(256)).difference(b"[{"))
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_recursion_limit_lock: Final = threading.Lock()


class Received(NamedTuple):
    """An event as it was received: a JSON object, its secrets still in it.

    ``at`` is its time in microseconds; 0 where it has none that could be used.
    """

    body: bytes
    at: int


class EventReader:
    """Makes journal entries of received events. ``secret`` keys the digests of one store."""

    def __init__(self, secret: bytes) -> None:
        # Cut off as it is, the digest cannot be continued by who does not know the secret.
        self._keyed = sha256(secret)

    def read(self, body: bytes) -> NewEntry:
        """Return the entry for the bytes of one event.

        Raises:
            InvalidInput: as ``receive``.

        """
        return self.entry(receive(body))

    def entry(self, received: Received) -> NewEntry:
        """Return the entry for one event: scrubbed, its dedup key taken from what was received."""
        body = received.body
        bucket, offset = divmod(received.at, BUCKET)
        digest = (offset // 1_000).to_bytes(_OFFSET_BYTES) + self._hash(body)
        return NewEntry(EntryKind.EVENT, scrub(body), bucket, digest, received.at)

    def _hash(self, body: bytes) -> bytes:
        digest = self._keyed.copy()
        digest.update(body)
        return digest.digest()[:_HASH_BYTES]


def receive(body: bytes) -> Received:
    """Return one event from its bytes.

    Raises:
        InvalidInput: ``body`` is no JSON object, or is nested deeper than ``MAX_DEPTH``.

    """
    body = body.strip(_WHITESPACE)
    if _is_deeper(body, MAX_DEPTH):
        raise _too_deep()
    peek = _decode(_object_decoder, body, "a JSON object")
    return Received(body, _time(peek.event_time))


def split_batch(body: bytes) -> list[bytes]:
    """Return the elements of a JSON array, each in its own bytes.

    Raises:
        InvalidInput: ``body`` is no JSON array, or nested deeper than could be read.

    """
    elements = _decode(_array_decoder, body, "a JSON array")
    # Cut out of the body, because what was decoded may be a repaired copy, of the same length.
    cut: list[bytes] = []
    end = body.find(b"[") + 1
    for element in elements:
        start = end
        while body[start] in b" \t\r\n,":
            start += 1
        end = start + memoryview(element).nbytes
        cut.append(body[start:end])
    return cut


def _decode(decoder: Decoder[_T], body: bytes, wanted: str) -> _T:
    try:
        _check_text(body)
        try:
            return _decode_at_any_depth(decoder, body)
        except DecodeError:
            # JSON's grammar allows half a surrogate pair; the decoder does not.
            return _decode_at_any_depth(decoder, _SURROGATE.sub(_REPLACEMENT, body))
    except ValidationError:
        raise InvalidInput(f"the body is not {wanted}") from None
    except DecodeError as error:
        raise InvalidInput(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> InvalidInput:
    return InvalidInput(f"the body is nested deeper than {MAX_DEPTH:,} levels")


def _check_text(body: bytes) -> None:
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            message = f"the body is not valid UTF-8: {error.reason} at byte {error.start}"
            raise InvalidInput(message) from None


def _is_deeper(body: bytes, depth: int) -> bool:
    if len(body.translate(None, _ALL_BUT_OPENERS)) <= depth:
        return False
    # What stands between an even number of quotes stands in no text, once the escaped are gone.
    outside = body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    brackets = b"".join(outside).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > depth


def _decode_at_any_depth(decoder: Decoder[_T], body: bytes) -> _T:
    try:
        return decoder.decode(body)
    except RecursionError:
        # The interpreter's limit counts the frames above us too: leave room for all of ours.
        with _recursion_limit_lock:
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(limit + MAX_DEPTH)
            try:
                return decoder.decode(body)
            finally:
                sys.setrecursionlimit(limit)


def _time(event_time: Raw) -> int:
    """Return the event time; 0 where there is none that could be used."""
    try:
        when = parse_time(_text_decoder.decode(event_time))
    except DecodeError:
        return 0
    return when.at if when is not None else 0
