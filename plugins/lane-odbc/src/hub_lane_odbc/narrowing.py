"""Which logical types of a contract are too narrow for what a column holds."""

from __future__ import annotations

from hub_lane_odbc.request import Column, Kind


def narrowing(column: Column, logical: str | None) -> str | None:
    """Return the type that would do, where the contract's loses part of every value; else None.

    What is only unlike (a text where an integer is expected) is for each value to show.
    """
    if logical is None:
        return None
    if column.kind is Kind.BINARY:
        return "nothing"
    if logical == "integer":
        is_fractional = column.kind is Kind.DECIMAL and column.scale > 0
        return "number" if is_fractional or column.kind in (Kind.DOUBLE, Kind.SINGLE) else None
    if logical in ("date", "time"):
        return "timestamp" if column.kind in (Kind.LOCAL_TIME, Kind.INSTANT) else None
    return None
