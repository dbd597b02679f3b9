"""Waiting for the projection to move, for all subscribers of a process with one look at a time."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio import to_thread

_INTERVAL_SECONDS = 0.2


class Changes:
    """Tells how far the projection has come. Belongs to one event loop."""

    def __init__(self, read_position: Callable[[], int]) -> None:
        self._read_position = read_position
        self._looking = anyio.Lock()
        self._position = -1
        self._looked_at = float("-inf")

    async def position(self) -> int:
        """Return the last projected position, at most a moment old."""
        async with self._looking:
            if anyio.current_time() - self._looked_at >= _INTERVAL_SECONDS:
                self._position = await to_thread.run_sync(self._read_position)
                self._looked_at = anyio.current_time()
            return self._position

    async def past(self, position: int) -> int:
        """Wait until the projection has passed ``position``; return where it is then."""
        while (newest := await self.position()) <= position:  # noqa: ASYNC110 - another process may write
            await anyio.sleep(_INTERVAL_SECONDS)
        return newest
