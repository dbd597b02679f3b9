"""Runs, as Marquez shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Raw

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.identifiers import job_version_uuid, written_version_uuid
from hub.api.rest.marquez.legacy_events import OWN
from hub.api.rest.marquez.times import written
from hub.api.rest.marquez.versions import names_of, version_ids, versions_read_by
from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.lenient import members_of
from hub.queries.datasets import DatasetRow, datasets_of_sets
from hub.queries.marquez.runs import slice_runs
from hub.queries.run_events import Said, Use, said_of
from hub.queries.runs import RunRow, count_runs_of_jobs

Shape = dict[str, Any]

# Marquez's words for the states of a run. A run known only as a parent is new to it.
STATES: Final = {
    "NEW": "NEW",
    # Marquez has no word for it: nobody has said that it ended. Asked for, RUNNING is itself.
    "LOST": "RUNNING",
    "RUNNING": "RUNNING",
    "COMPLETE": "COMPLETED",
    "FAIL": "FAILED",
    "ABORT": "ABORTED",
}
_MILLISECOND: Final = 1_000


def get_run(asking: Asking) -> Shape:
    """Answer ``GET /jobs/runs/{}``."""
    row = asking.run(asking.names[0])
    return told_runs(asking, [row])[row.id]


def list_runs(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/jobs/{}/runs``."""
    job = asking.job()
    every = asking.identities.jobs.ids([job.id])
    moment = asking.moment
    rows = asking.then(slice_runs(asking.connection, every, asking.slice(), moment=moment))
    shapes = told_runs(asking, rows)
    total = sum(count_runs_of_jobs(asking.connection, every, moment=moment).values())
    return {"runs": [shapes[row.id] for row in rows], "totalCount": total}


def get_run_facets(asking: Asking) -> Shape:
    """Answer ``GET /jobs/runs/{}/facets``."""
    asking.required("type")
    kind = asking.choice("type", {"RUN": "run", "JOB": "job", "DATASET": "dataset"})
    row = asking.run(asking.names[0])
    said = said_by(asking, [row.id])[row.id]
    facets = {"run": said.run.in_force, "job": said.job.in_force}.get(kind, dict)()
    facets.pop(OWN, None)
    return {"runId": row.run_id, "facets": facets}


def told_runs(asking: Asking, rows: Collection[RunRow]) -> dict[int, Shape]:
    """Return runs with what their events say, by the store's ids."""
    if not rows:
        return {}
    return run_shapes(asking, rows, said_by(asking, [row.id for row in rows]))


def said_by(asking: Asking, runs: Collection[int]) -> dict[int, Said]:
    """Return what the events of each run say, or had said, by the store's ids."""
    journal = asking.sources.journal
    return said_of(asking.connection, runs, journal=journal, moment=asking.moment)


def run_shapes(
    asking: Asking, rows: Collection[RunRow], said: Mapping[int, Said]
) -> dict[int, Shape]:
    """Return runs, by the store's ids; facets only of those that ``said`` has."""
    if not rows:
        return {}
    sets = {key for row in rows for key in (row.input_set_id, row.output_set_id) if key is not None}
    members = datasets_of_sets(asking.connection, sets)
    named = said if asking.moment.is_now else said_by(asking, [row.id for row in rows])
    reads = versions_read_by(asking, rows, named, members)
    every = [each for of_run in reads.values() for each in of_run]
    ids = version_ids(asking, [each.version for each in every], names_of(every), rows)
    shapes = {}
    for row in rows:
        inputs = [each.dataset for each in reads[row.id]]
        outputs = members.get(row.output_set_id or 0, [])
        if not asking.moment.is_now:
            # Only all that a run has ever named is kept as a set.
            outputs = [each for each in outputs if each.key in named[row.id].outputs]
        told = said.get(row.id, Said())
        facets = told.run.in_force()
        own = facets.pop(OWN, None)
        version = job_version_uuid(row.key.job, _names(inputs), _names(outputs))
        shapes[row.id] = {
            **_head(row),
            "args": _args(row, own),
            "jobVersion": {**_job(row), "version": version},
            "inputDatasetVersions": [
                _version(
                    each.dataset.key,
                    ids[each.version],
                    told.inputs.get(each.dataset.key),
                )
                for each in reads[row.id]
            ],
            "outputDatasetVersions": [
                _version(
                    each.key, written_version_uuid(each.key, row.key), told.outputs.get(each.key)
                )
                for each in outputs
            ],
            "facets": facets,
        }
    return shapes


def _head(row: RunRow) -> Shape:
    began, ended = _began(row), row.ended_at
    took = ended - began if began is not None and ended is not None else None
    return {
        "id": row.run_id,
        "createdAt": written(row.first_event_at or 0),
        "updatedAt": written(row.last_event_at or 0),
        "nominalStartTime": written(row.nominal_start_at),
        "nominalEndTime": written(row.nominal_end_at),
        "state": STATES.get(row.state or "NEW", "NEW"),
        "startedAt": written(began),
        "endedAt": written(ended),
        "durationMs": None if took is None else took // _MILLISECOND,
    }


def _began(row: RunRow) -> int | None:
    """Return when a run began; where nobody told its start, when it was first heard of going on."""
    if row.started_at is not None or row.state in (None, "NEW"):
        return row.started_at
    return None if row.first_event_at == row.ended_at else row.first_event_at


def _job(row: RunRow) -> Shape:
    return JobName(row.namespace, row.job)._asdict()


def _version(name: DatasetName, version: str, use: Use | None) -> Shape:
    return {
        "datasetVersionId": {**name._asdict(), "version": version},
        "facets": use.measures.in_force() if use else {},
    }


def _args(row: RunRow, own: Raw | None) -> Shape:
    """Return what the run was called with: what its events say, or for when it was planned."""
    args = members_of(own).get("args") if own is not None else None
    if isinstance(args, dict):
        return args
    times = {"nominal_start_time": row.nominal_start_at, "nominal_end_time": row.nominal_end_at}
    return {name: written(at) for name, at in times.items() if at is not None}


def _names(rows: Collection[DatasetRow]) -> list[DatasetName]:
    return [row.key for row in rows]
