"""SLOs hold for a dataset under whichever of its names it is written."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Counted, Dataset, Layer, Product, Slo, SloKind, Volume
from hub.domain.commands import ApproveAlias, WithdrawRuling
from hub.domain.identity.naming import NamingRule
from hub.domain.names import DatasetName, NodeKind
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH, say, state

Make = Callable[..., Scenario]
ORDERS = DatasetName("s3://lake", "orders")
WRITTEN = "s3://lake:orders"
FRESH = Slo(
    name="orders-fresh",
    kind=SloKind.FRESHNESS,
    schedule="0 6 * * *",
    grace_seconds=1800,
    product="orders",
    dataset=WRITTEN,
)
VOLUME = Slo(
    name="orders-whole",
    kind=SloKind.VOLUME,
    volume=Volume(least=100),
    product="orders",
    dataset=WRITTEN,
)
PARTITIONED = NamingRule("partitions", r"s3://lake", trims_partitions=True)


def mesh(*slos: Slo, **changes: object) -> Catalog:
    product = Product(
        name="orders",
        domain="fleet",
        tier=1,
        datasets=(Dataset(ORDERS, Layer.GOLD),),
        slos=slos,
    )
    return structs.replace(MESH, products={"orders": product}, **changes)


FILLED = Slo(
    name="orders-filled",
    kind=SloKind.COMPLETENESS,
    of_field="iban",
    objective=0.98,
    product="orders",
    dataset=WRITTEN,
)
EVALUATED = Slo(
    name="orders-evaluated",
    kind=SloKind.QUALITY,
    counted=Counted.EVALUATED,
    objective=0.5,
    window_runs=2,
    product="orders",
    dataset=WRITTEN,
)
SOUND = Slo(
    name="orders-sound",
    kind=SloKind.QUALITY,
    objective=0.7,
    window_runs=2,
    product="orders",
    dataset=WRITTEN,
)


def load(*days: str, rows: int | None = None) -> RunScript:
    script = run("spark/orders")
    for day in days:
        script = script.writes(f"{WRITTEN}/day={day}", rows=rows)
    return script


def alias(name: str) -> dict[str, Any]:
    return {
        "actor": "ana",
        "kind": NodeKind.DATASET,
        "first": ("s3://lake", name),
        "second": ORDERS,
    }


def test_a_partition_that_came_is_fresh_data_of_its_dataset(another: Make) -> None:
    world = another(mesh(FRESH, naming=(PARTITIONED,)))
    world.at("05:30", load("2026-11-23"))

    world.at("2026-11-24 05:30", load("2026-11-24"))
    world.at("07:00")

    assert world.heard() == []
    assert world.reading("orders-fresh") is not None


def test_what_came_in_several_partitions_counts_together(another: Make) -> None:
    world = another(mesh(VOLUME, naming=(PARTITIONED,)))
    world.at("05:30", load("2026-11-22", "2026-11-23", rows=60))

    assert world.heard() == []

    world.at("06:30", load("2026-11-23", rows=60))

    assert len(world.heard()) == 1


@pytest.mark.parametrize("restarts", [False, True])
def test_data_that_came_under_another_name_counts_once_the_names_are_one(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh(FRESH))
    world.at("05:30", run("spark/orders").writes("s3://lake:orders_v2"))
    world.at("07:00")
    [page] = world.heard()
    assert "triggered" in page

    world.submit(ApproveAlias(**alias("orders_v2")))
    if restarts:
        world.restart()
    world.at("07:30")

    [over] = world.heard()
    assert "resolved" in over


def test_names_that_are_parted_again_no_longer_serve_each_other(another: Make) -> None:
    world = another(mesh(FRESH))
    world.at("05:30", run("spark/orders").writes("s3://lake:orders_v2"))
    world.submit(ApproveAlias(**alias("orders_v2")))
    world.at("07:00")
    assert world.heard() == []

    world.submit(WithdrawRuling(**alias("orders_v2")))
    world.at("07:30")

    [page] = world.heard()
    assert "triggered" in page


def test_a_failure_to_write_a_partition_is_its_domains(another: Make) -> None:
    world = another(mesh(FRESH, naming=(PARTITIONED,)))
    world.at("04:30", load("2026-11-22"))
    world.at("05:30", load("2026-11-23").fails("syntax error at or near"))

    [page] = world.heard()
    assert "fleet-pager LOGIC" in page


def linked(name: str, **facets: object) -> RunScript:
    """Return a run that writes a dataset whose facets tell what else it is called."""
    script = run("spark/orders").writes(f"s3://lake:{name}")
    [output] = script.outputs
    return structs.replace(script, outputs=({**output, "facets": facets},))


@pytest.mark.parametrize(
    "facets",
    [
        {"symlinks": {"identifiers": [{"namespace": "s3://lake", "name": "orders"}]}},
        {
            "lifecycleStateChange": {
                "lifecycleStateChange": "RENAME",
                "previousIdentifier": {"namespace": "s3://lake", "name": "orders"},
            }
        },
    ],
    ids=["symlink", "rename"],
)
def test_what_a_producer_says_is_the_dataset_too_is_fresh_data_of_it(
    another: Make, facets: dict[str, object]
) -> None:
    world = another(mesh(FRESH))
    world.at("05:00", run("spark/orders").writes(WRITTEN))
    world.at("2026-11-24 05:30", linked("orders_v2", **facets))
    world.at("05:40", run("spark/orders").writes("s3://lake:orders_v2"))
    world.at("07:00")

    assert world.heard() == []

    world.at("2026-11-25 07:00")

    assert len(world.heard()) == 1


def test_checks_of_several_names_of_a_dataset_count_for_its_quality(another: Make) -> None:
    world = another(mesh(SOUND, naming=(PARTITIONED,)))
    for day, failed in (("2026-11-22", ["whole"]), ("2026-11-23", [])):
        passed = ["unique", *({"whole"} - {*failed})]
        checked = load(day).checks(f"{WRITTEN}/day={day}", passed=passed, failed=failed)
        world.at(f"05:{day[-2:]}", checked)

    assert world.reading("orders-sound") == (
        "ok",
        "3 of 4 checks passed in the last 2 runs; the objective is 0.7",
    )


def counted(name: str, nulls: int) -> RunScript:
    """Return a run that has read 100 rows and counted the nulls of a field."""
    script = run("spark/check").reads(f"s3://lake:{name}")
    [read] = script.inputs
    metrics = {"rowCount": 100, "columnMetrics": {"iban": {"nullCount": nulls}}}
    read["inputFacets"] = {"dataQualityMetrics": metrics}
    return script


@pytest.mark.parametrize("restarts", [False, True])
def test_nulls_are_those_that_were_counted_last_under_the_names_of_now(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh(FILLED))
    world.at("05:00", counted("orders", nulls=1))
    world.at("05:10", counted("orders_v2", nulls=40))
    assert state(world, "orders-filled") == "ok"

    say(world, ApproveAlias(**alias("orders_v2")), restarts=restarts)
    world.at("05:20")
    assert state(world, "orders-filled") == "breached"

    say(world, WithdrawRuling(**alias("orders_v2")), restarts=restarts)
    world.at("05:30")
    assert state(world, "orders-filled") == "ok"


def test_nulls_that_only_another_thing_has_are_not_known_of_this_one(another: Make) -> None:
    world = another(mesh(FILLED))
    world.submit(ApproveAlias(**alias("orders_v2")))
    world.at("05:10", counted("orders_v2", nulls=40))
    assert state(world, "orders-filled") == "breached"

    world.submit(WithdrawRuling(**alias("orders_v2")))
    world.at("05:20")

    assert state(world, "orders-filled") == "no-data"


def test_rows_of_another_thing_are_not_rows_of_this_one(another: Make) -> None:
    world = another(mesh(VOLUME))
    world.at("05:00", run("spark/orders").writes(WRITTEN, rows=100))
    world.submit(ApproveAlias(**alias("orders_v2")))
    world.at("05:10", run("spark/orders").writes("s3://lake:orders_v2", rows=60))
    assert state(world, "orders-whole") == "breached"

    world.submit(WithdrawRuling(**alias("orders_v2")))
    world.at("05:20")

    assert state(world, "orders-whole") == "ok"


def unevaluated(name: str) -> RunScript:
    script = run("spark/check").checks(f"s3://lake:{name}", passed=["whole"])
    [tested] = script.inputs
    del tested["inputFacets"]["dataQualityAssertions"]["assertions"][0]["success"]
    return script


@pytest.mark.parametrize("restarts", [False, True])
def test_checks_are_counted_on_when_a_name_is_added_and_those_of_one_that_is_parted_are_not(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh(EVALUATED))
    world.at("05:10", run("spark/check").checks("s3://lake:orders", passed=["whole"]))
    say(world, ApproveAlias(**alias("orders_v2")), restarts=restarts)
    world.at("05:20")
    assert state(world, "orders-evaluated") == "ok"

    for minute in (30, 40):
        world.at(f"05:{minute}", unevaluated("orders_v2"))
    assert state(world, "orders-evaluated") == "breached"

    say(world, WithdrawRuling(**alias("orders_v2")), restarts=restarts)
    world.at("05:50")
    assert state(world, "orders-evaluated") == "ok"


MISSING = 'Binder Error: Referenced column "cost" not found in FROM clause'


def shaped(name: str, *fields: str) -> RunScript:
    schema = {"fields": [{"name": field, "type": "string"} for field in fields]}
    return linked(name, schema=schema)


def test_the_owner_that_is_told_under_one_name_owns_the_dataset(another: Make) -> None:
    world = another(structs.replace(MESH, products={}))
    world.submit(ApproveAlias(**alias("orders_v2")))
    owners = {"owners": [{"name": "finance-data"}]}
    world.at("05:00", linked("orders_v2", ownership=owners))
    world.at("05:10", run("spark/orders").writes(WRITTEN).fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered finance-pager" in page


@pytest.mark.parametrize("read", ["orders", "orders_v2"])
def test_an_input_that_changed_under_another_name_is_its_makers(another: Make, read: str) -> None:
    world = another(mesh())
    world.submit(ApproveAlias(**alias("orders_v2")))
    report = run("finance/report").reads(f"s3://lake:{read}").writes("report")
    world.at("05:00", shaped("orders_v2", "id", "cost"))
    world.at("05:10", report)
    world.at("05:20", shaped("orders_v2", "id", "price"))
    world.at("05:30", report.fails(MISSING))

    [page] = world.heard()
    assert "triggered fleet-pager SCHEMA_CONTRACT" in page


def test_a_shape_that_came_before_under_another_name_has_not_changed(another: Make) -> None:
    world = another(mesh(naming=(PARTITIONED,)))
    report = run("finance/report").reads(WRITTEN).writes("report")
    world.at("05:00", shaped("orders/day=2026-11-21", "id", "price"))
    world.at("05:01", shaped("orders/day=2026-11-22", "id"))
    world.at("05:10", report)
    world.at("05:20", shaped("orders/day=2026-11-23", "id"))
    world.at("05:30", report.fails(MISSING.replace("cost", "price")))

    [page] = world.heard()
    assert "triggered finance-pager" in page


HADOOP = NamingRule("hadoop", r"s3a://(.*)", namespace=r"s3://\1")
ELSEWHERE = "s3a://lake:orders"


def test_data_that_comes_under_another_namespace_is_fresh_data_of_it_until_the_rule_goes(
    another: Make,
) -> None:
    world = another(mesh(FRESH, naming=(HADOOP,)))
    world.at("05:00", run("spark/orders").writes(ELSEWHERE))
    world.at("07:00")
    assert state(world, "orders-fresh") == "ok"

    world.catalog = mesh(FRESH)
    world.at("2026-11-23 07:10")

    assert state(world, "orders-fresh") != "ok"


def test_a_product_that_is_declared_under_another_namespace_has_the_data_of_events(
    another: Make,
) -> None:
    catalog = mesh(naming=(HADOOP,))
    [product] = catalog.products.values()
    declared = (Dataset(DatasetName("s3a://lake", "orders"), Layer.GOLD),)
    slo = structs.replace(VOLUME, dataset=ELSEWHERE)
    product = structs.replace(product, datasets=declared, slos=(slo,))
    world = another(structs.replace(catalog, products={"orders": product}))
    world.at("05:00", run("spark/orders").writes(WRITTEN, rows=10))

    [page] = world.heard()

    assert "triggered fleet-pager" in page
    assert state(world, "orders-whole") == "breached"


def test_the_owner_that_is_told_under_one_namespace_owns_the_dataset(another: Make) -> None:
    world = another(structs.replace(MESH, products={}, naming=(HADOOP,)))
    owned = linked("orders", ownership={"owners": [{"name": "finance-data"}]})
    for each in owned.outputs:
        each["namespace"] = "s3a://lake"
    world.at("05:00", owned)
    world.at("05:10", run("spark/orders").writes(WRITTEN).fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered finance-pager" in page
