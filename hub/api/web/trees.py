"""A closure as nested lists: who follows whom, each node unfolded once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from hub.domain.lineage.surety import Surety
from hub.domain.names import NodeId
from hub.graph.closure import Closure, ClosureEdge

SuretyOf: TypeAlias = Callable[[ClosureEdge], Surety]


class Branch(NamedTuple):
    """A node in a nested list. ``is_repeated``: it is unfolded elsewhere.

    ``note`` says how the edge that leads to it came to be known, unless it was observed.
    """

    node: NodeId
    note: str
    hidden: int
    is_repeated: bool
    branches: list[Branch]


def upstream_tree(closure: Closure, start: NodeId, surety_of: SuretyOf) -> list[Branch]:
    """Return what ``start`` is made from, the nearest outermost."""
    return _tree(closure, start, surety_of, is_upstream=True)


def downstream_tree(closure: Closure, start: NodeId, surety_of: SuretyOf) -> list[Branch]:
    """Return what is made from ``start``, the nearest outermost."""
    return _tree(closure, start, surety_of, is_upstream=False)


def _tree(
    closure: Closure, start: NodeId, surety_of: SuretyOf, *, is_upstream: bool
) -> list[Branch]:
    hidden = {node.id: node.hidden for node in closure.nodes}
    next_to: dict[NodeId, list[tuple[NodeId, str]]] = defaultdict(list)
    for edge in closure.edges:
        ends = edge.source, edge.target
        near, far = reversed(ends) if is_upstream else ends
        next_to[near.id].append((far.id, surety_of(edge).note))
    seen = {start}

    def unfold(node: NodeId) -> list[Branch]:
        branches = []
        for each, note in sorted(next_to[node]):
            is_repeated = each in seen
            seen.add(each)
            inner = [] if is_repeated else unfold(each)
            branches.append(Branch(each, note, hidden[each], is_repeated, inner))
        return branches

    return unfold(start)
