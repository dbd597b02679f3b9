"""How long the newest entries have waited to be projected, told by the journal's positions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from hub.domain.errors import InfrastructureError

# Closer marks than that say nothing more, and would be many while the projection stands still.
_MARK_SECONDS: Final = 0.05
_LOOK_SECONDS: Final = 0.1


class Lag:
    """Whether the projection is too far behind. Everything but ``is_over`` is the writer's.

    The projection may be another process's, so its position is read, ten times a second at most.
    """

    def __init__(
        self, projected: Callable[[], int], *, most_seconds: float, clock: Callable[[], float]
    ) -> None:
        """Take more than ``most_seconds`` as too far; ``clock`` counts seconds, from anywhere."""
        self.is_over = False
        self._projected = projected
        self._most = most_seconds
        self._clock = clock
        # Positions, and when they were appended.
        self._marks: deque[tuple[int, float]] = deque()
        self._looked_at = float("-inf")

    def note(self, position: int) -> None:
        """Note that everything up to a position has been appended by now."""
        now = self._clock()
        if not self._marks or now - self._marks[-1][1] >= _MARK_SECONDS:
            self._marks.append((position, now))

    def look(self) -> None:
        """See how far the projection has come; as before, where the store cannot tell."""
        now = self._clock()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            projected = self._projected()
        except InfrastructureError:
            return
        while self._marks and self._marks[0][0] <= projected:
            self._marks.popleft()
        self.is_over = bool(self._marks) and now - self._marks[0][1] > self._most
