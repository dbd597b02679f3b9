"""The facets that the hub shows and does not otherwise act on, read as leniently as the others.

Each reader takes a facet's raw JSON and returns a value, or an empty one (None, no items) where
nothing of use is in it.

Source: OpenLineage's spec/facets, at the versions named with each reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import Raw, json

from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.events import usable_name
from hub.domain.openlineage.lenient import (
    amount_of,
    count_of,
    dataset_of,
    items_of,
    job_of,
    members_of,
    text_of,
)
from hub.domain.scrub import MASKED, is_secret_name

# Conditions are nested by their producers; what is deeper than this is cut.
_MAX_CONDITION_DEPTH: Final = 20
# What a dataset's lifecycle says when it is gone.
DROP: Final = "DROP"
_OPERATORS: Final = {
    "AND": "and",
    "OR": "or",
    "EQUAL": "=",
    "GREATER_THAN": ">",
    "GREATER_EQUAL_THAN": ">=",
    "LESS_THAN": "<",
    "LESS_EQUAL_THAN": "<=",
}


class Documentation(NamedTuple):
    """What a dataset or job is, in words; ``content_type`` is a MIME type where it was said."""

    description: str
    content_type: str | None


class DatasetType(NamedTuple):
    """What sort of dataset it is, such as TABLE, VIEW, TOPIC, FILE."""

    type: str
    subtype: str | None


class DataSource(NamedTuple):
    """Where a dataset comes from."""

    name: str | None
    uri: str | None


class Catalog(NamedTuple):
    """The catalog that a dataset is registered in."""

    name: str | None
    type: str | None
    framework: str | None
    source: str | None
    metadata_uri: str | None
    warehouse_uri: str | None
    properties: tuple[tuple[str, str], ...]


class Storage(NamedTuple):
    """How a dataset is stored, such as iceberg, parquet."""

    layer: str | None
    file_format: str | None


class Lifecycle(NamedTuple):
    """What happened to a dataset, such as CREATE, RENAME; ``previous`` is its name before."""

    change: str
    previous: DatasetName | None


class Level(NamedTuple):
    """A level above a dataset, such as DATABASE, SCHEMA."""

    type: str | None
    name: str


class Subset(NamedTuple):
    """The part of a dataset that a run read or wrote; ``condition`` is in words."""

    type: str
    condition: str


class FieldMetrics(NamedTuple):
    """What was measured of a dataset's field; ``quantiles`` are by their names, such as 0.5."""

    field: str
    nulls: int | None
    distinct: int | None
    values: float | None
    total: float | None
    least: float | None
    greatest: float | None
    quantiles: tuple[tuple[str, float], ...]


class Emission(NamedTuple):
    """When a job's events come, and whether each tells all: EVENT_BASED, PERIODIC and others.

    ``content_mode`` is ACCUMULATIVE or COMPLETE_SNAPSHOT; ``window_seconds`` is of periodic ones.
    """

    trigger: str | None
    content_mode: str | None
    window_seconds: int | None


class Sql(NamedTuple):
    """The statement that a job runs."""

    query: str
    dialect: str | None


class SourceCode(NamedTuple):
    """The code that a job runs."""

    language: str | None
    code: str


class SourceCodeLocation(NamedTuple):
    """Where a job's code is kept."""

    type: str | None
    url: str | None
    repository: str | None
    path: str | None
    version: str | None
    tag: str | None
    branch: str | None
    pull_request: str | None


class ProcessingEngine(NamedTuple):
    """What executed a run."""

    name: str | None
    version: str | None
    adapter_version: str | None


class ExternalQuery(NamedTuple):
    """What an engine calls a run's query."""

    id: str
    source: str | None


class Variable(NamedTuple):
    """A variable or parameter that a run was given; a secret's value is masked."""

    name: str
    value: str | None
    description: str | None = None


class ExtractionError(NamedTuple):
    """Why a producer could not tell everything: its own failure, not the run's."""

    message: str
    task: str | None
    task_number: int | None
    stack_trace: str | None


class ExtractionErrors(NamedTuple):
    """Of how many tasks a producer could not tell everything, and why."""

    total_tasks: int | None
    failed_tasks: int | None
    errors: tuple[ExtractionError, ...]


class RunTest(NamedTuple):
    """A test that a run made, and how it went: pass, fail or skip; ``params`` is JSON."""

    name: str
    status: str
    severity: str | None
    type: str | None
    description: str | None
    expected: str | None
    actual: str | None
    content: str | None
    content_type: str | None
    params: Raw | None = None


class JobDependency(NamedTuple):
    """A job that a run waits for, or that waits for it."""

    job: JobName
    run_id: str | None
    type: str | None
    sequence_rule: str | None
    status_rule: str | None


class JobDependencies(NamedTuple):
    """What a run waits for, what waits for it, and by which rule it is started."""

    upstream: tuple[JobDependency, ...]
    downstream: tuple[JobDependency, ...]
    trigger_rule: str | None


def producer_of(raw: Raw) -> str | None:
    """Return which software wrote a facet, as the facet says itself."""
    return text_of(members_of(raw).get("_producer"))


