"""Instants as text. Inside, an instant is an int: microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

# Without a zone: it is written without one, and faster.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout


def format_instant(at: int) -> str:
    """Return ISO-8601 in UTC, such as ``2026-11-23T03:46:39.116410Z``."""
    return (_EPOCH + timedelta(0, 0, at)).isoformat(timespec="microseconds") + "Z"
