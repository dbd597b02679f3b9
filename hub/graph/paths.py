"""The shortest way on which data flows from one node to another.

Of several that are equally short, one is found: the same each time, until a rebuild.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

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
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.graph.closure import Extent
    from hub.graph.edges import Nodes
    from hub.graph.fields import Fields
    from hub.graph.index import DatasetGraph, FieldGraph, LineageIndex
    from hub.graph.view import View

    Came = NDArray[np.int32]

# Where a way begins, in place of the node that it came from.
_START: Final = -2
# What was reached from within its dataset, from node n over no edge, has ``_INSIDE - n`` there.
_INSIDE: Final = -3


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


def shortest_path(view: View, start: Nodes, goal: Nodes) -> list[Step] | None:
    """Return a shortest way from any of ``start`` to any of ``goal``; None where there is none."""
    came = _nowhere(view.size, start, goal)
    came[start] = _START
    frontier = start
    while len(frontier) and (came[goal] == NOTHING).all():
        scans = view.scan(frontier, is_upstream=False)
        frontier = distinct(joined([_mark(came, scan.near, scan.far) for scan in scans]))
    return _trace(came, came, goal)


def shortest_field_path(view: View, fields: Fields, start: Nodes, goal: Nodes) -> list[Step] | None:
    """Return the same between fields, where a dataset as a whole counts for its fields.

    A field follows the edges of the whole of its dataset too. A whole that an edge leads to opens
    the fields of its dataset; one that a field has led to does not.
    """
    came = _nowhere(max(view.size, fields.size), start, goal)
    came[start] = _START
    # From where an edge first led to each whole.
    entered = np.full_like(came, NOTHING)
    frontier = start
    while len(frontier) and (came[goal] == NOTHING).all():
        wholes = fields.whole_of(frontier)
        counts = (wholes != NOTHING) & (came.take(wholes) == NOTHING)
        wholes = _mark(came, _INSIDE - frontier.compress(counts), wholes.compress(counts))
        found = []
        for scan in view.scan(distinct(joined([frontier, wholes])), is_upstream=False):
            is_whole = fields.is_whole.take(scan.far)
            opened = _mark(entered, scan.near.compress(is_whole), scan.far.compress(is_whole))
            found.append(_mark(came, scan.near, scan.far))
            for whole in distinct(opened).tolist():
                members = fields.known(fields.members(whole), view.sight.known_at)
                found.append(_mark(came, np.full_like(members, _INSIDE - whole), members))
        frontier = distinct(joined(found))
    return _trace(came, entered, goal)


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
    steps = shortest_path(view, begin, end)
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
    steps = shortest_field_path(view, fields, start, goal)
    return _path(view, steps, graph.name(connection, _nodes(steps)), extent, graph)


def _nodes(steps: Sequence[Step] | None) -> Nodes:
    return np.array([step.node for step in steps or ()], dtype=np.int32)


def _nowhere(size: int, start: Nodes, goal: Nodes) -> Came:
    """Return from where each node was reached: none has been."""
    ends = (int(each.max(initial=0)) + 1 for each in (start, goal))
    return np.full(max(size, *ends), NOTHING, dtype=np.int32)


def _mark(came: Came, near: Nodes, far: Nodes) -> Nodes:
    """Note from where nodes were reached that had not been; return those."""
    is_new = came.take(far) == NOTHING
    near, far = near.compress(is_new), far.compress(is_new)
    # Of several ways to a node the first one counts, which is written last.
    came[far[::-1]] = near[::-1]
    return far


def _trace(came: Came, entered: Came, goal: Nodes) -> list[Step] | None:
    """Go back from a goal that was reached to where the way began."""
    reached = goal.compress(came.take(goal) != NOTHING)
    if not len(reached):
        return None
    node = int(reached[0])
    steps = []
    while (before := int(came[node])) != _START:
        is_inside = before <= _INSIDE
        steps.append(Step(node, is_inside))
        node = _INSIDE - before if is_inside else before
        if is_inside and entered[node] != NOTHING:
            # A whole that has opened its fields.
            steps.append(Step(node))
            node = int(entered[node])
    return [Step(node), *reversed(steps)]


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
