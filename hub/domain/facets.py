"""The facets that the hub interprets, read as leniently as the events that carry them.

Each reader takes a facet's raw JSON and returns a value, or an empty one (None, no items) where
nothing of use is in it; what is malformed inside a list is left out, the rest counts. Facets are
known by their key and by what they are attached to; ``_schemaURL`` is not consulted, because
producers send old ones and wrong ones.

Source: OpenLineage's spec/facets, at the versions named with each reader; the ``hub_`` facets are
our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from msgspec import MsgspecError, Raw, json

from hub.domain.events import parse_time, usable_name
from hub.domain.names import DatasetName, FieldName, JobName, RunName

# Two of these fit into one key of an index.
_MAX_LABEL_BYTES: Final = 1_200
_MAX_WORD: Final = 100
_INT64: Final = range(1 << 63)
# What a dataset-wide dependency (a filter, a join key) has in place of a target field.
WHOLE_DATASET: Final = ""


class SchemaField(NamedTuple):
    """A field of a dataset; nested ones are named ``outer.inner``."""

    name: str
    type: str | None
    description: str | None


class ColumnDependency(NamedTuple):
    """A field of the facet's dataset (or ``WHOLE_DATASET``) is made out of another field.

    ``kind`` is DIRECT, INDIRECT or empty, ``subtype`` for example IDENTITY or FILTER.
    """

    source: FieldName
    target: str
    kind: str
    subtype: str
    masking: bool


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
    contract, gate or code.
    """

    exceptions: tuple[RaisedException, ...]
    retryable: bool | None
    origin: str | None
    source: str | None


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


def is_deleted(raw: Raw) -> bool:
    """Whether the facet is a tombstone: its producer takes back what it said before."""
    return b"_deleted" in bytes(raw) and _object(raw).get("_deleted") is True


def read_schema(raw: Raw) -> tuple[SchemaField, ...]:
    """Read a dataset's ``schema`` (1-2-0)."""
    fields = {field.name: field for field in _fields(_object(raw), "")}
    return tuple(fields.values())


def _fields(holder: dict[str, Any], prefix: str) -> Iterator[SchemaField]:
    for item in _items(holder, "fields"):
        name = prefix + (_text(item.get("name")) or "")
        if name == prefix or not usable_name(name):
            continue
        yield SchemaField(name, _text(item.get("type")), _text(item.get("description")))
        yield from _fields(item, f"{name}.")


def read_column_lineage(raw: Raw) -> tuple[ColumnDependency, ...]:
    """Read a dataset's ``columnLineage`` (1-2-0, and the deprecated form of 1-0-1)."""
    facet = _object(raw)
    found: dict[ColumnDependency, None] = {}
    fields = facet.get("fields")
    for target, holder in fields.items() if isinstance(fields, dict) else ():
        if isinstance(holder, dict) and usable_name(target):
            default = _deprecated_transformation(_text(holder.get("transformationType")))
            for item in _items(holder, "inputFields"):
                found.update(dict.fromkeys(_dependencies(item, target, default)))
    for item in _items(facet, "dataset"):
        found.update(dict.fromkeys(_dependencies(item, WHOLE_DATASET, ("", "", False))))
    return tuple(found)


def _dependencies(
    item: dict[str, Any], target: str, default: tuple[str, str, bool]
) -> Iterator[ColumnDependency]:
    dataset, field = _dataset(item), _text(item.get("field"))
    if dataset is None or field is None or not usable_name(field):
        return
    source = FieldName(dataset, field)
    transformations = _items(item, "transformations")
    for each in transformations:
        kind, subtype = _word(each.get("type")), _word(each.get("subtype"))
        yield ColumnDependency(source, target, kind, subtype, each.get("masking") is True)
    if not transformations:
        yield ColumnDependency(source, target, *default)


def _deprecated_transformation(text: str | None) -> tuple[str, str, bool]:
    if text in ("IDENTITY", "MASKED"):
        return "DIRECT", "IDENTITY" if text == "IDENTITY" else "", text == "MASKED"
    return "", "", False


