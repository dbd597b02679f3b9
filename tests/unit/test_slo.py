from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.catalog import Slo, SloKind
from hub.domain.duty.calendars import is_holiday
from hub.domain.duty.plans import Calendar
from hub.domain.errors import InvalidInput
from hub.domain.slos.arrivals import Arrival, Arrivals, Checks
from hub.domain.slos.slo import (
    SECOND,
    SloState,
    judge_freshness,
    judge_quality,
    last_due_tick,
    last_tick,
    lateness_slices,
    next_tick,
    slot_of,
)
from hub.domain.slos.ticks import tick_after, tick_in_a_gap

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND


def local(micros: int) -> str:
    moment = datetime.fromtimestamp(micros / SECOND, UTC).astimezone(BERLIN)
    return f"{moment:%Y-%m-%d %H:%M %z}"


def daily(**changes: object) -> Slo:
    settings = {
        "name": "rides-fresh",
        "product": "rides",
        "dataset": "bronze.rides",
        "kind": SloKind.FRESHNESS,
        "schedule": "0 6 * * *",
        "timezone": "Europe/Berlin",
        "grace_seconds": 3600,
    }
    return Slo(**{**settings, **changes})  # type: ignore[arg-type]  # settings of mixed types


EVERY_TEN_MINUTES = daily(schedule=None, within_seconds=600)
LONG_AGO = at("2026-01-01T00:00")


def came(published_at: int, newest_at: int | None = None) -> Arrivals:
    return Arrivals().with_arrival(Arrival(published_at=published_at, newest_at=newest_at))


def judge(slo: Slo, now: str, arrived: str | None, *, since: int = LONG_AGO) -> SloState:
    arrivals = came(at(arrived)) if arrived else Arrivals()
    return judge_freshness(slo, arrivals, since=since, now=at(now)).state


@pytest.mark.parametrize(
    ("arrived", "now", "state"),
    [
        ("2026-11-23T06:30", "2026-11-23T07:30", SloState.OK),
        ("2026-11-23T05:50", "2026-11-23T07:30", SloState.OK),
        ("2026-11-22T06:30", "2026-11-23T06:59", SloState.OK),
        ("2026-11-22T06:30", "2026-11-23T07:00", SloState.BREACHED),
        ("2026-11-22T09:00", "2026-11-23T07:30", SloState.BREACHED),
        ("2026-11-22T09:00", "2026-11-22T10:00", SloState.OK),
    ],
)
def test_a_schedule_asks_for_each_ticks_own_data(arrived: str, now: str, state: SloState) -> None:
    assert judge(daily(), now, arrived) is state


def test_a_late_delivery_is_late_from_its_deadline_on() -> None:
    arrivals = came(at("2026-11-20T06:30"))
    status = judge_freshness(daily(), arrivals, since=LONG_AGO, now=at("2026-11-23T12:00"))

    assert status.onset_at == at("2026-11-21T07:00")
    assert status.next_at == at("2026-11-24T07:00")
    assert "2026-11-23 06:00 Europe/Berlin was due by" in status.detail


def test_old_records_do_not_serve_a_new_tick_however_late_they_are_published() -> None:
    stale = came(at("2026-11-23T06:30"), newest_at=at("2026-11-20T18:00"))
    status = judge_freshness(
        daily(), stale, since=at("2026-11-23T06:00"), now=at("2026-11-23T07:30")
    )

    assert status.state is SloState.BREACHED
    assert "the newest is of 2026-11-20 18:00" in status.detail


def test_yesterdays_records_serve_this_mornings_tick() -> None:
    fresh = came(at("2026-11-23T06:30"), newest_at=at("2026-11-22T23:59"))
    status = judge_freshness(daily(), fresh, since=LONG_AGO, now=at("2026-11-23T07:30"))

    assert status.state is SloState.OK


