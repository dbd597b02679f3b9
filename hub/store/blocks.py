"""How entries are packed into the blocks of the journal.

A block is a run of consecutive entries, packed with MessagePack and compressed together, because
neighbours resemble each other. It holds what was recorded at one time, or after compaction
(``hub.store.compaction``) several such parts: what the hub knew is told apart part by part, so
their ends and times are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import zstandard

from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import InvariantBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row

# A block is read whole, so it stays small.
MAX_BLOCK_BYTES = 1 << 20

_Packed = list[tuple[EntryKind, bytes]]


class Part(NamedTuple):
    """Entries of a block that were recorded together: how many, and when (µs, the hub's clock)."""

    size: int
    recorded_at: int


class Block(NamedTuple):
    """A row of ``journal_block``: the same columns in the same order.

    ``recorded_at`` is that of its first part; ``parts`` is None where that is the only one, and
    ``overtaking`` where no entry overtakes.
    """

    first_position: int
    last_position: int
    recorded_at: int
    raw_bytes: int
    overtaking: bytes | None
    body: bytes
    parts: bytes | None = None


_decoder = msgspec.msgpack.Decoder(_Packed)
# A part's size, and how long after the one before it was recorded.
_PackedPart = tuple[int, int]
_parts_decoder = msgspec.msgpack.Decoder(list[_PackedPart])
_places_decoder = msgspec.msgpack.Decoder(list[int])


class Packer:
    """Makes blocks. Not safe to share between threads, as a compressor is not."""

    def __init__(self, *, level: int) -> None:
        self._compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)

    def pack(
        self,
        first: int,
        entries: Iterable[tuple[EntryKind, bytes]],
        parts: Sequence[Part],
        overtaking: Sequence[int] = (),
    ) -> Block:
        """Return the block of entries that begins at a position, and those that overtake."""
        raw = msgspec.msgpack.encode(list(entries))
        last = first - 1 + sum(part.size for part in parts)
        packed = self._pack_parts(parts) if len(parts) > 1 else None
        body = self._compressor.compress(raw)
        places = msgspec.msgpack.encode(overtaking) if overtaking else None
        return Block(first, last, parts[0].recorded_at, len(raw), places, body, packed)

    def _pack_parts(self, parts: Sequence[Part]) -> bytes:
        earlier = (parts[0], *parts)
        packed = [
            (part.size, part.recorded_at - before.recorded_at)
            for part, before in zip(parts, earlier, strict=False)
        ]
        return self._compressor.compress(msgspec.msgpack.encode(packed))


def unpack(block: Row[*tuple[Any, ...]] | Block) -> list[Entry]:
    """Return the entries of a block."""
    raw = zstandard.decompress(block.body, max_output_size=block.raw_bytes)
    packed = _decoder.decode(raw)
    overtaking = places_of(block)
    entries: list[Entry] = []
    first, done = block.first_position, 0
    for size, recorded_at in parts_of(block):
        end = first + done + size - 1
        entries += [
            Entry(first + n, packed[n][0], recorded_at, packed[n][1], end, n in overtaking)
            for n in range(done, done + size)
        ]
        done += size
    return entries


def places_of(block: Row[*tuple[Any, ...]] | Block) -> frozenset[int]:
    """Return the places in a block of the entries that overtake, from 0."""
    return frozenset(_places_decoder.decode(block.overtaking)) if block.overtaking else frozenset()


def parts_of(block: Row[*tuple[Any, ...]] | Block) -> list[Part]:
    """Return what was recorded together, in order."""
    if block.parts is None:
        return [Part(block.last_position - block.first_position + 1, block.recorded_at)]
    parts: list[Part] = []
    recorded_at = block.recorded_at
    for size, later in _parts_decoder.decode(zstandard.decompress(block.parts)):
        recorded_at += later
        parts.append(Part(size, recorded_at))
    return parts


def recorded_when(block: Row[*tuple[Any, ...]] | Block, position: int) -> int:
    """Return when the entry at a position of a block was recorded."""
    end = block.first_position
    for part in parts_of(block):
        end += part.size
        if position < end:
            return part.recorded_at
    raise InvariantBroken(f"position {position} is past its block")


def last_by(block: Row[*tuple[Any, ...]] | Block, instant: int) -> int:
    """Return the last position of a block that had been recorded by an instant."""
    position: int = block.first_position - 1
    for part in parts_of(block):
        if part.recorded_at > instant:
            break
        position += part.size
    return position
