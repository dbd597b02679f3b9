"""What Marquez's surface answers of the past is what it answered then, and what GraphQL answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from hub.api.graphql.in_process import answer
from hub.api.graphql.reads import Sources
from hub.api.rest.marquez.asking import CLOCKS
from hub.api.rest.marquez.routes import OF_THE_PAST
from hub.api.rest.marquez.runs import STATES
from hub.domain.catalog import Catalog
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName
from hub.store.journal import recorded_at
from hub.testing.builders import column_lineage, dataset, run_event, schema
from tests.api.graphql.conftest import Client
from tests.api.marquez import bakery
from tests.api.marquez.bakery import BAKE, DAY, FLOUR, LOAVES, MINUTE, MONDAY, SALES, SELL
from tests.api.marquez.conftest import Surface

# Of all that is known now, as GraphQL's ``firstSeen`` and ``lastSeen`` are.
OF_THE_PRESENT = {"createdAt", "updatedAt"}
SHOP = JobName("shop", "pack")
BOXES = DatasetName("s3://shop", "boxes")


def place(kind: str, name: DatasetName | JobName) -> str:
    return f"/namespaces/{quote(name.namespace, safe='')}/{kind}/{quote(name.name, safe='')}"


RUNS = [bakery.run_id(job, day) for job in (BAKE, SELL) for day in (0, 1)]
DATASETS = (FLOUR, LOAVES, SALES, BOXES)
JOBS = (BAKE, SELL, bakery.REPORT, SHOP)
NODES = [
    *(f"dataset:{name.namespace}:{name.name}" for name in DATASETS),
    *(f"job:{name.namespace}:{name.name}" for name in JOBS),
]
PATHS = [
    "/namespaces",
    "/jobs",
    *(f"/namespaces/{name.namespace}" for name in JOBS),
    *(f"/namespaces/{name.namespace}/jobs" for name in JOBS),
    *(f"/namespaces/{quote(name.namespace, safe='')}/datasets" for name in DATASETS),
    *(place("datasets", name) for name in DATASETS),
    *(f"{place('datasets', name)}/versions" for name in DATASETS),
    *(place("jobs", name) for name in JOBS),
    *(f"{place('jobs', name)}/runs" for name in JOBS),
    *(f"{place('jobs', name)}/versions" for name in JOBS),
    *(f"/search?q={text}&limit=50" for text in ("a", "box", "raw/")),
    "/events/lineage",
    "/events?sortDirection=asc&limit=3&offset=2",
    "/events/bakery",
    *(f"/jobs/runs/{run}" for run in RUNS),
    *(f"/jobs/runs/{run}/facets?type=run" for run in RUNS),
    *(f"/lineage?nodeId={quote(node)}" for node in NODES),
    *(f"/column-lineage?nodeId={quote(node)}&withDownstream=true" for node in NODES),
]


def stages() -> list[list[bytes]]:
    """Return what is told one after the other; the later tells also of what was before."""
    every = bakery.events()
    later = MONDAY + 2 * DAY
    sales = dataset(
        SALES,
        schema=schema("loaf", "price", "till"),
        tags={"tags": [{"key": "audited", "value": "true"}]},
        columnLineage=column_lineage({"loaf": [(LOAVES, "id")], "till": [(FLOUR, "grams")]}),
    )
    boxes = dataset(BOXES, columnLineage=column_lineage({"box": [(LOAVES, "id")]}))
    other = bakery.run_id(SELL, 2)
    return [
        every[:3],
        every[3:5],
        every[5:],
        [
            # Of several ends the last alone is kept, with what the run has written.
            run_event(BAKE, RUNS[1], at=MONDAY + DAY + 9 * MINUTE, event_type="RUNNING"),
            run_event(SELL, other, at=later, event_type="START"),
            run_event(SELL, other, at=later + MINUTE, inputs=[FLOUR, LOAVES], outputs=[sales]),
            run_event(SHOP, RUNS[0][::-1], at=later, inputs=[LOAVES], outputs=[boxes]),
        ],
        [
            run_event(SHOP, "late", at=MONDAY + 5 * MINUTE, inputs=[SALES], outputs=[BOXES]),
            run_event(SELL, other, at=later + 2 * MINUTE, event_type="RUNNING", inputs=[BOXES]),
        ],
    ]


def timeless(found: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(found, dict):
        return {k: timeless(v) for k, v in found.items() if k not in OF_THE_PRESENT}
    return [timeless(each) for each in found] if isinstance(found, list) else found


async def fetch(surface: Surface, path: str, clocks: dict[str, str]) -> httpx.Response:
    url = surface.http.base_url.join(path.removeprefix("/"))
    return await surface.http.get(url.copy_merge_params(clocks))


async def dump(surface: Surface, **clocks: str) -> dict[str, Any]:
    found = {}
    for path in PATHS:
        got = await fetch(surface, path, clocks)
        told = got.json()
        # Listed as they stand now, by when each was last heard of.
        told.get("jobs", []).sort(key=lambda job: job["name"])
        found[path] = (got.status_code, timeless(told))
        assert got.status_code in (200, 404), got.text
    return found


class Told:
    """A hub that has been told all stages, and what it answered after each."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.answered: list[tuple[str, dict[str, Any]]] = []

    async def tell(self, events: list[bytes]) -> None:
        await self.surface.send(*events)
        with self.surface.store.database.read() as connection:
            at = recorded_at(connection, self.surface.store.journal.head(connection))
        self.answered.append((format_instant(at), await dump(self.surface)))


