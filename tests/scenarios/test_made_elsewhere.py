"""Products whose data other pipelines make: dbt, Spark or Airflow, in a warehouse of their own."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Dataset, Layer, Product, Route, Slo, SloKind
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.routing import place_of
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import DatasetName, JobName, dataset_id
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH, REPAIRS

ORDERS = DatasetName("snowflake://acme", "sales.orders")
WRITTEN = "snowflake://acme:sales.orders"
Make = Callable[..., Scenario]
PRODUCT = Product(
    name="orders",
    domain="fleet",
    tier=1,
    datasets=(Dataset(ORDERS, Layer.GOLD),),
    slos=(
        Slo(
            name="orders-fresh",
            kind=SloKind.FRESHNESS,
            schedule="0 6 * * *",
            grace_seconds=1800,
            product="orders",
            dataset=WRITTEN,
        ),
        Slo(
            name="orders-begin",
            kind=SloKind.PUNCTUALITY,
            job=JobName("dbt", "models.orders"),
            schedule="0 5 * * *",
            product="orders",
            dataset=WRITTEN,
        ),
    ),
)
MODEL = run("dbt/models.orders").reads("raw:orders").writes(WRITTEN)
EMPTY = run("dbt/models.orders").reads("raw:orders").writes(WRITTEN, rows=0)


@pytest.fixture
def world(another: Make) -> Scenario:
    return another(mesh())


def mesh(**changes: object) -> Catalog:
    return structs.replace(MESH, products={"orders": PRODUCT}, **changes)


def test_its_failure_is_that_of_its_product_and_domain(world: Scenario) -> None:
    world.at("04:30", MODEL)
    world.at("04:45", MODEL.fails("syntax error at or near"))

    assert world.heard() == [f"04:45 triggered fleet-pager LOGIC {ORDERS.name}"]


def test_it_is_routed_by_the_tier_and_the_layer_that_it_is_declared_with(another: Make) -> None:
    by_layer = Route(match={"layer": ("gold",), "tier": ("1",)}, receiver="tickets")
    world = another(mesh(route=Route(routes=(by_layer,))))
    world.at("04:45", MODEL.fails("syntax error at or near"))

    assert world.heard() == [f"04:45 triggered tickets LOGIC {ORDERS.name}"]


def test_that_its_job_never_began_is_told_once_with_all_that_is_late_of_it(world: Scenario) -> None:
    world.at("04:59", MODEL)
    world.at("2026-11-24 06:29")
    begun = [line for line in world.heard() if "orders" in line]
    world.at("2026-11-24 06:31")

    assert begun == [f"05:00 triggered platform-pager INFRA_COMPUTE {ORDERS.name}"]
    assert world.heard() == []


def test_it_is_on_time_when_a_run_brings_it(world: Scenario) -> None:
    for day in (23, 24, 25):
        world.at(f"2026-11-{day} 04:59", MODEL)
    world.at("2026-11-26 04:00")

    assert world.heard() == []


def test_a_step_is_not_blamed_for_data_of_the_same_name_elsewhere() -> None:
    twin = DatasetName("snowflake://acme", REPAIRS.steps[0].writes)
    repairs = structs.replace(REPAIRS, datasets=(Dataset(twin, Layer.GOLD),))
    catalog = structs.replace(MESH, products={"repairs": repairs})
    failed = Signal(
        id="s",
        kind=SignalKind.RUN_FAILED,
        subject="job:dbt:models.repairs",
        title="",
        verdict=Verdict(
            failure_class=FailureClass.LOGIC, rule="r", rule_set="s", evidence="", confidence=0.9
        ),
        onset_at=0,
        datasets=(dataset_id(twin),),
    )
    place = place_of(catalog, failed)

    assert (place.product, place.step, place.layer) == (repairs, None, Layer.GOLD)


LOAD = run("airflow/orders.load").reads("sftp:orders")
WITHIN = Slo(
    name="orders-recent",
    kind=SloKind.FRESHNESS,
    within_seconds=7200,
    product="orders",
    dataset=WRITTEN,
)


@pytest.mark.parametrize(
    ("goes_on", "told"),
    [
        (False, f"07:20 triggered platform-pager INFRA_COMPUTE {ORDERS.name}"),
        (True, f"07:20 triggered fleet-pager SOURCE_UNAVAILABLE {ORDERS.name}"),
    ],
)
def test_what_runs_on_without_news_has_a_silent_source_unless_what_feeds_it_has_stopped(
    another: Make, *, goes_on: bool, told: str
) -> None:
    product = structs.replace(PRODUCT, slos=(WITHIN,))
    world = another(structs.replace(MESH, products={"orders": product}))
    world.at("05:10", LOAD.writes("raw:orders", rows=9))
    world.at("05:20", run("dbt/models.orders").reads("raw:orders").writes(WRITTEN, rows=9))
    for hour in ("06", "07"):
        if goes_on:
            world.at(f"{hour}:10", LOAD.writes("raw:orders", rows=0))
        world.at(f"{hour}:20", EMPTY)
    world.at("07:21")

    assert world.heard() == [told]
