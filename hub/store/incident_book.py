"""Reading the open incidents with their signals back, as route left them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import and_, bindparam, func, select

from hub.domain.catalog import Owner, OwnerKind, Severity
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.book import REMEMBERED_MICROS, HealedRoot, IncidentBook
from hub.domain.incidents.incident import (
    Explanation,
    Flapping,
    Incident,
    IncidentState,
    Role,
    Telling,
)
from hub.domain.incidents.signals import Signal
from hub.store.tables import incident, incident_signal, signal

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row, Select


def load_book(connection: Connection, *, now: int) -> IncidentBook:
    """Return every incident that is not resolved with all signals of theirs, and those over lately.

    Signals that belong to no incident are left out: route meets them in the journal.
    """
    is_resolved = incident.c.state == IncidentState.RESOLVED.value
    open_rows = connection.execute(select(incident).where(~is_resolved))
    book = IncidentBook()
    for row in open_rows:
        book.put(_incident(row))
    for row in connection.execute(_members(~is_resolved)):
        if row.signal_id not in book.signals:
            book.add(_signal(row.body))
        book.attach(row.signal_id, row.incident_id, Role(row.role), row.cause_id)
        if row.cleared_at is not None:
            book.clear(row.signal_id, row.healed_at)
    is_lately = incident.c.resolved_at > now - REMEMBERED_MICROS
    is_healed = and_(is_resolved, is_lately, incident.c.merged_into.is_(None))
    roots: dict[str, list[HealedRoot]] = {}
    consequences: dict[str, list[Signal]] = {}
    for row in connection.execute(_members(is_healed)):
        if row.role == Role.ROOT.value:
            root = HealedRoot(_signal(row.body), row.healed_at)
            roots.setdefault(row.incident_id, []).append(root)
        elif row.cleared_at is None:
            consequences.setdefault(row.incident_id, []).append(_signal(row.body))
    lately = select(incident).where(is_healed).order_by(incident.c.resolved_at, incident.c.id)
    for row in connection.execute(lately):
        key = row.id
        book.recall(_incident(row), roots.get(key, ()), consequences.get(key, ()))
    return book


def _members(which: ColumnElement[bool]) -> Select[Any]:
    """Select the signals of incidents, in the order in which they came."""
    columns = incident_signal.c
    return (
        select(
            columns.incident_id,
            columns.signal_id,
            columns.role,
            columns.cause_id,
            signal.c.body,
            signal.c.cleared_at,
            signal.c.healed_at,
        )
        .join(signal, signal.c.id == columns.signal_id)
        .join(incident, incident.c.id == columns.incident_id)
        .where(which)
        .order_by(signal.c.position, columns.position)
    )


def _signal(body: bytes) -> Signal:
    return msgspec.json.decode(body, type=Signal)


def find_incident(connection: Connection, incident_id: str) -> Incident | None:
    """Return an incident, open or not."""
    row = connection.execute(select(incident).where(incident.c.id == incident_id)).first()
    return None if row is None else _incident(row)


def open_signals(connection: Connection) -> list[Signal]:
    """Return every signal that has not cleared, in the order in which they were raised."""
    statement = select(signal.c.body).where(signal.c.cleared_at.is_(None))
    rows = connection.execute(statement.order_by(signal.c.position))
    return [msgspec.json.decode(row.body, type=Signal) for row in rows]


def root_signals(connection: Connection, incident_id: str) -> list[Signal]:
    """Return what an incident is about, in the order in which it was raised."""
    statement = (
        select(signal.c.body)
        .join(incident_signal, incident_signal.c.signal_id == signal.c.id)
        .where(
            incident_signal.c.incident_id == incident_id,
            incident_signal.c.role == Role.ROOT.value,
        )
        .order_by(signal.c.position)
    )
    return [_signal(body) for body in connection.scalars(statement)]


def nodes_told_of(connection: Connection) -> set[str]:
    """Return the node ids of all that open incidents, and all signals, are about."""
    is_open = incident.c.state != IncidentState.RESOLVED.value
    nodes = {*connection.scalars(select(incident.c.root).where(is_open))}
    for each in map(_signal, connection.scalars(select(signal.c.body))):
        nodes.update(filter(None, (each.job, each.changed_by)), each.datasets, each.inputs)
    return nodes


def healed_at(connection: Connection, signal_id: str) -> int | None:
    """Return when the last root of a signal healed, if it has any and all of them have.

    In each of its incidents that is the root that explains it, whether others last or not. It is an
    event time; where somebody ended the incident, it is when they did.
    """
    incidents = connection.scalars(_HOMES, {"signal": signal_id}).all()
    found = [_root_healed_at(connection, key, signal_id) for key in incidents]
    return max((at for at in found if at is not None), default=None) if all(found) else None


def _root_healed_at(connection: Connection, incident_id: str, signal_id: str) -> int | None:
    """Return when the root healed that explains a signal in an incident."""
    key: str | None = signal_id
    seen: set[str] = set()
    while key is not None and key not in seen:
        seen.add(key)
        row = connection.execute(_PLACE, {"incident": incident_id, "signal": key}).first()
        if row is None:
            break
        if row.role == Role.ROOT.value:
            healed_at: int | None = row.healed_at
            return healed_at
        key = row.cause_id
    over_at: int | None = connection.scalar(_OVER_AT, {"incident": incident_id})
    return over_at


def is_told(connection: Connection, signal_id: str) -> bool:
    """Whether a signal is a root of an incident that is not over."""
    return connection.scalar(_TOLD, {"signal": signal_id}) is not None


def held_back(connection: Connection, incident_id: str) -> list[str]:
    """Return the consequences in an incident that have not cleared, in the order they came."""
    return list(connection.scalars(_HELD_BACK, {"incident": incident_id}))


_OF_SIGNAL: Final = and_(
    incident_signal.c.incident_id == incident.c.id,
    incident_signal.c.signal_id == bindparam("signal"),
)
_HOMES: Final = select(incident.c.id).where(_OF_SIGNAL, incident.c.merged_into.is_(None))
_WHEN_OVER: Final = func.coalesce(incident.c.healed_at, incident.c.resolved_at)
_OVER_AT: Final = select(_WHEN_OVER).where(incident.c.id == bindparam("incident"))
_PLACE: Final = (
    select(
        incident_signal.c.role,
        incident_signal.c.cause_id,
        func.coalesce(signal.c.healed_at, _WHEN_OVER, signal.c.cleared_at).label("healed_at"),
    )
    .join(signal, signal.c.id == incident_signal.c.signal_id)
    .join(incident, incident.c.id == incident_signal.c.incident_id)
    .where(
        incident_signal.c.incident_id == bindparam("incident"),
        incident_signal.c.signal_id == bindparam("signal"),
    )
)
_TOLD: Final = select(incident.c.id).where(
    _OF_SIGNAL,
    incident_signal.c.role == Role.ROOT.value,
    incident.c.state != IncidentState.RESOLVED.value,
)
_HELD_BACK: Final = (
    select(signal.c.id)
    .join(incident_signal, incident_signal.c.signal_id == signal.c.id)
    .where(
        incident_signal.c.incident_id == bindparam("incident"),
        incident_signal.c.role == Role.CONSEQUENCE.value,
        signal.c.cleared_at.is_(None),
    )
    .order_by(signal.c.onset_at, signal.c.position)
)


def slos_of(connection: Connection, incident_id: str) -> list[str]:
    """Return the SLOs of those signals of an incident that have not cleared."""
    return list(connection.scalars(_SLOS_OF, {"incident": incident_id}))


_SLOS_OF: Final = (
    select(signal.c.slo)
    .join(incident_signal, incident_signal.c.signal_id == signal.c.id)
    .where(
        incident_signal.c.incident_id == bindparam("incident"),
        signal.c.slo.is_not(None),
        signal.c.cleared_at.is_(None),
    )
    .distinct()
)


def has_signal(connection: Connection, signal_id: str) -> bool:
    """Whether a signal has ever been raised."""
    return connection.scalar(select(signal.c.id).where(signal.c.id == signal_id)) is not None


def _incident(row: Row[Any]) -> Incident:
    explanation = msgspec.json.decode(row.explanation, type=Explanation)
    return Incident(
        id=row.id,
        version=row.version,
        state=IncidentState(row.state),
        failure_class=FailureClass(row.failure_class),
        owner=Owner(row.owner_name or "", OwnerKind(row.owner_kind), row.receiver),
        severity=Severity(row.severity),
        title=row.title,
        root=row.root,
        run=row.run,
        onset_at=row.onset_at,
        opened_at=row.opened_at,
        notify_at=row.notify_at,
        telling=msgspec.json.decode(row.telling, type=Telling),
        acknowledged_at=row.acknowledged_at,
        resolved_at=row.resolved_at,
        healed_at=row.healed_at,
        merged_into=row.merged_into,
        flapping=msgspec.json.decode(row.flapping, type=Flapping) if row.flapping else None,
        explanation=explanation,
    )
