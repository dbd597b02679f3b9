"""Observations: what one terminal run event says that a signal or an SLO could hang on."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from functools import cached_property, reduce
from typing import Final, TypeVar

from msgspec import Raw, Struct, structs

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.failures.failure import Cause, Context, Failure, FailureClass, Origin
from hub.domain.instants import believed
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage import facets
from hub.domain.openlineage.changes import brings_data, change_by, change_in
from hub.domain.openlineage.descriptions import read_lifecycle, read_sql
from hub.domain.openlineage.events import (
    DatasetEvent,
    DatasetUse,
    EventType,
    JobEvent,
    RunEvent,
    Unusable,
    facets_of,
    read_event,
)
from hub.domain.slos.arrivals import Arrival, Checks

_Word = TypeVar("_Word", bound=StrEnum)

# In the name of each facet that tells of them.
_ASSERTIONS: Final = b"ssertions"
_REASONS: Final = frozenset({*facets.ERRORS, "hub_failure"})
# In the bytes of events that tell of a failure, however the facets are called that do.
_EVENT_TYPE: Final = re.compile(rb'"eventType"\s*:\s*"(\w*)"')
_ENDED_BADLY: Final = frozenset({b"FAIL", b"ABORT"})
_NOT_ENDED: Final = frozenset({b"START", b"RUNNING", b"OTHER"})
_TEST_FAILED: Final = re.compile(rb'"success"\s*:\s*false')
# Of a failure that is told later than that, in microseconds, nobody waits for the page.
_JUST_NOW: Final = 600_000_000
_HOST: Final = re.compile(r"^[a-z]+://(?:www\.)?[^/]+")
_ROWS: Final = re.compile(
    r"\b(?P<failing>\d{1,15})(?: of | out of | ?/ ?)(?P<rows>\d{1,15}) (?:rows|records)"
)
# Of fewer rows all may be bad by chance.
_ENOUGH_ROWS: Final = 20
# What dbt, and Great Expectations, call a check that a field is never null.
_NOT_NULL: Final = frozenset({"not_null", "expect_column_values_to_not_be_null"})


class CheckedDataset(Struct, frozen=True):
    """The outcomes of quality checks on one dataset; checks of severity "warn" only count.

    ``unevaluated`` counts those that came to no outcome: they say nothing of the data.
    ``failing_share`` is how much of the rows breaks the failed check that most do, where that is
    told and the rows are enough to speak of.
    """

    dataset: DatasetName
    passed: frozenset[str]
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    unevaluated: int = 0
    failing_share: float | None = None

    @property
    def counts(self) -> Checks:
        """How many checks passed, of how many."""
        total = len(self.passed) + len(self.failed) + len(self.warned)
        return Checks(len(self.passed), total)


class Observation(Struct, frozen=True, kw_only=True, dict=True):
    """A run that ended, as its last event tells it.

    ``at`` is when it ended, as far as that is believed of what was received at ``received_at``.
    Most runs pass, and nobody asks what else their events say: that is read when it is asked for.
    """

    event: RunEvent
    at: int
    received_at: int | None
    run_facets: dict[str, Raw]

    @cached_property
    def checks(self) -> tuple[CheckedDataset, ...]:
        """How the quality checks came out that it made."""
        return tuple(_checks(self.event, self.run_facets))

    @property
    def run(self) -> RunName:
        """The run that ended."""
        return self.event.run

    @property
    def job(self) -> JobName:
        """The job that ran."""
        return self.event.job

    @property
    def event_type(self) -> EventType:
        """How it ended."""
        return self.event.event_type

    @cached_property
    def inputs(self) -> tuple[DatasetName, ...]:
        """What it read, as the event says."""
        return tuple(dict.fromkeys(use.name for use in self.event.inputs))

    @cached_property
    def outputs(self) -> tuple[DatasetName, ...]:
        """What it was to write, as the event says."""
        return tuple(dict.fromkeys(use.name for use in self.event.outputs))

    @property
    def failure(self) -> Failure:
        """What is known of why it failed, where it did."""
        return _failure(self.event, self.run_facets, self.checks)

    @property
    def is_test(self) -> bool:
        """Whether it did nothing but to test data."""
        kind = _job_type(self.event)
        return "test" in self.run_facets or bool(kind and kind.is_test)

    @property
    def is_of_dbt(self) -> bool:
        """Whether it says which node of a dbt project it is of."""
        return facets.DBT_NODE in facets_of(self.event.job_facets)

    @property
    def is_of_spark(self) -> bool:
        """Whether Spark tells of it, which says of what failed that it completed, too."""
        return facets.SPARK in (self.event.producer or "")

    @property
    def is_backfill(self) -> bool:
        """Whether it says that it computes anew what had its turn before."""
        return facets.is_backfill(self.run_facets)

    @property
    def step(self) -> facets.Step | None:
        """The product and step that a runner of ours says it was."""
        raw = self.run_facets.get("hub_step")
        return None if raw is None else facets.read_step(raw)

    @property
    def parent(self) -> RunName | None:
        """The run that it names as the one that started it."""
        raw = facets.first_of(facets.PARENTS, self.run_facets)
        parent = None if raw is None else facets.read_parent(raw)
        return parent.parent if parent else None

    def arrival_in(self, names: Collection[DatasetName]) -> Arrival | None:
        """Return what came into an output; it is empty where that was nothing though all passed.

        ``names`` are all that the dataset is called. What came under several of them, as into
        partitions, is one arrival.
        """
        named = (use for use in self.event.outputs if use.name in names)
        uses = {use.name: use for use in named if brings_data(self._change(use))}
        if not uses or self.event_type is not EventType.COMPLETE:
            return None
        served = Arrival(
            published_at=self.event.event_time,
            nominal_at=_nominal_at(self.run_facets),
            is_backfill=self.is_backfill,
        )
        arrival = reduce(Arrival.with_more, (_arrival(use, served) for use in uses.values()))
        return arrival if self.received_at is None else arrival.told_at(self.received_at)

    def _change(self, use: DatasetUse) -> str | None:
        """Return what the run does to an output, where that is said or its SQL shows it."""
        raw = facets_of(use.facets).get("lifecycleStateChange")
        said = None if raw is None else read_lifecycle(raw)
        return change_by(said.change if said else None, self._change_by_sql)

    @cached_property
    def _change_by_sql(self) -> str | None:
        raw = facets_of(self.event.job_facets).get("sql")
        sql = None if raw is None else read_sql(raw)
        return None if sql is None else change_in(sql.query)

    def nulls_in(self, names: Collection[DatasetName]) -> dict[str, float]:
        """Return which share of a dataset's fields is null, as far as the run counted that.

        ``names`` are all that it is called.
        """
        found: dict[str, float] = {}
        for use in (*self.event.inputs, *self.event.outputs):
            found |= _null_shares(use) if use.name in names else {}
        return found


def observe_run(event: RunEvent, *, received_at: int | None = None) -> Observation:
    """Read what a terminal event says, which was received at an instant of the hub's clock."""
    at = event.event_time
    return Observation(
        event=event,
        at=at if received_at is None else believed(at, received_at),
        received_at=received_at,
        run_facets=facets_of(event.run_facets),
    )


