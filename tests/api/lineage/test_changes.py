"""What has changed in lineage between two instants, on either clock."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.catalog import Catalog
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, dataset_id, job_id
from hub.flow.project import project_all
from hub.testing.builders import run_event
from tests import small_world
from tests.api.graphql.conftest import Client
from tests.api.lineage.mesh import (
    BRONZE,
    CLEAN,
    RANKING,
    REVENUE,
    SECOND,
    SILVER,
    SUM,
    at,
)
from tests.producers.telling import Told

FEES = DatasetName("file", "fees")
ASKED = """truncated addedNodes { id } removedNodes { id } addedEdges { source target }
    removedEdges { source target }
    changedEdges { before { origin count } after { source target origin count } }"""


async def diff(hub: Told, node: str, begin: int, end: int | None, more: str = "") -> Any:  # noqa: ANN401 - as GraphQL gives it
    until = "" if end is None else f', to: "{at(end)}"'
    found = await hub.ask(
        f'lineageDiff(node: "{node}", from: "{at(begin)}"{until}{more}) {{ {ASKED} }}'
    )
    return found and {
        key: sorted(each["id"] for each in value)
        if key.endswith("Nodes")
        else sorted((each["source"], each["target"]) for each in value)
        if key in ("addedEdges", "removedEdges")
        else value
        for key, value in found.items()
    }


def sums(number: int, *inputs: DatasetName) -> bytes:
    return run_event(SUM, str(number), at=number * SECOND, inputs=inputs, outputs=[REVENUE])


NOTHING = {
    "truncated": False,
    "addedNodes": [],
    "removedNodes": [],
    "addedEdges": [],
    "removedEdges": [],
    "changedEdges": [],
}


async def test_what_was_dropped_and_what_came_is_told(mesh: Told) -> None:
    mesh.tell(sums(20, FEES), sums(30, FEES))
    up = ", direction: UPSTREAM, depth: 1"
    assert await diff(mesh, dataset_id(REVENUE), 15, 40, up) == {
        "truncated": True,
        "addedNodes": [dataset_id(FEES)],
        "removedNodes": [dataset_id(SILVER)],
        "addedEdges": [(dataset_id(FEES), job_id(SUM))],
        "removedEdges": [(dataset_id(SILVER), job_id(SUM))],
        "changedEdges": [],
    }
    assert await diff(mesh, dataset_id(REVENUE), 15, None, up) == await diff(
        mesh, dataset_id(REVENUE), 15, 40, up
    )


async def test_nothing_has_changed_between_an_instant_and_itself(mesh: Told) -> None:
    assert await diff(mesh, dataset_id(SILVER), 4, 4) == NOTHING
    known = ", clock: KNOWLEDGE"
    assert await diff(mesh, dataset_id(SILVER), 4, 4, known) == NOTHING


async def test_backwards_what_came_is_what_was_dropped(mesh: Told) -> None:
    there = await diff(mesh, dataset_id(SILVER), 2, 4)
    back = await diff(mesh, dataset_id(SILVER), 4, 2)
    assert there["addedNodes"] == back["removedNodes"]
    assert there["addedEdges"] == back["removedEdges"]
    assert there["addedNodes"] == sorted(
        [job_id(SUM), dataset_id(REVENUE), "job:money:ranking.rank", dataset_id(RANKING)]
    )


async def test_what_the_hub_learnt_late_has_changed_what_it_knew(mesh: Told) -> None:
    mesh.tell(run_event(CLEAN, "0", at=0, inputs=[FEES, BRONZE]), at=100 * SECOND)
    up = ", direction: UPSTREAM, clock: KNOWLEDGE"
    learnt = await diff(mesh, dataset_id(SILVER), 99, 100, up)
    assert learnt["addedEdges"] == [(dataset_id(FEES), job_id(CLEAN))]
    assert await diff(mesh, dataset_id(SILVER), 98, 99, up) == NOTHING
    happened = await diff(mesh, dataset_id(SILVER), 99, 100, ", direction: UPSTREAM")
    assert happened == NOTHING


async def test_the_other_clock_stands_still(mesh: Told) -> None:
    mesh.tell(sums(20, FEES), sums(30, FEES), at=100 * SECOND)
    up = ", direction: UPSTREAM, depth: 1"
    assert (await diff(mesh, dataset_id(REVENUE), 15, 40, f'{up}, knownAt: "{at(99)}"')) == {
        **NOTHING,
        "truncated": True,
    }
    learnt = await diff(
        mesh, dataset_id(REVENUE), 99, 100, f'{up}, clock: KNOWLEDGE, asOf: "{at(25)}"'
    )
    assert (learnt["addedNodes"], learnt["removedNodes"]) == (
        [dataset_id(FEES)],
        [dataset_id(SILVER)],
    )


async def test_an_edge_that_is_known_better_has_changed(mesh: Told) -> None:
    event = json.loads(run_event(CLEAN, "", at=10 * SECOND, inputs=[FEES], outputs=[SILVER]))
    mesh.tell({k: v for k, v in event.items() if k not in ("run", "eventType", "schemaURL")})
    mesh.tell(run_event(CLEAN, "9", at=20 * SECOND, inputs=[FEES, BRONZE], outputs=[SILVER]))
    up = ", direction: UPSTREAM, depth: 1"
    changed = (await diff(mesh, dataset_id(SILVER), 15, 25, up))["changedEdges"]
    assert changed == [
        {
            "before": {"origin": "DECLARED", "count": 1},
            "after": {
                "source": dataset_id(FEES),
                "target": job_id(CLEAN),
                "origin": "OBSERVED",
                "count": 1,
            },
        }
    ]


async def test_folds_are_compared_by_how_many_edges_they_stand_for(mesh: Told) -> None:
    mesh.tell(run_event(SUM, "9", at=9 * SECOND, inputs=[SILVER, BRONZE], outputs=[REVENUE]))
    found = await diff(mesh, "product:trips", 6, 9, ", direction: DOWNSTREAM")
    assert found["addedEdges"] == []
    [changed] = found["changedEdges"]
    assert (changed["before"]["count"], changed["after"]["count"]) == (1, 2)
    assert changed["after"]["target"] == "product:revenue"


async def test_a_node_that_was_not_known_brings_everything(mesh: Told) -> None:
    asked = 'lineageDiff(node: "{}", from: "{}", clock: KNOWLEDGE) {{ {} }}'
    more = "before { hidden } after { hidden nodes { id } } addedNodes { id } removedNodes { id }"
    begin = "1970-01-01T00:00:00Z"
    found = await mesh.ask(asked.format(dataset_id(SILVER), begin, more))
    assert (found["before"], found["removedNodes"]) == (None, [])
    assert found["addedNodes"] == found["after"]["nodes"]
    assert await mesh.ask(asked.format("dataset:no:where", begin, more)) is None


@pytest.mark.parametrize(
    "asked",
    ['asOf: "2026-01-01T00:00:00Z"', 'clock: KNOWLEDGE, knownAt: "2026-01-01T00:00:00Z"'],
)
async def test_a_clock_that_is_compared_does_not_stand_still(asked: str, sqlite_mesh: Told) -> None:
    [error] = await sqlite_mesh.client.errors(
        f'{{ lineageDiff(node: "{dataset_id(SILVER)}", from: "{at(1)}", {asked}) {{ truncated }} }}'
    )
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "clock" in error["message"]


NODES = "nodes { id } edges { source target origin }"
DIFF = """addedNodes { id } removedNodes { id } addedEdges { source target origin }
    removedEdges { source target origin }
    changedEdges { before { source target origin } after { source target origin } }"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    told=small_world.blocks(),
    node=st.sampled_from(["dataset:s:a", "dataset:s:b", "job:j:load", "field:s:b:x"]),
    instants=st.tuples(st.integers(0, 10), st.integers(0, 10)),
    is_event=st.booleans(),
    depth=st.integers(0, 3),
)
def test_a_diff_is_the_difference_of_two_answers(
    sqlite_url: str,
    told: list[list[bytes]],
    node: str,
    instants: tuple[int, int],
    is_event: bool,
    depth: int,
) -> None:
    with small_world.copied(sqlite_url) as store:
        for number, block in enumerate(told, 1):
            small_world.append(store, *block, at=number * SECOND)
        project_all(store)
        client = Client(store, Catalog())
        begin, end = (format_instant(instant * SECOND) for instant in instants)
        clock, name = ("EVENT", "asOf") if is_event else ("KNOWLEDGE", "knownAt")
        found = anyio.run(
            client.read,
            f"""{{
            diff: lineageDiff(node: "{node}", from: "{begin}", to: "{end}", clock: {clock},
                depth: {depth}) {{ {DIFF} }}
            before: lineage(node: "{node}", {name}: "{begin}", depth: {depth}) {{ {NODES} }}
            after: lineage(node: "{node}", {name}: "{end}", depth: {depth}) {{ {NODES} }} }}""",
        )
    before, after = (found[key] or {"nodes": [], "edges": []} for key in ("before", "after"))
    if found["before"] is None and found["after"] is None:
        assert found["diff"] is None
        return
    was, became = ({node["id"] for node in each["nodes"]} for each in (before, after))
    assert {node["id"] for node in found["diff"]["addedNodes"]} == became - was
    assert {node["id"] for node in found["diff"]["removedNodes"]} == was - became
    flowed, flows = (
        {(edge["source"], edge["target"]): edge["origin"] for edge in each["edges"]}
        for each in (before, after)
    )
    added, removed = (_flows(found["diff"][key]) for key in ("addedEdges", "removedEdges"))
    assert added == {ends: origin for ends, origin in flows.items() if ends not in flowed}
    assert removed == {ends: origin for ends, origin in flowed.items() if ends not in flows}
    changed = found["diff"]["changedEdges"]
    both = {ends for ends in flows if ends in flowed and flows[ends] != flowed[ends]}
    assert _flows(each["after"] for each in changed) == {ends: flows[ends] for ends in both}
    assert _flows(each["before"] for each in changed) == {ends: flowed[ends] for ends in both}


def _flows(edges: Any) -> dict[tuple[str, str], str | None]:  # noqa: ANN401 - as GraphQL gives it
    return {(edge["source"], edge["target"]): edge["origin"] for edge in edges}
