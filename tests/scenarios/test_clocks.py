"""Freshness on two clocks, and what does not count: backfills, and earlier intervals again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Clock, Slo, SloKind
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.queries.slos import SloStateRow, as_of_now, slo_states
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import EARNINGS, MESH, PAYMENTS, REPAIRS, daily

LOAD = run("finance/payments.load")
PAID = LOAD.writes("bronze.payments")


def with_slos(*slos: Slo) -> Catalog:
    product = structs.replace(PAYMENTS, slos=slos)
    products = {each.name: each for each in (product, REPAIRS, EARNINGS)}
    return structs.replace(MESH, products=products)


def within(hours: int, clock: Clock = Clock.DATA) -> Slo:
    return Slo(
        name=f"payments-{clock}",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.FRESHNESS,
        within_seconds=hours * 3600,
        clock=clock,
    )


def state(world: Scenario, name: str) -> SloStateRow:
    with world.store.database.read() as connection:
        return slo_states(connection)[name]


def of_day(script: RunScript, day: datetime) -> RunScript:
    """Say for which day a run was scheduled."""
    begins, ends = (each.replace(tzinfo=UTC).isoformat() for each in (day, day + timedelta(days=1)))
    facet = {"nominalStartTime": begins, "nominalEndTime": ends}
    return structs.replace(script, facets={**script.facets, "nominalTime": facet})


def marked(script: RunScript, **facets: object) -> RunScript:
    return structs.replace(script, facets={**script.facets, **facets})


BACKFILLS = {
    "our facet": {"hub_backfill": {"reason": "a column was added"}},
    "a tag": {"tags": {"tags": [{"key": "backfill", "value": "true", "source": "USER"}]}},
    "airflow's run id": {"airflow": {"dagRun": {"run_id": "backfill__2026-08-01T00:00:00+00:00"}}},
    "airflow's run type": {"airflow": {"dagRun": {"run_id": "x", "run_type": "backfill"}}},
}


def test_fresh_runs_with_old_data_point_at_the_source(another: Callable[..., Scenario]) -> None:
    world = another(with_slos(within(24), within(24, Clock.PROCESSING)))
    world.at("05:00", LOAD.writes("bronze.payments", rows=9, newest="2026-11-23T04:00:00Z"))
    world.at("2026-11-24 03:00", LOAD.writes("bronze.payments", rows=0))
    world.at("2026-11-24 05:00")

    assert state(world, "payments-processing").state == "ok"
    late = state(world, "payments-data")
    assert late.state == "breached"
    assert late.detail == (
        "the newest data is 1 day old; it may be 1 day; the last run that passed ended 1 hour ago"
    )
    assert world.heard() == ["04:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


@pytest.mark.parametrize("clock", Clock)
@pytest.mark.parametrize("change", ["RENAME", "ALTER", "TRUNCATE", "DROP", "OVERWRITE", None])
def test_a_run_that_only_changes_a_dataset_leaves_it_as_old_as_it_was(
    another: Callable[..., Scenario], change: str | None, clock: Clock
) -> None:
    world = another(with_slos(within(24, clock)))
    world.at("05:00", PAID)
    ddl = run("finance/ddl", "99999999-9999-4999-8999-999999999999").writes("bronze.payments")
    said = {"lifecycleStateChange": {"lifecycleStateChange": change}} if change else {}
    # Some producers say it while the run goes on, and not again when it ends.
    begun = structs.replace(ddl, outputs=({**ddl.outputs[0], "facets": said},), outcome="RUNNING")
    world.at("2026-11-24 03:00")
    world.append(begun.events(world.now - 1, 1)[1], ddl.events(world.now, 1)[1])
    world.settle()
    fresh = change in ("OVERWRITE", None)
    for _again in range(2):
        world.at("2026-11-24 05:30")
        assert state(world, f"payments-{clock}").state == ("ok" if fresh else "breached")
        world.restart()


def test_old_runs_are_ours_to_mend(another: Callable[..., Scenario]) -> None:
    world = another(with_slos(within(24), within(26, Clock.PROCESSING)))
    world.at("05:00", LOAD.writes("bronze.payments", rows=9, newest="2026-11-23T04:00:00Z"))
    world.at("2026-11-24 09:00")

    assert world.heard() == ["04:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    late = state(world, "payments-processing")
    assert late.detail == (
        "no run has passed for 1 day 2 hours; it may be 1 day 2 hours; the newest data is of"
        " 1 day 3 hours ago"
    )


def test_a_run_without_rows_serves_the_processing_clock_on_a_schedule(
    another: Callable[..., Scenario],
) -> None:
    on_time = structs.replace(daily("in-time", "payments", "bronze.payments"))
    ran = structs.replace(on_time, name="ran", clock=Clock.PROCESSING)
    world = another(with_slos(on_time, ran))
    world.at("05:30", PAID)
    world.at("2026-11-24 05:30", LOAD.writes("bronze.payments", rows=0))
    world.at("2026-11-24 08:00")

    assert state(world, "ran").state == "ok"
    assert state(world, "in-time").state == "breached"


@pytest.mark.parametrize("facets", BACKFILLS.values(), ids=BACKFILLS.keys())
def test_a_run_that_says_that_it_is_a_backfill_does_not_serve(
    another: Callable[..., Scenario], facets: dict[str, Any]
) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    world.at("05:30", PAID)
    world.at("2026-11-24 05:30", marked(PAID, **facets))
    world.at("2026-11-24 08:00")
    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]


@pytest.mark.parametrize("restarts", [False, True])
def test_only_what_was_computed_anew_since_the_last_data_is_said_not_to_have_counted(
    another: Callable[..., Scenario], *, restarts: bool
) -> None:
    world = another(with_slos(within(1)))
    world.at("04:10", PAID)
    world.at("04:20", marked(PAID, hub_backfill={}))
    world.at("05:00", PAID)
    world.at("05:20", marked(PAID, hub_backfill={}))
    if restarts:
        world.restart()
    world.at("06:30")
    told = world.reading("payments-data")
    assert told is not None
    assert told[1].endswith("; 1 run since only computed anew what was there, and did not count")


@pytest.mark.parametrize("restarts", [False, True])
def test_a_backfill_of_ninety_partitions_neither_pages_nor_hides(
    another: Callable[..., Scenario], *, restarts: bool
) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    world.at("05:30", PAID)
    world.at("2026-11-24 05:30", PAID)
    # From half past five on it would be taken for today's, did it not say what it is.
    for number in range(90):
        world.at(f"2026-11-25 05:{30 + number // 4}", marked(PAID, hub_backfill={}))
    if restarts:
        world.restart()
    world.at("2026-11-25 06:59")
    assert world.heard() == []
    world.at("2026-11-25 08:00")
    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    if not restarts:
        counted = "90 runs since only computed anew what was there, and did not count"
        assert counted in state(world, "in-time").detail


@pytest.mark.parametrize("restarts", [False, True])
def test_an_interval_that_had_its_turn_does_not_serve_a_later_one(
    another: Callable[..., Scenario], *, restarts: bool
) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    today = datetime(2026, 11, 23)  # noqa: DTZ001 - the scenario's own time
    world.at("05:30", of_day(PAID, today - timedelta(days=1)))
    for back in range(90, 0, -1):
        world.at(f"2026-11-24 05:{30 + back // 4}", of_day(PAID, today - timedelta(days=back)))
    if restarts:
        world.restart()
    world.at("2026-11-24 08:00")
    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]


TODAY = datetime(2026, 11, 23)  # noqa: DTZ001 - the scenario's own time
HOUR = timedelta(hours=1)


def of_hours(script: RunScript, ends: datetime) -> RunScript:
    """Say for which hour a run was scheduled."""
    both = (each.replace(tzinfo=UTC).isoformat() for each in (ends - HOUR, ends))
    facet = dict(zip(("nominalStartTime", "nominalEndTime"), both, strict=True))
    return structs.replace(script, facets={**script.facets, "nominalTime": facet})


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("by_records", [False, True])
def test_many_intervals_that_had_their_turn_hide_no_newer_one_before_them(
    another: Callable[..., Scenario], *, by_records: bool, restarts: bool
) -> None:
    world = another(with_slos(within(2)))

    def of(hour: int) -> RunScript:
        if not by_records:
            return of_hours(PAID, TODAY + hour * HOUR)
        return LOAD.writes("bronze.payments", rows=9, newest=f"2026-11-23T{hour:02}:00:00Z")

    for hour in range(5):
        world.at(f"04:5{hour}", of(0))
    world.at("05:00", of(5))
    for number in range(40):
        world.at(f"05:{10 + number}", of(number % 5))
    if restarts:
        world.restart()
    world.heard()
    world.at("07:30")
    assert [line.split()[:2] for line in world.heard()] == [["07:00", "triggered"]]


def test_what_came_while_a_process_was_away_is_judged_by_what_was_before_it(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_slos(within(2)))
    world.at("05:00", of_hours(PAID, TODAY + 5 * HOUR))
    world.at("05:59")
    for number in range(5):
        world.append(*of_hours(PAID, TODAY + number * HOUR).events(world.now, 50 + number))
    run_until_idle([Project(world.store)])
    world.restart()
    world.at("07:30")
    assert world.heard() == ["07:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_runs_that_are_told_late_count_as_if_they_had_been_told_in_order(
    another: Callable[..., Scenario], *, is_reversed: bool, restarts: bool
) -> None:
    world = another(with_slos(within(2)))
    world.at("05:40")
    # The sixth hour came at 05:20; what ended at 05:40 was an earlier one once more.
    told = [(of_hours(PAID, TODAY + 5 * HOUR), 20, 60), (of_hours(PAID, TODAY + 4 * HOUR), 0, 61)]
    for script, ago, number in reversed(told) if is_reversed else told:
        world.append(*script.events(world.now - ago * 60_000_000, number))
        world.settle()
    if restarts:
        world.restart()
    world.at("08:00")
    assert world.heard() == ["07:20 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


@pytest.mark.parametrize("restarts", [False, True])
def test_what_comes_on_a_sunday_for_the_friday_does_not_hide_that_the_monday_is_missed(
    another: Callable[..., Scenario], *, restarts: bool
) -> None:
    weekdays = structs.replace(
        daily("in-time", "payments", "bronze.payments"), schedule="0 6 * * 1-5"
    )
    world = another(with_slos(weekdays), "2026-11-26 04:00")
    world.at("2026-11-26 05:50", PAID)
    world.at("2026-11-29 10:00", PAID)
    assert [line.split()[:2] for line in world.heard()] == [
        ["07:00", "triggered"],
        ["10:00", "resolved"],
    ]
    if restarts:
        world.restart()
    world.at("2026-11-30 08:00")
    assert [line.split()[:2] for line in world.heard()] == [["07:00", "triggered"]]


def test_a_query_inside_a_backfill_is_part_of_it(another: Callable[..., Scenario]) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    whole = run("finance/payments", "018f0000-0000-7000-8000-00000000000a")
    world.at("05:30", PAID)
    world.at("2026-11-24 05:20", marked(whole, hub_backfill={}))
    world.at("2026-11-24 05:30", PAID.inside(whole))
    world.at("2026-11-24 08:00")
    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]


def test_a_backfill_that_brings_newer_records_counts(another: Callable[..., Scenario]) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    world.at("05:30", LOAD.writes("bronze.payments", rows=9, newest="2026-11-23T05:00:00Z"))
    new = LOAD.writes("bronze.payments", rows=9, newest="2026-11-24T05:00:00Z")
    world.at("2026-11-24 05:30", marked(new, hub_backfill={}))
    world.at("2026-11-24 08:00")
    assert world.heard() == []


def test_checks_of_a_backfill_are_left_out_of_quality(another: Callable[..., Scenario]) -> None:
    good = Slo(
        name="good",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.QUALITY,
        objective=0.9,
        window_runs=2,
    )
    world = another(with_slos(good))
    world.at("05:00", LOAD.checks("bronze.payments", passed=["a", "b"]))
    old = run("finance/payments.load").checks("bronze.payments", failed=["a", "b"])
    before = state(world, "good")
    world.at("05:10", marked(old, hub_backfill={}))
    assert before.state == "ok"
    assert state(world, "good") == before


def test_nothing_is_looked_at_for_as_long_as_a_breach_lasts(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_slos(within(1)))
    world.at("05:00", PAID)
    world.at("2026-11-23 06:30")
    assert world.heard() == ["06:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    assert world.next_evaluation_at is None


def test_what_stays_late_after_its_root_has_healed_is_told_at_once(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_slos(within(2)))
    world.at("05:00", PAID)
    world.at("06:00", PAID.fails("no space left on device"))
    world.at("07:30")
    assert world.heard() == ["06:00 triggered platform-pager INFRA_CAPACITY bronze.payments"]
    world.at("08:00", LOAD)
    world.at("10:30")
    assert world.heard() == [
        "08:00 resolved platform-pager INFRA_CAPACITY bronze.payments",
        "10:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments",
    ]


def test_how_an_slo_stands_is_told_as_of_now_and_not_as_of_its_last_change(
    another: Callable[..., Scenario],
) -> None:
    checked = Slo(
        name="payments-sound",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.QUALITY,
        objective=0.5,
        window_runs=4,
    )
    world = another(with_slos(within(24), checked))
    assert world.reading("payments-data") == (
        "no-data",
        "no data has come yet; the first is due within 1 day",
    )
    assert world.reading("unheard of") is None
    world.at("05:00", PAID.checks("bronze.payments", passed=["a"]))
    world.at("06:00", PAID.checks("bronze.payments", passed=["a"], failed=["b"]))
    world.at("08:30")
    assert (
        state(world, "payments-data").detail == "the newest data is 0 seconds old; it may be 1 day"
    )
    fresh = "the newest data is 2 hours 30 minutes old; it may be 1 day"
    assert world.reading("payments-data") == ("ok", fresh)
    assert world.reading("payments-sound") == (
        "ok",
        "2 of 3 checks passed in the last 2 runs; the objective is 0.5",
    )
    with world.store.database.read() as connection:
        row = slo_states(connection)["payments-data"]
        shown = as_of_now(connection, row, lambda _connection, name: world.reading(name))
    assert shown is not None
    assert (shown.since, shown.detail) == (row.since, fresh)
    world.restart()
    assert world.reading("payments-data") == ("ok", fresh)
