"""What is usual: a range from history that a few outliers do not move.

Days of the week differ: the middle is the median of the same weekday. How far values stray is the
median of their distances from the medians of their weekdays, as shares of those, over all of them.
Either ignores nearly half of the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

# Fewer values say nothing of what is usual.
LEAST_HISTORY: Final = 14
LEAST_OF_WEEKDAY: Final = 4
# From the MAD to the standard deviation of a normal distribution.
_SIGMAS_PER_MAD: Final = 1.4826
# Modified z-scores beyond it are outliers (Iglewicz and Hoaglin, 1993).
_WIDTH: Final = 3.5
# What never varied may vary a little.
_LEAST_WIDTH: Final = 0.1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Usual(NamedTuple):
    """The range of what is usual, and of how many values of the same weekday it was learned."""

    low: float
    high: float
    learned_from: int


def usual_range(
    history: Sequence[tuple[int, float]], at: int, timezone: str = "UTC"
) -> Usual | None:
    """Return what is usual at an instant, from values with their instants (µs UTC), in any order.

    None where the history, or that of the same weekday, is too short to tell.
    """
    weekdays: dict[int, list[float]] = {}
    for when, value in history:
        weekdays.setdefault(weekday_of(when, timezone), []).append(value)
    alike = weekdays.get(weekday_of(at, timezone), [])
    if len(history) < LEAST_HISTORY or len(alike) < LEAST_OF_WEEKDAY:
        return None
    known = [values for values in weekdays.values() if len(values) >= LEAST_OF_WEEKDAY]
    strays = [stray for values in known for stray in _strays(values)]
    share = max(_WIDTH * _SIGMAS_PER_MAD * median(strays or [0.0]), _LEAST_WIDTH)
    middle = median(alike)
    return Usual(middle - share * abs(middle), middle + share * abs(middle), len(alike))


def _strays(values: Sequence[float]) -> Iterator[float]:
    """Yield how far each value is from the median, as a share of it."""
    middle = median(values)
    return (abs(value - middle) / abs(middle) for value in values if middle)


def weekday_of(at: int, timezone: str) -> int:
    """Return the day of the week, Monday being 0, of an instant (µs UTC) in a zone."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(timezone)).weekday()
