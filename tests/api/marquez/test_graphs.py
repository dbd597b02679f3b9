"""The bakery's lineage: of jobs and datasets, of fields, of runs."""

from __future__ import annotations

import json
from typing import Any

from hub.testing.builders import dataset, run_event
from tests.api.marquez import bakery
from tests.api.marquez.bakery import BAKE, LOAVES, PARENT, SALES, SELL, run_id
from tests.api.marquez.conftest import Surface

BAKING = "job:bakery:bake"
SELLING = "job:bakery:sell.daily"
REPORTING = "job:office:report"
FLOUR = "dataset:s3://oven:raw/flour"
MADE = "dataset:s3://oven:made/loaves"
SOLD = "dataset:postgres://till:5432:shop.public.sales"


def ids(graph: dict[str, Any]) -> list[str]:
    return [node["id"] for node in graph["graph"]]


def edges(graph: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (edge["origin"], edge["destination"])
        for node in graph["graph"]
        for edge in node["outEdges"]
    }


async def test_a_hop_leads_to_all_jobs_that_share_data_whichever_way_it_flows(
    bakery_surface: Surface,
) -> None:
    alone = await bakery_surface.get("/lineage", nodeId=BAKING, depth=0)
    assert ids(alone) == sorted([BAKING, MADE, FLOUR])
    one = await bakery_surface.get("/lineage", nodeId=BAKING, depth=1)
    assert ids(one) == sorted([BAKING, SELLING, FLOUR, MADE, SOLD])
    every = await bakery_surface.get("/lineage", nodeId=REPORTING)
    assert ids(every) == sorted([BAKING, SELLING, REPORTING, FLOUR, MADE, SOLD])
    assert edges(every) == {
        (FLOUR, BAKING),
        (BAKING, MADE),
        (MADE, SELLING),
        (SELLING, SOLD),
        (SOLD, REPORTING),
    }


async def test_an_edge_that_no_run_has_shown_tells_how_it_is_known(bakery_surface: Surface) -> None:
    plan = {
        "eventTime": "2026-11-23T04:00:00Z",
        "job": {"namespace": "bakery", "name": "bake"},
        "inputs": [{"namespace": "s3://oven", "name": each} for each in ("raw/flour", "raw/salt")],
    }
    await bakery_surface.send(json.dumps(plan).encode())
    graph = await bakery_surface.get("/lineage", nodeId=BAKING, depth=0)
    [baking] = [node for node in graph["graph"] if node["id"] == BAKING]
    salt = FLOUR.replace("flour", "salt")
    assert baking["inEdges"] == [
        {"origin": FLOUR, "destination": BAKING},
        {"origin": salt, "destination": BAKING, "hub_origin": "DECLARED"},
    ]


async def test_each_node_shows_both_ends_of_its_edges_and_its_data(
    bakery_surface: Surface,
) -> None:
    graph = await bakery_surface.get("/lineage", nodeId=MADE, depth=0)
    nodes = {node["id"]: node for node in graph["graph"]}
    assert nodes[MADE]["type"] == "DATASET"
    assert nodes[MADE]["inEdges"] == [{"origin": BAKING, "destination": MADE}]
    assert nodes[MADE]["outEdges"] == [{"origin": MADE, "destination": SELLING}]
    assert nodes[MADE]["data"]["type"] == "DB_TABLE"
    assert "facets" not in nodes[MADE]["data"]
    job = nodes[SELLING]["data"]
    assert (nodes[SELLING]["type"], job["type"]) == ("JOB", "BATCH")
    assert job["currentRunUuid"] == job["latestRun"]["id"] == run_id(SELL, 1)
    assert job["parentJobName"] == "sell"


async def test_names_with_colons_are_split_where_something_is_known(
    bakery_surface: Surface,
) -> None:
    for node in (MADE, SOLD, "dataset:s3%3A%2F%2Foven:made/loaves"):
        assert ids(await bakery_surface.get("/lineage", nodeId=node, depth=0))


async def test_fields_lead_back_to_what_they_are_made_from(bakery_surface: Surface) -> None:
    graph = await bakery_surface.get("/column-lineage", nodeId=SOLD, depth=1)
    nodes = {node["id"]: node for node in graph["graph"]}
    price = "datasetField:postgres://till:5432:shop.public.sales:price"
    weight = "datasetField:s3://oven:made/loaves:weight"
    assert nodes[price]["inEdges"] == [{"origin": price, "destination": weight}]
    assert nodes[weight]["outEdges"] == [{"origin": weight, "destination": price}]
    assert nodes[price]["data"]["fieldType"] == "string"
    assert [each["field"] for each in nodes[price]["data"]["inputFields"]] == ["weight"]
    assert nodes[weight]["data"]["inputFields"] == []
    deeper = await bakery_surface.get("/column-lineage", nodeId=price)
    assert "datasetField:s3://oven:raw/flour:grams" in ids(deeper)


