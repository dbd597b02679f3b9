"""When the events of a run first named what it reads, writes and makes.

A stream runs for weeks, and may name an output long after it began. This is kept of runs that may
be of a stream: by events that say so, and by those of a run going on that say neither. Whether it
is one is told by the whole of its events, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import msgpack

from hub.domain.openlineage.conformance import SAID_STREAM
from hub.store.projection.batch import RunDraft, Usage
from hub.store.projection.edge_rows import SIDES, Side
from hub.store.projection.memory import RunRow
from hub.store.projection.sets import Named

_NOTHING: Final[Mapping[int, int]] = MappingProxyType({})
# Of a side, by its name: a member, and when it was first named.
_Beginnings = list[tuple[str, int, int]]
_decoder: Final = msgpack.Decoder(_Beginnings)


class Beginning(NamedTuple):
    """That an event named members of a side, and the position from which on that is known."""

    side: str
    members: frozenset[int]
    at: int
    known_at: int


def beginnings(draft: RunDraft, named: Mapping[Usage, Named]) -> tuple[Beginning, ...]:
    """Return what a batch says of when a run first named anything."""
    return tuple(
        Beginning(side.name, members, at, known_at)
        for usage, times in draft.begun.items()
        for side in SIDES
        if (members := side.named_in(named[usage]))
        for known_at, at in times.items()
    )


def begun(row: RunRow, more: Iterable[Beginning]) -> bytes | None:
    """Return what is kept of a run when there is more of it."""
    found = {(side, member): at for side, member, at in _unpack(row.begun)}
    before = len(found), sum(found.values())
    for each in more:
        for member in each.members:
            key = each.side, member
            found[key] = min(each.at, found.get(key, each.at))
    if (len(found), sum(found.values())) == before:
        return row.begun
    return msgpack.encode(sorted((*key, at) for key, at in found.items()))


def named_since(
    said: int,
    packed: bytes | None,
    side: Side,
    more: Iterable[Beginning] = (),
    *,
    known_at: int = 0,
) -> Mapping[int, int]:
    """Return since when a run names each member of a side, if by what it ``said`` it is a stream's.

    ``packed`` is what is kept of it. Of what there is ``more``, what was ``known_at`` a position
    counts.
    """
    if not said & SAID_STREAM:
        return _NOTHING
    found = {member: at for name, member, at in _unpack(packed) if name == side.name}
    for each in more:
        if each.side == side.name and each.known_at <= known_at:
            for member in each.members:
                found[member] = min(each.at, found.get(member, each.at))
    return found


def _unpack(packed: bytes | None) -> _Beginnings:
    return [] if packed is None else _decoder.decode(packed)
