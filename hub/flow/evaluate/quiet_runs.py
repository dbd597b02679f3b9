"""Quiet runs: those that nobody ends, and nobody says anything of any more, are declared lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.decisions import RunLost
from hub.domain.incidents.signals import Signal, SignalKind, signal_id
from hub.domain.instants import format_instant, format_span
from hub.domain.names import RunName, job_id, parse_run_id, run_id
from hub.domain.openlineage.leases import COUNTED_RUNS, SECOND, lease_of, shortest_lease
from hub.flow.evaluate.runs import (
    found,
    owners_of,
    parents_of,
    partition_of,
    surroundings,
    told_as,
    urgency_in,
)
from hub.store import run_context

if TYPE_CHECKING:
    from hub.flow.evaluate.scene import Scene
    from hub.store.run_context import SilentRun

# A run told of long after it began may be told of to its end in the next moment.
_GRACE: Final = 10 * SECOND
_AT_ONCE: Final = 200
_CONFIDENCE: Final = 0.8


def hear(scene: Scene, run: RunName, at: int) -> None:
    """Take note that a run goes on, at an event time as far as it is believed."""
    due_at = min(at, scene.now) + shortest_lease(scene.leases)
    scene.memory.quiet.setdefault(run, max(due_at, scene.now + _GRACE))
    for signal in scene.memory.signals.lost_run(run):
        if at > signal.onset_at:
            found(scene, run, at, "it was heard of again")


def judge_quiet_runs(scene: Scene) -> None:
    """Declare those runs lost whose lease has run out."""
    for _count in range(_AT_ONCE):
        run = scene.memory.quiet.pop(scene.now)
        if run is None:
            return
        silent = run_context.silent_run(scene.connection, run)
        if silent is None:
            continue
        jobs = scene.job_keys(run.job)
        usual = run_context.durations(scene.connection, jobs, limit=COUNTED_RUNS)
        lease = lease_of(scene.leases, scene.memory.names_of_job(run.job), usual)
        ends_at = min(silent.heard_at, scene.now) + lease
        if ends_at > scene.now:
            scene.memory.quiet.put(run, ends_at)
        else:
            _lose(scene, run, silent, lease)


def _lose(scene: Scene, run: RunName, silent: SilentRun, lease: int) -> None:
    reason = (
        f"nothing was heard of it since {format_instant(silent.heard_at)};"
        f" its lease is {format_span(lease)}"
    )
    node = run_id(run)
    scene.decisions.append(
        RunLost(at=scene.now, run=node, heard_at=silent.last_event_at, reason=reason)
    )
    onset_at = min(silent.last_event_at, silent.heard_at)
    parents, severity = parents_of(scene, run), urgency_in(scene, run)
    passed = run_context.passed_since(
        scene.connection,
        scene.job_keys(run.job),
        after=silent.heard_at,
        inside=parse_run_id(parents[0]).run if parents else None,
        # Of parts that go on side by side one is silent and then another one begins.
        begun_at=scene.now,
        nominal_at=partition_of(scene, run, severity),
    )
    is_over = passed is not None or run_context.has_whole_passed(
        scene.connection, run, after=onset_at
    )
    if is_over or scene.memory.signals.has_failed(node):
        return
    around = surroundings(scene, run.job)
    scene.raise_signal(
        Signal(
            id=signal_id(SignalKind.RUN_LOST, node, silent.last_event_at),
            kind=SignalKind.RUN_LOST,
            subject=job_id(run.job),
            title=told_as(f"{run.job.name} was lost: {reason}", severity),
            verdict=Verdict(
                failure_class=FailureClass.INFRA_COMPUTE,
                rule="context.lost",
                rule_set=scene.judge.rule_set,
                evidence="it was begun, and nothing was heard of it for longer than its lease",
                confidence=_CONFIDENCE,
            ),
            started_at=silent.started_at,
            onset_at=onset_at,
            severity=severity,
            job=job_id(run.job),
            run=node,
            parents=parents,
            datasets=scene.ids_of(around.outputs),
            inputs=scene.ids_of(around.inputs),
            product=around.step.product if around.step else None,
            step=around.step.name if around.step else None,
            source=around.step.source if around.step else None,
            owners=owners_of(scene, next(iter(around.outputs), None), run.job),
        )
    )
