"""SLOs: judged when something arrives, when checks are made, and when the clock says so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import structs

from hub.domain.catalog import Clock, Counted, Severity, Slo, SloKind, Step
from hub.domain.deadletters import SAMPLE, NewDeadLetter
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.decisions import SloChanged, SloCounted
from hub.domain.incidents.signals import Signal, SignalKind, signal_id
from hub.domain.instants import believed, format_instant
from hub.domain.names import DatasetName, JobName, RunName, dataset_id, job_id, parse_node_id
from hub.domain.observations import CheckedDataset, Observation
from hub.domain.openlineage.events import EventType, RunEvent, facets_of
from hub.domain.openlineage.facets import timetable_of
from hub.domain.slos.arrivals import Arrival, Tally
from hub.domain.slos.slo import SECOND, SloState, SloStatus, next_tick
from hub.flow.evaluate.burning import earliest, urgency_of
from hub.flow.evaluate.hindsight import correct, recount
from hub.flow.evaluate.measuring import good_by, status_of
from hub.flow.evaluate.memory import Memory, Watch
from hub.flow.evaluate.runs import surroundings
from hub.store import incident_book, run_context, slo_context

if TYPE_CHECKING:
    from hub.domain.budgets import Span
    from hub.flow.evaluate.scene import Scene


# What is late by what is usual has no span of its own.
_A_DAY: Final = 86_400


def judge_arrivals(scene: Scene, seen: Observation) -> None:
    """Take in what a run brought, and judge the SLOs on it anew."""
    for names in dict.fromkeys(map(scene.memory.names_of, seen.outputs)):
        watches = scene.memory.watching(names[0])
        arrived = scene.arrival_in(seen, names) if watches else None
        if arrived is None:
            continue
        is_past = arrived.is_backfill or _is_inside_a_backfill(scene, seen)
        new = structs.replace(arrived, is_backfill=is_past)
        for watch in watches:
            good = _take(scene, watch, new)
            if watch.slo.kind is SloKind.LATENCY:
                _judge_latency(scene, watch, seen, next(n for n in seen.outputs if n in names))
            if watch.slo.counted is Counted.ROWS:
                scene.quality_told(watch, at=new.published_at, by=seen.run)
            elif watch.slo.is_judged_by_clock:
                _judge_come(scene, watch, good, by=seen.run)


def judge_begun(scene: Scene, event: RunEvent, received_at: int) -> None:
    """Take in that a run is under way, or over, and judge whether runs of its job begin in time."""
    watching = scene.memory.watching_job(event.run.job)
    watches = [watch for watch in watching if watch.slo.kind is SloKind.PUNCTUALITY]
    if not watches or slo_context.is_backfill(scene.connection, event.run):
        return
    begun_at = slo_context.begun_at(scene.connection, event.run)
    at = believed(event.event_time if begun_at is None else begun_at, received_at)
    timetable = timetable_of(facets_of(event.run_facets))
    for watch in watches:
        watch.timetable = timetable or watch.timetable
        # Each event of a run says so, and the first one counts.
        is_known = any(known.published_at == at for known in watch.history)
        good = None if is_known else _take(scene, watch, Arrival(published_at=at))
        _judge_come(scene, watch, good)


def _take(scene: Scene, watch: Watch, new: Arrival) -> Span | None:
    """Take in what came; return when an SLO was good by it, if it came long ago."""
    serves = not watch.arrivals.is_computed_anew(new)
    watch.take(new)
    return good_by(scene.memory, watch, new, scene.now) if serves else None


def _judge_come(scene: Scene, watch: Watch, good: Span | None, by: RunName | None = None) -> None:
    """Judge an SLO by what has come, and note how long it was good by that."""
    # What ended before now does not burn; what has not ends a breach, which is told with that.
    is_over = good is not None and good.end < scene.now
    if good is not None and is_over:
        correct(scene, watch, good, is_bad=False)
    judge(scene, watch, by=by)
    if good is not None and not is_over:
        correct(scene, watch, good, is_bad=False)


def judge_refused(scene: Scene, letter: NewDeadLetter, at: int) -> None:
    """Take in one more record that a step has refused, and judge how many it may."""
    step = scene.catalog.step(letter.product, letter.step)
    if step is None or letter.encoding == SAMPLE:
        return
    for watch in scene.memory.watching(scene.catalog.dataset(step.writes)):
        if watch.slo.kind is SloKind.DEAD_LETTERS:
            watch.take_letter(letter.id, at)
            judge(scene, watch, by=scene.catalog.dataset(step.writes))


def judge_ended(scene: Scene, run: RunName) -> None:
    """Judge how many runs of a job pass, of which one has just ended, or was lost."""
    for watch in scene.memory.watching_job(run.job):
        if watch.slo.kind is SloKind.AVAILABILITY:
            judge(scene, watch, by=run)


def judge_nulls_counted(scene: Scene, seen: Observation) -> None:
    """Take in which share of fields' values a run found null, and judge the SLOs on it anew."""
    if seen.event_type is not EventType.COMPLETE or not scene.memory.has_fields:
        return
    for names in dict.fromkeys(map(scene.memory.names_of, (*seen.inputs, *seen.outputs))):
        watching = scene.memory.watching(names[0])
        watches = [watch for watch in watching if watch.slo.of_field is not None]
        shares = seen.nulls_in(names) if watches else {}
        if not shares or seen.is_backfill or _is_inside_a_backfill(scene, seen):
            continue
        for watch in watches:
            share = shares.get(watch.slo.of_field or "")
            if share is not None:
                watch.count(Tally(1 - share, 1))
                judge(scene, watch, by=seen.run)


