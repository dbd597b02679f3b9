"""Decisions: what evaluate, route and the deliverer write into the journal, as JSON.

A rebuild applies them again and decides nothing, so each carries all that its tables need: the
clock's value, the whole signal or incident, and the reason in words.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from hub.domain.deadletters import ReplayOutcome
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.courses import Amendment
from hub.domain.incidents.incident import Hold, Incident, Role
from hub.domain.incidents.signals import Signal
from hub.domain.lineage.inference import Inference
from hub.domain.names import JobName


class _Decision(Struct, frozen=True, kw_only=True, tag_field="decision"):
    """``at`` is the hub's clock when it was decided, microseconds UTC."""

    at: int


class SignalRaised(_Decision, frozen=True, tag="signal-raised"):
    """A violation was observed.

    ``passed_at`` is the event time of what had passed after it, where that was told before.
    """

    signal: Signal
    passed_at: int | None = None


class SignalCleared(_Decision, frozen=True, tag="signal-cleared"):
    """What a signal observed is over.

    ``by`` is the node id of what passed, ``passed_at`` its event time, if something did.
    """

    signal: str
    reason: str
    by: str | None = None
    passed_at: int | None = None


class RunLost(_Decision, frozen=True, tag="run-lost"):
    """A run, by its node id, has been silent for longer than its lease.

    ``heard_at`` is the time of its last event: a later one overrules this.
    """

    run: str
    heard_at: int
    reason: str


UNDECLARED: Final = "undeclared"


class SloChanged(_Decision, frozen=True, tag="slo-changed"):
    """An SLO was judged differently than before, for the first time, or by another objective.

    ``since`` is when it came to be so: a breach at the deadline, its end when the data came. None:
    when it was judged. ``state`` is a value of ``SloState``, or that nobody declares it any more.
    ``is_bad``: that counts against its budget. ``objective`` says what it is judged by
    (``objective_key``), and ``declared_at`` since when (None: since now).
    """

    slo: str
    state: str
    detail: str
    since: int | None = None
    is_bad: bool = False
    objective: str = ""
    declared_at: int | None = None


class SloCorrected(_Decision, frozen=True, tag="slo-made-good"):
    """Time that counted against an SLO's budget was good, or bad: what came was told of late.

    The tag is of when it could only be good.
    """

    slo: str
    since: int
    until: int
    is_bad: bool = False


class SloCounted(_Decision, frozen=True, tag="slo-counted"):
    """What was ``measured`` of one more run for an SLO: so much of it was as it is to be.

    For what only shows in the moment in which it is judged, or is kept nowhere else. ``of`` is the
    node id of the dataset, as the run called it.
    """

    slo: str
    measured: str
    of: str
    good: float
    total: float


class IncidentOpened(_Decision, frozen=True, tag="incident-opened"):
    """A signal is a root cause of its own."""

    incident: Incident
    signal: str


class SignalAttached(_Decision, frozen=True, tag="signal-attached"):
    """A signal belongs to an incident that exists already.

    One that is over holds it back: it began before the root had healed. ``cause`` is the signal in
    it that explains this one.
    """

    signal: str
    incident: str
    role: Role
    reason: str
    cause: str | None = None


class RootHealed(_Decision, frozen=True, tag="root-healed"):
    """A root of an incident is over, and the incident is not: others last, or it flaps.

    ``healed_at`` is the event time of what passed; None: nothing did.
    """

    incident: str
    signal: str
    healed_at: int | None


class IncidentChanged(_Decision, frozen=True, tag="incident-changed"):
    """An incident changed its state, or what is known of it; ``change`` names how.

    ``change`` is ``acknowledged``, ``resolved``, ``merged`` (into another incident),
    ``reclassified``, ``due``, ``notified``, ``repeated``, ``escalated``, ``waits`` (for a hold to
    end), ``unreached`` (a receiver could not be told), ``settling`` (it passes, and is held open),
    ``flapping`` (it failed again before it had settled) or ``widened`` (it touches more).
    """

    incident: Incident
    change: str
    reason: str
    actor: str | None = None


class IncidentNoted(_Decision, frozen=True, tag="incident-noted"):
    """Something that belongs into an incident's timeline and changes nothing else of it."""

    incident: str
    kind: str
    message: str


class IncidentAmended(_Decision, frozen=True, tag="incident-amended"):
    """Somebody says more of how an incident went, or knows better, whether it is over or not."""

    incident: str
    actor: str
    said: Amendment
    reason: str = ""


class ClassCorrected(_Decision, frozen=True, tag="class-corrected"):
    """Somebody gave an incident another class than the rules; rules are learnt from such.

    ``message``, ``exception`` and ``producer`` are what the failed run said, redacted;
    ``signature`` is what is the same about it elsewhere. ``ruled`` is the class by ``rule``.
    """

    incident: str
    actor: str
    failure_class: FailureClass
    ruled: FailureClass
    rule: str
    message: str
    exception: str
    producer: str
    signature: str


