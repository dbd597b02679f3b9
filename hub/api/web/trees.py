"""A closure as nested lists: who follows whom, each node unfolded once."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hub.domain.names import NodeId
from hub.graph.closure import Closure


class Branch(NamedTuple):
    """A node in a nested list. ``is_repeated``: it is unfolded elsewhere."""

    node: NodeId
    hidden: int
    is_repeated: bool
    branches: list[Branch]


def upstream_tree(closure: Closure, start: NodeId) -> list[Branch]:
    """Return what ``start`` is made from, the nearest outermost."""
    return _tree(closure, start, is_upstream=True)


def downstream_tree(closure: Closure, start: NodeId) -> list[Branch]:
    """Return what is made from ``start``, the nearest outermost."""
    return _tree(closure, start, is_upstream=False)


def _tree(closure: Closure, start: NodeId, *, is_upstream: bool) -> list[Branch]:
    hidden = {node.id: node.hidden for node in closure.nodes}
    next_to: dict[NodeId, list[NodeId]] = defaultdict(list)
    for edge in closure.edges:
        ends = edge.source, edge.target
        near, far = reversed(ends) if is_upstream else ends
        next_to[near.id].append(far.id)
    seen = {start}

    def unfold(node: NodeId) -> list[Branch]:
        branches = []
        for each in sorted(next_to[node]):
            is_repeated = each in seen
            seen.add(each)
            inner = [] if is_repeated else unfold(each)
            branches.append(Branch(each, hidden[each], is_repeated, inner))
        return branches

    return unfold(start)
