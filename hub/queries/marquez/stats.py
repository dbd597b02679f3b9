"""How much there is, and how much happened, by hour or day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from hub.domain.openlineage.events import EventType
from hub.store.tables import data_source, dataset, job, run, run_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

_COUNTED: Final = (EventType.START, EventType.COMPLETE, EventType.FAIL, EventType.ABORT)


class Happened(NamedTuple):
    """How many events of each type there were in an interval."""

    start: int = 0
    complete: int = 0
    fail: int = 0
    abort: int = 0


def count_events(connection: Connection, bounds: Sequence[int]) -> list[Happened]:
    """Return how many events came (event time) between each bound and the next.

    Only runs are looked at that had not ended before the first bound.
    """
    recent = (
        select(run.c.id)
        .select_from(job)
        # Job by job, because that is what the index on the ends of runs begins with.
        .join(run, (run.c.job_id == job.c.id) & (run.c.anchor_at >= bounds[0]))
    )
    columns = run_event.c
    statement = select(columns.event_type, columns.event_time).where(
        columns.run_id.in_(recent),
        columns.event_time >= bounds[0],
        columns.event_time < bounds[-1],
        columns.event_type.in_([kind.value for kind in _COUNTED]),
    )
    counts = [dict.fromkeys(_COUNTED, 0) for _ in bounds[1:]]
    for kind, at in connection.execute(statement):
        counts[bisect_right(bounds, at) - 1][EventType(kind)] += 1
    return [Happened(*(count[kind] for kind in _COUNTED)) for count in counts]


def count_jobs(connection: Connection, bounds: Sequence[int]) -> list[int]:
    """Return how many jobs were known at the end of each interval between bounds."""
    return _known(connection, job, bounds)


def count_datasets(connection: Connection, bounds: Sequence[int]) -> list[int]:
    """Return how many datasets were known at the end of each interval between bounds."""
    return _known(connection, dataset, bounds)


def _known(connection: Connection, table: Table, bounds: Sequence[int]) -> list[int]:
    first_seen = table.c.first_seen
    before = connection.scalar(select(func.count()).where(first_seen < bounds[1])) or 0
    since = select(first_seen).where(first_seen >= bounds[1], first_seen < bounds[-1])
    later = sorted(connection.scalars(since))
    return [before + bisect_left(later, bound) for bound in bounds[1:]]


def count_sources(connection: Connection, bounds: Sequence[int]) -> list[int]:
    """Return how many sources were known at the end of each interval between bounds."""
    first = (
        select(data_source.c.name, func.min(dataset.c.first_seen).label("first_seen"))
        .join(dataset, dataset.c.id == data_source.c.dataset_id)
        .group_by(data_source.c.name)
    )
    firsts = sorted(row.first_seen for row in connection.execute(first))
    return [bisect_left(firsts, bound) for bound in bounds[1:]]
