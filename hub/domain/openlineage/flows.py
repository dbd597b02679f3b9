"""What flows into what, as the facets ``columnLineage`` and ``lineage`` say it.

Both come to the same: fields that a dataset's fields are made of, and the datasets and jobs that
feed it. Read as leniently as every facet.

Source: OpenLineage's ColumnLineageDatasetFacet 1-2-0 (and the deprecated form of 1-0-1),
LineageDatasetFacet and LineageJobFacet 1-0-0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from msgspec import Raw

from hub.domain.names import DatasetName, FieldName, JobName
from hub.domain.openlineage.events import MAX_FACET_BYTES, RunEvent, facets_of, usable_name
from hub.domain.openlineage.facets import is_deleted
from hub.domain.openlineage.lenient import (
    dataset_of,
    items_of,
    members_of,
    source_of,
    text_of,
    word_of,
)

LINEAGE: Final = "lineage"
# What a dataset-wide dependency (a filter, a join key) has in place of a target field, and a
# dependency on a dataset as a whole in place of a source field.
WHOLE_DATASET: Final = ""
# Part of what a dependency is known by, and so of an index's key.
MAX_DESCRIPTION: Final = 300


# DuckDB's functions that read files or other databases. Readers of SQL take them for tables in the
# database, as dbt's does; where the file lies, the facet does not say.
_DUCKDB: Final = "duckdb"
_READING: Final = frozenset(
    {
        *("read_csv", "read_csv_auto", "sniff_csv", "read_parquet", "parquet_scan"),
        *("read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto"),
        *("read_ndjson", "read_ndjson_auto", "read_ndjson_objects", "read_text", "read_blob"),
        *("read_xlsx", "st_read", "glob", "delta_scan", "iceberg_scan", "arrow_scan"),
        *("postgres_scan", "postgres_query", "mysql_scan", "mysql_query", "sqlite_scan"),
    }
)


class ColumnDependency(NamedTuple):
    """A field of the facet's dataset (or ``WHOLE_DATASET``) is made out of another field.

    ``kind`` is DIRECT, INDIRECT or empty, ``subtype`` for example IDENTITY or FILTER;
    ``description`` may be cut.
    """

    source: FieldName
    target: str
    kind: str
    subtype: str
    masking: bool
    description: str = ""


class Origins(NamedTuple):
    """What feeds one dataset or job.

    ``jobs`` are others than the event's own; ``is_own``: that one feeds it too.
    """

    datasets: tuple[DatasetName, ...] = ()
    jobs: tuple[JobName, ...] = ()
    is_own: bool = False
    columns: tuple[ColumnDependency, ...] = ()


class JobLineage(NamedTuple):
    """What feeds datasets and jobs, as a job's facet says; None stands for the event's own job."""

    datasets: tuple[tuple[DatasetName, Origins], ...]
    jobs: tuple[tuple[JobName | None, Origins], ...]


class Sides(NamedTuple):
    """What a job reads and what it writes."""

    inputs: list[DatasetName]
    outputs: list[DatasetName]


class Flows(NamedTuple):
    """What facets ``lineage`` come to, by jobs: the event's own and others.

    ``columns`` are of what the own job writes, as far as its job facet says them; ``between`` are
    jobs that others feed without any dataset that is named, each with the one that feeds it.
    """

    own: Sides
    others: dict[JobName, Sides]
    columns: list[tuple[DatasetName, tuple[ColumnDependency, ...]]]
    between: list[tuple[JobName, JobName]]


class _How(NamedTuple):
    """In what way something is made out of something else."""

    kind: str
    subtype: str
    masking: bool
    description: str


_UNSAID: Final = _How("", "", masking=False, description="")


def read_column_lineage(raw: Raw) -> tuple[ColumnDependency, ...]:
    """Read a dataset's ``columnLineage``."""
    facet = members_of(raw)
    found: dict[ColumnDependency, None] = {}
    for target, holder in _fields(facet):
        default = _deprecated(holder)
        for item in items_of(holder, "inputFields"):
            found.update(dict.fromkeys(_dependencies(item, target, default)))
    for item in items_of(facet, "dataset"):
        found.update(dict.fromkeys(_dependencies(item, WHOLE_DATASET, _UNSAID)))
    return tuple(found)


def read_dataset_lineage(raw: Raw) -> Origins:
    """Read a dataset's ``lineage``."""
    return _origins(members_of(raw))


def read_job_lineage(raw: Raw) -> JobLineage:
    """Read a job's ``lineage``."""
    datasets: list[tuple[DatasetName, Origins]] = []
    jobs: list[tuple[JobName | None, Origins]] = []
    for entry in items_of(members_of(raw), "entries"):
        name = dataset_of(entry)
        match text_of(entry.get("type")):
            case "DATASET" if name is not None:
                datasets.append((name, _origins(entry)))
            case "JOB" if name is not None:
                jobs.append((JobName(*name), _origins(entry)))
            case "JOB" if _is_nameless(entry):
                jobs.append((None, _origins(entry)))
    return JobLineage(tuple(datasets), tuple(jobs))


