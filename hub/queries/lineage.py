"""What is known of the edges of a closure, beyond that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select

from hub.domain.names import NodeKind
from hub.graph.closure import Level
from hub.store.tables import column_dependency, column_edge, edge, inference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Table

    from hub.graph.closure import Closure, ClosureNode

# Where several say an edge, the first of these counts.
_ORIGINS = ("OBSERVED", "DECLARED", "INFERRED")
# (source id, target id); at dataset level also whether the job is the target.
_Ends = tuple[int, int, bool]


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
    it.
    """

    origin: str
    first_seen: int
    last_seen: int
    closed_at: int | None
    confidence: float | None
    dependences: tuple[Dependence, ...] = ()

    def joined(self, other: EdgeFacts) -> EdgeFacts:
        """Return what both say together."""
        surer = min(self, other, key=lambda said: _ORIGINS.index(said.origin))
        closings = [at for at in (self.closed_at, other.closed_at) if at is not None]
        return EdgeFacts(
            surer.origin,
            min(self.first_seen, other.first_seen),
            max(self.last_seen, other.last_seen),
            max(closings) if len(closings) == 2 else None,  # noqa: PLR2004 - both are closed
            surer.confidence,
            tuple(dict.fromkeys((*self.dependences, *other.dependences))),
        )


def edge_facts(
    connection: Connection, closure: Closure
) -> dict[tuple[ClosureNode, ClosureNode], EdgeFacts]:
    """Return what is known of each edge; nothing between a dataset as a whole and its fields."""
    by_field = closure.extent.level is Level.FIELD
    found = _between_fields(connection, closure) if by_field else _around_jobs(connection, closure)
    facts: dict[_Ends, EdgeFacts] = {}
    for ends, said in found:
        facts[ends] = facts[ends].joined(said) if ends in facts else said
    known = ((pair, facts.get(_ends(*pair))) for pair in closure.edges)
    return {pair: said for pair, said in known if said is not None}


def _around_jobs(connection: Connection, closure: Closure) -> Iterable[tuple[_Ends, EdgeFacts]]:
    jobs = {node.key for node in closure.nodes if node.id.kind is NodeKind.JOB}
    datasets = {node.key for node in closure.nodes if node.id.kind is NodeKind.DATASET}
    statement = select(edge.c.job_id, edge.c.dataset_id, edge.c.side, *_facts(edge)).where(
        edge.c.job_id.in_(jobs),
        edge.c.dataset_id.in_(datasets),
        _in_force(edge, closure.extent.as_of),
    )
    for job, dataset, side, *facts in connection.execute(statement):
        ends = (dataset, job, True) if side == "in" else (job, dataset, False)
        yield ends, EdgeFacts(*facts)


def _between_fields(connection: Connection, closure: Closure) -> Iterable[tuple[_Ends, EdgeFacts]]:
    fields = {node.key for node in closure.nodes}
    statement = (
        select(
            column_edge.c.source_id,
            column_edge.c.target_id,
            *_facts(column_edge),
            column_dependency.c.job_id,
            column_dependency.c.kind,
            column_dependency.c.subtype,
            column_dependency.c.masking,
            column_dependency.c.description,
        )
        .join(column_dependency, column_dependency.c.id == column_edge.c.dependency_id)
        .where(column_edge.c.target_id.in_(fields), _in_force(column_edge, closure.extent.as_of))
    )
    for source, target, *rest in connection.execute(statement):
        facts = EdgeFacts._make((*rest[:5], (Dependence._make(rest[5:]),)))
        yield (source, target, False), facts


def _facts(table: Table) -> tuple[ColumnElement[Any], ...]:
    confidence = (
        select(func.max(inference.c.confidence))
        .where(inference.c.job_id == table.c.job_id)
        .correlate(table)
        .scalar_subquery()
    )
    return (
        table.c.origin,
        table.c.first_seen,
        table.c.last_seen,
        table.c.closed_at,
        case((table.c.origin == "INFERRED", confidence)),
    )


def _in_force(table: Table, as_of: int | None) -> ColumnElement[bool]:
    if as_of is None:
        return table.c.closed_at.is_(None)
    is_open = table.c.closed_at.is_(None) | (table.c.closed_at > as_of)
    return and_(table.c.opened_at <= as_of, is_open)


def _ends(source: ClosureNode, target: ClosureNode) -> _Ends:
    return source.key, target.key, target.id.kind is NodeKind.JOB
