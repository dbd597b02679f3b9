"""When to look at what next: one instant for each thing that is to be looked at."""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import Final, Generic, TypeVar

from hub.domain.names import RunName

K = TypeVar("K", str, RunName)


# As many places that say nothing are left alone; more are no more than those that do.
_SPARE: Final = 1_000


class Dues(Generic[K]):
    """Keys by the instant at which each is due, microseconds UTC.

    Putting a key off costs nothing until its earlier instant comes: a key that is put off with
    every event is in the heap once, not once for each event. Nor does taking one back: its place
    stays until it would have been due, or until most places are of such keys.
    """

    def __init__(self) -> None:
        self._due_at: dict[K, int] = {}
        # The earliest place of each key in the heap; other places of it say nothing.
        self._queued: dict[K, int] = {}
        self._heap: list[tuple[int, K]] = []

    def put(self, key: K, at: int | None) -> None:
        """Look at a key at an instant and not before; None: not at all."""
        if at is None:
            self._due_at.pop(key, None)
        else:
            self._due_at[key] = at
            if at < self._queued.get(key, at + 1):
                self._queued[key] = at
                heappush(self._heap, (at, key))
        if len(self._heap) > _SPARE + 2 * len(self._due_at):
            self._heap = [(at, key) for key, at in self._due_at.items()]
            heapify(self._heap)
            self._queued = self._due_at.copy()

    def setdefault(self, key: K, at: int) -> None:
        """Look at a key at an instant, unless that is to be done anyway."""
        if key not in self._due_at:
            self.put(key, at)

    @property
    def next_at(self) -> int | None:
        """When the first is due."""
        heap = self._heap
        while heap:
            at, key = heap[0]
            due_at = self._due_at.get(key)
            if due_at == at:
                return at
            if self._queued.get(key) != at:
                heappop(heap)
            elif due_at is None:
                heappop(heap)
                del self._queued[key]
            else:
                self._queued[key] = due_at
                heapreplace(heap, (due_at, key))
        return None

    def pop(self, now: int) -> K | None:
        """Return the next key that is due, which is to be looked at no more."""
        due_at = self.next_at
        if due_at is None or due_at > now:
            return None
        _at, key = heappop(self._heap)
        del self._due_at[key]
        del self._queued[key]
        return key
