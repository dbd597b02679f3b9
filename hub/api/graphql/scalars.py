"""Scalars: instants, 64-bit integers, and JSON as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NewType

import numpy as np
import strawberry
from graphql import GraphQLError

from hub.domain.instants import format_instant
from hub.domain.openlineage.events import parse_time

Instant = NewType("Instant", int)
Long = NewType("Long", int)
Json = NewType("Json", object)


def _parse_instant(value: object) -> int:
    found = parse_time(value) if isinstance(value, str) else None
    if found is None:
        raise GraphQLError(f"{value!r} is no time from 1970 to 2199: write 2026-11-23T03:00:00Z")
    return found.at


def _parse_long(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 63:
        raise GraphQLError(f"{value!r} is no 64-bit integer")
    return value


SCALARS: dict[Any, Any] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description="ISO-8601 in UTC, to the microsecond.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=format_instant,
        parse_value=_parse_instant,
    ),
    Long: strawberry.scalar(
        name="Long",
        description="A 64-bit integer.",
        serialize=int,
        parse_value=_parse_long,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as its producer wrote it.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
    ),
}


# The instants of which ``datetime`` knows too, and so ``format_instant``.
_YEARS: Final = range(253_402_300_800_000_000)
# Fewer are written as fast one by one.
_SEVERAL: Final = 8


def _format_instants(values: Sequence[int]) -> list[str]:
    if len(values) < _SEVERAL or min(values) not in _YEARS or max(values) not in _YEARS:
        return list(map(format_instant, values))
    # In a third of the time.
    written: list[str] = np.datetime_as_string(
        np.array(values, "datetime64[us]"), timezone="UTC"
    ).tolist()
    return written


# What serializes a whole list at once, by the name of the scalar, where all values are ints.
IN_LISTS: Final[Mapping[str, Callable[[Sequence[int]], list[str]]]] = {"DateTime": _format_instants}


def maybe_instant(at: int | None) -> Instant | None:
    """Return an instant where there is one."""
    # What NewType would call is left out: lists have thousands.
    return at  # type: ignore[return-value]


def maybe_long(number: int | None) -> Long | None:
    """Return a 64-bit integer where there is one."""
    return None if number is None else Long(number)
