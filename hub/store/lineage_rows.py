"""Lineage as the in-memory index wants it: columns of integers, whole or what has changed.

An edge's revision is the journal position that last changed the bounds of its intervals; where an
interval vanishes, another one of the same edge changes. So what is new since a revision is told
by every edge of each job that has a newer one.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import Integer, Select, cast, func, select

from hub.store.tables import column_edge, column_node, edge

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

    Integers = NDArray[np.int64]

# What ``closed_at`` is while an edge holds.
OPEN = int(np.iinfo(np.int64).max)
_FETCH = 10_000


class DatasetEdgeRows(NamedTuple):
    """Parallel columns: a job reads (``is_input``) or writes a dataset during one interval."""

    job: Integers
    dataset: Integers
    is_input: NDArray[np.bool_]
    opened_at: Integers
    closed_at: Integers


class FieldEdgeRows(NamedTuple):
    """Parallel columns: a job makes one field out of another during one interval."""

    job: Integers
    source: Integers
    target: Integers
    opened_at: Integers
    closed_at: Integers


class FieldRows(NamedTuple):
    """Parallel columns of fields; ``is_whole`` marks those that stand for a whole dataset."""

    id: Integers
    dataset: Integers
    is_whole: NDArray[np.bool_]


def dataset_edge_revision(connection: Connection) -> int:
    """Return the newest revision of any edge between a job and a dataset; 0 without edges."""
    return connection.scalar(select(func.coalesce(func.max(edge.c.revision), 0))) or 0


def field_edge_revision(connection: Connection) -> int:
    """Return the newest revision of any edge between fields; 0 without edges."""
    return connection.scalar(select(func.coalesce(func.max(column_edge.c.revision), 0))) or 0


def last_field(connection: Connection) -> int:
    """Return the greatest id of a field; fields are only ever added."""
    return connection.scalar(select(func.coalesce(func.max(column_node.c.id), 0))) or 0


def read_dataset_edges(connection: Connection, *, after: int) -> DatasetEdgeRows:
    """Return every edge of the jobs that have one with a revision above ``after``."""
    statement = select(
        edge.c.job_id,
        edge.c.dataset_id,
        cast(edge.c.side == "in", Integer),
        edge.c.opened_at,
        func.coalesce(edge.c.closed_at, OPEN),
    )
    found = _integers(connection, _of_changed_jobs(statement, edge, after), 5)
    return DatasetEdgeRows(
        found[:, 0], found[:, 1], found[:, 2].astype(np.bool_), found[:, 3], found[:, 4]
    )


def read_field_edges(connection: Connection, *, after: int) -> FieldEdgeRows:
    """Return every field edge of the jobs that have one with a revision above ``after``."""
    statement = select(
        column_edge.c.job_id,
        column_edge.c.source_id,
        column_edge.c.target_id,
        column_edge.c.opened_at,
        func.coalesce(column_edge.c.closed_at, OPEN),
    )
    found = _integers(connection, _of_changed_jobs(statement, column_edge, after), 5)
    return FieldEdgeRows(*found.T)


def read_fields(connection: Connection) -> FieldRows:
    """Return every field that lineage or a schema has named."""
    is_whole = cast(column_node.c.name == "", Integer)
    statement = select(column_node.c.id, column_node.c.dataset_id, is_whole)
    found = _integers(connection, statement, 3)
    return FieldRows(found[:, 0], found[:, 1], found[:, 2].astype(np.bool_))


def _of_changed_jobs(statement: Select[Any], table: Any, after: int) -> Select[Any]:  # noqa: ANN401 - edge or column_edge
    if not after:
        return statement
    changed = select(table.c.job_id).where(table.c.revision > after)
    return statement.where(table.c.job_id.in_(changed))


def _integers(connection: Connection, statement: Select[Any], width: int) -> Integers:
    rows = connection.execute(statement, execution_options={"yield_per": _FETCH})
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
    return flat.reshape(-1, width)
