"""SLOs on volume, completeness, and quality by rows and by runs, under a moved clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import Counted, Per, Severity, Slo, SloKind, Volume
from hub.domain.deadletters import NewDeadLetter
from hub.testing.scenario import RunScript, Scenario
from tests.scenarios.test_clocks import LOAD, marked, state, with_slos

World = Callable[..., Scenario]


def slo(kind: SloKind, **fields: Any) -> Slo:  # noqa: ANN401 - of mixed types
    return Slo(name="it", product="payments", dataset="bronze.payments", kind=kind, **fields)


def volume(
    severity: Severity = Severity.PAGE,
    **fields: Any,  # noqa: ANN401 - of mixed types
) -> Slo:
    return slo(SloKind.VOLUME, volume=Volume(**fields), severity=severity)


def bring(rows: int, *, refused: int = 0, newest: str | None = None) -> RunScript:
    script = LOAD.writes("bronze.payments", rows=rows, newest=newest)
    [output] = script.outputs
    measures = {**output["outputFacets"]["hub_measures"], "rows_refused": refused}
    facets = {**output["outputFacets"], "hub_measures": measures}
    return structs.replace(script, outputs=({**output, "outputFacets": facets},))


def each_day(world: Scenario, amounts: list[int], start: str = "2026-10-05") -> datetime:
    """Let so many rows come each day at six; return the day after."""
    day = datetime.fromisoformat(start)
    for rows in amounts:
        world.at(f"{day:%Y-%m-%d} 06:00", bring(rows))
        day += timedelta(days=1)
    return day


def test_a_run_that_brings_too_little_is_told_and_the_next_one_clears_it(another: World) -> None:
    world = another(with_slos(volume(least=100, most=1_000)))
    world.at("05:00", bring(500))
    world.at("05:10", bring(99))
    world.at("05:20", bring(1_000))
    world.at("05:30", bring(1_001))
    assert world.heard() == [
        "05:10 triggered finance-pager DATA_QUALITY bronze.payments",
        "05:20 resolved finance-pager DATA_QUALITY bronze.payments",
        "05:30 triggered finance-pager DATA_QUALITY bronze.payments",
    ]
    assert state(world, "it").detail == (
        "1001 rows came in the last run; expected are at least 100 and at most 1000"
    )


def test_a_share_of_the_median_waits_for_as_many_runs_as_it_looks_at(another: World) -> None:
    world = another(with_slos(volume(least_share=0.5, of_last=3)))
    for minute, rows in enumerate((1, 90, 100)):
        world.at(f"05:0{minute}", bring(rows))
    assert state(world, "it").state == "no-data"
    world.at("05:10", bring(110))
    assert state(world, "it").state == "ok"
    world.at("05:20", bring(49))
    assert state(world, "it").detail == (
        "49 rows came in the last run; expected are at least 50 (the median of the last 3 is 100)"
    )


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("declared", "detail"),
    [
        (
            volume(least_share=0.5, of_last=3),
            (
                "49 rows came in the last run; expected are at least 50"
                " (the median of the last 3 is 100)"
            ),
        ),
        (
            slo(SloKind.QUALITY, counted=Counted.ROWS, objective=0.9, window_runs=2),
            "159 of 209 rows were good in the last 2 runs; the objective is 0.9",
        ),
    ],
    ids=["volume", "rows"],
)
def test_runs_that_do_not_say_how_many_rows_they_wrote_do_not_push_out_those_that_do(
    another: World, declared: Slo, detail: str, *, restarts: bool
) -> None:
    world = another(with_slos(declared))
    for minute, rows in enumerate((90, 100, 110, 49)):
        world.at(f"05:{minute}0", bring(rows, refused=50 * (rows == 49)))
        world.at(f"05:{minute}5", LOAD.writes("bronze.payments"))
        world.at(f"05:{minute}7", LOAD.writes("bronze.payments"))
    if restarts:
        world.restart()
    assert world.reading("it") == ("breached", detail)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_days_least_is_judged_when_the_day_is_over(another: World, *, restarts: bool) -> None:
    world = another(with_slos(volume(per=Per.DAY, least=100, most=300)))
    world.at("05:00", bring(60))
    world.at("09:00", bring(60))
    if restarts:
        world.restart()
    world.at("2026-11-24 05:00", bring(60))
    world.at("2026-11-24 23:00")
    assert world.heard() == []
    world.at("2026-11-25 00:01")
    assert world.heard() == ["00:00 triggered finance-pager DATA_QUALITY bronze.payments"]
    assert "60 rows came on 2026-11-24" in state(world, "it").detail


def test_a_days_most_is_judged_at_once(another: World) -> None:
    world = another(with_slos(volume(per=Per.DAY, most=100)))
    world.at("05:00", bring(60))
    world.at("06:00", bring(60))
    assert world.heard() == ["06:00 triggered finance-pager DATA_QUALITY bronze.payments"]


def test_what_is_unusual_is_told_once_there_is_history_and_by_ticket(another: World) -> None:
    unusual = volume(Severity.TICKET, of_last=60)
    world = another(with_slos(unusual), "2026-10-05 04:00")
    after = each_day(world, [3] + [1_000, 1_050, 980, 1_020, 990, 300, 310] * 6)
    assert world.heard() == []
    # A Sunday as any other; then one as full as a Wednesday.
    assert f"{after:%a}" == "Tue"
    after = each_day(world, [1_000] * 5, f"{after:%Y-%m-%d}")
    assert world.heard() == []
    world.at(f"{after:%Y-%m-%d} 06:00", bring(1_000))
    assert world.heard() == ["06:00 triggered tickets DATA_QUALITY bronze.payments ticket"]
    assert "learned from 6 of this weekday" in state(world, "it").detail


def test_what_comes_later_than_usual_is_late_by_ticket(another: World) -> None:
    late = slo(SloKind.FRESHNESS, learned_from=60, severity=Severity.TICKET)
    world = another(with_slos(late), "2026-10-05 04:00")
    day = datetime(2026, 10, 5, tzinfo=UTC)
    while day < datetime(2026, 11, 23, tzinfo=UTC):
        if day.weekday() < 5:
            world.at(f"{day:%Y-%m-%d} 06:00", bring(100))
        day += timedelta(days=1)
    # No weekend is late, for it never brought anything.
    assert world.heard() == []
    assert state(world, "it").state == "ok"
    world.at("2026-11-23 14:00")
    assert world.heard() == ["13:12 triggered tickets INFRA_COMPUTE bronze.payments ticket"]
    assert state(world, "it").detail == (
        "the newest data is 3 days 7 hours old; it may be 3 days 7 hours; the last run that passed"
        " ended 3 days 7 hours ago; it usually comes after 2 days 16 hours to 3 days 7 hours"
        " (learned from 6 of this weekday)"
    )


def test_quality_by_rows_counts_what_was_refused(another: World) -> None:
    good = slo(SloKind.QUALITY, counted=Counted.ROWS, objective=0.9, window_runs=2)
    world = another(with_slos(good))
    world.at("05:00", bring(90, refused=10))
    world.at("05:10", bring(85, refused=15))
    assert world.heard() == ["05:10 triggered finance-pager DATA_QUALITY bronze.payments"]
    assert state(world, "it").detail == (
        "175 of 200 rows were good in the last 2 runs; the objective is 0.9"
    )
    world.at("05:20", marked(bring(1, refused=99), hub_backfill={}))
    world.at("05:30", bring(100))
    assert state(world, "it").state == "ok"


def test_quality_by_runs_tolerates_as_many_failures_as_it_says(another: World) -> None:
    good = slo(SloKind.QUALITY, counted=Counted.RUNS, at_least=2, window_runs=3)
    world = another(with_slos(good))
    passes = LOAD.checks("bronze.payments", passed=["a"])
    fails = LOAD.checks("bronze.payments", failed=["a"])
    for minute, script in enumerate((fails, passes, passes)):
        world.at(f"05:0{minute}", script)
        assert state(world, "it").state == "ok"
    world.at("05:10", fails)
    assert state(world, "it").state == "ok"
    world.at("05:20", fails)
    assert state(world, "it").detail == "1 of the last 3 runs passed all checks; 2 of 3 are to"


def counted_nulls(nulls: int) -> RunScript:
    script = LOAD.reads("bronze.payments")
    [tested] = script.inputs
    metrics = {"rowCount": 100, "columnMetrics": {"iban": {"nullCount": nulls}}}
    return structs.replace(
        script, inputs=({**tested, "inputFacets": {"dataQualityMetrics": metrics}},)
    )


def test_a_field_with_too_many_nulls_is_incomplete(another: World) -> None:
    world = another(with_slos(slo(SloKind.COMPLETENESS, of_field="iban", objective=0.98)))
    world.at("05:00", counted_nulls(2))
    assert state(world, "it").state == "ok"
    world.restart()
    assert state(world, "it").state == "ok"
    world.at("05:10", counted_nulls(3))
    assert world.heard() == ["05:10 triggered finance-pager DATA_QUALITY bronze.payments"]
    assert state(world, "it").detail == "0.97 of iban is there; the objective is 0.98"


@pytest.mark.parametrize("restarts", [False, True])
def test_missing_intervals_are_named_and_a_backfill_fills_them(
    another: World, *, restarts: bool
) -> None:
    daily = {"schedule": "0 6 * * *", "grace_seconds": 3600, "window_ticks": 4}
    world = another(with_slos(slo(SloKind.COMPLETENESS, objective=0.75, **daily)))
    for day in (23, 26):
        world.at(f"2026-11-{day} 05:30", bring(9, newest=f"2026-11-{day}T05:00:00Z"))
    world.at("2026-11-26 08:00")
    if restarts:
        world.restart()
    assert state(world, "it").detail.startswith("1 of the last 3 intervals are there")
    assert world.heard() == ["07:00 triggered finance-pager DATA_QUALITY bronze.payments"]
    for day in (24, 25):
        past = bring(9, newest=f"2026-11-{day}T05:00:00Z")
        world.at(f"2026-11-26 08:{day}", marked(past, hub_backfill={}))
    assert state(world, "it").detail.startswith("3 of the last 4 intervals are there")
    assert world.heard() == ["08:24 resolved finance-pager DATA_QUALITY bronze.payments"]


def test_of_a_window_of_intervals_that_is_not_yet_full_no_fewer_may_be_missing(
    another: World,
) -> None:
    daily = {"schedule": "0 6 * * *", "grace_seconds": 3600, "window_ticks": 10}
    world = another(with_slos(slo(SloKind.COMPLETENESS, objective=0.9, **daily)))
    for day in (23, 25):
        world.at(f"2026-11-{day} 05:30", bring(9, newest=f"2026-11-{day}T05:00:00Z"))
    assert world.heard() == []

    world.at("2026-11-26 07:01")

    assert world.heard() == ["07:00 triggered finance-pager DATA_QUALITY bronze.payments"]


def test_a_job_that_fails_too_often_is_told_of_by_ticket(another: World) -> None:
    often = slo(SloKind.AVAILABILITY, at_least=2, window_runs=3, severity=Severity.TICKET)
    world = another(with_slos(often))
    world.at("05:00", bring(1).fails("no space left on device"))
    world.at("05:10", bring(1))
    world.at("05:15", bring(1).aborts("the operator stopped it"))
    world.at("05:20", marked(bring(1).fails("of the past"), hub_backfill={}))
    assert state(world, "it").state == "ok"
    world.heard()
    world.at("05:30", bring(1).fails("no space left on device"))
    assert state(world, "it").detail == (
        "1 of the last 3 runs passed; 2 of 3 are to; the last was at 2026-11-23 05:30 UTC"
    )
    assert "05:30 triggered tickets INFRA_COMPUTE bronze.payments ticket" in world.heard()
    world.at("05:40", bring(1))
    world.at("05:50", bring(1))
    assert state(world, "it").state == "ok"


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_job_that_fails_too_often_is_no_second_page_until_it_passes_and_that_is_not_enough(
    another: World, *, is_lost: bool
) -> None:
    often = slo(SloKind.AVAILABILITY, at_least=3, window_runs=4)
    world = another(with_slos(often))
    world.at("04:30", bring(1), bring(1))
    world.at("05:00", bring(1).fails("no space left on device"))
    begun, ended = bring(1).fails("no space left on device").events(world.now + 60_000_000, 90)
    world.append(begun, *[ended] * (not is_lost))
    world.at("12:00")
    assert state(world, "it").state == "breached"
    assert [line.split()[1] for line in world.heard()] == ["triggered"]
    world.at("12:10", bring(1))
    assert [line.split()[1] for line in world.heard()] == ["resolved"]
    world.at("12:20", bring(1))
    assert [line.split()[1] for line in world.heard()] == ["triggered"]
    world.at("12:30", bring(1))
    assert state(world, "it").state == "ok"


def test_checks_that_cannot_be_evaluated_say_nothing_of_the_data_and_are_told_by_themselves(
    another: World,
) -> None:
    good = slo(SloKind.QUALITY, objective=0.9)
    seen = structs.replace(
        good, name="seen", counted=Counted.EVALUATED, window_runs=2, severity=Severity.TICKET
    )
    world = another(with_slos(good, seen))
    tested = LOAD.reads("bronze.payments")

    def tests(*outcomes: str) -> RunScript:
        named = [{"name": f"t{n}", "status": each} for n, each in enumerate(outcomes)]
        return marked(tested, test={"tests": named})

    world.at("05:00", tests("pass", "pass"))
    world.at("05:10", tests("pass", "skip"))
    assert state(world, "it").state == "ok"
    assert state(world, "seen").detail == (
        "3 of 4 checks could be evaluated in the last 2 runs; the objective is 0.9"
    )
    assert world.heard() == ["05:10 triggered tickets CONFIG bronze.payments ticket"]
    world.at("05:20", tests("pass", "pass"))
    world.at("05:30", tests("pass", "pass"))
    assert state(world, "seen").state == "ok"


def test_an_assertion_without_an_outcome_is_not_evaluated(another: World) -> None:
    seen = slo(SloKind.QUALITY, counted=Counted.EVALUATED)
    world = another(with_slos(seen))
    script = LOAD.checks("bronze.payments", passed=["a"])
    script.inputs[-1]["inputFacets"]["dataQualityAssertions"]["assertions"].append(
        {"assertion": "b", "success": None}
    )
    world.at("05:00", script)
    assert "1 of 2 checks could be evaluated" in state(world, "it").detail


def test_a_hub_that_judges_late_tells_its_own_platform(another: World) -> None:
    soon = slo(SloKind.LATENCY, within_seconds=30, objective=0.5, window_runs=2)
    world = another(with_slos(soon))

    def judged_after(seconds: int, number: int) -> None:
        world.append(*bring(1).events(world.now, 800 + number))
        world.now += seconds * 1_000_000
        world.settle()

    for number, seconds in enumerate((29, 31)):
        judged_after(seconds, number)
        assert state(world, "it").state == "ok"
    judged_after(3600, 2)
    assert state(world, "it").detail == (
        "0 of the last 2 runs were judged within 30 seconds of their receipt; the objective is 0.5"
    )
    world.at("06:00")
    [told] = world.heard()
    assert told.split()[1:4] == ["triggered", "platform-pager", "INFRA_CAPACITY"]


def letter(number: int) -> NewDeadLetter:
    return NewDeadLetter(
        stage="bronze",
        product="payments",
        step="load",
        encoding="json",
        payload=b"{}",
        rule="amount.required",
        reasons=("amount is required",),
        dataset="dataset:lake:bronze.payments",
        origin=f"part-1/{number}",
    )


@pytest.mark.parametrize("restarts", [False, True])
def test_more_records_refused_in_an_hour_than_may_be_are_a_page_besides_the_ticket(
    another: World, *, restarts: bool
) -> None:
    pills = slo(SloKind.DEAD_LETTERS, at_most=2, within_seconds=3_600)
    world = another(with_slos(pills))
    assert (
        state(world, "it").detail == "0 records of the last 1 hour were refused; 2 records may be"
    )
    world.at("05:00", letter(1), letter(1), letter(2))
    # Told of twice, a record is refused once.
    assert state(world, "it").state == "ok"
    assert world.heard() == ["05:00 triggered tickets DATA_QUALITY bronze.payments ticket"]
    if restarts:
        world.restart()
    world.at("05:30", letter(3))
    late = state(world, "it")
    assert late.state == "breached"
    assert late.detail == (
        "more than 2 records of the last 1 hour were refused, the last of them 0 seconds ago"
    )
    assert world.heard() == ["05:30 triggered finance-pager DATA_QUALITY bronze.payments"]
    # The first is an hour old at six.
    world.at("05:59")
    assert world.heard() == []
    if restarts:
        world.restart()
    world.at("06:00")
    assert state(world, "it").state == "ok"
    assert world.heard() == ["06:00 resolved finance-pager DATA_QUALITY bronze.payments"]


def test_what_is_worth_a_page_does_not_hide_behind_a_ticket_about_the_same(another: World) -> None:
    rows = slo(SloKind.QUALITY, counted=Counted.ROWS, objective=0.9)
    world = another(with_slos(rows))
    world.at("05:00", letter(1))
    assert world.heard() == ["05:00 triggered tickets DATA_QUALITY bronze.payments ticket"]
    world.at("05:10", bring(10, refused=5))
    assert state(world, "it").state == "breached"
    assert "05:10 triggered finance-pager DATA_QUALITY bronze.payments" in world.heard()
