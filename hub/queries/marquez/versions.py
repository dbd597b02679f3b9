"""Versions of a dataset: one for each run that wrote it.

A version is what a completed run wrote. While none has completed, it is what runs were about to
write; of a dataset that no run writes, each schema is a version, and one without any schema has
one version. Outside, versions go by ids made of natural keys, which the caller makes.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import json
from sqlalchemy import Select, and_, exists, func, null, select, true, union_all

from hub.domain.openlineage.changes import brings_data
from hub.domain.openlineage.events import EventType
from hub.domain.openlineage.runs import RunState
from hub.queries.moments import NOW
from hub.queries.run_reports import folds_at
from hub.queries.selections import made_once, newest
from hub.store.dialect import among, table_of_readings
from hub.store.tables import dataset_version, run, run_event, schema_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.queries.marquez.lists import Slice
    from hub.queries.moments import Moment


class Version(NamedTuple):
    """A version of a dataset, by the store's ids; without a run it is a schema that was seen."""

    dataset_id: int
    run_id: int | None
    at: int
    schema: bytes | None


class Undone(NamedTuple):
    """A version that a run had completed by then, and has not by what it told later.

    ``name`` is what its producer calls it.
    """

    version: Version
    name: str | None


class Reading(NamedTuple):
    """That a run reads a dataset, by the store's ids, as it was at an instant."""

    run_id: int
    dataset_id: int
    at: int


def versions_of(
    connection: Connection, dataset_id: int, wanted: Slice, *, moment: Moment = NOW
) -> list[Version]:
    """Return versions of a dataset, the newest first."""
    statement = _versions(connection, dataset_id, moment)
    found = connection.execute(statement.limit(wanted.limit).offset(wanted.offset))
    return [Version._make(row) for row in found]


def count_versions(connection: Connection, dataset_id: int, *, moment: Moment = NOW) -> int:
    """Return how many versions ``versions_of`` goes through."""
    statement = _versions(connection, dataset_id, moment).order_by(None).subquery()
    return connection.execute(select(func.count()).select_from(statement)).scalar_one()


def every_version(
    connection: Connection, dataset_id: int, *, moment: Moment = NOW
) -> Iterator[Version]:
    """Yield all that was ever a version of a dataset, finished or not."""
    for statement in (
        _written(connection, dataset_id, moment),
        _unwritten(dataset_id, moment),
        _schemas(dataset_id, moment),
    ):
        for row in connection.execute(statement, execution_options={"yield_per": 1_000}):
            yield Version._make(row)