@pytest.fixture
async def told(surface: Surface) -> Told:
    every = Told(surface)
    for events in stages():
        await every.tell(events)
    return every


async def test_what_the_hub_knew_is_what_it_answered_then(told: Told) -> None:
    changes = {json.dumps(answered, sort_keys=True) for _, answered in told.answered}
    assert len(changes) == len(stages())
    for known_at, answered in told.answered:
        past = await dump(told.surface, knownAt=known_at)
        for path, found in answered.items():
            assert past[path] == found, (known_at, path)


async def test_nothing_is_there_before_anything_was_told(told: Told) -> None:
    for clock in CLOCKS:
        past = await dump(told.surface, **{clock: "2020-01-01T00:00:00Z"})
        lists = {"jobs": "/jobs", "results": "/search", "events": "/events"}
        for kind, start in lists.items():
            for path in [path for path in past if path.startswith(start) and "runs" not in path]:
                assert past.pop(path) == (200, {kind: [], "totalCount": 0})
        [default] = past.pop("/namespaces")[1]["namespaces"]
        assert default["name"] == "default"
        assert [path for path, (status, _) in past.items() if status != 404] == []


async def test_the_future_is_as_the_present_is(told: Told) -> None:
    _, answered = told.answered[-1]
    for clock in CLOCKS:
        assert await dump(told.surface, **{clock: "2100-01-01T00:00:00Z"}) == answered


async def test_what_was_true_is_what_was_told_of_times_until_then(told: Told) -> None:
    path = f"{place('jobs', SELL)}/runs"
    at = format_instant(MONDAY + DAY + 60 * MINUTE)
    [going, done] = (await told.surface.get(path, asOf=at))["runs"]
    assert (going["state"], going["endedAt"]) == ("RUNNING", None)
    assert (done["state"], done["endedAt"]) == ("COMPLETED", "2026-11-23T05:01:00Z")
    sales = await told.surface.get(place("datasets", SALES), asOf=at)
    assert [field["name"] for field in sales["fields"]] == ["loaf", "price"]
    assert sales["tags"] == ["money"]
    assert sales["lastModifiedAt"] == "2026-11-23T05:01:00Z"
    versions = await told.surface.get(f"{place('datasets', SALES)}/versions", asOf=at)
    assert versions["totalCount"] == 1
    assert versions["versions"][0]["version"] == sales["currentVersion"]


async def test_a_version_of_a_job_is_what_its_runs_had_named_by_then(told: Told) -> None:
    path = f"{place('jobs', SELL)}/versions"

    async def versions(**clocks: str) -> list[tuple[str, list[str], str]]:
        found = (await told.surface.ask("GET", path, params=clocks))["versions"]
        return [
            (
                each["createdAt"],
                sorted(name["name"] for name in each["inputs"]),
                each["latestRun"]["state"],
            )
            for each in found
        ]

    begun, later = "2026-11-23T05:00:00Z", "2026-11-25T04:00:00Z"
    flour, loaves = FLOUR.name, LOAVES.name
    # A run that has begun and named nothing, beside what it will be of.
    assert await versions(asOf="2026-11-23T05:00:30Z") == [(begun, [], "RUNNING")]
    assert await versions(asOf="2026-11-24T05:00:30Z") == [
        ("2026-11-24T05:00:00Z", [], "RUNNING"),
        (begun, [loaves], "COMPLETED"),
    ]
    before, _ = told.answered[3]
    failed = (begun, [loaves], "FAILED")
    assert await versions(asOf="2026-11-25T05:00:00Z", knownAt=before) == [
        (later, [loaves, flour], "COMPLETED"),
        failed,
    ]
    boxes = sorted([BOXES.name, loaves, flour])
    assert await versions() == [(later, boxes, "COMPLETED"), failed]
    [whole] = (await told.surface.get(path, knownAt=before, limit=1))["versions"]
    assert await told.surface.get(f"{path}/{whole['version']}", knownAt=before) == whole
    await told.surface.get(f"{path}/{whole['version']}", status=404)
    [last] = (await told.surface.get(path, knownAt=before, limit=1, offset=1))["versions"]
    assert (last["createdAt"], last["latestRun"]["state"]) == (begun, "FAILED")


