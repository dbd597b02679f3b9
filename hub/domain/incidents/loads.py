"""Loads: how often those on call were asked to act at once, by the weeks in which they were.

A person's weeks are those in which a rota had that person on call, or in which they were asked all
the same; a rota's, and those of a receiver that is in none, are all of them. Weeks begin on
Mondays, UTC; the first and the last may be parts of one.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from hub.domain.duty.rotas import Shift

WEEK: Final = 7 * 86_400_000_000
# The epoch was a Thursday.
_MONDAY: Final = 4 * 86_400_000_000


class Asked(NamedTuple):
    """At an instant a receiver was asked to act on an incident of one group."""

    receiver: str
    at: int
    key: str


class Week(NamedTuple):
    """How often somebody was asked in the week that begins at an instant."""

    begins: int
    pages: int


class Load(Struct, frozen=True, kw_only=True):
    """How often a receiver, or whoever a rota stood for, was asked to act.

    ``per_week`` is of the time on call. ``p50``, ``p90`` and ``most`` are of ``weeks``.
    """

    receiver: str
    is_rota: bool
    pages: int
    per_week: float
    p50: int
    p90: int
    most: int
    weeks: tuple[Week, ...]


class Period(Struct, frozen=True, kw_only=True):
    """The time of which loads are told, and whose shift it was then, by the names of rotas."""

    begin: int
    end: int
    shifts: Mapping[str, Sequence[Shift]]


def weeks_of(span: int) -> float:
    """Return how many weeks so many microseconds are, for rates: a day at least.

    What came within an hour says nothing of how often it comes.
    """
    return max(span / WEEK, 1 / 7)


def loads(asked: Sequence[Asked], period: Period, *, span: int) -> list[Load]:
    """Return the loads of all who were asked, and of the rotas that these stood for.

    ``span`` is for how long those are on call who are in no rota.
    """
    by_receiver: dict[str, list[int]] = {}
    for each in asked:
        by_receiver.setdefault(each.receiver, []).append(each.at)
    every = [*_weeks(period.begin, period.end)]
    found = []
    for name, times in by_receiver.items():
        every_shift = chain.from_iterable(period.shifts.values())
        mine = [shift for shift in every_shift if shift.receiver == name]
        own = chain.from_iterable(_weeks(shift.start, shift.end) for shift in mine)
        duty = sum(shift.end - shift.start for shift in mine) if mine else span
        found.append(_load(name, times, own if mine else every, duty, is_rota=False))
    for name, shifts in period.shifts.items():
        times = [each.at for each in asked if _is_of(shifts, each)]
        if times:
            found.append(_load(name, times, every, span, is_rota=True))
    return sorted(found, key=lambda each: (each.receiver, each.is_rota))


def _load(
    name: str, times: Sequence[int], weeks: Iterable[int], duty: int, *, is_rota: bool
) -> Load:
    pages = Counter(_week(at) for at in times)
    told = tuple(Week(week, pages[week]) for week in sorted({*weeks, *pages}))
    ordered = sorted(week.pages for week in told)
    return Load(
        receiver=name,
        is_rota=is_rota,
        pages=len(times),
        per_week=round(len(times) / weeks_of(duty), 2),
        p50=_nearest(ordered, 50),
        p90=_nearest(ordered, 90),
        most=ordered[-1],
        weeks=told,
    )


def _is_of(shifts: Sequence[Shift], asked: Asked) -> bool:
    """Whether a receiver was asked while it was its shift."""
    at = bisect(shifts, asked.at, key=itemgetter(0)) - 1
    return at >= 0 and asked.at < shifts[at].end and shifts[at].receiver == asked.receiver


def _weeks(begin: int, end: int) -> Iterator[int]:
    """Yield when each week began that lies, in part at least, between two instants."""
    yield from range(_week(begin), max(end, begin + 1), WEEK)


def _week(at: int) -> int:
    return at - (at - _MONDAY) % WEEK


def _nearest(ordered: Sequence[int], percent: int) -> int:
    """Return the least that so many percent do not exceed (the nearest rank)."""
    return ordered[ceil(percent * len(ordered) / 100) - 1]
