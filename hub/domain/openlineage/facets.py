"""The facets that the hub interprets, read as leniently as the events that carry them.

Each reader takes a facet's raw JSON and returns a value, or an empty one (None, no items) where
nothing of use is in it; what is malformed inside a list is left out, the rest counts. Facets are
known by their key and by what they are attached to; ``_schemaURL`` is not consulted, because
producers send old ones and wrong ones.

Source: OpenLineage's spec/facets, at the versions named with each reader; the ``hub_`` facets are
our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import MsgspecError, Raw, Struct, field
from msgspec.json import Decoder

from hub.domain.names import DatasetName, RunName
from hub.domain.openlineage.events import ABSENT, MAX_FACET_BYTES, usable_name
from hub.domain.openlineage.lenient import (
    amount_of,
    count_of,
    dataset_of,
    exception_in,
    instant_of,
    items_of,
    label_of,
    members_of,
    run_of,
    text_of,
    word_of,
)

# The facet that tells which node of a dbt project a job runs.
DBT_NODE: Final = "dbt_node"
# Where checks say how they came out: as specified, else as Great Expectations has it.
ASSERTIONS: Final = ("dataQualityAssertions", "greatExpectations_assertions")
# In the address of a producer that tells of Spark.
SPARK: Final = "/integration/spark"
# Why a run failed: as specified, else as Spark's integration has it, which sends no other.
ERRORS: Final = ("errorMessage", "spark.exception")
PARENT: Final = "parent"
# As producers of 2021 and 2022 call it, some of them beside the other.
PARENT_OF_OLD: Final = "parentRun"
PARENTS: Final = (PARENT, PARENT_OF_OLD)

# That a run computes anew what had its turn before.
BACKFILL: Final = "hub_backfill"
DECLARATION: Final = "hub_declaration"
_BACKFILL_TAGS: Final = frozenset({"backfill", "dagster/backfill"})
# What Airflow says of the DAG run around a task, and of a DAG run itself.
AIRFLOW_RUNS: Final = ("airflow", "airflowDagRun")
_TELL_OF_BACKFILL: Final = frozenset({BACKFILL, "tags", *AIRFLOW_RUNS})

# What people change to and fro: see ADR 43.
TO_AND_FRO: Final = ("documentation", "ownership", "tags")

# Jobs that only examine data, by their ``jobType``.
TEST_JOBS: Final = frozenset({"TEST", "DATA_TEST", "UNIT_TEST"})


class SchemaField(NamedTuple):
    """A field of a dataset; nested ones are named ``outer.inner``."""

    name: str
    type: str | None
    description: str | None


class Owner(NamedTuple):
    """Who owns a job or dataset, as its producer says; ``type`` may be empty."""

    name: str
    type: str


class Tag(NamedTuple):
    """A label on a job, a dataset, or (where ``field`` is not empty) a field of it."""

    field: str
    name: str
    value: str | None
    source: str | None


class Symlink(NamedTuple):
    """Another name of the same dataset."""

    dataset: DatasetName
    type: str | None


class Assertion(NamedTuple):
    """The outcome of one data-quality test. ``severity`` "warn" does not block."""

    assertion: str
    field: str | None
    success: bool
    severity: str | None
    name: str | None
    expected: str | None
    actual: str | None


class Measures(NamedTuple):
    """How much of a dataset a run saw; ``updated_at`` is when the data last changed (µs UTC)."""

    rows: int | None
    bytes: int | None
    files: int | None
    updated_at: int | None = None
    null_ratio: float | None = None


class ParentRun(NamedTuple):
    """The run that started this one, and the outermost one where it is said."""

    parent: RunName
    root: RunName | None


class Forwarded(NamedTuple):
    """What a run's ``parent`` says of a run above it, and of that one's job: their facets."""

    run: RunName
    run_facets: Raw
    job_facets: Raw


class NominalTime(NamedTuple):
    """The times that a run was scheduled for (µs UTC), whenever it really ran."""

    start_at: int | None
    end_at: int | None


class ErrorMessage(NamedTuple):
    """Why a run failed, in its producer's words."""

    message: str
    language: str | None
    stack_trace: str | None


