"""What people say of classes, as the store keeps it, and what they decide about proposed rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.failures.proposals import producer_name
from hub.store.rows import put_row
from hub.store.tables import correction, rule_ruling

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.commands import DecideRule
    from hub.domain.entries import Entry
    from hub.domain.incidents.decisions import ClassCorrected


def write_correction(connection: Connection, decision: ClassCorrected, position: int) -> None:
    """Keep what was said of an incident's class last."""
    row = {
        "incident_id": decision.incident,
        "signature": decision.signature or None,
        "producer_name": producer_name(decision.producer),
        "failure_class": decision.failure_class.value,
        "ruled_class": decision.ruled.value,
        "rule": decision.rule,
        "message": decision.message,
        "exception": decision.exception,
        "producer": decision.producer,
        "actor": decision.actor,
        "at": decision.at,
        "position": position,
    }
    put_row(connection, correction, row)


def write_rule_ruling(connection: Connection, command: DecideRule, entry: Entry) -> None:
    """Keep what was decided about a proposed rule last."""
    row = {
        "proposal": command.proposal,
        "accepted": int(command.accept),
        "actor": command.actor,
        "reason": command.reason,
        "at": entry.recorded_at,
        "position": entry.position,
    }
    put_row(connection, rule_ruling, row)
