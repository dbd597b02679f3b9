"""The real clock. Everything below is handed one; only the composition root reads the time."""

from __future__ import annotations

import time


def now() -> int:
    """Return the time as microseconds since the epoch, UTC."""
    return time.time_ns() // 1_000
