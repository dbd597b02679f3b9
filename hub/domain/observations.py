"""Observations: what one terminal run event says that a signal or an SLO could hang on."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Raw, Struct, structs

from hub.domain import facets
from hub.domain.arrivals import Arrival, Checks
from hub.domain.events import DatasetEvent, DatasetUse, EventType, RunEvent, facets_of
from hub.domain.failures import Cause, Context, Failure, Origin
from hub.domain.instants import believed
from hub.domain.names import DatasetName, JobName, RunName

_HOST: Final = re.compile(r"^[a-z]+://(?:www\.)?[^/]+")


class CheckedDataset(Struct, frozen=True):
    """The outcomes of quality checks on one dataset; checks of severity "warn" only count."""

    dataset: DatasetName
    passed: frozenset[str]
    failed: tuple[str, ...]
    warned: tuple[str, ...]

    @property
    def counts(self) -> Checks:
        """How many checks passed, of how many."""
        total = len(self.passed) + len(self.failed) + len(self.warned)
        return Checks(len(self.passed), total)


class Observation(Struct, frozen=True, kw_only=True):
    """A run that ended, as its last event tells it.

    ``arrivals`` are what came into outputs, empty where it was nothing although the run passed.
    ``source``, ``product`` and ``step`` are what a runner of ours says of itself.
    """

    run: RunName
    event_type: EventType
    at: int
    failure: Failure
    inputs: tuple[DatasetName, ...]
    outputs: tuple[DatasetName, ...]
    checks: tuple[CheckedDataset, ...]
    arrivals: dict[DatasetName, Arrival]
    is_test: bool = False
    product: str | None = None
    step: str | None = None
    parent: RunName | None = None

    @property
    def job(self) -> JobName:
        """The job that ran."""
        return self.run.job

    def told_at(self, received_at: int) -> Observation:
        """Return what is believed of it, as it was received at an instant of the hub's clock."""
        arrivals = {name: each.told_at(received_at) for name, each in self.arrivals.items()}
        return structs.replace(self, at=believed(self.at, received_at), arrivals=arrivals)


def observe_run(event: RunEvent) -> Observation:
    """Read what a terminal event says."""
    run_facets, job_facets = facets_of(event.run_facets), facets_of(event.job_facets)
    step = facets.read_step(run_facets["hub_step"]) if "hub_step" in run_facets else None
    parent = facets.read_parent(run_facets["parent"]) if "parent" in run_facets else None
    checks = tuple(_checks(event, run_facets))
    has_passed = event.event_type is EventType.COMPLETE
    served = Arrival(
        published_at=event.event_time,
        nominal_at=_nominal_at(run_facets),
        is_backfill=facets.is_backfill(run_facets),
    )
    return Observation(
        run=event.run,
        event_type=event.event_type,
        at=event.event_time,
        failure=_failure(event, run_facets, job_facets, checks),
        inputs=tuple(dict.fromkeys(use.name for use in event.inputs)),
        outputs=tuple(dict.fromkeys(use.name for use in event.outputs)),
        checks=checks,
        arrivals={use.name: _arrival(use, served) for use in event.outputs if has_passed},
        is_test=_is_test(run_facets, job_facets),
        product=step.product if step else None,
        step=step.step if step else None,
        parent=parent.parent if parent else None,
    )


def observe_dataset(event: DatasetEvent) -> CheckedDataset | None:
    """Read the quality checks that a DatasetEvent reports, if it does."""
    return _checked(event.dataset.name, _assertions(event.dataset))


def producer_words(producer: str | None) -> str:
    """Return what of a producer's address names it: a code host's name says nothing."""
    return " ".join(_HOST.sub("", producer or "").split("/"))