def observe_dataset(event: DatasetEvent) -> CheckedDataset | None:
    """Read the quality checks that a DatasetEvent reports, if it does."""
    return _checked(event.dataset, *_assertions(event.dataset))


def overtakes(entry: NewEntry, recorded_at: int) -> bool:
    """Whether an entry need not wait behind a backlog (ADR 37).

    Those of the hub's own need not, and events that tell of a run or a check that failed just
    before they were recorded. A failure that is written in an unusual way is not seen to be one,
    and waits.
    """
    if entry.kind is not EntryKind.EVENT:
        return True
    is_old = entry.at is not None and recorded_at - entry.at > _JUST_NOW
    if is_old or not _may_tell_failure(entry.body):
        return False
    event = read_event(entry.body)
    if isinstance(event, Unusable | JobEvent) or recorded_at - event.event_time > _JUST_NOW:
        return False
    return isinstance(event, DatasetEvent) or event.event_type.is_terminal


def _may_tell_failure(body: bytes) -> bool:
    """Whether an event may tell of a failure, at first sight: which costs next to nothing."""
    # Most producers say it at the beginning, so that the rest of most events is not looked at.
    found = _EVENT_TYPE.search(body)
    event_type = found[1] if found else b""
    if event_type in _ENDED_BADLY:
        return True
    return event_type not in _NOT_ENDED and _TEST_FAILED.search(body) is not None


def producer_words(producer: str | None) -> str:
    """Return what of a producer's address names it: a code host's name says nothing."""
    return " ".join(_HOST.sub("", producer or "").split("/"))


def _failure(
    event: RunEvent, run_facets: dict[str, Raw], checks: tuple[CheckedDataset, ...]
) -> Failure:
    told = facets.first_of(facets.ERRORS, run_facets)
    error = facets.read_error_message(told) if told is not None else None
    own = facets.read_failure(run_facets["hub_failure"]) if "hub_failure" in run_facets else None
    kind = _job_type(event)
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
        origin=_member(Origin, own.origin if own else None),
        source=own.source if own else None,
        declared=_member(FailureClass, own.failure_class if own else None),
        context=Context(
            failed_checks=_failed(checks, run_facets),
            failing_share=max(
                (each.failing_share for each in checks if each.failing_share is not None),
                default=None,
            ),
            was_aborted=event.event_type is EventType.ABORT,
        ),
    )


