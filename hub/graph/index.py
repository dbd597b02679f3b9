"""The lineage index: the store's edges in memory, brought up to date when somebody asks.

Looking for news costs a statement or two; only the edges of jobs that have changed are read again.
A refresh makes new immutable graphs, so a reader never sees half of one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from hub.graph.adjacency import Adjacency, Edges
from hub.graph.fields import Fields
from hub.graph.names import Names, load_datasets_and_jobs, load_fields
from hub.store import lineage_rows, tracking

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

Ids = TypeVar("Ids", int, "NDArray[np.int64]")

_PROJECT = "project"


class Mark(NamedTuple):
    """How much of the store a graph holds.

    ``generation`` counts rebuilds, which hand out new ids; ``revision`` is of the newest edge.
    """

    generation: int
    revision: int
    last_field: int = 0

    def covers(self, other: Mark) -> bool:
        """Whether nothing of ``other`` lacks."""
        is_same = self.generation == other.generation
        return is_same and self.revision >= other.revision and self.last_field >= other.last_field


class DatasetGraph(NamedTuple):
    """Jobs and datasets as nodes: see ``dataset_node`` and ``job_node``."""

    mark: Mark
    adjacency: Adjacency
    names: Names


class FieldGraph(NamedTuple):
    """Fields as nodes, by the store's ids."""

    mark: Mark
    adjacency: Adjacency
    fields: Fields
    names: Names


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
        generation = tracking.resets(connection, _PROJECT)
        wanted = Mark(generation, lineage_rows.dataset_edge_revision(connection))
        graph = self._datasets
        if graph is None or not graph.mark.covers(wanted):
            with self._refreshing:
                graph = self._datasets = _refresh_datasets(connection, self._datasets, wanted)
        if graph.mark != wanted:
            # What this snapshot does not know yet must not get a name from one that does.
            return graph._replace(names=Names(load_datasets_and_jobs))
        return graph

    def fields(self, connection: Connection) -> FieldGraph:
        """Return the graph of fields; it is not loaded before somebody asks for it."""
        generation = tracking.resets(connection, _PROJECT)
        revision = lineage_rows.field_edge_revision(connection)
        wanted = Mark(generation, revision, lineage_rows.last_field(connection))
        graph = self._fields
        if graph is None or not graph.mark.covers(wanted):
            with self._refreshing:
                graph = self._fields = _refresh_fields(connection, self._fields, wanted)
        return graph if graph.mark == wanted else graph._replace(names=Names(load_fields))


def dataset_node(dataset: Ids) -> Ids:
    """Return the node of a dataset's id."""
    return 2 * dataset


def job_node(job: Ids) -> Ids:
    """Return the node of a job's id."""
    return 2 * job + 1


def _refresh_datasets(
    connection: Connection, known: DatasetGraph | None, wanted: Mark
) -> DatasetGraph:
    if known is not None and known.mark.covers(wanted):
        return known
    is_usable = known is not None and known.mark.generation == wanted.generation
    base = known if is_usable else None
    rows = lineage_rows.read_dataset_edges(connection, after=base.mark.revision if base else 0)
    jobs, datasets = job_node(rows.job), dataset_node(rows.dataset)
    changed = Edges(
        rows.job.astype(np.int32),
        np.where(rows.is_input, datasets, jobs).astype(np.int32),
        np.where(rows.is_input, jobs, datasets).astype(np.int32),
        rows.opened_at,
        rows.closed_at,
    )
    if base is None:
        return DatasetGraph(wanted, Adjacency(changed), Names(load_datasets_and_jobs))
    return DatasetGraph(wanted, base.adjacency.replace_jobs(changed), base.names)


def _refresh_fields(connection: Connection, known: FieldGraph | None, wanted: Mark) -> FieldGraph:
    if known is not None and known.mark.covers(wanted):
        return known
    is_usable = known is not None and known.mark.generation == wanted.generation
    base = known if is_usable else None
    rows = lineage_rows.read_field_edges(connection, after=base.mark.revision if base else 0)
    changed = Edges(
        rows.job.astype(np.int32),
        rows.source.astype(np.int32),
        rows.target.astype(np.int32),
        rows.opened_at,
        rows.closed_at,
    )
    fields = Fields(lineage_rows.read_fields(connection))
    if base is None:
        return FieldGraph(wanted, Adjacency(changed), fields, Names(load_fields))
    return FieldGraph(wanted, base.adjacency.replace_jobs(changed), fields, base.names)
