"""What the stage ``infer`` asks of the projected runs: whose SQL is known and lineage is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Raw
from sqlalchemy import select, tuple_

from hub.domain.descriptions import Sql, read_sql
from hub.domain.names import DatasetName, JobName, RunName
from hub.store.natural_keys import dataset_names
from hub.store.tables import (
    dataset,
    facet,
    facet_version,
    field,
    io_set_member,
    is_in_force,
    job,
    namespace,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

_MAX_RELATIVES: Final = 50


class Unsaid(NamedTuple):
    """A run that lacks inputs, outputs or fields, and the SQL that would tell them.

    ``nearby`` are datasets of the runs around it: of its parent, and of that one's other children.
    """

    run: RunName
    sql: Sql
    inputs: tuple[DatasetName, ...]
    outputs: tuple[DatasetName, ...]
    has_fields: bool
    nearby: tuple[DatasetName, ...]


class _Row(NamedTuple):
    id: int
    job_id: int
    parent_id: int | None
    input_set_id: int | None
    output_set_id: int | None
    column_set_id: int | None


def unsaid_of(connection: Connection, names: Collection[RunName]) -> list[Unsaid]:
    """Return those of the runs whose job has SQL and that lack some of their lineage."""
    rows = {
        name: row
        for name, row in _rows(connection, names).items()
        if None in (row.input_set_id, row.output_set_id, row.column_set_id)
    }
    texts = _texts(connection, {row.job_id for row in rows.values()})
    rows = {name: row for name, row in rows.items() if row.job_id in texts}
    if not rows:
        return []
    around = {row.parent_id: _around(connection, row) for row in rows.values()}
    sets = {
        key
        for each in (*rows.values(), *(one for found in around.values() for one in found))
        for key in (each.input_set_id, each.output_set_id)
        if key is not None
    }
    members = _members(connection, sets)
    return [
        Unsaid(
            name,
            texts[row.job_id],
            members.get(row.input_set_id, ()),
            members.get(row.output_set_id, ()),
            row.column_set_id is not None,
            tuple(
                dict.fromkeys(
                    dataset
                    for each in around[row.parent_id]
                    for key in (each.input_set_id, each.output_set_id)
                    for dataset in members.get(key, ())
                )
            ),
        )
        for name, row in rows.items()
    ]


def fields_of(
    connection: Connection, names: Collection[DatasetName]
) -> dict[DatasetName, list[str]]:
    """Return the names of the fields of datasets, as far as their schema is known."""
    statement = (
        select(namespace.c.name, dataset.c.name, field.c.name)
        .join(dataset, dataset.c.id == field.c.dataset_id)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .where(tuple_(namespace.c.name, dataset.c.name).in_(list(names)))
        .order_by(field.c.dataset_id, field.c.ordinal)
    )
    found: dict[DatasetName, list[str]] = {}
    for space, name, each in connection.execute(statement):
        found.setdefault(DatasetName(space, name), []).append(each)
    return found


def _rows(connection: Connection, names: Collection[RunName]) -> dict[RunName, _Row]:
    columns = (run.c[each] for each in _Row._fields)
    statement = (
        select(namespace.c.name, job.c.name, run.c.run_id, *columns)
        .join(job, job.c.id == run.c.job_id)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(
            run.c.run_id.in_({name.run_id for name in names}),
            job.c.name.in_({name.job.name for name in names}),
        )
    )
    rows = {
        RunName(JobName(space, name), run_id): _Row(*rest)
        for space, name, run_id, *rest in connection.execute(statement)
    }
    return {name: row for name, row in rows.items() if name in names}


def _texts(connection: Connection, jobs: Collection[int]) -> dict[int, Sql]:
    statement = (
        select(facet.c.owner_id, facet_version.c.body)
        .join(facet_version, is_in_force)
        .where(facet.c.owner_kind == "job", facet.c.name == "sql", facet.c.owner_id.in_(jobs))
    )
    found = {key: read_sql(Raw(body)) for key, body in connection.execute(statement) if body}
    return {key: text for key, text in found.items() if text is not None}


def _around(connection: Connection, row: _Row) -> Sequence[_Row]:
    if row.parent_id is None:
        return ()
    columns = (run.c[each] for each in _Row._fields)
    statement = select(*columns).where(
        (run.c.id == row.parent_id) | (run.c.parent_id == row.parent_id)
    )
    return [_Row(*each) for each in connection.execute(statement.limit(_MAX_RELATIVES))]


def _members(
    connection: Connection, sets: Collection[int]
) -> dict[int | None, tuple[DatasetName, ...]]:
    statement = select(io_set_member).where(io_set_member.c.set_id.in_(sets))
    rows = connection.execute(statement).all()
    names = dataset_names(connection, {row.member_id for row in rows})
    found: dict[int | None, tuple[DatasetName, ...]] = {}
    for row in rows:
        if row.member_id in names:
            found[row.set_id] = (*found.get(row.set_id, ()), names[row.member_id])
    return found