def newest_versions(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> dict[int, Version]:
    """Return the first of ``versions_of`` for each dataset."""
    columns = dataset_version.c
    written = newest(
        (columns.dataset_id, columns.run_id, columns.written_at, columns.schema_digest),
        by=(columns.written_at, columns.run_id),
        parents=datasets,
        at_most=1,
        only=lambda versions: was_written(versions, moment),
    )
    every = [Version._make(row) for row in connection.execute(written)]
    every += (
        each.version for each in undone(connection, among(columns.dataset_id, datasets), moment)
    )
    found = {each.dataset_id: each for each in sorted(every, key=_order)}
    for key in datasets:
        if key not in found:
            first = connection.execute(_versions(connection, key, moment).limit(1)).first()
            if first is not None:
                found[key] = Version._make(first)
    return found


def versions_read(
    connection: Connection, readings: Collection[Reading], moment: Moment = NOW
) -> dict[Reading, Version]:
    """Return which version each reading found: the newest that was complete by then."""
    if not readings:
        return {}
    given = {"readings": json.encode([*readings]).decode()}
    rows = connection.execute(_versions_read(moment), given)
    found = {Reading(*row[:3]): Version(row[1], *row[3:]) for row in rows}
    is_read = among(dataset_version.c.dataset_id, {each.dataset_id for each in readings})
    for version, _ in undone(connection, is_read, moment):
        for each in readings:
            is_before = version.at <= each.at and version.run_id != each.run_id
            if is_before and each.dataset_id == version.dataset_id:
                found[each] = max(version, found.get(each, version), key=_order)
    return found


@made_once
def _versions_read(moment: Moment) -> Select[Any]:
    wanted = table_of_readings("readings")
    columns = dataset_version.c
    before = (
        select(columns.run_id)
        .where(
            columns.dataset_id == wanted.c.dataset_id,
            columns.written_at <= wanted.c.at,
            columns.run_id != wanted.c.run_id,
            was_written(dataset_version, moment),
        )
        .order_by(columns.written_at.desc(), columns.run_id.desc())
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    chosen = select(*wanted.c, before.label("writer")).subquery()
    is_chosen = and_(columns.dataset_id == chosen.c.dataset_id, columns.run_id == chosen.c.writer)
    return select(
        chosen.c.run_id,
        chosen.c.dataset_id,
        chosen.c.at,
        columns.run_id,
        columns.written_at,
        columns.schema_digest,
    ).join(dataset_version, is_chosen)


def was_written(versions: FromClause, moment: Moment) -> ColumnElement[bool]:
    """Return the condition that a version had been completed, and was known to be."""
    if moment.is_now:
        return true()
    event = run_event.c
    completed = and_(
        event.run_id == versions.c.run_id,
        event.event_type == EventType.COMPLETE.value,
        moment.within(event.event_time),
        moment.knows(event.position),
    )
    return and_(moment.within(versions.c.written_at), exists().where(completed))


def undone(connection: Connection, is_wanted: ColumnElement[bool], moment: Moment) -> list[Undone]:
    """Return the versions that runs had completed by then, and have not by what they told later.

    ``is_wanted`` is a condition on ``dataset_version``.
    """
    if moment.is_now:
        return []
    columns, event = dataset_version.c, run_event.c
    completed = and_(
        event.run_id == columns.run_id,
        event.event_type == EventType.COMPLETE.value,
        moment.within(event.event_time),
        moment.knows(event.position),
    )
    statement = select(
        *(columns.dataset_id, columns.run_id),
        *(columns.schema_digest, columns.version, columns.change),
    ).where(is_wanted, columns.written_at.is_(None), exists().where(completed))
    rows = connection.execute(statement).all()
    folds = folds_at(connection, {row.run_id for row in rows}, moment)
    return [
        Undone(Version(row.dataset_id, row.run_id, fold.ended_at, row.schema_digest), row.version)
        for row in rows
        if (fold := folds[row.run_id]).state is RunState.COMPLETE
        and fold.ended_at is not None
        and brings_data(row.change)
    ]


def _order(version: Version) -> tuple[int, int]:
    return version.at, version.run_id or 0


def versions_called(
    connection: Connection, names: Collection[tuple[int, str]], moment: Moment = NOW
) -> dict[tuple[int, str], list[Version]]:
    """Return versions by dataset and by what their producer calls them, the oldest first.

    Some producers call all of them the same.
    """
    columns = dataset_version.c
    statement = select(
        columns.dataset_id,
        columns.run_id,
        columns.written_at,
        columns.schema_digest,
        columns.version,
    ).where(
        columns.dataset_id.in_({key for key, _ in names}),
        columns.version.in_({name for _, name in names}),
        columns.written_at.is_not(None),
        was_written(dataset_version, moment),
    )
    rows = connection.execute(statement.order_by(columns.written_at, columns.run_id))
    found: dict[tuple[int, str], list[Version]] = {key: [] for key in names}
    for dataset_id, run_id, at, schema, name in rows:
        if (dataset_id, name) in found:
            found[dataset_id, name].append(Version(dataset_id, run_id, at, schema))
    is_called = among(columns.dataset_id, {key for key, _ in names})
    for version, called in undone(connection, is_called, moment):
        if called is not None and (version.dataset_id, called) in found:
            insort(found[version.dataset_id, called], version, key=_order)
    return found


def written_after(connection: Connection, version: Version) -> int | None:
    """Return when the version after this one was written; None while it is the newest."""
    columns = dataset_version.c
    found: int | None = connection.scalar(
        select(func.min(columns.written_at)).where(
            columns.dataset_id == version.dataset_id, columns.written_at > version.at
        )
    )
    return found


def _versions(connection: Connection, dataset_id: int, moment: Moment) -> Select[Any]:
    """Select the versions of a dataset, the newest first: of the first kind that it has any of."""
    schemas = _schemas(dataset_id, moment)
    whole = schemas.where(schema_version.c.partial.is_(False))
    written = _written(connection, dataset_id, moment)
    for statement in (written, _unwritten(dataset_id, moment), whole):
        if connection.execute(statement.limit(1)).first() is not None:
            return statement
    return schemas


def _written(connection: Connection, dataset_id: int, moment: Moment) -> Select[Any]:
    columns = dataset_version.c
    written = select(
        columns.dataset_id, columns.run_id, columns.written_at, columns.schema_digest
    ).where(
        columns.dataset_id == dataset_id,
        columns.written_at.is_not(None),
        was_written(dataset_version, moment),
    )
    more = undone(connection, columns.dataset_id == dataset_id, moment)
    if not more:
        return written.order_by(columns.written_at.desc(), columns.run_id.desc())
    said = table_of_readings("undone")
    is_said = and_(said.c.dataset_id == columns.dataset_id, said.c.run_id == columns.run_id)
    others = select(columns.dataset_id, columns.run_id, said.c.at, columns.schema_digest)
    every = union_all(written, others.join(said, is_said)).subquery()
    rows = [(each.version.run_id, each.version.dataset_id, each.version.at) for each in more]
    statement = select(every).order_by(every.c.written_at.desc(), every.c.run_id.desc())
    return statement.params(undone=json.encode(rows).decode())


def _unwritten(dataset_id: int, moment: Moment) -> Select[Any]:
    columns, heard_at = dataset_version.c, _last_heard(moment)
    return (
        select(columns.dataset_id, columns.run_id, heard_at, columns.schema_digest)
        .join(run, run.c.id == columns.run_id)
        .where(columns.dataset_id == dataset_id, _was_unwritten(moment))
        .order_by(heard_at.desc(), columns.run_id.desc())
    )


def _was_unwritten(moment: Moment) -> ColumnElement[bool]:
    columns = dataset_version.c
    if moment.is_now:
        return columns.written_at.is_(None)
    was_not = columns.written_at.is_(None) | ~was_written(dataset_version, moment)
    return and_(was_not, moment.knows_run(columns.run_id))


def _last_heard(moment: Moment) -> ColumnElement[int]:
    """Select when a run had ended, or had last been heard of, by then."""
    if moment.is_now:
        return run.c.anchor_at
    event = run_event.c
    said = select(func.max(event.event_time)).where(
        event.run_id == run.c.id, moment.within(event.event_time), moment.knows(event.position)
    )
    return said.correlate(run).scalar_subquery()


def _schemas(dataset_id: int, moment: Moment) -> Select[Any]:
    columns = schema_version.c
    return (
        select(columns.dataset_id, null(), columns.first_seen, columns.digest)
        .where(columns.dataset_id == dataset_id, moment.sees(schema_version))
        .order_by(moment.last_said(schema_version).desc(), columns.digest)
    )