def _failure(
    event: RunEvent,
    run_facets: dict[str, Raw],
    job_facets: dict[str, Raw],
    checks: tuple[CheckedDataset, ...],
) -> Failure:
    error = (
        facets.read_error_message(run_facets["errorMessage"])
        if ("errorMessage" in run_facets)
        else None
    )
    own = facets.read_failure(run_facets["hub_failure"]) if "hub_failure" in run_facets else None
    kind = facets.read_job_type(job_facets["jobType"]) if "jobType" in job_facets else None
    causes = tuple(
        Cause(
            type=each.type,
            message=each.message,
            code=each.code,
            sqlstate=each.sqlstate,
            errno=each.errno,
        )
        for each in (own.exceptions if own else ())
    )
    integration = kind.integration if kind and kind.integration else ""
    return Failure(
        message=error.message if error else "",
        trace=(error.stack_trace or "") if error and not causes else "",
        producer=f"{integration} {producer_words(event.producer)}".strip(),
        causes=causes,
        origin=_origin(own.origin if own else None),
        source=own.source if own else None,
        context=Context(
            failed_checks=tuple(name for each in checks for name in each.failed),
            was_aborted=event.event_type is EventType.ABORT,
        ),
    )


def _origin(text: str | None) -> Origin | None:
    try:
        return Origin(text) if text else None
    except ValueError:
        return None


def _is_test(run_facets: dict[str, Raw], job_facets: dict[str, Raw]) -> bool:
    kind = facets.read_job_type(job_facets["jobType"]) if "jobType" in job_facets else None
    return "test" in run_facets or bool(kind and kind.is_test)


def _checks(event: RunEvent, run_facets: dict[str, Raw]) -> list[CheckedDataset]:
    found = [_checked(use.name, _assertions(use)) for use in (*event.inputs, *event.outputs)]
    checked = [each for each in found if each is not None]
    # The run's own test facet names no dataset: its one input is what was tested.
    if not checked and "test" in run_facets and len(event.inputs) == 1:
        tested = _checked(event.inputs[0].name, facets.read_tests(run_facets["test"]))
        checked = [tested] if tested else []
    return checked


def _assertions(use: DatasetUse) -> tuple[facets.Assertion, ...]:
    for container in (use.measures, use.facets):
        found = facets_of(container)
        if "dataQualityAssertions" in found:
            return facets.read_assertions(found["dataQualityAssertions"])
    return ()


def _checked(
    dataset: DatasetName, assertions: tuple[facets.Assertion, ...]
) -> CheckedDataset | None:
    if not assertions:
        return None
    broken = [each for each in assertions if not each.success]
    return CheckedDataset(
        dataset,
        frozenset(_check_name(each) for each in assertions if each.success),
        tuple(_check_name(each) for each in broken if not _is_warning(each)),
        tuple(_check_name(each) for each in broken if _is_warning(each)),
    )


def _is_warning(assertion: facets.Assertion) -> bool:
    return (assertion.severity or "").lower() in ("warn", "warning", "info")


def _check_name(assertion: facets.Assertion) -> str:
    if assertion.name:
        return assertion.name
    return f"{assertion.assertion}({assertion.field})" if assertion.field else assertion.assertion


def _nominal_at(run_facets: dict[str, Raw]) -> int | None:
    """Return up to when a run was to compute, as it says; else from when on."""
    raw = run_facets.get("nominalTime")
    nominal = facets.read_nominal_time(raw) if raw is not None else None
    if nominal is None:
        return None
    return nominal.start_at if nominal.end_at is None else nominal.end_at


def _arrival(use: DatasetUse, served: Arrival) -> Arrival:
    """Return what an output got of a run; it is empty where that is counted, and is nothing."""
    found = facets_of(use.measures)
    measures = facets.read_step_measures(found["hub_measures"]) if "hub_measures" in found else None
    statistics = (
        facets.read_statistics(found["outputStatistics"]) if "outputStatistics" in found else None
    )
    rows = measures.rows_out if measures else None
    if rows is None and statistics is not None:
        rows = statistics.rows
    newest_at = measures.newest_at if measures else None
    return structs.replace(served, newest_at=newest_at, is_empty=rows == 0)