def _judge_latency(scene: Scene, watch: Watch, seen: Observation, written: DatasetName) -> None:
    """Judge the hub itself, by how long what it was told has waited for this moment."""
    received_at = scene.now if seen.received_at is None else seen.received_at
    within = (watch.slo.within_seconds or 0) * SECOND
    _count(scene, watch, written, Tally(int(scene.now - received_at <= within), 1))
    judge(scene, watch, by=seen.run)


def _count(scene: Scene, watch: Watch, dataset: DatasetName, tally: Tally) -> None:
    """Take note of how much of one more run was as it is to be, which is told nowhere else."""
    measured = watch.slo.measured
    if measured is not None:
        watch.count(tally)
        counted = SloCounted(
            at=scene.now,
            slo=watch.slo.name,
            measured=measured,
            of=dataset_id(dataset),
            good=tally.good,
            total=tally.total,
        )
        scene.decisions.append(counted)


def _is_inside_a_backfill(scene: Scene, seen: Observation) -> bool:
    return seen.parent is not None and slo_context.is_backfill(scene.connection, seen.run)


def judge_checked(scene: Scene, checked: CheckedDataset, run: RunName | None, at: int) -> None:
    """Take in the checks that were made on a dataset at an instant, in a run or outside."""
    by = run or checked.dataset
    for watch in scene.memory.watching(checked.dataset):
        if watch.slo.counted is Counted.EVALUATED:
            made = checked.counts.total
            _count(scene, watch, checked.dataset, Tally(made, made + checked.unevaluated))
            judge(scene, watch, by=by)
        elif watch.slo.kind is SloKind.QUALITY and watch.slo.counted is not Counted.ROWS:
            scene.quality_told(watch, at=at, by=by)


def judge_quality_told(scene: Scene) -> None:
    """Judge the quality SLOs of which a batch has told, once all that it tells is known."""
    for name, told in scene.told.items():
        watch = scene.memory.watches[name]
        recount(scene, watch, [each.at for each in told])
        judge(scene, watch, by=told[-1].by)


def judge_due(scene: Scene) -> None:
    """Judge every SLO whose time has come, what lies upstream first."""
    due = []
    while (name := scene.memory.due.pop(scene.now)) is not None:
        due.append(scene.memory.watches[name])
    for watch in sorted(due, key=partial(_turn, scene)):
        judge(scene, watch)


