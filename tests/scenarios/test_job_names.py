"""SLOs, failures and owners hold for a job under whichever of its names it runs."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import (
    Catalog,
    Dataset,
    Owner,
    OwnerKind,
    OwnerRule,
    Product,
    Route,
    Slo,
    SloKind,
)
from hub.domain.commands import ApproveAlias, CreateSilence, WithdrawRuling
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Inhibition
from hub.domain.names import DatasetName, JobName, NodeKind
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH, say, state

Make = Callable[..., Scenario]
WRITTEN = "warehouse:sales.orders"
ORDERS = JobName("dbt", "model.shop.orders")
STAMPED = "dbt/shop.main.shop.orders.build.run"
NODE = {"dbt_node": {"unique_id": ORDERS.name}}
PASSING = Slo(
    name="orders-pass",
    kind=SloKind.AVAILABILITY,
    job=ORDERS,
    objective=0.5,
    window_runs=2,
    product="orders",
    dataset=WRITTEN,
)
BEGUN = Slo(
    name="orders-begin",
    kind=SloKind.PUNCTUALITY,
    job=ORDERS,
    schedule="0 5 * * *",
    grace_seconds=600,
    product="orders",
    dataset=WRITTEN,
)


def mesh(*slos: Slo, **changes: object) -> Catalog:
    product = Product(
        name="orders",
        domain="fleet",
        datasets=(Dataset(DatasetName("warehouse", "sales.orders")),),
        slos=slos,
    )
    return structs.replace(MESH, products={"orders": product}, **changes)


def node(job: str) -> RunScript:
    """Return a run that says, as dbt does in each of its modes, which node it is of."""
    return structs.replace(run(job), job_facets=NODE)


SAID: dict[str, Any] = {
    "actor": "ana",
    "kind": NodeKind.JOB,
    "first": ("dbt", "orders_v2"),
    "second": ORDERS,
}
UNITE, PART = ApproveAlias(**SAID), WithdrawRuling(**SAID)
OLD, NEW = run(f"dbt/{ORDERS.name}"), run("dbt/orders_v2")
OTHER = run("elsewhere/other")


def test_runs_under_the_name_of_another_mode_count_for_how_many_pass(another: Make) -> None:
    world = another(mesh(PASSING))
    world.at("04:10", node(f"dbt/{ORDERS.name}"))
    world.at("04:20", node(STAMPED).fails("boom"), node(STAMPED).fails("boom"))

    assert world.reading("orders-pass") == (
        "breached",
        "0 of the last 2 runs passed; 1 of 2 are to; the last was at 2026-11-23 04:20 UTC",
    )


def test_a_run_that_begins_under_another_name_begins_in_time(another: Make) -> None:
    world = another(mesh(BEGUN))
    for day in (23, 24):
        world.at(f"2026-11-{day} 05:05", node(f"dbt/{ORDERS.name}" if day == 23 else STAMPED))
    world.at("05:30")

    assert world.heard() == []


def test_what_failed_under_one_name_is_over_when_the_other_passes(another: Make) -> None:
    world = another(mesh())
    world.at("04:10", node(STAMPED).fails("syntax error at or near"))
    world.at("04:20", node(f"dbt/{ORDERS.name}"))

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def built(job: str, schema: str) -> RunScript:
    """Return a run of the node that says where it builds it, as dbt does."""
    place = {"database": "shop", "schema": schema, "alias": "orders"}
    return structs.replace(run(job), job_facets={"dbt_node": {**NODE["dbt_node"], **place}})


CI = "dbt/shop.ci_7.shop.orders.build.run"


@pytest.mark.parametrize("producing", [STAMPED, f"dbt/{ORDERS.name}"])
def test_a_test_of_a_change_in_another_schema_clears_nothing_of_productions(
    producing: str, another: Make
) -> None:
    world = another(mesh())
    world.at("04:10", built(producing, "main").fails("syntax error at or near"))
    world.at("04:20", built(CI, "ci_7"))
    assert [line.split()[1] for line in world.heard()] == ["triggered"]

    world.at("04:30", built(f"dbt/{ORDERS.name}", "main"))
    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_with_structured_logs_a_test_of_a_change_is_told_by_the_schema_that_it_writes_to(
    another: Make,
) -> None:
    def told(schema: str) -> RunScript:
        return built(f"dbt/{ORDERS.name}", schema).writes(f"warehouse:shop.{schema}.orders")

    failed = structs.replace(told("main"), run_id="99999999-9999-4999-8999-000000000001")
    part = run(f"dbt/{ORDERS.name}.sql.1").inside(failed)
    for failing in ([failed], [part, failed]):
        world = another(mesh())
        world.at("04:10", *(each.fails("syntax error at or near") for each in failing))
        world.at("04:20", told("ci_7"))
        assert [line.split()[1] for line in world.heard()] == ["triggered"]

        world.at("04:30", told("MAIN"))
        assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_a_test_of_a_change_that_fails_is_over_when_it_passes_in_its_own_schema(
    another: Make,
) -> None:
    world = another(mesh())
    again = CI.replace("build", "run")
    world.at("04:10", built(STAMPED, "main"), built(CI, "ci_7").fails("syntax error at or near"))
    world.at("04:20", built(STAMPED, "main"))
    assert [line.split()[1] for line in world.heard()] == ["triggered"]

    world.at("04:30", built(again, "CI_7"))
    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_a_part_is_over_when_its_whole_passes_under_another_name(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    world.at("04:10", OLD, run(f"dbt/{ORDERS.name}.sql.1").fails("syntax error at or near"))
    world.at("04:20", NEW)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_what_failed_before_the_other_name_passed_and_is_told_after_is_no_news(
    another: Make,
) -> None:
    world = another(mesh())
    world.submit(UNITE)
    [_, failed] = OLD.fails("syntax error at or near").events(world.now, 1)
    world.at("04:20", NEW)
    world.append(failed)
    world.settle()

    assert world.heard() == []


@pytest.mark.parametrize("restarts", [False, True])
def test_a_failure_is_over_once_its_name_is_one_with_a_name_that_passed(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh())
    world.at("04:10", OLD.fails("syntax error at or near"))
    world.at("04:20", NEW)
    [page] = world.heard()
    assert "triggered" in page

    unite(world, restarts=restarts)
    world.at("04:30")

    [over] = world.heard()
    assert "resolved" in over


def test_a_part_is_over_once_its_whole_is_one_with_a_name_that_passed(another: Make) -> None:
    world = another(mesh())
    world.at("04:10", OLD, run(f"dbt/{ORDERS.name}.sql.1").fails("syntax error at or near"))
    world.at("04:20", NEW)
    world.submit(UNITE)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_failure_after_the_other_name_passed_outlives_their_union(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh())
    world.at("04:10", NEW)
    world.at("04:20", OLD.fails("syntax error at or near"))
    unite(world, restarts=restarts)
    world.at("04:30")

    [page] = world.heard()
    assert "triggered" in page


def test_a_name_that_was_parted_again_clears_nothing_of_the_other(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    world.at("04:10", OLD.fails("syntax error at or near"))
    world.submit(PART)
    world.at("04:20", NEW)
    [page] = world.heard()
    assert "triggered" in page

    world.at("04:30", OLD)

    [over] = world.heard()
    assert "resolved" in over


@pytest.mark.parametrize("restarts", [False, True])
def test_how_many_runs_pass_is_counted_anew_when_names_are_united_and_parted(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh(PASSING))
    world.at("04:10", OLD, OLD)
    world.at("04:20", NEW.fails("boom"), NEW.fails("boom"))
    assert state(world, "orders-pass") == "ok"

    unite(world, restarts=restarts)
    world.at("04:30")
    assert state(world, "orders-pass") == "breached"

    part(world, restarts=restarts)
    world.at("04:40")
    assert state(world, "orders-pass") == "ok"


@pytest.mark.parametrize("restarts", [False, True])
def test_whether_runs_begin_in_time_is_judged_anew_when_names_are_united_and_parted(
    another: Make, *, restarts: bool
) -> None:
    world = another(mesh(BEGUN))
    world.at("05:05", OLD)
    world.at("2026-11-24 05:05", NEW)
    world.at("05:30")
    assert state(world, "orders-begin") == "breached"

    unite(world, restarts=restarts)
    world.at("05:40")
    assert state(world, "orders-begin") == "ok"

    part(world, restarts=restarts)
    world.at("05:50")
    assert state(world, "orders-begin") == "breached"


def silence(world: Scenario, *matchers: str) -> None:
    command = CreateSilence(
        matchers=tuple(map(parse_matcher, matchers)),
        owner="ada",
        comment="we know",
        starts_at=world.now,
        ends_at=world.now + 3_600_000_000,
        actor="ada",
    )
    assert world.submit(command).code == "OK"


def test_failures_under_both_names_are_one_incident(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    world.at("04:10", OLD.fails("syntax error at or near"))
    world.at("04:20", NEW.fails("syntax error at or near"))
    world.at("04:30", NEW)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_names_of_one_job_are_not_many_jobs_in_trouble(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    broken = "we could not make anything of the flux capacitor in the warehouse"
    world.at("04:10", *(each.fails(broken) for each in (OLD, NEW, run("fleet/other"))))

    assert [line.split()[1] for line in world.heard()] == ["triggered", "triggered"]


@pytest.mark.parametrize("matcher", ["job=orders_v2", f"job={ORDERS.name}", "job~orders_*"])
def test_a_silence_on_one_name_holds_for_the_job(another: Make, matcher: str) -> None:
    world = another(mesh())
    world.at("04:10", OLD, NEW)
    silence(world, matcher)
    world.submit(UNITE)
    world.at("04:20", OLD.fails("syntax error at or near"))

    assert world.heard() == []


def test_a_silence_on_all_but_one_name_spares_the_job(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    silence(world, "job~*", "job!=orders_v2")
    world.at("04:20", OLD.fails("syntax error at or near"))

    assert len(world.heard()) == 1


def test_a_silence_on_a_name_that_was_parted_holds_no_more(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    silence(world, "job=orders_v2")
    world.submit(PART)
    world.at("04:20", OLD.fails("syntax error at or near"))

    assert len(world.heard()) == 1


@pytest.mark.parametrize(
    ("source", "target", "equal"),
    [
        ("job=orders_v2", "job=other", ()),
        ("job~orders_*", "job=other", ()),
        ("job=other", "job=orders_v2", ()),
        ("namespace=elsewhere", "job=other", ()),
        ("job!=other", "job=other", ("namespace",)),
    ],
)
def test_what_inhibits_or_is_inhibited_is_known_by_each_of_its_names(
    another: Make, source: str, target: str, equal: tuple[str, ...]
) -> None:
    rule = Inhibition(
        name="orders-first",
        source=(parse_matcher(source),),
        target=(parse_matcher(target),),
        equal=equal,
    )
    world = another(mesh(inhibitions=(rule,)))
    world.submit(UNITE)
    world.submit(ApproveAlias(**{**SAID, "first": ("elsewhere", "orders")}))
    first, second = (OLD, OTHER) if target == "job=other" else (OTHER, OLD)
    world.at("04:10", first.fails("syntax error at or near"))
    world.heard()
    world.at("04:20", second.fails("no space left on device", origin="platform"))
    world.at("04:30")

    assert world.heard() == []


@pytest.mark.parametrize(
    "node",
    [
        Route(receiver="tickets", match={"job": ("orders_v2",)}),
        Route(receiver="tickets", matchers=(parse_matcher("job~*_v2"),)),
    ],
    ids=["match", "matchers"],
)
def test_a_route_for_one_name_leads_what_fails_under_the_other(another: Make, node: Route) -> None:
    world = another(mesh(route=Route(routes=(node,))))
    world.submit(UNITE)
    world.at("04:20", OLD.fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered tickets" in page


def test_whoever_owns_one_name_owns_what_fails_under_the_other(another: Make) -> None:
    crew = Owner("crew", OwnerKind.DOMAIN, "workshop-desk")
    world = another(mesh(owners=(OwnerRule("dbt:*_v2", crew),)))
    world.submit(UNITE)
    world.at("04:20", OLD.fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered workshop-desk" in page


def test_a_job_is_its_domains_under_a_name_elsewhere(another: Make) -> None:
    world = another(mesh())
    elsewhere = {**SAID, "first": ("fleet", "orders")}
    world.submit(ApproveAlias(**elsewhere))
    world.at("04:20", OLD.fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered fleet-pager" in page


def owned(script: RunScript, by: str) -> RunScript:
    """Return a run whose job says who owns it."""
    return structs.replace(script, job_facets={"ownership": {"owners": [{"name": by}]}})


def test_the_owner_that_a_job_has_told_under_one_name_owns_it_under_the_other(
    another: Make,
) -> None:
    world = another(mesh())
    world.submit(UNITE)
    world.at("04:10", owned(NEW, "finance-data"))
    world.at("04:20", OLD.fails("syntax error at or near"))

    [page] = world.heard()
    assert "triggered finance-pager" in page


def test_a_run_may_be_silent_for_as_long_as_is_usual_under_any_name(another: Make) -> None:
    world = another(mesh())
    world.submit(UNITE)
    for minute in (10, 20, 30):
        world.at(f"04:{minute}", NEW)
    world.at("04:40")
    [begun, _] = OLD.events(world.now, 9)
    world.append(begun)
    world.settle()
    world.at("05:00")

    [page] = world.heard()
    assert "triggered platform-pager INFRA_COMPUTE" in page


def unite(world: Scenario, *, restarts: bool) -> None:
    say(world, UNITE, restarts=restarts)


def part(world: Scenario, *, restarts: bool) -> None:
    say(world, PART, restarts=restarts)


def test_a_page_that_a_silence_on_another_name_holds_is_sent_when_the_names_are_parted(
    another: Make,
) -> None:
    world = another(mesh())
    world.submit(UNITE)
    silence(world, "job=orders_v2")
    world.at("04:20", OLD.fails("syntax error at or near"))
    assert world.heard() == []
    world.submit(PART)

    assert [line.split()[1] for line in world.heard()] == ["triggered"]


@pytest.mark.parametrize("renamed", ["source", "target"])
def test_what_inhibits_by_a_name_that_is_parted_holds_nobody_any_longer(
    another: Make, renamed: str
) -> None:
    rule = Inhibition(
        name="orders-first",
        source=(parse_matcher("job=orders_v2" if renamed == "source" else "job=other"),),
        target=(parse_matcher("job=other" if renamed == "source" else "job=orders_v2"),),
    )
    world = another(mesh(inhibitions=(rule,)))
    world.submit(UNITE)
    first, second = (OLD, OTHER) if renamed == "source" else (OTHER, OLD)
    world.at("04:10", first.fails("syntax error at or near"))
    world.at("04:20", second.fails("no space left on device", origin="platform"))
    assert len(world.heard()) == 1
    world.submit(PART)

    assert [line.split()[1] for line in world.heard()] == ["triggered"]


def test_a_name_that_something_else_gets_changes_nothing_for_a_page_that_is_held(
    another: Make,
) -> None:
    world = another(mesh())
    world.submit(UNITE)
    silence(world, "job=orders_v2")
    world.at("04:20", OLD.fails("syntax error at or near"))
    world.submit(ApproveAlias(**{**SAID, "first": ("a", "b"), "second": ("c", "d")}))

    assert world.heard() == []
