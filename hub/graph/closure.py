"""Closures by name: what ``hub lineage``, GraphQL and the search for root causes ask for."""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.domain.lineage.surety import ORIGINS
from hub.domain.names import DatasetName, JobName, NodeId, NodeKind
from hub.graph.adjacency import distinct
from hub.graph.fields import THE_JOB, walk_fields, walk_job_fields
from hub.graph.index import dataset_node, job_node
from hub.graph.view import Sight
from hub.graph.walk import Reach, merge, walk_datasets
from hub.store import natural_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.graph.edges import Nodes
    from hub.graph.identities import Identities, Things
    from hub.graph.index import DatasetGraph, FieldGraph, LineageIndex
    from hub.graph.walk import Reached

DEFAULT_DEPTH = 10
DEFAULT_LIMIT = 5_000
MAX_LIMIT = 20_000


class Direction(StrEnum):
    """Where a closure goes: to what a node is made from, to what is made from it, or both."""

    UPSTREAM = "UPSTREAM"
    DOWNSTREAM = "DOWNSTREAM"
    BOTH = "BOTH"


class Level(StrEnum):
    """Between which nodes an answer goes: datasets (over jobs), fields, or what they belong to.

    A closure is walked between datasets or fields; ``hub.graph.condensing`` folds it.
    """

    DATASET = "DATASET"
    FIELD = "FIELD"
    PRODUCT = "PRODUCT"
    DOMAIN = "DOMAIN"


class Extent(Struct, frozen=True, kw_only=True):
    """How far a closure goes.

    ``depth`` counts hops from dataset to dataset (from a job, its datasets are hop 1), or from
    field to field. ``as_of`` is event time, microseconds UTC; None asks for what has not been
    closed. ``known_at`` is a journal position: only what the hub had been told by then counts.
    ``origins`` are the edges that count. ``limit`` bounds the number of nodes.
    """

    direction: Direction = Direction.BOTH
    depth: int = DEFAULT_DEPTH
    level: Level = Level.DATASET
    as_of: int | None = None
    known_at: int | None = None
    origins: tuple[str, ...] = ORIGINS
    limit: int = DEFAULT_LIMIT

    @property
    def sight(self) -> Sight:
        """What counts."""
        return Sight(self.as_of, self.known_at, self.origins)


class ClosureNode(Struct, frozen=True, gc=False):
    """A node of a closure.

    ``key`` is the store's id. ``hops`` is the distance from the start. ``hidden`` counts the
    direct neighbours, in the direction asked for, that were left out. ``members`` are the nodes
    folded into it; 1 where it is one itself. ``others`` are the store's ids of its other names.
    """

    id: NodeId
    key: int
    hops: int
    hidden: int
    members: int = 1
    others: tuple[int, ...] = ()

    @property
    def keys(self) -> tuple[int, ...]:
        """All ids that the store has of it."""
        return self.key, *self.others


class ClosureEdge(Struct, frozen=True, gc=False):
    """Data flows from source to target.

    ``origin`` is the surest way in which that came to be known; None between a dataset as a whole
    and its fields, between a job and fields, and where ``through`` nodes in between are not shown.
    ``count`` edges are folded into it.
    """

    source: ClosureNode
    target: ClosureNode
    origin: str | None
    through: int = 0
    count: int = 1


# A node, and a neighbour of it that was left out, by anything that tells it from others.
Cut: TypeAlias = tuple[NodeId, Hashable]


class Closure:
    """What is up or down of a node.

    ``hidden`` counts the nodes that were left out: those one hop further than depth or limit
    allows (where there are any it ``is_truncated``), and those ``filtered`` out. It ``is_limited``
    where the limit left out any, so that a greater depth would show no more.
    """

    def __init__(
        self,
        nodes: Iterable[ClosureNode],
        extent: Extent,
        *,
        beyond: int,
        filtered: int = 0,
        is_limited: bool = False,
        find_edges: Callable[[], Iterable[ClosureEdge]],
        find_cuts: Callable[[], Iterable[Cut]],
    ) -> None:
        self.nodes = tuple(nodes)
        self.extent = extent
        self.beyond = beyond
        self.filtered = filtered
        self.is_limited = is_limited
        self._find_edges = find_edges
        self._find_cuts = find_cuts

    @cached_property
    def edges(self) -> tuple[ClosureEdge, ...]:
        """What flows between the nodes; not everybody wants to know."""
        return tuple(self._find_edges())

    @cached_property
    def cuts(self) -> frozenset[Cut]:
        """Which nodes have which neighbours that were left out."""
        return frozenset(self._find_cuts())

    @property
    def hidden(self) -> int:
        """How many nodes were left out."""
        return self.beyond + self.filtered

    @property
    def is_truncated(self) -> bool:
        """Whether depth or limit left anything out."""
        return self.beyond > 0


