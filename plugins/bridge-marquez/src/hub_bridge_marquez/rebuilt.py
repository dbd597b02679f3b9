"""Events made up for what Marquez knows without any.

It was made through its API, or has outlived the events. They are made of what Marquez says and
nothing else, so the same things come to the same bytes. What OpenLineage has no word for is in a
facet of the hub's own, ``marquez``, as the hub's own surface of Marquez's API writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw

from hub.domain.openlineage.events import parse_time
from hub_bridge_marquez.shapes import Dataset, DatasetVersion, Field, Job, JobVersion, Name, Run

PRODUCER: Final = "urn:hub:bridge-marquez"
_SPEC: Final = "https://openlineage.io/spec"
_EVENT: Final = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs"
_OWN: Final = "marquez"
_ENDS: Final = {"COMPLETED": "COMPLETE", "FAILED": "FAIL", "ABORTED": "ABORT"}

Shape: TypeAlias = dict[str, Any]


def dataset_events(
    namespace: str, dataset: Dataset, versions: Iterable[DatasetVersion]
) -> Iterator[bytes]:
    """Yield what describes a dataset in each of its versions, and at last as it is now."""
    told = [(each.created_at, _dataset_facets(each)) for each in versions]
    for at, facets in _in_order(told, (dataset.updated_at, _dataset_facets(dataset))):
        shape = {"namespace": namespace, "name": dataset.name, "facets": facets}
        yield _event("DatasetEvent", at, dataset=shape)


def job_events(namespace: str, job: Job, versions: Iterable[JobVersion]) -> Iterator[bytes]:
    """Yield what declares a job in each of its versions, and at last as it is now."""
    shape = {"namespace": namespace, "name": job.name, "facets": _job_facets(job)}
    told = [(each.created_at, _sides(each)) for each in versions]
    for at, sides in _in_order(told, (job.updated_at, _sides(job))):
        yield _event("JobEvent", at, job=shape, **sides)


def run_events(namespace: str, job: str, run: Run) -> Iterator[bytes]:
    """Yield a run's announcement, start and end, as far as Marquez knows them."""
    inputs = _names(each.dataset_version_id for each in run.input_dataset_versions or ())
    outputs = _names(each.dataset_version_id for each in run.output_dataset_versions or ())
    told: Shape = {"job": {"namespace": namespace, "name": job}, "inputs": inputs}
    announced = {"runId": run.id, "facets": _run_facets(run)}
    if run.started_at is not None:
        yield _event("RunEvent", run.started_at, eventType="START", run=announced, **told)
    elif run.state not in _ENDS:
        # A run that is known to be planned, or to go on since an unknown time.
        kind = "RUNNING" if run.state == "RUNNING" else "OTHER"
        yield _event("RunEvent", run.created_at, eventType=kind, run=announced, **told)
    if run.state in _ENDS:
        at = run.ended_at or run.started_at or run.created_at
        kind = _ENDS[run.state]
        yield _event("RunEvent", at, eventType=kind, run=announced, outputs=outputs, **told)


def _in_order(told: list[tuple[str, Shape]], now: tuple[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """Yield what was told, by time; and what is so now, unless it was told last."""
    ordered = sorted(told, key=lambda each: (instant_of(each[0]), msgspec.json.encode(each[1])))
    if not ordered or ordered[-1][1] != now[1]:
        ordered.append(now)
    for before, each in zip([None, *ordered], ordered, strict=False):
        if each != before:
            yield each


def instant_of(text: str) -> int:
    """Return a time that Marquez lists, in microseconds UTC."""
    when = parse_time(text)
    return 0 if when is None else when.at


def _sides(job: JobVersion) -> Shape:
    return {"inputs": _names(job.inputs), "outputs": _names(job.outputs)}


def _dataset_facets(dataset: DatasetVersion) -> Shape:
    told = {
        "type": dataset.type,
        "physicalName": dataset.physical_name,
        "schemaLocation": dataset.schema_location,
    }
    made = {_OWN: _facet("DatasetFacet", **told)}
    if dataset.source_name is not None:
        made["dataSource"] = _facet("DatasourceDatasetFacet", name=dataset.source_name)
    if dataset.description is not None:
        made["documentation"] = _facet("DocumentationDatasetFacet", description=dataset.description)
    if dataset.fields:
        fields = [_field(each) for each in dataset.fields]
        made["schema"] = _facet("SchemaDatasetFacet", fields=fields)
    return made | _said(dataset.facets)


def _field(field: Field) -> Shape:
    return _kept({"name": field.name, "type": field.type, "description": field.description})


def _job_facets(job: Job) -> Shape:
    kind = job.type or "BATCH"
    processing = "BATCH" if kind == "BATCH" else "STREAMING"
    told = {"processingType": processing, "integration": "MARQUEZ", "jobType": kind}
    made = {"jobType": _facet("JobTypeJobFacet", **told)}
    if job.location is not None:
        made["sourceCodeLocation"] = _facet(
            "SourceCodeLocationJobFacet", type="git", url=job.location
        )
    if job.description is not None:
        made["documentation"] = _facet("DocumentationJobFacet", description=job.description)
    return made | _said(job.facets)


def _run_facets(run: Run) -> Shape:
    made: Shape = {}
    if run.nominal_start_time is not None:
        times = {
            "nominalStartTime": run.nominal_start_time,
            "nominalEndTime": run.nominal_end_time,
        }
        made["nominalTime"] = _facet("NominalTimeRunFacet", **times)
    if run.args:
        made[_OWN] = _facet("RunFacet", args=run.args)
    return made | _said(run.facets)


def _said(facets: Mapping[str, Raw] | None) -> Shape:
    """Return what producers said, which goes before what is made of it; in one order."""
    return {name: raw for name, raw in sorted((facets or {}).items()) if bytes(raw) != b"null"}


def _names(names: Iterable[Name] | None) -> list[Shape]:
    found = {(each.namespace, each.name) for each in names or ()}
    return [{"namespace": namespace, "name": name} for namespace, name in sorted(found)]


def _event(kind: str, at: str, **members: object) -> bytes:
    event = {
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": f"{_EVENT}/{kind}",
        **members,
    }
    return msgspec.json.encode(event)


def _facet(kind: str, **members: object) -> Shape:
    is_base = kind in ("DatasetFacet", "RunFacet")
    url = f"{_EVENT}/{kind}" if is_base else f"{_SPEC}/facets/1-0-0/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **_kept(members)}


def _kept(members: Shape) -> Shape:
    return {name: value for name, value in members.items() if value is not None}