def _turn(scene: Scene, watch: Watch) -> tuple[int, bool]:
    """Return what an SLO's turn goes by: what lies upstream first, and a run before its data."""
    return scene.catalog.rank(watch.slo.dataset), watch.slo.kind is not SloKind.PUNCTUALITY


def judge(scene: Scene, watch: Watch, by: RunName | DatasetName | None = None) -> None:
    """Judge an SLO, and tell of it where it is missed.

    ``by`` is the run that has just told something of it, or the dataset itself; None: the clock.
    """
    status = status_of(scene.connection, scene.memory, watch, scene.now)
    _enter(scene, watch, status)
    scene.memory.due.put(watch.slo.name, status.next_at)
    if not _is_missed(watch.slo, status.state):
        return
    urgency = urgency_of(watch, scene.memory, scene.now)
    scene.memory.due.put(watch.slo.name, earliest(status.next_at, urgency.changes_at))
    if urgency.severity is None:
        return
    _drop_less_urgent(scene, watch, urgency.severity)
    if watch.slo.kind in _DUE:
        _tell_late(scene, watch, status, urgency.severity)
    else:
        _tell_missed(scene, watch, status, urgency.severity, by)


def _is_missed(slo: Slo, state: SloState) -> bool:
    """Whether an SLO is broken, or stands on nothing where that is to count as bad.

    What is late is that by its deadline, and what is usual shows with time.
    """
    if state is not SloState.NO_DATA:
        return state is SloState.BREACHED
    is_bad = slo.budget is not None and slo.budget.is_bad_unknown
    return is_bad and slo.kind not in _DUE and not slo.is_learned


def is_declared(memory: Memory, signal: Signal) -> bool:
    """Whether the SLO of a signal is declared, and is still about that."""
    watch = memory.watches.get(signal.slo or "")
    if watch is None or signal.kind is not _TOLD_AS[watch.slo.kind]:
        return False
    job = memory.job_watched(watch.slo)
    return signal.subject in (watch.dataset, job and job_id(job))


def _drop_less_urgent(scene: Scene, watch: Watch, severity: Severity) -> None:
    """Take back what was told as a ticket where it is worth a page by now."""
    if severity is not Severity.TICKET:
        for signal in scene.memory.signals.of_slo(watch.slo.name):
            if signal.severity is Severity.TICKET:
                scene.clear_signal(signal, "its budget burns too fast to wait")


def _tell_late(scene: Scene, watch: Watch, status: SloStatus, severity: Severity) -> None:
    held = scene.memory.signals.of_slo(watch.slo.name)
    healed_at = _healed_at(scene, held)
    if held and healed_at is None:
        return
    if healed_at is not None and scene.now < (again_at := _missed_again_at(watch.slo, healed_at)):
        scene.memory.due.put(watch.slo.name, earliest(status.next_at, again_at))
        return
    for signal in held:
        scene.clear_signal(signal, "its root has healed, and it is still late")
    tell = _DUE[watch.slo.kind]
    scene.raise_signal(tell(scene, watch, status, healed_at, severity))


def _tell_missed(
    scene: Scene,
    watch: Watch,
    status: SloStatus,
    severity: Severity,
    by: RunName | DatasetName | None,
) -> None:
    """Tell of what is counted; of what was held, when it is counted anew after its root healed."""
    held = scene.memory.signals.of_slo(watch.slo.name)
    if held and (by is None or _healed_at(scene, held) is None):
        return
    for signal in held:
        scene.clear_signal(signal, "its root has healed, and it is still missed")
    missed = _missed(scene, watch, status, severity)
    if held and isinstance(by, RunName):
        begun_at = run_context.started_at(scene.connection, by)
        missed = structs.replace(missed, started_at=begun_at)
    scene.raise_signal(missed)


def look_again(scene: Scene, incident: str) -> None:
    """Judge again what an incident that is over has held back."""
    for name in incident_book.slos_of(scene.connection, incident):
        watch = scene.memory.watches.get(name)
        if watch is not None and watch.state is SloState.BREACHED:
            scene.memory.due.put(name, scene.now)


