"""What a root holds back until it has healed, and whom that pages when it goes on failing."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Slo, SloKind
from hub.domain.commands import ResolveIncident
from hub.store import incident_book
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH as WATCHED
from tests.scenarios.conftest import daily

MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAY = run("finance/payments.load").writes("bronze.payments")
SUM = run("finance/earnings.sum").reads("bronze.payments", "silver.repairs").writes("gold.earnings")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
REPORT = run("finance/earnings.report").reads("silver.costs", "gold.earnings").writes("gold.report")
TEST = run("dbt/costs.test")
CLEAN_FAILS = CLEAN.fails("syntax error at or near")
COSTS_FAILS = COSTS.fails("no such table: costs")
PAY_FAILS = PAY.fails("contract broken", origin="contract", source="provider")
MINUTE = 60_000_000
GOOD = Slo(
    name="good",
    product="earnings",
    dataset="silver.costs",
    kind=SloKind.QUALITY,
    objective=0.9,
    window_runs=2,
)

Make = Callable[..., Scenario]


def promising(*slos: Slo) -> Catalog:
    """Let the owner of the costs promise something of them."""
    earnings = structs.replace(MESH.products["earnings"], slos=slos)
    return structs.replace(MESH, products={**MESH.products, "earnings": earnings})


@pytest.fixture
def world(another: Make) -> Scenario:
    return another(MESH)


def tell(world: Scenario, *scripts: tuple[RunScript, int]) -> None:
    """Take in, in this order and at once, runs that ended so many minutes ago."""
    for number, (script, ago) in enumerate(scripts, start=70):
        world.append(*script.events(world.now - ago * MINUTE, number))
    world.settle()


def pages(world: Scenario) -> list[str]:
    return [line for line in world.heard() if line.split()[1] == "triggered"]


def open_roots(world: Scenario) -> list[str]:
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    return sorted(each.root.rpartition(":")[2] for each in book.incidents.values())


def broken(world: Scenario) -> Scenario:
    """Let the cleaning fail at ten past four, and a minute later what reads it."""
    world.at("04:10", CLEAN_FAILS)
    world.at("04:11", COSTS_FAILS)
    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]
    return world


PAGE_OF_COSTS = "triggered finance-pager LOGIC silver.costs"


def test_what_failed_after_a_heal_that_is_told_late_pages_its_own_owner(world: Scenario) -> None:
    broken(world)
    world.at("04:30", COSTS_FAILS)
    assert world.heard() == []
    world.at("04:31")
    tell(world, (CLEAN, 11))

    assert world.heard() == [
        "04:31 resolved fleet-pager LOGIC silver.repairs",
        f"04:31 {PAGE_OF_COSTS}",
    ]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_heal_and_the_next_failure_may_be_told_in_either_order(
    world: Scenario, *, is_reversed: bool
) -> None:
    broken(world)
    world.at("04:40")
    told = [(CLEAN, 20), (COSTS_FAILS, 10)]
    tell(world, *(reversed(told) if is_reversed else told))

    assert pages(world) == [f"04:40 {PAGE_OF_COSTS}"]


def test_what_overtakes_the_news_that_its_root_has_healed_pages_its_own_owner(
    world: Scenario,
) -> None:
    broken(world)
    world.at("04:40")
    world.append(*CLEAN.events(world.now - 20 * MINUTE, 70))
    world.append(*COSTS_FAILS.events(world.now, 71))
    world.hasten()
    world.settle()

    assert pages(world) == [f"04:40 {PAGE_OF_COSTS}"]


def test_of_what_failed_after_a_late_heal_only_the_furthest_upstream_pages(
    world: Scenario,
) -> None:
    broken(world)
    world.at("04:12", REPORT.fails("no such column: cost"))
    world.at("04:40")
    tell(world, (REPORT.fails("no such column: cost"), 5), (COSTS_FAILS, 10), (CLEAN, 20))

    assert pages(world) == [f"04:40 {PAGE_OF_COSTS}"]
    assert open_roots(world) == ["silver.costs"]


def test_what_failed_before_a_heal_that_is_told_late_goes_on_being_held(world: Scenario) -> None:
    broken(world)
    world.at("04:19", COSTS_FAILS)
    world.at("04:31")
    tell(world, (CLEAN, 11))
    world.restart()

    assert pages(world) == []
    world.at("04:40", COSTS)
    assert pages(world) == []


def test_a_next_run_before_the_root_has_healed_is_held_too(world: Scenario) -> None:
    broken(world)
    world.at("04:15", COSTS_FAILS)
    world.at("04:20", CLEAN)
    assert pages(world) == []
    world.at("04:30", COSTS_FAILS)

    assert pages(world) == [f"04:30 {PAGE_OF_COSTS}"]


def test_a_child_of_two_roots_is_held_until_the_later_one_has_healed(world: Scenario) -> None:
    fails = SUM.fails("KeyError: 'cost'")
    world.at("04:10", CLEAN_FAILS, PAY_FAILS)
    world.at("04:12", fails)
    assert len(pages(world)) == 2
    world.at("04:20", CLEAN)
    world.at("04:25", fails)
    world.at("04:30", PAY)
    assert pages(world) == []
    world.at("04:35", fails)

    assert [line.split()[2] for line in pages(world)] == ["finance-pager"]


@pytest.mark.parametrize(("ago", "is_told"), [(12, False), (8, True)])
def test_of_two_roots_that_heal_the_later_one_counts_in_whatever_order_they_are_told(
    world: Scenario, ago: int, *, is_told: bool
) -> None:
    world.at("04:10", CLEAN_FAILS, PAY_FAILS)
    world.at("04:12", SUM.fails("KeyError: 'cost'"))
    world.at("04:40")
    world.heard()
    tell(world, (SUM.fails("KeyError: 'cost'"), ago), (PAY, 10), (CLEAN, 20))

    assert [line.split()[-1] for line in pages(world)] == ["gold.earnings"] * is_told


@pytest.mark.parametrize("restarts", [False, True])
def test_a_test_that_fails_on_after_its_model_has_healed_pages_its_own_owner(
    world: Scenario, *, restarts: bool
) -> None:
    fails = TEST.checks("silver.costs", failed=["not_null"])
    world.at("04:10", COSTS.fails("syntax error at or near"))
    world.at("04:15", fails)
    assert pages(world) == [f"04:10 {PAGE_OF_COSTS}"]
    world.at("04:30", COSTS)
    if restarts:
        world.restart()
    world.at("04:35", fails)
    world.at("05:35", fails)

    assert pages(world) == ["04:35 triggered finance-pager DATA_QUALITY silver.costs"]


def test_a_test_that_fails_in_the_batch_in_which_its_model_heals_pages_its_own_owner(
    world: Scenario,
) -> None:
    fails = TEST.checks("silver.costs", failed=["not_null"])
    world.at("04:10", COSTS.fails("syntax error at or near"))
    world.at("04:15", fails)
    world.at("04:40")
    world.heard()
    tell(world, (COSTS, 10), (fails, 5))

    assert pages(world) == ["04:40 triggered finance-pager DATA_QUALITY silver.costs"]


def test_a_test_that_passes_after_its_model_has_healed_pages_nobody(world: Scenario) -> None:
    world.at("04:10", COSTS.fails("syntax error at or near"))
    world.at("04:15", TEST.checks("silver.costs", failed=["not_null"]))
    world.at("04:30", COSTS)
    world.heard()
    world.at("04:35", TEST.checks("silver.costs", passed=["not_null"]))

    assert world.heard() == []


def test_a_check_whose_incident_somebody_ended_is_told_of_when_it_fails_again(
    world: Scenario,
) -> None:
    fails = TEST.checks("silver.costs", failed=["not_null"])
    world.at("04:10", fails)
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    world.submit(ResolveIncident(incident=key, actor="ada"))
    world.heard()
    world.at("04:40", fails)

    assert len(pages(world)) == 1


def test_an_objective_that_is_missed_on_after_its_root_has_healed_pages_its_own_owner(
    another: Make,
) -> None:
    world = another(promising(GOOD))
    fails = TEST.checks("silver.costs", failed=["a", "b"])
    world.at("04:00", TEST.checks("silver.costs", passed=["a", "b"]))
    world.at("04:10", CLEAN_FAILS)
    world.at("04:15", fails)
    assert pages(world) == ["04:10 triggered fleet-pager LOGIC silver.repairs"]
    world.at("04:30", CLEAN)
    assert pages(world) == []
    world.at("04:35", fails)

    assert pages(world) == ["04:35 triggered finance-pager DATA_QUALITY silver.costs"]


@pytest.mark.parametrize("kind", [SloKind.FRESHNESS, SloKind.PUNCTUALITY])
def test_what_misses_its_next_turn_too_after_its_root_has_healed_is_told_of(
    another: Make, kind: SloKind
) -> None:
    promise = structs.replace(daily("costs", "earnings", "silver.costs"), kind=kind)
    world = another(promising(promise))
    world.at("2026-11-23 06:10", COSTS.writes("silver.costs", rows=3))
    world.at("2026-11-24 05:00", CLEAN_FAILS)
    world.at("2026-11-24 09:00", CLEAN)
    for when in ("2026-11-24 12:00", "2026-11-25 06:59"):
        world.at(when)
        world.restart()
    assert pages(world) == ["05:00 triggered fleet-pager LOGIC silver.repairs"]
    world.at("2026-11-27 09:00")

    assert pages(world) == ["07:00 triggered platform-pager INFRA_COMPUTE silver.costs"]


def test_what_another_job_writes_that_never_did_so_before_has_healed(world: Scenario) -> None:
    by_hand = run("ops/by_hand").reads("bronze.repairs").writes("silver.repairs")
    broken(world)
    world.at("04:20", by_hand)
    assert world.heard() == ["04:20 resolved fleet-pager LOGIC silver.repairs"]
    world.at("04:30", COSTS_FAILS)

    assert pages(world) == [f"04:30 {PAGE_OF_COSTS}"]


def test_another_job_that_brings_nothing_heals_nothing(world: Scenario) -> None:
    broken(world)
    world.at("04:20", run("ops/by_hand").writes("silver.repairs", rows=0))

    assert open_roots(world) == ["silver.repairs"]


def test_a_job_that_is_called_otherwise_each_day_heals_what_it_failed_at(world: Scenario) -> None:
    days = [run(f"spark/load_2026112{day}").writes("lake:raw.visits") for day in (3, 4)]
    world.at("04:10", days[0].fails("KeyError: 'id'"))
    world.at("2026-11-24 04:10", days[1])

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_one_of_several_jobs_that_write_the_same_data_says_nothing_of_the_others(
    world: Scenario,
) -> None:
    other = run("fleet/repairs.by_phone").writes("silver.repairs")
    world.at("04:00", CLEAN, other)
    world.at("04:10", CLEAN_FAILS)
    world.at("04:20", other)

    assert open_roots(world) == ["silver.repairs"]


def test_a_job_that_writes_but_a_part_of_what_another_left_broken_does_not_heal_it(
    world: Scenario,
) -> None:
    world.at("04:10", run("a/both").writes("x.one").writes("x.two").fails("KeyError: 'id'"))
    world.at("04:20", run("a/one").writes("x.one"))
    assert open_roots(world) == ["x.one"]
    world.at("04:30", run("a/all").writes("x.two").writes("x.one"))

    assert open_roots(world) == []


def test_a_new_job_that_had_begun_before_the_other_failed_does_not_heal_it(
    world: Scenario,
) -> None:
    world.at("04:10:00", CLEAN_FAILS)
    late = run("ops/by_hand").writes("silver.repairs").events(world.now + MINUTE // 120, 70)
    world.append(*late)
    world.settle()

    assert open_roots(world) == ["silver.repairs"]


def test_a_check_that_has_passed_since_is_told_late_to_nobody(world: Scenario) -> None:
    world.at("04:30", TEST.checks("silver.costs", passed=["not_null"]))
    tell(world, (TEST.checks("silver.costs", failed=["not_null"]), 10))
    assert world.heard() == []
    tell(world, (run("dbt/other").checks("silver.costs", failed=["not_null", "unique"]), 9))
    assert len(pages(world)) == 1
    world.at("04:40", TEST.checks("silver.costs", passed=["unique"]))

    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_a_check_that_passed_in_the_future_says_nothing_of_one_that_fails_now(
    world: Scenario,
) -> None:
    world.at("04:10")
    tell(world, (TEST.checks("silver.costs", passed=["not_null"]), -600))
    world.at("04:30", TEST.checks("silver.costs", failed=["not_null"]))

    assert len(pages(world)) == 1


FULL = "no space left on device"


def of_two_roots(another: Make, *slos: Slo) -> Scenario:
    """Let a full disk stop two jobs: what is made from the repairs waits for one of them alone."""
    world = another(promising(*slos))
    world.at("04:00", COSTS, TEST.checks("silver.costs", passed=["a", "b"]))
    world.at("04:10", PAY.fails(FULL), CLEAN.fails(FULL))
    assert pages(world) == ["04:10 triggered platform-pager INFRA_CAPACITY bronze.payments"]
    return world


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(("begins", "is_told"), [("04:20", False), ("04:40", True)])
def test_what_fails_below_one_of_two_roots_waits_for_the_heal_of_its_own(
    another: Make, begins: str, *, is_told: bool, restarts: bool
) -> None:
    world = of_two_roots(another)
    fails = structs.replace(COSTS_FAILS, run_id="00000000-0000-4000-8000-00000000bbbb")
    for when in sorted(("04:30", begins)):
        world.at(when, *([CLEAN] if when == "04:30" else []))
        if when == begins:
            world.append(fails.events(world.now, 90)[0])
    if restarts:
        world.restart()
    world.at("04:55")
    world.append(fails.events(world.now, 90)[1])
    world.settle()

    assert pages(world) == [f"04:55 {PAGE_OF_COSTS}"] * is_told
    assert "bronze.payments" in open_roots(world)


@pytest.mark.parametrize("restarts", [False, True])
def test_what_failed_after_one_of_two_roots_had_healed_is_told_though_that_is_told_late(
    another: Make, *, restarts: bool
) -> None:
    world = of_two_roots(another)
    world.at("04:30", COSTS_FAILS)
    assert pages(world) == []
    if restarts:
        world.restart()
    world.at("04:31")
    tell(world, (CLEAN, 11))

    assert pages(world) == [f"04:31 {PAGE_OF_COSTS}"]


@pytest.mark.parametrize("restarts", [False, True])
def test_what_began_between_the_heals_of_two_roots_is_of_the_first_that_is_its_own(
    another: Make, *, restarts: bool
) -> None:
    world = of_two_roots(another)
    world.at("04:50")
    if restarts:
        world.restart()
    tell(world, (CLEAN, 30), (PAY, 10), (COSTS_FAILS, 20))

    assert pages(world) == [f"04:50 {PAGE_OF_COSTS}"]


@pytest.mark.parametrize("restarts", [False, True])
def test_an_objective_below_one_of_two_roots_is_told_of_when_that_has_healed(
    another: Make, *, restarts: bool
) -> None:
    world = of_two_roots(another, GOOD)
    fails = TEST.checks("silver.costs", failed=["a", "b"])
    world.at("04:15", fails)
    world.at("04:20", CLEAN)
    assert pages(world) == []
    if restarts:
        world.restart()
    world.at("04:35", fails)

    assert pages(world) == ["04:35 triggered finance-pager DATA_QUALITY silver.costs"]
    assert open_roots(world) == ["bronze.payments", "silver.costs"]


def test_what_fails_while_its_root_settles_is_told_of(another: Make) -> None:
    world = another(promising(GOOD))
    fails = TEST.checks("silver.costs", failed=["a", "b"])
    world.at("04:00", TEST.checks("silver.costs", passed=["a", "b"]))
    for tens in "123":
        world.at(f"04:{tens}0", CLEAN_FAILS)
        world.at(f"04:{tens}5", *[fails] * (tens == "3"))
        world.at(f"04:{tens}8", CLEAN)
    world.heard()
    world.at("04:42", fails)

    assert pages(world) == ["04:42 triggered finance-pager DATA_QUALITY silver.costs"]
