"""What a calendar says between two instants, over the change of the clocks too."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.domain.budgets import DAY, HOUR
from hub.domain.duty.calendars import (
    holidays_between,
    one_event,
    opens_at,
    spans_at,
    spans_between,
)
from hub.domain.duty.plans import Calendar, Day, Hours

BERLIN = "Europe/Berlin"
MINUTE = HOUR // 60


def instant(text: str) -> int:
    return (
        int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()) * 1_000_000
    )


def weekly() -> Calendar:
    begins, ends = (datetime.fromisoformat(f"2026-03-01 0{hour}:00") for hour in (1, 4))
    return one_event("backups", begins, ends, rule="FREQ=WEEKLY;BYDAY=SU", timezone=BERLIN)


def test_a_rule_is_followed_by_the_local_clock_whatever_the_span() -> None:
    start, end = instant("2026-03-01 02:00"), instant("2026-04-30 00:00")
    found = sorted(set(spans_between(weekly(), start, end)))
    assert [each.start for each in found] == [
        instant(f"2026-{day} 01:00")
        for day in (
            "03-01", "03-08", "03-15", "03-22", "03-29", "04-05", "04-12", "04-19", "04-26"
        )
    ]  # fmt: skip
    # The clocks leap from two to three in the night to the 29th.
    assert [(each.end - each.start) // HOUR for each in found] == [3, 3, 3, 3, 2, 3, 3, 3, 3]
    assert spans_at(weekly(), instant("2026-03-29 03:30")) == [found[4]]
    assert not list(spans_between(weekly(), found[0].end, found[1].start))


def test_holidays_are_whole_local_days() -> None:
    days = ("20260327", "20260329")
    events = (f"BEGIN:VEVENT\r\nUID:{d}\r\nDTSTART;VALUE=DATE:{d}\r\nEND:VEVENT" for d in days)
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *events, "END:VCALENDAR", "")
    holidays = Calendar("\r\n".join(lines), BERLIN)
    start, end = instant("2026-03-27 20:00"), instant("2026-03-29 01:00")
    found = list(holidays_between(holidays, BERLIN, start, end))
    assert [each.start for each in found] == [
        instant(f"{day}") for day in ("2026-03-27", "2026-03-29")
    ]
    assert [each.end - each.start for each in found] == [DAY, 23 * HOUR]
    assert not list(holidays_between(holidays, BERLIN, end - 3 * HOUR, end - 2 * HOUR))


@pytest.mark.parametrize("opens", [2 * 60, 2 * 60 + 30])
def test_hours_that_begin_at_a_time_that_clocks_leap_over_begin_when_they_leap(opens: int) -> None:
    hours = Hours(name="h", timezone=BERLIN, days=tuple(Day), opens=opens, closes=17 * 60)
    leap = instant("2026-03-29 03:00")

    assert opens_at(hours, leap - HOUR // 2) == leap
    assert opens_at(hours, leap) is None
    assert opens_at(hours, instant("2026-03-28 01:00")) == instant("2026-03-28") + opens * MINUTE


@pytest.mark.parametrize("closes", [2 * 60, 2 * 60 + 30])
def test_hours_that_end_at_a_time_that_clocks_leap_over_end_when_they_leap(closes: int) -> None:
    hours = Hours(name="h", timezone=BERLIN, days=tuple(Day), opens=20 * 60, closes=closes)
    leap = instant("2026-03-29 03:00")

    assert opens_at(hours, leap - 1) is None
    assert opens_at(hours, leap) == instant("2026-03-29 20:00")
