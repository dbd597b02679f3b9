"""When incidents and breaches of SLOs that are about a thing began, and when they were over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct, json
from sqlalchemy import Select, and_, func, select, union

from hub.domain.names import NodeKind, node_id
from hub.queries.datasets import datasets_by_id
from hub.queries.happenings import Happening, HappeningKind, Trouble, place_of
from hub.queries.incidents import ONSET
from hub.queries.jobs import jobs_by_id
from hub.queries.pages import follows
from hub.queries.selections import Grouped
from hub.store.tables import incident, incident_signal, signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.queries.moments import Moment
    from hub.queries.pages import PageRequest


class _Titled(Struct):
    """As much of a signal as is told."""

    title: str


class _End(NamedTuple):
    """The beginning or the end of a trouble: when it was, and when the hub knew."""

    kind: HappeningKind
    at: ColumnElement[Any]
    known_at: ColumnElement[Any]


_OF_INCIDENTS = (
    _End(HappeningKind.INCIDENT_OPENED, ONSET, incident.c.opened_at),
    _End(
        HappeningKind.INCIDENT_RESOLVED,
        func.coalesce(incident.c.healed_at, incident.c.resolved_at),
        incident.c.resolved_at,
    ),
)
_OF_SLOS = (
    _End(HappeningKind.SLO_BROKEN, signal.c.onset_at, signal.c.raised_at),
    _End(HappeningKind.SLO_MET, signal.c.cleared_at, signal.c.cleared_at),
)


def troubles_of(
    connection: Connection,
    kind: NodeKind,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
) -> list[Grouped[Happening]]:
    """Return when incidents of datasets or jobs, and breaches of their SLOs, began and ended.

    An incident is of what it began in, and of what any of its signals is about. It began and ended
    by event time; where nothing that passed has ended it, and for SLOs, by the hub's clock.
    """
    load = jobs_by_id if kind is NodeKind.JOB else datasets_by_id
    nodes = {node_id(kind, *row.key): key for key, row in load(connection, ids).items()}
    if not nodes:
        return []
    touched = _touched(kind, [*nodes]).subquery()
    incidents = select(touched.c.node, incident.c.id, incident.c.title).join_from(
        touched, incident, incident.c.id == touched.c.incident_id
    )
    breaches = select(signal.c.subject.label("node"), signal.c.id, signal.c.body, signal.c.slo)
    breaches = breaches.where(signal.c.subject.in_(nodes), signal.c.slo.is_not(None))
    found: list[Grouped[Happening]] = []
    for end in (*_OF_INCIDENTS, *_OF_SLOS):
        is_incident = end in _OF_INCIDENTS
        key = incident.c.id if is_incident else signal.c.id
        statement = _page(incidents if is_incident else breaches, key, end, request, moment)
        happenings: Grouped[Happening] = {}
        for row in connection.execute(statement):
            said = (
                Trouble(row.id, row.title)
                if is_incident
                else Trouble(row.slo, json.decode(row.body, type=_Titled).title)
            )
            happening = Happening(row.at, end.kind, (row.id,), said)
            happenings.setdefault(nodes[row.node], []).append(happening)
        found.append(happenings)
    return found


def _touched(kind: NodeKind, nodes: list[str]) -> Any:  # noqa: ANN401 - a compound of statements
    """Select which incidents are of which nodes."""
    began = [incident.c.root, incident.c.job] if kind is NodeKind.JOB else [incident.c.root]
    return union(
        *(
            select(column.label("node"), incident.c.id.label("incident_id")).where(
                column.in_(nodes)
            )
            for column in began
        ),
        select(signal.c.subject, incident_signal.c.incident_id)
        .join(incident_signal, incident_signal.c.signal_id == signal.c.id)
        .where(signal.c.subject.in_(nodes)),
    )


def _page(
    chosen: Select[Any], key: ColumnElement[Any], end: _End, request: PageRequest, moment: Moment
) -> Select[Any]:
    """Select as many of each node as a page may show, the newest first."""
    conditions = [end.at.is_not(None), moment.within(end.at)]
    if moment.known_at is not None:
        conditions.append(end.known_at <= moment.known_at)
    order = (end.at, key)
    place = place_of(request, end.kind)
    if place is not None:
        conditions.append(follows(order, place, descending=True))
    node = chosen.selected_columns["node"]
    rank = func.row_number().over(partition_by=node, order_by=[each.desc() for each in order])
    columns = end.at.label("at"), rank.label("rank")
    ranked: FromClause = chosen.add_columns(*columns).where(and_(*conditions)).subquery()
    return select(ranked).where(ranked.c.rank <= request.first + 1)
