"""Writes: each becomes events or commands in the journal, and answers once they are projected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote
from uuid import UUID, uuid4

from hub.api.rest.marquez import datasets, estate, jobs, legacy_events, runs
from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.bodies import (
    DatasetBody,
    JobBody,
    NameBody,
    NamespaceBody,
    RunBody,
    SourceBody,
    TagBody,
    one_of,
    read_body,
    required,
)
from hub.api.rest.marquez.held import held_facets
from hub.api.rest.marquez.problems import coded, not_found, unprocessable
from hub.domain.curation import (
    Curated,
    Curation,
    DescribeNamespace,
    DescribeSource,
    DescribeTag,
    HideThing,
    TagThing,
    curation_entry,
)
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.events import EventType, parse_time, repaired, usable_name
from hub.flow.ingest import Arrival, receive
from hub.queries.dataset_details import fields_of
from hub.queries.datasets import datasets_of_jobs, find_datasets
from hub.queries.marquez.curated import hidden_among
from hub.queries.marquez.runs import find_run

Shape = dict[str, Any]
Answer: TypeAlias = Callable[[Asking], Any]

_DATASET_TYPES: Final = frozenset({"DB_TABLE", "STREAM"})
_JOB_TYPES: Final = frozenset({"BATCH", "STREAM", "SERVICE"})


class Write(NamedTuple):
    """What goes to the journal, and what is answered with once it is projected."""

    arrivals: list[Arrival]
    answer: Answer
    status: int = 200
    headers: Mapping[str, str] = {}


Plan: TypeAlias = Callable[[Asking], Write]


def put_namespace(asking: Asking) -> Write:
    """Plan ``PUT /namespaces/{}``."""
    body = read_body(asking.body, NamespaceBody)
    command = DescribeNamespace(
        namespace=asking.names[0],
        owner=required("ownerName", body.owner_name),
        description=body.description,
        actor=asking.actor,
    )
    return _commanded(estate.get_namespace, command)


def put_source(asking: Asking) -> Write:
    """Plan ``PUT /sources/{}``."""
    body = read_body(asking.body, SourceBody)
    command = DescribeSource(
        source=asking.names[0],
        type=required("type", body.type).upper(),
        connection_url=required("connectionUrl", body.connection_url),
        description=body.description,
        actor=asking.actor,
    )
    return _commanded(estate.get_source, command)


def put_tag(asking: Asking) -> Write:
    """Plan ``PUT /tags/{}``."""
    body = read_body(asking.body, TagBody)
    [tag] = asking.names
    command = DescribeTag(tag=tag, description=body.description, actor=asking.actor)
    return _commanded(lambda _: {"name": tag, "description": body.description}, command)


def put_dataset(asking: Asking) -> Write:
    """Plan ``PUT /namespaces/{}/datasets/{}``."""
    body = read_body(asking.body, DatasetBody)
    kind = one_of("type", body.type, _DATASET_TYPES)
    if kind == "STREAM":
        required("schemaLocation", body.schema_location)
    asking.namespace()
    source = estate.find_source(asking, required("sourceName", body.source_name))
    fields = None if body.fields is None else [_field(each.name, each) for each in body.fields]
    facets = legacy_events.dataset_facets(
        kind=kind,
        physical_name=required("physicalName", body.physical_name),
        source=(source.name, source.uri or ""),
        schema_location=body.schema_location,
        description=body.description,
        fields=fields,
    )
    name, at = DatasetName(*asking.names), asking.sources.clock()
    if body.run_id is not None:
        run = asking.run(body.run_id).key
        output = {**name._asdict(), "facets": facets}
        event = legacy_events.run_event(at, run, outputs=[output])
    else:
        event = legacy_events.dataset_event(at, name, facets)
    tags = [("", tag) for tag in body.tags or ()]
    tags += [(each.name, tag.upper()) for each in body.fields or () for tag in each.tags or ()]
    commands = [_tagging(asking, Curated.DATASET, field, tag) for field, tag in tags]
    return _told(datasets.get_dataset, [event], *commands)


def put_job(asking: Asking) -> Write:
    """Plan ``PUT /namespaces/{}/jobs/{}``."""
    body = read_body(asking.body, JobBody)
    kind = one_of("type", body.type, _JOB_TYPES)
    asking.namespace()
    name, at = JobName(*asking.names), asking.sources.clock()
    run = None if body.run_id is None else asking.run(body.run_id)
    if run is not None and run.key.job != name:
        raise not_found("Run", run.run_id)
    inputs, outputs = (_existing(asking, each) for each in (body.inputs, body.outputs))
    query = (body.context or {}).get("sql")
    facets = legacy_events.job_facets(
        kind=kind,
        location=body.location,
        description=body.description,
        query=query if isinstance(query, str) else None,
    )
    events = [legacy_events.job_event(at, name, facets, inputs, outputs)]
    if run is not None:
        read, made = ([each._asdict() for each in side] for side in (inputs, outputs))
        events.append(legacy_events.run_event(at, run.key, inputs=read, outputs=made))
    commands = [_tagging(asking, Curated.JOB, "", tag) for tag in body.tags or ()]
    return _told(jobs.get_job, events, *commands)


def post_run(asking: Asking) -> Write:
    """Plan ``POST /namespaces/{}/jobs/{}/runs``."""
    body = read_body(asking.body or b"{}", RunBody)
    job = asking.job()
    run_id = _uuid(body.id) if body.id else str(uuid4())
    if find_run(asking.connection, run_id) is not None:
        where = f"'{job.name}' under namespace '{job.namespace}'"
        raise coded(400, f"Run '{run_id}' already exists for {where}.")
    facets = legacy_events.run_facets(
        nominal_start=_instant("nominalStartTime", body.nominal_start_time),
        nominal_end=_instant("nominalEndTime", body.nominal_end_time),
        args=body.args or {},
    )
    name = RunName(job.key, run_id)
    event = legacy_events.run_event(
        asking.sources.clock(), name, facets=facets, inputs=_declared(asking, job.id, "in")
    )
    written = _told(_run_shape(run_id), [event])
    location = {"Location": f"/api/v1/jobs/runs/{quote(run_id)}"}
    return written._replace(status=201, headers=location)


def mark_run(kind: EventType) -> Plan:
    """Return what plans ``POST /jobs/runs/{}/…``."""

    def plan(asking: Asking) -> Write:
        row = asking.run(asking.names[0])
        at = asking.instant("at")
        is_complete = kind is EventType.COMPLETE
        event = legacy_events.run_event(
            asking.sources.clock() if at is None else at,
            row.key,
            kind,
            outputs=_declared(asking, row.job_id, "out") if is_complete else (),
        )
        return _told(_run_shape(row.run_id), [event])

    return plan


def tag_dataset(*, remove: bool) -> Plan:
    """Return what plans ``POST`` or ``DELETE /namespaces/{}/datasets/{}/tags/{}``."""

    def plan(asking: Asking) -> Write:
        asking.dataset()
        command = _tagging(asking, Curated.DATASET, "", asking.names[2], remove=remove)
        return _commanded(datasets.get_dataset, command)

    return plan


def tag_field(*, remove: bool) -> Plan:
    """Return what plans ``POST`` or ``DELETE /namespaces/{}/datasets/{}/fields/{}/tags/{}``."""

    def plan(asking: Asking) -> Write:
        row, (_, _, field, tag) = asking.dataset(), asking.names
        fields = fields_of(asking.connection, [row.id]).get(row.id, ())
        if field not in {each.name for each in fields}:
            raise coded(404, f"Field '{field}' not found for dataset '{row.name}'.")
        command = _tagging(asking, Curated.DATASET, field, tag.upper(), remove=remove)
        return _commanded(datasets.get_dataset, command)

    return plan


def tag_job(*, remove: bool) -> Plan:
    """Return what plans ``POST`` or ``DELETE /namespaces/{}/jobs/{}/tags/{}``."""

    def plan(asking: Asking) -> Write:
        asking.job()
        command = _tagging(asking, Curated.JOB, "", asking.names[2], remove=remove)
        return _commanded(jobs.get_job, command)

    return plan


def delete_dataset(asking: Asking) -> Write:
    """Plan ``DELETE /namespaces/{}/datasets/{}``."""
    return _hidden(asking, Curated.DATASET, datasets.get_dataset(asking))


def delete_job(asking: Asking) -> Write:
    """Plan ``DELETE /namespaces/{}/jobs/{}``."""
    return _hidden(asking, Curated.JOB, jobs.get_job(asking))


def delete_namespace(asking: Asking) -> Write:
    """Plan ``DELETE /namespaces/{}``."""
    return _hidden(asking, Curated.NAMESPACE, estate.get_namespace(asking))


def _hidden(asking: Asking, kind: Curated, shape: Shape) -> Write:
    """Plan to take a thing out of sight, and to answer with what it was."""
    namespace, *rest = asking.names
    command = HideThing(kind=kind, namespace=namespace, name=(*rest, "")[0], actor=asking.actor)
    return _commanded(lambda _: shape, command)


def _commanded(answer: Answer, *commands: Curation) -> Write:
    return Write([curation_entry(command) for command in commands], answer)


def _told(answer: Answer, events: Collection[bytes], *commands: Curation) -> Write:
    received = [receive(event) for event in events]
    return Write([*received, *map(curation_entry, commands)], answer)


def _tagging(
    asking: Asking, kind: Curated, field: str, tag: str, *, remove: bool = False
) -> TagThing:
    if not usable_name(tag):
        raise unprocessable("tag must not be blank, and no longer than a name")
    return TagThing(
        kind=kind,
        namespace=asking.names[0],
        name=asking.names[1],
        field=field,
        tag=tag,
        remove=remove,
        actor=asking.actor,
    )


def _field(name: str, told: Any) -> Shape:  # noqa: ANN401 - a field's body
    return {
        "name": required("fields.name", name),
        "type": told.type,
        "description": told.description,
    }


def _existing(asking: Asking, bodies: Collection[NameBody]) -> list[DatasetName]:
    names = [DatasetName(repaired(each.namespace), repaired(each.name)) for each in bodies]
    usable = [name for name in names if all(map(usable_name, name))]
    found = set(find_datasets(asking.connection, usable)) if usable else set()
    found -= hidden_among(asking.connection, Curated.DATASET.value, found)
    for name in names:
        if name not in found:
            raise not_found("Dataset", name.name)
    return names


def _declared(asking: Asking, job_id: int, side: str) -> list[Shape]:
    """Return what a job reads or writes, where it was made through this surface.

    Its runs name no data, so what the job was said to have goes for them.
    """
    told = held_facets(asking, [job_id], "job", frozenset({"jobType"})).get(job_id, {})
    kind = told.get("jobType")
    if not isinstance(kind, dict) or kind.get("integration") != legacy_events.INTEGRATION:
        return []
    found = datasets_of_jobs(asking.connection, [job_id], side=side).get(job_id, ())
    return [each.key._asdict() for each in found]


def _run_shape(run_id: str) -> Answer:
    def answer(asking: Asking) -> Shape:
        row = asking.run(run_id)
        return runs.told_runs(asking, [row])[row.id]

    return answer


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise unprocessable("id must be a UUID") from None


def _instant(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    when = parse_time(text)
    if when is None:
        raise unprocessable(f"{name} must be a time from 1970 to 2199")
    return format_instant(when.at)


WRITES: Final[Mapping[tuple[str, str], Plan]] = {
    ("PUT", "namespaces/*"): put_namespace,
    ("DELETE", "namespaces/*"): delete_namespace,
    ("PUT", "sources/*"): put_source,
    ("PUT", "tags/*"): put_tag,
    ("PUT", "namespaces/*/datasets/*"): put_dataset,
    ("DELETE", "namespaces/*/datasets/*"): delete_dataset,
    ("POST", "namespaces/*/datasets/*/tags/*"): tag_dataset(remove=False),
    ("DELETE", "namespaces/*/datasets/*/tags/*"): tag_dataset(remove=True),
    ("POST", "namespaces/*/datasets/*/fields/*/tags/*"): tag_field(remove=False),
    ("DELETE", "namespaces/*/datasets/*/fields/*/tags/*"): tag_field(remove=True),
    ("PUT", "namespaces/*/jobs/*"): put_job,
    ("DELETE", "namespaces/*/jobs/*"): delete_job,
    ("POST", "namespaces/*/jobs/*/tags/*"): tag_job(remove=False),
    ("DELETE", "namespaces/*/jobs/*/tags/*"): tag_job(remove=True),
    ("POST", "namespaces/*/jobs/*/runs"): post_run,
    ("POST", "jobs/runs/*/start"): mark_run(EventType.START),
    ("POST", "jobs/runs/*/complete"): mark_run(EventType.COMPLETE),
    ("POST", "jobs/runs/*/fail"): mark_run(EventType.FAIL),
    ("POST", "jobs/runs/*/abort"): mark_run(EventType.ABORT),
}
