"""What producers omit and break, told from what is known of each run.

A run's faults follow from its row alone: so they are the same whatever order its events came in,
and one is gone again once an event has brought what was lacking. What a run lacks counts once it
has ended; until then it may still come.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from hub.domain.openlineage.runs import RunState, is_of_last_attempt

# What at least one event of a run has said; sums of these are kept with the run.
SAID_JOB_TYPE: Final = 1 << 0
SAID_OUTPUT_SCHEMA: Final = 1 << 1
SAID_COLUMN_LINEAGE: Final = 1 << 2
SAID_OUTPUT_SIZE: Final = 1 << 3
SAID_BACKFILL: Final = 1 << 4
SAID_STREAM: Final = 1 << 5
# What it has got wrong.
GOT_TIME_WITHOUT_ZONE: Final = 1 << 8
GOT_UNUSABLE_DATASET: Final = 1 << 9
GOT_LARGE_FACET: Final = 1 << 10


class RunTold(Protocol):
    """What is known of a run: columns of ``run``, as the projection has them."""

    @property
    def attempt(self) -> int:
        """How often it has begun."""

    @property
    def state(self) -> str | None:
        """What its events amount to; None while only other runs have named it."""

    @property
    def started_at(self) -> int | None:
        """When its last attempt began, as far as that was told."""

    @property
    def ended_at(self) -> int | None:
        """When it ended."""

    @property
    def last_event_at(self) -> int | None:
        """When its last event was."""

    @property
    def parent_id(self) -> int | None:
        """The run that started it; None also where that is itself."""

    @property
    def input_set_id(self) -> int | None:
        """What it reads; None is nothing."""

    @property
    def output_set_id(self) -> int | None:
        """What it writes; None is nothing."""

    @property
    def nominal_order(self) -> bytes | None:
        """None until its nominal time is said."""

    @property
    def parent_order(self) -> bytes | None:
        """None until its parent is said."""

    @property
    def error_order(self) -> bytes | None:
        """None until an error is said."""

    @property
    def said(self) -> int:
        """A sum of ``SAID_…`` and ``GOT_…``."""


class Fault(NamedTuple):
    """Something that a producer gets wrong or, where it ``is_omission``, leaves out.

    ``meaning`` is what the hub makes of it, ``cure`` what to do about it where events are sent.
    Omissions are counted among runs that have ended, all else among all runs.
    """

    code: str
    title: str
    meaning: str
    cure: str
    is_omission: bool = False


# Not seen in a run's events: that it is lost was decided when its lease had run out.
NEVER_ENDED: Final = Fault(
    "NEVER_ENDED",
    "the end of a run was never told",
    "The run is declared lost once it is silent for longer than its lease, and its team told.",
    "Send COMPLETE, FAIL or ABORT on every way out, also when the process is told to stop; use a"
    " transport that retries.",
)

# In this order for good: a fault's place is that of its bit in ``run.faults``.
KEPT_FAULTS: Final = (
    Fault(
        "ENDED_WITHOUT_START",
        "a run ended that had not started",
        "How long it took is not known; its lineage counts.",
        "Send START when the run begins, before any other event of it.",
    ),
    Fault(
        "TOLD_AFTER_END",
        "a run was told of after its end",
        "The run stays ended; what the late event names counts.",
        "Send the terminal event last, and give events the time at which things happened.",
    ),
    Fault(
        "RUN_ID_USED_AGAIN",
        "a run began again under the same id",
        "It counts as another attempt of the run, and the last attempt decides.",
        "Make a new run id for each try, and join the tries by a parent run.",
    ),
    Fault(
        "COMPLETE_WITH_ERROR",
        "a run completed with an error message",
        "COMPLETE is believed, and the error shown: its outcome is “completed with an error”.",
        "Send FAIL where the run has failed.",
    ),
    Fault(
        "OWN_PARENT",
        "a run was named its own parent",
        "The run has no parent.",
        "Leave the parent facet out of the outermost run.",
    ),
    Fault(
        "TIME_WITHOUT_ZONE",
        "an event's time named no time zone",
        "UTC is assumed: freshness is wrong by the offset where that is not so.",
        "Send eventTime with Z or an offset.",
    ),
    Fault(
        "UNUSABLE_DATASET",
        "an input or output had no usable name",
        "It alone is left out, and kept as a dead letter that says why.",
        "Name datasets by namespace and name, as text of at most 2,048 bytes.",
    ),
    Fault(
        "LARGE_FACET",
        "a facet was larger than a mebibyte",
        "It is kept in the journal and left out of everything else; droppedFacets names it.",
        "Switch the facet off at the producer, as with Spark's logical plan.",
    ),
    Fault(
        "NO_ERROR_MESSAGE",
        "a run failed without saying why",
        "Its failure has no evidence, and so is likely to be of class UNKNOWN.",
        "Send the errorMessage facet with FAIL.",
        is_omission=True,
    ),
    Fault(
        "NO_DATASETS",
        "a run named neither inputs nor outputs",
        "It leaves the lineage of its job as it is.",
        "Use an operator or connector that reports lineage, or declare it with a JobEvent.",
        is_omission=True,
    ),
    Fault(
        "NO_INPUTS",
        "a run named outputs and no inputs",
        "What it writes appears to come from nowhere, so no cause is found upstream of it.",
        "Report what is read, also from files and services.",
        is_omission=True,
    ),
    Fault(
        "NO_OUTPUT_SCHEMA",
        "no output of a run came with its schema",
        "A change of schema shows only in other events, and fields are known by lineage alone.",
        "Send the schema facet with outputs.",
        is_omission=True,
    ),
    Fault(
        "NO_COLUMN_LINEAGE",
        "a run with inputs and outputs did not say which fields come from which",
        "Impact of a field ends here, but for what is inferred from SQL.",
        "Send the columnLineage facet, or the sql facet.",
        is_omission=True,
    ),
    Fault(
        "NO_OUTPUT_SIZE",
        "a run did not say how much it wrote",
        "Volume is not watched.",
        "Send the outputStatistics facet.",
        is_omission=True,
    ),
    Fault(
        "NO_JOB_TYPE",
        "a run's job did not say what type it is",
        "A test is taken for a job that writes data, and a stream for a batch that never ends.",
        "Send the jobType facet.",
        is_omission=True,
    ),
    Fault(
        "NO_PARENT",
        "a run did not name the run that started it",
        "It stands alone: its failure is not joined with that of a run around it.",
        "Send the parent facet; the outermost run needs none.",
        is_omission=True,
    ),
    Fault(
        "NO_NOMINAL_TIME",
        "a run did not say for which time it was scheduled",
        "A late run and a backfill look alike.",
        "Send the nominalTime facet.",
        is_omission=True,
    ),
)
FAULTS: Final = (NEVER_ENDED, *KEPT_FAULTS)

_BIT: Final = {fault.code: 1 << place for place, fault in enumerate(KEPT_FAULTS)}
_ENDED_WITHOUT_START: Final = _BIT["ENDED_WITHOUT_START"]
_TOLD_AFTER_END: Final = _BIT["TOLD_AFTER_END"]
_RUN_ID_USED_AGAIN: Final = _BIT["RUN_ID_USED_AGAIN"]
_COMPLETE_WITH_ERROR: Final = _BIT["COMPLETE_WITH_ERROR"]
_OWN_PARENT: Final = _BIT["OWN_PARENT"]
_NO_ERROR_MESSAGE: Final = _BIT["NO_ERROR_MESSAGE"]
_NO_DATASETS: Final = _BIT["NO_DATASETS"]
_NO_INPUTS: Final = _BIT["NO_INPUTS"]
_NO_OUTPUT_SCHEMA: Final = _BIT["NO_OUTPUT_SCHEMA"]
_NO_COLUMN_LINEAGE: Final = _BIT["NO_COLUMN_LINEAGE"]
_NO_OUTPUT_SIZE: Final = _BIT["NO_OUTPUT_SIZE"]
_NO_JOB_TYPE: Final = _BIT["NO_JOB_TYPE"]
_NO_PARENT: Final = _BIT["NO_PARENT"]
_NO_NOMINAL_TIME: Final = _BIT["NO_NOMINAL_TIME"]
_GOT: Final = {
    GOT_TIME_WITHOUT_ZONE: _BIT["TIME_WITHOUT_ZONE"],
    GOT_UNUSABLE_DATASET: _BIT["UNUSABLE_DATASET"],
    GOT_LARGE_FACET: _BIT["LARGE_FACET"],
}
_ANY_GOT: Final = sum(_GOT)


def faults_of(run: RunTold) -> int:
    """Return the faults of a run: a sum of the bits of ``KEPT_FAULTS``."""
    found = 0
    said = run.said
    if said & _ANY_GOT:
        found = sum(bit for got, bit in _GOT.items() if said & got)
    if run.attempt > 1:
        found |= _RUN_ID_USED_AGAIN
    if run.parent_order is not None and run.parent_id is None:
        found |= _OWN_PARENT
    if run.ended_at is None:
        return found
    if run.started_at is None:
        found |= _ENDED_WITHOUT_START
    if run.last_event_at is not None and run.last_event_at > run.ended_at:
        found |= _TOLD_AFTER_END
    if run.state == RunState.COMPLETE and _has_error(run):
        found |= _COMPLETE_WITH_ERROR
    return found | _omissions_of(run)


def _omissions_of(run: RunTold) -> int:
    found = _unsaid_of_data(run)
    if run.state == RunState.FAIL and not _has_error(run):
        found |= _NO_ERROR_MESSAGE
    if not run.said & SAID_JOB_TYPE:
        found |= _NO_JOB_TYPE
    if run.parent_order is None:
        found |= _NO_PARENT
    if run.nominal_order is None:
        found |= _NO_NOMINAL_TIME
    return found


def _has_error(run: RunTold) -> bool:
    order = run.error_order
    return order is not None and is_of_last_attempt(order, run.attempt, run.started_at)


def _unsaid_of_data(run: RunTold) -> int:
    if run.output_set_id is None:
        return _NO_DATASETS if run.input_set_id is None else 0
    found, said = 0, run.said
    if run.input_set_id is None:
        found |= _NO_INPUTS
    elif not said & SAID_COLUMN_LINEAGE:
        found |= _NO_COLUMN_LINEAGE
    if not said & SAID_OUTPUT_SCHEMA:
        found |= _NO_OUTPUT_SCHEMA
    if not said & SAID_OUTPUT_SIZE:
        found |= _NO_OUTPUT_SIZE
    return found


class ProducerName(NamedTuple):
    """What a producer's URI names: a program and, where the URI has one, its version."""

    name: str
    version: str | None