def find_closure(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    """Return what is up or down of ``start``; None where no event has named it.

    Raises:
        InvalidInput: ``start`` has no lineage at that level, or a bound is out of range.

    """
    check_start(start, extent.level)
    _check_bounds(extent)
    if extent.level is Level.DATASET:
        return closure_within(connection, _datasets(connection, index, extent), start, extent)
    return _between_fields(connection, index, start, extent)


def closure_within(
    connection: Connection, graph: DatasetGraph, start: NodeId, extent: Extent
) -> Closure | None:
    """As :func:`find_closure`, in the graph that the index has for the connection's snapshot."""
    node = node_of(connection, graph.identities, start, extent.known_at)
    return None if node is None else _between_datasets(connection, graph, node, extent)


def find_joint_closure(
    connection: Connection, index: LineageIndex, datasets: Collection[DatasetName], extent: Extent
) -> Closure | None:
    """Return what is up or down of several datasets together; None where none has been named.

    Raises:
        InvalidInput: a bound is out of range.

    """
    _check_bounds(extent)
    graph = _datasets(connection, index, extent)
    things = graph.identities.datasets
    names = {DatasetName(*name) for each in datasets for name in things.names_of(each)}
    found = natural_keys.find_datasets(connection, names, known_at=extent.known_at)
    starts = np.array(sorted({things.key(key) for key in found.values()}), dtype=np.int64)
    if not len(starts):
        return None
    return _between_datasets(connection, graph, dataset_node(starts), extent)


def check_start(start: NodeId, level: Level) -> None:
    """Check that a node can be walked from.

    Raises:
        InvalidInput: ``start`` has no lineage at that level.

    """
    levels = {
        NodeKind.DATASET: (Level.DATASET, Level.FIELD),
        NodeKind.JOB: (Level.DATASET, Level.FIELD),
        NodeKind.FIELD: (Level.FIELD,),
    }
    if level not in levels.get(start.kind, ()):
        message = f"{start} has no lineage at level {level}"
        fix = "ask for a dataset or a job, or for a field at level FIELD"
        raise InvalidInput(message, fix=fix)


def _check_bounds(extent: Extent) -> None:
    if extent.depth < 0:
        raise InvalidInput(f"depth {extent.depth} is negative")
    if not 1 <= extent.limit <= MAX_LIMIT:
        raise InvalidInput(f"limit {extent.limit} is not between 1 and {MAX_LIMIT}")


def node_of(
    connection: Connection, identities: Identities, start: NodeId, known_at: int | None
) -> int | None:
    """Return the number of a dataset or a job; None where no event had named it."""
    things = identities.of(start.kind)
    key = id_of(connection, things, start, known_at)
    if key is None:
        return None
    return job_node(key) if start.kind is NodeKind.JOB else dataset_node(key)


def id_of(
    connection: Connection, things: Things, start: NodeId, known_at: int | None
) -> int | None:
    """Return the id that stands for a dataset or a job, if an event had used any of its names."""
    known = things.find((start.parts[0], start.parts[1]))
    if start.kind is NodeKind.JOB:
        if known is None:
            return natural_keys.find_job(connection, start.job, known_at=known_at)
        jobs = [JobName(*name) for name in known.thing.names]
        return known.key if natural_keys.find_jobs(connection, jobs, known_at=known_at) else None
    if known is None:
        return natural_keys.find_dataset(connection, start.dataset, known_at=known_at)
    names = [DatasetName(*name) for name in known.thing.names]
    return known.key if natural_keys.find_datasets(connection, names, known_at=known_at) else None


def _datasets(connection: Connection, index: LineageIndex, extent: Extent) -> DatasetGraph:
    return index.datasets(connection, with_history=extent.known_at is not None)


def _between_datasets(
    connection: Connection, graph: DatasetGraph, start: int | NDArray[np.int64], extent: Extent
) -> Closure:
    view = graph.seen(extent.sight)
    reached = _walk(extent, lambda reach: walk_datasets(view, start, reach))
    return _closure(reached, graph.name(connection, reached.nodes), extent, graph)


def _between_fields(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    graph = index.fields(connection, with_history=extent.known_at is not None)
    fields = graph.fields
    if start.kind is NodeKind.JOB:
        things = graph.identities.jobs
        job = id_of(connection, things, start, extent.known_at)
        if job is None:
            return None
        jobs = things.ids([job])
        reached = _walk(
            extent, lambda reach: walk_job_fields(graph.seen(extent.sight), fields, jobs, reach)
        )
    else:
        begin = fields_of(connection, graph, start, extent.known_at)
        if begin is None:
            return None
        reached = _walk(
            extent, lambda reach: walk_fields(graph.seen(extent.sight), fields, begin, reach)
        )
    names = graph.name(connection, reached.nodes)
    if start.kind is NodeKind.JOB:
        shown = graph.identities.shown(start)
        names = [
            shown if n == THE_JOB else name for n, name in zip(reached.nodes, names, strict=True)
        ]
    return _closure(reached, names, extent, graph)


def fields_of(
    connection: Connection, graph: FieldGraph, start: NodeId, known_at: int | None
) -> Nodes | None:
    """Return a field, or all of a dataset, with the whole of it; None where none was named."""
    things = graph.identities.datasets
    dataset = id_of(connection, things, start, known_at)
    if start.kind is NodeKind.DATASET or dataset is None:
        return None if dataset is None else graph.fields.of_dataset(dataset)
    found = natural_keys.find_fields(
        connection, things.ids([dataset]), start.parts[2], known_at=known_at
    )
    return graph.same.of(np.array(found[:1], dtype=np.int32)) if found else None


def _walk(extent: Extent, walk: Callable[[Reach], Reached]) -> Reached:
    """Walk in the direction asked for; where it is both, each may take half of the limit."""
    if extent.direction is Direction.BOTH:
        up, down = (
            walk(Reach(is_upstream, extent.depth, (extent.limit + 1) // 2))
            for is_upstream in (True, False)
        )
        return merge(up, down)
    return walk(Reach(extent.direction is Direction.UPSTREAM, extent.depth, extent.limit))


def _closure(
    reached: Reached,
    names: list[NodeId | None],
    extent: Extent,
    graph: DatasetGraph | FieldGraph,
) -> Closure:
    hidden = _count_neighbours(reached.cut())
    is_between_datasets = extent.level is Level.DATASET
    nodes = {
        node: ClosureNode(
            name,
            node // 2 if is_between_datasets else node,
            hops,
            hidden.get(node, 0),
            others=graph.others(node),
        )
        for node, name, hops in zip(
            reached.nodes.tolist(), names, reached.hops.tolist(), strict=True
        )
        # The index may know what this connection's snapshot does not know yet.
        if name is not None
    }
    return Closure(
        nodes.values(),
        extent,
        beyond=len(reached.hidden),
        is_limited=reached.is_full,
        find_edges=lambda: _named_edges(reached, nodes),
        find_cuts=lambda: (
            (nodes[near].id, far) for near, far in reached.cut().tolist() if near in nodes
        ),
    )


def _named_edges(reached: Reached, nodes: Mapping[int, ClosureNode]) -> Iterable[ClosureEdge]:
    return (
        ClosureEdge(nodes[source], nodes[target], origin)
        for source, target, origin in chain(_edges(reached), _parts(reached))
        if source in nodes and target in nodes
    )


def _edges(reached: Reached) -> Iterable[tuple[int, int, str]]:
    """Return source, target and origin of each edge once."""
    source, target, origin = reached.links()
    order = np.lexsort((origin, target, source))
    source, target, origin = source[order], target[order], origin[order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    source, target, origin = (each.compress(is_new) for each in (source, target, origin))
    return zip(source.tolist(), target.tolist(), map(ORIGINS.__getitem__, origin), strict=True)


def _parts(reached: Reached) -> Iterable[tuple[int, int, None]]:
    return ((a, b, None) for a, b in dict.fromkeys(map(tuple, reached.parts.tolist())))


def _count_neighbours(cut: NDArray[np.int32]) -> dict[int, int]:
    """Return how many hidden neighbours each node has; jobs may say the same one twice."""
    pairs = distinct(cut.astype(np.int64) @ (1 << 32, 1))
    nodes = pairs >> 32
    starts = np.flatnonzero(np.diff(nodes, prepend=-1))
    counts = np.diff(starts, append=len(nodes))
    return dict(zip(nodes[starts].tolist(), counts.tolist(), strict=True))
