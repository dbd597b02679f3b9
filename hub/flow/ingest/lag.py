"""How long entries wait to be projected, told by the journal's positions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from hub.domain.errors import InfrastructureError

# Closer marks than that say nothing more, and would be many while the projection stands still.
_MARK_SECONDS: Final = 0.05
_LOOK_SECONDS: Final = 0.05
# How much a pace that was just seen counts, against those before.
_WEIGHT: Final = 0.5
# What comes next is projected with what comes behind it, after what other stages have to do, and
# not at an even pace.
_FORESEEN_SHARE: Final = 0.3


class Lag:
    """Whether what comes next would wait too long. Everything but ``is_over`` is the writer's.

    It would where something has waited too long already, or where so much waits that too much of
    the limit is gone with it, at the pace at which the projection works while it has work.

    The projection may be another process's, so its position is read, twenty times a second at most.
    """

    def __init__(
        self, projected: Callable[[], int], *, most_seconds: float, clock: Callable[[], float]
    ) -> None:
        """Take more than ``most_seconds`` as too long; ``clock`` counts seconds, from anywhere."""
        self.is_over = False
        self._read_projected = projected
        self._most = most_seconds
        self._clock = clock
        # Positions, and when they were appended.
        self._marks: deque[tuple[int, float]] = deque()
        self._head = 0
        self._looked_at = float("-inf")
        # Where the projection was, since when, and whether something waited for it then.
        self._projected: int | None = None
        self._since = 0.0
        self._had_work = False
        # Entries a second; None until it is seen.
        self._pace: float | None = None

    def note(self, position: int) -> None:
        """Note that everything up to a position has been appended by now."""
        now = self._clock()
        self._head = max(self._head, position)
        if not self._marks or now - self._marks[-1][1] >= _MARK_SECONDS:
            self._marks.append((position, now))
        self._judge(now)

    def look(self) -> None:
        """See how far the projection has come; as before, where the store cannot tell."""
        now = self._clock()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            projected = self._read_projected()
        except InfrastructureError:
            return
        self._measure(projected, now)
        while self._marks and self._marks[0][0] <= projected:
            self._marks.popleft()
        self._judge(now)

    def _measure(self, projected: int, now: float) -> None:
        """Learn the pace from how far the projection came since it last moved."""
        before, has_work = self._projected, projected < self._head
        if projected == before and self._had_work:
            return
        if before is not None and self._had_work and projected > before and now > self._since:
            pace = (projected - before) / (now - self._since)
            if not has_work:
                # It may have had nothing to do for a while: then it is faster than it seems.
                self._pace = max(self._pace or 0.0, pace)
            else:
                known = pace if self._pace is None else self._pace
                self._pace = known + _WEIGHT * (pace - known)
        self._projected, self._since, self._had_work = projected, now, has_work

    def _judge(self, now: float) -> None:
        if not self._marks:
            self.is_over = False
            return
        waiting = self._head - (self._projected or 0)
        foreseen = waiting / self._pace if self._pace else 0.0
        has_waited = now - self._marks[0][1]
        self.is_over = has_waited > self._most or foreseen > self._most * _FORESEEN_SHARE
