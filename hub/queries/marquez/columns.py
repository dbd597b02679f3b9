"""Column edges as facts: what each field of a dataset is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from hub.queries.moments import NOW
from hub.store.tables import column_dependency, column_node, field

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, FromClause, Select

    from hub.queries.moments import Moment


class Dependence(NamedTuple):
    """That one field, by the store's id, is made from another, and how; both may be ``""``."""

    target_id: int
    source_id: int
    kind: str
    subtype: str


def dependences_of_datasets(
    connection: Connection, datasets: Collection[int], *, moment: Moment = NOW
) -> list[Dependence]:
    """Return what holds of the fields of datasets, or held then."""
    edges = moment.column_edges()
    fields = select(column_node.c.id).where(column_node.c.dataset_id.in_(datasets))
    statement = _dependences(edges).where(edges.c.target_id.in_(fields), moment.holds(edges))
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
    connection: Connection, fields: Collection[int], *, moment: Moment = NOW
) -> list[Dependence]:
    """Return what holds among fields, or held then."""
    edges = moment.column_edges()
    is_among = edges.c.target_id.in_(fields), edges.c.source_id.in_(fields)
    statement = _dependences(edges).where(*is_among, moment.holds(edges))
    return [Dependence._make(row) for row in connection.execute(statement)]


def _dependences(edges: FromClause) -> Select[Any]:
    dependency = column_dependency.c
    return (
        select(edges.c.target_id, edges.c.source_id, dependency.kind, dependency.subtype)
        .join(column_dependency, dependency.id == edges.c.dependency_id)
        .distinct()
    )


def fields_made_by(connection: Connection, job_id: int, *, moment: Moment = NOW) -> set[int]:
    """Return the fields that a job makes out of others, or made then, by the store's ids."""
    edges = moment.column_edges()
    made = select(edges.c.target_id).where(edges.c.job_id == job_id, moment.holds(edges))
    return set(connection.scalars(made))