def _healed_at(scene: Scene, held: list[Signal]) -> int | None:
    healed = [incident_book.healed_at(scene.connection, signal.id) for signal in held]
    return max((at for at in healed if at is not None), default=None) if all(healed) else None


def _missed_again_at(slo: Slo, healed_at: int) -> int:
    """Return from when on a dataset is late anew that may catch up, since its root has healed.

    On a schedule that is a deadline, whenever it is looked at: until then nothing new is due.
    """
    patience = (max(slo.within_seconds or 0, slo.grace_seconds) or _A_DAY) * SECOND
    if slo.schedule is None:
        return healed_at + patience
    grace = slo.grace_seconds * SECOND
    return next_tick(slo, healed_at + patience - grace - 1) + grace


def _enter(scene: Scene, watch: Watch, status: SloStatus) -> None:
    """Note a judgement: the change of state or of objective, and that a breach is over."""
    watch.detail = status.detail
    is_measured = watch.state is SloState.NO_DATA and status.state is not SloState.NO_DATA
    is_let_off = watch.is_new and not _is_missed(watch.slo, status.state)
    if watch.is_new or status.state is not watch.state:
        since = watch.change(status.state, _begun_at(scene, watch, status), scene.now)
        scene.decisions.append(
            SloChanged(
                at=scene.now,
                slo=watch.slo.name,
                state=status.state.value,
                detail=status.detail,
                since=since,
                is_bad=watch.is_bad,
                objective=watch.objective,
                declared_at=watch.declared_at,
            )
        )
    if status.state is SloState.OK or is_measured or is_let_off:
        for signal in scene.memory.signals.of_slo(watch.slo.name):
            scene.clear_signal(signal, status.detail, passed_at=watch.served_at)


def _begun_at(scene: Scene, watch: Watch, status: SloStatus) -> int:
    """Return when it came to stand so: a breach at the deadline, its end when the data came."""
    told_at = status.onset_at
    if status.state is SloState.OK and watch.slo.kind is SloKind.FRESHNESS:
        told_at = watch.served_at
    return scene.now if told_at is None else told_at


def _freshness_signal(
    scene: Scene, watch: Watch, status: SloStatus, healed_at: int | None, severity: Severity
) -> Signal:
    slo = watch.slo
    onset_at = status.onset_at if status.onset_at is not None else scene.now
    cause = _diagnose(scene, watch, onset_at)
    at_fault = dataset_id(scene.catalog.dataset(cause.step.writes)) if cause.step else None
    return Signal(
        id=_new_id(scene, SignalKind.FRESHNESS, slo, healed_at, severity),
        kind=SignalKind.FRESHNESS,
        subject=watch.dataset,
        title=f"{slo.dataset} is late: {status.detail}",
        verdict=cause.verdict,
        started_at=_found_at(scene, healed_at),
        onset_at=onset_at,
        severity=severity,
        job=job_id(scene.catalog.job(cause.step)) if cause.step else None,
        datasets=tuple(dict.fromkeys([*([at_fault] if at_fault else []), watch.dataset])),
        slo=slo.name,
        product=cause.step.product if cause.step else slo.product,
        step=cause.step.name if cause.step else None,
        source=cause.step.source if cause.step else None,
    )


def _new_id(
    scene: Scene, kind: SignalKind, slo: Slo, healed_at: int | None, severity: Severity
) -> str:
    """Return an id that no signal had: the same deadline is missed anew by another declaration."""
    return signal_id(kind, slo.name, scene.now, healed_at, *_urgent(slo, severity))


def _urgent(slo: Slo, severity: Severity) -> list[str]:
    """Return what tells a signal from one that was less urgent."""
    return [severity.value] if slo.budget else []


