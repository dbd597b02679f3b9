"""Commands on incidents: each is carried out and answered, or answered with why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from hub.domain.commands import (
    CONFLICT,
    INVALID_INPUT,
    NOT_FOUND,
    OK,
    AmendIncident,
    Command,
    OnIncident,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)
from hub.domain.failures.redaction import redact
from hub.domain.incidents.courses import Amendment
from hub.domain.incidents.decisions import CommandAnswered, Decision, IncidentAmended
from hub.domain.incidents.responses import acknowledge, correction, reassign, reclassify, resolve
from hub.domain.incidents.routing import owner_named
from hub.domain.names import NodeKind, node_id
from hub.store import incident_book
from hub.store.incident_courses import Bounds, bounds_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.incidents.desk import Desk
    from hub.domain.incidents.incident import Incident


def obey(
    desk: Desk, connection: Connection, command: Command | None, position: int
) -> Sequence[Decision]:
    """Carry out a command on an incident, and answer it; others' commands are not ours."""
    if not isinstance(command, OnIncident):
        return ()
    subject = node_id(NodeKind.INCIDENT, command.incident)
    answer = CommandAnswered(at=desk.now, position=position, code=OK, subject=subject)
    incident = desk.book.incidents.get(command.incident)
    known = incident or incident_book.find_incident(connection, command.incident)
    refused = _refusal(desk, connection, command, known)
    if refused is not None:
        code, message = refused
        return (structs.replace(answer, code=code, message=message),)
    if isinstance(command, AmendIncident):
        return (_amended(desk, command), answer)
    if incident is None:
        message = f"incident {command.incident} is resolved already"
        return (structs.replace(answer, code=CONFLICT, message=message),)
    return (*_respond(desk, incident, command), answer)


def _refusal(
    desk: Desk, connection: Connection, command: OnIncident, known: Incident | None
) -> tuple[str, str] | None:
    """Return with which code a command is refused, and why; None where nothing is against it."""
    if known is None:
        return NOT_FOUND, f"there is no incident {command.incident}"
    if command.expected_version not in (None, known.version):
        message = f"{known.id} is at version {known.version}, not {command.expected_version}"
        return CONFLICT, message
    if isinstance(command, ReassignIncident) and owner_named(desk.catalog, command.owner) is None:
        return NOT_FOUND, f"no team or domain {command.owner} is declared"
    if isinstance(command, (AmendIncident, ResolveIncident)):
        bounds = bounds_of(connection, known.id) or Bounds(known.onset_at, None)
        problem = command.said.problem(opened_at=known.opened_at, now=desk.now, **bounds._asdict())
        return None if problem is None else (INVALID_INPUT, problem)
    return None


def _respond(desk: Desk, incident: Incident, command: OnIncident) -> Sequence[Decision]:
    actor = command.actor
    if isinstance(command, ReclassifyIncident):
        given = {"actor": actor, "reason": command.reason}
        changed = reclassify(desk, incident, command.failure_class, **given)
        return [*changed, correction(desk, incident, command.failure_class, actor=actor)]
    if isinstance(command, ReassignIncident):
        owner = owner_named(desk.catalog, command.owner)
        return reassign(desk, incident, owner, actor=actor, reason=command.reason) if owner else ()
    if isinstance(command, ResolveIncident):
        reason = f"{actor}: {command.reason}" if command.reason else f"{actor} says so"
        said = [_amended(desk, command)] if command.said != Amendment() else []
        return [*resolve(desk, incident, reason, actor=actor), *said]
    return acknowledge(desk, incident, actor)


def _amended(desk: Desk, command: AmendIncident | ResolveIncident) -> IncidentAmended:
    """Take down what somebody says of how an incident went; that changes nothing else of it."""
    said = command.said
    return IncidentAmended(
        at=desk.now,
        incident=command.incident,
        actor=command.actor,
        said=structs.replace(said, note=None if said.note is None else redact(said.note)),
        reason=command.reason if isinstance(command, AmendIncident) else "",
    )
