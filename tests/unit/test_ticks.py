from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.slos.ticks import longest_wait, ticks_from

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE


def at(text: str) -> int:
    """Return an instant of UTC."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // MICRO


def shown(tick: int, timezone: str) -> str:
    return f"{(EPOCH + tick * MICRO).astimezone(ZoneInfo(timezone)):%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("schedule", "timezone", "begin", "expected"),
    [
        # Clocks are set back by half an hour at 02:00.
        (
            "*/15 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04 14:00",
            [
                *("04-05 01:15 +1100", "04-05 01:30 +1100", "04-05 01:45 +1100"),
                *("04-05 01:30 +1030", "04-05 01:45 +1030"),
            ],
        ),
        (
            "0 */3 * * *",
            "Australia/Lord_Howe",
            "2026-04-04 12:00",
            ["04-05 00:00 +1100", "04-05 03:00 +1030"],
        ),
        # They leap from 02:00 to 02:30.
        (
            "45 * * * *",
            "Australia/Lord_Howe",
            "2026-10-03 15:00",
            ["10-04 01:45 +1030", "10-04 02:45 +1100", "10-04 03:45 +1100"],
        ),
        # What is due in each hour is not due in one that there is not.
        (
            "15 0-23 * * *",
            "Europe/Berlin",
            "2026-03-29 00:00",
            ["03-29 01:15 +0100", "03-29 03:15 +0200", "03-29 04:15 +0200"],
        ),
        (
            "15 0-23 * * *",
            "America/New_York",
            "2026-11-01 04:30",
            ["11-01 01:15 -0400", "11-01 01:15 -0500", "11-01 02:15 -0500"],
        ),
    ],
)
def test_ticks_go_on_where_clocks_are_changed(
    schedule: str, timezone: str, begin: str, expected: list[str]
) -> None:
    ticks = ticks_from(schedule, timezone, at(begin), reverse=False)
    assert [shown(next(ticks), timezone) for _ in expected] == expected


# What an hour is short of, or long by, in which UTC hour.
CHANGED = {
    "Europe/Berlin": ("2026-03-29 01:00", "2026-10-25 01:00"),
    "America/New_York": ("2026-03-08 07:00", "2026-11-01 06:00"),
    "Australia/Lord_Howe": ("2026-10-03 15:30", "2026-04-04 15:00"),
    "Pacific/Chatham": ("2026-09-26 14:00", "2026-04-04 14:00"),
    "Africa/Cairo": ("2026-04-23 22:00", "2026-10-29 21:00"),
    "Antarctica/Troll": ("2026-03-29 01:00", "2026-10-25 01:00"),
}


def due_minutes(hours: set[int], minutes: set[int], timezone: str, begin: int) -> list[int]:
    """Return, of two days, the minutes whose local time is of such hours and minutes."""
    zone = ZoneInfo(timezone)
    found = []
    for each in range(begin, begin + 48 * HOUR, MINUTE):
        local = (EPOCH + each * MICRO).astimezone(zone)
        if local.hour in hours and local.minute in minutes:
            found.append(each)
    return found


@given(
    timezone=st.sampled_from(sorted(CHANGED)),
    season=st.integers(0, 1),
    minutes=st.sampled_from([("*/15", {0, 15, 30, 45}), ("*/40", {0, 40}), ("*", set(range(60)))]),
    hours=st.sampled_from([("*", set(range(24))), ("*/3", set(range(0, 24, 3))), ("1", {1})]),
    offset=st.integers(-6 * 60, 6 * 60),
)
def test_what_goes_on_hour_by_hour_is_due_at_each_such_local_time(
    timezone: str,
    season: int,
    minutes: tuple[str, set[int]],
    hours: tuple[str, set[int]],
    offset: int,
) -> None:
    schedule, changed = f"{minutes[0]} {hours[0]} * * *", at(CHANGED[timezone][season])
    due = due_minutes(hours[1], minutes[1], timezone, changed - 24 * HOUR)
    moment = changed + offset * MINUTE
    after = ticks_from(schedule, timezone, moment, reverse=False)
    before = ticks_from(schedule, timezone, moment, reverse=True)
    later = [each for each in due if each > moment]
    earlier = [each for each in due if each <= moment]

    assert [next(after) for _ in later] == later
    assert [next(before) for _ in earlier] == earlier[::-1]


def test_the_longest_wait_is_none_that_a_clock_change_makes() -> None:
    assert longest_wait("45 * * * *", "Australia/Lord_Howe") == HOUR