def by_jobs(
    own: JobName | None, lineage: JobLineage | None, fed: Iterable[tuple[DatasetName, Origins]]
) -> Flows:
    """Put what facets say down to jobs, because data flows through jobs.

    ``own`` is the event's job; ``fed`` are datasets that it writes anyway, with what feeds them.
    """
    flows = Flows(Sides([], []), {}, [], [])
    explicit = lineage.datasets if lineage else ()
    for target, origins in (*fed, *explicit):
        flows.own.inputs.extend(origins.datasets)
        for job in origins.jobs:
            if job != own:
                _sides(flows, job).outputs.append(target)
    for target, origins in explicit:
        if origins.datasets or origins.is_own or own in origins.jobs or not origins.jobs:
            flows.own.outputs.append(target)
            flows.columns.append((target, origins.columns))
    for named, origins in lineage.jobs if lineage else ():
        sides = flows.own if named in (None, own) else _sides(flows, named)
        sides.inputs.extend(origins.datasets)
        fed_job, feeding = named or own, [*origins.jobs, *([own] if origins.is_own else [])]
        flows.between.extend(
            (fed_job, job) for job in feeding if fed_job and job and job != fed_job
        )
    return flows


def sides_of_run(event: RunEvent) -> Sides:
    """Return what the facets ``lineage`` of a run's event say that its job reads and writes."""
    said = _lineage_in(event.job_facets)
    fed = [(use.name, _lineage_in(use.facets)) for use in event.outputs]
    origins = [(name, read_dataset_lineage(raw)) for name, raw in fed if raw is not None]
    if said is None and not origins:
        return Sides([], [])
    return by_jobs(event.job, read_job_lineage(said) if said else None, origins).own


def _lineage_in(container: Raw) -> Raw | None:
    raw = facets_of(container).get(LINEAGE)
    is_read = raw is not None and len(raw) <= MAX_FACET_BYTES and not is_deleted(raw)
    return raw if is_read else None


def _sides(flows: Flows, job: JobName) -> Sides:
    return flows.others.setdefault(job, Sides([], []))


def _origins(holder: dict[str, Any]) -> Origins:
    datasets: dict[DatasetName, None] = {}
    jobs: dict[JobName, None] = {}
    columns: dict[ColumnDependency, None] = {}
    is_own = False
    for target, item in _inputs(holder):
        name = dataset_of(item)
        match text_of(item.get("type")):
            case "DATASET" if name is not None:
                datasets[name] = None
                columns.update(dict.fromkeys(_fed(item, name, target)))
            case "JOB" if name is not None:
                jobs[JobName(*name)] = None
            case "JOB" if _is_nameless(item):
                is_own = True
    return Origins(tuple(datasets), tuple(jobs), is_own, tuple(columns))


def _inputs(holder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what feeds a thing, each with the field that it feeds."""
    for item in items_of(holder, "inputs"):
        yield WHOLE_DATASET, item
    for target, entry in _fields(holder):
        for item in items_of(entry, "inputs"):
            yield target, item


def _fed(item: dict[str, Any], name: DatasetName, target: str) -> Iterable[ColumnDependency]:
    field = text_of(item.get("field"))
    if field is None and target == WHOLE_DATASET:
        return ()  # that one dataset feeds another is no matter of fields
    if field is not None and not usable_name(field):
        return ()
    source = FieldName(name, WHOLE_DATASET if field is None else field)
    return (ColumnDependency(source, target, *how) for how in _ways(item, _UNSAID))


def _fields(holder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    fields = holder.get("fields")
    for target, entry in fields.items() if isinstance(fields, dict) else ():
        if isinstance(entry, dict) and usable_name(target):
            yield target, entry


def _dependencies(item: dict[str, Any], target: str, default: _How) -> Iterator[ColumnDependency]:
    dataset, field = source_of(item), text_of(item.get("field"))
    if dataset is None or field is None or not usable_name(field) or _is_function(dataset):
        return
    for how in _ways(item, default):
        yield ColumnDependency(FieldName(dataset, field), target, *how)


def _is_function(name: DatasetName) -> bool:
    """Whether a name is none of a table: those of a database have its schema before them."""
    return name.namespace.partition(":")[0] == _DUCKDB and name.name.lower() in _READING


def _ways(item: dict[str, Any], default: _How) -> list[_How]:
    ways = [
        _How(
            word_of(each.get("type")),
            word_of(each.get("subtype")),
            each.get("masking") is True,
            _cut(each.get("description")),
        )
        for each in items_of(item, "transformations")
    ]
    return ways or [default]


def _deprecated(holder: dict[str, Any]) -> _How:
    """Return what a field says of all its inputs at once, as producers did until 1-1-0."""
    said, description = (
        holder.get("transformationType"),
        _cut(holder.get("transformationDescription")),
    )
    if said in ("IDENTITY", "MASKED"):
        subtype = "IDENTITY" if said == "IDENTITY" else ""
        return _How("DIRECT", subtype, said == "MASKED", description)
    return _UNSAID._replace(description=description)


def _cut(value: object) -> str:
    return (text_of(value) or "")[:MAX_DESCRIPTION]


def _is_nameless(item: dict[str, Any]) -> bool:
    return item.get("namespace") is None and item.get("name") is None
