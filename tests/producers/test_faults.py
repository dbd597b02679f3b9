"""What producers get wrong, and what the hub makes of it; docs/producers.md has the same list."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from hub.domain.openlineage.runs import HEARTBEATS_KEPT
from hub.store.opening import Store
from tests.producers.telling import ORDERS, Order, Told, dataset, run_event

RUN = "run:n:j:r"


@pytest.fixture(params=ORDERS, ids=lambda order: order.__name__)
def hub(request: pytest.FixtureRequest, sqlite_store: Store) -> Told:
    """A hub that receives what it is told in another order, in parts, or again and again."""
    order: Order = request.param
    return Told(sqlite_store, order=order)


def minute(number: int) -> str:
    return f"2026-03-01T00:{number:02}:00Z"


def shown(number: int) -> str:
    return f"2026-03-01T00:{number:02}:00.000000Z"


def child_of(job: str, run: str, root: tuple[str, str] | None = None) -> dict[str, Any]:
    facet: dict[str, Any] = {"run": {"runId": run}, "job": {"namespace": "n", "name": job}}
    if root is not None:
        outermost = {"run": {"runId": root[1]}, "job": {"namespace": "n", "name": root[0]}}
        facet["root"] = outermost
    return {"parent": facet}


async def run(hub: Told, fields: str, node: str = RUN) -> Any:  # noqa: ANN401 - whatever is asked
    return await hub.ask(f'run(id: "{node}") {{ {fields} }}')


async def datasets_of(hub: Told, job: str = "j") -> Any:  # noqa: ANN401 - as above
    asked = "inputs { name } outputs { name }"
    found = await hub.ask(f'job(namespace: "n", name: "{job}") {{ {asked} }}')
    return {side: [each["name"] for each in found[side]] for side in found}


async def test_a_complete_without_a_start_is_a_run_whose_start_is_not_known(hub: Told) -> None:
    hub.tell(run_event("COMPLETE", minute(5), inputs=["a"], outputs=["b"]))
    found = await run(hub, "state startedAt endedAt attempt")
    assert found == {"state": "COMPLETE", "startedAt": None, "endedAt": shown(5), "attempt": 1}
    assert await datasets_of(hub) == {"inputs": ["a"], "outputs": ["b"]}


OUTCOME = "state outcome failedChildren { runId }"


async def test_a_run_that_completes_over_failed_children_says_so(any_hub: Told) -> None:
    any_hub.tell(
        run_event("FAIL", minute(1), job="j.sql", run="c", run_facets=child_of("j", "r")),
        run_event("COMPLETE", minute(2)),
    )
    assert await run(any_hub, OUTCOME) == {
        "state": "COMPLETE",
        "outcome": "completed with failed children",
        "failedChildren": [{"runId": "c"}],
    }


async def test_why_a_run_failed_is_said_without_the_rows_that_the_engine_quotes(hub: Told) -> None:
    told = 'invalid input syntax for type integer: "4111 1111"\nrow: (ada@velo.example)'
    facets = {"errorMessage": {"message": told, "stackTrace": f"at load\n{told}"}}
    hub.tell(run_event("FAIL", minute(1), run_facets=facets))

    found = await run(hub, "errorMessage error { message stackTrace } facets { body }")
    readable = "invalid input syntax for type integer: '…'\nrow: (…)"
    assert found["errorMessage"] == found["error"]["message"] == readable
    assert found["error"]["stackTrace"] == f"at load\n{readable}"
    assert found["facets"][0]["body"]["message"] == told


JAVA_TRACE = "java.lang.NullPointerException\n\tat org.example.Load.run(Load.java:12)\n"
PYTHON_TRACE = 'Traceback (most recent call last):\n  File "load.py", line 3\nAssertionError\n\n'


@pytest.mark.parametrize("message", [{"message": None}, {"message": ""}, {}])
@pytest.mark.parametrize(
    ("trace", "name"),
    [(JAVA_TRACE, "java.lang.NullPointerException"), (PYTHON_TRACE, "AssertionError")],
)
async def test_an_exception_without_a_message_is_told_by_its_name(
    message: dict[str, Any], trace: str, name: str, hub: Told
) -> None:
    hub.tell(
        run_event("FAIL", minute(1), run_facets={"errorMessage": message | {"stackTrace": trace}})
    )
    found = await run(hub, "errorMessage error { message stackTrace }")
    assert found == {"errorMessage": name, "error": {"message": name, "stackTrace": trace}}


async def test_why_a_job_of_spark_failed_is_told_by_its_own_facet(hub: Told) -> None:
    own = {"spark.exception": {"message": "Job aborted", "stackTrace": "SparkException: Job"}}
    both = own | {"errorMessage": {"message": "as specified"}}
    hub.tell(
        run_event("FAIL", minute(1), run_facets=own),
        run_event("FAIL", minute(1), run="s", run_facets=both),
    )
    assert await run(hub, "errorMessage error { message stackTrace } facets { name }") == {
        "errorMessage": "Job aborted",
        "error": {"message": "Job aborted", "stackTrace": "SparkException: Job"},
        "facets": [{"name": "spark.exception"}],
    }
    found = await run(hub, "errorMessage error { message }", "run:n:j:s")
    assert found == {"errorMessage": "as specified", "error": {"message": "as specified"}}
    shown = await hub.ask("producers(first: 1) { nodes { faults { code } } }")
    assert {"code": "NO_ERROR_MESSAGE"} not in shown["nodes"][0]["faults"]


async def test_a_failure_far_down_is_seen_at_the_root(any_hub: Told) -> None:
    any_hub.tell(
        run_event("COMPLETE", minute(9)),
        # Of the run between, nobody says that it is under the root.
        run_event(
            "FAIL", minute(1), job="t.sql", run="c", run_facets=child_of("t", "m", ("j", "r"))
        ),
        run_event("FAIL", minute(1), job="t.sql.1", run="d", run_facets=child_of("t.sql", "c")),
    )
    found = await run(any_hub, OUTCOME)
    assert {each["runId"] for each in found["failedChildren"]} == {"c", "d"}


async def test_a_child_that_passes_when_it_is_tried_again_has_not_failed(hub: Told) -> None:
    for number, kind in ((1, "FAIL"), (2, "COMPLETE")):
        parent = child_of("j", "r")
        hub.tell(
            run_event(kind, minute(number), job="j.task", run=f"try-{number}", run_facets=parent)
        )
    hub.tell(run_event("COMPLETE", minute(3)))
    found = await run(hub, OUTCOME)
    assert (found["outcome"], found["failedChildren"]) == ("completed", [])


async def test_a_wrong_success_is_believed_and_its_error_is_shown(hub: Told) -> None:
    facets = {"errorMessage": {"message": "no such profile"}}
    hub.tell(run_event("COMPLETE", minute(1), run_facets=facets))
    assert await run(hub, "state errorMessage outcome") == {
        "state": "COMPLETE",
        "errorMessage": "no such profile",
        "outcome": "completed with an error",
    }


async def test_a_failure_that_is_followed_by_a_success_of_the_same_run_is_shown(hub: Told) -> None:
    facets = {"spark.exception": {"message": "Job aborted"}}
    hub.tell(run_event("FAIL", minute(1), run_facets=facets), run_event("COMPLETE", minute(2)))
    assert await run(hub, "state errorMessage outcome") == {
        "state": "COMPLETE",
        "errorMessage": "Job aborted",
        "outcome": "completed with an error",
    }


async def test_many_starts_and_ends_are_one_run_and_repeats_change_nothing(hub: Told) -> None:
    events = [
        run_event("START", minute(1), inputs=["a"], run_facets={"x": 1}),
        run_event("START", minute(2), inputs=["b"], run_facets={"y": 2}),
        run_event("COMPLETE", minute(3), outputs=["c"]),
        run_event("COMPLETE", minute(4), outputs=["d"]),
    ]
    hub.tell(*events, *events)
    found = await run(
        hub, "attempt startedAt endedAt inputs { name } outputs { name } facets { name }"
    )
    assert found == {
        "attempt": 1,
        "startedAt": shown(1),
        "endedAt": shown(4),
        "inputs": [{"name": "a"}, {"name": "b"}],
        "outputs": [{"name": "c"}, {"name": "d"}],
        "facets": [{"name": "x"}, {"name": "y"}],
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_events_in_any_order_make_the_same_run(order: tuple[int, ...], hub: Told) -> None:
    events = [
        run_event("START", minute(1), inputs=["a"], run_facets=child_of("dag", "root")),
        run_event("RUNNING", minute(2), run_facets={"x": 1}),
        run_event("COMPLETE", minute(3), outputs=["b"]),
    ]
    for number in order:
        hub.tell(events[number])
    found = await run(hub, 'state startedAt endedAt parent { runId } facets(names: ["x"]) { body }')
    assert found == {
        "state": "COMPLETE",
        "startedAt": shown(1),
        "endedAt": shown(3),
        "parent": {"runId": "root"},
        "facets": [{"body": 1}],
    }


@pytest.mark.parametrize("end", ["COMPLETE", "FAIL", "ABORT"])
async def test_a_run_that_has_ended_is_not_running_again(end: str, hub: Told) -> None:
    hub.tell(run_event("START", minute(1)), run_event(end, minute(2)))
    hub.tell(run_event("RUNNING", minute(9), inputs=["late"]))
    assert await run(hub, "state attempt endedAt inputs { name }") == {
        "state": end,
        "attempt": 1,
        "endedAt": shown(2),
        "inputs": [{"name": "late"}],
    }


async def test_one_run_id_under_two_jobs_is_two_runs(hub: Told) -> None:
    hub.tell(run_event("COMPLETE", job="dag_a.load"), run_event("FAIL", job="dag_b.load"))
    found = await hub.ask("runs { nodes { runId state job { name } } }")
    states = {each["job"]["name"]: each["state"] for each in found["nodes"]}
    assert states == {"dag_a.load": "COMPLETE", "dag_b.load": "FAIL"}


async def test_a_run_id_that_is_used_again_is_another_attempt(hub: Told) -> None:
    facets = {"errorMessage": {"message": "no"}}
    hub.tell(run_event("START", minute(1)), run_event("FAIL", minute(2), run_facets=facets))
    assert await run(hub, "state attempt errorMessage") == {
        "state": "FAIL",
        "attempt": 1,
        "errorMessage": "no",
    }
    hub.tell(run_event("START", minute(3)))
    assert await run(hub, "state attempt startedAt endedAt errorMessage") == {
        "state": "RUNNING",
        "attempt": 2,
        "startedAt": shown(3),
        "endedAt": None,
        "errorMessage": None,
    }
    hub.tell(run_event("COMPLETE", minute(4)))
    found = await run(hub, "state attempt outcome error { message }")
    assert found == {"state": "COMPLETE", "attempt": 2, "outcome": "completed", "error": None}


async def test_an_end_under_another_run_id_leaves_the_start_alone(hub: Told) -> None:
    hub.tell(run_event("START", minute(1), run="a"), run_event("FAIL", minute(2), run="b"))
    found = await hub.ask("runs { nodes { runId state startedAt } }")
    assert {each["runId"]: each["state"] for each in found["nodes"]} == {
        "a": "RUNNING",
        "b": "FAIL",
    }


async def test_a_uuid_in_capitals_is_the_same_run_and_parent(hub: Told) -> None:
    lower, upper = "0198c0de-7e57-7abc-8def-0123456789ab", "0198C0DE-7E57-7ABC-8DEF-0123456789AB"
    hub.tell(
        run_event("START", minute(1), run=upper),
        run_event("COMPLETE", minute(3), run=lower),
        run_event("START", minute(2), job="part", run="p", run_facets=child_of("j", upper)),
    )
    ended = {"runId": lower, "state": "COMPLETE"}
    for written in (lower, upper):
        assert await run(hub, "runId state", f"run:n:j:{written}") == ended
    assert await run(hub, "parent { runId }", "run:n:part:p") == {"parent": {"runId": lower}}


async def test_a_schema_without_fields_erases_none(any_hub: Told) -> None:
    known = {"schema": {"fields": [{"name": "id", "type": "bigint"}]}}
    any_hub.tell(run_event(at=minute(1), outputs=[dataset("orders", **known)]))
    empty = dataset("orders", schema={"fields": []})
    any_hub.tell(run_event(at=minute(2), job="delete", run="d", outputs=[empty]))
    asked = "fields { name type } facets { name body }"
    found = await any_hub.ask(f'dataset(namespace: "n", name: "orders") {{ {asked} }}')
    assert found["fields"] == [{"name": "id", "type": "bigint"}]
    assert found["facets"] == [{"name": "schema", "body": known["schema"]}]


async def test_what_great_expectations_finds_counts_as_checks(any_hub: Told) -> None:
    found = [
        {"expectationType": "expect_table_row_count_to_be_between", "success": True},
        {
            "expectationType": "expect_column_values_to_not_be_null",
            "success": False,
            "column": "buyer",
        },
    ]
    checked = dataset("orders") | {
        "inputFacets": {"greatExpectations_assertions": {"assertions": found}}
    }
    any_hub.tell(run_event(inputs=[checked]))
    asked = "qualityAssertions { assertion field success }"
    outcomes = await any_hub.ask(f'dataset(namespace: "n", name: "orders") {{ {asked} }}')
    assert sorted(map(str, outcomes["qualityAssertions"])) == sorted(
        str({"assertion": each["expectationType"], "field": each.get("column"), "success": passed})
        for each, passed in zip(found, (True, False), strict=True)
    )


def topic(name: str, table: str) -> dict[str, Any]:
    """Return a topic, with the table that a Flink session reads or writes it by."""
    called = f"default_catalog.default_database.{table}"
    return dataset(name, symlinks={"identifiers": [{"namespace": "n", "name": called}]})


async def test_topics_that_sessions_call_alike_are_not_one(hub: Told) -> None:
    for job, read, written in (("j", "orders", "bills"), ("k", "clicks", "visits")):
        inputs, outputs = [topic(read, "source")], [topic(written, "sink")]
        hub.tell(run_event("START", job=job, run=job, inputs=inputs, outputs=outputs))
    asked = "symlinks { name } aliases { name } timeline(first: 9) { nodes { kind } }"
    found = await hub.ask(f'dataset(namespace: "n", name: "clicks") {{ {asked} }}')
    assert found["symlinks"] == [{"name": "default_catalog.default_database.source"}]
    assert found["aliases"] == []
    assert "NAME" not in str(found["timeline"])
    asked = 'lineage(node: "dataset:n:bills", direction: UPSTREAM) { nodes { name } }'
    assert sorted(each["name"] for each in (await hub.ask(asked))["nodes"]) == [
        "bills",
        "j",
        "orders",
    ]


async def test_a_stream_that_never_ends_has_lineage_and_goes_on(hub: Told) -> None:
    streaming = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}
    hub.tell(
        run_event("START", minute(1), inputs=["topic"], job_facets=streaming),
        run_event("RUNNING", minute(2), outputs=["table"], job_facets=streaming),
    )
    assert await run(hub, "state endedAt") == {"state": "RUNNING", "endedAt": None}
    assert await datasets_of(hub) == {"inputs": ["topic"], "outputs": ["table"]}
    asked = 'lineage(node: "dataset:n:topic", direction: DOWNSTREAM) { nodes { name } }'
    found = await hub.ask(asked)
    assert [each["name"] for each in found["nodes"]] == ["topic", "j", "table"]


async def test_a_facet_of_many_megabytes_is_left_out_alone(any_hub: Told) -> None:
    plan = {"plan": "x" * 5_000_000}
    any_hub.tell(
        run_event(
            outputs=[dataset("d", **{"spark.plan": plan, "storage": {"storageLayer": "delta"}})],
            run_facets={"spark.logicalPlan": plan, "x": 1},
        )
    )
    asked = "facets { name } droppedFacets { name bytes }"
    assert await run(any_hub, f"state {asked}") == {
        "state": "COMPLETE",
        "facets": [{"name": "x"}],
        "droppedFacets": [{"name": "spark.logicalPlan", "bytes": len(json.dumps(plan))}],
    }
    assert await any_hub.ask(f'dataset(namespace: "n", name: "d") {{ {asked} }}') == {
        "facets": [{"name": "storage"}],
        "droppedFacets": [{"name": "spark.plan", "bytes": len(json.dumps(plan))}],
    }
    [(size,)] = any_hub.rows("SELECT raw_bytes FROM journal_block")
    assert size > 10_000_000


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-01T01:00:00+01:00[Europe/Paris]", "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01T00:00:00[Europe/London]", "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01T00:00:00", "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01 00:00:00.123456789Z", "2026-03-01T00:00:00.123456Z"),
        ("2026-03-01T00:00:00.123456+00:00Z", "2026-03-01T00:00:00.123456Z"),
    ],
)
async def test_an_odd_time_is_read_as_it_is_meant(said: str, meant: str, hub: Told) -> None:
    hub.tell(run_event("COMPLETE", said))
    assert await run(hub, "endedAt") == {"endedAt": meant}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"run": None}, "run: missing"),
        ({"run": {"runId": None}}, "run.runId: missing"),
        ({"job": None}, "job: missing"),
        ({"eventTime": None}, "eventTime: missing"),
    ],
)
async def test_an_event_that_names_nothing_is_kept_as_a_dead_letter(
    changes: dict[str, Any], why: str, hub: Told
) -> None:
    hub.tell(run_event() | changes)
    found = await hub.ask("deadLetters { nodes { stage reasons } }")
    assert found["nodes"] == [{"stage": "intake", "reasons": [why]}]


async def test_a_parent_that_is_said_once_holds_for_the_whole_run(hub: Told) -> None:
    facets = child_of("dag", "d", root=("outer", "o"))
    hub.tell(run_event("START", minute(1), run_facets=facets), run_event("COMPLETE", minute(2)))
    assert await run(hub, "parent { runId } root { runId job { name } }") == {
        "parent": {"runId": "d"},
        "root": {"runId": "o", "job": {"name": "outer"}},
    }


async def test_what_only_a_running_event_says_holds_for_the_whole_run(hub: Told) -> None:
    hub.tell(
        run_event("START", minute(1)),
        run_event("RUNNING", minute(2), inputs=["a"], run_facets={"spark_properties": {"x": "1"}}),
        run_event("COMPLETE", minute(3)),
    )
    assert await run(hub, "facets { name body } inputs { name }") == {
        "facets": [{"name": "spark_properties", "body": {"x": "1"}}],
        "inputs": [{"name": "a"}],
    }


async def test_inputs_that_only_the_start_names_are_inputs(hub: Told) -> None:
    hub.tell(
        run_event("START", minute(1), inputs=["a", "b"], outputs=["c"]),
        run_event("COMPLETE", minute(2), inputs=["a"]),
    )
    assert await datasets_of(hub) == {"inputs": ["a", "b"], "outputs": ["c"]}


async def test_runs_that_name_nothing_do_not_erase_lineage(hub: Told) -> None:
    hub.tell(run_event("COMPLETE", minute(1), run="r0", inputs=["a"], outputs=["b"]))
    for number in range(2, 6):
        hub.tell(run_event("COMPLETE", minute(number), run=f"r{number}"))
    assert await datasets_of(hub) == {"inputs": ["a"], "outputs": ["b"]}


SECRET = "hunter2-of-the-family"


async def test_secrets_are_gone_before_anything_is_stored(any_hub: Told) -> None:
    uri = f"jdbc:postgresql://shop:{SECRET}@db.example:5432/shop"
    source = {"namespace": "n", "name": "d", "facets": {"dataSource": {"name": "s", "uri": uri}}}
    any_hub.tell(
        run_event(
            inputs=[source],
            job_facets={"sql": {"query": f"CREATE USER u IDENTIFIED BY '{SECRET}'"}},
            run_facets={
                "environmentVariables": {
                    "environmentVariables": [{"name": "DB_PASSWORD", "value": SECRET}]
                },
                "executionParameters": {"parameters": [{"key": "token", "value": SECRET}]},
                "spark_args": {"args": f"spark-submit --password {SECRET} --conf a=b"},
            },
        )
    )
    bodies = [entry.body for entry in _journal(any_hub)]
    assert bodies
    assert not any(SECRET.encode() in body for body in bodies)
    found = await run(any_hub, "environmentVariables { value } executionParameters { value }")
    assert found == {
        "environmentVariables": [{"value": "***"}],
        "executionParameters": [{"value": "***"}],
    }


def _journal(hub: Told) -> Any:  # noqa: ANN401 - entries
    with hub.store.database.read() as connection:
        return hub.store.journal.read(connection, after=0, limit=100)


async def test_a_flood_of_heartbeats_takes_no_room(any_hub: Told) -> None:
    def beat(number: int) -> dict[str, Any]:
        at = f"2026-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        return run_event("RUNNING", at, inputs=["topic"], run_facets={"checkpoint": {"n": number}})

    any_hub.tell(run_event("START", minute(0)), *map(beat, range(1, 400)))
    counted = "SELECT count(*) FROM run_event"
    [(before,)] = any_hub.rows(counted)
    any_hub.tell(*map(beat, range(400, 1_200)))
    assert any_hub.rows(counted) == [(before,)]
    assert before == 2 * HEARTBEATS_KEPT + 1
    found = await run(any_hub, 'state facets(names: ["checkpoint"]) { body updatedAt }')
    assert found == {
        "state": "RUNNING",
        "facets": [{"body": {"n": 1_199}, "updatedAt": "2026-03-01T00:19:59.000000Z"}],
    }


async def test_a_name_is_repaired_where_it_is_plain_what_is_meant(hub: Told) -> None:
    root = {"namespace": "file", "name": ""}
    broken = {"namespace": "postgres://db\n:5432", "name": " shop.orders@v1 "}
    hub.tell(run_event(inputs=[root, broken]))
    found = await hub.ask("datasets { nodes { namespace name } }")
    assert found["nodes"] == [
        {"namespace": "file", "name": "/"},
        {"namespace": "postgres://db:5432", "name": "shop.orders@v1"},
    ]


async def test_what_facets_name_is_repaired_alike(hub: Told) -> None:
    root = {"namespace": "file", "name": ""}
    facets = {
        "columnLineage": {"fields": {"total": {"inputFields": [{**root, "field": "amount"}]}}},
        "symlinks": {
            "identifiers": [
                {"namespace": "hive://meta ", "name": "sales.total\n"},
                {"namespace": "hive://meta", "name": ""},
            ]
        },
    }
    hub.tell(run_event(inputs=[root], outputs=[dataset("b", **facets)]))
    found = await hub.ask('lineage(node: "field:n:b:total", direction: UPSTREAM) { nodes { id } }')
    assert {"id": "field:file:/:amount"} in found["nodes"]
    found = await hub.ask('dataset(namespace: "n", name: "b") { aliases { namespace name } }')
    assert found == {"aliases": [{"namespace": "hive://meta", "name": "sales.total"}]}


async def test_a_dataset_that_cannot_be_named_is_quarantined_alone(hub: Told) -> None:
    hub.tell(run_event(inputs=["a", {"name": "no namespace"}], outputs=["b"]))
    assert await datasets_of(hub) == {"inputs": ["a"], "outputs": ["b"]}
    why = "inputs[1].namespace: missing"
    assert await run(hub, "state leftOut") == {"state": "COMPLETE", "leftOut": [why]}
    found = await hub.ask("deadLetters { nodes { stage reasons } }")
    assert found["nodes"] == [{"stage": "intake", "reasons": [why]}]


JOBS = "jobs(filter: {{ {} }}) {{ totalCount nodes {{ name }} }}"


async def test_the_children_of_a_job_can_be_folded_into_it(any_hub: Told) -> None:
    for number in range(5):
        facets = child_of("app", "a", root=("dag", "d"))
        any_hub.tell(run_event(job=f"app.query_{number}", run=f"q{number}", run_facets=facets))
    any_hub.tell(run_event(job="app", run="a", run_facets=child_of("dag", "d")))
    found = await any_hub.ask(JOBS.format("outermost: true"))
    assert found == {"totalCount": 1, "nodes": [{"name": "dag"}]}
    asked = "children { name } parents { name }"
    found = await any_hub.ask(f'job(namespace: "n", name: "app") {{ {asked} }}')
    assert [each["name"] for each in found["children"]] == [f"app.query_{n}" for n in range(5)]
    assert found["parents"] == [{"name": "dag"}]


async def test_a_job_is_outermost_until_another_has_started_a_run_of_it(any_hub: Told) -> None:
    def day(number: int) -> str:
        return f"2026-03-0{number}T00:00:00Z"

    any_hub.tell(run_event(job="dag", run="d", at=day(1)), at=day(1))
    any_hub.tell(run_event(job="app", run="a1", at=day(1)), at=day(1))
    inside = run_event(job="app", run="a2", at=day(3), run_facets=child_of("dag", "d"))
    any_hub.tell(inside, at=day(5))
    shown = []
    for clock, number in (("asOf", 2), ("asOf", 3), ("knownAt", 4), ("knownAt", 5)):
        asked = f'jobs(filter: {{ outermost: true }}, {clock}: "{day(number)}")'
        found = await any_hub.ask(f"{asked} {{ totalCount nodes {{ name }} }}")
        names = [each["name"] for each in found["nodes"]]
        assert found["totalCount"] == len(names)
        shown.append(names)
    assert shown == [["app", "dag"], ["dag"], ["app", "dag"], ["dag"]]


async def test_jobs_without_datasets_can_be_left_out(any_hub: Told) -> None:
    for number in range(5):
        any_hub.tell(run_event(job=f"idle_{number}"))
    any_hub.tell(run_event(job="busy", inputs=["a"]))
    found = await any_hub.ask(JOBS.format("withDatasets: true"))
    assert found == {"totalCount": 1, "nodes": [{"name": "busy"}]}
    assert (await any_hub.ask(JOBS.format("")))["totalCount"] == 6


async def test_where_a_test_writes_its_findings_is_no_lineage(hub: Told) -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": "DBT", "jobType": "TEST"}}
    hub.tell(
        run_event(job="make", inputs=["a"], outputs=["b"]),
        run_event(job="test", inputs=["b"], outputs=["audit"], job_facets=facets),
    )
    assert await datasets_of(hub, "test") == {"inputs": ["b"], "outputs": []}
    found = await hub.ask("datasets { nodes { name } }")
    assert [each["name"] for each in found["nodes"]] == ["a", "b"]