def _missed(scene: Scene, watch: Watch, status: SloStatus, severity: Severity) -> Signal:
    slo, job = watch.slo, scene.memory.job_watched(watch.slo)
    kind, objective = _MISSED[slo.kind]
    name = job.name if job else slo.dataset
    failure_class = FailureClass.INFRA_COMPUTE if job else FailureClass.DATA_QUALITY
    # What could not be evaluated blames the rule, and a hub that is late blames itself.
    if slo.counted is Counted.EVALUATED or status.state is SloState.NO_DATA:
        failure_class = FailureClass.CONFIG
    elif slo.kind is SloKind.LATENCY:
        failure_class = FailureClass.INFRA_CAPACITY
    is_of_data = failure_class is FailureClass.DATA_QUALITY
    verdict = Verdict(
        failure_class=failure_class,
        rule=f"slo.{slo.kind}",
        rule_set=scene.judge.rule_set,
        evidence=status.detail,
        confidence=0.95 if slo.kind is SloKind.QUALITY else 0.7,
    )
    return Signal(
        id=signal_id(kind, slo.name, scene.now, *_urgent(slo, severity)),
        kind=kind,
        subject=watch.dataset,
        title=f"{name} misses its {objective} objective: {status.detail}",
        verdict=verdict,
        onset_at=scene.now,
        severity=severity,
        job=job_id(job) if job else None,
        datasets=(watch.dataset,) if is_of_data else (),
        slo=slo.name,
        product=slo.product,
    )


def _never_begun(
    scene: Scene, watch: Watch, status: SloStatus, healed_at: int | None, severity: Severity
) -> Signal:
    slo, job = watch.slo, scene.memory.job_watched(watch.slo)
    onset_at = status.onset_at if status.onset_at is not None else scene.now
    around = surroundings(scene, job) if job else None
    step = around.step if around else None
    name = job.name if job else slo.dataset
    return Signal(
        id=_new_id(scene, SignalKind.RUN_MISSING, slo, healed_at, severity),
        kind=SignalKind.RUN_MISSING,
        subject=job_id(job) if job else watch.dataset,
        title=f"{name} did not begin: {status.detail}",
        verdict=_verdict(scene, FailureClass.INFRA_COMPUTE, "never-begun", status.detail),
        started_at=_found_at(scene, healed_at),
        onset_at=onset_at,
        severity=severity,
        job=job_id(job) if job else None,
        datasets=scene.ids_of(around.outputs) if around else (watch.dataset,),
        inputs=scene.ids_of(around.inputs) if around else (),
        slo=slo.name,
        product=step.product if step else slo.product,
        step=step.name if step else None,
        source=step.source if step else None,
    )


def _found_at(scene: Scene, healed_at: int | None) -> int | None:
    """Return when something was found to be late still, if its root has healed in between."""
    return None if healed_at is None else scene.now


# What the clock alone finds missing.
_DUE: Final = {SloKind.FRESHNESS: _freshness_signal, SloKind.PUNCTUALITY: _never_begun}
_MISSED: Final = {
    SloKind.QUALITY: (SignalKind.QUALITY, "quality"),
    SloKind.DEAD_LETTERS: (SignalKind.QUALITY, "dead letters"),
    SloKind.VOLUME: (SignalKind.VOLUME, "volume"),
    SloKind.COMPLETENESS: (SignalKind.COMPLETENESS, "completeness"),
    SloKind.AVAILABILITY: (SignalKind.AVAILABILITY, "availability"),
    SloKind.LATENCY: (SignalKind.LATENCY, "latency"),
}


_TOLD_AS: Final = {
    SloKind.FRESHNESS: SignalKind.FRESHNESS,
    SloKind.PUNCTUALITY: SignalKind.RUN_MISSING,
    **{kind: told for kind, (told, _) in _MISSED.items()},
}


class _Cause:
    """Why data is late: the verdict, and the step that is at fault, if one is declared."""

    def __init__(self, verdict: Verdict, step: Step | None) -> None:
        self.verdict = verdict
        self.step = step


