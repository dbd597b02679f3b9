"""How sure it is that something depends on something else: over the surest way there is."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.lineage.surety import DECLARED, INFERRED, OBSERVED, Surety
from hub.domain.names import NodeId, NodeKind
from hub.graph.closure import Closure, ClosureEdge, ClosureNode, Extent
from hub.graph.surety import surest_ways

Said = dict[tuple[int, int], Surety]

SURETIES = st.one_of(
    st.sampled_from([Surety(OBSERVED), Surety(DECLARED), Surety(None)]),
    st.sampled_from([0.6, 0.85, 0.95, 1.0]).map(lambda found: Surety(INFERRED, found)),
)
NODES = range(5)


def node(number: int) -> NodeId:
    return NodeId(NodeKind.DATASET, ("n", str(number)))


def ways(said: Said) -> dict[NodeId, Surety]:
    """What is found from node 0 on."""
    nodes = {each: ClosureNode(node(each), each, hops=each, hidden=0) for each in NODES}
    edges = [ClosureEdge(nodes[a], nodes[b], surety.origin) for (a, b), surety in said.items()]
    closure = Closure(
        nodes.values(), Extent(), beyond=0, find_edges=lambda: edges, find_cuts=lambda: ()
    )
    return surest_ways(closure, lambda edge: said[edge.source.key, edge.target.key])


def every_way(said: Said, target: int, seen: tuple[int, ...] = (0,)) -> Iterable[list[Surety]]:
    """Every way from node 0 that meets no node twice."""
    if seen[-1] == target:
        yield [said[pair] for pair in pairwise(seen)]
    for source, after in said:
        if source == seen[-1] and after not in seen:
            yield from every_way(said, target, (*seen, after))


@given(st.dictionaries(st.sampled_from([*product(NODES, NODES)]), SURETIES, max_size=12))
def test_it_is_as_sure_as_the_least_sure_edge_of_the_surest_way(said: Said) -> None:
    found = ways(said)
    for each in NODES[1:]:
        least = [min(way, key=lambda s: s.strength) for way in every_way(said, each)]
        surest = max(least, key=lambda s: s.strength, default=None)
        assert found.get(node(each)) == surest


@pytest.mark.parametrize(
    ("surety", "note"),
    [
        (Surety(OBSERVED), ""),
        (Surety(None), ""),
        (Surety(DECLARED), " (declared)"),
        (Surety(INFERRED, 0.6), " (inferred, 0.60)"),
        (Surety(INFERRED), " (inferred)"),
    ],
)
def test_only_what_is_not_observed_is_remarked_on(surety: Surety, note: str) -> None:
    assert surety.note == note
