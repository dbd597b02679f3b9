"""Service level objectives on datasets: freshness by interval or schedule, and quality.

All functions are pure: ``now`` is an argument, instants are microseconds UTC. Freshness is judged
on data time (the newest record) where that is known, or on processing time (the last run that
passed); what a breach says shows both. On a schedule each tick asks for the data up
to it, and opens a slot that ends ``grace`` later; what is published belongs to the slot nearest to
it, so that a late delivery of yesterday does not pass for today's, nor one of Friday for Monday's.
A holiday has no ticks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.domain.catalog import Clock, Slo, SloKind
from hub.domain.duty.calendars import is_holiday
from hub.domain.duty.plans import Calendar
from hub.domain.instants import format_span
from hub.domain.slos.arrivals import Arrivals, Checks
from hub.domain.slos.ticks import moment_of, no_tick, ticks_from

SECOND: Final = 1_000_000
_A_DAY: Final = 86_400 * SECOND
# No holidays are longer: a calendar that has no end to them is a mistake.
_LONGEST: Final = 60 * _A_DAY


class SloState(StrEnum):
    """How an SLO stands. NO_DATA: there has been nothing to judge, and it is not late yet."""

    OK = "ok"
    BREACHED = "breached"
    NO_DATA = "no-data"


class SloStatus(Struct, frozen=True, kw_only=True):
    """An SLO judged at an instant.

    ``onset_at`` is when the breach began (the missed deadline), ``waits_since`` from when on the
    time until then ran, where there was one; ``next_at`` is when the judgement can change without
    anything happening, if it can.
    """

    state: SloState
    detail: str
    onset_at: int | None = None
    waits_since: int | None = None
    next_at: int | None = None


def judge_freshness(slo: Slo, arrivals: Arrivals, *, since: int, now: int) -> SloStatus:
    """Judge a freshness SLO; ``since`` is when the hub first knew it: nothing was due before.

    Raises:
        InvalidInput: the schedule or time zone is none.

    """
    if slo.schedule is not None:
        return _by_schedule(slo, arrivals, since, now)
    return _by_interval(slo, arrivals, since, now)


def next_deadline(slo: Slo, arrivals: Arrivals) -> tuple[int, int] | None:
    """Return from when on what comes next is waited for, and until when; None before any came."""
    newest = _newest(slo, arrivals)
    if slo.schedule is None:
        return None if newest is None else (newest, newest + (slo.within_seconds or 0) * SECOND)
    served = _served(slo, arrivals)
    if served is None:
        return None
    tick = next_tick(slo, served)
    return tick, tick + slo.grace_seconds * SECOND


def judge_quality(slo: Slo, runs: Sequence[Checks]) -> SloStatus:
    """Judge a quality SLO on the checks of its dataset's runs, newest first."""
    recent = [run for run in runs if run.total][: slo.window_runs]
    passed, total = sum(run.passed for run in recent), sum(run.total for run in recent)
    if not total:
        return SloStatus(state=SloState.NO_DATA, detail="no check has been evaluated yet")
    over = f"{passed} of {total} checks passed in the last {count_of(len(recent), 'run')}"
    share = f"the objective is {slo.objective:.4g}"
    # Compared as counts: 0.9 * 10 must not fail nine of ten by a rounding error.
    is_met = passed >= slo.objective * total - 1e-9
    state = SloState.OK if is_met else SloState.BREACHED
    return SloStatus(state=state, detail=f"{over}; {share}")


def slot_of(slo: Slo, at: int) -> int:
    """Return the tick (µs UTC) whose slot an arrival at ``at`` belongs to.

    Inside a slot it is that slot's; between two it is the nearer one's, the earlier on a tie. Over
    a weekend or holidays nothing is earlier than it could be on other days: what comes on a Sunday
    is Friday's, late.
    """
    before, after = last_tick(slo, at), next_tick(slo, at)
    early_by, late_by = after - at, at - (before + slo.grace_seconds * SECOND)
    if late_by <= early_by:
        return before
    if 2 * early_by <= _A_DAY:
        return after
    beside = before - last_tick(slo, before - 1), next_tick(slo, after) - after
    return after if 2 * early_by <= max(_A_DAY, min(beside)) else before


