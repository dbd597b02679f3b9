"""What of a closure was there at an instant: it is walked over all that is known now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, union

from hub.domain.names import DatasetName, JobName, NodeKind
from hub.graph.closure import Level
from hub.graph.condensing import leave_out
from hub.queries.dataset_details import schema_versions_of
from hub.queries.datasets import find_datasets
from hub.queries.jobs import find_jobs
from hub.store.dialect import among
from hub.store.tables import column_node

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from hub.domain.names import NodeId
    from hub.graph.closure import Closure, ClosureNode
    from hub.graph.identities import Identities
    from hub.queries.moments import Moment


def as_it_was(
    connection: Connection, known: Identities, closure: Closure, start: NodeId, moment: Moment
) -> Closure | None:
    """Return a closure from ``start`` without what nothing had named by then; None without that.

    What any edge leads to was there; other nodes are those that were asked about, and fields.
    """
    if moment.as_of is None:
        return closure
    alone, by_field = _alone(closure), closure.extent.level is Level.FIELD
    # Between fields a dataset stands for the whole of them, and is named by edges alone.
    fields = {each.id: each.keys for each in alone if by_field and each.id.kind != NodeKind.JOB}
    others = (each.id for each in alone if each.id not in fields)
    there = {each for each in others if was_there(connection, known, each, moment)}
    there |= _fields_there(connection, fields, moment)
    left = leave_out(closure, {each.id for each in alone} - there)
    is_empty = not left.nodes and not was_there(connection, known, start, moment)
    return None if is_empty else left


def _alone(closure: Closure) -> list[ClosureNode]:
    """Return the nodes that no edge leads to, neither in the answer nor further."""
    by_field = closure.extent.level is Level.FIELD
    found = [each for each in closure.nodes if not each.hidden and (by_field or not each.hops)]
    if not by_field and len(found) == 1 < len(closure.nodes):
        return []
    edges = (each for each in closure.edges if each.origin) if found else ()
    joined = {end.id for each in edges for end in (each.source, each.target)}
    return [each for each in found if each.id not in joined]


def was_there(connection: Connection, known: Identities, node: NodeId, moment: Moment) -> bool:
    """Return whether a dataset or a job had been named by then, under any of its names."""
    if node.kind not in (NodeKind.JOB, NodeKind.DATASET):
        return False
    names = known.of(node.kind).names_of((node.parts[0], node.parts[1]))
    if node.kind is NodeKind.JOB:
        return bool(find_jobs(connection, [JobName(*name) for name in names], moment=moment))
    return bool(find_datasets(connection, [DatasetName(*name) for name in names], moment=moment))


def _fields_there(
    connection: Connection, nodes: Mapping[NodeId, Collection[int]], moment: Moment
) -> set[NodeId]:
    there = fields_there(connection, {key for keys in nodes.values() for key in keys}, moment)
    return {node for node, keys in nodes.items() if not there.isdisjoint(keys)}


def fields_there(connection: Connection, ids: Collection[int], moment: Moment) -> set[int]:
    """Return the fields that a schema had by then, or that an edge had led to or from."""
    if not ids:
        return set()
    columns = column_node.c
    statement = select(columns.id, columns.dataset_id, columns.name)
    is_known = among(columns.id, ids), moment.knows(columns.first_position)
    rows = connection.execute(statement.where(*is_known)).all()
    schemas = schema_versions_of(connection, {row.dataset_id for row in rows}, moment=moment)
    named = {
        (dataset, field.name)
        for dataset, versions in schemas.items()
        for version in versions
        for field in version.fields
    }
    there = {row.id for row in rows if (row.dataset_id, row.name) in named}
    return there | _joined(connection, {row.id for row in rows} - there, moment)


def _joined(connection: Connection, fields: Collection[int], moment: Moment) -> set[int]:
    """Return the fields that an edge had led to or from by then, as edges were known."""
    if not fields:
        return set()
    edges = moment.column_edges()
    had_opened = moment.within(edges.c.opened_at)
    ends = edges.c.source_id, edges.c.target_id
    found = union(*(select(end).where(among(end, fields), had_opened) for end in ends))
    return {*connection.scalars(found)}
