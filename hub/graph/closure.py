"""Closures by name: what ``hub lineage``, GraphQL and the search for root causes ask for."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.domain.names import FieldName, NodeId, NodeKind
from hub.graph.fields import THE_JOB, walk_fields, walk_job_fields
from hub.graph.index import dataset_node, job_node
from hub.graph.walk import Reach, merge, walk_datasets
from hub.store import natural_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.graph.adjacency import Nodes
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
    closed. ``limit`` bounds the number of nodes.
    """

    direction: Direction = Direction.BOTH
    depth: int = DEFAULT_DEPTH
    level: Level = Level.DATASET
    as_of: int | None = None
    limit: int = DEFAULT_LIMIT


class ClosureNode(Struct, frozen=True):
    """A node of a closure.

    ``key`` is the store's id. ``hops`` is the distance from the start. ``hidden`` counts the
    direct neighbours, in the direction asked for, that depth or limit left out.
    """

    id: NodeId
    key: int
    hops: int
    hidden: int


class Closure:
    """What is up or down of a node.

    ``hidden`` counts the nodes one hop further that depth or limit left out.
    """

    def __init__(
        self,
        nodes: dict[int, ClosureNode],
        pairs: NDArray[np.int32],
        *,
        hidden: int,
        extent: Extent,
    ) -> None:
        self.nodes = tuple(nodes.values())
        self.hidden = hidden
        self.extent = extent
        self._by_key = nodes
        self._pairs = pairs

    @cached_property
    def edges(self) -> tuple[tuple[ClosureNode, ClosureNode], ...]:
        """Pairs of nodes, in the direction of the data; not everybody wants them."""
        known = self._by_key
        ends = dict.fromkeys(map(tuple, self._pairs.tolist()))
        return tuple((known[a], known[b]) for a, b in ends if a in known and b in known)

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
        job = natural_keys.find_job(connection, start.job)
        node = None if job is None else job_node(job)
    else:
        dataset = natural_keys.find_dataset(connection, start.dataset)
        node = None if dataset is None else dataset_node(dataset)
    if node is None:
        return None
    graph = index.datasets(connection)
    adjacency = graph.adjacency
    reached = _walk(extent, lambda reach: walk_datasets(adjacency, node, reach))
    names = graph.names.of(connection, reached.nodes)
    return _closure(names, reached, adjacency.pairs(reached.edges), extent)


def _between_fields(
    connection: Connection, index: LineageIndex, start: NodeId, extent: Extent
) -> Closure | None:
    graph = index.fields(connection)
    adjacency, fields = graph.adjacency, graph.fields
    if start.kind is NodeKind.JOB:
        job = natural_keys.find_job(connection, start.job)
        if job is None:
            return None
        reached = _walk(extent, lambda reach: walk_job_fields(adjacency, fields, job, reach))
    else:
        begin = _fields_of(connection, fields, start)
        if begin is None:
            return None
        reached = _walk(extent, lambda reach: walk_fields(adjacency, fields, begin, reach))
    names = graph.names.of(connection, reached.nodes) | {THE_JOB: start}
    pairs = np.concatenate((adjacency.pairs(reached.edges), reached.parts))
    return _closure(names, reached, pairs, extent)


def _fields_of(connection: Connection, fields: Fields, start: NodeId) -> Nodes | None:
    if start.kind is NodeKind.DATASET:
        dataset = natural_keys.find_dataset(connection, start.dataset)
        return None if dataset is None else fields.of_dataset(dataset)
    field = natural_keys.find_field(connection, FieldName(start.dataset, start.parts[2]))
    return None if field is None else np.array([field], dtype=np.int32)


def _walk(extent: Extent, walk: Callable[[Reach], Reached]) -> Reached:
    """Walk in the direction asked for; where it is both, each may take half of the limit."""
    if extent.direction is Direction.BOTH:
        up, down = (
            walk(Reach(is_upstream, extent.depth, extent.as_of, (extent.limit + 1) // 2))
            for is_upstream in (True, False)
        )
        return merge(up, down)
    is_upstream = extent.direction is Direction.UPSTREAM
    return walk(Reach(is_upstream, extent.depth, extent.as_of, extent.limit))


def _closure(
    names: dict[int, NodeId], reached: Reached, pairs: NDArray[np.int32], extent: Extent
) -> Closure:
    hidden = _count_neighbours(reached.cut)
    are_halved = extent.level is Level.DATASET
    nodes = {
        key: ClosureNode(names[key], key // 2 if are_halved else key, hops, hidden.get(key, 0))
        for key, hops in zip(reached.nodes.tolist(), reached.hops.tolist(), strict=True)
        # The index may know what this connection's snapshot does not know yet.
        if key in names
    }
    return Closure(nodes, pairs, hidden=len(reached.hidden), extent=extent)


def _count_neighbours(cut: NDArray[np.int32]) -> dict[int, int]:
    """Return how many hidden neighbours each node has; jobs may say the same one twice."""
    pairs = np.unique(cut.astype(np.int64) @ (1 << 32, 1))
    nodes, counts = np.unique(pairs >> 32, return_counts=True)
    return dict(zip(nodes.tolist(), counts.tolist(), strict=True))
