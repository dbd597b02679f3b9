"""How incidents of a time went, and how often people were asked to act on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import json
from sqlalchemy import Select, func, select

from hub.domain.catalog import Severity
from hub.domain.duty.plans import Rota
from hub.domain.duty.rotas import shifts_between
from hub.domain.incidents.courses import Course, GroupBy, Outcome, Report, key_of, report
from hub.domain.incidents.incident import Flapping, HoldKind, Role
from hub.domain.incidents.loads import Asked, Period
from hub.domain.incidents.telling import ENDINGS
from hub.queries.incidents import ONSET, RECOVERED
from hub.store.tables import incident, incident_entry, incident_signal, notification, signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

NO_ROTAS: Final[Mapping[str, Rota]] = {}
_CALLS: Final = tuple(each.value for each in Severity if each is not Severity.TICKET)


def response_times(
    connection: Connection,
    *,
    by: GroupBy | None = None,
    since: int | None = None,
    until: int | None = None,
    now: int,
    rotas: Mapping[str, Rota] = NO_ROTAS,
) -> list[Report]:
    """Count the incidents that were opened from an instant on and before another, by groups.

    Those that turned out to be part of another one are not counted. Without ``since`` all that
    are kept are; of pages, those that were sent in that time. ``rotas`` are as they are declared
    now; weeks of people on call are told of since there was the first incident.
    """
    end = now + 1 if until is None else min(until, now + 1)
    first = _first(connection, end)
    begin = first if since is None else since
    courses = [*_courses(connection, begin, end)]
    told = _tellings(connection, by, begin, end)
    period = _period(rotas, max(begin, first), end)
    return report(courses, told, by=by, now=now, span=max(0, end - begin), period=period)


def _period(rotas: Mapping[str, Rota], begin: int, end: int) -> Period:
    shifts = {
        name: [*shifts_between(rota, begin, end)] if begin < end else []
        for name, rota in rotas.items()
    }
    return Period(begin=begin, end=end, shifts=shifts)


def _first(connection: Connection, end: int) -> int:
    found = connection.scalar(select(func.min(incident.c.opened_at)))
    return end if found is None else found


def _courses(connection: Connection, begin: int, end: int) -> Iterable[Course]:
    consequences = _tally(
        connection,
        _within(
            select(incident_signal.c.incident_id, func.count())
            .join(incident, incident.c.id == incident_signal.c.incident_id)
            .join(signal, signal.c.id == incident_signal.c.signal_id)
            .where(
                incident_signal.c.role == Role.CONSEQUENCE.value, signal.c.cleared_at.is_not(None)
            )
            .group_by(incident_signal.c.incident_id),
            begin,
            end,
        ),
    )
    released = _tally(
        connection,
        _within(
            select(incident_entry.c.incident_id, func.count())
            .join(incident, incident.c.id == incident_entry.c.incident_id)
            .where(incident_entry.c.kind == "released")
            .group_by(incident_entry.c.incident_id),
            begin,
            end,
        ),
    )
    columns = incident.c
    statement = select(
        columns.id,
        columns.failure_class,
        columns.severity,
        columns.owner_name,
        columns.first_owner,
        columns.domain,
        columns.tier,
        ONSET.label("began_at"),
        columns.opened_at,
        columns.notified_at,
        columns.acted_at,
        columns.mitigated_at,
        columns.flapping,
        RECOVERED.label("recovered_at"),
        columns.resolved_at,
        columns.outcome,
        columns.held_for,
        columns.handovers,
    )
    for row in connection.execute(_within(statement, begin, end)):
        yield _course(row, consequences.get(row.id, 0), released.get(row.id, 0))


def _course(row: Row[Any], consequences: int, released: int) -> Course:
    return Course(
        failure_class=row.failure_class,
        severity=row.severity,
        owner=row.owner_name,
        first_owner=row.first_owner,
        domain=row.domain,
        tier=row.tier,
        onset_at=row.began_at,
        detected_at=row.opened_at,
        notified_at=row.notified_at,
        acted_at=row.acted_at,
        mitigated_at=row.mitigated_at,
        passed_at=_passed_at(row.flapping),
        recovered_at=row.recovered_at,
        closed_at=row.resolved_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        held_for=HoldKind(row.held_for) if row.held_for else None,
        handovers=row.handovers,
        consequences=consequences,
        released=released,
    )


def _passed_at(flapping: bytes | None) -> int | None:
    """Return when it passed, while it is held open lest it fails again."""
    found = json.decode(flapping, type=Flapping) if flapping else None
    return found.passed_at if found and found.settles_at is not None else None


def _tally(connection: Connection, statement: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(statement)}


def _within(statement: Select[Any], begin: int, end: int) -> Select[Any]:
    return statement.where(
        incident.c.opened_at >= begin,
        incident.c.opened_at < end,
        incident.c.merged_into.is_(None),
    )


def _tellings(connection: Connection, by: GroupBy | None, begin: int, end: int) -> list[Asked]:
    """Return when receivers were asked to act; endings ask nothing, tickets can wait."""
    columns = incident.c
    group = (columns.failure_class, columns.domain, columns.tier, columns.owner_name)
    found = connection.execute(
        select(notification.c.receiver, notification.c.sent_at, *group)
        .join(incident, columns.id == notification.c.incident_id)
        .where(
            notification.c.sent_at >= begin,
            notification.c.sent_at < end,
            notification.c.reason.not_in(ENDINGS),
            columns.severity.in_(_CALLS),
        )
    )
    return [
        Asked(
            row.receiver,
            row.sent_at,
            key_of(
                by,
                failure_class=row.failure_class,
                domain=row.domain,
                tier=row.tier,
                owner=row.owner_name,
            ),
        )
        for row in found
    ]
