"""The shortest way on which data flows from one node to another."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.names import DatasetName, JobName, dataset_id, job_id
from hub.store.opening import Store
from hub.testing.builders import column_lineage, dataset, run_event
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
)
from tests.producers.telling import Told

ASKED = "hops nodes { id hops } edges { source target origin lastSeen }"
SHORTCUT = run_event(JobName("cron", "copy"), "1", at=50 * SECOND, inputs=[TRIPS], outputs=[REPORT])


async def path(hub: Told, source: str, target: str, more: str = "", asked: str = ASKED) -> Any:  # noqa: ANN401 - as GraphQL gives it
    return await hub.ask(f'lineagePath(from: "{source}", to: "{target}"{more}) {{ {asked} }}')


async def ids(hub: Told, source: str, target: str, more: str = "") -> list[str] | None:
    found = await path(hub, source, target, more, "nodes { id }")
    return found and [node["id"] for node in found["nodes"]]


async def test_a_path_leads_over_jobs_in_the_order_of_the_flow(mesh: Told) -> None:
    found = await path(mesh, dataset_id(BRONZE), dataset_id(REVENUE))
    assert found["nodes"] == [
        {"id": dataset_id(BRONZE), "hops": 0},
        {"id": job_id(CLEAN), "hops": 1},
        {"id": dataset_id(SILVER), "hops": 1},
        {"id": job_id(SUM), "hops": 2},
        {"id": dataset_id(REVENUE), "hops": 2},
    ]
    assert found["hops"] == 2
    assert found["edges"][0] == {
        "source": dataset_id(BRONZE),
        "target": job_id(CLEAN),
        "origin": "OBSERVED",
        "lastSeen": at(2),
    }
    assert len(found["edges"]) == 4


async def test_from_a_job_its_dataset_is_the_first_hop(mesh: Told) -> None:
    found = await path(mesh, job_id(LOAD), job_id(SUM), asked="nodes { id hops }")
    assert [node["hops"] for node in found["nodes"]] == [0, 1, 2, 2, 3]


async def test_nothing_flows_backwards_or_to_what_is_not_there(mesh: Told) -> None:
    assert await path(mesh, dataset_id(REVENUE), dataset_id(BRONZE)) is None
    assert await path(mesh, dataset_id(REVENUE), dataset_id(RANKING)) is None
    assert await path(mesh, dataset_id(REVENUE), "dataset:no:where") is None
    assert await path(mesh, "dataset:no:where", dataset_id(REVENUE)) is None


async def test_from_a_node_to_itself_the_path_is_that_node(mesh: Told) -> None:
    assert await path(mesh, dataset_id(SILVER), dataset_id(SILVER)) == {
        "hops": 0,
        "nodes": [{"id": dataset_id(SILVER), "hops": 0}],
        "edges": [],
    }


async def test_a_way_that_was_not_there_or_not_known_is_not_taken(mesh: Told) -> None:
    mesh.tell(SHORTCUT, at=100 * SECOND)
    ends = dataset_id(TRIPS), dataset_id(REPORT)
    assert await ids(mesh, *ends) == [ends[0], "job:cron:copy", ends[1]]
    long = await ids(mesh, *ends, f', asOf: "{at(49)}"')
    assert long is not None
    assert (len(long), job_id(EXPORT) in long) == (9, True)
    assert await ids(mesh, *ends, f', knownAt: "{at(99)}"') == long
    assert len(await ids(mesh, *ends, f', knownAt: "{at(100)}"') or ()) == 3
    assert await ids(mesh, *ends, f', asOf: "{at(4)}"') is None


async def test_fields_are_followed_where_one_of_them_is_asked_for(mesh: Told) -> None:
    field = "field:lake:gold.revenue:fare"
    found = await path(mesh, dataset_id(SILVER), field, asked="hops nodes { id hops }")
    assert found == {
        "hops": 1,
        "nodes": [{"id": "field:lake:silver.trips:fare", "hops": 0}, {"id": field, "hops": 1}],
    }
    assert await ids(mesh, dataset_id(BRONZE), dataset_id(SILVER), ", level: FIELD") == [
        "field:lake:bronze.trips:fare",
        "field:lake:silver.trips:fare",
    ]
    assert await path(mesh, "field:lake:silver.trips:none", field) is None


async def test_a_path_leads_over_a_dataset_as_a_whole_without_a_hop(mesh: Told) -> None:
    filtered = DatasetName("lake", "gold.filtered")
    facets = column_lineage({"n": [(SILVER, "count")]}, whole=[(SILVER, "fare")])
    made = dataset(filtered, columnLineage=facets)
    mesh.tell(run_event(SUM, "9", at=9 * SECOND, inputs=[SILVER], outputs=[made]))
    found = await path(mesh, "field:lake:silver.trips:fare", "field:lake:gold.filtered:n")
    assert [node["hops"] for node in found["nodes"]] == [0, 1, 1]
    assert found["nodes"][1]["id"] == dataset_id(filtered)
    assert [edge["origin"] for edge in found["edges"]] == ["OBSERVED", None]


@pytest.mark.parametrize(
    "asked",
    [
        f'from: "{dataset_id(SILVER)}", to: "run:a:b:c"',
        f'from: "{job_id(SUM)}", to: "field:lake:gold.revenue:fare"',
        f'from: "{dataset_id(SILVER)}", to: "{dataset_id(REVENUE)}", level: PRODUCT',
        'from: "field:lake:silver.trips:fare", to: "dataset:a:b", level: DATASET',
    ],
)
async def test_a_question_without_sense_is_refused(asked: str, sqlite_mesh: Told) -> None:
    [error] = await sqlite_mesh.client.errors(f"{{ lineagePath({asked}) {{ hops }} }}")
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("order", [1, -1])
async def test_of_equally_short_ways_the_names_choose_and_not_the_order_of_events(
    store: Store, order: int
) -> None:
    hub = Told(store)

    def named(name: str) -> DatasetName:
        return DatasetName("n", name)

    steps = [("a", "b1"), ("a", "b2"), ("b1", "c"), ("b2", "c"), ("a", "b0"), ("b0", "d")]
    jobs = [JobName("n", f"{near}_{far}") for near, far in steps]
    events = [
        run_event(
            job,
            "1",
            at=2 * SECOND,
            inputs=[named(near)],
            outputs=[
                dataset(named(far), columnLineage=column_lineage({"x": [(named(near), "x")]}))
            ],
        )
        for job, (near, far) in zip(jobs, steps, strict=True)
    ]
    for event in events[::order]:
        hub.tell(event)
    found = await ids(hub, "dataset:n:a", "dataset:n:c")
    assert found is not None
    assert found[::2] == ["dataset:n:a", "dataset:n:b1", "dataset:n:c"]
    way = ["field:n:a:x", "field:n:b1:x", "field:n:c:x"]
    assert await ids(hub, "field:n:a:x", "field:n:c:x") == way
