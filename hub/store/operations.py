"""Writing decisions and published contracts into the operations tables.

Called by ``project`` for each entry in order, in its transaction; also by a rebuild, which is why
nothing is decided here and no clock is read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from hashlib import blake2b
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from hub.domain import commands
from hub.domain.commands import (
    CONFLICT,
    OK,
    DecideRule,
    OnIncident,
    OnLetters,
    OnNames,
    OnSilences,
    PublishContract,
    decode_command,
)
from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import DataError
from hub.domain.incidents.decisions import (
    ClassCorrected,
    CommandAnswered,
    DeadLettersDiscarded,
    DeadLettersReplayed,
    Decision,
    IncidentAmended,
    IncidentChanged,
    IncidentNoted,
    IncidentOpened,
    KnowledgeRetired,
    LineageInferred,
    NotificationFailed,
    NotificationHeld,
    NotificationPlanned,
    NotificationSent,
    RootHealed,
    RunLost,
    RunsRetired,
    SayingsRetired,
    SettledRetired,
    SignalAttached,
    SignalCleared,
    SignalRaised,
    SloChanged,
    SloCorrected,
    SloCounted,
    decode_decision,
)
from hub.domain.incidents.incident import Incident, Role
from hub.domain.incidents.signals import Signal
from hub.domain.names import NodeKind, node_id, parse_node_id
from hub.store import dialect, incident_courses
from hub.store.corrections import write_correction, write_rule_ruling
from hub.store.curation import write_curation
from hub.store.dead_letters import discard_letters, settle_letters
from hub.store.identity import write_ruling
from hub.store.natural_keys import find_job
from hub.store.retirement import retire_knowledge, retire_runs, retire_sayings, retire_settled
from hub.store.rows import add_row, put_row
from hub.store.silences import write_silence
from hub.store.slo_rows import (
    SLO_TABLES,
    write_slo_change,
    write_slo_corrected,
    write_slo_count,
)
from hub.store.tables import (
    command_outcome,
    contract,
    correction,
    dead_letter,
    incident,
    incident_entry,
    incident_signal,
    lost_run,
    notification,
    rule_ruling,
    run,
    signal,
    silence,
)

# What a rebuild empties; the dead letters are another writer's.
OPERATIONS_TABLES: Final = (
    signal,
    incident_signal,
    incident,
    incident_entry,
    notification,
    correction,
    rule_ruling,
    silence,
    *SLO_TABLES,
    lost_run,
    contract,
    command_outcome,
)
_SIGNAL_BODY: Final = select(signal.c.body).where(signal.c.id == bindparam("signal"))
_CLEAR: Final = (
    update(signal)
    .where(signal.c.id == bindparam("signal"))
    .values(cleared_at=bindparam("at"), healed_at=bindparam("passed"))
)
_GIVEN_TO: Final = (
    select(incident_signal.c.incident_id)
    .where(incident_signal.c.signal_id == bindparam("signal"))
    .order_by(incident_signal.c.position)
)
_MOVE: Final = (
    update(incident).where(incident.c.id == bindparam("key")).values(position=bindparam("at"))
)
_OF_INCIDENTS: Final = (
    SignalRaised,
    SignalCleared,
    SloChanged,
    SloCounted,
    IncidentOpened,
    SignalAttached,
    RootHealed,
    IncidentChanged,
    IncidentNoted,
    IncidentAmended,
    ClassCorrected,
    CommandAnswered,
    NotificationPlanned,
    NotificationHeld,
    NotificationSent,
    NotificationFailed,
)
# In the body of each decision by which something leaves the store.
RETIREMENT: Final = b'-retired"'
PENDING: Final = "pending"
SENT: Final = "sent"
FAILED: Final = "failed"
# When an attempt counts as claimed that has ended, and may have arrived all the same: long ago.
CUT_OFF: Final = 0


def write_operation(connection: Connection, entry: Entry) -> None:
    """Apply one DECISION, CONTRACT or COMMAND entry; entries of other kinds are none of these.

    Commands on incidents change nothing by themselves: their answer is a decision of route.
    Commands of curation, on names, on silences and on rules are what they say.
    """
    _WRITERS[entry.kind](connection, entry)


def is_of_incidents(entry: Entry) -> bool:
    """Whether an entry is about signals, incidents, silences or SLOs, and tells of nothing else.

    What it writes depends on the entries of this kind before it, and on no others, unless it
    ``needs_all_before``.
    """
    if entry.kind is EntryKind.COMMAND:
        return isinstance(decode_command(entry.body), OnIncident | OnSilences)
    return entry.kind is EntryKind.DECISION and isinstance(
        decode_decision(entry.body), _OF_INCIDENTS
    )


def needs_all_before(connection: Connection, entry: Entry) -> bool:
    """Whether an entry can be written only once all before it are, of whatever kind.

    So it is with dead letters, which are given to incidents, with what came of them, which answers
    to commands follow, and with what leaves the store.
    """
    if entry.kind is not EntryKind.DECISION:
        return False
    if RETIREMENT in entry.body:
        return True
    decision = decode_decision(entry.body)
    if isinstance(decision, DeadLettersReplayed | DeadLettersDiscarded):
        return True
    if not isinstance(decision, IncidentOpened | SignalAttached):
        return False
    return _signal(connection, decision.signal).rule is not None


def _signal(connection: Connection, signal_id: str) -> Signal:
    body = connection.scalars(_SIGNAL_BODY, {"signal": signal_id}).one()
    found: Signal = msgspec.json.decode(body, type=Signal)
    return found


def _write_decision(connection: Connection, entry: Entry) -> None:
    _write(decode_decision(entry.body), connection, entry.position)


def _write_contract(connection: Connection, entry: Entry) -> None:
    published = decode_command(entry.body)
    if not isinstance(published, PublishContract):
        return
    row = {
        "contract_id": published.contract_id,
        "version": published.version,
        "status": published.status,
        "name": published.name,
        "domain": published.domain,
        "product": published.product,
        "digest": blake2b(published.document.encode(), digest_size=16).digest(),
        "body": published.document,
        "published_at": entry.recorded_at,
    }
    connection.execute(dialect.insert(connection, contract).on_conflict_do_nothing(), row)
    columns = contract.c
    kept = connection.scalar(
        select(columns.digest).where(
            columns.contract_id == published.contract_id, columns.version == published.version
        )
    )
    name = f"contract {published.contract_id} {published.version}"
    is_same = kept == row["digest"]
    outcome = {
        "position": entry.position,
        "code": OK if is_same else CONFLICT,
        "message": None if is_same else f"{name} is published already, and says something else",
        "subject": node_id(NodeKind.CONTRACT, published.contract_id, published.version),
    }
    put_row(connection, command_outcome, outcome)


def _write_command(connection: Connection, entry: Entry) -> None:
    write_curation(connection, entry)
    command = decode_command(entry.body)
    if isinstance(command, OnNames):
        write_ruling(connection, command, entry)
        subject = node_id(command.kind, *command.second)
        outcome = {"position": entry.position, "code": OK, "message": None, "subject": subject}
        put_row(connection, command_outcome, outcome)
    if isinstance(command, OnSilences):
        answer = write_silence(connection, command, entry)
        outcome = {
            "position": entry.position,
            "code": answer.code,
            "message": answer.message,
            "subject": answer.subject,
        }
        put_row(connection, command_outcome, outcome)
    if isinstance(command, DecideRule):
        write_rule_ruling(connection, command, entry)
        outcome = {"position": entry.position, "code": OK, "message": None, "subject": None}
        put_row(connection, command_outcome, outcome)
    if isinstance(command, OnLetters):
        waiting = {"position": entry.position, "code": commands.PENDING}
        insert = dialect.insert(connection, command_outcome).on_conflict_do_nothing()
        connection.execute(insert, waiting)


def _write_archived(_connection: Connection, entry: Entry) -> None:
    raise DataError(
        f"the journal's entry {entry.position} is in the archive, where nobody looked for it",
        fix="name the archive's folder in retention.archive",
    )


_WRITERS: Final[dict[EntryKind, Callable[[Connection, Entry], None]]] = {
    EntryKind.DECISION: _write_decision,
    EntryKind.CONTRACT: _write_contract,
    EntryKind.COMMAND: _write_command,
    EntryKind.ARCHIVED: _write_archived,
}


@singledispatch
def _write(decision: Decision, connection: Connection, position: int) -> None:
    raise NotImplementedError(type(decision))


@_write.register
def _(_decision: LineageInferred, _connection: Connection, _position: int) -> None:
    """The writer of lineage projects it, with what events say."""


@_write.register
def _(decision: SignalRaised, connection: Connection, position: int) -> None:
    raised: Signal = decision.signal
    row = {
        "id": raised.id,
        "kind": raised.kind.value,
        "subject": raised.subject,
        "dataset": raised.datasets[0] if raised.datasets else None,
        "run": raised.run,
        "slo": raised.slo,
        "failure_class": raised.verdict.failure_class.value,
        "body": msgspec.json.encode(raised),
        "onset_at": raised.onset_at,
        "raised_at": decision.at,
        "cleared_at": None,
        "healed_at": None,
        "position": position,
    }
    add_row(connection, signal, row)


@_write.register
def _(decision: SignalCleared, connection: Connection, position: int) -> None:
    cleared = {"signal": decision.signal, "at": decision.at, "passed": decision.passed_at}
    connection.execute(_CLEAR, cleared)
    for key in connection.scalars(_GIVEN_TO, {"signal": decision.signal}).all():
        _note(connection, key, position, decision.at, "cleared", decision.reason)


@_write.register
def _(decision: RunLost, connection: Connection, position: int) -> None:
    name = parse_node_id(decision.run).run
    where = (run.c.job_id == find_job(connection, name.job)) & (run.c.run_id == name.run_id)
    key = connection.scalar(select(run.c.id).where(where))
    row = {
        "run_id": key,
        "heard_at": decision.heard_at,
        "lost_at": decision.at,
        "reason": decision.reason,
        "position": position,
    }
    put_row(connection, lost_run, row)


@_write.register
def _(decision: SloChanged, connection: Connection, position: int) -> None:
    write_slo_change(connection, decision, position)


@_write.register
def _(decision: SloCorrected, connection: Connection, _position: int) -> None:
    write_slo_corrected(connection, decision)


@_write.register
def _(decision: SloCounted, connection: Connection, position: int) -> None:
    write_slo_count(connection, decision, position)


@_write.register
def _(decision: IncidentOpened, connection: Connection, position: int) -> None:
    opened = decision.incident
    _put_incident(connection, opened, position)
    _give(connection, decision.signal, opened.id, Role.ROOT, position)
    _note(connection, opened.id, position, decision.at, "opened", opened.title)


@_write.register
def _(decision: SignalAttached, connection: Connection, position: int) -> None:
    named = decision.signal, decision.incident, decision.role
    title = _give(connection, *named, position, decision.cause)
    connection.execute(_MOVE, {"key": decision.incident, "at": position})
    message = f"{title} ({decision.role.value}: {decision.reason})"
    _note(connection, decision.incident, position, decision.at, "attached", message)


@_write.register
def _(_decision: RootHealed, _connection: Connection, _position: int) -> None:
    """That its signal has cleared has said so."""


@_write.register
def _(decision: IncidentChanged, connection: Connection, position: int) -> None:
    changed = decision.incident
    incident_courses.note_change(connection, decision)
    _put_incident(connection, changed, position)
    _note(connection, changed.id, position, decision.at, decision.change, decision.reason)


@_write.register
def _(decision: IncidentNoted, connection: Connection, position: int) -> None:
    _note(connection, decision.incident, position, decision.at, decision.kind, decision.message)


@_write.register
def _(decision: IncidentAmended, connection: Connection, position: int) -> None:
    incident_courses.amend(connection, decision, position)
    words = "; ".join(filter(None, [*decision.said.words, decision.reason]))
    message = f"{decision.actor} says: {words}"
    _note(connection, decision.incident, position, decision.at, "amended", message)


@_write.register
def _(decision: ClassCorrected, connection: Connection, position: int) -> None:
    write_correction(connection, decision, position)


@_write.register
def _(decision: CommandAnswered, connection: Connection, position: int) -> None:
    del position
    row = {
        "position": decision.position,
        "code": decision.code,
        "message": decision.message,
        "subject": decision.subject,
    }
    put_row(connection, command_outcome, row)


@_write.register
def _(decision: NotificationPlanned, connection: Connection, position: int) -> None:
    row = {
        "id": decision.id,
        "incident_id": decision.incident,
        "receiver": decision.receiver,
        "reason": decision.reason,
        "payload": msgspec.json.encode(decision),
        "state": PENDING,
        "attempts": 0,
        "claimed_at": None,
        "due_at": decision.due_at,
        "sent_at": None,
        "last_error": None,
        "receipt": None,
        "position": position,
    }
    add_row(connection, notification, row)
    incident_courses.note_planned(connection, decision)
    if decision.instead_of is not None:
        message = f"{decision.receiver} is told instead of {decision.instead_of}"
        _note(connection, decision.incident, position, decision.at, "instead", message)


@_write.register
def _(decision: NotificationHeld, connection: Connection, position: int) -> None:
    incident_courses.note_held(connection, decision)
    message = f"{decision.hold.receiver} is not told yet: {decision.hold.reason}"
    _note(connection, decision.incident, position, decision.at, "waits", message)


@_write.register
def _(decision: NotificationSent, connection: Connection, position: int) -> None:
    values = {
        "state": SENT,
        "attempts": decision.attempts,
        "sent_at": decision.at,
        "claimed_at": None,
        "last_error": None,
        "receipt": decision.receipt,
    }
    _settle(connection, decision.id, values, position)
    incident_courses.note_sent(connection, decision)
    message = f"{decision.receiver} was told"
    _note(connection, decision.incident, position, decision.at, "sent", message)


@_write.register
def _(decision: NotificationFailed, connection: Connection, position: int) -> None:
    values = {
        "state": FAILED,
        "attempts": decision.attempts,
        "claimed_at": CUT_OFF if decision.may_have_arrived else None,
        "last_error": decision.error,
    }
    _settle(connection, decision.id, values, position)
    message = f"{decision.receiver} could not be told: {decision.error}"
    _note(connection, decision.incident, position, decision.at, "failed", message)


@_write.register
def _(decision: DeadLettersReplayed, connection: Connection, position: int) -> None:
    settle_letters(connection, decision.outcomes, position=position, at=decision.at)


@_write.register
def _(decision: DeadLettersDiscarded, connection: Connection, position: int) -> None:
    reason = f"{decision.actor}: {decision.reason}" if decision.actor else decision.reason
    discard_letters(connection, decision.letters, reason=reason, position=position, at=decision.at)


@_write.register
def _(decision: RunsRetired, connection: Connection, _position: int) -> None:
    retire_runs(connection, decision)


@_write.register
def _(decision: SettledRetired, connection: Connection, _position: int) -> None:
    retire_settled(connection, decision)


@_write.register
def _(decision: KnowledgeRetired, connection: Connection, _position: int) -> None:
    retire_knowledge(connection, decision)


@_write.register
def _(decision: SayingsRetired, connection: Connection, _position: int) -> None:
    retire_sayings(connection, decision)


def _settle(connection: Connection, key: str, values: dict[str, Any], position: int) -> None:
    connection.execute(
        update(notification).where(notification.c.id == key).values(position=position, **values)
    )


def _put_incident(connection: Connection, put: Incident, position: int) -> None:
    put_row(connection, incident, _incident_row(put, position), kept=incident_courses.KEPT)


def _incident_row(opened: Incident, position: int) -> dict[str, Any]:
    return {
        "id": opened.id,
        "version": opened.version,
        "state": opened.state.value,
        "failure_class": opened.failure_class.value,
        "owner_name": opened.owner.name,
        "owner_kind": opened.owner.kind.value,
        "receiver": next(iter(opened.explanation.receivers), opened.owner.receiver),
        "severity": opened.severity.value,
        "title": opened.title,
        "root": opened.root,
        "run": opened.run,
        "explanation": msgspec.json.encode(opened.explanation),
        "onset_at": opened.onset_at,
        "opened_at": opened.opened_at,
        "notify_at": opened.notify_at,
        "telling": msgspec.json.encode(opened.telling),
        "acknowledged_at": opened.acknowledged_at,
        "resolved_at": opened.resolved_at,
        "healed_at": opened.healed_at,
        "merged_into": opened.merged_into,
        "flapping": msgspec.json.encode(opened.flapping) if opened.flapping else None,
        "domain": opened.explanation.labels.get("domain") or opened.explanation.domain,
        "tier": opened.explanation.labels.get("tier") or None,
        "job": opened.explanation.job,
        "signature": opened.explanation.signature or None,
        "handovers": 0,
        "position": position,
    }


def _give(
    connection: Connection,
    signal_id: str,
    incident_id: str,
    role: Role,
    position: int,
    cause: str | None = None,
) -> str:
    """Give a signal, with the dead letters that it stands for, to an incident; tell its title."""
    given = _signal(connection, signal_id)
    row = {
        "incident_id": incident_id,
        "signal_id": signal_id,
        "role": role.value,
        "cause_id": cause,
        "position": position,
    }
    kept = ("position",) if cause else ("position", "cause_id")
    put_row(connection, incident_signal, row, kept=kept)
    if given.rule is not None:
        connection.execute(
            update(dead_letter)
            .where(
                dead_letter.c.state == "open",
                # However many entries are projected together.
                dead_letter.c.entry_position < position,
                dead_letter.c.product == given.product,
                dead_letter.c.step == given.step,
                dead_letter.c.rule == given.rule,
            )
            .values(incident_id=incident_id)
        )
    return given.title


def _note(
    connection: Connection, incident_id: str, position: int, at: int, kind: str, message: str
) -> None:
    row = {
        "incident_id": incident_id,
        "position": position,
        "ordinal": 0,
        "at": at,
        "kind": kind,
        "message": message,
    }
    put_row(connection, incident_entry, row)


def empty_operations(connection: Connection) -> None:
    """Delete what a rebuild makes again."""
    for table in OPERATIONS_TABLES:
        connection.execute(delete(table))