def read_documentation(raw: Raw) -> Documentation | None:
    """Read ``documentation`` (1-1-0) of a dataset or job."""
    facet = members_of(raw)
    description = text_of(facet.get("description"))
    return Documentation(description, text_of(facet.get("contentType"))) if description else None


def read_dataset_type(raw: Raw) -> DatasetType | None:
    """Read a dataset's ``datasetType`` (1-0-1)."""
    facet = members_of(raw)
    kind = text_of(facet.get("datasetType"))
    return DatasetType(kind, text_of(facet.get("subType"))) if kind else None


def read_data_source(raw: Raw) -> DataSource | None:
    """Read a dataset's ``dataSource`` (1-0-1)."""
    found = DataSource(*_texts(members_of(raw), "name", "uri"))
    return found if any(found) else None


def read_catalog(raw: Raw) -> Catalog | None:
    """Read a dataset's ``catalog`` (1-1-0)."""
    facet = members_of(raw)
    said = _texts(facet, "name", "type", "framework", "source", "metadataUri", "warehouseUri")
    found = Catalog._make((*said, _pairs(facet.get("catalogProperties"))))
    return found if any(found) else None


def read_storage(raw: Raw) -> Storage | None:
    """Read a dataset's ``storage`` (1-0-1)."""
    found = Storage(*_texts(members_of(raw), "storageLayer", "fileFormat"))
    return found if any(found) else None


def brings_data(change: str | None) -> bool:
    """Whether a run that so changes a dataset may have written to it; None where it does not."""
    return change != DROP


def read_lifecycle(raw: Raw) -> Lifecycle | None:
    """Read a dataset's ``lifecycleStateChange`` (1-0-1)."""
    facet = members_of(raw)
    change, previous = text_of(facet.get("lifecycleStateChange")), facet.get("previousIdentifier")
    if change is None:
        return None
    return Lifecycle(change, dataset_of(previous) if isinstance(previous, dict) else None)


def read_hierarchy(raw: Raw) -> tuple[Level, ...]:
    """Read a dataset's ``hierarchy`` (1-0-0), from the highest level to the lowest."""
    return tuple(
        Level(text_of(item.get("type")), name)
        for item in items_of(members_of(raw), "hierarchy")
        if (name := text_of(item.get("name")))
    )


def read_subset(raw: Raw) -> Subset | None:
    """Read ``subset`` (1-0-0) of an input or output."""
    facet = members_of(raw)
    condition = facet.get("inputCondition", facet.get("outputCondition"))
    kind = text_of(condition.get("type")) if isinstance(condition, dict) else None
    return Subset(kind, _in_words(condition, 0)) if kind else None


def read_field_metrics(raw: Raw) -> tuple[FieldMetrics, ...]:
    """Read the fields of ``dataQualityMetrics`` (1-0-3 of an input, 1-0-0 of a dataset)."""
    columns = members_of(raw).get("columnMetrics")
    return tuple(
        FieldMetrics(
            field,
            count_of(item.get("nullCount")),
            count_of(item.get("distinctCount")),
            amount_of(item.get("count")),
            amount_of(item.get("sum")),
            amount_of(item.get("min")),
            amount_of(item.get("max")),
            _amounts(item.get("quantiles")),
        )
        for field, item in (columns.items() if isinstance(columns, dict) else ())
        if isinstance(item, dict) and usable_name(field)
    )


def read_emission(raw: Raw) -> Emission | None:
    """Read the ``emissionPattern`` of a job's ``jobType`` (2-0-4)."""
    said = members_of(raw).get("emissionPattern")
    if not isinstance(said, dict):
        return None
    trigger, mode = _texts(said, "eventTrigger", "eventContentMode")
    found = Emission(trigger, mode, count_of(said.get("windowDuration")))
    return None if found == (None,) * 3 else found


def read_sql(raw: Raw) -> Sql | None:
    """Read a job's ``sql`` (1-1-0)."""
    facet = members_of(raw)
    query = text_of(facet.get("query"))
    return Sql(query, text_of(facet.get("dialect"))) if query else None


def read_source_code(raw: Raw) -> SourceCode | None:
    """Read a job's ``sourceCode`` (1-0-1)."""
    facet = members_of(raw)
    code = text_of(facet.get("sourceCode"))
    return SourceCode(text_of(facet.get("language")), code) if code else None


def read_source_code_location(raw: Raw) -> SourceCodeLocation | None:
    """Read a job's ``sourceCodeLocation`` (1-1-0)."""
    where = ("type", "url", "repoUrl", "path", "version", "tag", "branch", "pullRequestNumber")
    found = SourceCodeLocation(*_texts(members_of(raw), *where))
    return found if any(found) else None


def read_processing_engine(raw: Raw) -> ProcessingEngine | None:
    """Read a run's ``processing_engine`` (1-1-1)."""
    said = _texts(members_of(raw), "name", "version", "openlineageAdapterVersion")
    found = ProcessingEngine(*said)
    return found if any(found) else None


def read_external_query(raw: Raw) -> ExternalQuery | None:
    """Read a run's ``externalQuery`` (1-0-2)."""
    facet = members_of(raw)
    query = text_of(facet.get("externalQueryId"))
    return ExternalQuery(query, text_of(facet.get("source"))) if query else None