def _failed(checks: tuple[CheckedDataset, ...], run_facets: dict[str, Raw]) -> tuple[str, ...]:
    """Return which checks failed; also where nothing says which of several inputs was tested.

    Those that only warn count where the run failed, and says no other reason.
    """
    failed = [name for each in checks for name in each.failed]
    warned = [name for each in checks for name in each.warned]
    if not checks and "test" in run_facets:
        for each in facets.read_tests(run_facets["test"]):
            if not each.success:
                (warned if _is_warning(each) else failed).append(_check_name(each))
    is_explained = failed or not run_facets.keys().isdisjoint(_REASONS)
    return tuple(failed if is_explained else warned)


def _member(words: type[_Word], text: str | None) -> _Word | None:
    """Return the word of an enumeration that a text is, if it is one."""
    return next((word for word in words if word == text), None)


def _job_type(event: RunEvent) -> facets.JobType | None:
    raw = facets_of(event.job_facets).get("jobType")
    return None if raw is None else facets.read_job_type(raw)


def _checks(event: RunEvent, run_facets: dict[str, Raw]) -> list[CheckedDataset]:
    found = [_checked(use, *_assertions(use)) for use in (*event.inputs, *event.outputs)]
    checked = [each for each in found if each is not None]
    # The run's own test facet names no dataset: its one input is what was tested.
    if not checked and "test" in run_facets and len(event.inputs) == 1:
        raw = run_facets["test"]
        tests, unevaluated = facets.read_tests(raw), facets.count_unevaluated(raw)
        tested = _checked(event.inputs[0], tests, unevaluated)
        checked = [tested] if tested else []
    return checked


def _assertions(use: DatasetUse) -> tuple[tuple[facets.Assertion, ...], int]:
    """Return what was asserted of a dataset, and how many assertions came to no outcome."""
    for container in (use.measures, use.facets):
        # Most say nothing of the kind, and a letter in JSON may be escaped.
        raw = bytes(container)
        if _ASSERTIONS not in raw and b"\\" not in raw:
            continue
        found = facets.first_of(facets.ASSERTIONS, facets_of(container))
        if found is not None:
            return facets.read_assertions(found), facets.count_unevaluated(found)
    return (), 0


def _null_shares(use: DatasetUse, *, of_rows: int = 1) -> dict[str, float]:
    """Return which share of each field is null, as far as that was counted, over enough rows."""
    found: dict[str, float] = {}
    for container in (use.facets, use.measures):
        raw = facets_of(container).get("dataQualityMetrics")
        found |= {} if raw is None else facets.read_null_shares(raw, of_rows=of_rows)
    return found


def _checked(
    use: DatasetUse, assertions: tuple[facets.Assertion, ...], unevaluated: int
) -> CheckedDataset | None:
    if not assertions and not unevaluated:
        return None
    broken = [each for each in assertions if not each.success]
    shares = (_share(each, use) for each in broken if not _is_warning(each))
    return CheckedDataset(
        use.name,
        frozenset(_check_name(each) for each in assertions if each.success),
        tuple(_check_name(each) for each in broken if not _is_warning(each)),
        tuple(_check_name(each) for each in broken if _is_warning(each)),
        unevaluated,
        max((share for share in shares if share is not None), default=None),
    )


def _share(assertion: facets.Assertion, use: DatasetUse) -> float | None:
    """Return which share of the rows a check found to break it.

    It says «N of M rows», or forbids nulls in a field in which they were counted.
    """
    counted = _ROWS.search(assertion.actual or "")
    if counted is None:
        return _share_of_nulls(assertion, use)
    failing, rows = int(counted["failing"]), int(counted["rows"])
    return failing / rows if rows >= _ENOUGH_ROWS else None


def _share_of_nulls(assertion: facets.Assertion, use: DatasetUse) -> float | None:
    if assertion.field is None or assertion.assertion not in _NOT_NULL:
        return None
    share = _null_shares(use, of_rows=_ENOUGH_ROWS).get(assertion.field)
    # More nulls than rows: whatever was counted, it was something else.
    return share if share is not None and share <= 1 else None


def _is_warning(assertion: facets.Assertion) -> bool:
    return (assertion.severity or "").lower() in ("warn", "warning", "info")


def check_name(name: str | None, assertion: str, field: str | None) -> str:
    """Return what a check is called: by its name, else by what it asserts, and of which field."""
    return name or (f"{assertion}({field})" if field else assertion)


def _check_name(assertion: facets.Assertion) -> str:
    return check_name(assertion.name, assertion.assertion, assertion.field)


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
    return structs.replace(
        served,
        newest_at=measures.newest_at if measures else None,
        rows=rows,
        refused=measures.rows_refused if measures else None,
    )
