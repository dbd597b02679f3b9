"""The stage itself: a batch of entries, or a tick of the clock, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from hub.domain.catalog import Catalog, Slo
from hub.domain.deadletters import read_letter
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.incidents.decisions import (
    UNDECLARED,
    Decision,
    IncidentChanged,
    RootHealed,
    RunLost,
    SloChanged,
    decode_decision,
    encode_decision,
)
from hub.domain.instants import believed
from hub.domain.names import JobName, parse_node_id
from hub.domain.observations import observe_dataset, observe_run
from hub.domain.openlineage.events import (
    DatasetEvent,
    Event,
    EventType,
    RunEvent,
    Unusable,
    read_event,
)
from hub.domain.openlineage.leases import DEFAULT_LEASES, LeasePolicy, shortest_lease
from hub.domain.slos.slo import SloState
from hub.flow.backlog import FAILURES, PROJECT, Backlog, told_until
from hub.flow.collector import collector_held
from hub.flow.evaluate.letters import clear_letters, judge_letter, judge_unusable
from hub.flow.evaluate.measuring import is_remembered, status_remembered
from hub.flow.evaluate.memory import Memory
from hub.flow.evaluate.open_signals import OpenSignals
from hub.flow.evaluate.quiet_runs import hear, judge_quiet_runs
from hub.flow.evaluate.reading import read_slo
from hub.flow.evaluate.recall import Recall
from hub.flow.evaluate.runs import (
    goes_on,
    judge_checks,
    judge_failed_checks,
    judge_failure,
    judge_run,
    pass_over,
    tell_apart,
)
from hub.flow.evaluate.scene import Scene
from hub.flow.evaluate.slos import (
    is_declared,
    judge_arrivals,
    judge_begun,
    judge_checked,
    judge_due,
    judge_ended,
    judge_nulls_counted,
    judge_quality_told,
    judge_refused,
    look_again,
)
from hub.flow.evaluate.storms import by_onset
from hub.flow.recent import RecentEntries
from hub.flow.turns import Turns
from hub.graph.identities import NOBODY
from hub.graph.neighbourhood import Neighbourhood
from hub.store import incident_book, run_context, slo_context, tracking

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.flow.evaluate.judging import Judge
    from hub.graph.index import LineageIndex
    from hub.store.opening import Store

# As many as project may leave at once, so that there is no end to be behind.
_BATCH: Final = 4_096
# Entries younger than this are no backlog.
_CATCHING_UP: Final = 5_000_000
# In the decisions that resolve an incident, or a root of one, or declare a run lost.
_DECIDED: Final = re.compile(rb'"change":"resolved"|"decision":"(?:root-healed|run-lost)"')


class Evaluate:
    """Turns ended runs, checks, dead letters and passing time into decisions."""

    name = "evaluate"

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], int],
        judge: Judge,
        index: LineageIndex,
        leases: LeasePolicy = DEFAULT_LEASES,
        recent: RecentEntries | None = None,
        judges: Callable[[Slo], bool] = lambda _slo: True,
    ) -> None:
        """Prepare the stage; ``catalog`` returns what is declared now, ``clock`` µs UTC.

        ``recent`` is what project leaves, where it is of the same thread. An SLO that it does not
        judge stays as it was judged before.
        """
        self._leases = leases
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._judge = judge
        self._index = index
        self._recent = recent or RecentEntries(store.journal)
        self._judges = judges
        self._memory: Memory | None = None
        self._known_head: int | None = None
        self._turns = Turns(self.name, clock=clock)

    def step(self) -> bool:
        """Evaluate what is projected and new, else what the clock has made due."""
        try:
            with collector_held():
                return self._step()
        except BaseException:
            self._forget()
            raise

    @property
    def next_at(self) -> int | None:
        """When the clock alone makes work, as far as the memory tells."""
        return self._memory.next_at if self._memory is not None else None

    def reading(self, connection: Connection, slo: str, /) -> tuple[SloState, str] | None:
        """Return how an SLO stands and why, as of now; None where no process has judged it.

        For any thread. What this process does not judge is read back from the store.
        """
        memory, now = self._memory, self._clock()
        watch = memory.watches.get(slo) if memory is not None else None
        if memory is not None and watch is not None and watch.state is not None:
            if is_remembered(watch.slo):
                status = status_remembered(memory, watch, now)
                return status.state, status.detail
            if watch.detail is not None:
                return watch.state, watch.detail
        return read_slo(connection, self._store.journal, self._catalog(), self._index, slo, now=now)

    def judge_failures(self, backlog: Backlog) -> bool:
        """Judge failures that wait to be projected; what else their events say has its turn later.

        Raises:
            Conflict: another process has judged some of them.

        """
        try:
            with collector_held():
                return self._judge_failures(backlog)
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._memory = None
        self._known_head = None

    def _step(self) -> bool:
        database, now = self._store.database, self._clock()
        with database.read() as connection:
            if self._turns.are_anothers(connection):
                self._forget()
                return False
            position = tracking.position(connection, self.name)
            judged = tracking.position(connection, FAILURES)
            projected = tracking.position(connection, PROJECT)
            memory = self._remember(connection, now)
            if memory is None:
                return False
            scene = self._scene(connection, memory, now)
            _withdraw(scene)
            entries = self._recent.read(connection, after=position, until=projected, limit=_BATCH)
            if entries:
                self._recognise(connection, memory, now)
            self._pass_over(scene)
            _take(scene, entries, self._recent, judged=judged)
            if self._has_caught_up(connection, entries, projected, now):
                judge_due(scene)
                judge_quiet_runs(scene)
        if not entries and not scene.decisions:
            return False
        to = entries[-1].position if entries else position
        with database.write() as connection:
            self._turns.take(connection)
            tracking.advance(connection, self.name, expected=position, to=to)
            tracking.advance(connection, FAILURES, expected=judged, to=max(judged, to))
            self._append(connection, scene.decisions, now)
        self._turns.is_over()
        return True

    def _judge_failures(self, backlog: Backlog) -> bool:
        database, now = self._store.database, self._clock()
        with database.read() as connection:
            if self._turns.are_anothers(connection):
                self._forget()
                return False
            judged = tracking.position(connection, FAILURES)
            after = max(judged, tracking.position(connection, self.name))
            memory = self._remember(connection, now)
            if memory is None:
                return False
            ahead = backlog.read(connection, after=after)
            failures = [each for each in ahead.entries if each.kind is EntryKind.EVENT]
            scene = self._scene(connection, memory, now)
            for entry in failures:
                _take_failure(scene, entry, self._recent.event(entry))
        if not failures:
            return False
        with database.write() as connection:
            self._turns.take(connection)
            tracking.advance(connection, FAILURES, expected=judged, to=ahead.reached)
            self._append(connection, scene.decisions, now)
        self._turns.is_over()
        return True

    def _scene(self, connection: Connection, memory: Memory, now: int) -> Scene:
        return Scene(
            connection=connection,
            journal=self._store.journal,
            memory=memory,
            judge=self._judge,
            neighbourhood=Neighbourhood(connection, self._index, memory.catalog),
            now=now,
            leases=self._leases,
        )

    def _has_caught_up(
        self, connection: Connection, entries: Sequence[Entry], projected: int, now: int
    ) -> bool:
        """Whether the clock may speak: what came in time must not be found late in a backlog."""
        if entries:
            return entries[-1].recorded_at >= now - _CATCHING_UP
        return projected >= self._store.journal.head(connection)

    def _append(self, connection: Connection, decisions: Sequence[Decision], now: int) -> None:
        new = [NewEntry(EntryKind.DECISION, encode_decision(each)) for each in by_onset(decisions)]
        self._store.journal.append(new, recorded_at=now, connection=connection)

    def _remember(self, connection: Connection, now: int) -> Memory | None:
        """Return the memory; None while decisions of an earlier process are not projected yet."""
        catalog = self._catalog()
        if self._memory is not None and self._memory.catalog is catalog:
            return self._memory
        if self._memory is not None:
            # Another catalog: what this process has decided must be projected first.
            self._forget()
        if self._known_head is None:
            self._known_head = self._store.journal.head(connection)
        if told_until(connection) < self._known_head:
            return None
        self._memory = self._load(connection, catalog, now)
        return self._memory

    def _load(self, connection: Connection, catalog: Catalog, now: int) -> Memory:
        signals = incident_book.open_signals(connection)
        memory = Memory(catalog=catalog, signals=OpenSignals(signals))
        memory.identities = self._index.identities(connection)
        for run, at in run_context.running_runs(connection):
            memory.quiet.put(run, min(at, now) + shortest_lease(self._leases))
        known = slo_context.known_slos(connection)
        longest = max((slo.budget.longest for slo in catalog.slos if slo.budget), default=0)
        changes = slo_context.changes_since(connection, now - longest)
        recall = self._recall(connection, memory, now)
        others = {slo.name for slo in catalog.slos if not self._judges(slo)}
        for slo in catalog.slos:
            if slo.name not in others:
                watch = recall.watch(slo, known.get(slo.name))
                watch.changes = changes.get(slo.name, [])
                memory.watch(watch, now)
        told = [each for each in signals if each.slo and each.slo not in others]
        memory.undeclared += [each for each in told if not is_declared(memory, each)]
        memory.withdrawn += sorted(known.keys() - memory.watches.keys() - others)
        memory.renamed += memory.failed_elsewhere(NOBODY)
        return memory

    def _recognise(self, connection: Connection, memory: Memory, now: int) -> None:
        """Take note of which names are one thing by now, and of what that brings to an SLO."""
        before, found = memory.identities, self._index.identities(connection)
        if found is before:
            return
        memory.recognise(found)
        recall = self._recall(connection, memory, now)
        for watch in memory.watches.values():
            if recall.is_stale(watch, before):
                recall.anew(watch)
                memory.due.put(watch.slo.name, now)
        memory.renamed += memory.failed_elsewhere(before)

    def _pass_over(self, scene: Scene) -> None:
        """Clear what has failed under one name of a job, and has passed since under another."""
        memory, renamed = scene.memory, scene.memory.renamed
        memory.renamed = []
        broken: set[JobName] = set()
        for signal, job in sorted(renamed, key=lambda each: each[0].onset_at):
            first = memory.names_of_job(job)[0]
            # What has not passed since it failed first has not since it failed later either.
            if first in broken or signal not in memory.signals:
                continue
            jobs = scene.job_keys(job)
            passed = run_context.passed_since(scene.connection, jobs, after=signal.onset_at)
            if passed is None:
                broken.add(first)
                continue
            [entry] = self._store.journal.read_at(scene.connection, [passed.position])
            event = read_event(entry.body)
            if isinstance(event, RunEvent):
                pass_over(scene, observe_run(event, received_at=entry.recorded_at))

    def _recall(self, connection: Connection, memory: Memory, now: int) -> Recall:
        until = tracking.position(connection, self.name)
        return Recall(connection, self._store.journal, memory, until, now)


def _withdraw(scene: Scene) -> None:
    """Forget what nobody declares any more: until somebody does, its time is no SLO's."""
    memory = scene.memory
    while memory.undeclared:
        scene.clear_signal(memory.undeclared.pop(), "its SLO is no longer declared")
    while memory.withdrawn:
        name = memory.withdrawn.pop()
        detail = "it is no longer declared"
        withdrawn = SloChanged(at=scene.now, slo=name, state=UNDECLARED, detail=detail)
        scene.decisions.append(withdrawn)