def read_environment_variables(raw: Raw) -> tuple[Variable, ...]:
    """Read a run's ``environmentVariables`` (1-0-0)."""
    return tuple(
        Variable(name, _masked(text_of(item.get("value")), name))
        for item in items_of(members_of(raw), "environmentVariables")
        if (name := text_of(item.get("name")))
    )


def read_execution_parameters(raw: Raw) -> tuple[Variable, ...]:
    """Read a run's ``executionParameters`` (1-0-0)."""
    found = []
    for item in items_of(members_of(raw), "parameters"):
        key, name, description, value = _texts(item, "key", "name", "description", "value")
        if key or name:
            masked = _masked(value, f"{key} {name}")
            found.append(Variable(key or name or "", masked, description or name))
    return tuple(found)


def read_extraction_errors(raw: Raw) -> ExtractionErrors | None:
    """Read a run's ``extractionError`` (1-1-2)."""
    facet = members_of(raw)
    errors = tuple(
        ExtractionError(
            message,
            text_of(item.get("task")),
            count_of(item.get("taskNumber")),
            text_of(item.get("stackTrace")),
        )
        for item in items_of(facet, "errors")
        if (message := text_of(item.get("errorMessage")))
    )
    total, failed = count_of(facet.get("totalTasks")), count_of(facet.get("failedTasks"))
    found = ExtractionErrors(total, failed, errors)
    return None if found == (None, None, ()) else found


def read_run_tests(raw: Raw) -> tuple[RunTest, ...]:
    """Read a run's ``test`` (1-0-1), with the tests that were skipped."""
    more = ("severity", "type", "description", "expected", "actual", "content", "contentType")
    return tuple(
        RunTest._make((name, status.lower(), *_texts(item, *more), _params(item)))
        for item in items_of(members_of(raw), "tests")
        if (name := text_of(item.get("name"))) and (status := text_of(item.get("status")))
    )


def read_job_dependencies(raw: Raw) -> JobDependencies | None:
    """Read a run's ``jobDependencies`` (1-0-1)."""
    facet = members_of(raw)
    upstream, downstream = _dependencies(facet, "upstream"), _dependencies(facet, "downstream")
    found = JobDependencies(upstream, downstream, text_of(facet.get("trigger_rule")))
    return found if any(found) else None


def _dependencies(facet: dict[str, Any], side: str) -> tuple[JobDependency, ...]:
    rules = ("dependency_type", "sequence_trigger_rule", "status_trigger_rule")
    found = []
    for item in items_of(facet, side):
        job, run = job_of(item), item.get("run")
        if job is not None:
            run_id = text_of(run.get("runId")) if isinstance(run, dict) else None
            found.append(JobDependency(job, run_id, *_texts(item, *rules)))
    return tuple(found)


def _texts(holder: dict[str, Any], *names: str) -> list[Any]:
    """Return some members as texts, in order; None for those that are none."""
    return [text_of(holder.get(name)) for name in names]


def _params(item: Mapping[str, Any]) -> Raw | None:
    params = item.get("params")
    return Raw(json.encode(params)) if isinstance(params, dict) and params else None


def _amounts(value: object) -> tuple[tuple[str, float], ...]:
    named = value.items() if isinstance(value, dict) else ()
    amounts = ((name, amount_of(each)) for name, each in named)
    return tuple((name, amount) for name, amount in amounts if amount is not None)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = ((name, _masked(text_of(each), name)) for name, each in value.items())
    return tuple((name, text) for name, text in pairs if text is not None)


def _masked(value: str | None, name: str) -> str | None:
    # What was journalled before a rule was added is masked too.
    return MASKED if value is not None and is_secret_name(name) else value


def _in_words(condition: object, depth: int) -> str:
    if not isinstance(condition, dict) or depth > _MAX_CONDITION_DEPTH:
        return "…"
    if "left" not in condition or "right" not in condition:
        return _term(condition) or "…"
    operator = text_of(condition.get("comparison")) or text_of(condition.get("operator")) or "…"
    operator = _OPERATORS.get(operator, operator)
    left, right = (_in_words(condition[side], depth + 1) for side in ("left", "right"))
    return f"{left} {operator} {right}" if depth == 0 else f"({left} {operator} {right})"


def _term(condition: dict[str, Any]) -> str | None:
    """Return what a condition without operands says."""
    match condition.get("type"):
        case "location":
            places = condition.get("locations")
            return ", ".join(filter(None, map(text_of, places if isinstance(places, list) else ())))
        case "partition":
            return " or ".join(map(_partition, items_of(condition, "partitions")))
        case "field":
            return text_of(condition.get("field"))
        case "literal":
            return f"'{text_of(condition.get('value')) or ''}'"
    return None


def _partition(item: dict[str, Any]) -> str:
    dimensions = item.get("dimensions")
    named = dimensions.items() if isinstance(dimensions, dict) else ()
    pairs = [f"{name}={text_of(value) or ''}" for name, value in named]
    return "/".join(pairs) or text_of(item.get("identifier")) or "…"