def _diagnose(scene: Scene, watch: Watch, onset_at: int) -> _Cause:
    """Find the first reason on the way upstream: a failed run, a silent source, no run at all.

    A lane that has run without fault, after the last new data came or after the deadline, and
    still has nothing newer to show, has a source that is silent. One that is known to have brought
    something newer since has not; nor has a job of which all that feeds it has stopped.
    """
    dataset = parse_node_id(watch.dataset).dataset
    since = watch.arrivals.newer_at or 0
    makers = list(_makers(scene, dataset))
    for _step, job in makers:
        for failed in scene.memory.signals.of_job(scene.memory.names_of_job(job)):
            return _Cause(failed.verdict, None)
    is_of_data = watch.slo.clock is Clock.DATA
    stopped: JobName | None = None
    for step, job in makers if is_of_data else ():
        if step is None:
            stopped = stopped or _stopped_before(scene, job, since)
            is_entry = stopped is None
        else:
            is_entry = step.lane is not None and not _has_brought(scene, step, since)
        jobs = scene.job_keys(job)
        state, ended_at = slo_context.last_run_of(scene.connection, jobs, by=scene.now)
        if is_entry and state == "COMPLETE" and (ended_at or 0) > min(since, onset_at):
            source = step.source if step and step.source else "its source"
            evidence = f"{job.name} ran without fault, and {source} brought nothing new"
            verdict = _verdict(scene, FailureClass.SOURCE_UNAVAILABLE, "silent-source", evidence)
            return _Cause(verdict, step)
    job = stopped or (makers[0][1] if makers else JobName("", dataset.name))
    last = None if stopped else watch.arrivals.ran_at
    ended = f"; the last one that passed ended at {format_instant(last)}" if last else ""
    evidence = f"no run of {job.name} has ended since the last data came{ended}"
    return _Cause(_verdict(scene, FailureClass.INFRA_COMPUTE, "no-run", evidence), None)


def _stopped_before(scene: Scene, job: JobName, since: int) -> JobName | None:
    """Return which of the jobs that write what a job reads ended last, if none has since then."""
    reads, _ = run_context.job_datasets(scene.connection, scene.job_keys(job))
    keys = {key for each in reads for key in scene.dataset_keys(each)}
    feeding = [each for each in run_context.writers_of(scene.connection, keys) if each != job]
    ended = {each: _last_ended(scene, each) or 0 for each in feeding}
    last = max(ended, key=ended.__getitem__, default=None)
    return last if last is not None and ended[last] <= since else None


def _last_ended(scene: Scene, job: JobName) -> int | None:
    return slo_context.last_run_of(scene.connection, scene.job_keys(job), by=scene.now)[1]


def _has_brought(scene: Scene, lane: Step, since: int) -> bool:
    watches = scene.memory.watching(scene.catalog.dataset(lane.writes))
    return any((each.arrivals.newer_at or 0) > since for each in watches)


def _makers(scene: Scene, dataset: DatasetName) -> Iterator[tuple[Step | None, JobName]]:
    """Yield what makes a dataset: declared steps back to their lanes, else the jobs observed.

    A step that has never run by its own name is run by whatever is seen to write its dataset.
    """
    for name, step in _declared_back(scene, dataset):
        declared = scene.catalog.job(step) if step else None
        if declared is None or _last_ended(scene, declared) is None:
            writers = run_context.writers_of(scene.connection, scene.dataset_keys(name))
            yield from ((step, job) for job in writers if job != declared)
        if declared is not None:
            yield step, declared


def _declared_back(scene: Scene, dataset: DatasetName) -> Iterator[tuple[DatasetName, Step | None]]:
    """Yield a dataset and all that it is made from, each with the step that is to write it."""
    names, seen = [dataset], {dataset}
    while names:
        name = names.pop(0)
        step = scene.catalog.writer(name)
        yield name, step
        for read in map(scene.catalog.dataset, step.reads if step else ()):
            if read not in seen:
                seen.add(read)
                names.append(read)


def _verdict(scene: Scene, failure_class: FailureClass, rule: str, evidence: str) -> Verdict:
    return Verdict(
        failure_class=failure_class,
        rule=f"context.{rule}",
        rule_set=scene.judge.rule_set,
        evidence=evidence,
        confidence=0.9 if failure_class is FailureClass.SOURCE_UNAVAILABLE else 0.6,
    )
