"""Maintenance and holidays: what does not count against an SLO, in its judgement and its budget."""

from collections.abc import Callable
from datetime import datetime

import pytest
from msgspec import structs

from hub.domain.budgets import HOUR
from hub.domain.catalog import Catalog
from hub.domain.commands import ApproveAlias
from hub.domain.duty.calendars import one_event
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Calendar, Window
from hub.domain.names import NodeKind
from hub.graph.index import LineageIndex
from hub.queries.budgets import Account, accounts
from hub.queries.page_details import page_details
from hub.store import incident_book
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH
from tests.scenarios.test_budgets import promised
from tests.scenarios.test_clocks import PAID

World = Callable[..., Scenario]
MINUTE = 60_000_000
LANDED = ApproveAlias(
    kind=NodeKind.DATASET,
    first=("s3://landing", "raw.paid"),
    second=("lake", "bronze.payments"),
)


def maintained(
    *windows: tuple[str, str], matcher: str = "product=payments", mesh: Catalog | None = None
) -> Catalog:
    """Return a mesh, that of ``promised``, with maintenance from and until, of UTC."""
    declared = tuple(
        Window(
            name=f"move-{number}",
            matchers=(parse_matcher(matcher),),
            calendar=one_event(
                "move",
                datetime.fromisoformat(f"2026-11-{begins}"),
                datetime.fromisoformat(f"2026-11-{ends}"),
                rule=None,
                timezone="UTC",
            ),
        )
        for number, (begins, ends) in enumerate(windows)
    )
    return structs.replace(mesh or promised("0.99"), windows=declared)


def account(world: Scenario) -> Account:
    with world.store.database.read() as connection:
        names = LineageIndex(lambda: world.catalog).identities(connection).called
        slos = world.catalog.slos
        [found] = accounts(connection, world.catalog, slos, world.now, names).values()
    return found


