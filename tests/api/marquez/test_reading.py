"""What the bakery looks like through Marquez's surface."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import LineageInferred, encode_decision
from hub.domain.lineage.inference import Inference
from hub.flow.project import project_all
from hub.queries.marquez.lists import Slice, Sought, search_names, spans_of_namespaces
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event, schema
from tests.api.marquez import bakery
from tests.api.marquez.bakery import BAKE, LOAVES, SALES, SELL, run_id
from tests.api.marquez.conftest import Surface
from tests.small_world import append

OVEN = quote(bakery.OVEN, safe="")
MADE = f"/namespaces/{OVEN}/datasets/{quote(LOAVES.name, safe='')}"
BAKING = "/namespaces/bakery/jobs/bake"
NOTHING = {"results": [], "totalCount": 0}
SELLING = "/namespaces/bakery/jobs/sell.daily"


async def test_an_empty_hub_has_the_default_namespace_and_nothing_else(surface: Surface) -> None:
    [default] = (await surface.get("/namespaces"))["namespaces"]
    assert default["name"] == "default"
    assert (default["ownerName"], default["isHidden"]) == ("anonymous", False)
    assert await surface.get("/jobs") == {"jobs": [], "totalCount": 0}
    assert await surface.get("/sources") == {"sources": []}
    assert await surface.get("/tags") == {"tags": []}
    assert await surface.get("/events/lineage") == {"events": [], "totalCount": 0}


async def test_namespaces_are_those_of_jobs_and_of_datasets(bakery_surface: Surface) -> None:
    found = (await bakery_surface.get("/namespaces"))["namespaces"]
    assert [each["name"] for each in found] == sorted(
        ["bakery", "default", "office", bakery.OVEN, SALES.namespace]
    )
    oven = await bakery_surface.get(f"/namespaces/{OVEN}")
    assert oven["createdAt"] == "2026-11-23T04:30:00Z"
    assert oven["updatedAt"] == "2026-11-24T05:01:00Z"


async def test_a_dataset_whose_name_has_slashes_is_found_under_its_encoded_name(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get(MADE)
    assert found["id"] == {"namespace": bakery.OVEN, "name": LOAVES.name}
    assert (found["type"], found["physicalName"]) == ("DB_TABLE", LOAVES.name)
    assert found["sourceName"] == "oven"
    assert found["description"] == "What came out of the oven."
    assert found["lastModifiedAt"] == "2026-11-24T04:30:00Z"
    assert [field["name"] for field in found["fields"]] == ["id", "weight"]
    assert found["fields"][0] == {"name": "id", "type": "string", "tags": [], "description": None}
    assert found["columnLineage"] == [
        {
            "name": "weight",
            "inputFields": [
                {
                    "namespace": bakery.OVEN,
                    "dataset": "raw/flour",
                    "field": "grams",
                    "transformationDescription": None,
                    "transformationType": "DIRECT",
                }
            ],
            "transformationDescription": None,
            "transformationType": "DIRECT",
        }
    ]
    assert set(found["facets"]) == {"columnLineage", "dataSource", "documentation", "schema"}
    assert (found["tags"], found["deleted"]) == ([], False)


async def test_each_completed_run_makes_a_version_and_the_newest_is_current(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get(f"{MADE}/versions")
    assert found["totalCount"] == 2
    newest, oldest = found["versions"]
    assert newest["createdByRun"]["id"] == run_id(BAKE, 1)
    assert newest["createdAt"] == "2026-11-24T04:30:00Z"
    assert (await bakery_surface.get(MADE))["currentVersion"] == newest["version"]
    assert newest["version"] != oldest["version"]
    assert newest["currentSchemaVersion"] == oldest["currentSchemaVersion"]
    one = await bakery_surface.get(f"{MADE}/versions/{oldest['version']}")
    assert one == oldest
    [sliced] = (await bakery_surface.get(f"{MADE}/versions", limit=1, offset=1))["versions"]
    assert sliced == oldest


async def test_a_dataset_that_nobody_writes_has_a_version_for_its_schema(
    bakery_surface: Surface,
) -> None:
    path = f"/namespaces/{OVEN}/datasets/{quote('raw/flour', safe='')}"
    [version] = (await bakery_surface.get(f"{path}/versions"))["versions"]
    assert version["createdByRun"] is None
    assert (await bakery_surface.get(path))["currentVersion"] == version["version"]
    assert await bakery_surface.get(f"{path}/versions/{version['version']}") == version


async def test_a_version_that_no_run_wrote_has_the_facets_of_its_time(surface: Surface) -> None:
    for day, (field, words) in enumerate((("old", "First."), ("new", "Then."), ("new", "Now."))):
        said = dataset(LOAVES, schema=schema(field), documentation={"description": words})
        at = bakery.MONDAY + day * bakery.DAY
        await surface.send(run_event(SELL, run_id(SELL, day), at=at, inputs=[said]))
    newest, oldest = (await surface.get(f"{MADE}/versions"))["versions"]
    for version, field, words in ((newest, "new", "Now."), (oldest, "old", "First.")):
        assert version["createdByRun"] is None
        assert version["facets"]["documentation"]["description"] == words
        assert [each["name"] for each in version["facets"]["schema"]["fields"]] == [field]
        assert [each["name"] for each in version["fields"]] == [field]
        assert await surface.get(f"{MADE}/versions/{version['version']}") == version
    assert newest["facets"] == (await surface.get(MADE))["facets"]


async def test_a_version_is_there_until_its_run_says_that_it_failed(surface: Surface) -> None:
    for day, kind in enumerate(("COMPLETE", "FAIL")):
        at = bakery.MONDAY + day * bakery.DAY
        outputs = [dataset(LOAVES, schema=schema("id"))]
        event = run_event(BAKE, run_id(BAKE, 1), at=at, event_type=kind, outputs=outputs)
        await surface.send(event)
    then = "?asOf=2026-11-23T12:00:00Z"
    [version] = (await surface.get(f"{MADE}/versions{then}"))["versions"]
    assert version["createdByRun"]["state"] == "COMPLETED"
    assert (await surface.get(f"{MADE}{then}"))["currentVersion"] == version["version"]
    assert await surface.get(f"{MADE}/versions/{version['version']}{then}") == version
    assert (await surface.get(MADE))["lastModifiedAt"] is None
    assert (await surface.get(f"{MADE}{then}"))["lastModifiedAt"] is not None


async def test_what_a_reader_names_is_no_version_where_all_fields_are_known(
    surface: Surface,
) -> None:
    whole, partial = schema("id", "weight"), {"fields": [{"name": "id"}]}
    for day, said in enumerate((partial, whole, partial)):
        at = bakery.MONDAY + day * bakery.DAY
        used = [dataset(LOAVES, schema=said)]
        await surface.send(run_event(SELL, run_id(SELL, day), at=at, inputs=used))
    found, [version] = await surface.get(MADE), (await surface.get(f"{MADE}/versions"))["versions"]
    for shown in (found, version):
        assert [each["name"] for each in shown["fields"]] == ["id", "weight"]
        assert shown["facets"]["schema"]["fields"] == whole["fields"]
    assert found["currentVersion"] == version["version"]


def test_how_old_a_namespace_is_does_not_take_a_look_at_all_runs_and_edges(
    sqlite_store: Store,
) -> None:
    asked: list[tuple[str, Any]] = []
    engine = sqlite_store.database.engine

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    with sqlite_store.database.read() as connection:
        event.listen(engine, "before_cursor_execute", note)
        spans_of_namespaces(connection, [1, 2])
        event.remove(engine, "before_cursor_execute", note)
        [(text, values)] = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        steps = [row.detail for row in plan]
    assert any(step.startswith("SEARCH run_1 USING") for step in steps)
    assert not any(step.startswith(("SCAN run", "SCAN edge")) for step in steps)


def test_a_search_does_not_go_through_all_children_of_a_parent_that_no_event_names(
    sqlite_store: Store,
) -> None:
    def told(first: int, last: int) -> list[bytes]:
        job = {"namespace": "away", "name": "all"}
        parents = ({"job": job, "run": {"runId": f"{n:08}-{'0' * 12}"}} for n in range(first, last))
        return [
            run_event(BAKE, f"child-{n}", at=bakery.MONDAY + n, run_facets={"parent": parent})
            for n, parent in enumerate(parents, first)
        ]

    def steps(last: int) -> int:
        taken = []
        with sqlite_store.database.read() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(lambda: taken.append(1), 10)
            found = search_names(connection, Sought("all"), Slice(10), newest_first=True)
            driver.set_progress_handler(None, 0)
        assert [each.updated_at for each in found.rows] == [bakery.MONDAY + last - 1]
        return len(taken)

    counts = []
    for first, last in ((0, 200), (200, 2_000)):
        append(sqlite_store, *told(first, last))
        project_all(sqlite_store)
        counts.append(steps(last))
    assert counts[1] < 1.2 * counts[0]


async def test_what_is_only_known_by_inference_or_as_a_parent_is_as_old_as_what_named_it(
    surface: Surface,
) -> None:
    parent = {"run": {"runId": bakery.PARENT}, "job": {"namespace": "away", "name": "all"}}
    at = bakery.MONDAY
    await surface.send(run_event(BAKE, run_id(BAKE, 0), at=at, run_facets={"parent": parent}))
    said = Inference(
        event_time=at, inputs=(LOAVES,), outputs=(), fields=(), reader="some", confidence=0.6
    )
    decision = encode_decision(LineageInferred(at=at, job=BAKE, said=(said,)))
    surface.store.journal.append([NewEntry(EntryKind.DECISION, decision)], recorded_at=at)
    surface.settle()
    [version] = (await surface.get(f"{MADE}/versions"))["versions"]
    [found] = (await surface.get("/search", q="all"))["results"]
    assert await surface.get("/search", q="all", before="2026-11-23") == NOTHING
    [dated] = (await surface.get("/search", q="loaves"))["results"]
    graph = (await surface.get("/lineage", nodeId="job:bakery:bake"))["graph"]
    times = [version["createdAt"], found["updatedAt"], dated["updatedAt"]]
    for node in (
        await surface.get(MADE),
        await surface.get("/namespaces/away"),
        await surface.get(f"/namespaces/{OVEN}"),
        *(each["data"] for each in graph),
    ):
        times += [node["createdAt"], node["updatedAt"]]
    assert set(times) == {"2026-11-23T04:00:00Z"}


async def test_what_tests_of_a_dataset_came_to_is_among_its_facets_whoever_read_it(
    surface: Surface,
) -> None:
    def checked(*outcomes: tuple[str, bool]) -> dict[str, Any]:
        said = [{"assertion": name, "success": done, "column": "id"} for name, done in outcomes]
        return {**dataset(LOAVES), "inputFacets": {"dataQualityAssertions": {"assertions": said}}}

    for day, outcomes in enumerate([(("unique", False), ("not_null", True)), (("unique", True),)]):
        at = bakery.MONDAY + day * bakery.DAY
        await surface.send(run_event(SELL, run_id(SELL, day), at=at, inputs=[checked(*outcomes)]))
    expected = [
        {"assertion": "not_null", "column": "id", "success": True},
        {"assertion": "unique", "column": "id", "success": True},
    ]
    found = await surface.get(MADE)
    assert found["facets"]["dataQualityAssertions"]["assertions"] == expected
    [listed] = (await surface.get(f"/namespaces/{OVEN}/datasets"))["datasets"]
    assert listed == found


async def test_datasets_are_listed_by_name_in_slices(bakery_surface: Surface) -> None:
    path = f"/namespaces/{OVEN}/datasets"
    found = await bakery_surface.get(path)
    assert [each["name"] for each in found["datasets"]] == ["made/loaves", "raw/flour"]
    sliced = await bakery_surface.get(path, limit=1, offset=1)
    assert [each["name"] for each in sliced["datasets"]] == ["raw/flour"]
    assert found["totalCount"] == sliced["totalCount"] == 2


async def test_a_job_shows_what_it_reads_and_writes_and_its_latest_runs(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get(BAKING)
    assert (found["type"], found["description"]) == ("BATCH", "Bakes.")
    assert found["location"] == "https://git.example/bake.py"
    assert found["inputs"] == [{"namespace": bakery.OVEN, "name": "raw/flour"}]
    assert found["outputs"] == [{"namespace": bakery.OVEN, "name": "made/loaves"}]
    assert [run["id"] for run in found["latestRuns"]] == [run_id(BAKE, 1), run_id(BAKE, 0)]
    assert found["latestRun"]["facets"].keys() == {"nominalTime"}
    assert found["currentVersion"] == found["latestRun"]["jobVersion"]["version"]
    assert found["labels"] == found["tags"] == []


async def test_a_job_that_a_run_started_has_the_job_of_that_run_as_its_parent(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get(SELLING)
    assert (found["parentJobName"], found["simpleName"]) == ("sell", "daily")
    parent = await bakery_surface.get("/namespaces/bakery/jobs/sell")
    assert parent["createdAt"] == "2026-11-23T05:00:00Z"
    assert parent["latestRun"] is None
    assert parent["currentVersion"] is None
    assert await bakery_surface.get("/namespaces/bakery/jobs/sell/versions") == {"versions": []}


async def test_labels_of_a_job_tell_its_sort_and_its_integration(surface: Surface) -> None:
    facet = {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}
    event = run_event(BAKE, run_id(BAKE, 0), at=bakery.MONDAY, job_facets={"jobType": facet})
    await surface.send(event)
    assert (await surface.get(BAKING))["labels"] == ["JOB", "FLINK"]


async def test_a_run_whose_start_nobody_told_began_when_it_was_first_heard_of_going_on(
    surface: Surface,
) -> None:
    def told(day: int, at: int, event_type: str) -> bytes:
        return run_event(BAKE, run_id(BAKE, day), at=at, event_type=event_type)

    at = bakery.MONDAY
    events = [told(0, at, "RUNNING"), told(0, at + bakery.MINUTE, "FAIL")]
    await surface.send(*events, told(1, at, "COMPLETE"), told(2, at, "OTHER"))
    found = [await surface.get(f"/jobs/runs/{run_id(BAKE, day)}") for day in range(3)]
    assert [(run["state"], run["startedAt"], run["durationMs"]) for run in found] == [
        ("FAILED", "2026-11-23T04:00:00Z", 60_000),
        ("COMPLETED", None, None),
        ("NEW", None, None),
    ]


async def test_statements_of_an_application_are_listed_as_ever(surface: Surface) -> None:
    started = {"parent": {"run": {"runId": run_id(BAKE, 0)}, "job": BAKE._asdict()}}
    kind = {"jobType": {"processingType": "BATCH", "integration": "SPARK", "jobType": "SQL_JOB"}}
    told = run_event(SELL, run_id(SELL, 0), at=0, run_facets=started, job_facets=kind)
    await surface.send(told)
    found = await surface.get("/namespaces/bakery/jobs")
    assert SELL.name in [job["name"] for job in found["jobs"]]


async def test_jobs_are_listed_from_the_one_last_heard_of_and_by_their_last_state(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get("/jobs")
    assert [job["name"] for job in found["jobs"]] == ["sell.daily", "bake", "report", "sell"]
    assert found["totalCount"] == 4
    failed = await bakery_surface.get("/jobs", lastRunStates="FAILED")
    assert [job["name"] for job in failed["jobs"]] == ["sell.daily"]
    assert failed["totalCount"] == 1
    both = await bakery_surface.get("/jobs?lastRunStates=FAILED&lastRunStates=COMPLETED&limit=1")
    assert (len(both["jobs"]), both["totalCount"]) == (1, 2)
    assert (await bakery_surface.get("/namespaces/office/jobs"))["totalCount"] == 1


async def test_a_run_is_found_by_its_id_alone(bakery_surface: Surface) -> None:
    found = await bakery_surface.get(f"/jobs/runs/{run_id(BAKE, 0)}")
    assert found["state"] == "COMPLETED"
    assert found["startedAt"] == "2026-11-23T04:00:00Z"
    assert found["endedAt"] == "2026-11-23T04:30:00Z"
    assert found["durationMs"] == 1_800_000
    assert found["nominalEndTime"] == "2026-11-24T04:00:00Z"
    [output] = found["outputDatasetVersions"]
    versions = (await bakery_surface.get(f"{MADE}/versions"))["versions"]
    assert output["datasetVersionId"]["version"] == versions[1]["version"]


async def test_a_run_reads_the_version_that_was_complete_when_it_began(
    bakery_surface: Surface,
) -> None:
    runs = (await bakery_surface.get(f"{SELLING}/runs"))["runs"]
    versions = (await bakery_surface.get(f"{MADE}/versions"))["versions"]
    assert [run["id"] for run in runs] == [run_id(SELL, 1), run_id(SELL, 0)]
    assert [run["state"] for run in runs] == ["FAILED", "COMPLETED"]
    read = [run["inputDatasetVersions"][0]["datasetVersionId"]["version"] for run in runs]
    assert read == [version["version"] for version in versions]


async def test_facets_of_a_run_are_its_own_or_its_jobs(bakery_surface: Surface) -> None:
    path = f"/jobs/runs/{run_id(BAKE, 0)}/facets"
    of_run = await bakery_surface.get(path, type="run")
    assert (of_run["runId"], list(of_run["facets"])) == (run_id(BAKE, 0), ["nominalTime"])
    of_job = await bakery_surface.get(path, type="JOB")
    assert list(of_job["facets"]) == ["documentation", "sourceCodeLocation"]


async def test_job_versions_tell_which_data_runs_of_a_job_named(bakery_surface: Surface) -> None:
    [version] = (await bakery_surface.get(f"{BAKING}/versions"))["versions"]
    assert version["inputs"] == [{"namespace": bakery.OVEN, "name": "raw/flour"}]
    assert version["latestRun"]["id"] == run_id(BAKE, 1)
    assert await bakery_surface.get(f"{BAKING}/versions/{version['version']}") == version


async def test_a_job_that_never_ran_has_the_version_that_it_is_declared_to_be(
    bakery_surface: Surface,
) -> None:
    path = "/namespaces/office/jobs/report"
    [version] = (await bakery_surface.get(f"{path}/versions"))["versions"]
    assert version["inputs"] == [SALES._asdict()]
    assert (version["outputs"], version["latestRun"]) == ([], None)
    assert (await bakery_surface.get(path))["currentVersion"] == version["version"]
    assert await bakery_surface.get(f"{path}/versions/{version['version']}") == version
    assert (await bakery_surface.get(f"{path}/versions", offset=1))["versions"] == []


async def test_sources_are_those_that_datasets_name(bakery_surface: Surface) -> None:
    [source] = (await bakery_surface.get("/sources"))["sources"]
    assert (source["name"], source["type"]) == ("oven", "S3")
    assert source["connectionUrl"] == "s3://oven"
    assert await bakery_surface.get("/sources/oven") == source


async def test_tags_are_those_in_use(bakery_surface: Surface) -> None:
    assert await bakery_surface.get("/tags") == {"tags": [{"name": "money", "description": None}]}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"q": "LOAV"}, [("DATASET", "made/loaves")]),
        ({"q": "s", "filter": "JOB"}, [("JOB", "sell"), ("JOB", "sell.daily")]),
        (
            {"q": "a", "sort": "UPDATE_AT", "limit": 2},
            [("DATASET", "made/loaves"), ("JOB", "sell.daily")],
        ),
        (
            {"q": "a", "namespace": "bakery", "after": "2026-11-24"},
            [("JOB", "bake"), ("JOB", "sell.daily")],
        ),
        ({"q": "%"}, []),
        ({"q": "r", "before": "2026-11-24"}, [("JOB", "report")]),
    ],
)
async def test_a_search_finds_parts_of_names(
    bakery_surface: Surface, params: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = await bakery_surface.get("/search", **params)
    assert [(each["type"], each["name"]) for each in found["results"]] == expected


async def test_a_search_counts_all_that_it_has_found(bakery_surface: Surface) -> None:
    found = await bakery_surface.get("/search", q="a", limit=1)
    assert (len(found["results"]), found["totalCount"]) == (1, 5)
    assert found["results"][0]["nodeId"] == "job:bakery:bake"


async def test_events_are_listed_by_their_own_time_with_what_readers_look_for(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get("/events/lineage", limit=2)
    assert found["totalCount"] == 9
    assert [each["eventType"] for each in found["events"]] == ["FAIL", "START"]
    oldest = await bakery_surface.get("/events/lineage", sortDirection="asc", limit=2)
    assert [each["run"].get("runId") for each in oldest["events"]] == [run_id(BAKE, 0), None]
    assert oldest["events"][1]["job"]["name"] == "report"
    window: dict[str, Any] = {"after": "2026-11-23T04:05:00Z", "before": "2026-11-23T05:00:00Z"}
    some = await bakery_surface.get("/events/lineage", **window)
    assert [each["job"]["name"] for each in some["events"]] == ["bake", "report"]
    assert some["totalCount"] == 2
    rest = await bakery_surface.get("/events/lineage", offset=7)
    assert [each["job"]["name"] for each in rest["events"]] == ["report", "bake"]


async def test_events_of_a_namespace_are_those_of_its_jobs(bakery_surface: Surface) -> None:
    assert (await bakery_surface.get("/events"))["totalCount"] == 9
    office = await bakery_surface.get("/events/office")
    assert [each["job"]["name"] for each in office["events"]] == ["report"]
    assert office["totalCount"] == 1


@pytest.mark.parametrize("written", ["s3://shop/a b", "s3%3A%2F%2Fshop%2Fa%20b"])
async def test_events_of_a_namespace_are_found_with_its_slashes_encoded_or_not(
    surface: Surface, written: str
) -> None:
    await surface.ask("PUT", "/namespaces/s3%3A%2F%2Fshop%2Fa%20b", json={"ownerName": "me"})
    job = {"type": "BATCH", "inputs": [], "outputs": []}
    await surface.ask("PUT", "/namespaces/s3%3A%2F%2Fshop%2Fa%20b/jobs/sell", json=job)
    assert (await surface.get(f"/events/{written}"))["totalCount"] == 1


async def test_charts_count_what_there_was_at_the_end_of_each_interval(
    bakery_surface: Surface,
) -> None:
    week: dict[str, Any] = {"period": "WEEK", "timezone": "Europe/Berlin"}
    jobs = await bakery_surface.get("/stats/jobs", **week)
    assert [each["count"] for each in jobs] == [0, 0, 0, 0, 3, 3, 3]
    assert jobs[-1]["startInterval"] == "2026-11-24T23:00:00Z"
    assert [each["count"] for each in await bakery_surface.get("/stats/sources", **week)][-1] == 1
    events = await bakery_surface.get("/stats/lineage-events", **week)
    monday = {name: events[4][name] for name in ("start", "complete", "fail", "abort")}
    assert monday == {"start": 2, "complete": 2, "fail": 0, "abort": 0}
    assert events[5]["fail"] == 1
    day = await bakery_surface.get("/stats/datasets", period="DAY")
    assert [each["count"] for each in day] == [3] * 24
    assert day[-1]["startInterval"] == "2026-11-25T12:00:00Z"
