"""How often those on call were asked: by week, by person and by rota."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.duty.plans import Calendar, Rota
from hub.domain.duty.rotas import Shift, on_call_at, shifts_between
from hub.domain.incidents.loads import WEEK, Asked, Load, Period, Week, loads

HOUR = 3_600_000_000
# Monday, the 5th of January 1970.
MONDAY = 4 * 24 * HOUR
WEEKLY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:a
DTSTART:19700105T090000
DURATION:P7D
RRULE:FREQ=WEEKLY;INTERVAL=2
SUMMARY:On call: Ada
END:VEVENT
BEGIN:VEVENT
UID:b
DTSTART:19700112T090000
DURATION:P5D
RRULE:FREQ=WEEKLY;INTERVAL=2
SUMMARY:On call: Bob
END:VEVENT
END:VCALENDAR
"""
ROTA = Rota(
    name="team",
    calendar=Calendar(WEEKLY.replace("\n", "\r\n"), "Europe/Berlin"),
    people={"ada": "ada-phone", "bob": "bob-phone"},
    otherwise="desk",
)


def counted(*asked: tuple[str, int], weeks: int = 4) -> dict[tuple[str, bool], Load]:
    """Count with two people who are on call by turns, a week each."""
    shifts = [
        Shift(MONDAY + n * WEEK, MONDAY + (n + 1) * WEEK, ("ada", "bob")[n % 2])
        for n in range(weeks)
    ]
    end = MONDAY + weeks * WEEK
    period = Period(begin=MONDAY, end=end, shifts={"team": shifts})
    told = [Asked(name, at, "all") for name, at in asked]
    return {(each.receiver, each.is_rota): each for each in loads(told, period, span=end - MONDAY)}


def test_the_weeks_of_a_person_are_those_on_call_and_of_a_rota_all() -> None:
    first = [("ada", MONDAY + HOUR)] * 6
    found = counted(*first, ("bob", MONDAY + WEEK))
    ada, bob, team = found[("ada", False)], found[("bob", False)], found[("team", True)]

    assert (ada.pages, ada.per_week, ada.p50, ada.p90, ada.most) == (6, 3.0, 0, 6, 6)
    assert ada.weeks == (Week(MONDAY, 6), Week(MONDAY + 2 * WEEK, 0))
    assert (bob.per_week, bob.p50, bob.most) == (0.5, 0, 1)
    assert (team.pages, team.per_week, team.p50, team.p90, team.most) == (7, 1.75, 0, 6, 6)


def test_who_is_in_no_rota_is_on_call_every_week() -> None:
    desk = counted(("desk", MONDAY + HOUR))[("desk", False)]

    assert (desk.per_week, len(desk.weeks), desk.most) == (0.25, 4, 1)


def test_whoever_is_asked_out_of_turn_has_that_week_too_and_the_rota_has_not() -> None:
    found = counted(("bob", MONDAY + HOUR))

    assert [week.pages for week in found[("bob", False)].weeks] == [1, 0, 0]
    assert ("team", True) not in found


@given(st.integers(MONDAY, MONDAY + 20 * WEEK), st.integers(1, 10 * WEEK), st.floats(0, 1))
def test_whose_shift_it_is_is_who_is_on_call(start: int, length: int, share: float) -> None:
    end = start + length
    shifts = [*shifts_between(ROTA, start, end)]
    at = min(end - 1, start + int(length * share))

    assert (shifts[0].start, shifts[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(shifts))
    [mine] = [each for each in shifts if each.start <= at < each.end]
    assert mine.receiver == on_call_at(ROTA, at)
