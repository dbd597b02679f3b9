"""Facets: typed where the hub knows them, verbatim where it does not, and as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.producers.telling import Told, dataset, run_event

DAY = "2026-03-0{}T00:00:00Z"


async def test_a_facet_that_nobody_knows_is_readable_as_it_came(any_hub: Told) -> None:
    own = {"_producer": "https://acme.example", "_schemaURL": "https://acme.example/1", "x": [1]}
    any_hub.tell(
        run_event(
            outputs=[{**dataset("d", **{"acme.own-facet": own}), "outputFacets": {"acme_o": own}}],
            run_facets={"spark.logicalPlan": own},
            job_facets={"acme-job": own},
        )
    )
    asked = "facets { name producer schemaURL body updatedAt }"
    said = {
        "producer": "https://acme.example",
        "schemaURL": "https://acme.example/1",
        "body": own,
        "updatedAt": "2026-03-01T00:00:00.000000Z",
    }
    found = await any_hub.ask(f'dataset(namespace: "n", name: "d") {{ {asked} }}')
    assert found["facets"] == [{"name": "acme.own-facet", **said}]
    found = await any_hub.ask(f'job(namespace: "n", name: "j") {{ {asked} }}')
    assert found["facets"] == [{"name": "acme-job", **said}]
    found = await any_hub.ask(f'run(id: "run:n:j:r") {{ {asked} uses {{ side {asked} }} }}')
    assert found["facets"] == [{"name": "spark.logicalPlan", **said}]
    assert found["uses"] == [{"side": "out", "facets": [{"name": "acme_o", **said}]}]


async def test_only_the_facets_that_are_named_are_given(hub: Told) -> None:
    hub.tell(run_event(outputs=[dataset("d", a=1, b=2)], run_facets={"a": 1, "b": 2}))
    for thing in ('dataset(namespace: "n", name: "d")', 'run(id: "run:n:j:r")'):
        found = await hub.ask(f'{thing} {{ facets(names: ["b", "c"]) {{ name body }} }}')
        assert found["facets"] == [{"name": "b", "body": 2}]


async def test_a_facet_that_was_taken_back_is_gone_and_was_there(hub: Told) -> None:
    hub.tell(
        run_event(at=DAY.format(1), outputs=[dataset("d", documentation={"description": "old"})]),
        run_event(at=DAY.format(2), outputs=[dataset("d", documentation={"_deleted": True})]),
    )
    asked = "documentation { description } facets { name }"
    now = await hub.ask(f'dataset(namespace: "n", name: "d") {{ {asked} }}')
    assert now == {"documentation": None, "facets": []}
    then = await hub.ask(
        f'dataset(namespace: "n", name: "d", asOf: "{DAY.format(1)}") {{ {asked} }}'
    )
    assert then["documentation"] == {"description": "old"}


async def test_a_run_facet_cannot_be_taken_back(hub: Told) -> None:
    hub.tell(run_event(run_facets={"acme": {"_deleted": True}}))
    found = await hub.ask('run(id: "run:n:j:r") { facets { body } }')
    assert found == {"facets": [{"body": {"_deleted": True}}]}


async def test_what_a_dataset_is_said_to_be(hub: Told) -> None:
    facets: dict[str, Any] = {
        "datasetType": {"datasetType": "VIEW"},
        "documentation": {"description": "words", "contentType": "text/plain"},
        "dataSource": {"name": "db", "uri": "postgres://db"},
        "catalog": {"name": "c", "type": "glue", "framework": "iceberg"},
        "storage": {"storageLayer": "iceberg", "fileFormat": "parquet"},
        "lifecycleStateChange": {
            "lifecycleStateChange": "RENAME",
            "previousIdentifier": {"namespace": "n", "name": "old"},
        },
        "hierarchy": {"hierarchy": [{"type": "DATABASE", "name": "shop"}]},
    }
    hub.tell(run_event(outputs=[dataset("d", **facets)]))
    found = await hub.ask(
        """dataset(namespace: "n", name: "d") {
        type { type subtype } documentation { description contentType } dataSource { name uri }
        catalog { name type framework properties { name } } storage { layer fileFormat }
        lifecycle { change previous { namespace name } } hierarchy { type name } }"""
    )
    assert found == {
        "type": {"type": "VIEW", "subtype": None},
        "documentation": {"description": "words", "contentType": "text/plain"},
        "dataSource": {"name": "db", "uri": "postgres://db"},
        "catalog": {"name": "c", "type": "glue", "framework": "iceberg", "properties": []},
        "storage": {"layer": "iceberg", "fileFormat": "parquet"},
        "lifecycle": {"change": "RENAME", "previous": {"namespace": "n", "name": "old"}},
        "hierarchy": [{"type": "DATABASE", "name": "shop"}],
    }


async def test_what_a_job_is_said_to_be(hub: Told) -> None:
    facets: dict[str, Any] = {
        "documentation": {"description": "words"},
        "sql": {"query": "SELECT 1", "dialect": "duckdb"},
        "sourceCode": {"language": "python", "sourceCode": "pass"},
        "sourceCodeLocation": {"type": "git", "url": "https://git.example/a", "branch": "main"},
        "tags": {"tags": [{"key": "team", "value": "a", "source": "dag"}]},
    }
    hub.tell(run_event(job_facets=facets))
    found = await hub.ask(
        """job(namespace: "n", name: "j") { documentation { description } sql { query dialect }
        sourceCode { language code } sourceCodeLocation { type url branch }
        labels { name value source } }"""
    )
    assert found == {
        "documentation": {"description": "words"},
        "sql": {"query": "SELECT 1", "dialect": "duckdb"},
        "sourceCode": {"language": "python", "code": "pass"},
        "sourceCodeLocation": {"type": "git", "url": "https://git.example/a", "branch": "main"},
        "labels": [{"name": "team", "value": "a", "source": "dag"}],
    }


async def test_what_a_run_says_of_itself_accumulates_over_its_events(hub: Told) -> None:
    upstream = {"job": {"namespace": "n", "name": "before"}, "dependency_type": "DIRECT_INVOCATION"}
    hub.tell(
        run_event(
            "START",
            DAY.format(1),
            run_facets={
                "processing_engine": {"name": "spark", "version": "3"},
                "tags": {"tags": [{"key": "env", "value": "prod"}]},
                "environmentVariables": {
                    "environmentVariables": [
                        {"name": "HOME", "value": "/"},
                        {"name": "API_TOKEN", "value": "abc"},
                    ]
                },
                "executionParameters": {"parameters": [{"key": "password", "value": "abc"}]},
            },
        ),
        run_event(
            "RUNNING",
            DAY.format(2),
            run_facets={
                "processing_engine": {"name": "spark", "version": "3.5"},
                "externalQuery": {"externalQueryId": "q", "source": "bigquery"},
                "jobDependencies": {"upstream": [upstream]},
            },
        ),
        run_event(
            "FAIL",
            DAY.format(3),
            run_facets={
                "errorMessage": {"message": "boom", "programmingLanguage": "python"},
                "extractionError": {"totalTasks": 1, "failedTasks": 1, "errors": []},
                "test": {"tests": [{"name": "t", "status": "skip"}]},
            },
        ),
    )
    found = await hub.ask(
        """run(id: "run:n:j:r") { processingEngine { name version } externalQuery { id source }
        environmentVariables { name value } executionParameters { name value } tags
        dependencies { upstream { namespace name type } } error { message language }
        extractionErrors { totalTasks failedTasks } tests { name status } }"""
    )
    assert found == {
        "processingEngine": {"name": "spark", "version": "3.5"},
        "externalQuery": {"id": "q", "source": "bigquery"},
        "environmentVariables": [
            {"name": "HOME", "value": "/"},
            {"name": "API_TOKEN", "value": "***"},
        ],
        "executionParameters": [{"name": "password", "value": "***"}],
        "tags": ["env"],
        "dependencies": {
            "upstream": [{"namespace": "n", "name": "before", "type": "DIRECT_INVOCATION"}]
        },
        "error": {"message": "boom", "language": "python"},
        "extractionErrors": {"totalTasks": 1, "failedTasks": 1},
        "tests": [{"name": "t", "status": "skip"}],
    }


async def test_the_part_of_a_dataset_that_a_run_used_is_said(hub: Told) -> None:
    condition = {"type": "partition", "partitions": [{"dimensions": {"dt": "2026-03-01"}}]}
    used = {**dataset("d"), "inputFacets": {"subset": {"inputCondition": condition}}}
    hub.tell(run_event(inputs=[used]))
    found = await hub.ask('run(id: "run:n:j:r") { uses { dataset { name } subset { condition } } }')
    assert found["uses"] == [{"dataset": {"name": "d"}, "subset": {"condition": "dt=2026-03-01"}}]


async def test_a_facet_is_given_as_it_was_written_whatever_its_numbers_are(hub: Told) -> None:
    numbers = f"[1e999,-1E-999,1.50,{'9' * 5_000}]"
    event = json.dumps(run_event(run_facets={"acme": "NUMBERS"}))
    hub.tell(event.replace('"NUMBERS"', numbers).encode())
    answer = await hub.answer('run(id: "run:n:j:r") { facets { body } }')
    assert f'"body":{numbers}' in answer


@pytest.mark.parametrize(
    ("change", "sql"),
    [
        *((change, "") for change in ("DROP", "RENAME", "ALTER", "TRUNCATE", "truncate")),
        ("", "TRUNCATE TABLE d;"),
        ("ALTER", "INSERT INTO d SELECT * FROM e"),
    ],
)
async def test_a_run_that_only_changes_a_dataset_writes_nothing_to_it(
    any_hub: Told, change: str, sql: str
) -> None:
    facets = {"lifecycleStateChange": {"lifecycleStateChange": change}} if change else {}
    load = run_event(at=DAY.format(1), run="load", outputs=["d"])
    start = run_event(
        *("START", DAY.format(2)),
        run="ddl",
        job="ddl",
        outputs=[dataset("d", **facets)],
        job_facets={"sql": {"query": sql}},
    )
    end = run_event("COMPLETE", DAY.format(3), run="ddl", job="ddl", outputs=["d"])
    read = run_event(at=DAY.format(4), run="read", job="read", inputs=["d"])
    for told in (end, read, start, load):
        any_hub.tell(told)
    asked = "lastWrittenAt versions { run { runId } } timeline { nodes { kind } }"
    found = await any_hub.ask(f'dataset(namespace: "n", name: "d") {{ {asked} }}')
    assert found["versions"] == [{"run": {"runId": "load"}}]
    assert found["lastWrittenAt"] == "2026-03-01T00:00:00.000000Z"
    assert [each["kind"] for each in found["timeline"]["nodes"]].count("WRITTEN") == 1
    found = await any_hub.ask('runLineage(run: "run:n:read:read") { edges { source } }')
    assert found["edges"] == [{"source": "run:n:j:load"}]


@pytest.mark.parametrize("change", ["CREATE", "OVERWRITE"])
async def test_a_run_that_empties_a_dataset_and_fills_it_anew_writes_it(
    any_hub: Told, change: str
) -> None:
    def told(kind: str, day: int, change: str) -> dict[str, Any]:
        facet = {"lifecycleStateChange": {"lifecycleStateChange": change}}
        sql = {"sql": {"query": "TRUNCATE TABLE d"}}
        return run_event(kind, DAY.format(day), outputs=[dataset("d", **facet)], job_facets=sql)

    any_hub.tell(told("COMPLETE", 3, change))
    any_hub.tell(told("START", 2, "TRUNCATE"))
    found = await any_hub.ask('dataset(namespace: "n", name: "d") { lastWrittenAt }')
    assert found == {"lastWrittenAt": "2026-03-03T00:00:00.000000Z"}


FILLING = "INSERT INTO d SELECT * FROM e"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (("", "TRUNCATE TABLE d"), ("", FILLING)),
        (("TRUNCATE", ""), ("", FILLING)),
        (("TRUNCATE", "TRUNCATE TABLE d"), ("TRUNCATE", FILLING)),
        (("", ""), ("TRUNCATE", f"TRUNCATE TABLE d; {FILLING}")),
        (("TRUNCATE", ""), ("OVERWRITE", "")),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
async def test_a_run_that_truncates_a_dataset_and_loads_it_writes_it(
    any_hub: Told, first: tuple[str, str], last: tuple[str, str], *, is_reversed: bool
) -> None:
    told = []
    for kind, day, (change, sql) in (("START", 2, first), ("COMPLETE", 3, last)):
        facets = {"lifecycleStateChange": {"lifecycleStateChange": change}} if change else {}
        said = {"sql": {"query": sql}} if sql else {}
        outputs = [dataset("d", **facets)]
        told.append(run_event(kind, DAY.format(day), outputs=outputs, job_facets=said))
    for each in told[::-1] if is_reversed else told:
        any_hub.tell(each)
    found = await any_hub.ask('dataset(namespace: "n", name: "d") { lastWrittenAt }')
    assert found == {"lastWrittenAt": "2026-03-03T00:00:00.000000Z"}
