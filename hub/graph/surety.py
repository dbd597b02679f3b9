"""How sure it is that a node of a closure hangs together with the one that was asked about."""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from hub.domain.lineage.surety import of_strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.domain.lineage.surety import Surety
    from hub.domain.names import NodeId
    from hub.graph.closure import Closure, ClosureEdge


def surest_ways(
    closure: Closure, surety_of: Callable[[ClosureEdge], Surety]
) -> dict[NodeId, Surety]:
    """Return, of each node downstream of the start, the least sure edge of its surest way."""
    after: defaultdict[NodeId, list[tuple[NodeId, float]]] = defaultdict(list)
    for edge in closure.edges:
        after[edge.source.id].append((edge.target.id, surety_of(edge).strength))
    order = count()
    found: dict[NodeId, float] = {}
    # The strongest first, so that the first way to a node is its surest.
    pending = [(-inf, next(order), node.id) for node in closure.nodes if not node.hops]
    while pending:
        weakest, _, node = heappop(pending)
        if node in found:
            continue
        found[node] = -weakest
        for target, strength in after[node]:
            if target not in found:
                heappush(pending, (max(weakest, -strength), next(order), target))
    return {node: of_strength(strength) for node, strength in found.items()}
