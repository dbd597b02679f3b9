"""Events that say what a write through this surface says, so that it is projected as others are.

What OpenLineage has no word for is in a facet of its own, ``marquez``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeAlias

import msgspec

import hub
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.events import EventType

Shape: TypeAlias = dict[str, Any]

# The name of the facet.
OWN: Final = "marquez"
# The integration that a job says which was made through this surface.
INTEGRATION: Final = "MARQUEZ"
PRODUCER: Final = f"urn:hub:marquez:{hub.__version__}"
_SPEC: Final = "https://openlineage.io/spec"
_EVENT: Final = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs"


def dataset_facets(
    *,
    kind: str,
    physical_name: str,
    source: tuple[str, str],
    schema_location: str | None = None,
    description: str | None = None,
    fields: Collection[Shape] | None = None,
) -> Shape:
    """Return the facets of a dataset that somebody describes; ``source`` is a name and address."""
    name, uri = source
    told = {"type": kind, "physicalName": physical_name, "schemaLocation": schema_location}
    facets = {
        OWN: _facet("DatasetFacet", **told),
        "dataSource": _facet("DatasourceDatasetFacet", name=name, uri=uri),
    }
    if description is not None:
        facets["documentation"] = _facet("DocumentationDatasetFacet", description=description)
    if fields is not None:
        facets["schema"] = _facet("SchemaDatasetFacet", fields=list(fields))
    return facets


def job_facets(
    *, kind: str, location: str | None, description: str | None, query: str | None
) -> Shape:
    """Return the facets of a job that somebody describes."""
    processing = "BATCH" if kind == "BATCH" else "STREAMING"
    facets = {
        "jobType": _facet(
            "JobTypeJobFacet", processingType=processing, integration=INTEGRATION, jobType=kind
        )
    }
    if location is not None:
        facets["sourceCodeLocation"] = _facet(
            "SourceCodeLocationJobFacet", type="git", url=location
        )
    if description is not None:
        facets["documentation"] = _facet("DocumentationJobFacet", description=description)
    if query is not None:
        facets["sql"] = _facet("SQLJobFacet", query=query)
    return facets


def run_facets(*, nominal_start: str | None, nominal_end: str | None, args: Shape) -> Shape:
    """Return the facets of a run that somebody announces."""
    facets: Shape = {}
    if nominal_start is not None or nominal_end is not None:
        times = {"nominalStartTime": nominal_start, "nominalEndTime": nominal_end}
        facets["nominalTime"] = _facet("NominalTimeRunFacet", **times)
    if args:
        facets[OWN] = _facet("RunFacet", args=args)
    return facets


def dataset_event(at: int, dataset: DatasetName, facets: Shape) -> bytes:
    """Return what describes a dataset outside any run."""
    return _event("DatasetEvent", at, dataset={**dataset._asdict(), "facets": facets})


def job_event(
    at: int,
    job: JobName,
    facets: Shape,
    inputs: Collection[DatasetName],
    outputs: Collection[DatasetName],
) -> bytes:
    """Return what declares a job."""
    return _event(
        "JobEvent",
        at,
        job={**job._asdict(), "facets": facets},
        inputs=[each._asdict() for each in inputs],
        outputs=[each._asdict() for each in outputs],
    )


def run_event(
    at: int,
    run: RunName,
    kind: EventType = EventType.OTHER,
    *,
    facets: Shape | None = None,
    inputs: Collection[Shape] = (),
    outputs: Collection[Shape] = (),
) -> bytes:
    """Return what reports on a run; by default it says nothing of its state."""
    return _event(
        "RunEvent",
        at,
        eventType=kind.value,
        run={"runId": run.run_id, "facets": facets or {}},
        job=run.job._asdict(),
        inputs=list(inputs),
        outputs=list(outputs),
    )


def _event(kind: str, at: int, **members: object) -> bytes:
    event = {
        "eventTime": format_instant(at),
        "producer": PRODUCER,
        "schemaURL": f"{_EVENT}/{kind}",
        **members,
    }
    return msgspec.json.encode(event)


def _facet(kind: str, **members: object) -> Shape:
    is_base = kind in ("DatasetFacet", "RunFacet")
    url = f"{_EVENT}/{kind}" if is_base else f"{_SPEC}/facets/1-0-0/{kind}.json#/$defs/{kind}"
    kept = {name: value for name, value in members.items() if value is not None}
    return {"_producer": PRODUCER, "_schemaURL": url, **kept}