def test_nothing_was_due_before_the_hub_knew_the_slo() -> None:
    known = at("2026-11-23T08:00")

    assert judge(daily(), "2026-11-23T09:00", None, since=known) is SloState.NO_DATA
    assert judge(daily(), "2026-11-24T07:30", None, since=known) is SloState.BREACHED


@pytest.mark.parametrize(
    ("day", "tick"),
    [
        # At 02:30 the clocks jump to 03:00, or show it twice.
        ("2026-03-29", "2026-03-29 03:00 +0200"),
        ("2026-10-25", "2026-10-25 02:30 +0200"),
    ],
)
def test_a_tick_in_a_clock_change_comes_once(day: str, tick: str) -> None:
    nightly = daily(schedule="30 2 * * *")
    before = at(f"{day}T00:00")

    assert local(next_tick(nightly, before)) == tick
    assert next_tick(nightly, next_tick(nightly, before)) - before > 20 * 3600 * SECOND


# When clocks are set back: by an hour, by two, over midnight, by half an hour.
SET_BACK = {
    "Europe/Berlin": ("30 2 * * *", "2026-10-25T00:00"),
    "Europe/Dublin": ("30 1 * * *", "2026-10-25T00:00"),
    "Antarctica/Troll": ("45 1,2 * * *", "2026-10-25T00:00"),
    "America/Santiago": ("59 23 * * *", "2026-04-05T02:00"),
    "Australia/Lord_Howe": ("45 1 * * *", "2026-04-04T14:00"),
}


@pytest.mark.parametrize("timezone", SET_BACK)
@given(minute=st.integers(-120, 360))
def test_in_an_hour_that_comes_twice_no_tick_is_behind_the_next_nor_ahead_of_the_last(
    timezone: str, minute: int
) -> None:
    schedule, begins = SET_BACK[timezone]
    nightly = daily(schedule=schedule, timezone=timezone)
    moment = at(begins, ZoneInfo("UTC")) + minute * 60 * SECOND
    last, coming = last_tick(nightly, moment), next_tick(nightly, moment)

    assert last <= moment < coming
    assert (next_tick(nightly, last), last_tick(nightly, coming - 1)) == (coming, last)


def test_a_deadline_keeps_its_local_hour_over_a_clock_change() -> None:
    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):
        due = last_due_tick(daily(), at(f"{day}T12:00"))
        assert local(due)[11:16] == "06:00"


def test_an_interval_is_judged_on_the_newest_record() -> None:
    fresh_run_old_data = came(at("2026-11-23T12:00"), newest_at=at("2026-11-23T11:00"))
    status = judge_freshness(
        EVERY_TEN_MINUTES, fresh_run_old_data, since=LONG_AGO, now=at("2026-11-23T12:01")
    )

    assert status.state is SloState.BREACHED
    assert status.onset_at == at("2026-11-23T11:10")


def test_a_record_from_the_future_does_not_pass_for_fresh_data() -> None:
    arrivals = came(at("2026-11-23T12:00"), newest_at=at("2099-01-01T00:00"))
    status = judge_freshness(
        EVERY_TEN_MINUTES, arrivals, since=LONG_AGO, now=at("2026-11-23T12:11")
    )

    assert status.state is SloState.BREACHED


def test_an_interval_without_any_data_is_late_once_it_has_passed() -> None:
    since = at("2026-11-23T12:00")

    assert judge(EVERY_TEN_MINUTES, "2026-11-23T12:10", None, since=since) is SloState.NO_DATA
    assert judge(EVERY_TEN_MINUTES, "2026-11-23T12:11", None, since=since) is SloState.BREACHED


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([], SloState.NO_DATA),
        ([Checks(0, 0)], SloState.NO_DATA),
        ([Checks(9, 10)], SloState.OK),
        ([Checks(8, 10)], SloState.BREACHED),
        ([Checks(8, 10), Checks(10, 10), Checks(0, 10)], SloState.OK),
        ([Checks(3, 3), Checks(0, 0), Checks(2, 3)], SloState.BREACHED),
    ],
)
def test_quality_counts_the_checks_of_the_last_runs(runs: list[Checks], state: SloState) -> None:
    slo = daily(kind=SloKind.QUALITY, objective=0.9, window_runs=2)

    assert judge_quality(slo, runs).state is state


