"""Time that passes only when it is told to, for stages that are to be seen at work over months."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct


class VirtualClock(Struct):
    """A clock that stands at ``now`` (microseconds UTC) until it is moved."""

    now: int

    def __call__(self) -> int:
        """Return the time, as the real clock does."""
        return self.now


class VirtualTime:
    """Moves a clock, and stops at every instant at which it alone makes work: none is missed."""

    def __init__(
        self,
        clock: VirtualClock,
        *,
        settle: Callable[[], None],
        dues: Callable[[], Iterable[int | None]],
    ) -> None:
        """Prepare it.

        ``settle`` does all the work that there is at the clock's time; ``dues`` then yields when
        there will be more, as far as that is known.
        """
        self._clock = clock
        self._settle = settle
        self._dues = dues

    def pass_until(self, instant: int) -> None:
        """Let time pass until an instant, from a time at which all work is done."""
        clock = self._clock
        while (due := self._next_due()) is not None and due <= instant:
            clock.now = due
            self._settle()
        clock.now = max(instant, clock.now)

    def _next_due(self) -> int | None:
        now = self._clock.now
        return min((due for due in self._dues() if due is not None and due > now), default=None)
