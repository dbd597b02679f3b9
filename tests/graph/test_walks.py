"""Walks hold against the same walk written with sets and no care for speed."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.graph.fields import Fields, walk_fields
from hub.graph.held import Held, Source, load, refresh
from hub.graph.view import Layer, Sight, View
from hub.graph.walk import Reach, Reached, merge, walk_datasets
from hub.store.lineage_rows import FOREVER, FieldRows
from tests.graph.drawn import ESTATE, Edge, adjacency, bipartite, chain, edge_rows, seen

MOST = 10_000
# Those of the estate.
NODES = [1, 2, 3, 4, 5, 8, 9]


def down(depth: int, *, limit: int = MOST) -> Reach:
    return Reach(is_upstream=False, depth=depth, limit=limit)


def up(depth: int, *, limit: int = MOST) -> Reach:
    return Reach(is_upstream=True, depth=depth, limit=limit)


def pairs(reached: Reached) -> set[tuple[int, int]]:
    source, target, _ = reached.links()
    return set(zip(source.tolist(), target.tolist(), strict=True))


# Datasets are even, jobs odd: 2 -> (3) -> 4 -> (5) -> 6
LINE = chain(2, 3, 4, 5, 6)


def test_a_hop_leads_over_a_job_to_the_next_dataset() -> None:
    reached = walk_datasets(seen(LINE), 2, down(1))
    assert reached.nodes.tolist() == [2, 3, 4]
    assert reached.hops.tolist() == [0, 1, 1]
    assert pairs(reached) == {(2, 3), (3, 4)}


def test_what_depth_leaves_out_is_counted() -> None:
    reached = walk_datasets(seen(LINE), 2, down(1))
    assert reached.hidden.tolist() == [5, 6]
    assert reached.cut().tolist() == [[4, 5]]
    assert not len(walk_datasets(seen(LINE), 2, down(2)).hidden)


def test_from_a_job_its_datasets_are_the_first_hop() -> None:
    reached = walk_datasets(seen(LINE), 3, down(1))
    assert reached.nodes.tolist() == [3, 4]
    assert walk_datasets(seen(LINE), 3, down(2)).nodes.tolist() == [3, 4, 5, 6]
    assert walk_datasets(seen(LINE), 5, up(2)).nodes.tolist() == [5, 4, 3, 2]


def test_depth_nought_is_the_node_itself() -> None:
    reached = walk_datasets(seen(LINE), 4, up(0))
    assert reached.nodes.tolist() == [4]
    assert reached.hidden.tolist() == [2, 3]


def test_a_node_without_edges_is_alone() -> None:
    reached = walk_datasets(seen(LINE), 4_000, down(3))
    assert reached.nodes.tolist() == [4_000]
    assert not len(reached.hidden)


def test_an_interval_holds_from_its_opening_until_before_its_closing() -> None:
    edges = [Edge(2, 3, 10, 20), Edge(3, 4, 15)]
    found = {
        t: len(walk_datasets(seen(edges, as_of=t), 2, down(1)).nodes)
        for t in (9, 10, 14, 15, 19, 20)
    }
    assert found == {9: 1, 10: 2, 14: 2, 15: 3, 19: 3, 20: 1}
    assert len(walk_datasets(seen(edges), 2, down(1)).nodes) == 1


def test_knowledge_holds_from_a_position_until_before_another() -> None:
    edges = [Edge(2, 3, known_from=10, known_until=20), Edge(3, 4, known_from=15)]
    found = {
        position: len(walk_datasets(seen(edges, known_at=position), 2, down(1)).nodes)
        for position in (9, 10, 14, 15, 19, 20)
    }
    assert found == {9: 1, 10: 2, 14: 2, 15: 3, 19: 3, 20: 1}


def test_edges_of_other_origins_are_not_followed() -> None:
    edges = [Edge(2, 3, origin=0), Edge(3, 4, origin=1), Edge(3, 6, origin=2)]
    reached = walk_datasets(seen(edges, origins=("OBSERVED", "INFERRED")), 2, down(1))
    assert reached.nodes.tolist() == [2, 3, 6]
    assert reached.links().origin.tolist() == [0, 2]


def test_a_limit_keeps_that_many_nodes_and_counts_the_rest() -> None:
    fan = [
        edge for job in range(101, 301, 2) for edge in (Edge(2, job), Edge(job, job + 1_000 - 1))
    ]
    reached = walk_datasets(seen(fan), 2, down(5, limit=50))
    assert len(reached.nodes) == 50
    assert len(reached.nodes) + len(reached.hidden) == 201


def test_edges_inside_the_answer_are_all_there_even_from_its_last_nodes() -> None:
    ring = chain(2, 3, 4, 5, 2)
    assert pairs(walk_datasets(seen(ring), 2, down(1))) == {(2, 3), (3, 4)}
    assert pairs(walk_datasets(seen(ring), 2, down(2))) == {(a, b) for a, b, *_ in ring}


def test_both_directions_are_two_walks_that_do_not_mix() -> None:
    fork = [*chain(2, 3, 4), Edge(3, 6)]
    both = merge(walk_datasets(seen(fork), 4, up(5)), walk_datasets(seen(fork), 4, down(5)))
    assert (both.nodes.tolist(), both.hops.tolist()) == ([4, 2, 3], [0, 1, 1])


def held_edges(held: Held) -> set[tuple[int, int]]:
    reached = walk_datasets(held.seen(Sight()), 2, down(9))
    return pairs(reached)


@pytest.mark.parametrize("others", [1, 5_000])
def test_a_job_keeps_only_its_new_edges_when_it_changes(others: int) -> None:
    # Few edges stay an overlay; with many, base and overlay are merged.
    many = [Edge(2, 2 * n + 1, job=n) for n in range(10, 10 + others)]
    told = {
        0: [Edge(2, 3, job=1), Edge(3, 4, job=1), Edge(2, 5, job=2)],
        1: [Edge(2, 3, 0, 7, job=1), Edge(2, 7, job=1), *many],
        2: [Edge(2, 9, job=1)],
    }
    source = Source(edges=lambda after: [edge_rows(told[after])], history=lambda _after: [])
    held = load(source, 1)
    assert held_edges(held) == {(2, 3), (3, 4), (2, 5)}
    for_others = {(each.source, each.target) for each in many}
    held = refresh(held, source, 2)
    assert held_edges(held) == {(2, 5), (2, 7)} | for_others
    assert held_edges(refresh(held, source, 3)) == {(2, 5), (2, 9)} | for_others


def counts(edge: Edge, sight: Sight) -> bool:
    if sight.known_at is not None and not edge.known_from <= sight.known_at < edge.known_until:
        return False
    if sight.as_of is None:
        return edge.closed_at == FOREVER
    return edge.opened_at <= sight.as_of < edge.closed_at


def naive(
    edges: list[Edge], start: int, reach: Reach, sight: Sight
) -> tuple[dict[int, int], set[int]]:
    """Return the hops of each node, and the nodes one hop further."""
    near: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        if counts(edge, sight):
            a, b = (edge.target, edge.source) if reach.is_upstream else edge[:2]
            near[a].add(b)
    hops = {start: 0}
    beyond: set[int] = set()
    frontier = {start}
    for hop in range(1, reach.depth + 2):
        jobs = frontier if hop == 1 and start % 2 else {j for d in frontier for j in near[d]}
        found = (jobs | {d for j in jobs for d in near[j]}) - set(hops)
        frontier = {d for j in jobs for d in near[j]} - set(hops)
        if hop == reach.depth + 1:
            beyond = found
            break
        hops |= dict.fromkeys(found, hop)
    return hops, beyond


@given(
    bipartite(),
    st.integers(2, 19),
    st.integers(0, 6),
    st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    st.booleans(),
)
def test_a_walk_finds_what_a_search_with_sets_finds(
    edges: list[Edge],
    start: int,
    depth: int,
    when: tuple[int | None, int | None],
    is_upstream: bool,
) -> None:
    sight = Sight(*when)
    reach = Reach(is_upstream=is_upstream, depth=depth, limit=MOST)
    reached = walk_datasets(View([Layer(adjacency(edges))], sight), start, reach)
    hops, beyond = naive(edges, start, reach, sight)
    assert dict(zip(reached.nodes.tolist(), reached.hops.tolist(), strict=True)) == hops
    assert set(reached.hidden.tolist()) == beyond


def fields_of(edges: list[Edge], start: int, reach: Reach) -> Reached:
    return walk_fields(seen(edges), ESTATE, np.array([start], dtype=np.int32), reach)


def test_upstream_of_a_field_is_what_its_whole_dataset_depends_on() -> None:
    reached = fields_of([Edge(1, 3), Edge(2, 8)], 3, up(1))
    assert set(reached.nodes.tolist()) == {3, 8, 1, 2}
    assert reached.parts.tolist() == [[8, 3]]


def test_downstream_of_a_filter_key_is_every_field_of_the_filtered_dataset() -> None:
    reached = fields_of([Edge(2, 8), Edge(4, 5)], 2, down(2))
    assert set(reached.nodes.tolist()) == {2, 8, 3, 4, 5}
    assert reached.parts.tolist() == [[8, 3], [8, 4]]


def test_a_field_counts_for_what_depends_on_its_dataset_as_a_whole() -> None:
    assert set(fields_of([Edge(9, 3)], 1, down(1)).nodes.tolist()) == {1, 9, 3}
    assert set(fields_of([Edge(9, 3)], 3, up(1)).nodes.tolist()) == {3, 9, 1, 2}


def test_siblings_of_a_field_are_not_its_lineage() -> None:
    assert set(fields_of([Edge(2, 8)], 3, up(1)).nodes.tolist()) == {3, 8, 2}
    assert set(fields_of([Edge(1, 3)], 1, down(1)).nodes.tolist()) == {1, 3}


def test_a_field_that_nothing_had_told_of_is_not_among_those_of_a_filtered_dataset() -> None:
    view = seen([Edge(2, 8), Edge(4, 5)], known_at=2)
    reached = walk_fields(view, ESTATE, np.array([2], dtype=np.int32), down(2))
    assert set(reached.nodes.tolist()) == {2, 8, 3}


def test_fields_are_added_to_those_that_are_known() -> None:
    more = Fields(
        FieldRows(
            id=np.array([11, 12]),
            dataset=np.array([1, 4]),
            is_whole=np.array([False, True]),
            first_position=np.array([7, 7]),
        ),
        ESTATE,
    )
    assert more.of_dataset(1).tolist() == [1, 2, 9, 11]
    assert more.whole_of(np.array([11, 12], dtype=np.int32)).tolist() == [9, 12]
    assert more.of_dataset(5).tolist() == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NODES),
            st.sampled_from(NODES),
            st.integers(0, 5),
            st.integers(6, 9) | st.just(FOREVER),
        ).map(lambda drawn: Edge(*drawn)),
        max_size=12,
        unique_by=lambda edge: edge[:2],
    ),
    st.sampled_from(NODES),
    st.none() | st.integers(0, 9),
    st.booleans(),
)
def test_wholes_without_edges_can_be_left_out_of_a_walk(
    edges: list[Edge], start: int, as_of: int | None, is_upstream: bool
) -> None:
    held = Held(1, Layer(adjacency(edges)))
    reach = Reach(is_upstream, 3, MOST)
    begin = np.array([start], dtype=np.int32)
    plain, less = (
        walk_fields(held.seen(Sight(as_of)), fields, begin, reach)
        for fields in (ESTATE, ESTATE.among(held))
    )
    assert less.nodes.tolist() == plain.nodes.tolist()
    assert less.hidden.tolist() == plain.hidden.tolist()
    assert less.parts.tolist() == plain.parts.tolist()
