"""A path is as short as the shortest way that a search with sets finds, and one of those."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hub.graph.paths import Step, shortest_field_path, shortest_path
from hub.graph.view import Layer, Sight, View
from tests.graph.drawn import ESTATE, Edge, adjacency, bipartite, chain, least, seen

WHOLES = {9: {1, 2}, 8: {3, 4}}
FIELDS = st.sampled_from([1, 2, 9, 3, 4, 8, 5])


def nodes(*numbers: int) -> NDArray[np.int32]:
    return np.array(numbers, dtype=np.int32)


def path(edges: list[Edge], start: int, goal: int, sight: Sight | None = None) -> list[int] | None:
    view = View([Layer(adjacency(edges))], sight or Sight())
    return numbers(shortest_path(view, nodes(start), nodes(goal), least))


def field_steps(edges: list[Edge], start: int, goal: int) -> list[Step] | None:
    return shortest_field_path(seen(edges), ESTATE, nodes(start), nodes(goal), least)


def field_path(edges: list[Edge], start: int, goal: int) -> list[int] | None:
    return numbers(field_steps(edges, start, goal))


def greatest(found: NDArray[np.int32]) -> int:
    return int(found.max())


def numbers(steps: list[Step] | None) -> list[int] | None:
    return None if steps is None else [step.node for step in steps]


def test_a_path_goes_the_way_that_data_flows() -> None:
    line = chain(2, 3, 4, 5, 6)
    assert path(line, 2, 6) == [2, 3, 4, 5, 6]
    assert path(line, 6, 2) is None
    assert path(line, 3, 5) == [3, 4, 5]


def test_a_shorter_way_is_taken() -> None:
    assert path([*chain(2, 3, 4, 5, 6, 7, 8), *chain(2, 9, 8)], 2, 8) == [2, 9, 8]


def test_of_several_ways_that_are_equally_short_the_caller_chooses_from_the_end_on() -> None:
    edges = [*chain(2, 3, 14, 8), *chain(2, 5, 14), *chain(2, 3, 12, 8), *chain(2, 7, 12)]
    view = View([Layer(adjacency(edges))], Sight())
    ways = [shortest_path(view, nodes(2), nodes(8), choose) for choose in (least, greatest)]
    assert list(map(numbers, ways)) == [[2, 3, 12, 8], [2, 5, 14, 8]]
    fields = [Edge(1, 3), Edge(3, 5), Edge(1, 4), Edge(4, 5)]
    found = [
        shortest_field_path(seen(fields), ESTATE, nodes(1), nodes(5), choose)
        for choose in (least, greatest)
    ]
    assert list(map(numbers, found)) == [[1, 3, 5], [1, 4, 5]]


def test_from_a_node_to_itself_there_is_nothing_to_go() -> None:
    assert path([], 4, 4) == [4]
    assert field_path([], 5, 5) == [5]


def test_a_path_between_fields_leads_over_the_whole_that_opens_them() -> None:
    assert field_path([Edge(1, 8)], 1, 3) == [1, 8, 3]
    assert field_path([Edge(9, 5)], 1, 5) == [1, 9, 5]
    assert field_path([Edge(9, 8)], 2, 4) == [2, 9, 8, 4]


def test_a_path_does_not_lead_from_a_field_to_its_sibling() -> None:
    assert field_path([Edge(9, 5)], 1, 2) is None
    # Even where the whole is opened later, from elsewhere.
    assert field_path([Edge(9, 5), Edge(5, 9)], 1, 2) == [1, 9, 5, 9, 2]


def naive(
    edges: list[Edge], start: int, sight: Sight, wholes: dict[int, set[int]]
) -> dict[int, int]:
    """Return how many edges each node is from ``start``, going on with all of them at once."""
    held = [(e.source, e.target) for e in edges if counts(e, sight)]
    whole_of = {field: whole for whole, fields in wholes.items() for field in fields}
    hops, frontier = {start: 0}, {start}
    while frontier:
        near = frontier | {whole_of[each] for each in frontier if each in whole_of}
        found = {b for a, b in held if a in near}
        opened = {field for each in found for field in wholes.get(each, ())}
        hop = max(hops.values()) + 1
        frontier = (found | opened) - set(hops)
        hops |= dict.fromkeys(frontier, hop)
    return hops


def counts(edge: Edge, sight: Sight) -> bool:
    at, known = sight.as_of, sight.known_at
    is_open = edge.closed_at > 1 << 60 if at is None else edge.opened_at <= at < edge.closed_at
    is_known = edge.known_until > 1 << 60
    return is_open and (is_known if known is None else edge.known_from <= known < edge.known_until)


@given(
    bipartite(),
    st.integers(2, 19),
    st.integers(2, 19),
    st.tuples(st.none() | st.integers(0, 9), st.integers(0, 9)),
)
def test_a_path_between_datasets_is_a_shortest_one(
    edges: list[Edge], start: int, goal: int, when: tuple[int | None, int]
) -> None:
    sight = Sight(*when)
    found = path(edges, start, goal, sight)
    hops = naive(edges, start, sight, {})
    if found is None:
        assert goal not in hops
        return
    assert (found[0], found[-1], len(found) - 1) == (start, goal, hops[goal])
    held = {(e.source, e.target) for e in edges if counts(e, sight)}
    assert set(pairwise(found)) <= held


@given(
    st.lists(st.tuples(FIELDS, FIELDS).map(lambda pair: Edge(*pair)), max_size=10),
    FIELDS,
    FIELDS.filter(lambda field: field not in WHOLES),
)
def test_a_path_between_fields_is_a_shortest_one(edges: list[Edge], start: int, goal: int) -> None:
    found = field_steps(edges, start, goal)
    hops = naive(edges, start, Sight(), WHOLES)
    if found is None:
        assert goal not in hops
        return
    assert (found[0], found[-1].node) == (Step(start), goal)
    assert sum(not step.is_inside for step in found[1:]) == hops[goal]
    held = {(e.source, e.target) for e in edges}
    for place, ((near, _), (far, is_inside)) in enumerate(pairwise(found)):
        if not is_inside:
            assert (near, far) in held
        elif far in WHOLES:
            # To the whole of its dataset a field goes for the edges of that.
            assert near in WHOLES[far]
            assert not found[place + 2].is_inside
        else:
            # From a whole to its fields leads nothing but a way that came over an edge.
            assert far in WHOLES[near]
            assert place > 0
            assert not found[place].is_inside
