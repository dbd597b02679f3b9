"""The requests of Marquez's Web UI, page by page, and what its pages read of the answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.marquez.bakery import BAKE, run_id

OVEN = "s3%3A%2F%2Foven"
MADE = f"/namespaces/{OVEN}/datasets/made%2Floaves"
BAKING = "/namespaces/bakery/jobs/bake"
RUN = ("id", "state", "createdAt", "updatedAt", "startedAt", "endedAt", "durationMs", "facets")
FIELD = ("fields.0.name", "fields.0.type", "fields.0.tags", "fields.0.description")
JOB = (
    *("id.namespace", "id.name", "type", "name", "namespace", "createdAt", "updatedAt", "location"),
    *("description", "inputs", "outputs", "tags", "parentJobName", "parentJobUuid"),
)
DATASET = (
    *("id.namespace", "id.name", "type", "name", "physicalName", "sourceName", "namespace", "tags"),
    *("createdAt", "updatedAt", "lastModifiedAt", "description", *FIELD),
)
INTERVALS = ("23.startInterval", "23.endInterval")

PAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "every page": {
        "/namespaces": tuple(
            f"namespaces.0.{name}"
            for name in ("name", "ownerName", "isHidden", "description", "createdAt", "updatedAt")
        ),
        "/tags": ("tags.0.name", "tags.0.description"),
    },
    "dashboard": {
        "/stats/lineage-events?period=DAY&timezone=Europe/Berlin": (
            *INTERVALS,
            *("23.fail", "23.start", "23.complete", "23.abort"),
        ),
        "/stats/jobs?period=DAY&timezone=Europe/Berlin": (*INTERVALS, "23.count"),
        "/stats/datasets?period=DAY&timezone=Europe/Berlin": (*INTERVALS, "23.count"),
        "/stats/sources?period=WEEK&timezone=Europe/Berlin": ("6.startInterval", "6.count"),
        "/jobs?limit=10&offset=0": (
            "totalCount",
            *(f"jobs.0.{name}" for name in JOB),
            *(f"jobs.0.latestRun.{name}" for name in RUN),
            *(f"jobs.0.latestRuns.0.{name}" for name in RUN),
        ),
        "/jobs?limit=10&offset=0&lastRunStates=FAILED": ("totalCount", "jobs.0.name"),
    },
    "jobs": {"/namespaces/bakery/jobs?limit=20&offset=0": ("totalCount", "jobs.0.latestRun.state")},
    "datasets": {
        f"/namespaces/{OVEN}/datasets?limit=20&offset=0": (
            "totalCount",
            *(f"datasets.0.{name}" for name in DATASET),
            "datasets.0.facets",
            "datasets.0.columnLineage.0.inputFields.0.field",
        ),
    },
    "events": {
        "/events/lineage?limit=50&before=&after=&offset=0&sortDirection=desc": (
            "totalCount",
            *(f"events.0.{name}" for name in ("eventType", "eventTime", "producer", "schemaURL")),
            *("events.0.run.runId", "events.0.job.name", "events.0.job.namespace"),
            # Also of what is no event of a run.
            *("events.8.run", "events.7.job.name", "events.7.job.namespace"),
        ),
    },
    "lineage": {
        "/lineage?nodeId=job:bakery:bake&depth=2": (
            *("graph.0.id", "graph.0.type", "graph.0.inEdges", "graph.0.outEdges.0.destination"),
            *(f"graph.0.data.{name}" for name in DATASET if name not in FIELD),
            *(f"graph.4.data.{name}" for name in (*JOB, "latestRun.state") if name != "tags"),
        ),
        f"/lineage?nodeId=dataset:{OVEN}:made%2Floaves&depth=2": ("graph.0.outEdges.0.origin",),
    },
    "a dataset's drawer": {
        MADE: (*DATASET, "facets.documentation.description", "deleted", "columnLineage"),
        f"{MADE}/versions?limit=25&offset=0": (
            "totalCount",
            *("versions.0.version", "versions.0.createdAt", "versions.0.lifecycleState"),
            *("versions.0.fields.0.name", "versions.0.facets", "versions.0.createdByRun.id"),
        ),
    },
    "a job's drawer": {
        BAKING: (*JOB, *(f"latestRun.{name}" for name in RUN), "latestRuns.0.state"),
        f"{BAKING}/runs?limit=14&offset=0": (
            "totalCount",
            *(f"runs.0.{name}" for name in RUN),
            "runs.0.jobVersion.version",
        ),
        f"/jobs/runs/{run_id(BAKE, 0)}/facets?type=run": ("runId", "facets.nominalTime"),
        f"/jobs/runs/{run_id(BAKE, 0)}/facets?type=job": ("runId", "facets.documentation"),
    },
    "columns": {
        f"/column-lineage?nodeId=dataset:{OVEN}:made%2Floaves&depth=2&withDownstream=true": (
            *("graph.0.id", "graph.0.type", "graph.0.data.namespace", "graph.0.data.dataset"),
            *("graph.0.data.field", "graph.0.data.inputFields", "graph.0.inEdges"),
            "graph.0.outEdges",
        ),
    },
    "search": {
        f"/search?q=a&sort=NAME&limit=100{chosen}": (
            "totalCount",
            *(f"results.0.{n}" for n in ("name", "namespace", "nodeId", "type", "updatedAt")),
        )
        for chosen in ("", "&filter=JOB", "&filter=DATASET")
    },
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_answered_with_what_it_reads(bakery_url: str, page: str) -> None:
    for path, wanted in PAGES[page].items():
        answer = httpx.get(f"{bakery_url}/api/v1{path}")
        assert answer.status_code == 200, (path, answer.text)
        missing = [where for where in wanted if not has(answer.json(), where)]
        assert not missing, (path, missing)


def test_what_a_page_changes_is_answered_with_the_thing_as_it_is_then(bakery_url: str) -> None:
    with httpx.Client(base_url=f"{bakery_url}/api/v1") as client:
        put = client.put("/tags/slow", json={"description": "takes an hour"})
        assert put.json() == {"name": "slow", "description": "takes an hour"}
        for method, path in (
            ("POST", f"{MADE}/tags/slow"),
            ("DELETE", f"{MADE}/tags/slow"),
            ("POST", f"{MADE}/fields/id/tags/slow"),
            ("DELETE", f"{MADE}/fields/id/tags/slow"),
            ("POST", f"{BAKING}/tags/slow"),
            ("DELETE", f"{BAKING}/tags/slow"),
        ):
            answer = client.request(method, path)
            assert (answer.status_code, answer.json()["name"]) in {
                (200, "bake"),
                (200, "made/loaves"),
            }


def has(body: Any, where: str) -> bool:  # noqa: ANN401 - JSON
    """Whether an answer has a member there, null or not."""
    for part in where.split("."):
        try:
            body = body[int(part)] if isinstance(body, list) else body[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
