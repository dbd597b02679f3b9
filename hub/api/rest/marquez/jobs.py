"""Jobs and their versions, as Marquez shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from hub.api.rest.marquez.asking import MAX_LIMIT, Asking, chosen, refuse_past
from hub.api.rest.marquez.held import held_facets
from hub.api.rest.marquez.identifiers import job_uuid, job_version_uuid
from hub.api.rest.marquez.legacy_events import INTEGRATION
from hub.api.rest.marquez.problems import not_found
from hub.api.rest.marquez.runs import STATES, run_shapes, told_runs
from hub.api.rest.marquez.times import written
from hub.domain.names import DatasetName, JobName
from hub.graph.identities import Identities
from hub.queries.datasets import DatasetRow
from hub.queries.jobs import JobRow
from hub.queries.labels import tags_of
from hub.queries.marquez.job_versions import JobVersion, job_versions
from hub.queries.marquez.lists import Slice, parents_of_jobs, slice_jobs, spans_of_parents
from hub.queries.pages import PageRequest
from hub.queries.runs import RunRow, runs_by_id
from hub.queries.things import datasets_of, last_run_of, runs_of

Shape = dict[str, Any]

BATCH: Final = "BATCH"
_LATEST: Final = 10
_READ: Final = frozenset(("documentation", "sourceCodeLocation", "jobType"))
_STATES_OF: Final = {theirs: ours for ours, theirs in STATES.items()} | {"OTHER": "OTHER"}


class DataOfJobs(NamedTuple):
    """What jobs read and write, by the store's ids."""

    inputs: Mapping[int, Sequence[DatasetRow]]
    outputs: Mapping[int, Sequence[DatasetRow]]