class JobType(NamedTuple):
    """What sort of job it is, such as BATCH, AIRFLOW, TASK."""

    processing_type: str | None
    integration: str | None
    job_type: str | None

    @property
    def is_stream(self) -> bool:
        """Whether its runs do not end by themselves."""
        return (self.processing_type or "").upper() == "STREAMING"

    @property
    def is_test(self) -> bool:
        """Whether the job only examines data, whatever tables it writes its findings to."""
        return (self.job_type or "").upper() in TEST_JOBS


class RaisedException(NamedTuple):
    """One exception of a chain, with the codes that its library attached."""

    type: str
    message: str
    code: str | None
    sqlstate: str | None
    errno: int | None


class Failure(NamedTuple):
    """How a step of ours failed: ``hub_failure``.

    ``exceptions`` has the innermost last; ``origin`` is where it came from: source, lake, engine,
    contract, gate or code. ``failure_class`` is the class that the runner declares.
    """

    exceptions: tuple[RaisedException, ...]
    retryable: bool | None
    origin: str | None
    source: str | None
    failure_class: str | None


class StepMeasures(NamedTuple):
    """What one boundary of a step of ours counted: ``hub_measures``; ``newest_at`` is µs UTC."""

    rows_in: int | None
    rows_out: int | None
    rows_refused: int | None
    bytes: int | None
    seconds: float | None
    newest_at: int | None
    lateness_seconds: float | None


class Step(NamedTuple):
    """Which step of which data product ran: ``hub_step``."""

    product: str
    step: str
    plugin: str | None
    version: str | None


def is_backfill(run_facets: Mapping[str, Raw]) -> bool:
    """Whether a run says that it computes anew what had its turn before.

    By ``hub_backfill``, by a run tag ``backfill`` (or Dagster's ``dagster/backfill``), or by the
    kind or the id of its Airflow DAG run.
    """
    if run_facets.keys().isdisjoint(_TELL_OF_BACKFILL):
        return False
    if BACKFILL in run_facets and not is_deleted(run_facets[BACKFILL]):
        return True
    tags = read_tags(run_facets["tags"]) if _speaks_of_backfill(run_facets, "tags") else ()
    if any(tag.name.lower() in _BACKFILL_TAGS and _is_yes(tag.value) for tag in tags):
        return True
    return any(
        _is_airflow_backfill(members_of(run_facets[name]).get("dagRun"))
        for name in AIRFLOW_RUNS
        if _speaks_of_backfill(run_facets, name)
    )


class Timetable(NamedTuple):
    """When a job runs, as its scheduler says: a cron expression in a time zone."""

    expression: str
    timezone: str


def timetable_of(run_facets: Mapping[str, Raw]) -> Timetable | None:
    """Read from Airflow's facets when the DAG around a run is scheduled, if it is by cron."""
    for name in AIRFLOW_RUNS:
        dag = members_of(run_facets[name]).get("dag") if name in run_facets else None
        table = dag.get("timetable") if isinstance(dag, dict) else None
        if isinstance(table, dict) and (expression := text_of(table.get("expression"))):
            return Timetable(expression, text_of(table.get("timezone")) or "UTC")
    return None


def _speaks_of_backfill(run_facets: Mapping[str, Raw], name: str) -> bool:
    """Whether a facet could say so: Airflow's are large, and say nothing of it in most runs."""
    return name in run_facets and b"backfill" in bytes(run_facets[name])


def _is_yes(value: str | None) -> bool:
    return (value or "").lower() not in ("false", "no", "0")


def _is_airflow_backfill(dag_run: object) -> bool:
    if not isinstance(dag_run, dict):
        return False
    kind, key = (text_of(dag_run.get(name)) or "" for name in ("run_type", "run_id"))
    return kind.startswith("backfill") or key.startswith("backfill__")


_DELETED: Final = "_deleted"
_SESSION_CATALOG: Final = "default_catalog.default_database."


def is_deleted(raw: Raw) -> bool:
    """Whether the facet is a tombstone: its producer takes back what it said before."""
    return _DELETED.encode() in bytes(raw) and members_of(raw).get(_DELETED) is True


