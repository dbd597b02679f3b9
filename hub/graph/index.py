"""The lineage index: the store's edges in memory, brought up to date when somebody asks.

Looking for news costs one statement; only the edges of jobs that have changed are read again. A
refresh makes new immutable graphs, so a reader never sees half of one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from hub.graph.adjacency import Adjacency, Edges
from hub.graph.fields import Fields
from hub.store import lineage_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

Ids = TypeVar("Ids", int, "NDArray[np.int64]")


class DatasetGraph(NamedTuple):
    """Jobs and datasets as nodes: see ``dataset_node`` and ``job_node``."""

    revision: int
    adjacency: Adjacency


class FieldGraph(NamedTuple):
    """Fields as nodes, by the store's ids."""

    revision: int
    last_field: int
    adjacency: Adjacency
    fields: Fields


class LineageIndex:
    """All lineage of one store. Safe to use from any thread.

    Ask with the connection that names are going to be read from: a graph is at least as new as
    the snapshot of that connection.
    """

    def __init__(self) -> None:
        self._refreshing = threading.Lock()
        self._datasets: DatasetGraph | None = None
        self._fields: FieldGraph | None = None

    def datasets(self, connection: Connection) -> DatasetGraph:
        """Return the graph of datasets and jobs."""
        newest = lineage_rows.dataset_edge_revision(connection)
        graph = self._datasets
        if graph is None or graph.revision < newest:
            with self._refreshing:
                graph = self._datasets = _refresh_datasets(connection, self._datasets, newest)
        return graph

    def fields(self, connection: Connection) -> FieldGraph:
        """Return the graph of fields; it is not loaded before somebody asks for it."""
        newest = lineage_rows.field_edge_revision(connection)
        last = lineage_rows.last_field(connection)
        graph = self._fields
        if graph is None or graph.revision < newest or graph.last_field < last:
            with self._refreshing:
                graph = self._fields = _refresh_fields(connection, self._fields, newest, last)
        return graph


def dataset_node(dataset: Ids) -> Ids:
    """Return the node of a dataset's id."""
    return 2 * dataset


def job_node(job: Ids) -> Ids:
    """Return the node of a job's id."""
    return 2 * job + 1


def _refresh_datasets(
    connection: Connection, known: DatasetGraph | None, newest: int
) -> DatasetGraph:
    if known is not None and known.revision >= newest:
        return known
    rows = lineage_rows.read_dataset_edges(connection, after=known.revision if known else 0)
    jobs, datasets = job_node(rows.job), dataset_node(rows.dataset)
    changed = Edges(
        rows.job.astype(np.int32),
        np.where(rows.is_input, datasets, jobs).astype(np.int32),
        np.where(rows.is_input, jobs, datasets).astype(np.int32),
        rows.opened_at,
        rows.closed_at,
    )
    adjacency = known.adjacency.replace_jobs(changed) if known else Adjacency(changed)
    return DatasetGraph(newest, adjacency)


def _refresh_fields(
    connection: Connection, known: FieldGraph | None, newest: int, last: int
) -> FieldGraph:
    if known is not None and known.revision >= newest and known.last_field >= last:
        return known
    rows = lineage_rows.read_field_edges(connection, after=known.revision if known else 0)
    changed = Edges(
        rows.job.astype(np.int32),
        rows.source.astype(np.int32),
        rows.target.astype(np.int32),
        rows.opened_at,
        rows.closed_at,
    )
    adjacency = known.adjacency.replace_jobs(changed) if known else Adjacency(changed)
    return FieldGraph(newest, last, adjacency, Fields(lineage_rows.read_fields(connection)))