async def test_versions_of_the_past_are_as_many_as_runs_that_failed_after_all(
    surface: Surface,
) -> None:
    runs = [f"r{number}" for number in range(600)]
    for at, kind in ((1, "COMPLETE"), (2, "FAIL")):
        every = (
            run_event(SHOP, run, at=MONDAY + at * MINUTE, event_type=kind, outputs=[BOXES])
            for run in runs
        )
        await surface.send(*every)
    versions, by_then = f"{place('datasets', BOXES)}/versions", "2026-11-23T04:01:30Z"
    found = await surface.get(versions, asOf=by_then, limit=1_000)
    assert (len(found["versions"]), found["totalCount"]) == (600, 600)
    assert len({each["version"] for each in found["versions"]}) == 600
    found = await surface.get(versions, asOf=by_then, limit=5, offset=598)
    assert len(found["versions"]) == 2


async def test_events_are_those_that_had_happened_and_were_known(told: Told) -> None:
    async def times(path: str = "/events", **chosen: str) -> list[str]:
        params = {"sortDirection": "asc", "limit": "100", **chosen}
        found = await told.surface.ask("GET", path, params=params)
        assert found["totalCount"] == len(found["events"])
        return [each["eventTime"] for each in found["events"]]

    at = "2026-11-24T04:30:00.000000Z"
    past = await times(asOf=at)
    assert past == [each for each in await times() if each <= at]
    assert past[-1] == at
    first, third = told.answered[0][0], told.answered[2][0]
    assert len(await times(knownAt=first)) == len(stages()[0])
    assert await times(asOf=at, knownAt=third) == await times(
        knownAt=third, before="2026-11-24T04:30:01Z"
    )
    # Told in the fifth stage, of what was in the first.
    assert "2026-11-23T04:05:00.000000Z" in await times("/events/shop", asOf=at)
    assert await times("/events/shop", asOf=at, knownAt=third) == []


# Hours of event time, and how many stages had been told.
MOMENTS = [(None, None), (3, None), (25, None), (None, 2), (25, 3), (3, 5)]
OF_DATASET = "fields { name type description } tags"
OF_RUN = "state startedAt endedAt inputs { namespace name } outputs { namespace name }"
OF_JOB = "inputs { namespace name } outputs { namespace name } runs(first: 50) { nodes { runId } }"


def asked(as_of: int | None, known_at: str | None) -> dict[str, str]:
    happened = {} if as_of is None else {"asOf": format_instant(as_of)}
    return happened if known_at is None else {**happened, "knownAt": known_at}


