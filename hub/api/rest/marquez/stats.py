"""What the dashboard's charts show: the last 24 hours, or the last seven days somewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.problems import bad_parameter
from hub.api.rest.marquez.times import written
from hub.queries.marquez import stats

if TYPE_CHECKING:
    from sqlalchemy import Connection

Shape = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS: Final = 24
_DAYS: Final = 7


def lineage_events(asking: Asking) -> list[Shape]:
    """Answer ``GET /stats/lineage-events``."""
    bounds = _bounds(asking)
    counts = stats.count_events(asking.connection, bounds)
    return [
        shape | count._asdict() for shape, count in zip(_intervals(bounds), counts, strict=True)
    ]


def jobs(asking: Asking) -> list[Shape]:
    """Answer ``GET /stats/jobs``."""
    return _counted(asking, stats.count_jobs)


def datasets(asking: Asking) -> list[Shape]:
    """Answer ``GET /stats/datasets``."""
    return _counted(asking, stats.count_datasets)


def sources(asking: Asking) -> list[Shape]:
    """Answer ``GET /stats/sources``."""
    return _counted(asking, stats.count_sources)


def _counted(
    asking: Asking, count: Callable[[Connection, Sequence[int]], list[int]]
) -> list[Shape]:
    bounds = _bounds(asking)
    counts = count(asking.connection, bounds)
    return [shape | {"count": each} for shape, each in zip(_intervals(bounds), counts, strict=True)]


def _intervals(bounds: Sequence[int]) -> list[Shape]:
    return [
        {"startInterval": written(begin), "endInterval": written(end)}
        for begin, end in pairwise(bounds)
    ]


def _bounds(asking: Asking) -> list[int]:
    """Return where the intervals begin, and where the last one ends."""
    asking.required("period")
    by_hour = asking.choice("period", {"DAY": True, "WEEK": False})
    now = _EPOCH + timedelta(microseconds=asking.sources.clock())
    if by_hour:
        hour = now.replace(minute=0, second=0, microsecond=0)
        instants = [hour + timedelta(hours=n) for n in range(1 - _HOURS, 2)]
    else:
        zone = _zone(asking.required("timezone"))
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        # Days of the calendar: one that clocks are changed in has 23 hours, or 25.
        instants = [today + timedelta(days=n) for n in range(1 - _DAYS, 2)]
    return [(instant - _EPOCH) // timedelta(microseconds=1) for instant in instants]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        # ZoneInfoNotFoundError is a KeyError, and odd names raise many others.
        raise bad_parameter("timezone", f"is no time zone: {name}") from None
    except KeyError:
        raise bad_parameter("timezone", f"is no time zone: {name}") from None
