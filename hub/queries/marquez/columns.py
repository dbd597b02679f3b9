"""Column edges as facts: what each field of a dataset is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, or_, select

from hub.store.tables import column_dependency, column_edge, column_node, field

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection


class Dependence(NamedTuple):
    """That one field, by the store's id, is made from another, and how; both may be ``""``."""

    target_id: int
    source_id: int
    kind: str
    subtype: str


def dependences_of_datasets(connection: Connection, datasets: Collection[int]) -> list[Dependence]:
    """Return what holds now of the fields of datasets."""
    fields = select(column_node.c.id).where(column_node.c.dataset_id.in_(datasets))
    statement = (
        select(
            column_edge.c.target_id,
            column_edge.c.source_id,
            column_dependency.c.kind,
            column_dependency.c.subtype,
        )
        .join(column_dependency, column_dependency.c.id == column_edge.c.dependency_id)
        .where(column_edge.c.target_id.in_(fields), column_edge.c.closed_at.is_(None))
        .distinct()
    )
    return [Dependence._make(row) for row in connection.execute(statement)]


def field_types(connection: Connection, fields: Collection[int]) -> dict[int, str]:
    """Return the type of each field that the schema in force has, by the store's id."""
    is_of = (field.c.dataset_id == column_node.c.dataset_id) & (field.c.name == column_node.c.name)
    statement = (
        select(column_node.c.id, field.c.type)
        .join(field, is_of)
        .where(column_node.c.id.in_(fields), field.c.type.is_not(None))
    )
    return {row.id: row.type for row in connection.execute(statement)}


def dependences_between(
    connection: Connection, fields: Collection[int], as_of: int | None
) -> list[Dependence]:
    """Return what holds among fields, now or at an instant of event time."""
    edge = column_edge.c
    holds: ColumnElement[bool] = edge.closed_at.is_(None)
    if as_of is not None:
        holds = and_(edge.opened_at <= as_of, or_(holds, edge.closed_at > as_of))
    statement = (
        select(
            edge.target_id, edge.source_id, column_dependency.c.kind, column_dependency.c.subtype
        )
        .join(column_dependency, column_dependency.c.id == edge.dependency_id)
        .where(edge.target_id.in_(fields), edge.source_id.in_(fields), holds)
        .distinct()
    )
    return [Dependence._make(row) for row in connection.execute(statement)]


def fields_made_by(connection: Connection, job_id: int) -> set[int]:
    """Return the fields that a job makes out of others, by the store's ids."""
    statement = select(column_edge.c.target_id).where(
        column_edge.c.job_id == job_id, column_edge.c.closed_at.is_(None)
    )
    return set(connection.scalars(statement))
