"""Closures: everything up or down of a node, hop by hop, in force at one time.

Both levels walk alike and differ in what a hop is. Between datasets a hop leads over a job, which
is a node of the answer too. Between fields a hop is one edge; a dependency on a dataset as a whole
(a filter, a join key) counts for each of its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.adjacency import Adjacency, Nodes, Rows

# Sorting a few nodes is quicker than marking them among all.
_FEW = 4_000


class Reach(NamedTuple):
    """How far a walk goes.

    ``depth`` counts hops, ``as_of`` is event time (None: what has not been closed), ``limit``
    bounds the nodes of the answer.
    """

    is_upstream: bool
    depth: int
    as_of: int | None
    limit: int


class Reached(NamedTuple):
    """A closure in numbers.

    ``hops`` runs parallel to ``nodes``. ``edges`` are the rows of all that holds between those
    nodes; ``parts`` are pairs (source, target) that join a dataset as a whole with its fields.
    ``hidden`` are the nodes one hop further that depth or limit left out, and ``cut`` the pairs
    (node of the answer, its hidden neighbour).
    """

    nodes: Nodes
    hops: NDArray[np.int32]
    edges: Rows
    parts: NDArray[np.int32]
    hidden: Nodes
    cut: NDArray[np.int32]


class Walk:
    """One walk in one direction: what has been seen, kept and scanned so far."""

    def __init__(self, adjacency: Adjacency, reach: Reach, size: int) -> None:
        edges = adjacency.edges
        self._adjacency = adjacency
        self._reach = reach
        self._edges_of = adjacency.upstream if reach.is_upstream else adjacency.downstream
        self._near = edges.target if reach.is_upstream else edges.source
        self._far = edges.source if reach.is_upstream else edges.target
        self._seen = np.zeros(max(size, adjacency.size), dtype=np.bool_)
        self._kept: list[Nodes] = []
        self._hops: list[int] = []
        self._scanned: list[Rows] = []
        self._room = reach.limit
        self.is_full = False

    def keep(self, nodes: Nodes, hop: int) -> Nodes:
        """Add nodes to the answer, as many as the limit allows; return those."""
        self.is_full = len(nodes) > self._room
        kept = nodes[: self._room]
        self._room -= len(kept)
        self._seen[kept] = True
        self._kept.append(kept)
        self._hops.append(hop)
        return kept

    def step(self, frontier: Nodes, hop: int) -> Nodes:
        """Add what lies directly behind ``frontier``; return it."""
        return self.keep(self.behind(frontier), hop)

    def behind(self, frontier: Nodes) -> Nodes:
        """Return the nodes directly behind ``frontier`` that are not in the answer."""
        return self.unseen(self._far[self.scan(frontier)])

    def scan(self, nodes: Nodes) -> Rows:
        """Return the edges in force behind ``nodes``, and remember them."""
        rows = self.peek(nodes)
        self._scanned.append(rows)
        return rows

    def peek(self, nodes: Nodes) -> Rows:
        """Return the edges in force behind ``nodes``."""
        return self._adjacency.in_force(self._edges_of(nodes), self._reach.as_of)

    def unseen(self, nodes: Nodes) -> Nodes:
        """Return those of ``nodes`` that are not in the answer: sorted, each once."""
        fresh = nodes[~self._seen[nodes]]
        if len(fresh) < _FEW:
            return np.unique(fresh)
        marks = np.zeros(len(self._seen), dtype=np.bool_)
        marks[fresh] = True
        return np.flatnonzero(marks).astype(np.int32)

    def beyond(self, rows: Rows) -> Nodes:
        """Return the nodes behind ``rows`` that are not in the answer."""
        return self.unseen(self._far[rows])

    def finish(self, frontier: Nodes) -> Reached:
        """Look one hop past the last ``frontier``, and sum up."""
        self.behind(frontier)
        rows = np.concatenate(self._scanned)
        is_inside = self._seen[self._far[rows]]
        outside = rows[~is_inside]
        return Reached(
            nodes=np.concatenate(self._kept),
            hops=np.repeat(
                np.array(self._hops, dtype=np.int32), [len(kept) for kept in self._kept]
            ),
            edges=rows[is_inside],
            parts=np.empty((0, 2), dtype=np.int32),
            hidden=self.beyond(outside),
            cut=np.stack((self._near[outside], self._far[outside]), axis=1),
        )


def walk_datasets(adjacency: Adjacency, start: int, reach: Reach) -> Reached:
    """Walk between datasets over jobs; from a job, its datasets are hop 1.

    Datasets are even nodes and jobs odd ones.
    """
    walk = Walk(adjacency, reach, start + 1)
    frontier = walk.keep(np.array([start], dtype=np.int32), 0)
    for hop in range(1, reach.depth + 1):
        if hop > 1 or start % 2 == 0:
            frontier = walk.step(frontier, hop)
        if not walk.is_full:
            frontier = walk.step(frontier, hop)
        if walk.is_full or not len(frontier):
            break
    reached = walk.finish(frontier)
    jobs = reached.hidden[reached.hidden % 2 == 1]
    return reached._replace(hidden=np.union1d(reached.hidden, walk.beyond(walk.peek(jobs))))


def merge(one: Reached, other: Reached) -> Reached:
    """Join what was reached upstream and downstream of one start."""
    nodes, first = np.unique(np.concatenate((one.nodes, other.nodes)), return_index=True)
    hidden = np.union1d(one.hidden, other.hidden)
    return Reached(
        nodes=nodes,
        hops=np.concatenate((one.hops, other.hops))[first],
        edges=np.union1d(one.edges, other.edges),
        parts=np.unique(np.concatenate((one.parts, other.parts)), axis=0),
        hidden=hidden[~np.isin(hidden, nodes)],
        cut=np.concatenate((one.cut, other.cut)),
    )