@pytest.mark.parametrize(
    ("schedule", "timezone", "complaint"),
    [
        ("0 6 * *", "UTC", "no cron expression"),
        ("61 6 * * *", "UTC", "no cron expression"),
        ("0 6 * * *", "Mars/Olympus", "no time zone"),
    ],
)
def test_a_schedule_without_ticks_is_refused(schedule: str, timezone: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        tick_after(schedule, timezone, 0)


instants = st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00"))


@given(instants)
def test_every_arrival_belongs_to_one_of_the_two_slots_around_it(moment: int) -> None:
    slo = daily()
    slot = slot_of(slo, moment)

    assert slot <= next_tick(slo, moment)
    assert slot_of(slo, slot) == slot


@given(instants, instants)
def test_later_arrivals_belong_to_the_same_slot_or_a_later_one(one: int, other: int) -> None:
    early, late = sorted((one, other))

    assert slot_of(daily(), early) <= slot_of(daily(), late)


@given(instants)
def test_what_is_published_in_its_slot_is_in_time(moment: int) -> None:
    slo = daily()
    tick = last_due_tick(slo, moment)
    now = tick + slo.grace_seconds * SECOND

    assert judge_freshness(slo, came(tick), since=0, now=now).state is SloState.OK


@given(instants)
def test_a_judgement_holds_until_the_instant_that_it_names(moment: int) -> None:
    arrivals = came(at("2026-06-01T06:30"))
    for slo in (daily(), EVERY_TEN_MINUTES):
        status = judge_freshness(slo, arrivals, since=LONG_AGO, now=moment)
        if status.next_at is not None and status.next_at > moment:
            just_before = judge_freshness(slo, arrivals, since=LONG_AGO, now=status.next_at - 1)
            assert just_before.state is status.state


minutes = st.integers(0, 2_000).map(lambda count: count * 60 * SECOND)


@given(minutes, st.one_of(st.none(), minutes), st.lists(minutes, min_size=2, max_size=5))
def test_slices_of_adjoining_windows_add_up(
    deadline: int, arrived: int | None, cuts: list[int]
) -> None:
    edges = sorted(cuts)
    parts = [
        lateness_slices(deadline, arrived, start=start, end=end) for start, end in pairwise(edges)
    ]
    whole = lateness_slices(deadline, arrived, start=edges[0], end=edges[-1])

    assert (sum(bad for bad, _ in parts), sum(total for _, total in parts)) == whole
    assert 0 <= whole[0] <= whole[1]


def days_off(*days: str, rule: str = "") -> Calendar:
    events = [
        f"BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART;VALUE=DATE:{day}\r\n{rule}END:VEVENT" for day in days
    ]
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *events, "END:VCALENDAR", "")
    return Calendar("\r\n".join(lines), "Europe/Berlin")


@pytest.mark.parametrize(
    ("came_at", "slot"),
    [
        ("2026-06-07T10:00", "2026-06-05 06:00 +0200"),
        ("2026-06-07T17:59", "2026-06-05 06:00 +0200"),
        ("2026-06-07T18:00", "2026-06-08 06:00 +0200"),
        ("2026-06-08T05:50", "2026-06-08 06:00 +0200"),
    ],
)
def test_what_comes_on_a_weekend_serves_the_friday_unless_it_is_for_the_monday(
    came_at: str, slot: str
) -> None:
    assert local(slot_of(daily(schedule="0 6 * * 1-5"), at(came_at))) == slot


