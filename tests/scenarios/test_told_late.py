"""What came in time and was told of late counts when it came: in a budget, too."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from msgspec import structs

from hub.domain.budgets import DAY, Budget
from hub.domain.catalog import Catalog, Clock, Slo, SloKind
from hub.domain.instants import format_instant
from hub.domain.names import JobName
from hub.flow.project.rebuild import rebuild
from hub.store import slo_context
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import daily
from tests.scenarios.test_clocks import LOAD, PAID, marked, with_slos, within
from tests.scenarios.test_maintained import account

World = Callable[..., Scenario]
MINUTE = 60_000_000
BUDGET = Budget(target=Fraction("0.9"), rolling=30 * DAY)


def budgeted(slo: Slo) -> Catalog:
    return with_slos(structs.replace(slo, budget=BUDGET))


def tell(world: Scenario, *times: str, script: RunScript = PAID) -> None:
    """Tell now of runs that ended at times of today."""
    for number, each in enumerate(times):
        ended = world.instant(each)
        named = structs.replace(script, run_id=f"{format_instant(ended)}-{number}")
        world.append(*named.events(ended, 0))
    world.settle()


def bad(world: Scenario) -> list[tuple[str, str]]:
    return [
        (format_instant(start)[11:16], format_instant(end)[11:16])
        for start, end in account(world).bad
    ]


@pytest.fixture(params=[False, True], ids=["one process", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # All that a producer could not send for three hours, in order or not.
        (["05:50", "06:40", "07:30", "08:20"], []),
        (["08:20", "07:30", "05:50", "06:40"], []),
        # One of them is missing.
        (["05:50", "07:30", "08:20"], [("06:50", "07:30")]),
        (["08:20", "07:30", "05:50"], [("06:50", "07:30")]),
        (["06:40"], [("06:00", "06:40"), ("07:40", "08:30")]),
    ],
)
def test_what_is_told_of_late_was_there_when_it_came(
    another: World, told: list[str], expected: list[tuple[str, str]], *, restarts: bool
) -> None:
    world = another(budgeted(within(1)))
    world.at("05:00", PAID)
    world.at("08:30")
    for each in told:
        tell(world, each)
        if restarts:
            world.restart()

    assert bad(world) == expected
    with world.store.database.read() as connection:
        changes = slo_context.changes_since(connection, 0)
    rebuild(world.store)
    with world.store.database.read() as connection:
        assert slo_context.changes_since(connection, 0) == changes


def test_on_a_schedule_what_is_told_of_late_serves_its_own_ticks(
    another: World, *, restarts: bool
) -> None:
    hourly = structs.replace(
        daily("payments-fresh", "payments", "bronze.payments"),
        schedule="0 * * * *",
        grace_seconds=600,
    )
    world = another(budgeted(hourly))
    world.at("04:05", PAID)
    world.at("05:05", PAID)
    world.at("09:05")
    for each in ("08:05", "06:05", "07:20"):
        tell(world, each)
        if restarts:
            world.restart()

    assert bad(world) == [("07:10", "07:20")]


def test_by_what_is_usual_what_is_told_of_late_serves_as_long_as_was_usual_then(
    another: World, *, restarts: bool
) -> None:
    lenient = structs.replace(BUDGET, is_bad_unknown=False)
    usual = structs.replace(within(1), within_seconds=None, learned_from=60, budget=lenient)
    world = another(with_slos(usual), "2026-11-22 23:00")
    for hour in range(18):
        world.at(f"2026-11-23 {hour:02}:00", PAID)
    # Each hour, and a tenth more at most.
    world.at("21:30")
    assert bad(world) == [("18:06", "21:30")]
    for each in ("19:00", "18:00", "20:50"):
        tell(world, each)
        if restarts:
            world.restart()

    assert bad(world) == [("20:06", "20:50")]


def test_before_anything_was_usual_what_is_told_of_late_makes_nothing_good(another: World) -> None:
    usual = structs.replace(within(1), within_seconds=None, learned_from=60)
    world = another(budgeted(usual), "2026-11-22 23:00")
    world.at("2026-11-23 00:00", PAID)
    world.at("04:00")
    tell(world, "01:00", "03:00")

    assert bad(world) == [("23:00", "04:00")]


def test_by_what_a_scheduler_says_what_is_told_of_late_begins_in_time(
    another: World, *, restarts: bool
) -> None:
    job = JobName("airflow", "settle.load")
    punctual = Slo(
        name="settled",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.PUNCTUALITY,
        job=job,
        is_observed=True,
        grace_seconds=600,
    )
    hourly = {"expression": "0 * * * *", "timezone": "UTC"}
    script = marked(run("airflow/settle.load"), airflow={"dag": {"timetable": hourly}})
    world = another(budgeted(punctual))
    world.at("05:05", script)
    world.at("08:30")
    for each in ("08:05", "06:05"):
        tell(world, each, script=script)
        if restarts:
            world.restart()

    assert bad(world) == [("07:10", "08:04")]


def test_runs_that_are_told_to_have_begun_late_began_when_they_did(another: World) -> None:
    punctual = Slo(
        name="payments-punctual",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.PUNCTUALITY,
        schedule="0 * * * *",
        grace_seconds=600,
    )
    world = another(budgeted(punctual))
    world.at("04:05", PAID)
    world.at("05:05", PAID)
    world.at("08:30")
    tell(world, "06:05", "08:05", "07:05")

    assert bad(world) == []


def test_what_is_told_of_late_burned_nothing_while_it_was_there(another: World) -> None:
    world = another(budgeted(within(1)))
    world.at("05:00", PAID)
    world.at("08:30")
    tell(world, "05:59", "06:58")

    assert bad(world) == [("07:58", "08:30")]
    assert account(world).burn(DAY // 24) == pytest.approx(32 / 60 / 0.1)


def test_time_before_an_objective_was_declared_stays_as_it_was_judged(another: World) -> None:
    world = another(budgeted(within(1)))
    world.at("05:00", PAID)
    world.at("07:00")
    world.catalog = budgeted(structs.replace(within(1), within_seconds=1800))
    world.at("08:00")
    tell(world, "05:50", "07:40")

    assert bad(world) == [("06:00", "07:40")]


def test_a_backfill_that_is_told_of_late_makes_nothing_good(another: World) -> None:
    world = another(budgeted(within(1)))
    world.at("05:00", PAID)
    world.at("08:30")
    past = structs.replace(PAID, facets={"hub_backfill": {}})
    tell(world, "05:50", "06:40", script=past)

    assert bad(world) == [("06:00", "08:30")]


@pytest.mark.parametrize("rows", [0, 9])
def test_a_run_that_is_dated_ahead_is_known_after_a_restart(
    another: World, rows: int, *, restarts: bool
) -> None:
    world = another(budgeted(within(1, Clock.PROCESSING)))
    world.at("04:30", PAID)
    world.at("05:00")
    tell(world, "07:00", script=LOAD.writes("bronze.payments", rows=rows))
    if restarts:
        world.restart()
    world.at("06:00")

    assert world.reading("payments-processing") == (
        "ok",
        "no run has passed for 59 minutes; it may be 1 hour",
    )


def test_a_run_without_rows_ends_a_breach_on_the_clock_of_runs_when_it_ended(
    another: World,
) -> None:
    world = another(budgeted(within(1, Clock.PROCESSING)))
    world.at("05:00", PAID)
    world.at("07:30", LOAD.writes("bronze.payments", rows=0))

    assert bad(world) == [("06:00", "07:30")]
