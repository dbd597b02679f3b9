"""Incidents and dead letters that are over: which have aged, and what is archived of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import case, exists, func, select

from hub.domain.incidents.incident import IncidentState
from hub.store.dead_letters import OPEN
from hub.store.natural_rows import NATURAL_TABLES
from hub.store.operations import PENDING
from hub.store.tables import (
    dead_letter,
    incident,
    incident_entry,
    incident_signal,
    notification,
    signal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from hub.store.natural_rows import NaturalTable


class Settled(NamedTuple):
    """Something that was over before the horizon.

    ``position`` is the journal's, of the last that was said of it; ``kept_as`` says what it is
    still needed for, if anything.
    """

    id: str
    position: int
    over_at: int
    kept_as: str | None


# What goes with an incident; the natural tables of the same names are what is archived of it.
_OF_INCIDENTS: Final = (incident, incident_entry, incident_signal, signal, notification)


def aged_incidents(connection: Connection, horizon: int) -> Iterator[Settled]:
    """Yield the incidents that were resolved before the horizon, the first first."""
    last = select(func.max(incident_entry.c.position)).where(
        incident_entry.c.incident_id == incident.c.id
    )
    reasons = case(
        (_has_pending(), "a notification of it has not been sent"),
        (_has_uncleared(), "a signal of it has not cleared"),
        (_has_open_letters(), "an open dead letter names it"),
        else_=None,
    )
    statement = (
        select(incident.c.id, last.scalar_subquery(), incident.c.resolved_at, reasons)
        .where(incident.c.state == IncidentState.RESOLVED.value, incident.c.resolved_at < horizon)
        .order_by(incident.c.resolved_at, incident.c.id)
    )
    for row in connection.execute(statement):
        yield Settled(*row)


def aged_letters(connection: Connection, horizon: int) -> Iterator[Settled]:
    """Yield the dead letters that were resolved or discarded before the horizon."""
    columns = dead_letter.c
    statement = (
        select(columns.id, columns.position, columns.resolved_at)
        .where(columns.state != OPEN, columns.resolved_at < horizon)
        .order_by(columns.resolved_at, columns.id)
    )
    for key, position, over_at in connection.execute(statement):
        yield Settled(key, position, over_at, None)


def incident_rows(ids: Sequence[str]) -> Iterator[tuple[NaturalTable, Select[Any]]]:
    """Yield each table of incidents, and what selects the rows that some of them have in it."""
    named = {each.name: each for each in NATURAL_TABLES}
    for table in _OF_INCIDENTS:
        natural = named[str(table.name)]
        if table is signal:
            condition = _goes_with(ids)
        else:
            of = table.c.id if table is incident else table.c.incident_id
            condition = of.in_(ids)
        yield natural, natural.statement.where(condition)


def letter_rows(ids: Sequence[str]) -> Iterator[tuple[NaturalTable, Select[Any]]]:
    """Yield the table of dead letters, and what selects some of them."""
    [natural] = [each for each in NATURAL_TABLES if each.name == dead_letter.name]
    yield natural, natural.statement.where(dead_letter.c.id.in_(ids))


def _goes_with(ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a signal belongs to some of the incidents, and to no other."""
    belongs = incident_signal.alias()
    of_signal = belongs.c.signal_id == signal.c.id
    return exists().where(of_signal, belongs.c.incident_id.in_(ids)) & ~exists().where(
        of_signal, belongs.c.incident_id.not_in(ids)
    )


def _has_pending() -> ColumnElement[bool]:
    return exists().where(
        notification.c.incident_id == incident.c.id, notification.c.state == PENDING
    )


def _has_uncleared() -> ColumnElement[bool]:
    return exists().where(
        incident_signal.c.incident_id == incident.c.id,
        signal.c.id == incident_signal.c.signal_id,
        signal.c.cleared_at.is_(None),
    )


def _has_open_letters() -> ColumnElement[bool]:
    return exists().where(dead_letter.c.incident_id == incident.c.id, dead_letter.c.state == OPEN)
