"""Reading the open incidents with their signals back, as route left them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from hub.domain.catalog import Owner, OwnerKind, Severity
from hub.domain.failures import FailureClass
from hub.domain.incidents import (
    Explanation,
    Incident,
    IncidentBook,
    IncidentState,
    OpenSignal,
    Role,
)
from hub.domain.signals import Signal
from hub.store.tables import command_outcome, incident, signal

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


def load_book(connection: Connection) -> IncidentBook:
    """Return every incident that is not resolved, with all signals of theirs.

    Signals that belong to no incident are left out: route meets them in the journal.
    """
    is_open = incident.c.state != IncidentState.RESOLVED.value
    incidents = [_incident(row) for row in connection.execute(select(incident).where(is_open))]
    held = select(signal).where(
        signal.c.incident_id.in_(select(incident.c.id).where(is_open).scalar_subquery())
    )
    book = IncidentBook(incidents={each.id: each for each in incidents})
    for row in connection.execute(held.order_by(signal.c.position)):
        book.signals[row.id] = OpenSignal(
            signal=msgspec.json.decode(row.body, type=Signal),
            incident=row.incident_id,
            role=Role(row.role) if row.role else None,
            is_cleared=row.cleared_at is not None,
        )
    return book


def find_incident(connection: Connection, incident_id: str) -> Incident | None:
    """Return an incident, open or not."""
    row = connection.execute(select(incident).where(incident.c.id == incident_id)).first()
    return None if row is None else _incident(row)


def open_signals(connection: Connection) -> list[Signal]:
    """Return every signal that has not cleared, in the order in which they were raised."""
    statement = select(signal.c.body).where(signal.c.cleared_at.is_(None))
    rows = connection.execute(statement.order_by(signal.c.position))
    return [msgspec.json.decode(row.body, type=Signal) for row in rows]


def held_since(connection: Connection, signal_id: str) -> int | None:
    """Return when the incident of a signal was resolved, if it has one and it is."""
    return connection.scalar(
        select(incident.c.resolved_at)
        .join(signal, signal.c.incident_id == incident.c.id)
        .where(signal.c.id == signal_id)
    )


def has_signal(connection: Connection, signal_id: str) -> bool:
    """Whether a signal has ever been raised."""
    return connection.scalar(select(signal.c.id).where(signal.c.id == signal_id)) is not None


def answer_of(connection: Connection, position: int) -> tuple[str, str | None, str | None] | None:
    """Return code, message and subject of the answer to a command, once there is one."""
    row = connection.execute(
        select(command_outcome).where(command_outcome.c.position == position)
    ).first()
    return None if row is None else (row.code, row.message, row.subject)


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
        acknowledged_at=row.acknowledged_at,
        resolved_at=row.resolved_at,
        explanation=explanation,
    )
