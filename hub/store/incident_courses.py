"""How incidents went: what their rows keep of it, each written by what happens to them.

It is told by decisions on notifications, by what people do, and by what they say of it later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, select, update

from hub.store.tables import incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.incidents.decisions import (
        IncidentAmended,
        IncidentChanged,
        NotificationHeld,
        NotificationPlanned,
        NotificationSent,
    )

# What the row of an incident keeps however often it is written anew.
KEPT: Final = ("handovers",)
_THIS: Final = incident.c.id == bindparam("key")
_PLANNED: Final = (
    update(incident)
    .where(_THIS, incident.c.first_owner.is_(None))
    .values(first_owner=incident.c.owner_name)
)
_SENT: Final = (
    update(incident)
    .where(_THIS, incident.c.notified_at.is_(None))
    .values(notified_at=bindparam("at"))
)
_HELD: Final = update(incident).where(_THIS).values(held_for=bindparam("kind"))
_ACTED: Final = (
    update(incident).where(_THIS, incident.c.acted_at.is_(None)).values(acted_at=bindparam("at"))
)
_HANDED: Final = (
    update(incident)
    .where(_THIS, incident.c.first_owner.is_not(None), incident.c.owner_name != bindparam("owner"))
    .values(handovers=incident.c.handovers + 1)
)
# Those that are given replace what was said before.
_AMENDED: Final = (
    update(incident)
    .where(_THIS)
    .values(
        position=bindparam("at_position"),
        **{
            name: func.coalesce(bindparam(f"new_{name}"), incident.c[name])
            for name in ("amended_onset_at", "mitigated_at", "outcome", "note")
        },
    )
)


class Bounds(NamedTuple):
    """When an incident began, and when its consumers were served again, by what people say."""

    onset_at: int
    mitigated_at: int | None


def bounds_of(connection: Connection, key: str) -> Bounds | None:
    """Return what is known by now of when an incident went on; None where there is no such one."""
    columns = incident.c
    onset = func.coalesce(columns.amended_onset_at, columns.onset_at)
    statement = select(onset, columns.mitigated_at).where(columns.id == key)
    row = connection.execute(statement).first()
    return row and Bounds(*row)


def note_planned(connection: Connection, decision: NotificationPlanned) -> None:
    """Keep whose it was when somebody was first to be told."""
    _write(connection, _PLANNED, decision.incident)


def note_sent(connection: Connection, decision: NotificationSent) -> None:
    """Keep when a channel first accepted a notification."""
    _write(connection, _SENT, decision.incident, at=decision.at)


def note_held(connection: Connection, decision: NotificationHeld) -> None:
    """Keep why somebody was not told last."""
    _write(connection, _HELD, decision.incident, kind=decision.hold.kind.value)


def note_change(connection: Connection, decision: IncidentChanged) -> None:
    """Keep what a person did first, and count owners; to be called before the row changes."""
    changed = decision.incident
    _write(connection, _HANDED, changed.id, owner=changed.owner.name)
    if decision.actor is not None:
        _write(connection, _ACTED, changed.id, at=decision.at)


def amend(connection: Connection, decision: IncidentAmended, position: int) -> None:
    """Keep what a person says of an incident's course, whether it is over or not."""
    said = decision.said
    _write(
        connection,
        _AMENDED,
        decision.incident,
        at_position=position,
        new_amended_onset_at=said.onset_at,
        new_mitigated_at=said.mitigated_at,
        new_outcome=said.outcome and said.outcome.value,
        new_note=said.note,
    )


def _write(connection: Connection, statement: Any, key: str, **given: object) -> None:  # noqa: ANN401 - an update
    connection.execute(statement, {"key": key, **given})
