"""What is known of the edges of a closure, beyond that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, null, select

from hub.domain.lineage.surety import INFERRED, ORIGINS, Surety
from hub.domain.names import NodeKind
from hub.graph.closure import Level
from hub.store.tables import (
    column_dependency,
    column_edge,
    column_edge_history,
    edge,
    edge_history,
    inference,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, FromClause, Table

    from hub.graph.closure import Closure, ClosureEdge, ClosureNode, Extent

# (source id, target id); at dataset level also whether the job is the target.
Ends = tuple[int, int, bool]


class Dependence(NamedTuple):
    """A way in which a job (by the store's id) makes one field out of another."""

    job_id: int
    kind: str
    subtype: str
    masking: bool
    description: str


class EdgeFacts(NamedTuple):
    """What is known of an edge, over all that say it. Instants are event time.

    ``origin`` is OBSERVED where any run has shown it, else DECLARED where anybody has declared it,
    else INFERRED, with a ``confidence`` (0 to 1). ``closed_at`` is null while anything still says
    it. When it was seen, as that was known at some position, is not kept.
    """

    origin: str
    first_seen: int | None
    last_seen: int | None
    closed_at: int | None
    confidence: float | None
    dependences: tuple[Dependence, ...] = ()

    def joined(self, other: EdgeFacts) -> EdgeFacts:
        """Return what both say together."""
        surer = min(self, other, key=lambda said: ORIGINS.index(said.origin))
        firsts, lasts, closings = (
            [at for at in pair if at is not None]
            for pair in zip(self[1:4], other[1:4], strict=True)
        )
        return EdgeFacts(
            surer.origin,
            min(firsts, default=None),
            max(lasts, default=None),
            max(closings) if len(closings) == 2 else None,  # noqa: PLR2004 - both are closed
            surer.confidence,
            tuple(dict.fromkeys((*self.dependences, *other.dependences))),
        )


def edge_facts(connection: Connection, closure: Closure) -> dict[Ends, EdgeFacts]:
    """Return what is known of edges between the nodes of a closure, by ``ends_of`` them.

    Nothing is known between a dataset as a whole and its fields.
    """
    by_field = closure.extent.level is Level.FIELD
    found = _between_fields(connection, closure) if by_field else _around_jobs(connection, closure)
    facts: dict[Ends, EdgeFacts] = {}
    for ends, said in found:
        facts[ends] = facts[ends].joined(said) if ends in facts else said
    return facts


def inferred_facts(connection: Connection, closure: Closure) -> dict[Ends, EdgeFacts]:
    """Return ``edge_facts`` where any edge of a closure is inferred; else nothing is to be read."""
    is_inferred = any(edge.origin == INFERRED for edge in closure.edges)
    return edge_facts(connection, closure) if is_inferred else {}


def surety_of(facts: Mapping[Ends, EdgeFacts], edge: ClosureEdge) -> Surety:
    """Return how sure an edge is, as far as facts tell of it."""
    said = facts.get(ends_of(edge))
    return Surety(edge.origin, said.confidence if said else None)


def ends_of(edge: ClosureEdge) -> Ends:
    """Return what ``edge_facts`` knows an edge by."""
    target = edge.target
    return edge.source.key, target.key, target.id.kind is NodeKind.JOB


def _around_jobs(connection: Connection, closure: Closure) -> Iterable[tuple[Ends, EdgeFacts]]:
    jobs = _shown(node for node in closure.nodes if node.id.kind is NodeKind.JOB)
    datasets = _shown(node for node in closure.nodes if node.id.kind is NodeKind.DATASET)
    for table in _tables(closure.extent, edge, edge_history):
        statement = select(table.c.job_id, table.c.dataset_id, table.c.side, *_facts(table)).where(
            table.c.job_id.in_(jobs),
            table.c.dataset_id.in_(datasets),
            _counts(table, closure.extent),
        )
        for job_id, dataset_id, side, *facts in connection.execute(statement):
            job, dataset = jobs[job_id], datasets[dataset_id]
            ends = (dataset, job, True) if side == "in" else (job, dataset, False)
            yield ends, EdgeFacts(*facts)


def _between_fields(connection: Connection, closure: Closure) -> Iterable[tuple[Ends, EdgeFacts]]:
    fields = _shown(closure.nodes)
    for table in _tables(closure.extent, column_edge, column_edge_history):
        statement = (
            select(
                table.c.source_id,
                table.c.target_id,
                *_facts(table),
                column_dependency.c.job_id,
                column_dependency.c.kind,
                column_dependency.c.subtype,
                column_dependency.c.masking,
                column_dependency.c.description,
            )
            .join(column_dependency, column_dependency.c.id == table.c.dependency_id)
            .where(table.c.target_id.in_(fields), _counts(table, closure.extent))
        )
        for source, target, *rest in connection.execute(statement):
            facts = EdgeFacts._make((*rest[:5], (Dependence._make(rest[5:]),)))
            yield (fields.get(source, source), fields[target], False), facts


def _shown(nodes: Iterable[ClosureNode]) -> dict[int, int]:
    """Return, for all ids of nodes, the one that stands for each node."""
    return {key: node.key for node in nodes for key in node.keys}


def _tables(extent: Extent, current: Table, history: Table) -> tuple[Table, ...]:
    return (current,) if extent.known_at is None else (current, history)


def confidence_of(edges: FromClause) -> ColumnElement[float]:
    """Select how sure what is inferred of the job of an edge is."""
    return (
        select(func.max(inference.c.confidence))
        .where(inference.c.job_id == edges.c.job_id)
        .correlate(edges)
        .scalar_subquery()
    )


def _facts(table: Table) -> tuple[ColumnElement[Any], ...]:
    return (
        table.c.origin,
        table.c.get("first_seen", null()),
        table.c.get("last_seen", null()),
        table.c.closed_at,
        case((table.c.origin == INFERRED, confidence_of(table))),
    )


def _counts(table: Table, extent: Extent) -> ColumnElement[bool]:
    """Return the condition that an interval is what the closure was asked for."""
    conditions: list[ColumnElement[bool]] = [table.c.origin.in_(extent.origins)]
    if extent.as_of is None:
        conditions.append(table.c.closed_at.is_(None))
    else:
        is_open = table.c.closed_at.is_(None) | (table.c.closed_at > extent.as_of)
        conditions += [table.c.opened_at <= extent.as_of, is_open]
    if extent.known_at is not None and "revision" in table.c:
        conditions.append(table.c.revision <= extent.known_at)
    elif extent.known_at is not None:
        conditions.append(table.c.known_from <= extent.known_at)
        conditions.append(table.c.known_until > extent.known_at)
    return and_(*conditions)