async def test_what_is_answered_is_what_graphql_answers(told: Told) -> None:
    surface = told.surface
    sources = Client(surface.store, Catalog()).sources

    def graphql(kind: str, name: DatasetName | JobName, of: str, clocks: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        query = (
            "query ($namespace: String!, $name: String!, $asOf: DateTime, $knownAt: DateTime) {"
            f" {kind}(namespace: $namespace, name: $name, asOf: $asOf, knownAt: $knownAt)"
            f" {{ {of} }} }}"
        )
        return answer(sources, query, {**name._asdict(), **clocks})[kind]

    async def rest(path: str, clocks: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        got = await fetch(surface, path, clocks)
        return None if got.status_code == 404 else got.json()

    for hours, stage in MOMENTS:
        as_of = None if hours is None else MONDAY + hours * 60 * MINUTE
        clocks = asked(as_of, None if stage is None else told.answered[stage - 1][0])
        for name in DATASETS:
            ours = graphql("dataset", name, OF_DATASET, clocks)
            theirs = await rest(place("datasets", name), clocks)
            assert (ours is None) == (theirs is None), (clocks, name)
            if ours:
                shown = [
                    {key: field[key] for key in ("name", "type", "description")}
                    for field in theirs["fields"]
                ]
                assert shown == ours["fields"], (clocks, name)
                assert theirs["tags"] == ours["tags"], (clocks, name)
        for job in JOBS:
            ours = graphql("job", job, OF_JOB, clocks)
            theirs = await rest(place("jobs", job), clocks)
            assert (ours is None) == (theirs is None), (clocks, job)
            if ours:
                assert theirs["inputs"] == ours["inputs"], (clocks, job)
                assert theirs["outputs"] == ours["outputs"], (clocks, job)
                runs = (await rest(f"{place('jobs', job)}/runs", clocks))["runs"]
                ids = [each["runId"] for each in ours["runs"]["nodes"]]
                assert [run["id"] for run in runs] == ids, (clocks, job)
                await _runs_are_the_same(rest, graphql_run(sources, job), runs, clocks)
        for node in NODES:
            await _edges_are_the_same(rest, sources, node, clocks)


def graphql_run(sources: Sources, job: JobName) -> Callable[[str, dict[str, str]], Any]:
    query = (
        "query ($id: ID!, $asOf: DateTime, $knownAt: DateTime) {"
        f" run(id: $id, asOf: $asOf, knownAt: $knownAt) {{ {OF_RUN} }} }}"
    )

    def ask(run_id: str, clocks: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        return answer(sources, query, {"id": f"run:{job.namespace}:{job.name}:{run_id}", **clocks})[
            "run"
        ]

    return ask


async def _runs_are_the_same(
    rest: Callable[[str, dict[str, str]], Any],
    graphql: Callable[[str, dict[str, str]], Any],
    runs: list[dict[str, Any]],
    clocks: dict[str, str],
) -> None:
    for listed in runs:
        run = await rest(f"/jobs/runs/{listed['id']}", clocks)
        ours = graphql(listed["id"], clocks)
        assert run == listed
        assert run["state"] == STATES[ours["state"]]
        assert [run["startedAt"], run["endedAt"]] == [
            at and at.replace(".000000", "") for at in (ours["startedAt"], ours["endedAt"])
        ]
        for side in ("input", "output"):
            used = [each["datasetVersionId"] for each in run[f"{side}DatasetVersions"]]
            names = [{"namespace": each["namespace"], "name": each["name"]} for each in used]
            assert names == ours[f"{side}s"], (clocks, listed["id"])


async def _edges_are_the_same(
    rest: Callable[[str, dict[str, str]], Any],
    sources: Sources,
    node: str,
    clocks: dict[str, str],
) -> None:
    query = """
    query ($node: ID!, $asOf: DateTime, $knownAt: DateTime) {
      near: lineage(
        node: $node, direction: BOTH, depth: 1, asOf: $asOf, knownAt: $knownAt
      ) { nodes { id } edges { source target } }
      fields: lineage(
        node: $node, direction: UPSTREAM, depth: 9, level: FIELD, asOf: $asOf, knownAt: $knownAt
      ) { edges { source target } }
    }
    """
    ours = answer(sources, query, {"node": node, **clocks})
    theirs = await rest(f"/lineage?nodeId={quote(node)}", clocks)
    assert (ours["near"] is None) == (theirs is None), (clocks, node)
    if theirs is not None:
        shown = {(e["origin"], e["destination"]) for n in theirs["graph"] for e in n["outEdges"]}
        assert {_ends(edge) for edge in ours["near"]["edges"]} <= shown, (clocks, node)
        found = {each["id"] for each in theirs["graph"]}
        assert {_written(each["id"]) for each in ours["near"]["nodes"]} <= found
    columns = await rest(f"/column-lineage?nodeId={quote(node)}", clocks)
    if ours["fields"] is None or columns is None:
        assert not ours["fields"] or not ours["fields"]["edges"]
        assert not columns or not columns["graph"]
        return
    made = {(e["destination"], e["origin"]) for n in columns["graph"] for e in n["inEdges"]}
    told = {_ends(edge) for edge in ours["fields"]["edges"]}
    if node.startswith("job:"):
        # Its own edges lead to the job there, and to the fields that it makes here.
        assert {source for source, _ in made} == {source for source, _ in told}, (clocks, node)
    else:
        assert made == told, (clocks, node)


def _ends(edge: dict[str, str]) -> tuple[str, str]:
    return _written(edge["source"]), _written(edge["target"])


def _written(node: str) -> str:
    """Return an id of the hub's as Marquez writes it."""
    kind, *parts = node.split(":")
    return ":".join(["datasetField" if kind == "field" else kind, *map(unquote, parts)])


async def test_what_is_no_instant_is_refused(bakery_surface: Surface) -> None:
    texts = ["", "yesterday", "1969-12-31T23:59:59Z", "9999", "\0"]
    for path, text, clock in product(sorted(OF_THE_PAST), texts, CLOCKS):
        url = "/" + path.replace("*", "bakery")
        params = {clock: text, "nodeId": "job:bakery:bake", "type": "run", "q": "bake"}
        found = await bakery_surface.get(url, status=400, **params)
        [said] = found.get("errors", [found.get("message")])
        assert clock in said


async def test_what_is_not_kept_for_this_api_is_refused(bakery_surface: Surface) -> None:
    version = f"dataset:{bakery.OVEN}:{LOAVES.name}%23{RUNS[0]}"
    paths = [
        f"/lineage?nodeId=run:{RUNS[0]}",
        f"/lineage?nodeId={version}",
        f"/column-lineage?nodeId={version}",
        "/jobs?lastRunStates=FAILED",
    ]
    for path, clock in product(paths, CLOCKS):
        url = f"{path}&{clock}=2026-03-01T00%3A00%3A00Z"
        [said] = (await bakery_surface.ask("GET", url, status=400))["errors"]
        assert said.startswith(f"query param {clock} is for GraphQL")
