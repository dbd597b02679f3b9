"""Runs that ended: failures and failed checks become signals, what passed clears them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, structs

from hub.domain.attempts import read_attempt
from hub.domain.catalog import Severity, SloKind, Step
from hub.domain.failures.classification import OF_CHANGES, OF_GROWTH, SCHEMA_CHANGE
from hub.domain.failures.failure import (
    Cause,
    Context,
    Failure,
    FailureClass,
    SchemaChange,
    Verdict,
    excerpt,
)
from hub.domain.incidents.signals import Signal, SignalKind, signal_id
from hub.domain.names import (
    DatasetName,
    JobName,
    RunName,
    dataset_id,
    job_id,
    parse_node_id,
    parse_run_id,
    run_id,
)
from hub.domain.openlineage.events import EventType
from hub.store import incident_book, parts, run_context, slo_context

if TYPE_CHECKING:
    from hub.domain.observations import CheckedDataset, Observation
    from hub.flow.evaluate.scene import Scene

# As far as correlation looks, from the inputs on.
_HOPS: Final = 2
_COMPARED_INPUTS: Final = 20
_TITLE: Final = 160
_NEVER: Final = (1 << 63) - 1
_MESSAGE: Final = 1_000
# After which a dataset is as it was before the run.
_STOPPED: Final = (SignalKind.RUN_FAILED, SignalKind.RUN_LOST)
# What a test says when it fails; then the data that it read is at fault, not what it wrote.
_TEST_RULE: Final = "message.test-failed"


class Surroundings(Struct, frozen=True):
    """What a run reads and writes: as it said, as its job is known, as its step is declared."""

    inputs: tuple[DatasetName, ...]
    outputs: tuple[DatasetName, ...]
    step: Step | None


class ChangedInput(NamedTuple):
    """An input that comes in another shape, who writes it, and the source that its lane reads."""

    dataset: DatasetName
    writer: JobName | None
    source: str | None


def judge_run(scene: Scene, seen: Observation, position: int, *, is_judged: bool) -> None:
    """Take in one run that ended; ``position`` is its event's in the journal.

    What failed in it may have been judged before.
    """
    scene.memory.quiet.put(seen.run, None)
    if seen.event_type is EventType.COMPLETE:
        pass_over(scene, seen)
        for checked in seen.checks:
            judge_checks(scene, checked, seen, position=position, is_judged=is_judged)
    else:
        _clear_checks(scene, seen.checks, run_id(seen.run), seen.at)
        if not is_judged:
            _failed(scene, seen, position)
    found(scene, seen.run, seen.at, "how it ended was told after all")


def judge_failure(scene: Scene, seen: Observation, position: int) -> None:
    """Take in what failed in a run that ended, and nothing else of it: that has its turn later."""
    if seen.event_type is not EventType.COMPLETE:
        _failed(scene, seen, position)
        return
    for checked in seen.checks:
        judge_failed_checks(scene, checked, seen, at=seen.at, position=position)


def found(scene: Scene, run: RunName, at: int, reason: str) -> None:
    """Take note that a run is not lost: something was heard of it, at an event time."""
    for signal in scene.memory.signals.lost_run(run):
        scene.clear_signal(signal, reason, by=run_id(run), passed_at=at)


def goes_on(scene: Scene, run: RunName, at: int) -> None:
    """Take note that a run is under way at an event time: of a stream that is all it says.

    A stream that was begun again after it had failed has healed, though it never completes.
    """
    names = scene.memory.names_of_job(run.job)
    own = {*map(job_id, names)}
    failed = [each for each in scene.memory.signals.of_job(names) if each.job in own]
    if not failed or not run_context.is_stream(scene.connection, run.job):
        return
    begun_at = slo_context.begun_at(scene.connection, run)
    for signal in failed:
        if begun_at is not None and signal.onset_at <= begun_at and signal.run != run_id(run):
            reason = f"{run.job.name} was begun again, and goes on"
            scene.clear_signal(signal, reason, by=run_id(run), passed_at=at)


def tell_apart(scene: Scene, incident: str) -> None:
    """Raise anew what failed again after the root of an incident that is over had healed.

    It was told before it was known that the root had, and so was taken for its consequence.
    """
    found = map(scene.memory.signals.find, incident_book.held_back(scene.connection, incident))
    held = [signal for signal in found if signal is not None]
    apart = [signal for signal in held if _is_apart(scene, signal)]
    # The run around them began before they did, and fails of them.
    around = {run for signal in apart for run in signal.parents}
    again = [signal for signal in held if signal in apart or signal.run in around]
    for signal in again:
        scene.clear_signal(signal, "it began after its root had healed")
    for signal in again:
        scene.raise_signal(structs.replace(signal, id=signal_id(signal.kind, signal.id, incident)))


def _is_apart(scene: Scene, signal: Signal) -> bool:
    if signal.slo is not None:
        return False
    healed_at = incident_book.healed_at(scene.connection, signal.id)
    return healed_at is not None and signal.begun_at >= healed_at


def judge_checks(
    scene: Scene,
    checked: CheckedDataset,
    seen: Observation | None,
    *,
    position: int,
    at: int = 0,
    is_judged: bool = False,
) -> None:
    """Take in the outcomes of checks on a dataset, outside any run or of a run that passed.

    ``position`` is where they were told. Those that failed may have been judged before.
    """
    onset_at = seen.at if seen else at
    _clear_checks(scene, (checked,), run_id(seen.run) if seen else None, onset_at)
    if not is_judged:
        judge_failed_checks(scene, checked, seen, at=onset_at, position=position)


def judge_failed_checks(
    scene: Scene, checked: CheckedDataset, seen: Observation | None, *, at: int, position: int
) -> None:
    """Take in those checks on a dataset that failed, at an event time; told at a position."""
    if not checked.failed:
        return
    names = scene.memory.names_of(checked.dataset)
    passed = slo_context.checks_passed_since(
        scene.connection, names, after=at, by=scene.now, before_position=position
    )
    failed = tuple(name for name in checked.failed if name not in passed)
    severity = _urgency_of_checks(scene, seen, names)
    if not failed:
        over = _failed_checks(scene, checked, seen, at=at, severity=severity)
        scene.raise_passed(over, max(passed[name] for name in checked.failed))
    elif not _are_told(scene, names, failed, severity):
        checked = structs.replace(checked, failed=failed)
        scene.raise_signal(_failed_checks(scene, checked, seen, at=at, severity=severity))


def _failed_checks(
    scene: Scene, checked: CheckedDataset, seen: Observation | None, *, at: int, severity: Severity
) -> Signal:
    by = run_id(seen.run) if seen else None
    [dataset] = scene.ids_of([checked.dataset])
    context = Context(failed_checks=checked.failed, failing_share=checked.failing_share)
    verdict = scene.judge.judge(Failure(context=context))
    return Signal(
        id=signal_id(SignalKind.CHECK_FAILED, dataset, by, at),
        kind=SignalKind.CHECK_FAILED,
        subject=dataset,
        title=told_as(_checks_title(checked), severity),
        verdict=verdict,
        started_at=run_context.started_at(scene.connection, seen.run) if seen else None,
        onset_at=at,
        severity=severity,
        job=job_id(seen.job) if seen else None,
        run=by,
        parents=_parents(scene, seen) if seen else (),
        datasets=(dataset,),
        owners=owners_of(scene, checked.dataset, None),
        checks=checked.failed,
    )


def owners_of(scene: Scene, dataset: DatasetName | None, job: JobName | None) -> tuple[str, ...]:
    """Return who owns a dataset as its producers say, else a job, under whichever name."""
    jobs = () if job is None else scene.job_keys(job)
    return tuple(run_context.owners_of(scene.connection, scene.dataset_keys(dataset), jobs))


def urgency_in(scene: Scene, run: RunName) -> Severity:
    """Return how urgent it is that a run failed: not at all where it computes the past (ADR 48)."""
    is_past = slo_context.is_backfill(scene.connection, run)
    return Severity.TICKET if is_past else Severity.PAGE


def told_as(title: str, severity: Severity) -> str:
    """Return the title of what failed in a run, which says so where that computes the past."""
    return f"{title} (in a backfill)" if severity is Severity.TICKET else title


def _urgency(scene: Scene, seen: Observation) -> Severity:
    """Return how urgent it is that a run failed, be it projected or not."""
    if seen.is_backfill or urgency_in(scene, seen.run) is Severity.TICKET:
        return Severity.TICKET
    return urgency_in(scene, seen.parent) if seen.parent else Severity.PAGE


def _urgency_of_checks(
    scene: Scene, seen: Observation | None, names: Collection[DatasetName]
) -> Severity:
    """Return how urgent it is that checks failed on a dataset, which is called so.

    A backfill that makes it fresh, by an objective of its, is what its consumers have today.
    """
    severity = Severity.PAGE if seen is None else _urgency(scene, seen)
    if seen is None or severity is not Severity.TICKET:
        return severity
    brought = scene.arrival_in(seen, names)
    watches = scene.memory.watching(next(iter(names))) if brought else ()
    fresh = (each.arrivals for each in watches if each.slo.kind is SloKind.FRESHNESS)
    is_served = brought is not None and any(each.is_served_by(brought) for each in fresh)
    return Severity.PAGE if is_served else Severity.TICKET


def _are_told(
    scene: Scene, names: Iterable[DatasetName], checks: Iterable[str], severity: Severity
) -> bool:
    """Whether somebody has been told of failed checks: what is held as a consequence counts anew.

    Only so does it page its own owner when it fails again after its root has healed. ``names`` are
    all that the dataset is called. Whom a ticket tells is to be paged even so.
    """
    known: set[str] = set()
    for signal in chain.from_iterable(map(scene.memory.signals.about, map(dataset_id, names))):
        is_as_urgent = severity is Severity.TICKET or signal.severity is not Severity.TICKET
        if signal.checks and is_as_urgent and incident_book.is_told(scene.connection, signal.id):
            known.update(signal.checks)
    return known.issuperset(checks)


def pass_over(scene: Scene, seen: Observation) -> None:
    """Clear what failed in runs of a job, and of its parts, no later than one that passed.

    So with what left data missing that this run has brought instead.
    """
    for signal in scene.memory.signals.of_job(scene.memory.names_of_job(seen.job)):
        is_before = signal.onset_at <= seen.at
        if is_before and not (
            _is_of_course(seen, signal) or any(says(scene, seen, signal) for says in _NOTHING_OF)
        ):
            reason = f"{seen.job.name} passed"
            scene.clear_signal(signal, reason, by=run_id(seen.run), passed_at=seen.at)
    if scene.memory.signals.has_any(_STOPPED):
        found = chain.from_iterable(map(scene.memory.signals.about, scene.ids_of(seen.outputs)))
        for signal in {each.id: each for each in found if each.kind in _STOPPED}.values():
            if not _is_of_course(seen, signal):
                _written_by_another(scene, seen, signal)


def _is_of_course(seen: Observation, signal: Signal) -> bool:
    """Whether Spark says that what failed, or what is around it, passed: so it does of all that."""
    return (
        seen.is_of_spark
        and signal.kind is SignalKind.RUN_FAILED
        and run_id(seen.run) in (signal.run, *signal.parents)
    )


def _is_elsewhere(scene: Scene, seen: Observation, signal: Signal) -> bool:
    """Whether a node of dbt was built in another schema than where it, or a part of it, failed.

    With structured logs it has one name in all of them; what it writes tells which it was.
    """
    if signal.run is None or not seen.is_of_dbt:
        return False
    runs = (parse_run_id(each).run for each in (signal.run, *signal.parents))
    made = (run_context.outputs_of(scene.connection, each) for each in runs)
    failed = {_schema(each) for each in chain.from_iterable(made)}
    passed = {_schema(each) for each in seen.outputs}
    return bool(failed) and bool(passed) and failed.isdisjoint(passed)


def _is_beside(scene: Scene, seen: Observation, signal: Signal) -> bool:
    """Whether a run that passed may be another part of a task than the one that failed (ADR 64)."""
    own = {*map(job_id, scene.memory.names_of_job(seen.job))}
    if signal.job not in own or signal.run in (None, run_id(seen.run)):
        return False
    attempt = read_attempt(seen.run_facets)
    if attempt.part is not None and signal.part is not None:
        return attempt.part != signal.part
    if not signal.parents:
        return False
    failed = parse_run_id(signal.run).run
    if _parents(scene, seen)[:1] != signal.parents[:1]:
        return not parts.are_as_many(scene.connection, seen.run, failed)
    if attempt.number == 1:
        return True
    return not parts.may_be_tried_again(scene.connection, failed, seen.run, signal.onset_at)


def _is_of_another_time(scene: Scene, seen: Observation, signal: Signal) -> bool:
    """Whether a run that passed is for another time than what failed in a backfill (ADR 75)."""
    if signal.run is None:
        return False
    failed = partition_of(scene, parse_run_id(signal.run).run, signal.severity)
    passed = run_context.nominal_at(scene.connection, seen.run) if failed is not None else None
    return passed is not None and passed != failed


# By which a run that passed says nothing of one that failed.
_NOTHING_OF: Final = (_is_elsewhere, _is_beside, _is_of_another_time)


def partition_of(scene: Scene, run: RunName, severity: Severity) -> int | None:
    """Return the nominal time that a run of a backfill computes, which no other can heal."""
    is_past = severity is Severity.TICKET
    return run_context.nominal_at(scene.connection, run) if is_past else None


def _schema(table: DatasetName) -> tuple[str, str]:
    return table.namespace, table.name.rpartition(".")[0].lower()


def _written_by_another(scene: Scene, seen: Observation, signal: Signal) -> None:
    """Clear what left data missing that a job has written now which never did so before.

    So somebody mends it by hand, and so jobs go on whose names change from run to run. One of
    several jobs that write the same data says nothing of the others.
    """
    begun_at = run_context.started_at(scene.connection, seen.run) or seen.at
    since = signal.onset_at
    if begun_at >= since and all(_brought_first(scene, seen, d, since) for d in signal.datasets):
        reason = f"{seen.job.name} wrote it, which it never did before"
        scene.clear_signal(signal, reason, by=run_id(seen.run), passed_at=seen.at)


def _brought_first(scene: Scene, seen: Observation, dataset: str, since: int) -> bool:
    """Whether a run brought data to a dataset, to which its job had brought none before."""
    names = scene.memory.names_of(parse_node_id(dataset).dataset)
    brought = scene.arrival_in(seen, names)
    if brought is None or brought.is_empty:
        return False
    jobs, datasets = scene.job_keys(seen.job), scene.dataset_keys(names[0])
    return not run_context.has_written(scene.connection, jobs, datasets, before=since)


def _clear_checks(scene: Scene, checks: Iterable[CheckedDataset], by: str | None, at: int) -> None:
    """Clear checks that failed no later and pass; a check that was not made says nothing."""
    for checked in checks:
        names = map(dataset_id, scene.memory.names_of(checked.dataset))
        for signal in chain.from_iterable(map(scene.memory.signals.about, names)):
            is_check = signal.kind is SignalKind.CHECK_FAILED and signal.onset_at <= at
            if is_check and checked.passed.issuperset(signal.checks):
                passed = excerpt(", ".join(signal.checks))
                scene.clear_signal(signal, f"passed: {passed}", by=by, passed_at=at)


def _failed(scene: Scene, seen: Observation, position: int) -> None:
    run = run_id(seen.run)
    if scene.memory.signals.has_failed(run):
        return
    jobs, parents = scene.job_keys(seen.job), _parents(scene, seen)
    severity = _urgency(scene, seen)
    is_numbered = read_attempt(seen.run_facets).part is not None
    passed = run_context.passed_since(
        scene.connection,
        jobs,
        after=seen.at,
        before_position=position,
        inside=parse_run_id(parents[0]).run if parents else None,
        # Of numbered parts beside it none speaks for it.
        begun_at=_NEVER if is_numbered else None,
        unless_by=seen.run if seen.is_of_spark else None,
        nominal_at=partition_of(scene, seen.run, severity),
    )
    if is_numbered and run_context.has_whole_passed(scene.connection, seen.run, after=seen.at):
        return
    signal = _failure(scene, seen, jobs, parents, severity)
    if passed is None:
        scene.raise_signal(signal)
    else:
        scene.raise_passed(signal, passed.at)


def _failure(
    scene: Scene,
    seen: Observation,
    jobs: tuple[int, ...],
    parents: tuple[str, ...],
    severity: Severity,
) -> Signal:
    """Return what it means that a run failed."""
    run = run_id(seen.run)
    around = surroundings(scene, seen.job, seen.inputs, seen.outputs)
    last = run_context.last_success(scene.connection, jobs, before=seen.at)
    failure, verdict = _judged(scene, seen, around, last)
    datasets = _broken(seen, around, verdict)
    changed = _changed_input(scene, around, verdict)
    source = failure.source or (around.step.source if around.step else None)
    own, attempt = seen.step, read_attempt(seen.run_facets)
    return Signal(
        id=signal_id(SignalKind.RUN_FAILED, run, seen.at),
        kind=SignalKind.RUN_FAILED,
        subject=job_id(seen.job),
        title=told_as(_title(seen, failure, verdict), severity),
        verdict=verdict,
        started_at=run_context.started_at(scene.connection, seen.run),
        onset_at=seen.at,
        severity=severity,
        passed_at=last,
        job=job_id(seen.job),
        run=run,
        parents=parents,
        datasets=scene.ids_of(datasets),
        inputs=scene.ids_of(around.inputs),
        product=own.product if own else None,
        step=own.step if own else None,
        source=changed.source if changed else source,
        is_retried=attempt.is_followed,
        part=attempt.part,
        changed=scene.ids_of([changed.dataset])[0] if changed else None,
        changed_by=job_id(changed.writer) if changed and changed.writer else None,
        owners=owners_of(scene, changed.dataset, changed.writer)
        if changed
        else owners_of(scene, next(iter(datasets), None), seen.job),
        checks=failure.context.failed_checks,
        message=excerpt(_said(failure), _MESSAGE),
        exception=excerpt(failure.exception or _innermost(failure).type),
        producer=failure.producer,
    )


def surroundings(
    scene: Scene,
    job: JobName,
    inputs: Sequence[DatasetName] = (),
    outputs: Sequence[DatasetName] = (),
) -> Surroundings:
    """Return what a run reads and writes; ``inputs`` and ``outputs`` are what it named itself."""
    reads, writes = run_context.job_datasets(scene.connection, scene.job_keys(job))
    catalog = scene.catalog
    steps = map(catalog.step_of, scene.memory.names_of_job(job))
    step = next(filter(None, steps), None)
    declared = [catalog.dataset(name) for name in step.reads] if step else []
    made = [catalog.dataset(step.writes)] if step else []
    return Surroundings(
        tuple(dict.fromkeys([*inputs, *declared, *reads])),
        tuple(dict.fromkeys([*made, *outputs, *writes])),
        step,
    )


def _judged(
    scene: Scene, seen: Observation, around: Surroundings, last: int | None
) -> tuple[Failure, Verdict]:
    """Return the failure with what the hub knows around it, and what that makes it.

    ``last`` is when the job passed last before. What costs more to ask for is asked only of
    failures that it may explain.
    """
    failure = seen.failure
    if failure.context.was_aborted:
        failure = _within(failure, failed_upstream=_failed_upstream(scene, around))
        return failure, scene.judge.judge(failure)
    verdict = scene.judge.judge(failure)
    if last is None:
        return failure, verdict
    if verdict.failure_class in OF_CHANGES:
        failure = _within(
            failure,
            schema_changes=_schema_changes(scene, around, last),
            has_new_code=run_context.has_new_code(
                scene.connection, scene.job_keys(seen.job), after=last
            ),
        )
    elif verdict.failure_class in OF_GROWTH:
        inputs = around.inputs[:_COMPARED_INPUTS]
        grown = run_context.growth(scene.connection, inputs, after=last)
        failure = _within(failure, growth=grown)
    return failure, scene.judge.judge(failure)


def _within(failure: Failure, **known: object) -> Failure:
    return structs.replace(failure, context=structs.replace(failure.context, **known))


def _schema_changes(scene: Scene, around: Surroundings, last: int) -> tuple[SchemaChange, ...]:
    found = (
        (
            dataset.name,
            run_context.schemas_since(scene.connection, scene.dataset_keys(dataset), last),
        )
        for dataset in around.inputs[:_COMPARED_INPUTS]
    )
    return tuple(
        SchemaChange(name, tuple(changed[0]), tuple(changed[1]))
        for name, changed in found
        if changed and any(changed)
    )


def _failed_upstream(scene: Scene, around: Surroundings) -> str | None:
    broken = scene.memory.signals.broken()
    named = map(dataset_id, around.inputs)
    near = tuple(dict.fromkeys((*scene.ids_of(around.inputs), *named)))
    found = (name for name in near if name in broken)
    further = (name for name, _hops in scene.neighbourhood.upstream(near, _HOPS) if name in broken)
    name = next(found, None) or (next(further, None) if broken else None)
    return None if name is None else parse_node_id(name).dataset.name


def _broken(seen: Observation, around: Surroundings, verdict: Verdict) -> tuple[DatasetName, ...]:
    """Return what the failed run leaves missing or broken, the first being where it shows."""
    tested = tuple(checked.dataset for checked in seen.checks if checked.failed)
    is_quality = verdict.failure_class is FailureClass.DATA_QUALITY
    if is_quality and (seen.is_test or verdict.rule == _TEST_RULE):
        return tested or around.inputs
    return tuple(dict.fromkeys([*tested, *around.outputs]))


def parents_of(scene: Scene, run: RunName) -> tuple[str, ...]:
    """Return the runs around a run, the nearest first."""
    return tuple(map(run_id, run_context.ancestors(scene.connection, run)))


def _parents(scene: Scene, seen: Observation) -> tuple[str, ...]:
    around = run_context.ancestors(scene.connection, seen.run)
    if not around and seen.parent is not None:
        around = [seen.parent]
    return tuple(map(run_id, around))


def _changed_input(scene: Scene, around: Surroundings, verdict: Verdict) -> ChangedInput | None:
    """Return the input whose new shape explains a failure, if that is what the verdict says."""
    if verdict.rule != SCHEMA_CHANGE:
        return None
    dataset = next((each for each in around.inputs if each.name == verdict.subject), None)
    if dataset is None:
        return None
    writers = run_context.writers_of(scene.connection, scene.dataset_keys(dataset))
    names = scene.memory.names_of(dataset)
    lane = next((s for s in scene.catalog.steps if scene.catalog.dataset(s.writes) in names), None)
    return ChangedInput(dataset, next(iter(writers), None), lane.source if lane else None)


def _title(seen: Observation, failure: Failure, verdict: Verdict) -> str:
    failed = next((checked for checked in seen.checks if checked.failed), None)
    if failed is not None:
        return _checks_title(failed)
    how = "was aborted" if seen.event_type is EventType.ABORT else "failed"
    said = _said(failure) or verdict.evidence
    return f"{seen.job.name} {how}: {excerpt(said, _TITLE)}"


def _said(failure: Failure) -> str:
    """Return what a run said of its failure."""
    return failure.message or _innermost(failure).message


def _innermost(failure: Failure) -> Cause:
    return failure.causes[-1] if failure.causes else Cause()


def _checks_title(checked: CheckedDataset) -> str:
    count = len(checked.failed)
    noun = "a check" if count == 1 else f"{count} checks"
    return f"{noun} failed on {checked.dataset.name}: {excerpt(', '.join(checked.failed), _TITLE)}"