def read_owners(raw: Raw) -> tuple[Owner, ...]:
    """Read ``ownership`` (1-0-1) of a job or dataset."""
    owners = (
        Owner(name, _label(item.get("type")) or "")
        for item in _items(_object(raw), "owners")
        if (name := _label(item.get("name")))
    )
    return tuple(dict.fromkeys(owners))


def read_tags(raw: Raw) -> tuple[Tag, ...]:
    """Read ``tags`` (1-0-0) of a job or dataset; the last one of a name counts."""
    found = {}
    for item in _items(_object(raw), "tags"):
        name, field = _label(item.get("key")), _label(item.get("field")) or ""
        if name:
            value, source = _text(item.get("value")), _text(item.get("source"))
            found[field, name] = Tag(field, name, value, source)
    return tuple(found.values())


def read_symlinks(raw: Raw) -> tuple[Symlink, ...]:
    """Read a dataset's ``symlinks`` (1-0-1)."""
    found = {}
    for item in _items(_object(raw), "identifiers"):
        namespace, name = _label(item.get("namespace")), _label(item.get("name"))
        if namespace and name:
            dataset = DatasetName(namespace, name)
            found[dataset] = Symlink(dataset, _text(item.get("type")))
    return tuple(found.values())


def read_assertions(raw: Raw) -> tuple[Assertion, ...]:
    """Read ``dataQualityAssertions`` (1-1-0) of an input or of a dataset."""
    return tuple(
        Assertion(
            _text(item.get("assertion")) or "",
            _text(item.get("column")),
            item["success"],
            _text(item.get("severity")),
            _text(item.get("name")),
            _text(item.get("expected")),
            _text(item.get("actual")),
        )
        for item in _items(_object(raw), "assertions")
        if isinstance(item.get("success"), bool)
    )


def read_tests(raw: Raw) -> tuple[Assertion, ...]:
    """Read a run's ``test`` (1-0-1); a skipped test has no outcome."""
    return tuple(
        Assertion(
            _text(item.get("type")) or _text(item.get("name")) or "",
            None,
            item["status"] == "pass",
            _text(item.get("severity")),
            _text(item.get("name")),
            _text(item.get("expected")),
            _text(item.get("actual")),
        )
        for item in _items(_object(raw), "tests")
        if item.get("status") in ("pass", "fail")
    )


def read_statistics(raw: Raw) -> Measures | None:
    """Read ``inputStatistics`` (1-0-0) or ``outputStatistics`` (1-0-2)."""
    facet = _object(raw)
    rows, files = _count(facet.get("rowCount")), _count(facet.get("fileCount"))
    measures = Measures(rows, _count(facet.get("size")), files)
    return None if measures == (None,) * 5 else measures


def read_quality_metrics(raw: Raw) -> Measures | None:
    """Read ``dataQualityMetrics`` (1-0-3); ``null_ratio`` is over all fields that count nulls."""
    facet = _object(raw)
    rows, columns = _count(facet.get("rowCount")), facet.get("columnMetrics")
    metrics = columns.values() if isinstance(columns, dict) else ()
    counts = [_count(each.get("nullCount")) for each in metrics if isinstance(each, dict)]
    nulls = [count for count in counts if count is not None]
    ratio = sum(nulls) / (rows * len(nulls)) if rows and nulls else None
    files, updated_at = _count(facet.get("fileCount")), _instant(facet.get("lastUpdated"))
    measures = Measures(rows, _count(facet.get("bytes")), files, updated_at, ratio)
    return None if measures == (None,) * 5 else measures


def read_version(raw: Raw) -> str | None:
    """Read a dataset's ``version`` (1-0-1)."""
    return _text(_object(raw).get("datasetVersion"))