class CommandAnswered(_Decision, frozen=True, tag="command-answered"):
    """What came of the command at ``position`` of the journal; ``code`` is OK or an error's."""

    position: int
    code: str
    message: str | None = None
    subject: str | None = None


class NotificationPlanned(_Decision, frozen=True, tag="notification-planned"):
    """A receiver is to be told, from ``due_at`` on. ``body`` is the page's fields.

    ``instead_of`` names the receiver that could not be reached.
    """

    id: str
    incident: str
    receiver: str
    reason: str
    dedup_key: str
    summary: str
    severity: str
    body: dict[str, Any]
    due_at: int
    instead_of: str | None = None


class NotificationHeld(_Decision, frozen=True, tag="notification-held"):
    """A receiver is not told of an incident until something is over."""

    incident: str
    hold: Hold


class NotificationSent(_Decision, frozen=True, tag="notification-sent"):
    """A receiver accepted a notification; ``receipt`` is what its notifier wants to see again."""

    id: str
    incident: str
    receiver: str
    attempts: int
    receipt: str | None = None


class NotificationFailed(_Decision, frozen=True, tag="notification-failed"):
    """A receiver could not be told, and no further attempt is made.

    ``may_have_arrived``: it may have been all the same, as where it answers too late.
    """

    id: str
    incident: str
    receiver: str
    attempts: int
    error: str
    may_have_arrived: bool = False


class DeadLettersReplayed(_Decision, frozen=True, tag="dead-letters-replayed"):
    """Dead letters went through the current code again; what each came to."""

    outcomes: tuple[ReplayOutcome, ...]
    actor: str | None = None


class DeadLettersDiscarded(_Decision, frozen=True, tag="dead-letters-discarded"):
    """Dead letters are not to come back; they are kept, with the reason."""

    letters: tuple[str, ...]
    reason: str
    actor: str | None = None


class LineageInferred(_Decision, frozen=True, tag="lineage-inferred"):
    """A job's SQL says what its producer does not: what the job reads and writes.

    ``said`` replaces all that was inferred of the job before; empty, it takes that back.
    """

    job: JobName
    said: tuple[Inference, ...]


class RetiredRun(Struct, frozen=True, array_like=True):
    """A run, and the journal position of the last of its events that was archived with it."""

    namespace: str
    job: str
    run: str
    position: int


class RunsRetired(_Decision, frozen=True, tag="runs-retired"):
    """Runs that ended before an instant have been archived, and leave the store.

    ``archive`` names the folder within the archive. A run of which more is known by now stays.
    """

    until: int
    archive: str
    runs: tuple[RetiredRun, ...]


class RetiredRow(Struct, frozen=True, array_like=True):
    """An incident or a dead letter, and the journal position of the last that was said of it."""

    id: str
    position: int


class SettledRetired(_Decision, frozen=True, tag="settled-retired"):
    """Incidents and dead letters that were over before an instant have been archived, and leave.

    ``archive`` names the folder within the archive. What has changed since stays.
    """

    until: int
    archive: str
    incidents: tuple[RetiredRow, ...] = ()
    letters: tuple[RetiredRow, ...] = ()


class KnowledgeRetired(_Decision, frozen=True, tag="knowledge-retired"):
    """What edges were taken to be until a position of the journal has been archived, and leaves."""

    position: int
    archive: str


class SayingsRetired(_Decision, frozen=True, tag="sayings-retired"):
    """On which days facets were said has been archived up to a horizon, and leaves.

    What was said again before ``day``, which is counted since 1970, goes first; ``position`` is the
    journal's last one before the horizon.
    """

    until: int
    day: int
    position: int
    archive: str


Decision: TypeAlias = (
    SignalRaised
    | SignalCleared
    | RunLost
    | SloChanged
    | SloCorrected
    | SloCounted
    | IncidentOpened
    | SignalAttached
    | RootHealed
    | IncidentChanged
    | IncidentNoted
    | IncidentAmended
    | ClassCorrected
    | CommandAnswered
    | NotificationPlanned
    | NotificationHeld
    | NotificationSent
    | NotificationFailed
    | DeadLettersReplayed
    | DeadLettersDiscarded
    | LineageInferred
    | RunsRetired
    | SettledRetired
    | KnowledgeRetired
    | SayingsRetired
)

_decoder: Final = msgspec.json.Decoder(Decision)


def encode_decision(decision: Decision) -> bytes:
    """Return the body of a DECISION entry."""
    return msgspec.json.encode(decision)


def decode_decision(body: bytes) -> Decision:
    """Read the body of a DECISION entry."""
    decision: Decision = _decoder.decode(body)
    return decision


def released_by(body: bytes) -> list[int]:
    """Return the positions of the events that a decision, encoded, releases from quarantine."""
    decision = decode_decision(body) if b'"dead-letters-replayed"' in body else None
    outcomes = decision.outcomes if isinstance(decision, DeadLettersReplayed) else ()
    return [each.event for each in outcomes if each.resolved and each.event is not None]
