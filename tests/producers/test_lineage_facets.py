"""The old and the new facet of lineage come to the same edges."""

from __future__ import annotations

from typing import Any

import pytest

from hub.flow.project import verify
from tests.producers.telling import Told, dataset, run_event

HOW = {"type": "DIRECT", "subtype": "AGGREGATION", "description": "sum(x)", "masking": True}
FILTER = {"type": "INDIRECT", "subtype": "FILTER"}


def named(name: str, kind: str = "DATASET", **rest: object) -> dict[str, Any]:
    return {"type": kind, "namespace": "n", "name": name, **rest}


def old() -> dict[str, Any]:
    by_field = {**named("a", field="x"), "transformations": [HOW]}
    whole = {**named("a", field="z"), "transformations": [FILTER]}
    facet = {"fields": {"y": {"inputFields": [by_field]}}, "dataset": [whole]}
    return run_event(inputs=["a"], outputs=[dataset("b", columnLineage=facet)])


def feeding(**own: object) -> dict[str, Any]:
    return {
        "inputs": [named("a", field="z", transformations=[FILTER])],
        "fields": {"y": {"inputs": [named("a", field="x", transformations=[HOW])]}},
        **own,
    }


def new_of_dataset() -> dict[str, Any]:
    return run_event(outputs=[dataset("b", lineage=feeding())])


def new_of_job() -> dict[str, Any]:
    return run_event(job_facets={"lineage": {"entries": [feeding(**named("b"))]}})


EDGES = """lineage(node: "field:n:b:y", direction: UPSTREAM, level: FIELD) {
    edges { source target dependences { kind subtype masking description job { name } } } }"""


@pytest.mark.parametrize("event", [old, new_of_dataset, new_of_job])
async def test_fields_are_made_of_fields(event: Any, any_hub: Told) -> None:  # noqa: ANN401 - a builder
    any_hub.tell(event())
    found = await any_hub.ask(EDGES)
    made = {(each["source"], each["target"]): each["dependences"] for each in found["edges"]}
    assert made["field:n:a:x", "field:n:b:y"] == [
        {
            "kind": "DIRECT",
            "subtype": "AGGREGATION",
            "masking": True,
            "description": "sum(x)",
            "job": {"name": "j"},
        }
    ]
    [whole] = [said for ends, said in made.items() if ends[0] == "field:n:a:z"]
    assert (whole[0]["kind"], whole[0]["subtype"]) == ("INDIRECT", "FILTER")
    assert await job(any_hub, "j") == ("a", "b")


async def job(hub: Told, name: str) -> tuple[str, ...]:
    found = await hub.ask(
        f'job(namespace: "n", name: "{name}") {{ inputs {{ name }} outputs {{ name }} }}'
    )
    return tuple(each["name"] for side in ("inputs", "outputs") for each in found[side])


async def test_a_job_that_feeds_a_dataset_writes_it(any_hub: Told) -> None:
    sources = [named("upstream", "JOB"), named("a")]
    any_hub.tell(run_event(outputs=[dataset("b", lineage={"inputs": sources})]))
    assert await job(any_hub, "j") == ("a", "b")
    assert await job(any_hub, "upstream") == ("b",)


async def test_what_others_say_of_a_job_closes_nothing(any_hub: Told) -> None:
    any_hub.tell(run_event(job="upstream", at="2026-03-01T00:00:00Z", outputs=["x"]))
    for number in range(1, 5):
        fed = dataset(f"b{number}", lineage={"inputs": [named("upstream", "JOB")]})
        any_hub.tell(run_event(run=f"r{number}", at=f"2026-03-0{number}T00:00:00Z", outputs=[fed]))
    assert await job(any_hub, "upstream") == ("b1", "b2", "b3", "b4", "x")


async def test_a_source_without_a_name_is_the_job_itself(hub: Told) -> None:
    entries = [
        {**named("b"), "inputs": [{"type": "JOB"}]},
        {"type": "JOB", "inputs": [named("a")]},
    ]
    hub.tell(run_event(job_facets={"lineage": {"entries": entries}}))
    assert await job(hub, "j") == ("a", "b")


async def test_a_dataset_that_is_described_outside_any_run_has_lineage_too(any_hub: Told) -> None:
    event = {
        "eventTime": "2026-03-01T00:00:00Z",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
        "dataset": dataset("b", lineage=feeding()),
    }
    any_hub.tell(event)
    found = await any_hub.ask(
        """lineage(node: "dataset:n:b", direction: UPSTREAM) {
        nodes { id } edges { source target origin } }"""
    )
    assert [each["id"] for each in found["nodes"]] == ["dataset:n:b", "job:n:b", "dataset:n:a"]
    assert {each["origin"] for each in found["edges"]} == {"DECLARED"}


async def test_a_declared_job_has_the_lineage_that_its_facet_says(hub: Told) -> None:
    event = run_event(job_facets={"lineage": {"entries": [feeding(**named("b"))]}})
    del event["run"], event["eventType"], event["schemaURL"]
    hub.tell(event)
    assert await job(hub, "j") == ("a", "b")


async def test_a_job_that_feeds_another_one_is_waited_for(any_hub: Told) -> None:
    fed = {"type": "JOB", "inputs": [named("before", "JOB")]}
    others = {**named("after", "JOB"), "inputs": [{"type": "JOB"}, named("aside", "JOB")]}
    any_hub.tell(run_event(job_facets={"lineage": {"entries": [fed, others]}}))

    own = await any_hub.ask(
        'job(namespace: "n", name: "j") { dependencies { direction type job { name } } }'
    )
    beside = await any_hub.ask(
        'job(namespace: "n", name: "after") { dependencies { direction job { name } } }'
    )

    assert {(each["direction"], each["job"]["name"]) for each in own["dependencies"]} == {
        ("UPSTREAM", "before"),
        ("DOWNSTREAM", "after"),
    }
    assert {each["type"] for each in own["dependencies"]} == {"IMPLICIT_DEPENDENCY"}
    assert {each["job"]["name"] for each in beside["dependencies"]} == {"aside", "j"}
    assert verify(any_hub.store) == []


async def test_a_source_that_columns_alone_name_is_in_the_lineage_of_fields_alone(
    hub: Told,
) -> None:
    made = {"fields": {"y": {"inputFields": [named("staged", field="x"), named("b", field="y")]}}}
    hub.tell(run_event(inputs=["b"], outputs=[dataset("b", columnLineage=made)]))

    fields = await hub.ask(EDGES)
    assert {each["source"] for each in fields["edges"]} == {"field:n:staged:x", "field:n:b:y"}
    whole = await hub.ask('lineage(node: "dataset:n:b", direction: UPSTREAM) { nodes { name } }')
    assert {each["name"] for each in whole["nodes"]} == {"b", "j"}
