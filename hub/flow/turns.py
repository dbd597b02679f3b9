"""Turns: what a stage remembers of the store is old once another process has had one.

What the stages that decide remember is not all in the store yet. So where several processes run
them on one store, one decides and the others stand by until it has been quiet for a while (ADR 51).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hub.store import tracking

if TYPE_CHECKING:
    from sqlalchemy import Connection

STAND_BY: Final = 5_000_000


class Turns:
    """The turns of one stage, as one process sees them."""

    def __init__(self, consumer: str, *, clock: Callable[[], int]) -> None:
        """Count the turns of a consumer; ``clock`` returns µs UTC."""
        self._consumer = consumer
        self._clock = clock
        self._known: int | None = None
        self._free_at: int | None = None

    def are_anothers(self, connection: Connection) -> bool:
        """Whether another process decides now: then what this one remembers is to be forgotten."""
        count, now = tracking.turns(connection, self._consumer), self._clock()
        if self._known not in (None, count):
            self._free_at = now + STAND_BY
        self._known = count
        if self._free_at is not None and now >= self._free_at:
            self._free_at = None
        return self._free_at is not None

    def take(self, connection: Connection) -> None:
        """Take a turn in a transaction; once that is committed, it ``is_over``.

        Raises:
            Conflict: another process has taken one since this one has looked.

        """
        tracking.take_turn(connection, self._consumer, after=self._known or 0)

    def is_over(self) -> None:
        """Take note of a turn that is committed."""
        self._known = (self._known or 0) + 1
