"""Filters and folds hold against the same, found by going along every way edge by edge."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, NodeKind
from hub.graph import condensing
from hub.graph.closure import Closure, ClosureEdge, ClosureNode, Direction, Extent, Level
from hub.graph.condensing import fold, hide

DATASETS = [NodeId(NodeKind.DATASET, ("s", name)) for name in "abcd"]
JOBS = [NodeId(NodeKind.JOB, ("j", name)) for name in "ps"]
FIELDS = [NodeId(NodeKind.FIELD, ("s", of, name)) for of, name in product("ab", "xy")]
Edges = list[tuple[NodeId, NodeId, str | None]]


def closure(
    nodes: list[NodeId],
    edges: Edges,
    cuts: list[tuple[NodeId, int]],
    direction: Direction = Direction.BOTH,
    level: Level = Level.DATASET,
) -> Closure:
    """Return a closure whose first node is its start."""
    made = {node: ClosureNode(node, hop + 1, hop, 0) for hop, node in enumerate(nodes)}
    return Closure(
        made.values(),
        Extent(direction=direction, level=level),
        beyond=len({neighbour for _, neighbour in cuts}),
        find_edges=lambda: (ClosureEdge(made[a], made[b], origin) for a, b, origin in edges),
        find_cuts=lambda: cuts,
    )


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    """Closures between datasets and jobs, or between fields and the wholes of two datasets."""
    directions = st.sampled_from(Direction)
    by_field = draw(st.booleans())
    nodes = draw(st.permutations([*DATASETS[:2], *FIELDS] if by_field else [*DATASETS, *JOBS]))
    if by_field:
        ends = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)).filter(not_inside)
        parts = [pair for pair in product(nodes, nodes) if is_part(*pair)]
        inside: Edges = [(*pair, None) for pair in draw(st.lists(st.sampled_from(parts)))]
    else:
        flows = [*product(DATASETS, JOBS), *product(JOBS, DATASETS)]
        ends, inside = st.sampled_from(flows), []
    origins = st.sampled_from(["OBSERVED", "DECLARED", "INFERRED"])
    drawn = draw(st.lists(st.tuples(ends, origins), max_size=14, unique_by=lambda edge: edge[0]))
    cuts = draw(st.lists(st.tuples(st.sampled_from(nodes), st.integers(1, 4)), unique=True))
    edges = [*((a, b, origin) for (a, b), origin in drawn), *dict.fromkeys(inside)]
    level = Level.FIELD if by_field else Level.DATASET
    return closure(nodes, edges, cuts, draw(directions), level)


def is_part(a: NodeId, b: NodeId) -> bool:
    return {a.kind, b.kind} == {NodeKind.DATASET, NodeKind.FIELD} and a.parts[:2] == b.parts[:2]


def not_inside(pair: tuple[NodeId, NodeId]) -> bool:
    return not is_part(*pair)


def ways(found: Closure, shown: set[NodeId]) -> dict[tuple[NodeId, NodeId], int]:
    """Return over how few hidden nodes shown ones hang together: by going on edge after edge."""
    nearest: dict[tuple[NodeId, NodeId], int] = {}
    for first in found.edges:
        if first.source.id not in shown:
            continue
        frontier, seen, through = [first], {first}, 0
        while frontier:
            onward = []
            for last in frontier:
                target = last.target.id
                if target in shown:
                    pair = first.source.id, target
                    nearest[pair] = min(through, nearest.get(pair, through))
                    continue
                for edge in found.edges:
                    follows = edge.source.id == target and edge not in seen
                    inside = edge.origin is None and last.origin is None
                    if follows and not inside:
                        seen.add(edge)
                        onward.append(edge)
            frontier, through = onward, through + 1
    return nearest


def pairs(found: Closure) -> dict[tuple[NodeId, NodeId], Any]:
    return {(edge.source.id, edge.target.id): edge for edge in found.edges}


@given(closures(), st.sets(st.sampled_from([*DATASETS, *JOBS, *FIELDS])))
def test_what_is_hidden_stays_as_the_ways_over_it(found: Closure, chosen: set[NodeId]) -> None:
    shown = {node.id for node in found.nodes if not node.hops or node.id in chosen}
    less = hide(found, chosen)
    assert {node.id for node in less.nodes} == shown
    assert less.filtered == len(found.nodes) - len(shown)
    assert less.hidden == found.beyond + less.filtered
    assert less.is_truncated == (found.beyond > 0)
    direct = pairs(found)
    expected = {
        pair: through
        for pair, through in ways(found, shown).items()
        if through == 0 or (pair not in direct and pair[0] != pair[1])
    }
    assert {pair: edge.through for pair, edge in pairs(less).items()} == expected
    for pair, edge in pairs(less).items():
        assert edge.origin == (None if edge.through else direct[pair].origin)


@given(closures(), st.sets(st.sampled_from([*DATASETS, *JOBS, *FIELDS])))
def test_each_node_counts_its_neighbours_that_are_left_out(
    found: Closure, chosen: set[NodeId]
) -> None:
    less = hide(found, chosen)
    shown = {node.id for node in less.nodes}
    direction = found.extent.direction
    for node in less.nodes:
        missing: set[object] = {beyond for near, beyond in found.cuts if near == node.id}
        for a, b in pairs(found):
            if a == node.id and b not in shown and direction is not Direction.UPSTREAM:
                missing.add(b)
            if b == node.id and a not in shown and direction is not Direction.DOWNSTREAM:
                missing.add(a)
        assert node.hidden == len(missing)


@given(closures(), st.dictionaries(st.sampled_from([*DATASETS, *JOBS]), st.sampled_from("xyz")))
def test_folds_are_their_members_summed_up(found: Closure, into: dict[NodeId, str]) -> None:
    def fold_of(node: NodeId) -> NodeId:
        return NodeId(NodeKind.PRODUCT, (into.get(node, "rest"),))

    folded = fold(found, fold_of)
    assert folded.hidden == found.hidden
    inside: dict[NodeId, list[ClosureNode]] = {}
    for node in found.nodes:
        inside.setdefault(fold_of(node.id), []).append(node)
    assert {node.id: (node.members, node.hops) for node in folded.nodes} == {
        name: (len(nodes), min(node.hops for node in nodes)) for name, nodes in inside.items()
    }
    assert folded.nodes[0].id == fold_of(found.nodes[0].id)
    between = Counter((fold_of(a), fold_of(b)) for a, b in pairs(found))
    assert {pair: edge.count for pair, edge in pairs(folded).items()} == {
        (a, b): count for (a, b), count in between.items() if a != b
    }
    for node in folded.nodes:
        beyond = {neighbour for near, neighbour in found.cuts if fold_of(near) == node.id}
        assert node.hidden == len(beyond)


def test_no_way_leads_from_a_field_to_another_over_the_whole_of_their_dataset() -> None:
    x, y, whole = FIELDS[0], FIELDS[1], DATASETS[0]
    far, beyond = FIELDS[2], FIELDS[3]
    edges: Edges = [(x, whole, None), (whole, y, None), (far, whole, "OBSERVED")]
    edges.append((whole, beyond, "OBSERVED"))
    less = hide(closure([x, whole, y, far, beyond], edges, [], level=Level.FIELD), {y, far, beyond})
    assert set(pairs(less)) == {(x, beyond), (far, y), (far, beyond)}


def test_an_edge_between_folds_has_the_surest_origin() -> None:
    a, b, p, s = *DATASETS[:2], *JOBS
    edges: Edges = [(a, p, "INFERRED"), (a, s, "DECLARED"), (p, b, None)]
    folded = fold(
        closure([a, p, s, b], edges, []), lambda node: NodeId(NodeKind.DOMAIN, (node.parts[0],))
    )
    assert {edge.origin for edge in folded.edges} == {"DECLARED", None}


def test_a_question_with_too_many_ways_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condensing, "MAX_STEPS", 5)
    a, b, p = DATASETS[0], DATASETS[1], JOBS[0]
    edges: Edges = [(a, p, "OBSERVED"), *((p, each, "OBSERVED") for each in DATASETS)]
    less = hide(closure([a, p, *DATASETS[1:]], edges, []), {b})
    assert len(less.edges) == 1
    monkeypatch.setattr(condensing, "MAX_STEPS", 4)
    with pytest.raises(InvalidInput, match="too many ways"):
        _ = hide(closure([a, p, *DATASETS[1:]], edges, []), {b}).edges