def test_what_comes_days_ahead_serves_a_week_as_long_as_its_own_is_further_away() -> None:
    weekly = daily(schedule="0 6 * * 1")
    assert local(slot_of(weekly, at("2026-06-05T06:00"))) == "2026-06-08 06:00 +0200"
    assert local(slot_of(weekly, at("2026-06-04T06:00"))) == "2026-06-01 06:00 +0200"


def test_nothing_is_due_on_a_holiday() -> None:
    slo = daily(holidays=days_off("20260501", "20260502"))
    arrived = "2026-04-30T05:50"
    assert judge(slo, "2026-05-02T23:00", arrived) is SloState.OK
    assert judge(slo, "2026-05-03T06:59", arrived) is SloState.OK
    assert judge(slo, "2026-05-03T07:01", arrived) is SloState.BREACHED


def test_what_was_missed_before_a_holiday_stays_missed() -> None:
    slo = daily(holidays=days_off("20260501"))
    assert judge(slo, "2026-05-01T12:00", "2026-04-29T06:00") is SloState.BREACHED


def test_what_comes_late_on_a_holiday_serves_the_day_before() -> None:
    slo = daily(holidays=days_off("20260501"))
    late = at("2026-05-01T06:00")
    assert local(slot_of(slo, late)) == "2026-04-30 06:00 +0200"


@given(st.integers(at("2026-04-01T00:00"), at("2026-04-12T00:00")))
def test_no_tick_lies_on_a_holiday_and_every_other_day_has_its_own(moment: int) -> None:
    holidays = days_off("20260403", "20260406", "20260407")
    slo, plain = daily(holidays=holidays), daily()
    tick, before = next_tick(slo, moment), last_tick(slo, moment)
    assert before <= moment < tick
    assert last_tick(slo, tick) == tick
    skipped = next_tick(plain, before)
    while skipped < tick:
        assert is_holiday(holidays, date.fromisoformat(local(skipped)[:10]), BERLIN)
        skipped = next_tick(plain, skipped)
    assert skipped == tick


def test_a_calendar_without_a_working_day_is_as_if_there_were_none() -> None:
    slo = daily(holidays=days_off("20200101", rule="RRULE:FREQ=DAILY\r\n"))
    moment = at("2026-05-01T12:00")
    assert next_tick(slo, moment) == next_tick(daily(), moment)


@pytest.mark.parametrize(
    ("schedule", "timezone", "leapt"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T02:30"),
        ("0 2 * * 0", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 0 * * *", "Africa/Cairo", "2026-04-24T00:00"),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04T02:15"),
        ("0 * 2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 */12 * * *", "Africa/Cairo", "2026-04-24T00:00"),
        ("0 */2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("*/20 */2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 0 */2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 1-5 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 0-6/2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 2/12 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 6,18,2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 */12,2 * * *", "Europe/Berlin", "2026-03-29T02:00"),
        ("0 */12 * * *", "Europe/Berlin", None),
        ("0 */3 * * *", "Europe/Berlin", None),
        ("0 3-23 * * *", "Europe/Berlin", None),
        ("0 3-23/2,0 * * *", "Europe/Berlin", None),
        ("0 */2 * * 1-6", "Europe/Berlin", None),
        ("0 */1 * * *", "Europe/Berlin", None),
        ("0 0-23 * * *", "Europe/Berlin", None),
        ("0 0/1 * * *", "Europe/Berlin", None),
        ("0 0-11,12-23 * * *", "Europe/Berlin", None),
        ("0 3 * * *", "Europe/Berlin", None),
        ("30 2 * * 1-5", "Europe/Berlin", None),
        ("30 2 * * *", "UTC", None),
        ("*/10 * * * *", "Europe/Berlin", None),
    ],
)
def test_a_time_that_the_clocks_leap_over_is_found(
    schedule: str, timezone: str, leapt: str | None
) -> None:
    found = tick_in_a_gap(schedule, timezone)
    assert (found and found.isoformat("T", "minutes")) == leapt
