"""SLOs with a budget: who is told when depends on how fast it burns, under a moved clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from msgspec import structs

from hub.domain.budgets import DAY, Budget, burn_limits
from hub.domain.catalog import Catalog, Slo, SloKind
from hub.queries.budgets import accounts
from hub.queries.page_details import page_details
from hub.store import incident_book
from hub.testing.scenario import Scenario
from tests.scenarios.test_clocks import PAID, with_slos

World = Callable[..., Scenario]


def promised(target: str, *, tier: int = 2) -> Catalog:
    """Return a mesh in which payments are an hour old at most, for so much of thirty days."""
    budget = Budget(
        target=Fraction(target),
        rolling=30 * DAY,
        is_bad_unknown=False,
        limits=burn_limits(30 * DAY),
    )
    slo = Slo(
        name="payments-fresh",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.FRESHNESS,
        within_seconds=3_600,
        budget=budget,
    )
    catalog = with_slos(slo)
    products = {
        name: structs.replace(each, tier=tier) if name == "payments" else each
        for name, each in catalog.products.items()
    }
    return structs.replace(catalog, products=products)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_short_delay_is_told_to_nobody_and_a_long_one_when_it_burns(
    another: World, *, restarts: bool
) -> None:
    world = another(promised("0.99"))
    world.at("05:00", PAID)
    # At 99 % of 30 days, 14.4 times what an hour can bear are 8 min 39 s.
    world.at("06:08", PAID)
    assert world.heard() == []
    if restarts:
        world.restart()
    world.at("07:30", PAID)
    assert world.heard() == [
        "07:16 triggered platform-pager INFRA_COMPUTE bronze.payments",
        "07:30 resolved platform-pager INFRA_COMPUTE bronze.payments",
    ]


def test_what_may_be_late_more_often_is_told_later(another: World) -> None:
    world = another(promised("0.95"))
    world.at("05:00", PAID)
    world.at("06:15", PAID)
    world.at("11:15", PAID)
    # 14.4 times what an hour can bear are 43 min 12 s.
    assert [line.split(" ", 2)[:2] for line in world.heard()] == [
        ["07:58", "triggered"],
        ["11:15", "resolved"],
    ]


def test_many_small_delays_become_a_ticket(another: World) -> None:
    world = another(promised("0.99"))
    at = datetime.fromisoformat("2026-11-23 05:00")
    for _delivery in range(17):
        # Three minutes late each time: too little to page, but 43 minutes of a day are too many.
        world.at(f"{at:%Y-%m-%d %H:%M}", PAID)
        at += timedelta(minutes=63)
    assert world.heard()[:2] == [
        "20:43 triggered tickets INFRA_COMPUTE bronze.payments ticket",
        "20:45 resolved tickets INFRA_COMPUTE bronze.payments ticket",
    ]


def test_what_most_depend_on_is_told_at_the_deadline_and_a_repeat_by_how_fast_it_burns(
    another: World,
) -> None:
    world = another(promised("0.99", tier=1))
    world.at("05:00", PAID)
    world.at("06:02", PAID)
    world.at("07:04", PAID)
    world.at("08:30", PAID)
    assert world.heard() == [
        "06:00 triggered platform-pager INFRA_COMPUTE bronze.payments",
        "06:02 resolved platform-pager INFRA_COMPUTE bronze.payments",
        "07:02 triggered tickets INFRA_COMPUTE bronze.payments ticket",
        "07:04 resolved tickets INFRA_COMPUTE bronze.payments ticket",
        "08:04 triggered tickets INFRA_COMPUTE bronze.payments ticket",
        # By then it has been late for 8 min 39 s of the last hour.
        "08:12 resolved tickets INFRA_COMPUTE bronze.payments ticket",
        "08:12 triggered platform-pager INFRA_COMPUTE bronze.payments",
        # What has come and gone by turns is not over at 08:30 yet (ADR 34).
    ]


def test_a_page_says_what_is_left_of_the_budget_and_how_fast_it_burns(another: World) -> None:
    catalog = promised("0.99")
    world = another(catalog)
    world.at("05:00", PAID)
    world.at("07:20", PAID.fails("KeyError: 'id'"))
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
        told = page_details(connection, world.store.journal, catalog, key, now=world.now)

    assert told["slo_state"] == (
        "81% of the budget of payments-fresh is left, 1 hour 20 minutes of 7 hours 12 minutes are"
        " spent; burns 100 times over 1h, 22.2 times over 6h, 5.56 times over 1d,"
        " 1.85 times over 3d"
    )


def test_budgets_of_many_slos_are_read_at_once(another: World) -> None:
    catalog = promised("0.99")
    [slo] = [each for each in catalog.slos if each.budget is not None]
    world = another(catalog)
    world.at("05:00", PAID)
    world.at("07:20")
    many = [slo, *(structs.replace(slo, name=f"another-{n}") for n in range(40_000))]
    with world.store.database.read() as connection:
        found = accounts(connection, catalog, many, world.now)

    assert len(found) == len(many)
    assert found[slo.name].standing.spent == 80 * 60_000_000
    assert found["another-0"].standing.spent == 0
