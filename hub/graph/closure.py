"""Closures by name: what ``hub lineage``, GraphQL and the search for root causes ask for."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.domain.names import FieldName, NodeId, NodeKind
from hub.graph.adjacency import distinct
from hub.graph.fields import THE_JOB, walk_fields, walk_job_fields
from hub.graph.index import dataset_node, job_node
from hub.graph.view import Sight
from hub.graph.walk import Reach, merge, walk_datasets
from hub.store import natural_keys
from hub.store.lineage_rows import ORIGINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.graph.edges import Nodes
    from hub.graph.fields import Fields
    from hub.graph.index import LineageIndex
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
    """Between which nodes a closure goes: datasets (over jobs), or fields."""

    DATASET = "DATASET"
    FIELD = "FIELD"


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
    direct neighbours, in the direction asked for, that depth or limit left out.
    """

    id: NodeId
    key: int
    hops: int
    hidden: int


class ClosureEdge(Struct, frozen=True, gc=False):
    """Data flows from source to target.

    ``origin`` is the surest way in which that came to be known; None between a dataset as a whole
    and its fields, and between a job and fields.
    """

    source: ClosureNode
    target: ClosureNode
    origin: str | None


class Closure:
    """What is up or down of a node.

    ``hidden`` counts the nodes one hop further that depth or limit left out.
    """

    def __init__(self, nodes: dict[int, ClosureNode], reached: Reached, extent: Extent) -> None:
        self.nodes = tuple(nodes.values())
        self.hidden = len(reached.hidden)
        self.extent = extent
        self._by_number = nodes
        self._reached = reached

    @cached_property
    def edges(self) -> tuple[ClosureEdge, ...]:
        """What flows between the nodes; not everybody wants to know."""
        nodes = self._by_number
        return tuple(
            ClosureEdge(nodes[source], nodes[target], origin)
            for source, target, origin in chain(_edges(self._reached), _parts(self._reached))
            if source in nodes and target in nodes
        )

    @property
    def is_truncated(self) -> bool:
        """Whether there is more than is shown."""
        return self.hidden > 0


def find_closure(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    """Return what is up or down of ``start``; None where no event has named it.

    Raises:
        InvalidInput: ``start`` has no lineage at that level, or a bound is out of range.

    """
    _check(start, extent)
    if extent.level is Level.DATASET:
        return _between_datasets(connection, index, start, extent)
    return _between_fields(connection, index, start, extent)


def _check(start: NodeId, extent: Extent) -> None:
    levels = {
        NodeKind.DATASET: (Level.DATASET, Level.FIELD),
        NodeKind.JOB: (Level.DATASET, Level.FIELD),
        NodeKind.FIELD: (Level.FIELD,),
    }
    if extent.level not in levels.get(start.kind, ()):
        message = f"{start} has no lineage at level {extent.level}"
        fix = "ask for a dataset or a job, or for a field at level FIELD"
        raise InvalidInput(message, fix=fix)
    if extent.depth < 0:
        raise InvalidInput(f"depth {extent.depth} is negative")
    if not 1 <= extent.limit <= MAX_LIMIT:
        raise InvalidInput(f"limit {extent.limit} is not between 1 and {MAX_LIMIT}")


def _between_datasets(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    if start.kind is NodeKind.JOB:
        job = natural_keys.find_job(connection, start.job, known_at=extent.known_at)
        node = None if job is None else job_node(job)
    else:
        dataset = natural_keys.find_dataset(connection, start.dataset, known_at=extent.known_at)
        node = None if dataset is None else dataset_node(dataset)
    if node is None:
        return None
    graph = index.datasets(connection, with_history=extent.known_at is not None)
    reached = _walk(extent, lambda reach: walk_datasets(graph.held.seen(extent.sight), node, reach))
    return _closure(reached, graph.name(connection, reached.nodes), extent)


def _between_fields(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    graph = index.fields(connection, with_history=extent.known_at is not None)
    fields = graph.fields
    if start.kind is NodeKind.JOB:
        job = natural_keys.find_job(connection, start.job, known_at=extent.known_at)
        if job is None:
            return None
        reached = _walk(
            extent,
            lambda reach: walk_job_fields(graph.held.seen(extent.sight), fields, job, reach),
        )
    else:
        begin = _fields_of(connection, fields, start, extent.known_at)
        if begin is None:
            return None
        reached = _walk(
            extent, lambda reach: walk_fields(graph.held.seen(extent.sight), fields, begin, reach)
        )
    names = graph.name(connection, reached.nodes)
    if start.kind is NodeKind.JOB:
        names = [
            start if n == THE_JOB else name for n, name in zip(reached.nodes, names, strict=True)
        ]
    return _closure(reached, names, extent)


def _fields_of(
    connection: Connection, fields: Fields, start: NodeId, known_at: int | None
) -> Nodes | None:
    if start.kind is NodeKind.DATASET:
        dataset = natural_keys.find_dataset(connection, start.dataset, known_at=known_at)
        return None if dataset is None else fields.of_dataset(dataset)
    name = FieldName(start.dataset, start.parts[2])
    field = natural_keys.find_field(connection, name, known_at=known_at)
    return None if field is None else np.array([field], dtype=np.int32)


def _walk(extent: Extent, walk: Callable[[Reach], Reached]) -> Reached:
    """Walk in the direction asked for; where it is both, each may take half of the limit."""
    if extent.direction is Direction.BOTH:
        up, down = (
            walk(Reach(is_upstream, extent.depth, (extent.limit + 1) // 2))
            for is_upstream in (True, False)
        )
        return merge(up, down)
    return walk(Reach(extent.direction is Direction.UPSTREAM, extent.depth, extent.limit))


def _closure(reached: Reached, names: list[NodeId | None], extent: Extent) -> Closure:
    hidden = _count_neighbours(reached.cut())
    is_between_datasets = extent.level is Level.DATASET
    nodes = {
        node: ClosureNode(
            name, node // 2 if is_between_datasets else node, hops, hidden.get(node, 0)
        )
        for node, name, hops in zip(
            reached.nodes.tolist(), names, reached.hops.tolist(), strict=True
        )
        # The index may know what this connection's snapshot does not know yet.
        if name is not None
    }
    return Closure(nodes, reached, extent)


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
