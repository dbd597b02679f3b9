"""Reporting the end of runs whose process died: the lake says how far they had come."""

from __future__ import annotations

from openlineage.client.event_v2 import RunState

from hub.domain.failures.failure import Origin
from hub.domain.names import JobName, RunName
from hub.runtime.emission import Emitter
from hub.runtime.failures import Blamed, Failure, RunnerDied, blame, described
from hub.runtime.open_runs import OpenRun, OpenRuns
from hub.runtime.promotion import (
    COMMITTED_AT,
    NEWEST,
    ROWS_IN,
    ROWS_OUT,
    ROWS_REFUSED,
    RUN,
    look_up,
)
from hub.runtime.work import Input, Tools, Work


def report_abandoned(tools: Tools, open_runs: OpenRuns, emitter: Emitter) -> None:
    """Report every run of this machine that began, did not end, and has no process any more.

    A run whose rows are in the lake is COMPLETE: they were counted and checked as they were
    committed, and the next run goes on after them. One without is ABORT. While the lake cannot be
    asked, such runs wait.
    """
    for begun in open_runs.abandoned():
        if begun.product not in tools.catalog.products:
            continue
        try:
            _report(tools, begun, emitter)
        except Blamed:
            return


def _report(tools: Tools, begun: OpenRun, emitter: Emitter) -> None:
    product = JobName(tools.catalog.products[begun.product].domain, begun.product)
    died = described(RunnerDied("its process ended without a report"))
    if begun.step is None:
        run = RunName(product, begun.run_id)
        emitter.product(RunState.ABORT, run, begun.product, at=tools.clock(), failure=died)
        return
    steps = [
        each for each in tools.catalog.products[begun.product].steps if each.name == begun.step
    ]
    for step in steps:
        work = Work(
            tools=tools,
            step=step,
            run=RunName(tools.catalog.job(step), begun.run_id),
            started_at=begun.started_at,
            parent=RunName(product, begun.parent) if begun.parent else None,
            nominal_at=begun.nominal_at,
            is_recovered=True,
        )
        work.tally.inputs = [Input(dataset=tools.catalog.dataset(name)) for name in step.reads]
        _report_step(work, died, emitter)


def _report_step(work: Work, died: Failure, emitter: Emitter) -> None:
    with blame(Origin.LAKE):
        last = work.lake.last_commit(work.step.writes, work.step.job_name)
    if last is None or last.notes.get(RUN) != work.run.run_id:
        emitter.step(RunState.ABORT, work, at=work.tools.clock(), failure=died)
        return
    work.tally.rows_in = int(last.notes[ROWS_IN])
    work.tally.rows_out = int(last.notes[ROWS_OUT])
    work.tally.rows_refused = int(last.notes[ROWS_REFUSED])
    if work.tally.rows_out and NEWEST in last.notes:
        work.tally.newest_event_time = int(last.notes[NEWEST])
    look_up(work)
    emitter.step(RunState.COMPLETE, work, at=int(last.notes[COMMITTED_AT]))
