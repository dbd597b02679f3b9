"""Statements that an application tells of as jobs, and how lists of jobs fold them into it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.graphql.test_identity import RULE, Live, said
from tests.producers.telling import Told, run_event

SPARK = "https://github.com/OpenLineage/OpenLineage/tree/1.4.1/integration/spark"
LISTED = "totalCount foldedCount nodes { name }"


def typed(integration: str, kind: str) -> dict[str, Any]:
    return {"jobType": {"processingType": "BATCH", "integration": integration, "jobType": kind}}


def inside(job: str, run: str) -> dict[str, Any]:
    return {"parent": {"run": {"runId": run}, "job": {"namespace": "n", "name": job}}}


def application(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - what ``run_event`` takes
    facets = typed("SPARK", "APPLICATION")
    return run_event(
        job="app", run="a", run_facets=inside("dag.task", "t"), job_facets=facets, **more
    )


def query(number: int, kind: str = "SQL_JOB", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    given = {"run_facets": inside("app", "a"), "job_facets": typed("SPARK", kind)} | more
    return run_event(job=f"app.query_{number}", run=f"q{number}", **given)


async def names(hub: Told, choice: str = "") -> list[str]:
    found = await hub.ask(f"jobs({choice}) {{ {LISTED} }}" if choice else f"jobs {{ {LISTED} }}")
    listed = [each["name"] for each in found["nodes"]]
    assert found["totalCount"] == len(listed)
    return listed


async def folded(hub: Told) -> int:
    found = await hub.ask("jobs { foldedCount }")
    return int(found["foldedCount"])


async def test_statements_are_folded_into_their_application_and_counted(any_hub: Told) -> None:
    task = typed("AIRFLOW", "TASK")
    any_hub.tell(
        run_event(job="dag", run="d", job_facets=typed("AIRFLOW", "DAG")),
        run_event(job="dag.task", run="t", run_facets=inside("dag", "d"), job_facets=task),
        application(),
        query(1),
        query(2, "RDD_JOB"),
        run_event(job="step", run="s", run_facets=inside("dag", "d")),
    )
    found = await any_hub.ask(f"jobs {{ {LISTED} }}")
    shown = ["app", "dag", "dag.task", "step"]
    assert found == {
        "totalCount": 4,
        "foldedCount": 2,
        "nodes": [{"name": name} for name in shown],
    }
    every = await any_hub.ask(f"jobs(filter: {{ statements: true }}) {{ {LISTED} }}")
    assert (every["totalCount"], every["foldedCount"]) == (6, 0)
    assert [each["name"] for each in every["nodes"]][:3] == ["app", "app.query_1", "app.query_2"]


@pytest.mark.parametrize(
    ("choice", "counted"),
    [
        ('namespace: "n"', (2, 2)),
        ('namespace: "another"', (1, 0)),
        ("filter: { outermost: true }", (2, 0)),
        ('asOf: "2020-01-01T00:00:00Z"', (0, 0)),
        ('asOf: "2100-01-01T00:00:00Z", filter: { withDatasets: true }', (1, 1)),
    ],
)
async def test_what_is_left_out_is_counted_among_what_was_asked_for(
    any_hub: Told, choice: str, counted: tuple[int, int]
) -> None:
    elsewhere = run_event(job="app", run="b") | {"job": {"namespace": "another", "name": "app"}}
    any_hub.tell(application(), query(1, inputs=["a"]), query(2), elsewhere)
    found = await any_hub.ask(f"jobs({choice}) {{ {LISTED} }}")
    assert (found["totalCount"], found["foldedCount"]) == counted
    assert len(found["nodes"]) == found["totalCount"]


async def test_what_is_listed_and_what_is_left_out_are_counted_together(hub: Told) -> None:
    hub.tell(application(), query(1))
    # What is the same for every read is kept from the first one on.
    await hub.ask("jobs { totalCount }")
    counts = []
    for asked in ("totalCount", "totalCount foldedCount"):
        with hub.client.counting() as statements:
            await hub.ask(f"jobs {{ {asked} }}")
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_statement_is_found_by_name_and_under_its_application(
    any_hub: Told,
) -> None:
    any_hub.tell(application(), query(1), query(2))
    found = await any_hub.ask('job(namespace: "n", name: "app.query_1") { statementOf { name } }')
    assert found == {"statementOf": [{"name": "app"}]}
    found = await any_hub.ask('node(id: "job:n:app.query_1") { id }')
    assert found == {"id": "job:n:app.query_1"}
    found = await any_hub.ask(
        'job(namespace: "n", name: "app") { statementOf { name } children { name } }'
    )
    children = [{"name": "app.query_1"}, {"name": "app.query_2"}]
    assert found == {"statementOf": [], "children": children}


@pytest.mark.parametrize(
    ("facets", "is_folded"),
    [
        (typed("DBT", "SQL"), True),
        (typed("SNOWFLAKE", "query"), True),
        (typed("DBT", "MODEL"), False),
        (typed("AIRFLOW", "TASK"), False),
        ({}, False),
    ],
)
async def test_what_a_producer_calls_no_query_is_no_statement(
    hub: Told, facets: dict[str, Any], is_folded: bool
) -> None:
    hub.tell(
        run_event(job="above", run="a"),
        query(1, run_facets=inside("above", "a"), job_facets=facets),
    )
    assert await folded(hub) == is_folded


async def test_a_query_that_nothing_started_is_listed(any_hub: Told) -> None:
    any_hub.tell(query(1, run_facets={}))
    assert await names(any_hub) == ["app.query_1"]


async def test_spark_that_tells_no_job_type_is_known_by_its_producer(any_hub: Told) -> None:
    def old(event: dict[str, Any]) -> dict[str, Any]:
        return event | {"producer": SPARK}

    any_hub.tell(
        run_event(job="dag.task", run="t"),
        old(run_event(job="app", run="a", run_facets=inside("dag.task", "t"))),
        old(query(1, job_facets={})),
        query(2, job_facets={}),
    )
    assert await names(any_hub) == ["app", "app.query_2", "dag.task"]


async def test_queries_that_start_one_another_are_listed(any_hub: Told) -> None:
    any_hub.tell(
        query(1, run_facets=inside("app.query_2", "q2")),
        query(2, run_facets=inside("app.query_1", "q1")),
        query(3, run_facets=inside("app.query_3", "another")),
    )
    assert await names(any_hub) == [f"app.query_{number}" for number in (1, 2, 3)]


def flows(*names: str) -> list[object]:
    return [{"dataset": {"id": f"dataset:n:{name}"}} for name in names]


async def test_an_application_shows_what_its_statements_read_and_write(any_hub: Told) -> None:
    any_hub.tell(
        application(inputs=["settings"]),
        query(1, inputs=["a"], outputs=["b"]),
        query(2, inputs=["b", "a"], outputs=["c"]),
    )
    asked = "inputs { id } reads { dataset { id } } writes { dataset { id } }"
    found = await any_hub.ask(f'job(namespace: "n", name: "app") {{ {asked} }}')
    assert found == {
        "inputs": [{"id": "dataset:n:settings"}],
        "reads": flows("a", "b", "settings"),
        "writes": flows("b", "c"),
    }


async def test_an_application_has_the_datasets_of_its_statements(any_hub: Told) -> None:
    any_hub.tell(application(), query(1, inputs=["a"]))
    assert await names(any_hub, "filter: { withDatasets: true }") == ["app"]
    every = "filter: { withDatasets: true, statements: true }"
    assert await names(any_hub, every) == ["app.query_1"]


async def test_a_job_is_no_statement_until_its_application_has_started_it(any_hub: Told) -> None:
    def day(number: int) -> str:
        return f"2026-03-0{number}T00:00:00Z"

    any_hub.tell(application(at=day(1)), query(1, run_facets={}, at=day(1)), at=day(1))
    started = query(1, at=day(3)) | {"run": {"runId": "later", "facets": inside("app", "a")}}
    any_hub.tell(started, at=day(5))
    shown = [
        await names(any_hub, f'{clock}: "{day(number)}"')
        for clock, number in (("asOf", 2), ("asOf", 3), ("knownAt", 4), ("knownAt", 5))
    ]
    alone, both = ["app", "dag.task"], ["app", "app.query_1", "dag.task"]
    assert shown == [both, alone, both, alone]


async def test_a_node_of_lineage_says_which_application_it_is_a_statement_of(
    any_hub: Told,
) -> None:
    any_hub.tell(application(), query(1, inputs=["a"], outputs=["b"]))
    asked = 'lineage(node: "dataset:n:a") { nodes { name job { statementOf { name } } } }'
    found = await any_hub.ask(asked)
    assert {each["name"]: each["job"] for each in found["nodes"]} == {
        "a": None,
        "app.query_1": {"statementOf": [{"name": "app"}]},
        "b": None,
    }


async def approve(hub: Told, alias: str, of: str) -> None:
    client = Live(hub.store, hub.catalog)
    assert (await said(client, RULE, alias=f"job:n:{alias}", of=f"job:n:{of}"))["errors"] == []


async def test_a_statement_is_folded_under_all_of_its_names(any_hub: Told) -> None:
    any_hub.tell(application(), query(1, inputs=["a"]), run_event(job="other", inputs=["b"]))
    await approve(any_hub, "app.query_1", "other")
    assert (await names(any_hub), await folded(any_hub)) == (["app", "dag.task"], 1)
    found = await any_hub.ask('job(namespace: "n", name: "app") { reads { dataset { id } } }')
    assert found == {"reads": flows("a", "b")}


@pytest.mark.parametrize("shown", ["app", "app.query_1"])
async def test_what_is_one_with_its_application_is_listed(any_hub: Told, shown: str) -> None:
    any_hub.tell(application(), query(1))
    [alias] = {"app", "app.query_1"} - {shown}
    await approve(any_hub, alias, shown)
    assert (await names(any_hub), await folded(any_hub)) == ([shown, "dag.task"], 0)


async def test_an_application_that_has_other_names_has_the_datasets_of_its_statements(
    any_hub: Told,
) -> None:
    any_hub.tell(application(), query(1, inputs=["a"]), run_event(job="renamed"))
    await approve(any_hub, "app", "renamed")
    assert await names(any_hub, "filter: { withDatasets: true }") == ["renamed"]
    found = await any_hub.ask('job(namespace: "n", name: "app") { reads { dataset { id } } }')
    assert found == {"reads": flows("a")}
