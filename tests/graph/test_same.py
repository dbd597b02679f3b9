"""What is the same is one node: as if its names had been one all along, but for edges inside it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hub.graph.fields import Fields, walk_fields, walk_job_fields
from hub.graph.paths import shortest_path
from hub.graph.same import ALONE, Same
from hub.graph.view import Layer, Sight, View
from hub.graph.walk import Reach, Reached, walk_datasets
from hub.store.lineage_rows import FieldRows
from tests.graph.drawn import ESTATE, Edge, adjacency, bipartite, chain, least

Groups = list[tuple[int, list[int]]]
MOST = 10_000


def nodes(*numbers: int) -> NDArray[np.int32]:
    return np.array(numbers, dtype=np.int32)


def one_of(groups: Groups) -> dict[int, int]:
    return {node: one for one, inside in groups for node in inside}


def renamed(edges: list[Edge], groups: Groups) -> list[Edge]:
    """Return the edges as they were if names had been one; what joins two such names is gone."""
    one = one_of(groups)
    told = [(e, one.get(e.source, e.source), one.get(e.target, e.target)) for e in edges]
    return [e._replace(source=a, target=b) for e, a, b in told if a != b or e.source == e.target]


def as_one(edges: list[Edge], groups: Groups, sight: Sight) -> View:
    return View([Layer(adjacency(edges))], sight, Same(groups))


def as_told(edges: list[Edge], groups: Groups, sight: Sight) -> View:
    return View([Layer(adjacency(renamed(edges, groups)))], sight)


def picture(reached: Reached) -> tuple[object, ...]:
    source, target, origin = reached.links()
    return (
        sorted(zip(reached.nodes.tolist(), reached.hops.tolist(), strict=True)),
        set(zip(source.tolist(), target.tolist(), origin.tolist(), strict=True)),
        set(reached.hidden.tolist()),
        set(map(tuple, reached.cut().tolist())),
        set(map(tuple, reached.parts.tolist())),
    )


@st.composite
def groupings(draw: st.DrawFn) -> Groups:
    """Some of the datasets and some of the jobs of ``bipartite``, put into groups."""
    groups: Groups = []
    for odd, last in ((0, 9), (1, 6)):
        places = draw(st.lists(st.integers(0, last), min_size=last, max_size=last))
        for place in sorted(set(places)):
            inside = [2 * n + odd for n, where in enumerate(places, 1) if where == place]
            groups.append((draw(st.sampled_from(inside)), inside))
    return groups


SIGHTS = st.sampled_from([Sight(), Sight(as_of=7), Sight(known_at=7), Sight(3, 3)])


@given(bipartite(), groupings(), st.integers(2, 18), SIGHTS, st.integers(0, 4), st.booleans())
def test_a_walk_is_that_of_a_graph_whose_names_are_one(
    edges: list[Edge], groups: Groups, start: int, sight: Sight, depth: int, is_upstream: bool
) -> None:
    begin = one_of(groups).get(start, start)
    reach = Reach(is_upstream, depth, MOST)
    walked = walk_datasets(as_one(edges, groups, sight), begin, reach)
    assert picture(walked) == picture(walk_datasets(as_told(edges, groups, sight), begin, reach))


@given(bipartite(), groupings(), st.integers(2, 18), st.integers(2, 18), SIGHTS)
def test_a_path_is_that_of_a_graph_whose_names_are_one(
    edges: list[Edge], groups: Groups, start: int, goal: int, sight: Sight
) -> None:
    one = one_of(groups)
    begin, end = (nodes(one.get(each, each)) for each in (start, goal))
    found = shortest_path(as_one(edges, groups, sight), begin, end, least)
    assert found == shortest_path(as_told(edges, groups, sight), begin, end, least)


# Datasets 1 and 2 of the estate are one, with their first fields and their wholes.
DATASETS: Groups = [(1, [1, 2])]
ALIKE: Groups = [(1, [1, 3]), (9, [8, 9])]
ONE_ESTATE = Fields(
    FieldRows(
        id=np.array([1, 2, 9, 4, 5]),
        dataset=np.array([1, 1, 1, 1, 3]),
        is_whole=np.array([False, False, True, False, False]),
        first_position=np.array([1, 1, 1, 3, 1]),
    )
)
FIELDS = st.sampled_from([1, 2, 9, 3, 4, 8, 5])


@given(
    st.lists(st.tuples(FIELDS, FIELDS).map(lambda ends: Edge(*ends, job=1)), max_size=15),
    FIELDS,
    SIGHTS,
    st.integers(0, 4),
    st.booleans(),
)
def test_fields_of_one_name_are_one(
    edges: list[Edge], start: int, sight: Sight, depth: int, is_upstream: bool
) -> None:
    estate = ESTATE.as_one(Same(DATASETS), Same(ALIKE))
    one, told = as_one(edges, ALIKE, sight), as_told(edges, ALIKE, sight)
    begin, reach = nodes(one_of(ALIKE).get(start, start)), Reach(is_upstream, depth, MOST)
    expected = picture(walk_fields(told, ONE_ESTATE, begin, reach))
    assert picture(walk_fields(one, estate, begin, reach)) == expected
    of_job = picture(walk_job_fields(told, ONE_ESTATE, [1], reach))
    assert picture(walk_job_fields(one, estate, [1], reach)) == of_job


def test_what_joins_two_names_of_one_thing_is_no_edge_but_what_was_told_of_one_is() -> None:
    edges = [Edge(1, 3), Edge(3, 5), Edge(5, 5)]
    reached = walk_fields(as_one(edges, ALIKE, Sight()), ESTATE, nodes(1), Reach(False, 9, MOST))
    source, target, _ = reached.links()
    assert sorted(zip(source.tolist(), target.tolist(), strict=True)) == [(1, 5), (5, 5)]


def test_a_group_whose_names_have_no_edges_is_a_node_all_the_same() -> None:
    view = as_one(chain(2, 3, 4), [(400, [4, 400])], Sight())
    reached = walk_datasets(view, 2, Reach(is_upstream=False, depth=1, limit=MOST))
    assert reached.nodes.tolist() == [2, 3, 400]


def test_where_nothing_is_the_same_nodes_stay_as_they_are() -> None:
    assert not ALONE
    assert ALONE.of(nodes(1, 2)).tolist() == [1, 2]
    same = Same([(4, [4, 2, 9])])
    assert same.all_of(nodes(4, 1, -1)).tolist() == [4, 1, -1, 2, 9]
    assert same.of(nodes(2, 9, 1, -1, 700)).tolist() == [4, 4, 1, -1, 700]
