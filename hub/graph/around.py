"""All that hangs together with a job or a dataset, whichever way the data flows.

A hop leads from a job to every job that shares a dataset with it. The answer holds the jobs so
reached and all their datasets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.adjacency import Adjacency, Nodes, Rows


class Surroundings(NamedTuple):
    """Nodes (datasets even, jobs odd), and the pairs (source, target) between them.

    ``hidden`` counts the jobs of the last hop that the limit left out.
    """

    nodes: Nodes
    pairs: NDArray[np.int32]
    hidden: int


def walk_around(adjacency: Adjacency, start: int, depth: int, limit: int) -> Surroundings:
    """Return what lies ``depth`` hops around a job; around a dataset, its jobs are hop 0.

    ``limit`` bounds the number of jobs.
    """
    begin = np.array([start], dtype=np.int32)
    first = begin if start % 2 else _behind(adjacency, begin)[0]
    frontier = first[:limit]
    hidden = len(first) - len(frontier)
    jobs = frontier
    datasets, rows = _behind(adjacency, jobs)
    scanned = [rows]
    for _hop in range(depth):
        if not len(frontier) or hidden:
            break
        near, _ = _behind(adjacency, frontier)
        fresh = np.setdiff1d(_behind(adjacency, near)[0], jobs, assume_unique=True)
        frontier = fresh[: limit - len(jobs)]
        hidden = len(fresh) - len(frontier)
        jobs = np.union1d(jobs, frontier)
        more, rows = _behind(adjacency, frontier)
        datasets = np.union1d(datasets, more)
        scanned.append(rows)
    nodes = np.union1d(np.union1d(datasets, jobs), begin).astype(np.int32)
    pairs = np.unique(adjacency.pairs(np.concatenate(scanned)), axis=0)
    return Surroundings(nodes, pairs, hidden)


def _behind(adjacency: Adjacency, nodes: Nodes) -> tuple[Nodes, Rows]:
    """Return what is one edge away from ``nodes``, each once, and the edges in force."""
    down = adjacency.in_force(adjacency.downstream(nodes), None)
    up = adjacency.in_force(adjacency.upstream(nodes), None)
    far = np.concatenate((adjacency.pairs(down)[:, 1], adjacency.pairs(up)[:, 0]))
    return np.unique(far), np.concatenate((down, up))
