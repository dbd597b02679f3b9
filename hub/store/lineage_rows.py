"""Lineage as the in-memory index wants it: columns of integers, whole or what has changed.

An edge's revision is the journal position from which on the bounds of its interval have been
known; where an interval vanishes, another one of the same edge changes. So what is new since a
revision is told by every edge of each job that has a newer one. What has been superseded is in
the histories, and only ever added to.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Integer, case, cast, func, literal, select

from hub.domain.lineage.surety import ORIGINS
from hub.store import tracking
from hub.store.tables import (
    column_edge,
    column_edge_history,
    column_node,
    dataset,
    edge,
    edge_history,
    job,
    namespace,
    store_meta,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection, Select, Table

    Integers = NDArray[np.int64]
    # Id, the id of what it is in, and name; in the order of ids.
    NameRows = Iterator[tuple[int, int, str]]

# What ``closed_at`` is while an edge holds, and ``known_until`` while nothing better is known.
FOREVER: Final = int(np.iinfo(np.int64).max)
_FETCH: Final = 10_000
_CHUNK_ROWS: Final = 100_000


class Bounds(NamedTuple):
    """Parallel columns: when an edge held, how that came to be known, and during which positions.

    ``origin`` is a place in ``ORIGINS``.
    """

    origin: Integers
    opened_at: Integers
    closed_at: Integers
    known_from: Integers
    known_until: Integers


class DatasetEdgeRows(NamedTuple):
    """Parallel columns: a job reads (``is_input``) or writes a dataset during one interval."""

    job: Integers
    dataset: Integers
    is_input: NDArray[np.bool_]
    bounds: Bounds


class FieldEdgeRows(NamedTuple):
    """Parallel columns: a job makes one field out of another during one interval."""

    job: Integers
    source: Integers
    target: Integers
    bounds: Bounds


class FieldRows(NamedTuple):
    """Parallel columns of fields; ``is_whole`` marks those that stand for a whole dataset."""

    id: Integers
    dataset: Integers
    is_whole: NDArray[np.bool_]
    first_position: Integers


class Mark(NamedTuple):
    """How much lineage there is, between datasets or between fields.

    ``generation`` counts rebuilds, which hand out new ids; ``revision`` is of the newest edge.
    """

    generation: int
    revision: int
    last_field: int = 0

    def covers(self, other: Mark) -> bool:
        """Whether nothing of ``other`` lacks."""
        is_same = self.generation == other.generation
        return is_same and self.revision >= other.revision and self.last_field >= other.last_field


_GENERATION: Final = (
    select(store_meta.c.value)
    .where(store_meta.c.name == tracking.resets_of("project"))
    .scalar_subquery()
)
_DATASET_MARK: Final = select(_GENERATION, select(func.max(edge.c.revision)).scalar_subquery())
_FIELD_MARK: Final = select(
    _GENERATION,
    select(func.max(column_edge.c.revision)).scalar_subquery(),
    select(func.max(column_node.c.id)).scalar_subquery(),
)


def dataset_mark(connection: Connection) -> Mark:
    """Return how much there is between jobs and datasets."""
    return Mark(*(int(each or 0) for each in connection.execute(_DATASET_MARK).one()))


def field_mark(connection: Connection) -> Mark:
    """Return how much there is between fields."""
    return Mark(*(int(each or 0) for each in connection.execute(_FIELD_MARK).one()))


def last_dataset(connection: Connection) -> int:
    """Return the greatest id of a dataset; datasets are only ever added."""
    return connection.scalar(select(func.coalesce(func.max(dataset.c.id), 0))) or 0


def last_job(connection: Connection) -> int:
    """Return the greatest id of a job; jobs are only ever added."""
    return connection.scalar(select(func.coalesce(func.max(job.c.id), 0))) or 0


def last_field(connection: Connection) -> int:
    """Return the greatest id of a field; fields are only ever added."""
    return connection.scalar(select(func.coalesce(func.max(column_node.c.id), 0))) or 0


def read_dataset_edges(connection: Connection, *, after: int) -> Iterator[DatasetEdgeRows]:
    """Yield every edge of the jobs that have one with a revision above ``after``."""
    statement = select(*_ends(edge), *_bounds(edge, edge.c.revision, literal(FOREVER)))
    return _dataset_edges(connection, _of_changed_jobs(statement, edge, after))


def read_field_edges(connection: Connection, *, after: int) -> Iterator[FieldEdgeRows]:
    """Yield every field edge of the jobs that have one with a revision above ``after``."""
    bounds = _bounds(column_edge, column_edge.c.revision, literal(FOREVER))
    statement = select(*_field_ends(column_edge), *bounds)
    return _field_edges(connection, _of_changed_jobs(statement, column_edge, after))


def read_dataset_history(connection: Connection, *, after: int) -> Iterator[DatasetEdgeRows]:
    """Yield what was superseded at positions above ``after``."""
    known = edge_history.c.known_from, edge_history.c.known_until
    statement = select(*_ends(edge_history), *_bounds(edge_history, *known))
    return _dataset_edges(connection, statement.where(edge_history.c.known_until > after))


def read_field_history(connection: Connection, *, after: int) -> Iterator[FieldEdgeRows]:
    """Yield what was superseded, between fields, at positions above ``after``."""
    history = column_edge_history
    bounds = _bounds(history, history.c.known_from, history.c.known_until)
    statement = select(*_field_ends(history), *bounds)
    return _field_edges(connection, statement.where(history.c.known_until > after))


def read_fields(connection: Connection, *, after: int) -> FieldRows:
    """Return the fields, named by lineage or by a schema, with ids above ``after``."""
    statement = select(
        column_node.c.id,
        column_node.c.dataset_id,
        cast(column_node.c.name == "", Integer),
        column_node.c.first_position,
    )
    found = _integers(connection, statement.where(column_node.c.id > after), 4)
    rows = np.concatenate([np.empty((0, 4), dtype=np.int64), *found])
    return FieldRows(rows[:, 0], rows[:, 1], rows[:, 2].astype(np.bool_), rows[:, 3])


def read_dataset_names(connection: Connection, *, after: int) -> NameRows:
    """Yield the datasets with ids above ``after``; their owners are namespaces."""
    return _names(connection, dataset, dataset.c.namespace_id, after)


def read_job_names(connection: Connection, *, after: int) -> NameRows:
    """Yield the jobs with ids above ``after``; their owners are namespaces."""
    return _names(connection, job, job.c.namespace_id, after)


def read_field_names(connection: Connection, *, after: int) -> NameRows:
    """Yield the fields with ids above ``after``; their owners are datasets."""
    return _names(connection, column_node, column_node.c.dataset_id, after)


def read_namespaces(connection: Connection, *, after: int) -> dict[int, str]:
    """Return the names of the namespaces with ids above ``after``."""
    statement = select(namespace.c.id, namespace.c.name).where(namespace.c.id > after)
    return dict(map(tuple, connection.execute(statement)))


def _names(connection: Connection, table: Table, owner: ColumnElement[int], after: int) -> NameRows:
    statement = select(table.c.id, owner, table.c.name).where(table.c.id > after)
    options = {"yield_per": _FETCH}
    for row in connection.execute(statement.order_by(table.c.id), execution_options=options):
        yield tuple(row)


def _ends(table: Table) -> tuple[ColumnElement[Any], ...]:
    return table.c.job_id, table.c.dataset_id, cast(table.c.side == "in", Integer)


def _field_ends(table: Table) -> tuple[ColumnElement[Any], ...]:
    return table.c.job_id, table.c.source_id, table.c.target_id


def _bounds(
    table: Table, known_from: ColumnElement[int], known_until: ColumnElement[int]
) -> tuple[ColumnElement[Any], ...]:
    origin = case({name: place for place, name in enumerate(ORIGINS)}, value=table.c.origin)
    closed_at = func.coalesce(table.c.closed_at, FOREVER)
    return origin, table.c.opened_at, closed_at, known_from, known_until


def _of_changed_jobs(statement: Select[Any], table: Table, after: int) -> Select[Any]:
    if not after:
        return statement
    changed = select(table.c.job_id).where(table.c.revision > after)
    return statement.where(table.c.job_id.in_(changed))


def _dataset_edges(connection: Connection, statement: Select[Any]) -> Iterator[DatasetEdgeRows]:
    for of, to, is_input, *bounds in _columns(connection, statement):
        yield DatasetEdgeRows(of, to, is_input.astype(np.bool_), Bounds(*bounds))


def _field_edges(connection: Connection, statement: Select[Any]) -> Iterator[FieldEdgeRows]:
    for of, source, target, *bounds in _columns(connection, statement):
        yield FieldEdgeRows(of, source, target, Bounds(*bounds))


def _columns(connection: Connection, statement: Select[Any]) -> Iterator[Integers]:
    width = len(statement.selected_columns)
    return (chunk.T for chunk in _integers(connection, statement, width))


def _integers(connection: Connection, statement: Select[Any], width: int) -> Iterator[Integers]:
    """Yield rows of integers, so many at a time that none but the last few are ever objects."""
    rows = connection.execute(statement, execution_options={"yield_per": _FETCH})
    cells = chain.from_iterable(rows)
    while len(flat := np.fromiter(islice(cells, _CHUNK_ROWS * width), dtype=np.int64)):
        yield flat.reshape(-1, width)
