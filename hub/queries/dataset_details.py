"""What is known of datasets: fields, schemas, writes, quality, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw, Struct, json
from sqlalchemy import and_, func, select

from hub.domain.openlineage.changes import DROP
from hub.domain.openlineage.facets import read_schema
from hub.domain.openlineage.runs import RunState
from hub.queries.facet_contents import facets_of
from hub.queries.marquez.versions import undone, was_written
from hub.queries.moments import NOW
from hub.queries.selections import IDS, Grouped, by_key, group, made_once, newest
from hub.store.dialect import among
from hub.store.tables import (
    dataset_metric,
    dataset_version,
    edge,
    field,
    quality_assertion,
    run,
    schema_version,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from hub.queries.moments import Moment
    from hub.queries.pages import Key

# Of a dataset's newest outcomes of data-quality tests, how many are looked at.
_RECENT_ASSERTIONS = 500


class FieldRow(Struct, frozen=True):
    """A field of a dataset's schema; nested ones are joined with "."."""

    name: str
    type: str | None = None
    description: str | None = None


class SchemaVersionRow(NamedTuple):
    """A schema that a dataset has had, and when (event time) it was first and last seen.

    One that ``is_partial`` has the fields that somebody reads, of which there may be more.
    """

    digest: bytes
    first_seen: int
    last_seen: int
    fields: list[FieldRow]
    is_partial: bool = False


class VersionRow(NamedTuple):
    """What one completed run wrote. ``written_at`` is event time."""

    run_id: int
    written_at: int
    version: str | None
    rows: int | None
    bytes: int | None
    files: int | None


class DropRow(NamedTuple):
    """That a completed run dropped a dataset. ``dropped_at`` is event time."""

    run_id: int
    dropped_at: int


class AssertionRow(NamedTuple):
    """The outcome of one data-quality test in one run."""

    run_id: int
    assertion: str
    field: str | None
    success: bool
    severity: str | None
    name: str | None
    expected: str | None
    actual: str | None
    event_time: int
    ordinal: int = 0


