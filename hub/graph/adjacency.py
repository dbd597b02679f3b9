"""Edges in compressed sparse rows: who follows whom, and when.

An edge holds from ``opened_at`` until before ``closed_at`` (event time, microseconds UTC).
Edges are sorted by source, so that going downstream reads consecutive memory; going upstream
takes one permutation more. Nodes are dense integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.store.lineage_rows import OPEN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Nodes = NDArray[np.int32]
    # Positions in the columns of ``Edges``.
    Rows = NDArray[np.int32]
    Flags = NDArray[np.bool_]


class Edges(NamedTuple):
    """Parallel columns, one validity interval of an edge in each row."""

    job: NDArray[np.int32]
    source: Nodes
    target: Nodes
    opened_at: NDArray[np.int64]
    closed_at: NDArray[np.int64]

    def take(self, rows: NDArray[np.intp] | Flags) -> Edges:
        """Return some of the rows, in that order."""
        return Edges(
            self.job[rows],
            self.source[rows],
            self.target[rows],
            self.opened_at[rows],
            self.closed_at[rows],
        )

    def plus(self, more: Edges) -> Edges:
        """Return these rows and more."""
        return Edges(
            np.concatenate((self.job, more.job)),
            np.concatenate((self.source, more.source)),
            np.concatenate((self.target, more.target)),
            np.concatenate((self.opened_at, more.opened_at)),
            np.concatenate((self.closed_at, more.closed_at)),
        )


class Adjacency:
    """Immutable; safe to read from any thread."""

    def __init__(self, edges: Edges) -> None:
        self.edges = edges.take(np.argsort(edges.source, kind="stable"))
        ends = (int(column.max()) for column in (edges.source, edges.target) if len(column))
        self.size = max(ends, default=-1) + 1
        self._downstream = _offsets(self.edges.source, self.size)
        self._upstream = _offsets(self.edges.target, self.size)
        self._by_target = np.argsort(self.edges.target, kind="stable").astype(np.int32)

    def replace_jobs(self, changed: Edges) -> Adjacency:
        """Return a copy in which the jobs of ``changed`` have those edges and no others."""
        kept = self.edges.take(~np.isin(self.edges.job, changed.job))
        return Adjacency(kept.plus(changed))

    def downstream(self, nodes: Nodes) -> Rows:
        """Return the edges that leave ``nodes``."""
        return _ranges(self._downstream, nodes[nodes < self.size])

    def upstream(self, nodes: Nodes) -> Rows:
        """Return the edges that reach ``nodes``."""
        return self._by_target[_ranges(self._upstream, nodes[nodes < self.size])]

    def pairs(self, rows: Rows) -> NDArray[np.int32]:
        """Return (source, target) of each edge."""
        return np.stack((self.edges.source[rows], self.edges.target[rows]), axis=1)

    def of_job(self, job: int) -> Rows:
        """Return the edges that a job makes."""
        is_own: Flags = self.edges.job == job
        return np.flatnonzero(is_own).astype(np.int32)

    def in_force(self, rows: Rows, as_of: int | None) -> Rows:
        """Return those of ``rows`` that hold at ``as_of``, or that have not been closed."""
        closed_at = self.edges.closed_at[rows]
        holds: Flags = closed_at == OPEN
        if as_of is not None:
            holds = (self.edges.opened_at[rows] <= as_of) & (as_of < closed_at)
        return rows[holds]


def _offsets(starts: Nodes, size: int) -> NDArray[np.int64]:
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(starts, minlength=size), out=offsets[1:])
    return offsets


def _ranges(offsets: NDArray[np.int64], nodes: Nodes) -> Rows:
    """Return ``offsets[n] … offsets[n + 1]`` of every node, one after the other."""
    if len(nodes) == 1:
        return np.arange(offsets[nodes[0]], offsets[nodes[0] + 1], dtype=np.int32)
    begins = offsets[nodes]
    lengths = offsets[nodes + 1] - begins
    ends = np.cumsum(lengths)
    rows: Rows = np.repeat((begins - (ends - lengths)).astype(np.int32), lengths)
    rows += np.arange(len(rows), dtype=np.int32)
    return rows
