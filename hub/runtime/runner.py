"""Runs the steps of data products, and reports every run from its start to its end.

Whatever happens to a step, its run ends: COMPLETE, FAIL with where and why, or ABORT. Steps that
read what a failed one should have made do not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import Struct
from openlineage.client.event_v2 import RunState

from hub.domain.catalog import TIER_OF_MOST, Step
from hub.domain.contracts import Contract
from hub.domain.deadletters import ReplayOutcome
from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import Origin
from hub.domain.names import JobName, RunName, dataset_id
from hub.runtime.emission import Emitter
from hub.runtime.failures import Failure, HeldBack, blame, described, without_blame
from hub.runtime.lanes import run_lane
from hub.runtime.open_runs import OpenRun, OpenRuns
from hub.runtime.order import steps_of
from hub.runtime.promotion import look_up
from hub.runtime.recovery import report_abandoned
from hub.runtime.replay import Letters, replay_records
from hub.runtime.transforms import run_transform
from hub.runtime.work import Input, Tally, Tools, Work
from hub.settings import bind_contract

OnProgress = Callable[[Step, Tally], None]


class StepResult(Struct, frozen=True, kw_only=True):
    """How one step's run ended.

    ``state`` is COMPLETE, FAIL or ABORT. ``origin`` and ``error`` say why it did not complete, and
    ``retryable`` whether trying again may help. ``skipped`` says why nothing was to be done.
    """

    product: str
    step: str
    writes: str
    run: str
    state: str
    rows_in: int
    rows_out: int
    rows_refused: int
    seconds: float
    version: int | None = None
    skipped: str | None = None
    origin: Origin | None = None
    error: str | None = None
    retryable: bool = False


class Runner:
    """Runs steps of one catalog. ``open_runs`` remembers what is begun on this machine."""

    def __init__(self, tools: Tools, open_runs: OpenRuns, new_run_id: Callable[[], str]) -> None:
        self._tools = tools
        self._open_runs = open_runs
        self._new_run_id = new_run_id
        self._emitter = Emitter(tools.reporter, tools.catalog)

    def run(
        self,
        *targets: str,
        nominal_at: int | None = None,
        on_progress: OnProgress = lambda _step, _tally: None,
    ) -> list[StepResult]:
        """Run products (``PRODUCT``) and steps (``PRODUCT.STEP``), each after what it reads.

        ``nominal_at`` is the time that the run was scheduled for, in microseconds UTC.

        Raises:
            NotFound: a target names nothing that is declared.
            Conflict: another process of this machine runs one of the steps.
            Unreachable, Pressed: the hub could not be told; the next run tells what was done.

        """
        steps = steps_of(self._tools.catalog, targets)
        results: list[StepResult] = []
        unmade: set[str] = set()
        with ExitStack() as stack:
            for step in steps:
                stack.enter_context(self._open_runs.alone(step.job_name))
            report_abandoned(self._tools, self._open_runs, self._emitter)
            parents = {
                name: stack.enter_context(self._product_run(name, results))
                for name in dict.fromkeys(step.product for step in steps)
            }
            for step in steps:
                work = self._work(step, parents[step.product], nominal_at, on_progress)
                results.append(self._run_step(work, unmade))
                if results[-1].state != RunState.COMPLETE.value:
                    unmade.add(step.writes)
        return results

    def rehearse(self, target: str) -> StepResult:
        """Run one step without a trace: nothing is promoted, nothing is reported.

        Raises:
            NotFound: the target names no declared step.

        """
        [step] = steps_of(self._tools.catalog, [target])
        work = self._work(step, None)
        work.is_rehearsal = True
        state, failure = RunState.COMPLETE, None
        try:
            self._execute(work, set())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            state, failure = RunState.FAIL, described(error)
        return _result(work, state, failure, self._tools.clock())

    def replay(
        self, target: str, letters: Letters, *, dry_run: bool = False
    ) -> list[ReplayOutcome]:
        """Send refused records of one step (by letter id) through today's code.

        Raises:
            NotFound: the target names no declared step.
            Conflict: another process of this machine runs the step.
            HubError: something else than the records is wrong; none of them is settled.

        """
        [step] = steps_of(self._tools.catalog, [target])
        work = self._work(step, None)
        work.is_rehearsal = dry_run
        work.run = RunName(JobName(work.run.job.namespace, f"{target}.replay"), work.run.run_id)
        try:
            work.contract = self._contract(step)
            with self._open_runs.alone(step.job_name):
                outcomes = replay_records(work, letters)
        except Exception as error:  # noqa: BLE001 - raised again once it is reported
            failure = described(error)
            if not dry_run:
                self._report_replay(work, RunState.FAIL, failure)
            raise without_blame(error)  # noqa: B904 - it has its own cause, which must stay
        if work.tally.rows_out and not dry_run:
            look_up(work)
            self._report_replay(work, RunState.COMPLETE, None)
        return outcomes

    def _report_replay(self, work: Work, state: RunState, failure: Failure | None) -> None:
        """Report a replay once it is over: it is short, and may be repeated after a crash."""
        self._emitter.step(RunState.START, work, at=work.started_at)
        self._emitter.step(state, work, at=self._tools.clock(), failure=failure)

    def _work(
        self,
        step: Step,
        parent: RunName | None,
        nominal_at: int | None = None,
        on_progress: OnProgress = lambda _step, _tally: None,
    ) -> Work:
        return Work(
            tools=self._tools,
            step=step,
            run=RunName(self._tools.catalog.job(step), self._new_run_id()),
            started_at=self._tools.clock(),
            parent=parent,
            nominal_at=nominal_at,
            on_progress=lambda tally: on_progress(step, tally),
        )

    @contextmanager
    def _product_run(self, product: str, results: Sequence[StepResult]) -> Iterator[RunName]:
        """Report the run of a product around those of its steps."""
        clock, catalog = self._tools.clock, self._tools.catalog
        run = RunName(JobName(catalog.products[product].domain, product), self._new_run_id())
        begun = OpenRun(run_id=run.run_id, product=product, started_at=clock())
        interrupted: BaseException | None = None
        state, failure = RunState.COMPLETE, None
        with self._open_runs.hold(begun):
            self._emitter.product(RunState.START, run, product, at=begun.started_at)
            try:
                yield run
            except BaseException as error:  # noqa: BLE001 - raised again once it is reported
                state, failure, interrupted = RunState.ABORT, described(error), error
            else:
                names = [each.step for each in results if each.product == product and each.error]
                if names:
                    failure = described(HeldBack(f"not completed: {', '.join(names)}"))
                    state = RunState.FAIL
            self._emitter.product(state, run, product, at=clock(), failure=failure)
        if interrupted is not None:
            raise interrupted

    def _run_step(self, work: Work, unmade: set[str]) -> StepResult:
        begun = OpenRun(
            run_id=work.run.run_id,
            product=work.step.product,
            step=work.step.name,
            parent=work.parent.run_id if work.parent else None,
            started_at=work.started_at,
            nominal_at=work.nominal_at,
        )
        interrupted: BaseException | None = None
        state, failure = RunState.COMPLETE, None
        with self._open_runs.hold(begun):
            self._emitter.step(RunState.START, work, at=work.started_at)
            try:
                self._execute(work, unmade)
            except HeldBack as error:
                state, failure = RunState.ABORT, described(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has failed
                state, failure = RunState.FAIL, described(error)
            except BaseException as error:  # noqa: BLE001 - raised again once it is reported
                state, failure, interrupted = RunState.ABORT, described(error), error
            ended_at = self._tools.clock()
            self._emitter.step(state, work, at=ended_at, failure=failure)
        if interrupted is not None:
            raise interrupted
        return _result(work, state, failure, ended_at)

    def _execute(self, work: Work, unmade: set[str]) -> None:
        step, catalog = work.step, self._tools.catalog
        work.tally.inputs = [Input(dataset=catalog.dataset(name)) for name in step.reads]
        if late := [name for name in step.reads if name in unmade]:
            raise HeldBack(f"held back: {', '.join(late)} was not made")
        if objections := [each for read in work.tally.inputs for each in self._against(step, read)]:
            raise HeldBack(f"held back: {'; '.join(objections)}")
        work.contract = self._contract(step)
        if step.lane is not None:
            run_lane(work)
        else:
            run_transform(work)

    def _against(self, step: Step, read: Input) -> Sequence[str]:
        """Return what the hub has against a step's reading of an input now."""
        tier = self._tools.catalog.products[step.product].tier
        if tier > TIER_OF_MOST:
            return ()
        return self._tools.objections(dataset_id(read.dataset), tier)

    def _contract(self, step: Step) -> Contract | None:
        if step.contract is None:
            return None
        text = self._tools.catalog.contracts.get(step.contract)
        if text is None:
            message = f"step {step.job_name} names contract {step.contract}, which is not declared"
            raise InvalidInput(message, fix="add it to the contracts folder")
        with blame(Origin.CONTRACT):
            return bind_contract(text, step.writes)


def _result(work: Work, state: RunState, failure: Failure | None, ended_at: int) -> StepResult:
    tally = work.tally
    return StepResult(
        product=work.step.product,
        step=work.step.name,
        writes=work.step.writes,
        run=work.run_node,
        state=state.value,
        rows_in=tally.rows_in,
        rows_out=tally.rows_out,
        rows_refused=tally.rows_refused,
        seconds=(ended_at - work.started_at) / 1_000_000,
        version=tally.version.number if tally.version else None,
        skipped=tally.skipped,
        origin=failure.origin if failure else None,
        error=failure.message if failure else None,
        retryable=failure.is_retryable if failure else False,
    )