_VERSION: Final = re.compile(r"v?[0-9]+[.-][0-9][\w.+-]*")
# Where a repository keeps things, which says nothing of what they are.
_PLACES: Final = frozenset({"tree", "blob", "integration"})


def producer_name(uri: str) -> ProducerName:
    """Return the program and the version that a producer's URI names.

    Most name the source code of a version, as ``…/OpenLineage/tree/1.9.1/integration/spark`` and
    ``…/airflow/tree/providers-openlineage/2.3.0`` do; some are no URI at all. One without a version
    is the name.
    """
    if uri.startswith("urn:") and _VERSION.fullmatch(version := uri.rpartition(":")[2]):
        return ProducerName(uri.rpartition(":")[0], version)
    parts = (uri.partition("://")[2] or uri).split("/")
    versions = [part for part in parts if _VERSION.fullmatch(part)]
    if not versions:
        return ProducerName(uri, None)
    if parts[0] == "github.com":
        parts = parts[2:]
    rest = [part for part in parts if part and part not in _PLACES and part != versions[0]]
    return ProducerName("/".join(rest), versions[0])


@lru_cache(1_024)
def source_of(uri: str | None) -> str:
    """Return who declares, by the producer's URI: a new version of a program is no other one."""
    return producer_name(uri).name if uri else ""
