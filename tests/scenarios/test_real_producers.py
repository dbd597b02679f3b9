"""What real producers send about broken runs: the right team is told, once for each cause."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Owner, OwnerKind, Receiver
from hub.testing.scenario import Scenario, run

EVENTS = Path(__file__).parents[1] / "corpus" / "events"
NOBODYS = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "ops"), receivers={"ops": Receiver("ops", "m")}
)

Told = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def told(another: Callable[..., Scenario]) -> Told:
    """Play captures to a hub; return reason, class and owner's kind of each notification."""

    def play(*names: str) -> list[tuple[str, str, str]]:
        world = another(NOBODYS, "2026-11-23 12:00")
        for name in names:
            for line in (EVENTS / f"{name}.ndjson").read_bytes().splitlines():
                world.append(line)
            world.settle()
            world.pass_until(world.now + 60_000_000)
        sent = world.mailbox.notifications
        return [(n.reason, n.body["class"], n.body["owner"]["kind"]) for n in sent]

    return play


def test_an_airflow_task_and_its_dag_are_one_failure(told: Told) -> None:
    assert told("airflow_carrier_rates") == [("triggered", "INFRA_NETWORK", "platform")]


def test_an_airflow_task_says_why_its_query_failed(told: Told) -> None:
    assert told("airflow_daily_settlement") == [("triggered", "SCHEMA_CONTRACT", "domain")]


def test_two_broken_dbt_nodes_are_two_failures_whatever_they_hold_up(told: Told) -> None:
    assert told("dbt_structured_green", "dbt_structured_broken") == [
        ("triggered", "DATA_QUALITY", "domain"),
        ("triggered", "DATA_QUALITY", "domain"),
    ]


def test_an_expectation_that_fails_in_a_run_that_completes_is_a_failure_of_quality(
    world: Scenario,
) -> None:
    found = {"expectationType": "expect_column_values_to_not_be_null", "success": False}
    facet = {"greatExpectations_assertions": {"assertions": [{**found, "column": "id"}]}}
    checked = {"namespace": "lake", "name": "bronze.payments", "inputFacets": facet}
    validation = run("food_delivery/expectations.385fd323")
    world.at("04:10", structs.replace(validation, inputs=(checked,)))

    assert world.heard() == ["04:10 triggered finance-pager DATA_QUALITY bronze.payments"]


SPARK = "https://github.com/OpenLineage/OpenLineage/tree/1.50.0/integration/spark"
ABORTED = {
    "message": "Job aborted due to stage failure",
    "stackTrace": "org.apache.spark.SparkException: Job aborted\nCaused by: "
    "java.nio.file.AccessDeniedException: delete on s3a://lake/daily: Access Denied\n",
}


WRITTEN_BY_SPARK = {
    "namespace": "s3://lake",
    "name": "daily",
    "outputFacets": {"outputStatistics": {"rowCount": 9}},
}


def of_spark(kind: str, second: int, run: str, *, aborted: bool = False) -> bytes:
    """An event as Spark's integration sends it, of a run of an application or of its query."""
    application, _, query = run.partition(".")
    around = {"run": {"runId": application}, "job": {"namespace": "spark", "name": "load"}}
    facets = {"parent": around} if query else {}
    event = {
        "eventType": kind,
        "eventTime": f"2026-11-23T12:00:{second:02}Z",
        "producer": SPARK,
        "run": {"runId": run, "facets": facets | ({"spark.exception": ABORTED} if aborted else {})},
        "job": {"namespace": "spark", "name": f"load.{query}" if query else "load"},
    }
    return json.dumps(event).encode()


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_what_failed_in_spark_has_not_healed_because_spark_says_that_it_completed(
    another: Callable[..., Scenario], *, at_once: bool, is_reversed: bool
) -> None:
    world = another(NOBODYS, "2026-11-23 12:01")
    events = [
        of_spark("START", 1, "first"),
        of_spark("START", 2, "first.append"),
        of_spark("FAIL", 3, "first.append", aborted=True),
        of_spark("COMPLETE", 4, "first.append"),
        of_spark("COMPLETE", 5, "first"),
    ]
    told = list(reversed(events)) if is_reversed else events
    for batch in [told] if at_once else [[each] for each in told]:
        world.append(*batch)
        world.settle()
    world.pass_until(world.now + 60_000_000)
    sent = [(each.reason, each.body["class"]) for each in world.mailbox.notifications]
    assert sent == [("triggered", "ACCESS")]

    world.append(of_spark("START", 10, "second"), of_spark("COMPLETE", 20, "second"))
    world.settle()
    world.pass_until(world.now + 60_000_000)
    assert [each.reason for each in world.mailbox.notifications] == ["triggered", "resolved"]


def test_what_failed_in_spark_has_not_healed_where_nothing_says_when_it_began(
    another: Callable[..., Scenario],
) -> None:
    world = another(NOBODYS, "2026-11-23 12:01")
    for kind, second in (("FAIL", 3), ("COMPLETE", 4)):
        event = json.loads(of_spark(kind, second, "first.append", aborted=kind == "FAIL"))
        world.append(json.dumps(event | {"outputs": [WRITTEN_BY_SPARK]}).encode())
        world.settle()
    world.pass_until(world.now + 60_000_000)

    assert [each.reason for each in world.mailbox.notifications] == ["triggered"]


@pytest.mark.parametrize("name", ["airflow_parcel_intake", "dbt_default_green"])
def test_runs_that_pass_tell_nobody(told: Told, name: str) -> None:
    assert told(name) == []
