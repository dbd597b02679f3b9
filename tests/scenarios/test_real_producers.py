"""What real producers send about broken runs: the right team is told, once for each cause."""

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


@pytest.mark.parametrize("name", ["airflow_parcel_intake", "dbt_default_green"])
def test_runs_that_pass_tell_nobody(told: Told, name: str) -> None:
    assert told(name) == []
