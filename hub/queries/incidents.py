"""Incidents, newest first, with their timelines, signals and notifications."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct, json
from sqlalchemy import Select, case, func, select

from hub.domain.incidents.incident import Explanation, Flapping, Role, Telling
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.queries.selections import group_by_text
from hub.store.tables import incident, incident_entry, incident_signal, notification, signal

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.pages import Key


class IncidentFilter(Struct, frozen=True, kw_only=True):
    """Which incidents to list; empty means all."""

    states: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    owner: str | None = None
    owner_kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    root: str | None = None


class IncidentRow(NamedTuple):
    """An incident. ``root`` and ``run`` are node ids; instants are microseconds UTC.

    ``onset_at`` is when it began as a person corrected it, or else as it was observed, which
    ``observed_onset_at`` is. ``recovered_at`` is None while what failed has not passed, though
    somebody may have said that it was over. The rest of its course is as in
    ``hub.domain.incidents.courses``.
    """

    id: str
    version: int
    state: str
    failure_class: str
    owner_name: str | None
    owner_kind: str
    severity: str
    title: str
    root: str
    run: str | None
    onset_at: int
    opened_at: int
    acknowledged_at: int | None
    resolved_at: int | None
    merged_into: str | None
    observed_onset_at: int
    notified_at: int | None
    acted_at: int | None
    mitigated_at: int | None
    recovered_at: int | None
    outcome: str | None
    note: str | None
    job: str | None
    signature: str | None
    position: int
    told: bytes
    turns: bytes | None
    body: bytes

    @property
    def settles_at(self) -> int | None:
        """Until when it is held open, having healed, since it flaps."""
        return json.decode(self.turns, type=Flapping).settles_at if self.turns else None

    @property
    def telling(self) -> Telling:
        """Who knows of it, and what waits for what."""
        return json.decode(self.told, type=Telling)

    @property
    def sort_key(self) -> Key:
        """Incidents are listed by when they were opened."""
        return (self.opened_at, self.id)

    @property
    def explanation(self) -> Explanation:
        """Why the incident is what it is, and whose."""
        return json.decode(self.body, type=Explanation)


class EntryRow(NamedTuple):
    """Something that happened to an incident."""

    at: int
    kind: str
    message: str


class SignalRow(NamedTuple):
    """A violation that belongs to an incident. ``role`` is "root" or "consequence"."""

    id: str
    kind: str
    subject: str
    dataset: str | None
    run: str | None
    slo: str | None
    failure_class: str
    onset_at: int
    raised_at: int
    cleared_at: int | None
    role: str


class NotificationRow(NamedTuple):
    """What a receiver is to be told, was told, or could not be told."""

    id: str
    receiver: str
    reason: str
    state: str
    attempts: int
    due_at: int
    sent_at: int | None
    last_error: str | None


ONSET: Final = func.coalesce(incident.c.amended_onset_at, incident.c.onset_at)
# When the last of the roots of an incident that is over passed, or what else ended it; null while
# any has not. Where none are kept, when it was over.
_ROOTS_OVER: Final = (
    select(
        case(
            (func.count() == 0, func.coalesce(incident.c.healed_at, incident.c.resolved_at)),
            (
                func.count() == func.count(signal.c.cleared_at),
                func.max(func.coalesce(signal.c.healed_at, signal.c.cleared_at)),
            ),
        )
    )
    .join_from(incident_signal, signal, signal.c.id == incident_signal.c.signal_id)
    .where(
        incident_signal.c.incident_id == incident.c.id, incident_signal.c.role == Role.ROOT.value
    )
    .correlate(incident)
    .scalar_subquery()
)
RECOVERED: Final = case((incident.c.resolved_at.is_not(None), _ROOTS_OVER))
_NAMED_OTHERWISE: Final = {
    "onset_at": ONSET.label("began_at"),
    "observed_onset_at": incident.c.onset_at,
    "recovered_at": RECOVERED.label("recovered_at"),
    "told": incident.c.telling,
    "turns": incident.c.flapping,
    "body": incident.c.explanation,
}
_INCIDENTS = select(
    *(
        _NAMED_OTHERWISE[name] if name in _NAMED_OTHERWISE else incident.c[name]
        for name in IncidentRow._fields
    )
)
_ORDER = (incident.c.opened_at, incident.c.id)
# Kinds of a timeline's entries that signals make.
_OF_SIGNALS: Final = ("opened", "attached", "cleared")


def list_incidents(
    connection: Connection, request: PageRequest, chosen: IncidentFilter
) -> Page[IncidentRow]:
    """Return a page of incidents, the last opened first."""
    statement = _only(_INCIDENTS, chosen).order_by(*(column.desc() for column in _ORDER))
    if request.after is not None:
        statement = statement.where(follows(_ORDER, request.after, descending=True))
    return fetch(connection, statement, request, IncidentRow._make)


def count_incidents(connection: Connection, chosen: IncidentFilter) -> int:
    """Return how many incidents ``list_incidents`` goes through."""
    statement = _only(select(func.count()).select_from(incident), chosen)
    counted: int = connection.execute(statement).scalar_one()
    return counted


def incidents_by_id(connection: Connection, ids: Collection[str]) -> dict[str, IncidentRow]:
    """Return those of ``ids`` that exist."""
    found = connection.execute(_INCIDENTS.where(incident.c.id.in_(ids)))
    return {row[0]: IncidentRow._make(row) for row in found}


def incidents_since(connection: Connection, position: int, *, limit: int) -> list[IncidentRow]:
    """Return the incidents that changed after a journal position, in that order."""
    statement = _INCIDENTS.where(incident.c.position > position)
    found = connection.execute(statement.order_by(incident.c.position).limit(limit))
    return [IncidentRow._make(row) for row in found]


def open_incidents(connection: Connection) -> list[IncidentRow]:
    """Return every incident that is not resolved, the last opened first."""
    statement = _INCIDENTS.where(incident.c.state != "resolved")
    found = connection.execute(statement.order_by(*(column.desc() for column in _ORDER)))
    return [IncidentRow._make(row) for row in found]


def caught_roots(connection: Connection, *, limit: int) -> list[str]:
    """Return the roots of open incidents that nobody is declared to own, the last opened first."""
    found = (row for row in open_incidents(connection) if row.explanation.is_caught)
    return list(dict.fromkeys(row.root for row in islice(found, limit)))


def touched_since(connection: Connection, position: int) -> list[str]:
    """Return the incidents to which signals were given, or of which some cleared, by their ids."""
    columns = incident_entry.c
    statement = (
        select(columns.incident_id)
        .where(columns.position > position, columns.kind.in_(_OF_SIGNALS))
        .group_by(columns.incident_id)
        .order_by(func.min(columns.position), columns.incident_id)
    )
    return [*connection.scalars(statement)]


def timelines_of(
    connection: Connection, ids: Collection[str], *, after: int = 0
) -> dict[str, list[EntryRow]]:
    """Return what happened to each incident, in order, after a journal position."""
    columns = incident_entry.c
    statement = (
        select(columns.incident_id, columns.at, columns.kind, columns.message)
        .where(columns.incident_id.in_(ids), columns.position > after)
        .order_by(columns.incident_id, columns.position, columns.ordinal)
    )
    return group_by_text(connection.execute(statement), EntryRow)


def signals_of(connection: Connection, ids: Collection[str]) -> dict[str, list[SignalRow]]:
    """Return the signals of each incident, in the order in which they were raised."""
    columns = (*(signal.c[name] for name in SignalRow._fields[:-1]), incident_signal.c.role)
    statement = (
        select(incident_signal.c.incident_id, *columns)
        .join(signal, signal.c.id == incident_signal.c.signal_id)
        .where(incident_signal.c.incident_id.in_(ids))
        .order_by(incident_signal.c.incident_id, signal.c.raised_at, signal.c.id)
    )
    return group_by_text(connection.execute(statement), SignalRow)


def notifications_of(
    connection: Connection, ids: Collection[str], *, after: int = 0
) -> dict[str, list[NotificationRow]]:
    """Return what was sent, or is to be sent, about each incident, in order.

    Those of which anything became known after a journal position.
    """
    columns = notification.c
    statement = (
        select(columns.incident_id, *(columns[name] for name in NotificationRow._fields))
        .where(columns.incident_id.in_(ids), columns.position > after)
        .order_by(columns.incident_id, columns.due_at, columns.position, columns.id)
    )
    return group_by_text(connection.execute(statement), NotificationRow)


def _only(statement: Select[Any], chosen: IncidentFilter) -> Select[Any]:
    lists = (
        (incident.c.state, chosen.states),
        (incident.c.failure_class, chosen.classes),
        (incident.c.owner_kind, chosen.owner_kinds),
        (incident.c.severity, chosen.severities),
    )
    for column, values in lists:
        if values:
            statement = statement.where(column.in_(values))
    for column, value in ((incident.c.owner_name, chosen.owner), (incident.c.root, chosen.root)):
        if value is not None:
            statement = statement.where(column == value)
    return statement
