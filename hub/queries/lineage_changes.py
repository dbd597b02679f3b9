"""What has changed in lineage between two moments: two answers, compared."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.errors import InvalidInput
from hub.queries.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from hub.domain.names import NodeId
    from hub.graph.closure import Closure, ClosureEdge, ClosureNode
    from hub.queries.moments import Moment
    from hub.store.journal import Journal

    Ends = tuple[NodeId, NodeId]


class Clock(StrEnum):
    """On which clock two moments lie: when things happened, or when the hub learnt of them."""

    EVENT = "EVENT"
    KNOWLEDGE = "KNOWLEDGE"


class EdgeChange(NamedTuple):
    """An edge that is in both answers, and is not the same."""

    before: ClosureEdge
    after: ClosureEdge


class Changes:
    """What two answers differ in; None stands for an answer without anything.

    Nodes and edges are the same where their ids are: how far a node is makes no difference.
    """

    def __init__(self, before: Closure | None, after: Closure | None) -> None:
        self._nodes = tuple(_nodes(each) for each in (before, after))
        self._edges = tuple(_edges(each) for each in (before, after))

    @property
    def added_nodes(self) -> list[ClosureNode]:
        """What is in the later answer alone."""
        before, after = self._nodes
        return [node for name, node in after.items() if name not in before]

    @property
    def removed_nodes(self) -> list[ClosureNode]:
        """What is in the earlier answer alone."""
        before, after = self._nodes
        return [node for name, node in before.items() if name not in after]

    @property
    def added_edges(self) -> list[ClosureEdge]:
        """What flows in the later answer alone."""
        before, after = self._edges
        return [edge for ends, edge in after.items() if ends not in before]

    @property
    def removed_edges(self) -> list[ClosureEdge]:
        """What flows in the earlier answer alone."""
        before, after = self._edges
        return [edge for ends, edge in before.items() if ends not in after]

    @cached_property
    def changed_edges(self) -> list[EdgeChange]:
        """What flows in both, of another origin, over fewer or more hidden nodes, or in others."""
        before, after = self._edges
        pairs = [EdgeChange(before[ends], edge) for ends, edge in after.items() if ends in before]
        return [pair for pair in pairs if _what(pair.before) != _what(pair.after)]


def two_moments(
    connection: Connection,
    journal: Journal,
    clock: Clock,
    between: tuple[int, int | None],
    still: Moment,
) -> tuple[Moment, Moment]:
    """Return the moments at two instants of a clock, while the other clock stands ``still``.

    Without a second instant, the later one is now.

    Raises:
        InvalidInput: the clock that is compared was told to stand still too.

    """
    compared = still.as_of if clock is Clock.EVENT else still.known_at
    if compared is not None:
        name = "asOf" if clock is Clock.EVENT else "knownAt"
        message = f"{name} is of the clock that is compared"
        raise InvalidInput(message, fix=f"leave {name} out, or compare the other clock")

    def at(instant: int | None) -> Moment:
        is_event = clock is Clock.EVENT
        as_of, known_at = (instant, still.known_at) if is_event else (still.as_of, instant)
        return moment(connection, journal, as_of, known_at)

    begin, end = between
    return at(begin), at(end)


def _nodes(closure: Closure | None) -> dict[NodeId, ClosureNode]:
    return {node.id: node for node in closure.nodes} if closure else {}


def _edges(closure: Closure | None) -> dict[Ends, ClosureEdge]:
    edges: Iterable[ClosureEdge] = closure.edges if closure else ()
    return {(edge.source.id, edge.target.id): edge for edge in edges}


def _what(edge: ClosureEdge) -> tuple[str | None, int, int]:
    return edge.origin, edge.through, edge.count
