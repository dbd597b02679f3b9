"""A month of a daily delivery by the local clock, and the beginning of the next, restarts between.

The budget is of the calendar month in Berlin: a day of March has 23 hours, one of October 25.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from hub.domain.budgets import DAY, HOUR, Budget, Period, burn_limits
from hub.domain.catalog import Catalog, Slo, SloKind
from hub.queries.budgets import Account, accounts
from hub.testing.scenario import Scenario
from tests.scenarios.test_clocks import PAID, with_slos

World = Callable[..., Scenario]
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = HOUR // 60
SECOND = MINUTE // 60


class Month(Struct, frozen=True):
    """A month, the day in it on which the clocks change, and how many hours it has."""

    first: date
    changes: date
    hours: int

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def after(self) -> date:
        """The first day of the next."""
        return (self.first + timedelta(days=31)).replace(day=1)


MARCH = Month(date(2026, 3, 1), date(2026, 3, 29), 31 * 24 - 1)
OCTOBER = Month(date(2026, 10, 1), date(2026, 10, 25), 31 * 24 + 1)
# Due at seven; at 95 % of thirty days 14.4 times what an hour can bear are 43 min 12 s.
PAGED = time(7, 43, 12)
# What came at eleven is over for a limit when less of its short lookback was bad than 3 min 36 s of
# 5 minutes, 9 of 30, 18 of two hours, and 18 of six; and which limits are exceeded after that.
OVER_AT = (
    (time(11, 1, 24), "6h", "1d", "3d"),
    (time(11, 21), "1d", "3d"),
    (time(12, 42), "3d"),
    (time(16, 42),),
)


def promised() -> Catalog:
    budget = Budget(
        target=Fraction("0.95"),
        period=Period.MONTH,
        timezone="Europe/Berlin",
        is_bad_unknown=False,
        limits=burn_limits(30 * DAY),
    )
    slo = Slo(
        name="payments-in-time",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.FRESHNESS,
        schedule="0 6 * * *",
        timezone="Europe/Berlin",
        grace_seconds=3_600,
        budget=budget,
    )
    return with_slos(slo)


def instant(day: date, clock: time) -> int:
    return int(datetime.combine(day, clock, BERLIN).timestamp()) * SECOND


def account(world: Scenario) -> Account:
    with world.store.database.read() as connection:
        [found] = accounts(connection, world.catalog, world.catalog.slos, world.now).values()
    return found


def exceeded(world: Scenario) -> list[str]:
    return [rate.lookback for rate in account(world).rates if rate.is_fast]


class Estate:
    """A world with one delivery a day, which may restart before whatever happens."""

    def __init__(self, world: Scenario, *, restarts: bool) -> None:
        self._world = world
        self._restarts = restarts

    def until(self, day: date, clock: time) -> Scenario:
        """Let time pass."""
        self._world.pass_until(instant(day, clock))
        if self._restarts:
            self._world.restart()
        return self._world

    def comes(self, day: date, clock: time) -> None:
        """Deliver what is due on a day."""
        world = self.until(day, clock)
        world.append(*PAID.events(world.now, day.toordinal()))
        world.settle()

    def comes_in_time(self, first: date, last: date) -> None:
        """Deliver at half past five on each of some days."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            self.comes(date.fromordinal(ordinal), time(5, 30))


@pytest.fixture(params=[MARCH, OCTOBER], ids=["march", "october"])
def month(request: pytest.FixtureRequest) -> Month:
    found = request.param
    assert isinstance(found, Month)
    return found


@pytest.mark.parametrize("restarts", [False, True], ids=["one process", "restarted"])
def test_a_month_pages_and_counts_by_the_local_clock(
    another: World, month: Month, *, restarts: bool
) -> None:
    one_day = timedelta(days=1)
    tenth = month.first.replace(day=10)
    world = another(promised(), f"{month.first - one_day} 12:00")
    estate = Estate(world, restarts=restarts)
    estate.comes_in_time(month.first, tenth - one_day)
    assert account(world).standing.left == 1

    # Four hours late: paged to the second, and over once it has come.
    just = instant(tenth, PAGED)
    world.pass_until(just - 1)
    assert world.heard() == []
    assert exceeded(world) == []
    world.pass_until(just)
    assert told(world) == ["triggered"]
    assert exceeded(world) == ["1h"]
    estate.comes(tenth, time(11))
    assert told(world) == ["resolved"]
    assert exceeded(world) == ["1h", "6h", "1d", "3d"]
    for clock, *left in OVER_AT:
        world = estate.until(tenth, clock)
        assert exceeded(world) == ["1h", "6h", "1d", "3d"][-len(left) - 1 :]
        world.pass_until(world.now + 1)
        assert exceeded(world) == left
    assert account(world).standing.spent == 4 * HOUR

    # Two hours late on the day on which the clocks change.
    estate.comes_in_time(tenth + one_day, month.changes - one_day)
    world.pass_until(instant(month.changes, PAGED) - 1)
    assert world.heard() == []
    world.pass_until(instant(month.changes, PAGED))
    assert told(world) == ["triggered"]
    estate.comes(month.changes, time(9))
    assert told(world) == ["resolved"]
    assert account(world).standing.spent == 6 * HOUR
    assert account(world).standing.total == month.hours * HOUR // 20

    # What never comes on the last day is carried over midnight, into a budget that is whole.
    estate.comes_in_time(month.changes + one_day, month.last - one_day)
    before = estate.until(month.last, time(23, 59))
    assert told(world) == ["triggered"]
    assert account(before).standing.spent == 6 * HOUR + 16 * HOUR + 59 * MINUTE
    after = estate.until(month.after, time(0))
    assert account(after).standing.spent == 0
    assert account(after).standing.total == 30 * DAY // 20
    # The burn rates look back over the turn of the month.
    assert exceeded(world) == ["1h", "6h", "1d", "3d"]
    estate.comes(month.after, time(12))
    assert told(world) == ["resolved"]
    assert account(world).standing.spent == 12 * HOUR


def told(world: Scenario) -> list[str]:
    return [line.split()[1] for line in world.heard()]
