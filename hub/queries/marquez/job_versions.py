"""Versions of a job: one for each choice of data that its runs have named together."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, exists, func, or_, select, true

from hub.queries.datasets import datasets_of_sets
from hub.queries.run_events import said_of
from hub.queries.run_reports import runs_at
from hub.queries.runs import runs_by_id
from hub.store.tables import run, run_event

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection, Select

    from hub.domain.names import DatasetName
    from hub.queries.marquez.lists import Slice
    from hub.queries.moments import Moment
    from hub.store.journal import Journal

# Of a job in the past, the newest: choices that are told apart, and runs of which more was told
# later. The journal is read for each of those.
_MAX_CHOICES: Final = 10_000
_MAX_TOLD_LATER: Final = 1_000

Names = tuple["DatasetName", ...]


class JobVersion(NamedTuple):
    """What some runs of a job have in common, when the first began, and the store's id of the last.

    Instants are event time.
    """

    inputs: Names
    outputs: Names
    created_at: int
    last_at: int
    last_run: Callable[[], int]


class _Group(NamedTuple):
    """Runs that have named the same sets."""

    input_set_id: int | None
    output_set_id: int | None
    created_at: int
    last_at: int


def job_versions(
    connection: Connection, journal: Journal, jobs: Collection[int], wanted: Slice, moment: Moment
) -> list[JobVersion]:
    """Return what runs of a job, by all of its ids, have named together, the newest first."""
    groups = _groups(jobs, moment)
    if moment.is_now:
        return [
            *_of_groups(connection, jobs, groups.limit(wanted.limit).offset(wanted.offset), moment)
        ]
    alike: defaultdict[tuple[Names, Names], list[JobVersion]] = defaultdict(list)
    for some in (
        _of_groups(connection, jobs, groups.limit(_MAX_CHOICES), moment),
        _told_later(connection, journal, jobs, moment),
    ):
        for each in some:
            alike[each.inputs, each.outputs].append(each)
    every = sorted(map(_joined, alike.values()), key=_newest_first)
    return every[wanted.offset : wanted.offset + wanted.limit]


def _joined(alike: list[JobVersion]) -> JobVersion:
    if len(alike) == 1:
        return alike[0]
    last = max(alike, key=lambda each: (each.last_at, each.last_run()))
    return last._replace(created_at=min(each.created_at for each in alike))


def _newest_first(version: JobVersion) -> tuple[int, int]:
    return -version.last_at, -version.created_at


def _groups(jobs: Collection[int], moment: Moment) -> Select[Any]:
    columns = run.c
    sets = columns.input_set_id, columns.output_set_id
    began, ended = func.min(columns.first_event_at), func.max(columns.anchor_at)
    return (
        select(*sets, began, ended)
        .where(columns.job_id.in_(jobs), columns.first_event_at.is_not(None), _was_told(moment))
        .group_by(*sets)
        .order_by(ended.desc(), began.desc())
    )


def _of_groups(
    connection: Connection, jobs: Collection[int], groups: Select[Any], moment: Moment
) -> Iterator[JobVersion]:
    found = [_Group._make(row) for row in connection.execute(groups)]
    members = _members(connection, (key for each in found for key in each[:2]))
    for each in found:
        inputs, outputs = (members.get(key, ()) for key in each[:2])
        last_run = partial(_last_run, connection, jobs, each, moment)
        yield JobVersion(inputs, outputs, each.created_at, each.last_at, last_run)


def _last_run(connection: Connection, jobs: Collection[int], group: _Group, moment: Moment) -> int:
    columns = run.c
    statement = select(func.max(columns.id)).where(
        columns.job_id.in_(jobs),
        columns.anchor_at == group.last_at,
        columns.input_set_id.is_not_distinct_from(group.input_set_id),
        columns.output_set_id.is_not_distinct_from(group.output_set_id),
        _was_told(moment),
    )
    found: int = connection.execute(statement).scalar_one()
    return found


def _told_later(
    connection: Connection, journal: Journal, jobs: Collection[int], moment: Moment
) -> Iterator[JobVersion]:
    """Yield the choice of each run that had begun and of which more was told later.

    Only all that a run has ever named is kept as sets.
    """
    columns = run.c
    statement = (
        select(columns.id)
        .where(columns.job_id.in_(jobs), moment.knows_run(columns.id), _is_told_after(moment))
        .order_by(columns.anchor_at.desc(), columns.id.desc())
        .limit(_MAX_TOLD_LATER)
    )
    known = runs_by_id(connection, connection.scalars(statement).all())
    rows = runs_at(connection, known.values(), moment)
    said = said_of(connection, [row.id for row in rows], journal=journal, moment=moment)
    sets = (key for row in rows for key in (row.input_set_id, row.output_set_id))
    members = _members(connection, sets)
    for row in rows:
        named = said[row.id]
        inputs, outputs = (
            tuple(name for name in members.get(key, ()) if name in side)
            for key, side in ((row.input_set_id, named.inputs), (row.output_set_id, named.outputs))
        )
        last_run = partial(int, row.id)
        began, ended = row.first_event_at or 0, row.anchor_at or 0
        yield JobVersion(inputs, outputs, began, ended, last_run)


def _members(connection: Connection, sets: Iterable[int | None]) -> dict[int | None, Names]:
    found = datasets_of_sets(connection, {key for key in sets if key is not None})
    return {key: tuple(row.key for row in rows) for key, rows in found.items()}


def _was_told(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that a run had begun, and that nothing has been told of it since."""
    if moment.is_now:
        return true()
    return and_(moment.knows_run(run.c.id), ~_is_told_after(moment))


def _is_told_after(moment: Moment) -> ColumnElement[bool]:
    event = run_event.c
    is_after = or_(~moment.within(event.event_time), ~moment.knows(event.position))
    return exists().where(event.run_id == run.c.id, is_after)