async def test_what_is_made_of_a_field_is_shown_where_python_says_true(
    bakery_surface: Surface,
) -> None:
    weight = "datasetField:s3://oven:made/loaves:weight"
    up = await bakery_surface.get("/column-lineage", nodeId=weight, withDownstream="False")
    both = await bakery_surface.get("/column-lineage", nodeId=weight, withDownstream="True")
    assert len(ids(both)) == len(ids(up)) + 1


async def test_fields_of_a_job_are_those_that_it_makes(bakery_surface: Surface) -> None:
    graph = await bakery_surface.get("/column-lineage", nodeId=BAKING, depth=1)
    assert ids(graph) == [
        "datasetField:s3://oven:made/loaves:weight",
        "datasetField:s3://oven:raw/flour:grams",
    ]


async def test_a_version_is_made_of_versions(bakery_surface: Surface) -> None:
    versions = (
        await bakery_surface.get(
            "/namespaces/postgres%3A%2F%2Ftill%3A5432/datasets/shop.public.sales/versions"
        )
    )["versions"]
    [only] = [version["version"] for version in versions]
    graph = await bakery_surface.get("/column-lineage", nodeId=f"{SOLD}#{only}", depth=1)
    assert f"datasetField:postgres://till:5432:shop.public.sales:price#{only}" in ids(graph)
    assert all("#" in each for each in ids(graph))


async def test_runs_lead_back_to_the_runs_that_wrote_what_they_read(
    bakery_surface: Surface,
) -> None:
    found = await bakery_surface.get("/runlineage/upstream", runId=run_id(SELL, 0))
    sold, baked = found["runs"]
    assert sold["run"] == {
        "id": run_id(SELL, 0),
        "start": "2026-11-23T05:00:00Z",
        "end": "2026-11-23T05:01:00Z",
        "status": "COMPLETED",
    }
    [read] = sold["inputs"]
    assert (read["name"], read["producedByRunId"]) == (LOAVES.name, run_id(BAKE, 0))
    assert (baked["job"]["name"], baked["run"]["id"]) == ("bake", run_id(BAKE, 0))
    assert [each["producedByRunId"] for each in baked["inputs"]] == [None]
    none = await bakery_surface.get("/runlineage/upstream", runId=run_id(SELL, 0), depth=0)
    assert len(none["runs"]) == 1


async def test_runs_and_versions_are_nodes_where_a_run_is_asked_for(
    bakery_surface: Surface,
) -> None:
    node = f"run:{run_id(BAKE, 0)}"
    graph = await bakery_surface.get("/lineage", nodeId=node)
    kinds = [each["type"] for each in graph["graph"]]
    assert kinds.count("RUN") == 2
    assert kinds.count("DATASET_VERSION") == 3
    reached = {each.partition("#")[0] for each in ids(graph)}
    assert reached == {node, f"run:{run_id(SELL, 0)}", FLOUR, MADE, SOLD}
    [made] = [each["id"] for each in graph["graph"] if each["id"].startswith(MADE)]
    assert (node, made) in edges(graph)
    again = await bakery_surface.get("/lineage", nodeId=made)
    assert ids(again) == ids(graph)


async def test_runs_that_another_one_started_count_as_that_one_on_request(
    bakery_surface: Surface,
) -> None:
    graph = await bakery_surface.get(
        "/lineage", nodeId=f"run:{PARENT}", aggregateToParentRun="true"
    )
    [parent] = [each for each in graph["graph"] if each["id"] == f"run:{PARENT}"]
    assert parent["data"]["childRunIds"] == sorted(run_id(SELL, day) for day in (0, 1))
    written = [edge["destination"].partition("#")[0] for edge in parent["outEdges"]]
    assert written == [SOLD, SOLD]
    assert SALES.name in SOLD


async def test_what_producers_say_of_how_a_field_is_made_goes_with_its_inputs(
    surface: Surface,
) -> None:
    grams, age = ({**bakery.FLOUR._asdict(), "field": field} for field in ("grams", "age"))
    ways = [{"type": "DIRECT", "subtype": "AGGREGATION", "description": "the mean"}]
    fields = {
        "weight": {
            "inputFields": [grams, {**age, "transformations": ways}],
            "transformationDescription": "as weighed",
            "transformationType": "IDENTITY",
        },
        "odd": {"inputFields": "none", "transformationDescription": 1},
    }
    loaves = dataset(LOAVES, columnLineage={"fields": fields})
    event = run_event(
        BAKE, run_id(BAKE, 0), at=bakery.MONDAY, inputs=[bakery.FLOUR], outputs=[loaves]
    )
    await surface.send(event)
    path = "/namespaces/s3%3A%2F%2Foven/datasets/made%2Floaves"
    [column] = (await surface.get(path))["columnLineage"]
    graph = await surface.get("/column-lineage", nodeId=MADE)
    [node] = [each["data"] for each in graph["graph"] if each["data"]["dataset"] == LOAVES.name]
    for made in (column, node):
        said = {each["field"]: each["transformationDescription"] for each in made["inputFields"]}
        assert said == {"grams": "as weighed", "age": "the mean"}
        assert made["transformationDescription"] in said.values()
