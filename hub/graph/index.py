"""The lineage index: the store's edges in memory, brought up to date when somebody asks.

Looking for news costs a statement or two; only the edges of jobs that have changed are read again.
A refresh makes new immutable graphs, so a reader never sees half of one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from hub.domain.catalog import Catalog
from hub.domain.names import NodeKind, dataset_id, parse_node_id
from hub.graph.edges import EdgeRows
from hub.graph.fields import Fields
from hub.graph.held import Held, Source, add_history, load, refresh
from hub.graph.identities import Identities, IdentityBook, fields_alike
from hub.graph.names import NameBook
from hub.graph.same import ALONE, Same
from hub.store import lineage_rows
from hub.store.lineage_rows import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.domain.names import NodeId
    from hub.graph.edges import Nodes
    from hub.graph.identities import Things
    from hub.graph.view import Sight, View
    from hub.store.lineage_rows import DatasetEdgeRows, FieldEdgeRows

Ids = TypeVar("Ids", int, "NDArray[np.int64]")


class DatasetGraph(NamedTuple):
    """Jobs and datasets as nodes: see ``dataset_node`` and ``job_node``."""

    mark: Mark
    held: Held
    names: NameBook
    is_ahead: bool = False
    identities: Identities = Identities()
    same: Same = ALONE

    def seen(self, sight: Sight) -> View:
        """Return what counts, with what is one thing as one."""
        return self.held.seen(sight, self.same)

    def others(self, node: int) -> tuple[int, ...]:
        """Return the store's other ids of what a node stands for."""
        return tuple(other // 2 for other in self.same.others(node)) if self.same else ()

    def find(self, connection: Connection, datasets: Sequence[str]) -> list[int]:
        """Return the nodes of datasets; 0 where the connection's snapshot has none of a name."""
        last, things = lineage_rows.last_dataset(connection), self.identities.datasets
        found = self.names.find_datasets(connection, datasets, last=last)
        if things.known:
            keys = zip(found.tolist(), datasets, strict=True)
            one = [things.key(key) if key else _otherwise(things, name, last) for key, name in keys]
            found = np.array(one, dtype=np.int64)
        nodes: list[int] = dataset_node(found).tolist()
        return nodes

    def call(self, connection: Connection, datasets: Nodes) -> list[tuple[str, ...]]:
        """Return all node ids of datasets; none where the connection's snapshot has no such."""
        ids, things = datasets // 2, self.identities.datasets
        if self.is_ahead:
            ids = _up_to(ids, lineage_rows.last_dataset(connection))
        names = self.names.call_datasets(connection, ids)
        alone: list[tuple[str, ...]] = [(name,) if name else () for name in names]
        if not things.known:
            return alone
        known = map(things.with_id, ids.tolist())
        return [
            tuple(map(dataset_id, thing.thing.names)) if thing else name
            for thing, name in zip(known, alone, strict=True)
        ]

    def name(self, connection: Connection, nodes: Nodes) -> list[NodeId | None]:
        """Return what nodes are called; None for what the connection's snapshot does not know."""
        is_job = nodes % 2 == 1
        datasets, jobs = nodes[~is_job] // 2, nodes[is_job] // 2
        if self.is_ahead:
            datasets = _up_to(datasets, lineage_rows.last_dataset(connection))
            jobs = _up_to(jobs, lineage_rows.last_job(connection))
        named_datasets = iter(self.names.find(connection, NodeKind.DATASET, datasets))
        named_jobs = iter(self.names.find(connection, NodeKind.JOB, jobs))
        found = [next(named_jobs if each else named_datasets) for each in is_job.tolist()]
        return self.identities.shown_each(found)


class FieldGraph(NamedTuple):
    """Fields as nodes, by the store's ids."""

    mark: Mark
    held: Held
    names: NameBook
    fields: Fields
    is_ahead: bool = False
    identities: Identities = Identities()
    same: Same = ALONE

    def seen(self, sight: Sight) -> View:
        """Return what counts, with what is one thing as one."""
        return self.held.seen(sight, self.same)

    def others(self, node: int) -> tuple[int, ...]:
        """Return the store's other ids of what a node stands for."""
        return tuple(self.same.others(node)) if self.same else ()

    def name(self, connection: Connection, nodes: Nodes) -> list[NodeId | None]:
        """Return what nodes are called; None for what the connection's snapshot does not know."""
        if self.is_ahead:
            nodes = _up_to(nodes, lineage_rows.last_field(connection))
        return self.identities.shown_each(self.names.find(connection, NodeKind.FIELD, nodes))


class LineageIndex:
    """All lineage of one store. Safe to use from any thread.

    Ask with the connection that the rest is going to be read from: a graph is at least as new as
    the snapshot of that connection.
    """

    def __init__(self, catalog: Callable[[], Catalog] = Catalog) -> None:
        """Begin with nothing; ``catalog`` returns the one in force, with its rules for names."""
        self._refreshing = threading.Lock()
        self._catalog = catalog
        self._identities = IdentityBook()
        self._datasets: DatasetGraph | None = None
        self._fields: FieldGraph | None = None
        self._joined: _Joined | None = None
        self._names = (0, NameBook())

    def identities(self, connection: Connection) -> Identities:
        """Return which names are one thing."""
        catalog = self._catalog()
        with self._refreshing:
            return self._identities.find(
                connection, catalog.naming, catalog.products_by_dataset.keys()
            )

    def datasets(
        self,
        connection: Connection,
        *,
        with_history: bool = False,
        known: Identities | None = None,
    ) -> DatasetGraph:
        """Return the graph of datasets and jobs, where asked for with what has been superseded.

        ``known`` are the identities, where the caller has asked for them with this connection.
        """
        wanted = lineage_rows.dataset_mark(connection)
        graph = self._datasets
        if graph is None or not _serves(graph, wanted, with_history=with_history):
            with self._refreshing:
                held = _bring_up(self._datasets, _of_datasets(connection), wanted, with_history)
                mark = Mark(wanted.generation, held.revision)
                names = self._names_of(mark.generation)
                graph = self._datasets = DatasetGraph(mark, held, names)
        if known is None:
            known = self.identities(connection)
        return graph._replace(is_ahead=graph.mark != wanted, identities=known, same=known.nodes)

    def fields(self, connection: Connection, *, with_history: bool = False) -> FieldGraph:
        """Return the graph of fields; it is not loaded before somebody asks for it."""
        wanted = lineage_rows.field_mark(connection)
        graph = self._fields
        if graph is None or not _serves(graph, wanted, with_history=with_history):
            with self._refreshing:
                held = _bring_up(self._fields, _of_fields(connection), wanted, with_history)
                fields = _more_fields(connection, self._fields, wanted).among(held)
                mark = Mark(wanted.generation, held.revision, fields.size - 1)
                names = self._names_of(mark.generation)
                graph = self._fields = FieldGraph(mark, held, names, fields)
        return self._as_one(connection, graph._replace(is_ahead=graph.mark != wanted))

    def _as_one(self, connection: Connection, graph: FieldGraph) -> FieldGraph:
        """Return a graph in which the fields of one name of one thing are one."""
        known = self.identities(connection)
        if not known.datasets.same:
            return graph._replace(identities=known)
        joined = self._joined
        key = known.version, graph.mark.generation, graph.fields.size
        if joined is None or joined.key != key:
            same = Same(fields_alike(connection, known.datasets, graph.fields, graph.names))
            joined = _Joined(key, same, graph.fields.as_one(known.datasets.same, same))
            self._joined = joined
        return graph._replace(identities=known, same=joined.same, fields=joined.fields)

    def _names_of(self, generation: int) -> NameBook:
        if self._names[0] != generation:
            self._names = (generation, NameBook())
        return self._names[1]


class _Joined(NamedTuple):
    """Fields as one, as of a version of the identities, a generation and a number of fields."""

    key: tuple[int, int, int]
    same: Same
    fields: Fields


def dataset_node(dataset: Ids) -> Ids:
    """Return the node of a dataset's id."""
    return 2 * dataset


def _otherwise(things: Things, name: str, last: int) -> int:
    """Return the id that stands for a dataset if an event has used any other name of it."""
    known = things.find(parse_node_id(name).dataset)
    return known.key if known is not None and min(known.ids) <= last else 0


def job_node(job: Ids) -> Ids:
    """Return the node of a job's id."""
    return 2 * job + 1


def _up_to(ids: Nodes, last: int) -> Nodes:
    """Return ids with 0, which nothing has, in place of those above the last one."""
    return np.where(ids <= last, ids, 0)


def _serves(graph: DatasetGraph | FieldGraph, wanted: Mark, *, with_history: bool) -> bool:
    has_history = graph.held.history is not None
    return graph.mark.covers(wanted) and (has_history or not with_history)


def _bring_up(
    graph: DatasetGraph | FieldGraph | None,
    source: Source,
    wanted: Mark,
    with_history: bool,  # noqa: FBT001 - handed on
) -> Held:
    """Return edges at least as new as ``wanted``, from what is known of them."""
    is_usable = graph is not None and graph.mark.generation == wanted.generation
    held = graph.held if graph is not None and is_usable else None
    if held is not None and held.revision < wanted.revision:
        held = refresh(held, source, wanted.revision)
    lacks_history = with_history and (held is None or held.history is None)
    if held is None or (lacks_history and held.revision > wanted.revision):
        # A history would be older than edges that another connection has read: begin anew.
        held = load(source, wanted.revision)
    return add_history(held, source) if lacks_history else held


def _more_fields(connection: Connection, graph: FieldGraph | None, wanted: Mark) -> Fields:
    known = graph.fields if graph and graph.mark.generation == wanted.generation else None
    if known is not None and known.size > wanted.last_field:
        return known
    after = known.size - 1 if known else 0
    return Fields(lineage_rows.read_fields(connection, after=after), known)


def _of_datasets(connection: Connection) -> Source:
    return Source(
        lambda after: map(_dataset_edges, lineage_rows.read_dataset_edges(connection, after=after)),
        lambda after: map(
            _dataset_edges, lineage_rows.read_dataset_history(connection, after=after)
        ),
    )


def _of_fields(connection: Connection) -> Source:
    return Source(
        lambda after: map(_field_edges, lineage_rows.read_field_edges(connection, after=after)),
        lambda after: map(_field_edges, lineage_rows.read_field_history(connection, after=after)),
    )


def _dataset_edges(rows: DatasetEdgeRows) -> EdgeRows:
    job, dataset = job_node(rows.job), dataset_node(rows.dataset)
    source, target = np.where(rows.is_input, (dataset, job), (job, dataset))
    return EdgeRows(rows.job, source, target, rows.bounds)


def _field_edges(rows: FieldEdgeRows) -> EdgeRows:
    return EdgeRows(*rows)
