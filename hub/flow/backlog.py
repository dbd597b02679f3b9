"""What waits to be projected, and what of it need not wait (ADR 37).

A failure that was told of just now, and what has been decided about incidents, need little of what
the entries before them say. While the projection is late, they are looked for in the backlog, which
costs far less than to project it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.domain.entries import Entry
from hub.store import tracking
from hub.store.journal import recorded_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.journal import Journal

# Under these names the store keeps how far which entries have been handled: all of them projected,
# those about incidents projected, failures judged.
PROJECT: Final = "project"
OPERATIONS: Final = "operations"
FAILURES: Final = "failures"

# How long an entry may wait, in microseconds: what is projected by then is judged with all that is
# known around it, which is worth as much.
_IN_TIME: Final = 250_000
# As many that need not wait are handled at once, and are remembered a few times over.
_MOST: Final = 1_024
_MOST_REMEMBERED: Final = 4 * _MOST
_position_of: Final = attrgetter("position")


class Ahead(NamedTuple):
    """What need not wait, in order: all of it up to the position ``reached``."""

    entries: Sequence[Entry]
    reached: int


def told_until(connection: Connection) -> int:
    """Return up to which position everything about incidents is projected."""
    projected = tracking.position(connection, PROJECT)
    return max(projected, tracking.position(connection, OPERATIONS))


class Backlog:
    """Reads each new entry once for all who look. Not safe to share between threads."""

    def __init__(self, journal: Journal, *, clock: Callable[[], int]) -> None:
        self._journal = journal
        self._clock = clock
        # Those between two positions that need not wait.
        self._after = 0
        self._found: list[Entry] = []
        self._reached = 0

    def is_late(self, connection: Connection) -> bool:
        """Whether what is to be projected next has waited for long."""
        projected = tracking.position(connection, PROJECT)
        if self._journal.head(connection) <= projected:
            return False
        return self._clock() - recorded_at(connection, projected + 1) > _IN_TIME

    def read(self, connection: Connection, *, after: int) -> Ahead:
        """Return what need not wait and follows a position, as much as is to be handled at once."""
        if not self._after <= after <= self._reached or len(self._found) > _MOST_REMEMBERED:
            self._after = self._reached = after
            self._found = []
        first = self._place_after(after)
        while len(self._found) - first < _MOST:
            found, reached = self._journal.read_overtaking(connection, after=self._reached)
            if reached == self._reached:
                break
            self._found += found
            self._reached = reached
        return Ahead(self._found[first:], self._reached)

    def _place_after(self, position: int) -> int:
        return bisect_right(self._found, position, key=_position_of)
