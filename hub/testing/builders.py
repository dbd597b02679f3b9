"""OpenLineage events as producers send them, with as little said as a test needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName

_PRODUCER = "https://example.test/producer"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"


def run_event(
    job: JobName,
    run_id: str,
    *,
    at: int,
    event_type: str = "COMPLETE",
    inputs: Iterable[DatasetName | Mapping[str, Any]] = (),
    outputs: Iterable[DatasetName | Mapping[str, Any]] = (),
    run_facets: Mapping[str, Any] | None = None,
    job_facets: Mapping[str, Any] | None = None,
) -> bytes:
    """Return a RunEvent as JSON; ``at`` is its event time, microseconds UTC.

    A dataset is a name, or a mapping as :func:`dataset` makes it.
    """
    event = {
        "eventTime": format_instant(at),
        "eventType": event_type,
        "producer": _PRODUCER,
        "schemaURL": _SCHEMA,
        "run": {"runId": run_id, "facets": run_facets or {}},
        "job": {"namespace": job.namespace, "name": job.name, "facets": job_facets or {}},
        "inputs": [_dataset(each) for each in inputs],
        "outputs": [_dataset(each) for each in outputs],
    }
    return msgspec.json.encode(event)


def dataset(name: DatasetName, **facets: Any) -> dict[str, Any]:  # noqa: ANN401 - facets are any JSON
    """Return a dataset with facets, for the inputs or outputs of an event."""
    return {"namespace": name.namespace, "name": name.name, "facets": facets}


def schema(*fields: str) -> dict[str, Any]:
    """Return a schema facet whose fields are all of type ``string``."""
    return {"fields": [{"name": field, "type": "string"} for field in fields]}


def column_lineage(
    fields: Mapping[str, Iterable[tuple[DatasetName, str]]],
    whole: Iterable[tuple[DatasetName, str]] = (),
) -> dict[str, Any]:
    """Return a columnLineage facet; ``whole`` are the fields that all of the dataset depends on."""
    return {
        "fields": {
            field: {"inputFields": [_input_field(*source, "DIRECT") for source in sources]}
            for field, sources in fields.items()
        },
        "dataset": [_input_field(*source, "INDIRECT") for source in whole],
    }


def _input_field(name: DatasetName, field: str, kind: str) -> dict[str, Any]:
    return {**name._asdict(), "field": field, "transformations": [{"type": kind}]}


def _dataset(said: DatasetName | Mapping[str, Any]) -> Mapping[str, Any]:
    return dataset(said) if isinstance(said, DatasetName) else said