def get_job(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/jobs/{}``."""
    row = asking.job()
    return job_shapes(asking, [row])[row.id]


def list_jobs(asking: Asking) -> Shape:
    """Answer ``GET /jobs`` and ``GET /namespaces/{}/jobs``."""
    namespace = asking.namespace().name if asking.names else None
    words = [word for word in asking.query.get("lastRunStates", []) if word]
    states = [chosen("lastRunStates", word, _STATES_OF) for word in words]
    if words:
        refuse_past(asking.query, "lastRunStates")
    listed = slice_jobs(
        asking.connection,
        namespace,
        asking.slice(),
        last_states=states if words else None,
        moment=asking.moment,
    )
    shapes = job_shapes(asking, listed.rows)
    return {"jobs": [shapes[row.id] for row in listed.rows], "totalCount": listed.total}


def list_job_versions(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/jobs/{}/versions``."""
    row, wanted = asking.job(), asking.slice()
    found = _versions(asking, row, wanted)
    if not found and not wanted.offset:
        return {"versions": _declared(asking, row, _alone(asking, row))[: wanted.limit]}
    return {"versions": _version_shapes(asking, row, found)}


def get_job_version(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/jobs/{}/versions/{}``."""
    row, wanted = asking.job(), asking.names[2].lower()
    offset = 0
    while some := _versions(asking, row, Slice(MAX_LIMIT, offset)):
        for each in some:
            if job_version_uuid(row.key, each.inputs, each.outputs) == wanted:
                return _version_shapes(asking, row, [each])[0]
        offset += len(some)
    declared = [] if offset else _declared(asking, row, _alone(asking, row))
    for shape in declared:
        if shape["version"] == wanted:
            return shape
    raise not_found("Job version", wanted)


def job_shapes(asking: Asking, rows: Collection[JobRow]) -> dict[int, Shape]:
    """Return jobs with all that is known of them, by the store's ids.

    Of several jobs' latest runs, only the very last shows facets.
    """
    ids = [row.id for row in rows]
    facets = held_facets(asking, ids, "job")
    tags = tags_of(asking.connection, ids, entity="job", moment=asking.moment)
    latest = _latest_runs(asking, ids)
    newest = [runs[0] for runs in latest.values()]
    shown = run_shapes(asking, [run for runs in latest.values() for run in runs], {})
    shown |= told_runs(asking, newest)
    shapes = _nodes(asking, rows, facets, _data_of(asking, ids))
    for row in rows:
        runs = [shown[run.id] for run in latest.get(row.id, ())]
        shape = shapes[row.id]
        shape |= {
            "latestRun": runs[0] if runs else None,
            "latestRuns": runs or None,
            "facets": facets.get(row.id, {}),
            "currentVersion": _current_version(asking, row, shape, runs),
            "labels": _labels(facets.get(row.id, {})),
            "tags": [each.name for each in tags.get(row.id, [])],
        }
    return shapes


def job_nodes(asking: Asking, rows: Collection[JobRow], data: DataOfJobs) -> dict[int, Shape]:
    """Return jobs as the nodes of a graph show them, by the store's ids."""
    ids = [row.id for row in rows]
    facets = held_facets(asking, ids, "job", _READ)
    newest = _newest_runs(asking, ids)
    shown = told_runs(asking, [newest[key] for key in ids if key in newest])
    shapes = _nodes(asking, rows, facets, data)
    for row in rows:
        run = newest.get(row.id)
        shapes[row.id]["currentRunUuid"] = run.run_id if run else None
        shapes[row.id]["latestRun"] = shown[run.id] if run else None
    return shapes


def _nodes(
    asking: Asking,
    rows: Collection[JobRow],
    facets: Mapping[int, Mapping[str, Any]],
    data: DataOfJobs,
) -> dict[int, Shape]:
    ids = [row.id for row in rows]
    known = asking.identities
    parents = parents_of_jobs(asking.connection, ids, moment=asking.moment)
    unseen = spans_of_parents(asking.connection, [row.id for row in rows if row.last_seen is None])
    shapes = {}
    for row in rows:
        parent = parents.get(row.id)
        held = facets.get(row.id, {})
        span = unseen.get(row.id)
        shapes[row.id] = {
            "id": row.key._asdict(),
            "type": _type(held),
            "name": row.name,
            "simpleName": row.name.removeprefix(f"{parent.name}.") if parent else row.name,
            "parentJobName": parent.name if parent else None,
            "parentJobUuid": job_uuid(parent) if parent else None,
            "createdAt": written(row.first_seen or (span.first_seen if span else 0)),
            "updatedAt": written(row.last_seen or (span.last_seen if span else 0)),
            "namespace": row.namespace,
            "inputs": _names(known, data.inputs.get(row.id, ())),
            "outputs": _names(known, data.outputs.get(row.id, ())),
            "location": _said(held, "sourceCodeLocation", "url"),
            "description": _said(held, "documentation", "description"),
        }
    return shapes


def _data_of(asking: Asking, jobs: list[int]) -> DataOfJobs:
    things = asking.identities.jobs
    return DataOfJobs(
        *(
            datasets_of(asking.connection, things, jobs, side=side, moment=asking.moment)
            for side in ("in", "out")
        )
    )


def _names(known: Identities, rows: Iterable[DatasetRow]) -> list[Shape]:
    names = dict.fromkeys(known.datasets.shown(row.key) for row in rows)
    return [DatasetName(*name)._asdict() for name in names]


def _latest_runs(asking: Asking, jobs: list[int]) -> dict[int, list[RunRow]]:
    return _runs_of(asking, jobs, _LATEST)


def _newest_runs(asking: Asking, jobs: list[int]) -> Mapping[int, RunRow]:
    if asking.moment.is_now:
        return last_run_of(asking.connection, asking.identities.jobs, jobs)
    return {key: runs[0] for key, runs in _runs_of(asking, jobs, 1).items()}


def _runs_of(asking: Asking, jobs: list[int], at_most: int) -> dict[int, list[RunRow]]:
    things, request = asking.identities.jobs, PageRequest(at_most)
    pages = runs_of(asking.connection, things, jobs, request, moment=asking.moment)
    rows = {key: [each.row for each in page.rows] for key, page in pages.items() if page.rows}
    then = {row.id: row for row in asking.then([row for some in rows.values() for row in some])}
    return {key: [then[row.id] for row in some] for key, some in rows.items()}


def _versions(asking: Asking, row: JobRow, wanted: Slice) -> list[JobVersion]:
    every, journal = asking.identities.jobs.ids([row.id]), asking.sources.journal
    return job_versions(asking.connection, journal, every, wanted, asking.moment)


def _version_shapes(asking: Asking, row: JobRow, found: Sequence[JobVersion]) -> list[Shape]:
    last = [each.last_run() for each in found]
    shown = told_runs(asking, asking.then(runs_by_id(asking.connection, last).values()))
    shape = _alone(asking, row)
    return [
        _version_of(shape, each.inputs, each.outputs)
        | {"createdAt": written(each.created_at), "latestRun": shown[run]}
        for each, run in zip(found, last, strict=True)
    ]


def _alone(asking: Asking, row: JobRow) -> Shape:
    facets = held_facets(asking, [row.id], "job")
    [shape] = _nodes(asking, [row], facets, _data_of(asking, [row.id])).values()
    return shape


def _current_version(
    asking: Asking, row: JobRow, shape: Shape, runs: Sequence[Shape]
) -> str | None:
    versions = [run["jobVersion"] for run in runs] or _declared(asking, row, shape)
    found: str | None = versions[0]["version"] if versions else None
    return found


def _version_of(
    shape: Shape, inputs: Collection[DatasetName], outputs: Collection[DatasetName]
) -> Shape:
    """Return a job as one that reads and writes these datasets; it never ran."""
    version = job_version_uuid(JobName(**shape["id"]), inputs, outputs)
    return {
        "id": {**shape["id"], "version": version},
        "name": shape["name"],
        "createdAt": shape["createdAt"],
        "version": version,
        "namespace": shape["namespace"],
        "location": shape["location"],
        "inputs": [name._asdict() for name in inputs],
        "outputs": [name._asdict() for name in outputs],
        "latestRun": None,
    }


def _declared(asking: Asking, row: JobRow, shape: Shape) -> list[Shape]:
    """Return the version of a job that had never run: what it was declared to read and write.

    One that was only known as a parent has none.
    """
    if not asking.moment.has(row.first_seen):
        return []
    inputs, outputs = (
        [DatasetName(**each) for each in shape[side]] for side in ("inputs", "outputs")
    )
    return [_version_of(shape, inputs, outputs)]


def _type(facets: Mapping[str, Any]) -> str:
    if _said(facets, "jobType", "integration") == INTEGRATION:
        return _said(facets, "jobType", "jobType") or BATCH
    return BATCH


def _labels(facets: Mapping[str, Any]) -> list[str]:
    """Return what an integration calls jobs of this sort, and itself."""
    integration = _said(facets, "jobType", "integration")
    if integration == INTEGRATION:
        return []
    return [each for each in (_said(facets, "jobType", "jobType"), integration) if each]


def _said(facets: Mapping[str, Any], facet: str, member: str) -> str | None:
    held = facets.get(facet)
    value = held.get(member) if isinstance(held, dict) else None
    return value if isinstance(value, str) else None
