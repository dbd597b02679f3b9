"""Incidents: what broke, why, whose it is, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import (
    ChangeKind,
    FailureClass,
    HoldKind,
    IncidentState,
    NodeKind,
    Outcome,
    Role,
    Severity,
)
from hub.api.graphql.nodes import Node, Reference, references
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.domain.catalog import OwnerKind
from hub.domain.failures import changes
from hub.domain.failures import failure as failures
from hub.domain.incidents import incident as incidents
from hub.domain.names import NodeId, node_id, run_id
from hub.queries import incidents as rows
from hub.queries.incidents import IncidentRow
from hub.queries.postmortems import postmortems_of
from hub.queries.run_changes import changes_of
from hub.queries.similar import Similar, similar_to

IncidentBatch = Batch[IncidentRow]


@strawberry.type(description="Who sees to something.")
class Team:
    name: str
    kind: str = strawberry.field(
        description=f"One of {', '.join(kind.value for kind in OwnerKind)}."
    )


@strawberry.type(description="The class that would have been given without the winning rule.")
class RunnerUp:
    failure_class: FailureClass = strawberry.field(name="class")
    rule: str
    confidence: float


@strawberry.type(description="What an incident is told apart by.")
class Label:
    name: str
    value: str


@strawberry.type(description="Why a receiver is not told of an incident yet.")
class Hold:
    receiver: str
    kind: HoldKind
    by: str = strawberry.field(description="The silence, window, incident or hours.")
    until: Instant | None = strawberry.field(description="Null where an incident has to end first.")
    reason: str


@strawberry.type(description="Why an incident is what it is, and why it is theirs who own it.")
class IncidentExplanation:
    rule: str
    rule_set: str
    evidence: str
    confidence: float
    runner_up: RunnerUp | None
    path: list[str] = strawberry.field(
        description="The steps that led to the owner and through the routes, in words."
    )
    is_caught: bool = strawberry.field(
        description="Whether nobody is declared to own it, so that the platform team does."
    )
    labels: list[Label] = strawberry.field(description="What routes and silences match on.")
    receivers: list[str] = strawberry.field(description="Who is told.")


@strawberry.type(description="Something that happened to an incident.")
class TimelineEntry:
    at: Instant
    kind: str
    message: str


@strawberry.type(description="One observed violation.")
class Signal:
    id: strawberry.ID
    kind: str
    subject: strawberry.ID
    run: strawberry.ID | None
    slo: str | None
    failure_class: FailureClass = strawberry.field(name="class")
    role: Role = strawberry.field(
        description="A consequence is told to nobody: it is held until its own next run."
    )
    onset_at: Instant
    raised_at: Instant
    cleared_at: Instant | None


@strawberry.type(description="What a receiver was told, is to be told, or could not be told.")
class Notification:
    id: strawberry.ID
    receiver: str
    reason: str
    state: str
    attempts: int
    due_at: Instant
    sent_at: Instant | None
    last_error: str | None


@strawberry.type(description="One thing that was different in the first bad run.")
class Change:
    kind: ChangeKind
    dataset: str | None = strawberry.field(description="The name of the dataset that it is of.")
    text: str


@strawberry.type(description="A past incident that is like one, and what mended it.")
class SimilarIncident:
    id: strawberry.ID
    title: str
    state: IncidentState
    failure_class: FailureClass = strawberry.field(name="class")
    opened_at: Instant
    resolved_at: Instant | None
    outcome: Outcome | None
    fix: str | None = strawberry.field(
        description="What mended it, as somebody noted, or else how it ended."
    )
    reasons: list[str] = strawberry.field(description="What both share, in words.")
    score: int = strawberry.field(description="Greater the more they share.")


@strawberry.type
class IncidentFacts:
    """What an incident is, whether it has happened or would."""

    id: strawberry.ID
    row: strawberry.Private[IncidentRow]
    batch: strawberry.Private[IncidentBatch]
    version: int = strawberry.field(description="Grows with each change; mutations may name it.")
    state: IncidentState
    failure_class: FailureClass = strawberry.field(name="class")
    owner: Team
    severity: Severity
    title: str
    onset_at: Instant = strawberry.field(
        description="When what is wrong began: as somebody says, or else as it was observed."
    )
    observed_onset_at: Instant
    opened_at: Instant
    notified_at: Instant | None = strawberry.field(
        description="When a channel first accepted a notification."
    )
    acted_at: Instant | None = strawberry.field(description="When a person first did something.")
    acknowledged_at: Instant | None
    mitigated_at: Instant | None = strawberry.field(
        description="When its consumers were served again, as somebody says."
    )
    recovered_at: Instant | None = strawberry.field(
        description="When all that failed had passed (event time)."
    )
    settles_at: Instant | None = strawberry.field(
        description="It has passed, and flaps: it is over if nothing fails until then."
    )
    resolved_at: Instant | None
    outcome: Outcome | None
    note: str | None = strawberry.field(description="What mended it, as somebody says.")

    @field
    def root(self) -> Reference:
        """The job or dataset where it began."""
        return self.batch.once(_references, _root)[self.row.root]

    @field
    def run(self) -> Reference | None:
        """The run that failed, if it was one."""
        return self.batch.once(_references, _run).get(self.row.run or "")

    @field
    def merged_into(self) -> Reference | None:
        """The incident that it turned out to be part of, which explains it."""
        return self.batch.once(_references, _merged_into).get(_merged(self.row) or "")

    @field
    def explanation(self) -> IncidentExplanation:
        """The verdict, and the path to the owner."""
        return _explanation(self.row)

    @field
    def products(self) -> list[Reference]:
        """The data products that it touches."""
        return self._referred(_products)

    @field
    def datasets(self) -> list[Reference]:
        """What is made from what is broken; where that is very much, some of it."""
        return self._referred(_datasets)

    @field
    def datasets_count(self) -> int:
        """How many datasets are made from what is broken."""
        return self.row.explanation.blast.datasets_count

    @field
    def held_back(self) -> list[Reference]:
        """The datasets that get no new data meanwhile; where they are very many, some of them."""
        return self._referred(_held_back)

    @field
    def held_back_count(self) -> int:
        """How many datasets get no new data meanwhile."""
        return self.row.explanation.blast.held_back_count

    @field
    def holds(self) -> list[Hold]:
        """Who is not told yet, and what that waits for."""
        return [_hold(each) for each in self.row.telling.held]

    def _referred(self, which: Callable[[IncidentRow], Sequence[str]]) -> list[Reference]:
        found = self.batch.once(_references, which)
        return [found[each] for each in which(self.row)]


@strawberry.type(description="One root cause, and what it is to the people who mend it.")
class Incident(IncidentFacts, Node):
    @field
    def timeline(self) -> list[TimelineEntry]:
        """What happened to it, in order."""
        found = self.batch.by_id(rows.timelines_of).get(self.row.id, [])
        return [entry_of(each) for each in found]

    @field
    def last_good_run(self) -> Reference | None:
        """The last run of the job that completed before the one that failed."""
        return self.batch.once(_changes).get(self.row.id, _UNCHANGED).last_good

    @field
    def changes(self) -> list[Change]:
        """What was different in the run that failed, beside the last good one."""
        found = self.batch.once(_changes).get(self.row.id, _UNCHANGED).changes
        return [change_of(each) for each in found]

    @field
    def similar(self) -> list[SimilarIncident]:
        """Past incidents with the same error, root or job, the most alike first; five at most."""
        return [similar_of(each) for each in self.batch.once(_alike)[self.row.id]]

    @field
    def postmortem(self) -> str:
        """All that the hub knows of it as a Markdown document, with room for what people know."""
        return self.batch.once(_postmortems)[self.row.id]

    @field
    def signals(self) -> list[Signal]:
        """The violations that belong to it."""
        return [signal_of(each) for each in self.batch.by_id(rows.signals_of).get(self.row.id, [])]

    @field
    def notifications(self) -> list[Notification]:
        """Who was told what, and who could not be."""
        found = self.batch.by_id(rows.notifications_of).get(self.row.id, [])
        return [notification_of(each) for each in found]


def make_incidents(reads: Reads, found: Iterable[IncidentRow]) -> list[Incident]:
    """Return incidents that load in company."""
    batch = Batch(reads, found)
    return [Incident(**facts_of(row, batch)) for row in batch.rows]


def find_incidents(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, Incident]:
    """Return the incidents among ``ids``."""
    found = rows.incidents_by_id(reads.connection, [node.parts[0] for node in ids])
    made = make_incidents(reads, found.values())
    return {NodeId(NodeKind.INCIDENT, (each.row.id,)): each for each in made}


def facts_of(row: IncidentRow, batch: IncidentBatch) -> dict[str, Any]:
    """Return the facts of an incident, by their names."""
    return {
        "id": strawberry.ID(node_id(NodeKind.INCIDENT, row.id)),
        "row": row,
        "batch": batch,
        "version": row.version,
        "state": IncidentState(row.state),
        "failure_class": FailureClass(row.failure_class),
        "owner": Team(name=row.owner_name or "none", kind=row.owner_kind),
        "severity": Severity(row.severity),
        "title": row.title,
        "onset_at": Instant(row.onset_at),
        "observed_onset_at": Instant(row.observed_onset_at),
        "opened_at": Instant(row.opened_at),
        "notified_at": maybe_instant(row.notified_at),
        "acted_at": maybe_instant(row.acted_at),
        "acknowledged_at": maybe_instant(row.acknowledged_at),
        "mitigated_at": maybe_instant(row.mitigated_at),
        "recovered_at": maybe_instant(row.recovered_at),
        "settles_at": maybe_instant(row.settles_at),
        "resolved_at": maybe_instant(row.resolved_at),
        "outcome": Outcome(row.outcome) if row.outcome else None,
        "note": row.note,
    }


def _explanation(row: IncidentRow) -> IncidentExplanation:
    said = row.explanation
    second = said.verdict.runner_up
    return IncidentExplanation(
        rule=said.verdict.rule,
        rule_set=said.verdict.rule_set,
        evidence=said.verdict.evidence,
        confidence=said.verdict.confidence,
        runner_up=None if second is None else _runner_up(second),
        path=[*said.path],
        is_caught=said.is_caught,
        labels=[Label(name=name, value=value) for name, value in sorted(said.labels.items())],
        receivers=[*said.receivers],
    )


def _hold(held: incidents.Hold) -> Hold:
    return Hold(
        receiver=held.receiver,
        kind=HoldKind(held.kind),
        by=held.by,
        until=maybe_instant(held.until),
        reason=held.reason,
    )


def _runner_up(second: failures.RunnerUp) -> RunnerUp:
    return RunnerUp(
        failure_class=second.failure_class, rule=second.rule, confidence=second.confidence
    )


def signal_of(row: rows.SignalRow) -> Signal:
    """Return a violation."""
    return Signal(
        id=strawberry.ID(row.id),
        kind=row.kind,
        subject=strawberry.ID(row.subject),
        run=strawberry.ID(row.run) if row.run else None,
        slo=row.slo,
        failure_class=FailureClass(row.failure_class),
        role=Role(row.role),
        onset_at=Instant(row.onset_at),
        raised_at=Instant(row.raised_at),
        cleared_at=maybe_instant(row.cleared_at),
    )


def entry_of(row: rows.EntryRow) -> TimelineEntry:
    """Return an entry of a timeline."""
    return TimelineEntry(at=Instant(row.at), kind=row.kind, message=row.message)


def change_of(change: changes.Change) -> Change:
    """Return what was different in a run."""
    return Change(kind=change.kind, dataset=change.subject, text=change.text)


def notification_of(row: rows.NotificationRow) -> Notification:
    """Return what a receiver was told."""
    return Notification(
        id=strawberry.ID(row.id),
        receiver=row.receiver,
        reason=row.reason,
        state=row.state,
        attempts=row.attempts,
        due_at=Instant(row.due_at),
        sent_at=maybe_instant(row.sent_at),
        last_error=row.last_error,
    )


def _root(row: IncidentRow) -> Sequence[str]:
    return (row.root,)


def _run(row: IncidentRow) -> Sequence[str]:
    return (row.run,) if row.run else ()


def _merged(row: IncidentRow) -> str | None:
    return None if row.merged_into is None else node_id(NodeKind.INCIDENT, row.merged_into)


def _merged_into(row: IncidentRow) -> Sequence[str]:
    found = _merged(row)
    return () if found is None else (found,)


def _products(row: IncidentRow) -> Sequence[str]:
    return [node_id(NodeKind.PRODUCT, name) for name in row.explanation.blast.products]


def _datasets(row: IncidentRow) -> Sequence[str]:
    return row.explanation.blast.datasets


def _held_back(row: IncidentRow) -> Sequence[str]:
    return row.explanation.blast.held_back


class _Since(NamedTuple):
    last_good: Reference | None
    changes: Sequence[changes.Change]


_UNCHANGED: Final = _Since(None, ())


def _changes(reads: Reads, found: tuple[IncidentRow, ...]) -> dict[str, _Since]:
    things = reads.identities.jobs
    since = changes_of(reads.connection, reads.journal, reads.catalog, found, things)
    good = {key: run_id(each.last_good.key) for key, each in since.items() if each.last_good}
    named = references(reads, [*good.values()])
    return {key: _Since(named.get(good.get(key, "")), each.changes) for key, each in since.items()}


def _postmortems(reads: Reads, found: tuple[IncidentRow, ...]) -> dict[str, str]:
    known = reads.identities
    return postmortems_of(reads.connection, reads.journal, reads.catalog, found, known)


def _alike(reads: Reads, found: tuple[IncidentRow, ...]) -> Mapping[str, list[Similar]]:
    return similar_to(reads.connection, found, reads.identities.called)


def similar_of(each: Similar) -> SimilarIncident:
    """Return a past incident."""
    return SimilarIncident(
        id=strawberry.ID(node_id(NodeKind.INCIDENT, each.id)),
        title=each.title,
        state=IncidentState(each.state),
        failure_class=FailureClass(each.failure_class),
        opened_at=Instant(each.opened_at),
        resolved_at=maybe_instant(each.resolved_at),
        outcome=Outcome(each.outcome) if each.outcome else None,
        fix=each.fix,
        reasons=[*each.reasons],
        score=each.score,
    )


def _references(
    reads: Reads, found: tuple[IncidentRow, ...], which: Callable[[IncidentRow], Sequence[str]]
) -> dict[str, Reference]:
    return references(reads, [each for row in found for each in which(row)])