def read_schema(raw: Raw) -> tuple[SchemaField, ...]:
    """Read a dataset's ``schema`` (1-2-0)."""
    fields = {field.name: field for field in _fields(members_of(raw), "")}
    return tuple(fields.values())


def _fields(holder: dict[str, Any], prefix: str) -> Iterator[SchemaField]:
    for item in _in_place(items_of(holder, "fields")):
        name = prefix + (text_of(item.get("name")) or "")
        if name == prefix or not usable_name(name):
            continue
        yield SchemaField(name, text_of(item.get("type")), text_of(item.get("description")))
        yield from _fields(item, f"{name}.")


def _in_place(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return fields by the places that they are said to have, if all of them say one."""
    places = [count_of(item.get("ordinal_position")) for item in items]
    if None in places:
        return items
    return [items[i] for i in sorted(range(len(items)), key=lambda i: (places[i] or 0, i))]


def read_owners(raw: Raw) -> tuple[Owner, ...]:
    """Read ``ownership`` (1-0-1) of a job or dataset."""
    owners = (
        Owner(name, label_of(item.get("type")) or "")
        for item in items_of(members_of(raw), "owners")
        if (name := label_of(item.get("name")))
    )
    return tuple(dict.fromkeys(owners))


def read_tags(raw: Raw) -> tuple[Tag, ...]:
    """Read ``tags`` (1-0-0) of a job or dataset; the last one of a name counts."""
    found = {}
    for item in items_of(members_of(raw), "tags"):
        name, field = label_of(item.get("key")), label_of(item.get("field")) or ""
        if name:
            value, source = text_of(item.get("value")), text_of(item.get("source"))
            found[field, name] = Tag(field, name, value, source)
    return tuple(found.values())


def read_symlinks(raw: Raw) -> tuple[Symlink, ...]:
    """Read a dataset's ``symlinks`` (1-0-1)."""
    found = {}
    for item in items_of(members_of(raw), "identifiers"):
        dataset = dataset_of(item)
        if dataset is not None and all(map(label_of, dataset)):
            found[dataset] = Symlink(dataset, text_of(item.get("type")))
    return tuple(found.values())


def is_of_session(name: str) -> bool:
    """Whether a table is in the catalog that each of Flink's sessions has in memory of its own.

    The next session may give its name to another topic, so it says nothing of what is one thing.
    """
    return name.startswith(_SESSION_CATALOG)


def read_stable_name(raw: Raw) -> str | None:
    """Read ``dbt_node`` of a job: the unique id that dbt gives its node, in whichever mode."""
    return label_of(members_of(raw).get("unique_id"))


def read_dbt_target(raw: Raw) -> tuple[str, str] | None:
    """Read from ``dbt_node`` of a job which database and schema the node is built in."""
    facet = members_of(raw)
    database, schema = (text_of(facet.get(part)) for part in ("database", "schema"))
    return ((database or "").lower(), schema.lower()) if schema else None


def is_own_name(name: str, job_type: str | None) -> bool:
    """Whether a stable name is a job's own: one that tests something may have that one's name."""
    return (job_type or "").upper() not in TEST_JOBS or name.startswith(("test.", "unit_test."))


def read_assertions(raw: Raw) -> tuple[Assertion, ...]:
    """Read one of ``ASSERTIONS`` (1-1-0) of an input or of a dataset."""
    facet = members_of(raw)
    if facet.get(_DELETED) is True:
        return ()
    return tuple(
        [
            Assertion(
                text_of(item.get("assertion")) or text_of(item.get("expectationType")) or "",
                text_of(item.get("column")),
                item["success"],
                text_of(item.get("severity")),
                text_of(item.get("name")),
                text_of(item.get("expected")),
                text_of(item.get("actual")),
            )
            for item in items_of(facet, "assertions")
            if isinstance(item.get("success"), bool)
        ]
    )


def count_unevaluated(raw: Raw) -> int:
    """Count in one of ``ASSERTIONS`` or in ``test`` the checks that came to no outcome."""
    facet = members_of(raw)
    assertions = (item.get("success") for item in items_of(facet, "assertions"))
    tests = (_status(item) for item in items_of(facet, "tests"))
    return sum(not isinstance(each, bool) for each in assertions) + sum(
        each not in ("pass", "fail") for each in tests
    )


def read_tests(raw: Raw) -> tuple[Assertion, ...]:
    """Read a run's ``test`` (1-0-1); a skipped test has no outcome."""
    return tuple(
        Assertion(
            text_of(item.get("type")) or text_of(item.get("name")) or "",
            None,
            _status(item) == "pass",
            text_of(item.get("severity")),
            text_of(item.get("name")),
            text_of(item.get("expected")),
            text_of(item.get("actual")),
        )
        for item in items_of(members_of(raw), "tests")
        if _status(item) in ("pass", "fail")
    )


class _Statistics(Struct, rename="camel", gc=False):
    """What is read of a facet of measures; the rest is passed over, for it comes with every run."""

    is_deleted: Any = field(default=None, name=_DELETED)
    row_count: Any = None
    size: Any = None
    bytes: Any = None
    file_count: Any = None
    last_updated: Any = None
    column_metrics: Any = None


_statistics_decoder: Final = Decoder(_Statistics)
_NO_STATISTICS: Final = _Statistics()


def _statistics(raw: Raw) -> _Statistics:
    try:
        found = _statistics_decoder.decode(raw)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return _NO_STATISTICS
    return _NO_STATISTICS if found.is_deleted is True else found


def _status(item: dict[str, Any]) -> str:
    return word_of(item.get("status")).lower()


def read_statistics(raw: Raw) -> Measures | None:
    """Read ``inputStatistics`` (1-0-0) or ``outputStatistics`` (1-0-2)."""
    facet = _statistics(raw)
    rows, size, files = map(count_of, (facet.row_count, facet.size, facet.file_count))
    return None if rows is size is files is None else Measures(rows, size, files)


def read_quality_metrics(raw: Raw) -> Measures | None:
    """Read ``dataQualityMetrics`` (1-0-3); ``null_ratio`` is over all fields that count nulls."""
    facet = _statistics(raw)
    rows, columns = count_of(facet.row_count), facet.column_metrics
    metrics = columns.values() if isinstance(columns, dict) else ()
    counts = [count_of(each.get("nullCount")) for each in metrics if isinstance(each, dict)]
    nulls = [count for count in counts if count is not None]
    ratio = sum(nulls) / (rows * len(nulls)) if rows and nulls else None
    files, updated_at = count_of(facet.file_count), instant_of(facet.last_updated)
    measures = Measures(rows, count_of(facet.bytes), files, updated_at, ratio)
    return None if measures == (None,) * 5 else measures


def read_null_shares(raw: Raw, *, of_rows: int = 1) -> dict[str, float]:
    """Read from ``dataQualityMetrics`` which share of each field's values is null.

    Of fewer rows than ``of_rows`` nothing is said.
    """
    facet = members_of(raw)
    rows, columns = count_of(facet.get("rowCount")), facet.get("columnMetrics")
    if rows is None or rows < of_rows or not isinstance(columns, dict):
        return {}
    counts = (
        (name, count_of(each.get("nullCount")))
        for name, each in columns.items()
        if isinstance(each, dict)
    )
    return {name: count / rows for name, count in counts if count is not None}


def read_version(raw: Raw) -> str | None:
    """Read a dataset's ``version`` (1-0-1)."""
    return text_of(members_of(raw).get("datasetVersion"))


def first_of(names: tuple[str, ...], facets: Mapping[str, Raw]) -> Raw | None:
    """Return the facet of the first of these names that is there."""
    return next((facets[name] for name in names if name in facets), None)


def read_parent(raw: Raw) -> ParentRun | None:
    """Read a run's ``parent`` (1-2-0)."""
    facet = members_of(raw)
    parent, root = run_of(facet), facet.get("root")
    if parent is None:
        return None
    return ParentRun(parent, run_of(root) if isinstance(root, dict) else None)


class _Holder(Struct):
    facets: Raw = ABSENT


class _Elder(Struct):
    run: _Holder | None = None
    job: _Holder | None = None
    root: Raw = ABSENT


_elder_decoder: Final = Decoder(_Elder)


def read_forwarded(raw: Raw) -> tuple[Forwarded, ...]:
    """Read the facets that a run's ``parent`` (1-2-0) forwards, of its parent and of the root.

    They are as large together as one facet may be, and a ``parent`` among them is not followed.
    """
    family = read_parent(raw) if len(raw) <= MAX_FACET_BYTES else None
    if family is None:
        return ()
    try:
        elder = _elder_decoder.decode(raw)
        root = _elder_decoder.decode(elder.root) if family.root else None
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    found = (
        Forwarded(
            name, said.run.facets if said.run else ABSENT, said.job.facets if said.job else ABSENT
        )
        for name, said in ((family.parent, elder), (family.root, root))
        if name is not None and said is not None
    )
    return tuple(each for each in found if each[1:] != (ABSENT, ABSENT))


def forwarded_in(run_facets: Mapping[str, Raw]) -> tuple[Forwarded, ...]:
    """Return the facets that a run's facets forward."""
    parent = first_of(PARENTS, run_facets)
    return () if parent is None else read_forwarded(parent)


def read_nominal_time(raw: Raw) -> NominalTime | None:
    """Read a run's ``nominalTime`` (1-0-1)."""
    facet = members_of(raw)
    start, end = instant_of(facet.get("nominalStartTime")), instant_of(facet.get("nominalEndTime"))
    return None if start is None and end is None else NominalTime(start, end)


def read_error_message(raw: Raw) -> ErrorMessage | None:
    """Read a run's ``errorMessage`` (1-0-1); an exception without a message is told by its name."""
    facet = members_of(raw)
    trace = text_of(facet.get("stackTrace"))
    message = text_of(facet.get("message")) or exception_in(trace or "")
    if message is None:
        return None
    return ErrorMessage(message, text_of(facet.get("programmingLanguage")), trace)


def read_job_type(raw: Raw) -> JobType | None:
    """Read a job's ``jobType`` (2-0-4)."""
    facet = members_of(raw)
    names = ("processingType", "integration", "jobType")
    found = JobType(*(text_of(facet.get(name)) for name in names))
    return None if found == (None,) * 3 else found


def read_is_whole(raw: Raw) -> bool:
    """Read of a job's ``hub_declaration`` whether what is declared is all that there is."""
    return members_of(raw).get("whole") is True


def read_failure(raw: Raw) -> Failure | None:
    """Read a run's ``hub_failure``."""
    facet = members_of(raw)
    exceptions = tuple(
        RaisedException(
            text_of(item.get("type")) or "",
            text_of(item.get("message")) or "",
            text_of(item.get("code")),
            text_of(item.get("sqlstate")),
            count_of(item.get("errno")),
        )
        for item in items_of(facet, "exceptions")
    )
    retryable = facet.get("retryable")
    known = retryable if isinstance(retryable, bool) else None
    names = ("origin", "source", "failure_class")
    said = (text_of(facet.get(name)) for name in names)
    return Failure(exceptions, known, *said) if facet else None


def read_step_measures(raw: Raw) -> StepMeasures | None:
    """Read ``hub_measures`` of an input or output."""
    facet = members_of(raw)
    if not facet:
        return None
    return StepMeasures(
        count_of(facet.get("rows_in")),
        count_of(facet.get("rows_out")),
        count_of(facet.get("rows_refused")),
        count_of(facet.get("bytes")),
        amount_of(facet.get("seconds")),
        instant_of(facet.get("newest_event_time")),
        amount_of(facet.get("lateness_seconds")),
    )


def read_step(raw: Raw) -> Step | None:
    """Read a run's ``hub_step``."""
    facet = members_of(raw)
    product, step = text_of(facet.get("product")), text_of(facet.get("step"))
    if product is None or step is None:
        return None
    return Step(product, step, text_of(facet.get("plugin")), text_of(facet.get("version")))
