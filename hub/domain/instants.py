"""Instants as text. Inside, an instant is an int: microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_instant(at: int) -> str:
    """Return ISO-8601 in UTC, such as ``2026-11-23T03:46:39.116410Z``."""
    moment = (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds")
    return moment.removesuffix("+00:00") + "Z"
