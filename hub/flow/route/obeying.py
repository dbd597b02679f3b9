"""Commands on incidents: each is carried out and answered, or answered with why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from hub.domain.commands import (
    CONFLICT,
    NOT_FOUND,
    OK,
    AcknowledgeIncident,
    Command,
    OnIncident,
    ReassignIncident,
    ReclassifyIncident,
)
from hub.domain.decisions import CommandAnswered, Decision
from hub.domain.names import NodeKind, node_id
from hub.domain.responses import acknowledge, reassign, reclassify, resolve
from hub.domain.routing import owner_named
from hub.store import incident_book

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.desk import Desk
    from hub.domain.incidents import Incident


def obey(
    desk: Desk, connection: Connection, command: Command | None, position: int
) -> Sequence[Decision]:
    """Carry out a command on an incident, and answer it; others' commands are not ours."""
    if not isinstance(command, OnIncident):
        return ()
    subject = node_id(NodeKind.INCIDENT, command.incident)
    answer = CommandAnswered(at=desk.now, position=position, code=OK, subject=subject)
    incident = desk.book.incidents.get(command.incident)
    if incident is None:
        known = incident_book.find_incident(connection, command.incident)
        code, message = (
            (NOT_FOUND, f"there is no incident {command.incident}")
            if known is None
            else (CONFLICT, f"incident {command.incident} is resolved already")
        )
        return (structs.replace(answer, code=code, message=message),)
    if command.expected_version not in (None, incident.version):
        message = f"{incident.id} is at version {incident.version}, not {command.expected_version}"
        return (structs.replace(answer, code=CONFLICT, message=message),)
    if isinstance(command, ReassignIncident):
        owner = owner_named(desk.catalog, command.owner)
        if owner is None:
            message = f"no team or domain {command.owner} is declared"
            return (structs.replace(answer, code=NOT_FOUND, message=message),)
        given = {"actor": command.actor, "reason": command.reason}
        return (*reassign(desk, incident, owner, **given), answer)
    return (*_respond(desk, incident, command), answer)


def _respond(desk: Desk, incident: Incident, command: OnIncident) -> Sequence[Decision]:
    if isinstance(command, AcknowledgeIncident):
        return acknowledge(desk, incident, command.actor)
    if isinstance(command, ReclassifyIncident):
        given = {"actor": command.actor, "reason": command.reason}
        return reclassify(desk, incident, command.failure_class, **given)
    reason = f"{command.actor}: {command.reason}" if command.reason else f"{command.actor} says so"
    return resolve(desk, incident, reason, actor=command.actor)
