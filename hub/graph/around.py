"""All that hangs together with a job or a dataset, whichever way the data flows.

A hop leads from a job to every job that shares a dataset with it. The answer holds the jobs so
reached and all their datasets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.graph.adjacency import distinct, without
from hub.graph.walk import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hub.graph.edges import Nodes
    from hub.graph.view import Scan, View


class Surroundings(NamedTuple):
    """Nodes (datasets even, jobs odd), and the edges (source, target, origin) between them.

    ``origin`` is a place in ``ORIGINS``, that of the surest. ``hidden`` counts the jobs of the last
    hop that the limit left out.
    """

    nodes: Nodes
    edges: NDArray[np.int32]
    hidden: int


def walk_around(view: View, start: int, depth: int, limit: int) -> Surroundings:
    """Return what lies ``depth`` hops around a job; around a dataset, its jobs are hop 0.

    ``limit`` bounds the number of jobs.
    """
    begin = np.array([start], dtype=np.int32)
    first = begin if start % 2 else _behind(view, begin)
    jobs = frontier = first[:limit]
    hidden = len(first) - len(frontier)
    datasets = near = _behind(view, jobs)
    for _hop in range(depth):
        if not len(frontier) or hidden:
            break
        found = _behind(view, near)
        fresh = without(found, jobs)
        frontier = fresh[: limit - len(jobs)]
        hidden = len(fresh) - len(frontier)
        jobs = distinct(joined([jobs, frontier]))
        near = _behind(view, frontier)
        datasets = distinct(joined([datasets, near]))
    nodes = distinct(joined([datasets, jobs, begin]))
    return Surroundings(nodes, _edges(view, jobs), hidden)


def count_neighbours(view: View, dataset: int, *, is_upstream: bool) -> int:
    """Return how many other datasets are one hop up or down of a dataset."""
    begin = np.array([dataset], dtype=np.int32)
    jobs = distinct(joined([s.far for s in view.scan(begin, is_upstream=is_upstream)]))
    found = distinct(joined([s.far for s in view.scan(jobs, is_upstream=is_upstream)]))
    return len(found) - int(dataset in found)


def _behind(view: View, nodes: Nodes) -> Nodes:
    """Return what is one edge away from ``nodes``, each once."""
    return distinct(joined([scan.far for scan in _scans(view, nodes)]))


def _edges(view: View, jobs: Nodes) -> NDArray[np.int32]:
    """Return what jobs read and write, each once, with the surest of its origins."""
    said = [np.empty((0, 3), dtype=np.int32)]
    for is_upstream in (True, False):
        for scan in view.scan(jobs, is_upstream=is_upstream):
            pair = (scan.far, scan.near) if is_upstream else (scan.near, scan.far)
            said.append(np.stack((*pair, scan.origin), axis=1))
    # In order, so that of each pair the surest is the first.
    rows = np.unique(np.concatenate(said), axis=0)
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    return rows[first]


def _scans(view: View, nodes: Nodes) -> list[Scan]:
    up, down = (view.scan(nodes, is_upstream=is_upstream) for is_upstream in (True, False))
    return up + down
