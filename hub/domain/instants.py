"""Instants as text. Inside, an instant is an int: microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

# Without a zone: it is written without one, and faster.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout


def format_instant(at: int) -> str:
    """Return ISO-8601 in UTC, such as ``2026-11-23T03:46:39.116410Z``."""
    return (_EPOCH + timedelta(0, 0, at)).isoformat(timespec="microseconds") + "Z"


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