def last_tick(slo: Slo, at: int) -> int:
    """Return the last tick of the schedule at or before ``at``."""
    return _tick(slo, at, reverse=True)


def next_tick(slo: Slo, at: int) -> int:
    """Return the first tick of the schedule after ``at``."""
    return _tick(slo, at, reverse=False)


def last_due_tick(slo: Slo, now: int) -> int:
    """Return the last tick whose grace has run out at ``now``."""
    return last_tick(slo, now - slo.grace_seconds * SECOND)


def lateness_slices(
    deadline: int, arrived_at: int | None, *, start: int, end: int, slice_seconds: int = 60
) -> tuple[int, int]:
    """Return (bad, total) time slices of [start, end) for one deadline.

    A slice is bad when it begins at or after the deadline and before the arrival (None: there has
    been none). Both ends count from ``start``, so adjoining windows add up.
    """
    width = slice_seconds * SECOND
    total = max(0, -(-(end - start) // width))
    bad_until = end if arrived_at is None else min(end, arrived_at)
    first = max(0, -(-(max(deadline, start) - start) // width))
    last = max(0, -(-(bad_until - start) // width))
    return max(0, min(last, total) - first), total


def _by_schedule(slo: Slo, arrivals: Arrivals, since: int, now: int) -> SloStatus:
    grace = slo.grace_seconds * SECOND
    due = last_due_tick(slo, now)
    next_at = next_tick(slo, due) + grace
    newest = _newest(slo, arrivals)
    served = _served(slo, arrivals)
    what, done = _WORDS[_told_by(slo)]
    if served is not None and served >= due:
        detail = f"the {what} of {local_time(slo, served)} has {done}"
        next_at = next_tick(slo, served) + grace
        return SloStatus(state=SloState.OK, detail=detail, next_at=next_at)
    if newest is None and due + grace < since:
        detail = f"the next {what} is due by {local_time(slo, next_at)}"
        return SloStatus(state=SloState.NO_DATA, detail=detail, next_at=next_at)
    missed = _first_missed(slo, served, due, since)
    tick, deadline = local_time(slo, due), local_time(slo, due + grace)
    detail = f"the {what} of {tick} was due by {deadline} and has not {done}"
    if newest is not None:
        detail += f"; the newest is of {local_time(slo, newest)}"
    return SloStatus(
        state=SloState.BREACHED,
        detail=detail + _besides(slo, arrivals, now),
        onset_at=missed + grace,
        waits_since=missed,
        next_at=next_at,
    )


# What is waited for, and what it does, by what tells of it.
_WORDS: Final = {
    Clock.DATA: ("data", "come"),
    Clock.PROCESSING: ("run", "passed"),
    SloKind.PUNCTUALITY: ("run", "begun"),
}


def _told_by(slo: Slo) -> Clock | SloKind:
    return slo.kind if slo.kind is SloKind.PUNCTUALITY else slo.clock


def _newest(slo: Slo, arrivals: Arrivals) -> int | None:
    """Return the newest of a dataset on the SLO's clock."""
    if slo.clock is Clock.PROCESSING:
        return arrivals.ran_at
    if arrivals.published_at is None or arrivals.newest_at is None:
        return arrivals.published_at
    # A record from the future must not pass for fresh data.
    return min(arrivals.newest_at, arrivals.published_at)


def _served(slo: Slo, arrivals: Arrivals) -> int | None:
    """Return the last tick whose data is there: old records do not serve a new tick."""
    came_at = arrivals.ran_at if slo.clock is Clock.PROCESSING else arrivals.first_at
    if came_at is None:
        return None
    slot, newest = slot_of(slo, came_at), _newest(slo, arrivals)
    if slo.clock is Clock.PROCESSING or arrivals.newest_at is None or newest is None:
        return slot
    return min(slot, next_tick(slo, newest - 1))


def _besides(slo: Slo, arrivals: Arrivals, now: int) -> str:
    """Say what the other clock shows, and what was not counted.

    Fresh runs with old data point at the source; old runs are ours to mend.
    """
    said = ""
    if slo.kind is SloKind.PUNCTUALITY:
        return said
    if slo.clock is Clock.DATA and arrivals.ran_at is not None:
        said += f"; the last run that passed ended {_ago(arrivals.ran_at, now)}"
    elif slo.clock is Clock.PROCESSING and arrivals.published_at is not None:
        newest = min(arrivals.newest_at or arrivals.published_at, arrivals.published_at)
        said += f"; the newest data is of {_ago(newest, now)}"
    if arrivals.set_aside:
        runs = count_of(arrivals.set_aside, "run")
        said += f"; {runs} since only computed anew what was there, and did not count"
    return said


def _first_missed(slo: Slo, served: int | None, due: int, since: int) -> int:
    """Return the earliest tick that is missing: the one after what came, or the first known."""
    known = since - slo.grace_seconds * SECOND - 1
    first = next_tick(slo, max(known, served) if served is not None else known)
    return min(first, due)


def _by_interval(slo: Slo, arrivals: Arrivals, since: int, now: int) -> SloStatus:
    within = (slo.within_seconds or 0) * SECOND
    newest, span = _newest(slo, arrivals), format_span(within)
    what, done = _WORDS[_told_by(slo)]
    if newest is None:
        onset = since + within
        none_yet = f"no {what} has {done}"
        if now <= onset:
            detail = f"{none_yet} yet; the first is due within {span}"
            return SloStatus(state=SloState.NO_DATA, detail=detail, next_at=onset + 1)
        detail = f"{none_yet} in {format_span(now - since)}; it may be {span} old"
        detail += _besides(slo, arrivals, now)
        return SloStatus(state=SloState.BREACHED, detail=detail, onset_at=onset, waits_since=since)
    onset = newest + within
    age = format_span(max(0, now - newest))
    is_of_data = slo.clock is Clock.DATA
    shown = f"the newest data is {age} old" if is_of_data else f"no {what} has {done} for {age}"
    detail = f"{shown}; it may be {span}"
    if now <= onset:
        return SloStatus(state=SloState.OK, detail=detail, next_at=onset + 1)
    detail += _besides(slo, arrivals, now)
    return SloStatus(state=SloState.BREACHED, detail=detail, onset_at=onset, waits_since=newest)


def _tick(slo: Slo, at: int, *, reverse: bool) -> int:
    expression = str(slo.schedule)
    ticks = ticks_from(expression, slo.timezone, at, reverse=reverse)
    tick = next(ticks, None)
    if tick is None:
        raise no_tick(expression, at)
    return _outside(slo.holidays, tick, ticks, ZoneInfo(slo.timezone))


def _outside(holidays: Calendar | None, first: int, rest: Iterator[int], zone: ZoneInfo) -> int:
    """Return the first tick on no holiday; the first of all where there is none within reach."""

    def is_off(tick: int) -> bool:
        return is_holiday(holidays, moment_of(tick).astimezone(zone).date(), zone)

    if holidays is None or not is_off(first):
        return first
    near = takewhile(lambda tick: abs(tick - first) <= _LONGEST, rest)
    return next((tick for tick in near if not is_off(tick)), first)


def local_time(slo: Slo, at: int) -> str:
    """Return an instant (µs UTC) as it is told, in the zone of an SLO."""
    zone = ZoneInfo(slo.timezone)
    return f"{moment_of(at).astimezone(zone):%Y-%m-%d %H:%M} {slo.timezone}"


def _ago(at: int, now: int) -> str:
    return f"{format_span(max(0, now - at))} ago"


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where there are more."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