def _take(scene: Scene, entries: Sequence[Entry], recent: RecentEntries, *, judged: int) -> None:
    """Take in entries; failures up to a position have been judged before."""
    healed: dict[str, None] = {}
    for entry in entries:
        if entry.kind is EntryKind.EVENT:
            is_judged = entry.position <= judged and entry.overtakes
            _take_event(scene, entry, recent.event(entry), is_judged=is_judged)
        elif entry.kind is EntryKind.DEAD_LETTER:
            letter = read_letter(entry.body)
            judge_letter(scene, letter, entry.position, entry.recorded_at)
            judge_refused(scene, letter, entry.recorded_at)
        elif entry.kind is EntryKind.DECISION and _DECIDED.search(entry.body):
            decision = decode_decision(entry.body)
            _take_decision(scene, decision)
            if isinstance(decision, RootHealed):
                healed[decision.incident] = None
    judge_quality_told(scene)
    # Once for all roots of an incident that have: in a storm that is many.
    for incident in healed:
        _take_over(scene, incident)
    if any(entry.kind is not EntryKind.EVENT for entry in entries):
        clear_letters(scene)


def _take_decision(scene: Scene, decision: Decision) -> None:
    if isinstance(decision, IncidentChanged):
        _take_over(scene, decision.incident.id)
    elif isinstance(decision, RunLost):
        judge_ended(scene, parse_node_id(decision.run).run)


