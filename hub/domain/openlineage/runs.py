"""A run's state, folded from its events whatever order they came in.

The fold sees a set of order keys, so a repeat changes nothing and neither does the order of
arrival. Its rules, each needed by a producer that exists:

- A terminal event beats START and RUNNING, even those with a later time.
- Several terminal events of one attempt: the latest counts; at one time the worst does.
- A START after a terminal event opens a new attempt when it is later by ``REOPEN_GAP``, or later
  at all and another terminal event follows it. Otherwise it is a straggler and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from hub.domain.openlineage.events import EventType

# Clocks of one producer's machines disagree by less; nobody retries a run faster.
REOPEN_GAP: Final = 1_000_000

# Of a run's heartbeats, how many are kept of the first and how many of the last.
HEARTBEATS_KEPT: Final = 50

# Members are looked up anew whenever they are named, and these are asked for with every event.
_START: Final = EventType.START
_OTHER: Final = EventType.OTHER

_TIME_BYTES: Final = 8
# What a packed order begins with, of an event's time and rank; a digest follows.
pack_order: Final = Layout(">QB").pack


class RunState(StrEnum):
    """Where a run is. NEW: known, but nothing says that it has started."""

    # Enum's own is slow, and the state of every run is asked for.
    __hash__ = str.__hash__

    NEW = "NEW"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ABORT = "ABORT"
    FAIL = "FAIL"


_NEW: Final = RunState.NEW
_RUNNING: Final = RunState.RUNNING
_STATE_AFTER: Final = {
    EventType.COMPLETE: RunState.COMPLETE,
    EventType.ABORT: RunState.ABORT,
    EventType.FAIL: RunState.FAIL,
}


class SeenState(StrEnum):
    """Where a run is for those who read: as its events say, or LOST as evaluate has decided."""

    NEW = "NEW"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ABORT = "ABORT"
    FAIL = "FAIL"
    LOST = "LOST"


class Order(Struct, frozen=True, order=True, gc=False):
    """Who wins where several events say something of one thing: the greatest.

    ``event_time`` decides; at one time a terminal event beats others, FAIL beats ABORT beats
    COMPLETE, and then the larger digest (of the facet, or of the event) does.
    """

    event_time: int
    rank: int
    digest: bytes

    def packed(self) -> bytes:
        """Return bytes that compare as the order does."""
        packed: bytes = pack_order(self.event_time, self.rank)
        return packed + self.digest


def instant_of(packed: bytes) -> int:
    """Return the event time of a packed order."""
    return int.from_bytes(packed[:_TIME_BYTES], "big")


def is_of_last_attempt(said: bytes, attempt: int, started_at: int | None) -> bool:
    """Whether what was said in an order is of a run's last attempt, not of one before."""
    return attempt <= 1 or instant_of(said) >= (started_at or 0)


class RunEventKey(Struct, frozen=True, gc=False):
    """What the fold knows of one event. ``event_time`` is microseconds since the epoch, UTC."""

    event_time: int
    event_type: EventType
    digest: bytes


class RunFold(Struct, frozen=True, gc=False):
    """What a run's events amount to.

    ``state``, ``started_at`` and ``ended_at`` are of its last attempt; attempts count from 1.
    """

    state: RunState
    attempt: int
    started_at: int | None
    ended_at: int | None
    first_event_at: int
    last_event_at: int

    @property
    def anchor_at(self) -> int:
        """The run's place among others of its job: when it ended, or was last heard of."""
        return self.last_event_at if self.ended_at is None else self.ended_at


def kept_heartbeats(keys: Iterable[RunEventKey]) -> set[RunEventKey]:
    """Return the heartbeats of a run that are kept: the first and the last ones.

    To keep some, and later to keep some of those and of others, comes to the same as to keep some
    of all of them. So neither order nor batches matter.
    """
    ordered = sorted(set(keys), key=_reading_order)
    return {*ordered[:HEARTBEATS_KEPT], *ordered[-HEARTBEATS_KEPT:]}


def fold_run(events: Iterable[RunEventKey]) -> RunFold:
    """Fold a run's events, at least one, given in any order and any number of times."""
    # A repeat is beside its like, and there says nothing new.
    ordered = sorted(events, key=_reading_order)
    attempt, started_at, has_begun = 1, None, False
    terminal: RunEventKey | None = None
    for event in ordered:
        kind = event.event_type
        if kind.is_terminal:
            terminal = event
        elif kind is _START:
            if terminal is None:
                started_at = event.event_time if started_at is None else started_at
            elif _reopens(event.event_time, terminal.event_time, ordered):
                attempt, started_at, terminal = attempt + 1, event.event_time, None
        has_begun = has_begun or kind is not _OTHER
    if terminal is not None:
        state = _STATE_AFTER[terminal.event_type]
    else:
        state = _RUNNING if has_begun else _NEW
    ended_at = terminal.event_time if terminal else None
    first, last = ordered[0].event_time, ordered[-1].event_time
    return RunFold(state, attempt, started_at, ended_at, first, last)


def _reading_order(event: RunEventKey) -> tuple[int, int, bytes]:
    # At one time what is not terminal comes first, so that the terminal event has the last word.
    return event.event_time, event.event_type.rank, event.digest


def _reopens(start_at: int, terminal_at: int, events: Iterable[RunEventKey]) -> bool:
    if start_at - terminal_at >= REOPEN_GAP:
        return True
    ends = (each.event_time for each in events if each.event_type.is_terminal)
    return start_at > terminal_at and max(ends) >= start_at