def fields_of(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> Grouped[FieldRow]:
    """Return the fields of each dataset's schema in force, or of the one then, in order."""
    if not moment.is_now:
        return _fields_then(connection, datasets, moment)
    return group(connection.execute(_FIELDS, {"ids": datasets}), FieldRow)


_FIELDS: Final = (
    select(field.c.dataset_id, field.c.name, field.c.type, field.c.description)
    .where(among(field.c.dataset_id, IDS))
    .order_by(field.c.dataset_id, field.c.ordinal)
)


def _fields_then(
    connection: Connection, datasets: Collection[int], moment: Moment
) -> Grouped[FieldRow]:
    names = frozenset({"schema"})
    said = facets_of(connection, datasets, entity="dataset", moment=moment, names=names)
    bodies = {key: found["schema"].body for key, found in said.items()}
    return {
        key: [FieldRow(*each) for each in read_schema(Raw(body))]
        for key, body in bodies.items()
        if body is not None
    }


def schema_versions_of(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> Grouped[SchemaVersionRow]:
    """Return the schemas that each dataset has had, partial ones among them, newest first."""
    columns, last_seen = schema_version.c, moment.last_said(schema_version)
    statement = (
        select(
            columns.dataset_id,
            columns.digest,
            columns.first_seen,
            last_seen,
            columns.fields,
            columns.partial,
        )
        .where(columns.dataset_id.in_(datasets), moment.sees(schema_version))
        .order_by(columns.dataset_id, last_seen.desc(), columns.digest)
    )
    return group(
        connection.execute(statement),
        lambda digest, first_seen, last_seen, fields, is_partial: SchemaVersionRow(
            digest, first_seen, last_seen, json.decode(fields, type=list[FieldRow]), is_partial
        ),
    )


def whole_if_any(versions: list[SchemaVersionRow]) -> list[SchemaVersionRow]:
    """Return the schemas that a dataset has had: where none is known, what readers know of it."""
    return [each for each in versions if not each.is_partial] or versions


def versions_of(
    connection: Connection,
    datasets: Collection[int],
    *,
    at_most: int,
    after: Key | None = None,
    moment: Moment = NOW,
) -> Grouped[VersionRow]:
    """Return what runs wrote to each dataset, newest first; before an instant and a run."""
    chosen = newest(
        (
            dataset_version.c.dataset_id,
            dataset_version.c.run_id,
            dataset_version.c.written_at,
            dataset_version.c.version,
        ),
        by=(dataset_version.c.written_at, dataset_version.c.run_id),
        parents=datasets,
        at_most=at_most,
        after=after,
        only=lambda versions: was_written(versions, moment),
    ).subquery()
    measured = and_(
        dataset_metric.c.dataset_id == chosen.c.dataset_id,
        dataset_metric.c.run_id == chosen.c.run_id,
        dataset_metric.c.side == "out",
    )
    statement = (
        select(*chosen.c, dataset_metric.c.rows, dataset_metric.c.bytes, dataset_metric.c.files)
        .join_from(chosen, dataset_metric, measured, isouter=True)
        .order_by(chosen.c.dataset_id, chosen.c.written_at.desc(), chosen.c.run_id.desc())
    )
    found = group(connection.execute(statement), VersionRow)
    more = undone(connection, dataset_version.c.dataset_id.in_(datasets), moment)
    if not more:
        return found
    runs = {each.version.run_id for each in more if each.version.run_id is not None}
    sizes = _sizes_of(connection, runs)
    for (dataset_id, run_id, at, _), name in more:
        if run_id is not None and (after is None or (at, run_id) < tuple(after)):
            size = sizes.get((dataset_id, run_id), (None, None, None))
            found[dataset_id].append(VersionRow(run_id, at, name, *size))
    return {
        key: sorted(rows, key=lambda row: (row.written_at, row.run_id), reverse=True)[:at_most]
        for key, rows in found.items()
    }


def _sizes_of(
    connection: Connection, runs: Collection[int]
) -> dict[tuple[int, int], tuple[int | None, ...]]:
    columns = dataset_metric.c
    statement = select(
        *(columns.dataset_id, columns.run_id, columns.rows, columns.bytes, columns.files)
    ).where(among(columns.run_id, runs), columns.side == "out")
    return {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(statement)}


def drops_of(
    connection: Connection,
    datasets: Collection[int],
    *,
    at_most: int,
    after: Key | None = None,
    moment: Moment = NOW,
) -> Grouped[DropRow]:
    """Return which runs dropped each dataset, newest first; before an instant and a run."""
    version = dataset_version.c
    dropped = (
        select(version.dataset_id, version.run_id, run.c.ended_at)
        .join(run, run.c.id == version.run_id)
        .where(
            # A drop writes nothing, so that few rows of the index are looked at.
            version.written_at.is_(None),
            version.change == DROP,
            run.c.state == RunState.COMPLETE.value,
        )
        .subquery()
    )
    statement = newest(
        [*dropped.c],
        by=(dropped.c.ended_at, dropped.c.run_id),
        parents=datasets,
        at_most=at_most,
        after=after,
        only=lambda drops: and_(moment.within(drops.c.ended_at), moment.knows_run(drops.c.run_id)),
    )
    return group(connection.execute(statement), DropRow)


def last_written_at(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> dict[int, int]:
    """Return when (event time) a run last completed that writes each dataset."""
    rows = connection.execute(_last_written(moment), {"ids": datasets})
    found = {key: at for key, at in rows if at is not None}
    for (key, _, at, _), _ in undone(
        connection, among(dataset_version.c.dataset_id, datasets), moment
    ):
        found[key] = max(at, found.get(key, at))
    return found


@made_once
def _last_written(moment: Moment) -> Select[Any]:
    columns = dataset_version.c
    return (
        select(columns.dataset_id, func.max(columns.written_at))
        .where(among(columns.dataset_id, IDS), was_written(dataset_version, moment))
        .group_by(columns.dataset_id)
    )


def assertions_of(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> Grouped[AssertionRow]:
    """Return the newest outcome of each data-quality test of each dataset, newest first."""
    found = outcomes_of(connection, datasets, at_most=_RECENT_ASSERTIONS, moment=moment)
    return {key: _first_of_each_test(rows) for key, rows in found.items()}


def outcomes_of(
    connection: Connection,
    datasets: Collection[int],
    *,
    at_most: int,
    after: Key | None = None,
    moment: Moment = NOW,
) -> Grouped[AssertionRow]:
    """Return outcomes of tests of each dataset, newest first.

    ``after`` is of an instant, a run and the outcome's ordinal in it.
    """
    columns = quality_assertion.c
    statement = newest(
        (
            columns.dataset_id,
            columns.run_id,
            columns.assertion,
            columns.field,
            columns.success,
            columns.severity,
            columns.name,
            columns.expected,
            columns.actual,
            columns.event_time,
            columns.ordinal,
        ),
        by=(columns.event_time, columns.run_id, columns.ordinal),
        parents=datasets,
        at_most=at_most,
        after=after,
        only=lambda outcomes: and_(
            moment.within(outcomes.c.event_time), moment.knows_run(outcomes.c.run_id)
        ),
    )
    return group(connection.execute(statement), AssertionRow)


def neighbour_counts(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> dict[int, Neighbours]:
    """Return how many datasets each one is made from, and how many are made from it, directly."""
    ups, downs = (_count_over_jobs(connection, datasets, side, moment) for side in ("out", "in"))
    return {key: Neighbours(ups.get(key, 0), downs.get(key, 0)) for key in datasets}


class Neighbours(NamedTuple):
    """Numbers of datasets one hop away."""

    upstream: int
    downstream: int


def _count_over_jobs(
    connection: Connection, datasets: Collection[int], side: str, moment: Moment
) -> dict[int, int]:
    near, far = edge.alias(), edge.alias()
    statement = (
        select(near.c.dataset_id, func.count(far.c.dataset_id.distinct()))
        .join(far, (far.c.job_id == near.c.job_id) & (far.c.side != near.c.side))
        .where(
            near.c.dataset_id.in_(datasets),
            near.c.side == side,
            moment.holds(near),
            moment.holds(far),
            far.c.dataset_id != near.c.dataset_id,
        )
        .group_by(near.c.dataset_id)
    )
    return by_key(connection.execute(statement))


def _first_of_each_test(rows: list[AssertionRow]) -> list[AssertionRow]:
    first: dict[tuple[str, str | None, str | None], AssertionRow] = {}
    for row in rows:
        first.setdefault((row.assertion, row.field, row.name), row)
    return list(first.values())
