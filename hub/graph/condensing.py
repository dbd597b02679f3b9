"""Smaller pictures of a closure: without some of its nodes, or with nodes folded into others.

What is taken away leaves its traces: a way over hidden nodes stays as one edge, edges between folds
carry counts, and what is not shown is counted.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from hub.domain.errors import InvalidInput
from hub.domain.lineage.surety import ORIGINS
from hub.domain.names import NodeId, NodeKind
from hub.graph.closure import Closure, ClosureEdge, ClosureNode, Cut, Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

# Ways over hidden nodes may be as many as pairs of nodes: past this many steps, about a second,
# the question is refused.
MAX_STEPS: Final = 1_000_000


class _Place(NamedTuple):
    """A hidden node on a way.

    ``is_inside``: the way came from a field to the whole of its dataset, so it may not go on to
    another field of that dataset.
    """

    node: NodeId
    is_inside: bool


def leave_out(closure: Closure, gone: Container[NodeId]) -> Closure:
    """Return a closure as if some of its nodes had never been; nothing is counted."""
    return Closure(
        (node for node in closure.nodes if node.id not in gone),
        closure.extent,
        beyond=closure.beyond,
        filtered=closure.filtered,
        is_limited=closure.is_limited,
        find_edges=lambda: (
            edge
            for edge in closure.edges
            if edge.source.id not in gone and edge.target.id not in gone
        ),
        find_cuts=lambda: (cut for cut in closure.cuts if cut[0] not in gone),
    )


def hide(closure: Closure, shown: Container[NodeId]) -> Closure:
    """Return a closure without the nodes that are not ``shown``; its start stays.

    A way over hidden nodes becomes one edge, unless an edge joins its ends already or both are one.

    Raises:
        InvalidInput: there are too many ways to follow.

    """
    kept = {node.id for node in closure.nodes if not node.hops or node.id in shown}
    cuts = frozenset(_cuts(closure, kept))
    nodes = _recounted((node for node in closure.nodes if node.id in kept), cuts)
    by_id = {node.id: node for node in nodes}
    return Closure(
        nodes,
        closure.extent,
        beyond=closure.beyond,
        filtered=len(closure.nodes) - len(nodes),
        is_limited=closure.is_limited,
        find_edges=lambda: _condensed(closure, by_id),
        find_cuts=lambda: cuts,
    )


def fold(closure: Closure, fold_of: Callable[[NodeId], NodeId]) -> Closure:
    """Return a closure whose nodes are what ``fold_of`` gives for those of another.

    A fold is as near as its nearest member. Edges inside a fold are not shown.
    """
    folds: dict[NodeId, NodeId] = {node.id: fold_of(node.id) for node in closure.nodes}
    members: dict[NodeId, list[ClosureNode]] = {}
    for node in closure.nodes:
        members.setdefault(folds[node.id], []).append(node)
    cuts = frozenset((folds[node], neighbour) for node, neighbour in closure.cuts)
    folded = (
        ClosureNode(
            id=name,
            key=0,
            hops=min(node.hops for node in inside),
            hidden=0,
            members=sum(node.members for node in inside),
        )
        for name, inside in members.items()
    )
    nodes = _recounted(sorted(folded, key=lambda node: node.hops), cuts)
    by_id = {node.id: node for node in nodes}
    return Closure(
        nodes,
        closure.extent,
        beyond=closure.beyond,
        filtered=closure.filtered,
        is_limited=closure.is_limited,
        find_edges=lambda: _between(
            (by_id[folds[edge.source.id]], by_id[folds[edge.target.id]], edge)
            for edge in closure.edges
        ),
        find_cuts=lambda: cuts,
    )


def _cuts(closure: Closure, kept: Container[NodeId]) -> Iterator[Cut]:
    """Yield what was left out beside each node, in the direction that the closure goes."""
    yield from ((node, neighbour) for node, neighbour in closure.cuts if node in kept)
    direction = closure.extent.direction
    for edge in closure.edges:
        source, target = edge.source.id, edge.target.id
        if source in kept and target not in kept and direction is not Direction.UPSTREAM:
            yield source, target
        if target in kept and source not in kept and direction is not Direction.DOWNSTREAM:
            yield target, source


def _recounted(nodes: Iterable[ClosureNode], cuts: Iterable[Cut]) -> list[ClosureNode]:
    counts: defaultdict[NodeId, int] = defaultdict(int)
    for node, _ in cuts:
        counts[node] += 1
    return [replace(node, hidden=counts[node.id]) for node in nodes]


def _condensed(closure: Closure, nodes: dict[NodeId, ClosureNode]) -> Iterator[ClosureEdge]:
    """Yield the edges between shown nodes, then the ways over hidden ones."""
    onward: defaultdict[NodeId, list[ClosureEdge]] = defaultdict(list)
    direct: defaultdict[NodeId, set[NodeId]] = defaultdict(set)
    for edge in closure.edges:
        source, target = edge.source.id, edge.target.id
        if source in nodes and target in nodes:
            direct[source].add(target)
            yield replace(edge, source=nodes[source], target=nodes[target])
        else:
            onward[source].append(edge)
    ways = _Ways(onward, nodes)
    for source, node in nodes.items():
        for target, through in ways.behind(source).items():
            if target not in direct[source] and target != source:
                yield ClosureEdge(node, nodes[target], None, through)


class _Ways:
    """Follows edges over hidden nodes, for so many steps in all."""

    def __init__(
        self, onward: Mapping[NodeId, list[ClosureEdge]], shown: Container[NodeId]
    ) -> None:
        self._onward = onward
        self._shown = shown
        self._steps = MAX_STEPS

    def behind(self, source: NodeId) -> dict[NodeId, int]:
        """Return what is shown behind hidden nodes, and over how few of them."""
        found: dict[NodeId, int] = {}
        start = _Place(source, is_inside=False)
        seen = {start}
        pending = deque([(start, 0)])
        while pending:
            place, through = pending.popleft()
            for target, is_part in self._beside(place):
                if target in self._shown:
                    found.setdefault(target, through)
                    continue
                onto = _Place(target, is_part and target.kind is NodeKind.DATASET)
                if onto not in seen:
                    seen.add(onto)
                    pending.append((onto, through + 1))
        return found

    def _beside(self, place: _Place) -> Iterator[tuple[NodeId, bool]]:
        edges = self._onward.get(place.node, ())
        self._steps -= len(edges)
        if self._steps < 0:
            fix = "ask for fewer hops, or let the filter show more"
            raise InvalidInput("too many ways lead over what the filter hides", fix=fix)
        for edge in edges:
            is_part = _is_part(edge)
            if not (place.is_inside and is_part):
                yield edge.target.id, is_part


def _is_part(edge: ClosureEdge) -> bool:
    """Whether an edge joins the whole of a dataset with a field of it."""
    ends = {edge.source.id.kind, edge.target.id.kind}
    return edge.origin is None and ends == {NodeKind.DATASET, NodeKind.FIELD}


def _between(
    edges: Iterable[tuple[ClosureNode, ClosureNode, ClosureEdge]],
) -> Iterator[ClosureEdge]:
    """Yield one edge for all that lead from one fold to another."""
    found: dict[tuple[NodeId, NodeId], ClosureEdge] = {}
    for source, target, edge in edges:
        if source.id == target.id:
            continue
        key = source.id, target.id
        one = replace(edge, source=source, target=target)
        found[key] = _joined(found[key], one) if key in found else one
    yield from found.values()


def _joined(one: ClosureEdge, other: ClosureEdge) -> ClosureEdge:
    origins = [origin for origin in (one.origin, other.origin) if origin is not None]
    return replace(
        one,
        origin=min(origins, key=ORIGINS.index, default=None),
        through=min(one.through, other.through),
        count=one.count + other.count,
    )