def read_parent(raw: Raw) -> ParentRun | None:
    """Read a run's ``parent`` (1-2-0)."""
    facet = _object(raw)
    parent, root = _run(facet), facet.get("root")
    if parent is None:
        return None
    return ParentRun(parent, _run(root) if isinstance(root, dict) else None)


def read_nominal_time(raw: Raw) -> NominalTime | None:
    """Read a run's ``nominalTime`` (1-0-1)."""
    facet = _object(raw)
    start, end = _instant(facet.get("nominalStartTime")), _instant(facet.get("nominalEndTime"))
    return None if start is None and end is None else NominalTime(start, end)


def read_error_message(raw: Raw) -> ErrorMessage | None:
    """Read a run's ``errorMessage`` (1-0-1)."""
    facet = _object(raw)
    message = _text(facet.get("message"))
    if message is None:
        return None
    language = _text(facet.get("programmingLanguage"))
    return ErrorMessage(message, language, _text(facet.get("stackTrace")))


def read_job_type(raw: Raw) -> JobType | None:
    """Read a job's ``jobType`` (2-0-4)."""
    facet = _object(raw)
    names = ("processingType", "integration", "jobType")
    found = JobType(*(_text(facet.get(name)) for name in names))
    return None if found == (None,) * 3 else found


def read_failure(raw: Raw) -> Failure | None:
    """Read a run's ``hub_failure``."""
    facet = _object(raw)
    exceptions = tuple(
        RaisedException(
            _text(item.get("type")) or "",
            _text(item.get("message")) or "",
            _text(item.get("code")),
            _text(item.get("sqlstate")),
            _count(item.get("errno")),
        )
        for item in _items(facet, "exceptions")
    )
    retryable = facet.get("retryable")
    known = retryable if isinstance(retryable, bool) else None
    origin, source = _text(facet.get("origin")), _text(facet.get("source"))
    return Failure(exceptions, known, origin, source) if facet else None


def read_step_measures(raw: Raw) -> StepMeasures | None:
    """Read ``hub_measures`` of an input or output."""
    facet = _object(raw)
    if not facet:
        return None
    return StepMeasures(
        _count(facet.get("rows_in")),
        _count(facet.get("rows_out")),
        _count(facet.get("rows_refused")),
        _count(facet.get("bytes")),
        _amount(facet.get("seconds")),
        _instant(facet.get("newest_event_time")),
        _amount(facet.get("lateness_seconds")),
    )


def read_step(raw: Raw) -> Step | None:
    """Read a run's ``hub_step``."""
    facet = _object(raw)
    product, step = _text(facet.get("product")), _text(facet.get("step"))
    if product is None or step is None:
        return None
    return Step(product, step, _text(facet.get("plugin")), _text(facet.get("version")))


def _object(raw: Raw) -> dict[str, Any]:
    try:
        value = json.decode(raw)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _items(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """Return text as databases can keep it; numbers are written out, an empty text is none."""
    if isinstance(value, str):
        return value.replace("\0", "�") or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _label(value: object) -> str | None:
    text = _text(value)
    return text if text and len(text.encode()) <= _MAX_LABEL_BYTES else None


def _word(value: object) -> str:
    text = _text(value)
    return text if text and len(text) <= _MAX_WORD else ""


def _count(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return value
    return None


def _amount(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


def _instant(value: object) -> int | None:
    when = parse_time(value) if isinstance(value, str) else None
    return when.at if when else None


def _dataset(item: dict[str, Any]) -> DatasetName | None:
    namespace, name = _text(item.get("namespace")), _text(item.get("name"))
    if namespace is None or name is None or not usable_name(namespace) or not usable_name(name):
        return None
    return DatasetName(namespace, name)


def _run(holder: dict[str, Any]) -> RunName | None:
    run, job = holder.get("run"), holder.get("job")
    if not isinstance(run, dict) or not isinstance(job, dict):
        return None
    run_id, name = _text(run.get("runId")), _dataset(job)
    if run_id is None or name is None or not usable_name(run_id):
        return None
    return RunName(JobName(*name), run_id)
