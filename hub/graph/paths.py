"""The shortest way on which data flows from one node to another.

Of several that are equally short, that one is found whose last node comes first by name; of those,
the one whose last but one does; and so on to the beginning.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.domain.errors import InvalidInput
from hub.domain.lineage.surety import ORIGINS
from hub.domain.names import NodeId, NodeKind
from hub.graph.adjacency import distinct
from hub.graph.closure import (
    Closure,
    ClosureEdge,
    ClosureNode,
    Level,
    check_start,
    fields_of,
    node_of,
)
from hub.graph.fields import NOTHING
from hub.graph.walk import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.graph.closure import Extent
    from hub.graph.edges import Nodes
    from hub.graph.fields import Fields
    from hub.graph.index import DatasetGraph, FieldGraph, LineageIndex
    from hub.graph.view import View

    Hops = NDArray[np.int32]
    Choose = Callable[[Nodes], int]


class Step(NamedTuple):
    """A node of a way, and whether it was reached from within its dataset, over no edge."""

    node: int
    is_inside: bool = False


def find_path(
    connection: Connection, index: LineageIndex, source: NodeId, target: NodeId, extent: Extent
) -> Closure | None:
    """Return the shortest way from ``source`` to ``target``, in its order.

    None where there is none, or no event has named one of them. Of the extent, level, times and
    origins count.

    Raises:
        InvalidInput: one of them has no lineage at that level.

    """
    for end in (source, target):
        check_start(end, extent.level)
    if extent.level is Level.DATASET:
        return _between_datasets(connection, index, source, target, extent)
    if NodeKind.JOB in (source.kind, target.kind):
        fix = "ask for a field or a dataset, or at level DATASET"
        raise InvalidInput("no way between fields leads from or to a job", fix=fix)
    return _between_fields(connection, index, source, target, extent)


def shortest_path(view: View, start: Nodes, goal: Nodes, first: Choose) -> list[Step] | None:
    """Return a shortest way from any of ``start`` to any of ``goal``; None where there is none.

    Of several, ``first`` chooses, going back from the goal.
    """
    hops = _unreached(view.size, start, goal)
    hops[start] = hop = 0
    frontier = start
    while len(frontier) and (hops[goal] == NOTHING).all():
        hop += 1
        scans = view.scan(frontier, is_upstream=False)
        frontier = distinct(joined([_reach(hops, scan.far, hop) for scan in scans]))
    return _trace(view, hops, goal, first)


def shortest_field_path(
    view: View, fields: Fields, start: Nodes, goal: Nodes, first: Choose
) -> list[Step] | None:
    """Return the same between fields, where a dataset as a whole counts for its fields.

    A field follows the edges of the whole of its dataset too. A whole that an edge leads to opens
    the fields of its dataset; one that a field has led to does not.
    """
    hops = _unreached(max(view.size, fields.size), start, goal)
    hops[start] = hop = 0
    # At which hop an edge first led to each whole.
    entered = np.full_like(hops, NOTHING)
    frontier = start
    while len(frontier) and (hops[goal] == NOTHING).all():
        wholes = fields.whole_of(frontier)
        wholes = _reach(hops, wholes.compress(wholes != NOTHING), hop)
        hop += 1
        found = []
        for scan in view.scan(distinct(joined([frontier, wholes])), is_upstream=False):
            is_whole = fields.is_whole.take(scan.far)
            opened = _reach(entered, scan.far.compress(is_whole), hop)
            found.append(_reach(hops, scan.far, hop))
            for whole in distinct(opened).tolist():
                members = fields.known(fields.members(whole), view.sight.known_at)
                found.append(_reach(hops, members, hop))
        frontier = distinct(joined(found))
    return _trace(view, hops, goal, first, start, fields)


def _between_datasets(
    connection: Connection, index: LineageIndex, source: NodeId, target: NodeId, extent: Extent
) -> Closure | None:
    graph = index.datasets(connection, with_history=extent.known_at is not None)
    known = graph.identities
    start, goal = (node_of(connection, known, end, extent.known_at) for end in (source, target))
    if start is None or goal is None:
        return None
    view = graph.seen(extent.sight)
    begin, end = (np.array([node], dtype=np.int32) for node in (start, goal))
    steps = shortest_path(view, begin, end, _by_name(connection, graph))
    return _path(view, steps, graph.name(connection, _nodes(steps)), extent, graph)


def _between_fields(
    connection: Connection, index: LineageIndex, source: NodeId, target: NodeId, extent: Extent
) -> Closure | None:
    graph = index.fields(connection, with_history=extent.known_at is not None)
    fields = graph.fields
    start, goal = (fields_of(connection, graph, end, extent.known_at) for end in (source, target))
    if start is None or goal is None:
        return None
    view = graph.seen(extent.sight)
    start, goal = (fields.known(each, extent.known_at) for each in (start, goal))
    steps = shortest_field_path(view, fields, start, goal, _by_name(connection, graph))
    return _path(view, steps, graph.name(connection, _nodes(steps)), extent, graph)


def _nodes(steps: Sequence[Step] | None) -> Nodes:
    return np.array([step.node for step in steps or ()], dtype=np.int32)


def _by_name(connection: Connection, graph: DatasetGraph | FieldGraph) -> Choose:
    """Return what chooses the node whose name comes first: the same in every store."""

    def first(nodes: Nodes) -> int:
        if len(nodes) == 1:
            return int(nodes[0])
        named = zip(graph.name(connection, nodes), nodes.tolist(), strict=True)
        chosen: int = min((name is None, name.parts if name else (), n) for name, n in named)[-1]
        return chosen

    return first


def _unreached(size: int, start: Nodes, goal: Nodes) -> Hops:
    """Return how far each node is from the start: none has been reached."""
    ends = (int(each.max(initial=0)) + 1 for each in (start, goal))
    return np.full(max(size, *ends), NOTHING, dtype=np.int32)


def _reach(hops: Hops, nodes: Nodes, hop: int) -> Nodes:
    """Note how far nodes are that had not been reached; return those."""
    found = nodes.compress(hops.take(nodes) == NOTHING)
    hops[found] = hop
    return found


def _trace(
    view: View,
    hops: Hops,
    goal: Nodes,
    first: Choose,
    start: Nodes | None = None,
    fields: Fields | None = None,
) -> list[Step] | None:
    """Go back from a goal that was reached to where the way began.

    Between fields, what no edge leads to from one hop less was reached from within its dataset.
    """
    reached = goal.compress(hops.take(goal) != NOTHING)
    if not len(reached):
        return None
    hop = int(hops.take(reached).min())
    node = first(distinct(reached.compress(hops.take(reached) == hop)))
    steps = []
    while hop or (start is not None and node not in start):
        near = _before(view, hops, node, hop)
        is_inside = not len(near)
        if fields is not None and is_inside:
            near = _inside(fields, hops, node, hop)
        steps.append(Step(node, is_inside))
        node = first(near)
        hop -= not is_inside
    return [Step(node), *reversed(steps)]


def _before(view: View, hops: Hops, node: int, hop: int) -> Nodes:
    """Return from where edges lead to a node that is so many hops away, by one hop less."""
    scans = view.scan(np.array([node], dtype=np.int32), is_upstream=True)
    near = distinct(joined([scan.far for scan in scans]))
    found = hops.take(near)
    return near.compress((found == hop - 1) & (found != NOTHING))


def _inside(fields: Fields, hops: Hops, node: int, hop: int) -> Nodes:
    """Return from where within its dataset a node was reached, so many hops away."""
    if not fields.is_whole[node]:
        return fields.whole_of(np.array([node], dtype=np.int32))
    members = fields.members(node)
    return members.compress(hops.take(members) == hop)


def _path(
    view: View,
    steps: list[Step] | None,
    names: Sequence[NodeId | None],
    extent: Extent,
    graph: DatasetGraph | FieldGraph,
) -> Closure | None:
    known = [name for name in names if name is not None]
    # The index may know what this connection's snapshot does not know yet.
    if steps is None or len(known) < len(steps):
        return None
    origins = [_origin(view, near.node, far) for near, far in pairwise(steps)]
    hops = _hops(known, origins)
    is_between_datasets = extent.level is Level.DATASET
    made = [
        ClosureNode(
            name,
            step.node // 2 if is_between_datasets else step.node,
            hop,
            0,
            others=graph.others(step.node),
        )
        for step, name, hop in zip(steps, known, hops, strict=True)
    ]
    edges = [
        ClosureEdge(near, far, origin)
        for (near, far), origin in zip(pairwise(made), origins, strict=True)
    ]
    return Closure(made, extent, beyond=0, find_edges=lambda: edges, find_cuts=lambda: ())


def _origin(view: View, near: int, step: Step) -> str | None:
    """Return the surest origin of the edge that a step goes over, if it goes over one."""
    if step.is_inside:
        return None
    scans = view.scan(np.array([near], dtype=np.int32), is_upstream=False)
    return ORIGINS[
        min(scan.origin.compress(scan.far == step.node).min(initial=len(ORIGINS)) for scan in scans)
    ]


def _hops(names: Sequence[NodeId], origins: Sequence[str | None]) -> Iterator[int]:
    """Yield how far each node of a way is from its begin, as in a closure."""
    hop = 0
    yield hop
    for place, (before, origin) in enumerate(zip(names, origins, strict=False)):
        is_halfway = before.kind is NodeKind.JOB and place > 0
        hop += origin is not None and not is_halfway
        yield hop
