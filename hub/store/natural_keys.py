"""From natural keys to the store's ids and back: one statement, however many are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, bindparam, select, true

from hub.domain.names import DatasetName, FieldName, JobName
from hub.store.dialect import among, table_of_names
from hub.store.tables import column_node, dataset, job, namespace

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Table


def _key_of(table: Table) -> Select[Any]:
    """Select the id of what has the name of two parameters, ``namespace`` and ``name``."""
    space = select(namespace.c.id).where(namespace.c.name == bindparam("namespace"))
    return select(table.c.id).where(
        table.c.namespace_id == space.scalar_subquery(), table.c.name == bindparam("name")
    )


def _then(key: Select[Any], table: Table) -> Select[Any]:
    return key.where(table.c.first_position <= bindparam("known_at"))


# Made once: to make a statement takes several times as long as to find the row.
JOB_KEY: Final = _key_of(job)
DATASET_KEY: Final = _key_of(dataset)
_JOB_KEY_THEN: Final = _then(JOB_KEY, job)
_DATASET_KEY_THEN: Final = _then(DATASET_KEY, dataset)


def find_dataset(
    connection: Connection, name: DatasetName, *, known_at: int | None = None
) -> int | None:
    """Return the id of a dataset; None where no event has named it, up to a journal position."""
    return _find(connection, DATASET_KEY, _DATASET_KEY_THEN, name, known_at)


def find_datasets(
    connection: Connection, names: Collection[DatasetName], *, known_at: int | None = None
) -> dict[DatasetName, int]:
    """Return the ids of those of ``names`` that an event had named, up to a journal position."""
    wanted = table_of_names(names)
    is_wanted = (wanted.c.namespace == namespace.c.name) & (wanted.c.name == dataset.c.name)
    statement = (
        select(namespace.c.name, dataset.c.name, dataset.c.id)
        .join(dataset, dataset.c.namespace_id == namespace.c.id)
        .join(wanted, is_wanted)
        .where(_told_by(dataset, known_at))
    )
    rows = connection.execute(statement).all()
    return {DatasetName(space, name): key for space, name, key in rows}


def find_job(connection: Connection, name: JobName, *, known_at: int | None = None) -> int | None:
    """Return the id of a job; None where no event has named it, up to a journal position."""
    return _find(connection, JOB_KEY, _JOB_KEY_THEN, name, known_at)


def find_jobs(
    connection: Connection, names: Collection[JobName], *, known_at: int | None = None
) -> dict[JobName, int]:
    """Return the ids of those of ``names`` that an event had named, up to a journal position."""
    wanted = table_of_names(names)
    is_wanted = (wanted.c.namespace == namespace.c.name) & (wanted.c.name == job.c.name)
    statement = (
        select(namespace.c.name, job.c.name, job.c.id)
        .join(job, job.c.namespace_id == namespace.c.id)
        .join(wanted, is_wanted)
        .where(_told_by(job, known_at))
    )
    rows = connection.execute(statement).all()
    return {JobName(space, name): key for space, name, key in rows}


def find_fields(
    connection: Connection, datasets: Collection[int], field: str, *, known_at: int | None = None
) -> list[int]:
    """Return the ids of the fields of one name in some datasets, that were told of by then."""
    key = select(column_node.c.id).where(
        among(column_node.c.dataset_id, datasets), column_node.c.name == field
    )
    return [*connection.scalars(key.where(_told_by(column_node, known_at)))]


def find_field(
    connection: Connection, name: FieldName, *, known_at: int | None = None
) -> int | None:
    """Return the id of a field; None where neither lineage nor a schema has named it by then."""
    key = select(column_node.c.id).where(
        column_node.c.dataset_id == find_dataset(connection, name.dataset),
        column_node.c.name == name.field,
    )
    return connection.scalar(key.where(_told_by(column_node, known_at)))


def dataset_names(connection: Connection, ids: Collection[int]) -> dict[int, DatasetName]:
    """Return the names of datasets, by id."""
    statement = (
        select(dataset.c.id, namespace.c.name, dataset.c.name)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .where(among(dataset.c.id, ids))
    )
    return {row[0]: DatasetName._make(row[1:]) for row in connection.execute(statement).all()}


def job_names(connection: Connection, ids: Collection[int]) -> dict[int, JobName]:
    """Return the names of jobs, by id."""
    statement = (
        select(job.c.id, namespace.c.name, job.c.name)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(among(job.c.id, ids))
    )
    return {row[0]: JobName._make(row[1:]) for row in connection.execute(statement).all()}


def field_names(connection: Connection, ids: Collection[int]) -> dict[int, FieldName]:
    """Return the names of fields, by id; the empty field stands for the dataset as a whole."""
    statement = (
        select(column_node.c.id, namespace.c.name, dataset.c.name, column_node.c.name)
        .join(dataset, dataset.c.id == column_node.c.dataset_id)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .where(among(column_node.c.id, ids))
    )
    return {
        key: FieldName(DatasetName(space, name), field)
        for key, space, name, field in connection.execute(statement).all()
    }


def _find(
    connection: Connection,
    now: Select[Any],
    then: Select[Any],
    name: DatasetName | JobName,
    known_at: int | None,
) -> int | None:
    given: dict[str, Any] = {"namespace": name.namespace, "name": name.name}
    statement = now if known_at is None else then
    found: int | None = connection.scalar(statement, given | {"known_at": known_at})
    return found


def _told_by(table: Table, position: int | None) -> ColumnElement[bool]:
    return true() if position is None else table.c.first_position <= position
