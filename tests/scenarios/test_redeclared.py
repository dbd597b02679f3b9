"""SLOs that are withdrawn, declared anew or about something else, or that stand on nothing."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from msgspec import structs

from hub.domain.catalog import Severity, Slo, SloKind, Volume
from hub.domain.slos.ticks import moment_of
from hub.flow.project.rebuild import rebuild
from hub.store import incident_book
from hub.testing.scenario import Scenario
from tests.scenarios.test_budgets import promised
from tests.scenarios.test_clocks import LOAD, PAID, with_slos, within
from tests.scenarios.test_maintained import account

World = Callable[..., Scenario]
MINUTE = 60_000_000
[BUDGET] = [slo.budget for slo in promised("0.99").slos if slo.budget]
SOUND = Slo(
    name="payments-sound",
    product="payments",
    dataset="bronze.payments",
    kind=SloKind.QUALITY,
    objective=0.9,
    window_runs=3,
    budget=structs.replace(BUDGET, is_bad_unknown=True),
)


@pytest.mark.parametrize("restarts", [False, True])
def test_time_in_which_nobody_declares_an_slo_is_not_bad(
    world: Scenario, *, restarts: bool
) -> None:
    declared = world.catalog = promised("0.99")
    world.at("05:00", PAID)
    world.at("06:05")
    world.catalog = with_slos()
    world.at("06:06")
    world.at("2026-11-25 06:00", PAID)
    if restarts:
        world.restart()
    world.catalog = declared
    world.at("2026-11-25 06:05")

    assert account(world).standing.spent == 5 * MINUTE
    assert world.reading("payments-fresh") == (
        "ok",
        "the newest data is 5 minutes old; it may be 1 hour",
    )


def test_what_is_declared_again_was_not_due_before(another: World) -> None:
    world = another(with_slos(within(2)))
    world.catalog = with_slos()
    world.at("05:00")
    world.catalog = with_slos(within(2))
    world.at("06:30")
    assert world.heard() == []
    world.at("07:30")
    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(within(1), dataset="silver.earnings", product="earnings"),
        Slo(
            name="payments-data",
            product="payments",
            dataset="bronze.payments",
            kind=SloKind.VOLUME,
            volume=Volume(least=1),
        ),
    ],
    ids=["another dataset", "another kind"],
)
def test_a_breach_is_over_where_its_slo_is_about_something_else_by_now(
    another: World, other: Slo
) -> None:
    world = another(with_slos(within(1)))
    world.at("05:00", PAID)
    world.at("06:30")
    assert world.heard() == ["06:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    world.catalog = with_slos(other)
    world.at("06:31")
    assert world.heard()[0] == "06:30 resolved platform-pager INFRA_COMPUTE bronze.payments"


def test_an_slo_that_stands_on_nothing_is_a_ticket_where_that_is_bad(another: World) -> None:
    world = another(with_slos(SOUND))
    world.at("05:00", PAID)
    # As fast as what is bad all the time: 8 min 39 s after it was declared.
    assert world.heard() == ["04:08 triggered tickets CONFIG bronze.payments ticket"]
    world.at("06:00", LOAD.checks("bronze.payments", passed=["a"]))
    assert world.heard() == ["06:00 resolved tickets CONFIG bronze.payments ticket"]


def test_what_is_found_broken_does_not_hide_behind_that_it_was_not_measured(
    another: World,
) -> None:
    world = another(with_slos(SOUND))
    world.at("06:00", LOAD.checks("bronze.payments", failed=["a"]))
    # The check that failed is told by itself, too.
    assert "06:00 triggered finance-pager DATA_QUALITY bronze.payments" in world.heard()
    with world.store.database.read() as connection:
        [found] = [each for each in incident_book.open_signals(connection) if each.slo]
    assert "0 of 1 checks passed" in found.title


def test_an_slo_that_stands_on_nothing_is_nobodys_where_that_is_good(another: World) -> None:
    world = another(with_slos(structs.replace(SOUND, budget=BUDGET)))
    world.at("2026-11-24 05:00", PAID)
    assert world.heard() == []


@pytest.fixture(params=[False, True], ids=["one process", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def redeclare(world: Scenario, slo: Slo, *, restarts: bool) -> None:
    """Declare an SLO otherwise, while no process follows it where another one begins then."""
    world.catalog = with_slos(slo)
    if restarts:
        world.restart()
    world.at(f"{moment_of(world.now):%Y-%m-%d %H:%M}")


def spent(world: Scenario) -> int:
    return account(world).standing.spent // MINUTE


def of_hours(hours: int, **budget: object) -> Slo:
    return structs.replace(within(hours), budget=structs.replace(BUDGET, **budget))


def test_what_was_good_by_the_objective_of_its_time_stays_good(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(of_hours(3)))
    world.at("05:00", PAID)
    world.at("06:50")
    redeclare(world, of_hours(1), restarts=restarts)
    world.at("07:00")
    assert spent(world) == 10
    if restarts:
        world.restart()
    world.at("07:05", PAID)
    assert spent(world) == 15

    rebuild(world.store)
    world.restart()
    assert spent(world) == 15


def test_what_was_bad_by_the_objective_of_its_time_stays_bad(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(of_hours(1)))
    world.at("05:00", PAID)
    world.at("06:50")
    redeclare(world, of_hours(3), restarts=restarts)
    world.at("07:00")
    assert spent(world) == 50
    world.at("08:10")
    assert spent(world) == 60


def test_what_stood_on_nothing_while_that_was_not_bad_is_not_bad_afterwards(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(structs.replace(SOUND, budget=BUDGET)))
    world.at("06:50")
    redeclare(world, SOUND, restarts=restarts)
    world.at("07:00")
    assert spent(world) == 10


def test_what_has_a_deadline_is_not_bad_before_the_first_one(another: World) -> None:
    world = another(with_slos(of_hours(9, is_bad_unknown=True)))
    world.at("13:00")
    assert spent(world) == 0
    world.at("13:10")
    assert spent(world) == 10


def test_what_an_slo_found_when_it_was_declared_first_is_bad_from_then_on(another: World) -> None:
    world = another(with_slos())
    world.at("05:00", PAID)
    world.at("07:00")
    world.catalog = with_slos(of_hours(1))
    world.at("07:05")
    assert spent(world) == 5


def test_who_is_told_and_how_much_may_be_bad_is_no_other_objective(another: World) -> None:
    world = another(with_slos(of_hours(1)))
    world.at("05:00", PAID)
    world.at("05:50")
    loose = structs.replace(of_hours(1, target=Fraction("0.9")), severity=Severity.TICKET)
    world.catalog = with_slos(loose)
    # Nobody looks while the deadline passes.
    world.now += 30 * MINUTE
    world.restart()
    assert spent(world) == 20


def test_what_is_bad_anew_by_an_objective_of_before_pages_once(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(of_hours(1)))
    world.at("05:00", PAID)
    world.at("06:30")
    redeclare(world, of_hours(3), restarts=restarts)
    world.at("06:40")
    redeclare(world, of_hours(1), restarts=restarts)
    # Six hours burn too fast at once, the last one only from 06:40:43 on.
    world.at("07:10")
    world.restart()
    world.at("07:20", PAID)
    assert world.heard() == [
        "06:08 triggered platform-pager INFRA_COMPUTE bronze.payments",
        "06:30 resolved platform-pager INFRA_COMPUTE bronze.payments",
        "06:40 triggered platform-pager INFRA_COMPUTE bronze.payments",
        "07:20 resolved platform-pager INFRA_COMPUTE bronze.payments",
    ]


def test_what_is_declared_again_is_open_for_as_long_as_it_is_late(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(within(1)))
    world.at("05:00", PAID)
    world.at("06:30")
    world.catalog = with_slos()
    world.at("06:31")
    redeclare(world, within(1), restarts=restarts)
    world.at("06:50")
    with world.store.database.read() as connection:
        assert [each.slo for each in incident_book.open_signals(connection)] == ["payments-data"]


def test_what_never_came_is_over_where_it_is_not_due_yet_by_the_new_objective(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(within(2)))
    world.at("06:30")
    redeclare(world, within(6), restarts=restarts)
    world.at("10:30")
    assert world.heard() == [
        "06:00 triggered platform-pager INFRA_COMPUTE bronze.payments",
        "06:30 resolved platform-pager INFRA_COMPUTE bronze.payments",
        "10:00 triggered platform-pager INFRA_COMPUTE bronze.payments",
    ]


def test_what_stands_on_nothing_is_nobodys_once_that_is_declared_good(
    another: World, *, restarts: bool
) -> None:
    world = another(with_slos(SOUND))
    world.at("04:30")
    redeclare(world, structs.replace(SOUND, budget=BUDGET), restarts=restarts)
    assert world.heard() == [
        "04:08 triggered tickets CONFIG bronze.payments ticket",
        "04:30 resolved tickets CONFIG bronze.payments ticket",
    ]
