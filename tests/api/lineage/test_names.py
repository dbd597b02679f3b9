"""What is one thing under several names is one in every answer about lineage."""

from __future__ import annotations

import pytest

from hub.domain.names import DatasetName, JobName, dataset_id
from hub.testing.builders import dataset, run_event
from tests.api.lineage.mesh import RANK, RANKING, REVENUE, SECOND, SILVER, SUM, run
from tests.producers.telling import Told

# What the job that sums writes, by the place where it lies.
FILE = DatasetName("s3://bucket", "gold/revenue")
READ = JobName("desk", "read")
SYMLINKS = {"identifiers": [{"namespace": FILE.namespace, "name": FILE.name, "type": "TABLE"}]}


@pytest.fixture
def named(mesh: Told) -> Told:
    """A mesh in which somebody reads a product's dataset under its other name."""
    mesh.tell(run(SUM, 8, symlinks=SYMLINKS))
    tags = dataset(FILE, tags={"tags": [{"key": "pii"}]})
    mesh.tell(run_event(READ, "r", at=9 * SECOND, inputs=[tags]))
    return mesh


async def test_it_belongs_to_its_product_under_whatever_name(named: Told) -> None:
    asked = f'lineage(node: "{dataset_id(SILVER)}", level: PRODUCT, direction: DOWNSTREAM)'
    found = await named.ask(f"{asked} {{ edges {{ source target }} }}")
    ends = {(edge["source"], edge["target"]) for edge in found["edges"]}
    assert ("product:revenue", "namespace:desk") in ends
    for name in (REVENUE, FILE):
        asked = f'impact(node: "{dataset_id(name)}")'
        found = await named.ask(f"{asked} {{ consumers {{ id lastReadBy {{ runId }} }} }}")
        assert {"id": "namespace:desk", "lastReadBy": {"runId": "r"}} in found["consumers"]


async def test_it_has_the_tags_that_are_said_of_any_of_its_names(named: Told) -> None:
    asked = f'lineage(node: "{dataset_id(SILVER)}", filter: {{tags: ["pii"]}})'
    found = await named.ask(f"{asked} {{ nodes {{ hops }} }}")
    assert [node["hops"] for node in found["nodes"]] == [0, 1]


async def test_a_run_read_what_was_written_under_another_name(named: Told) -> None:
    asked = "edges { source target dataset { id } } runs { unwritten { id } }"
    up = await named.ask(f'runLineage(run: "run:desk:read:r", depth: 1) {{ {asked} }}')
    [edge] = up["edges"]
    assert (edge["source"], edge["target"]) == ("run:money:revenue.sum:8", "run:desk:read:r")
    assert up["runs"][0]["unwritten"] == []
    down = await named.ask(
        f'runLineage(run: "run:money:revenue.sum:8", direction: DOWNSTREAM) {{ {asked} }}'
    )
    assert edge in down["edges"]


async def test_parts_are_those_that_runs_name_under_whatever_name(named: Told) -> None:
    place = {"type": "location", "locations": ["s3://bucket/gold/revenue/1"]}
    read = {**dataset(FILE), "inputFacets": {"subset": {"inputCondition": place}}}
    wrote = {**dataset(REVENUE), "outputFacets": {"subset": {"outputCondition": place}}}
    named.tell(
        run_event(SUM, "10", at=10 * SECOND, outputs=[wrote]),
        run_event(READ, "r2", at=11 * SECOND, inputs=[read]),
    )
    asked = "edges { source writtenSubset { condition } readSubset { condition } }"
    found = await named.ask(f'runLineage(run: "run:desk:read:r2", depth: 1) {{ {asked} }}')
    part = {"condition": "s3://bucket/gold/revenue/1"}
    assert found["edges"] == [
        {"source": "run:money:revenue.sum:10", "writtenSubset": part, "readSubset": part}
    ]


async def test_what_has_one_name_is_not_touched(named: Told) -> None:
    found = await named.ask(
        f'lineagePath(from: "{dataset_id(SILVER)}", to: "{dataset_id(RANKING)}") {{ hops }}'
    )
    assert found == {"hops": 1}
    runs = await named.ask(
        f'runLineage(run: "run:{RANK.namespace}:{RANK.name}:4", direction: UPSTREAM)'
        " { edges { source } }"
    )
    assert runs["edges"][0]["source"] == "run:rides:trips.clean:2"
