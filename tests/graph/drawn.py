"""Small graphs as numbers: datasets are even, jobs odd; and the fields of three datasets."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from hub.domain.lineage.surety import ORIGINS
from hub.graph.adjacency import Adjacency
from hub.graph.edges import EdgeRows, gather
from hub.graph.fields import Fields
from hub.graph.view import Layer, Sight, View
from hub.store.lineage_rows import FOREVER, Bounds, FieldRows


class Edge(NamedTuple):
    source: int
    target: int
    opened_at: int = 0
    closed_at: int = FOREVER
    job: int = 0
    origin: int = 0
    known_from: int = 0
    known_until: int = FOREVER


def edge_rows(edges: list[Edge]) -> EdgeRows:
    columns = np.array(edges, dtype=np.int64).reshape(-1, 8).T
    source, target, opened_at, closed_at, job, origin, known_from, known_until = columns
    bounds = Bounds(origin, opened_at, closed_at, known_from, known_until)
    return EdgeRows(job, source, target, bounds)


def adjacency(edges: list[Edge]) -> Adjacency:
    # In chunks, as they are read.
    return Adjacency(gather([edge_rows(edges[:2]), edge_rows(edges[2:])]))


def seen(
    edges: list[Edge],
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    origins: tuple[str, ...] = ORIGINS,
) -> View:
    return View([Layer(adjacency(edges))], Sight(as_of, known_at, origins))


def least(nodes: NDArray[np.int32]) -> int:
    """Choose as a path does, where the order of names is that of numbers."""
    return int(nodes.min())


def chain(*nodes: int) -> list[Edge]:
    return [Edge(a, b) for a, b in pairwise(nodes)]


@st.composite
def bipartite(draw: st.DrawFn) -> list[Edge]:
    datasets, jobs = (
        st.integers(1, 9).map(lambda n: 2 * n),
        st.integers(1, 6).map(lambda n: 2 * n + 1),
    )
    ends = st.tuples(datasets, jobs) | st.tuples(jobs, datasets)
    times = st.tuples(st.integers(0, 5), st.integers(6, 9) | st.just(FOREVER))
    drawn = draw(st.lists(st.tuples(ends, times, times), max_size=40, unique_by=lambda e: e[0]))
    return [
        Edge(*pair, *interval, known_from=known[0], known_until=known[1])
        for pair, interval, known in drawn
    ]


# Fields 1, 2 of dataset 1 (whole: 9), 3, 4 of dataset 2 (whole: 8), 5 of dataset 3.
ESTATE = Fields(
    FieldRows(
        id=np.array([1, 2, 9, 3, 4, 8, 5]),
        dataset=np.array([1, 1, 1, 2, 2, 2, 3]),
        is_whole=np.array([False, False, True, False, False, True, False]),
        first_position=np.array([1, 1, 1, 1, 3, 1, 1]),
    )
)
