"""Lineage of which a filter shows a part, and lineage folded into products and domains."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.domain.names import dataset_id, job_id
from tests.api.lineage.mesh import (
    BRONZE,
    CLEAN,
    EXPORT,
    LOAD,
    RANKING,
    REPORT,
    REVENUE,
    SECOND,
    SILVER,
    SUM,
    TRIPS,
    at,
    run,
)
from tests.producers.telling import Told

ASKED = """truncated hidden filtered nodes { id hops hidden members }
    edges { source target origin through count }"""


async def lineage(hub: Told, node: str, more: str, asked: str = ASKED) -> Any:  # noqa: ANN401 - as GraphQL gives it
    return await hub.ask(f'lineage(node: "{node}", {more}) {{ {asked} }}')


async def ids(hub: Told, node: str, more: str) -> list[str]:
    found = await lineage(hub, node, more, "nodes { id }")
    return sorted(each["id"] for each in found["nodes"])


def ends(found: dict[str, Any]) -> dict[tuple[str, str], tuple[str | None, int, int]]:
    return {
        (edge["source"], edge["target"]): (edge["origin"], edge["through"], edge["count"])
        for edge in found["edges"]
    }


async def test_what_is_in_other_namespaces_is_passed_through(mesh: Told) -> None:
    found = await lineage(
        mesh, dataset_id(REPORT), 'direction: UPSTREAM, filter: {namespaces: ["lake"]}'
    )
    assert [(node["id"], node["hops"], node["hidden"]) for node in found["nodes"]] == [
        (dataset_id(REPORT), 0, 1),
        (dataset_id(REVENUE), 1, 1),
        (dataset_id(SILVER), 2, 1),
        (dataset_id(BRONZE), 3, 1),
    ]
    assert ends(found) == {
        (dataset_id(REVENUE), dataset_id(REPORT)): (None, 1, 1),
        (dataset_id(SILVER), dataset_id(REVENUE)): (None, 1, 1),
        (dataset_id(BRONZE), dataset_id(SILVER)): (None, 1, 1),
    }
    # Four jobs and the file.
    assert (found["filtered"], found["hidden"], found["truncated"]) == (5, 5, False)


async def test_edges_that_stay_keep_what_is_known_of_them(mesh: Told) -> None:
    asked = "edges { source target through firstSeen lastSeen closedAt }"
    found = await lineage(
        mesh, dataset_id(SILVER), 'direction: DOWNSTREAM, filter: {domains: ["money"]}', asked
    )
    reads = next(edge for edge in found["edges"] if edge["target"] == job_id(SUM))
    assert reads == {
        "source": dataset_id(SILVER),
        "target": job_id(SUM),
        "through": 0,
        "firstSeen": at(3),
        "lastSeen": at(3),
        "closedAt": None,
    }
    assert dataset_id(RANKING) in {edge["target"] for edge in found["edges"]}


async def test_what_leads_over_hidden_nodes_has_no_times_of_its_own(mesh: Told) -> None:
    asked = "edges { source target through origin firstSeen lastSeen dependences { kind } }"
    found = await lineage(
        mesh, dataset_id(TRIPS), "direction: DOWNSTREAM, filter: {layers: [GOLD]}", asked
    )
    edge = next(each for each in found["edges"] if each["source"] == dataset_id(TRIPS))
    # load, bronze, clean, silver: its job is of the gold layer too.
    assert edge["through"] == 4
    assert (edge["origin"], edge["firstSeen"], edge["lastSeen"]) == (None, None, None)


async def test_domains_and_layers_are_what_the_catalog_says(mesh: Told) -> None:
    start = dataset_id(TRIPS)
    rides = await ids(mesh, start, 'filter: {domains: ["rides"]}')
    assert rides == sorted(
        [start, dataset_id(BRONZE), dataset_id(SILVER), job_id(LOAD), job_id(CLEAN)]
    )
    silver = await ids(mesh, start, "filter: {layers: [SILVER]}")
    assert silver == sorted([start, dataset_id(SILVER), job_id(CLEAN)])
    both = await ids(mesh, start, 'filter: {domains: ["rides"], layers: [SILVER, GOLD]}')
    assert both == silver
    assert await ids(mesh, start, 'filter: {domains: ["nobody"]}') == [start]


async def test_tags_are_those_of_datasets_their_fields_and_jobs(mesh: Told) -> None:
    tags = {"tags": [{"key": "pii", "value": "yes", "field": "fare"}, {"key": "hot"}]}
    mesh.tell(run(SUM, 9, tags=tags))
    start = dataset_id(SILVER)
    for wanted in ('"pii"', '"pii=yes"', '"hot", "cold"'):
        found = await ids(mesh, start, f"direction: DOWNSTREAM, filter: {{tags: [{wanted}]}}")
        assert found == sorted([start, dataset_id(REVENUE)])
    assert await ids(mesh, start, 'filter: {tags: ["pii=no"]}') == [start]
    field = "field:lake:silver.trips:fare"
    found = await ids(mesh, field, 'direction: DOWNSTREAM, filter: {tags: ["pii"]}')
    assert found == sorted([field, "field:lake:gold.revenue:fare"])


async def test_tags_are_those_of_the_moment(mesh: Told) -> None:
    mesh.tell(run(SUM, 9, tags={"tags": [{"key": "pii"}]}), at=100 * SECOND)
    start = dataset_id(SILVER)
    asked = 'direction: DOWNSTREAM, filter: {tags: ["pii"]}'
    assert len(await ids(mesh, start, f'{asked}, asOf: "{at(9)}"')) == 2
    assert len(await ids(mesh, start, f'{asked}, asOf: "{at(8)}"')) == 1
    assert len(await ids(mesh, start, f'{asked}, knownAt: "{at(100)}"')) == 2
    assert len(await ids(mesh, start, f'{asked}, knownAt: "{at(99)}"')) == 1


async def test_depth_counts_hops_whatever_is_shown(sqlite_mesh: Told) -> None:
    asked = 'direction: DOWNSTREAM, depth: 2, filter: {namespaces: ["lake"]}'
    found = await lineage(sqlite_mesh, dataset_id(TRIPS), asked)
    assert [node["id"] for node in found["nodes"]] == [
        dataset_id(each) for each in (TRIPS, BRONZE, SILVER)
    ]
    # Two jobs; and beyond depth two jobs with a dataset each.
    assert (found["filtered"], found["hidden"], found["truncated"]) == (2, 6, True)
    assert found["nodes"][2]["hidden"] == 2


async def test_products_are_folds_of_what_their_steps_write_and_run(mesh: Told) -> None:
    found = await lineage(mesh, dataset_id(SILVER), "level: PRODUCT")
    assert found["nodes"][0]["id"] == "product:trips"
    assert {node["id"]: (node["members"], node["hops"]) for node in found["nodes"]} == {
        "product:trips": (4, 0),
        "product:ranking": (2, 1),
        "product:revenue": (2, 1),
        "namespace:cron": (1, 2),
        "namespace:x": (1, 2),
        "namespace:file": (1, 2),
    }
    assert ends(found) == {
        ("namespace:file", "product:trips"): ("OBSERVED", 0, 1),
        ("product:trips", "product:revenue"): ("OBSERVED", 0, 1),
        ("product:trips", "product:ranking"): ("OBSERVED", 0, 1),
        ("product:revenue", "namespace:cron"): ("OBSERVED", 0, 1),
        ("namespace:cron", "namespace:x"): ("OBSERVED", 0, 1),
    }


async def test_domains_are_folds_of_their_products(mesh: Told) -> None:
    found = await lineage(mesh, "product:trips", "level: DOMAIN, direction: DOWNSTREAM")
    assert ends(found) == {
        ("domain:rides", "domain:money"): ("OBSERVED", 0, 2),
        ("domain:money", "namespace:cron"): ("OBSERVED", 0, 1),
        ("namespace:cron", "namespace:x"): ("OBSERVED", 0, 1),
    }
    members = {node["id"]: node["members"] for node in found["nodes"]}
    # Of rides what is downstream of its datasets: the job that cleans.
    assert members["domain:rides"] == 3
    assert members["domain:money"] == 4


@pytest.mark.parametrize(
    ("node", "start"), [("product:trips", "product:trips"), ("domain:rides", "domain:rides")]
)
async def test_a_product_or_a_domain_is_asked_for_like_a_dataset(
    node: str, start: str, mesh: Told
) -> None:
    found = await lineage(
        mesh,
        node,
        "direction: UPSTREAM",
        "nodes { id kind namespace name hops dataset { id } job { id } }",
    )
    kind, name = start.split(":")
    assert found["nodes"][0] == {
        "id": start,
        "kind": kind.upper(),
        "namespace": name,
        "name": name,
        "hops": 0,
        "dataset": None,
        "job": None,
    }
    assert [node["id"] for node in found["nodes"][1:]] == ["namespace:file"]
    whole = await lineage(mesh, node, "direction: UPSTREAM, level: DATASET", "nodes { id hops }")
    assert {each["id"]: each["hops"] for each in whole["nodes"]} == {
        dataset_id(BRONZE): 0,
        dataset_id(SILVER): 0,
        job_id(LOAD): 1,
        job_id(CLEAN): 1,
        dataset_id(TRIPS): 1,
    }


async def test_a_field_is_folded_by_what_its_own_lineage_reaches(mesh: Told) -> None:
    found = await lineage(
        mesh, "field:lake:silver.trips:fare", "level: PRODUCT, direction: DOWNSTREAM"
    )
    assert {node["id"]: node["members"] for node in found["nodes"]} == {
        "product:trips": 1,
        "product:ranking": 1,
        "product:revenue": 1,
        "namespace:x": 1,
    }
    nowhere = await lineage(mesh, "field:lake:silver.trips:fare", "level: DOMAIN, depth: 0")
    assert (nowhere["hidden"], nowhere["nodes"][0]["hidden"]) == (3, 3)


async def test_folds_of_a_filtered_answer_hang_together_over_what_is_hidden(mesh: Told) -> None:
    asked = 'level: DOMAIN, direction: DOWNSTREAM, filter: {namespaces: ["money", "x"]}'
    found = await lineage(mesh, dataset_id(BRONZE), asked)
    assert ends(found) == {
        ("domain:rides", "domain:money"): (None, 2, 2),
        ("domain:money", "namespace:x"): (None, 2, 1),
    }


async def test_the_past_is_folded_as_it_was(mesh: Told) -> None:
    found = await lineage(mesh, "product:trips", f'asOf: "{at(3)}"')
    assert sorted(node["id"] for node in found["nodes"]) == [
        "namespace:file",
        "product:revenue",
        "product:trips",
    ]
    nothing = await lineage(mesh, "product:trips", 'knownAt: "1970-01-01T00:00:00Z"')
    assert nothing is None


@pytest.mark.parametrize(
    "asked",
    [
        'node: "product:trips", level: FIELD',
        'node: "product:a:b"',
        'node: "field:lake:silver.trips:fare", level: DATASET',
        f'node: "{dataset_id(SILVER)}", filter: {{tags: {json.dumps(["x"] * 51)}}}',
        f'node: "{job_id(EXPORT)}", level: DOMAIN, depth: -1',
    ],
)
async def test_a_question_without_sense_is_refused(asked: str, sqlite_mesh: Told) -> None:
    [error] = await sqlite_mesh.client.errors(f"{{ lineage({asked}) {{ hidden }} }}")
    assert error["extensions"]["code"] == "INVALID_INPUT"


async def test_what_is_not_declared_is_not_there(sqlite_mesh: Told) -> None:
    assert await lineage(sqlite_mesh, "product:nope", "depth: 1") is None
