"""Instants as text. Inside, an instant is an int: microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

# How far a producer's clock may run ahead of the hub's, and be believed.
AHEAD: Final = 60_000_000

# Without a zone: it is written without one, and faster.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout
_MINUTE = 60_000_000


def believed(told_at: int, received_at: int) -> int:
    """Return what is believed of a time that a producer told, received at one of the hub's clock.

    A clock that runs ahead by more than a minute would hide for as long what has come since.
    """
    return min(told_at, received_at + AHEAD)


def format_instant(at: int) -> str:
    """Return ISO-8601 in UTC, such as ``2026-11-23T03:46:39.116410Z``."""
    minute, micros = divmod(at, _MINUTE)
    # With eight digits the last six are the fraction.
    text = f"{micros:08}"
    return f"{_minute(minute)}{text[:2]}.{text[2:]}Z"


# An answer has many instants, and few minutes between them: to write one anew takes five times
# as long.
@lru_cache(maxsize=4_096)
def _minute(number: int) -> str:
    """Return how the instants of a minute begin, by its number since the epoch."""
    return (_EPOCH + timedelta(minutes=number)).isoformat(timespec="minutes") + ":"


_SECOND = 1_000_000
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def format_span(micros: int) -> str:
    """Return a duration in its two largest units."""
    seconds = micros // _SECOND
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    return " ".join(parts[:2]) or "0 seconds"