@pytest.fixture(params=[False, True], ids=["one process", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def at_each(world: Scenario, *times: str, restarts: bool) -> None:
    for each in times:
        world.at(each)
        if restarts:
            world.restart()


def test_what_may_pass_stands_still_in_maintenance(another: World, *, restarts: bool) -> None:
    world = another(maintained(("23 05:30", "23 08:00")))
    world.at("05:00", PAID)
    at_each(world, "06:30", "08:10", "08:29", restarts=restarts)
    assert account(world).standing.spent == 0
    assert world.reading("payments-fresh") == (
        "ok",
        (
            "the newest data is 3 hours 29 minutes old; it may be 1 hour; the last run that passed"
            " ended 3 hours 29 minutes ago; maintenance move-0 does not count: it is due by"
            " 2026-11-23 08:30 UTC"
        ),
    )
    # Half an hour of the hour was left, then come the 8 min 39 s of 99 %.
    world.at("08:45")
    assert world.heard() == ["08:38 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    assert account(world).standing.spent == 15 * MINUTE


def test_what_was_late_before_maintenance_burns_on_after_it(
    another: World, *, restarts: bool
) -> None:
    world = another(maintained(("23 06:05", "23 08:00")))
    world.at("05:00", PAID)
    at_each(world, "06:04", "07:00", "08:03", restarts=restarts)
    assert world.heard() == []
    # Five minutes had burnt: 3 min 39 s more are 14.4 times what an hour that counts can bear.
    world.at("08:10")
    assert world.heard() == ["08:03 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    found = account(world)
    assert found.standing.spent == 15 * MINUTE
    assert found.standing.total == (30 * 24 * HOUR - 115 * MINUTE) // 100
    assert found.burn(HOUR) == pytest.approx(25)


def test_what_does_not_count_is_said_with_the_budget_and_on_the_page(another: World) -> None:
    world = another(maintained(("23 06:05", "23 08:00"), ("23 01:00", "23 02:00")))
    world.at("05:00", PAID)
    world.at("08:10")
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
        told = page_details(connection, world.store.journal, world.catalog, key, now=world.now)
    expected = "2 hours 55 minutes of 30d do not count: maintenance move-0, maintenance move-1"
    assert told["slo_state"].endswith(expected)


@pytest.mark.parametrize(
    ("window", "later", "due"),
    [
        (("23 01:00", "23 02:00"), 20, "2026-11-23T07:00"),
        (("23 06:30", "23 08:00"), 20, "2026-11-23T08:30"),
        # What was due at seven is not late yet.
        (("23 06:30", "23 08:00"), 245, "2026-11-23T08:30"),
        (("23 06:30", "23 08:00"), 275, "2026-11-24T07:00"),
        (("23 05:30", "25 12:00"), 275, "2026-11-25T13:00"),
    ],
)
def test_a_page_says_what_is_due_next_as_maintenance_puts_it_off(
    another: World, window: tuple[str, str], later: int, due: str
) -> None:
    world = another(maintained(window, mesh=MESH))
    world.at("04:10", run("finance/payments.load").of_step("payments", "load").fails("boom"))
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
        now = world.now + later * MINUTE
        told = page_details(connection, world.store.journal, world.catalog, key, now=now)
    assert told["next_deadline"]["at"].startswith(due)


@pytest.mark.parametrize("matcher", ["product=repairs", "class=INFRA_COMPUTE", "layer=gold"])
def test_maintenance_of_something_else_counts(another: World, matcher: str) -> None:
    world = another(maintained(("23 05:30", "23 08:00"), matcher=matcher))
    world.at("05:00", PAID)
    world.at("08:10")
    assert account(world).standing.spent == 130 * MINUTE
    assert account(world).exclusion == ""


@pytest.mark.parametrize(
    "matcher", ["domain=finance", "layer=bronze", "dataset~bronze.*", "slo=payments-fresh"]
)
def test_maintenance_is_found_by_what_is_declared_of_an_slo(another: World, matcher: str) -> None:
    world = another(maintained(("23 05:30", "23 08:00"), matcher=matcher))
    world.at("05:00", PAID)
    world.at("08:10")
    assert account(world).standing.spent == 0


@pytest.mark.parametrize("matcher", ["dataset=raw.paid", "namespace=s3://landing"])
def test_maintenance_of_one_name_of_a_dataset_is_of_the_dataset(
    another: World, matcher: str, *, restarts: bool
) -> None:
    world = another(maintained(("23 05:30", "23 08:00"), matcher=matcher))
    world.submit(LANDED)
    world.at("05:00", PAID)
    at_each(world, "06:30", "08:10", restarts=restarts)
    assert account(world).standing.spent == 0
    reading = world.reading("payments-fresh")
    assert reading is not None
    assert reading[0] == "ok"
    world.at("08:45")

    assert world.heard() == ["08:38 triggered platform-pager INFRA_COMPUTE bronze.payments"]


def test_what_is_due_next_is_put_off_by_maintenance_of_another_name(another: World) -> None:
    matcher = "dataset=raw.paid"
    world = another(maintained(("23 06:30", "23 08:00"), matcher=matcher, mesh=MESH))
    world.submit(LANDED)
    world.at("04:05", PAID)
    world.at("04:10", run("finance/payments.load").of_step("payments", "load").fails("boom"))

    [page] = world.mailbox.notifications
    assert page.body["next_deadline"]["at"].startswith("2026-11-23T08:30")


def test_a_budget_is_foretold_over_the_maintenance_to_come(another: World) -> None:
    plain, later = maintained(), maintained(("23 10:00", "23 12:00"))
    world = another(plain)
    world.at("05:00", PAID)
    world.at("07:00")
    spent_at = account(world).exhausted_at
    assert spent_at == world.now + account(world).standing.total - HOUR
    world.catalog = later
    exhausted_at = account(world).exhausted_at
    # The two hours are then missing from the window, too.
    assert exhausted_at is not None
    assert exhausted_at == pytest.approx(spent_at + 2 * HOUR - 2 * HOUR / 100, abs=2)


def test_holidays_are_missing_from_the_window_and_from_what_was_bad(another: World) -> None:
    day = "BEGIN:VEVENT\r\nUID:h\r\nDTSTART;VALUE=DATE:20261126\r\nEND:VEVENT"
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{day}\r\nEND:VCALENDAR\r\n"
    mesh = promised("0.99")
    product = mesh.products["payments"]
    [slo] = product.slos
    daily = structs.replace(
        slo,
        within_seconds=None,
        schedule="0 6 * * *",
        timezone="Europe/Berlin",
        holidays=Calendar(text, "Europe/Berlin"),
    )
    products = {**mesh.products, "payments": structs.replace(product, slos=(daily,))}
    world = another(structs.replace(mesh, products=products))
    world.at("04:30", PAID)
    world.at("2026-11-24 04:30", PAID)
    world.at("2026-11-27 06:30")
    found = account(world)
    # Due on the 25th at 05:00 UTC; the 26th begins at 23:00 UTC in Berlin.
    assert found.standing.spent == 18 * HOUR + 7 * HOUR + 30 * MINUTE
    assert found.standing.uncounted == 24 * HOUR
    assert found.exclusion == "1 day of 30d do not count: holidays"
