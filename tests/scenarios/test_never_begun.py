"""Runs that never begin are failures: one page, whatever else is late because of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from hub.domain.catalog import Severity, Slo, SloKind
from hub.domain.names import JobName
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import daily
from tests.scenarios.test_clocks import LOAD, PAID, marked, state, with_slos

World = Callable[..., Scenario]


def begins(**fields: Any) -> Slo:  # noqa: ANN401 - of mixed types
    given = {"schedule": "0 5 * * *", "grace_seconds": 600, **fields}
    return Slo(
        name="begins",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.PUNCTUALITY,
        **given,
    )


def started(script: RunScript, world: Scenario, number: int) -> bytes:
    return script.events(world.now, 900 + number)[0]


def test_a_run_that_never_begins_is_told_once_with_all_that_is_late_by_it(another: World) -> None:
    world = another(with_slos(begins(), daily("in-time", "payments", "bronze.payments")))
    world.at("05:00", PAID)
    world.at("2026-11-24 09:00")
    assert world.heard() == ["05:10 triggered platform-pager INFRA_COMPUTE bronze.payments"]
    assert state(world, "in-time").state == "breached"
    assert state(world, "begins").detail == (
        "the run of 2026-11-24 05:00 UTC was due by 2026-11-24 05:10 UTC and has not begun;"
        " the newest is of 2026-11-23 04:59 UTC"
    )
    world.at("2026-11-24 09:30", PAID)
    assert world.heard() == ["09:30 resolved platform-pager INFRA_COMPUTE bronze.payments"]


def test_a_run_that_has_begun_in_time_may_take_long_and_may_fail(another: World) -> None:
    world = another(with_slos(begins()))
    world.at("05:00", PAID)
    world.at("2026-11-24 05:05")
    world.append(started(PAID, world, 1))
    world.at("2026-11-24 05:30")
    assert world.heard() == []
    assert state(world, "begins").state == "ok"
    world.append(PAID.events(world.now, 901)[1])
    world.at("2026-11-25 05:00", PAID.fails("no space left on device"))
    world.at("2026-11-25 06:00")
    assert world.heard() == ["05:00 triggered platform-pager INFRA_CAPACITY bronze.payments"]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_backfill_is_no_beginning(another: World, *, restarts: bool) -> None:
    world = another(with_slos(begins()))
    world.at("05:00", PAID)
    world.at("2026-11-24 05:02", marked(PAID, hub_backfill={}))
    if restarts:
        world.restart()
    world.at("2026-11-24 05:30")
    assert world.heard() == ["05:10 triggered platform-pager INFRA_COMPUTE bronze.payments"]


def test_a_job_elsewhere_is_watched_by_what_its_scheduler_says(another: World) -> None:
    job = JobName("airflow", "settle.load")
    world = another(with_slos(begins(schedule=None, is_observed=True, job=job)))
    timetable = {"expression": "0 5 * * *", "timezone": "Europe/Berlin"}
    script = marked(run("airflow/settle.load"), airflow={"dag": {"timetable": timetable}})
    world.at("04:00", LOAD)
    assert state(world, "begins").state == "no-data"
    world.at("2026-11-24 04:00", script)
    assert state(world, "begins").state == "ok"
    world.restart()
    world.at("2026-11-25 05:00")
    assert world.heard() == ["04:10 triggered platform-pager INFRA_COMPUTE settle.load"]


def test_a_timetable_that_is_none_says_so(another: World) -> None:
    job = JobName("airflow", "settle.load")
    world = another(with_slos(begins(schedule=None, is_observed=True, job=job)))
    timetable = {"expression": "when it rains", "timezone": "UTC"}
    world.at("04:00", marked(run("airflow/settle.load"), airflow={"dag": {"timetable": timetable}}))
    world.at("2026-11-25 04:00")
    assert world.heard() == []
    assert state(world, "begins").state == "no-data"


@pytest.mark.parametrize("restarts", [False, True])
def test_a_job_that_begins_later_than_usual_is_told_by_ticket(
    another: World, *, restarts: bool
) -> None:
    usual = begins(schedule=None, learned_from=60, severity=Severity.TICKET)
    world = another(with_slos(usual), "2026-10-05 04:00")
    day = datetime.fromisoformat("2026-10-05")
    for _day in range(42):
        world.at(f"{day:%Y-%m-%d} 05:00", PAID)
        day += timedelta(days=1)
    assert world.heard() == []
    if restarts:
        world.restart()
    world.at(f"{day:%Y-%m-%d} 09:00")
    assert world.heard() == ["07:23 triggered tickets INFRA_COMPUTE bronze.payments ticket"]


def test_what_does_not_begin_because_its_input_broke_pages_nobody_again(another: World) -> None:
    sum_begins = structs.replace(
        begins(), name="sum-begins", dataset="gold.earnings", schedule="30 5 * * *"
    )
    world = another(with_slos(sum_begins))
    total = run("finance/earnings.sum").reads("bronze.payments").writes("gold.earnings")
    world.at("05:00", PAID)
    world.at("05:30", total)
    world.at("2026-11-24 05:00", PAID.fails("no space left on device"))
    world.at("2026-11-24 07:00")
    assert world.heard() == ["05:00 triggered platform-pager INFRA_CAPACITY bronze.payments"]


def test_events_of_one_run_are_one_beginning(another: World) -> None:
    world = another(with_slos(begins(schedule=None, learned_from=60)))
    for minute in range(3):
        world.at(f"05:0{minute}")
        world.append(*PAID.events(world.now, 7))
    body = msgspec.json.decode(PAID.events(world.now, 7)[0])
    assert body["eventType"] == "START"
    world.at("05:30")
    assert world.heard() == []