def _take_over(scene: Scene, incident: str) -> None:
    """Take note that an incident is over, or a root of it: that no longer explains what it held."""
    look_again(scene, incident)
    tell_apart(scene, incident)


def _take_event(scene: Scene, entry: Entry, event: Event | Unusable, *, is_judged: bool) -> None:
    if isinstance(event, Unusable):
        judge_unusable(scene, entry, event)
    elif isinstance(event, RunEvent) and event.event_type.is_terminal:
        seen = observe_run(event, received_at=entry.recorded_at)
        judge_begun(scene, event, entry.recorded_at)
        judge_run(scene, seen, entry.position, is_judged=is_judged)
        judge_ended(scene, event.run)
        judge_arrivals(scene, seen)
        judge_nulls_counted(scene, seen)
        for checked in seen.checks:
            judge_checked(scene, checked, seen.run, seen.at)
    elif isinstance(event, RunEvent):
        at = believed(event.event_time, entry.recorded_at)
        hear(scene, event.run, at)
        if event.event_type is EventType.START:
            judge_begun(scene, event, entry.recorded_at)
        elif event.event_type is EventType.RUNNING:
            goes_on(scene, event.run, at)
    elif isinstance(event, DatasetEvent):
        outcome = observe_dataset(event)
        if outcome is not None:
            at = believed(event.event_time, entry.recorded_at)
            judge_checks(scene, outcome, None, position=entry.position, at=at, is_judged=is_judged)
            judge_checked(scene, outcome, None, at)


def _take_failure(scene: Scene, entry: Entry, event: Event | Unusable) -> None:
    if isinstance(event, RunEvent):
        judge_failure(scene, observe_run(event, received_at=entry.recorded_at), entry.position)
    elif isinstance(event, DatasetEvent) and (outcome := observe_dataset(event)) is not None:
        at = believed(event.event_time, entry.recorded_at)
        judge_failed_checks(scene, outcome, None, at=at, position=entry.position)
