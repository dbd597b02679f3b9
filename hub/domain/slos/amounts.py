"""SLOs on amounts: volume, completeness, and quality by rows and by runs.

Like those on freshness they are judged by pure functions: ``history`` is what runs brought, the
oldest first, instants are microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from hub.domain.catalog import Per, Slo, Volume
from hub.domain.instants import format_span
from hub.domain.slos.arrivals import Arrival, Arrivals, Checks, Tally
from hub.domain.slos.baseline import LEAST_HISTORY, LEAST_OF_WEEKDAY, Usual, usual_range
from hub.domain.slos.slo import (
    SECOND,
    SloState,
    SloStatus,
    count_of,
    judge_freshness,
    last_due_tick,
    last_tick,
    local_time,
    next_tick,
    slot_of,
)
from hub.domain.slos.ticks import moment_of

_NAMED: Final = 3
# Compared as counts: 0.9 * 10 must not fail nine of ten by a rounding error.
_TINY: Final = 1e-9
_DAY: Final = timedelta(days=1)


class _Bounds(NamedTuple):
    """How many rows are to come; ``of`` says where that is from."""

    low: float | None
    high: float | None
    of: str


def judge_volume(slo: Slo, history: Sequence[Arrival], *, now: int) -> SloStatus:
    """Judge how many rows came in the last run, or day. A day's least is judged once it is over.

    A day on which nothing came at all is late, not small: freshness is judged elsewhere.
    """
    volume = slo.volume or Volume()
    counted = [(each.published_at, each.rows) for each in history if each.rows is not None]
    amounts = _by_day(counted, slo.timezone) if volume.per is Per.DAY else counted
    if not amounts:
        detail = "no run has said how many rows it wrote"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    ends_at = _day_end(amounts[-1][0], slo.timezone) if volume.per is Per.DAY else None
    is_open = ends_at is not None and now < ends_at
    status = _judge_amount(slo, volume, amounts, is_open=is_open)
    if is_open and status.state is SloState.OK and len(amounts) > 1:
        status = _judge_amount(slo, volume, amounts[:-1], is_open=False)
    return structs.replace(status, next_at=ends_at if is_open else None)


def _judge_amount(
    slo: Slo, volume: Volume, amounts: Sequence[tuple[int, int]], *, is_open: bool
) -> SloStatus:
    at, rows = amounts[-1]
    before = amounts[:-1][-volume.of_last :]
    what = "run" if volume.per is Per.RUN else "day"
    bounds = _bounds(volume, before, at, slo.timezone)
    if bounds is None:
        return SloStatus(
            state=SloState.NO_DATA,
            detail=f"{rows} rows came; {_too_little(len(before), volume, what)}",
        )
    when = local_time(slo, at)[:10] if volume.per is Per.DAY else "the last run"
    detail = f"{rows} rows came {'on' if volume.per is Per.DAY else 'in'} {when}; {bounds.of}"
    is_low = bounds.low is not None and not is_open and rows < bounds.low - _TINY
    is_high = bounds.high is not None and rows > bounds.high + _TINY
    state = SloState.BREACHED if is_low or is_high else SloState.OK
    return SloStatus(state=state, detail=detail)


def _bounds(
    volume: Volume, before: Sequence[tuple[int, int]], at: int, timezone: str
) -> _Bounds | None:
    """Return the narrowest bounds; None while too little is known of what came before."""
    needs_history = (volume.least_share, volume.most_share) != (None, None)
    if needs_history and len(before) < volume.of_last:
        return None
    if volume.is_learned:
        usual = usual_range(before, at, timezone)
        if usual is None:
            return None
        low = max(0.0, usual.low)
        return _Bounds(low, usual.high, f"usual are {low:.0f} to {usual.high:.0f} {_of(usual)}")
    middle = median(rows for _at, rows in before) if needs_history else 0
    lows = [volume.least, None if volume.least_share is None else volume.least_share * middle]
    highs = [volume.most, None if volume.most_share is None else volume.most_share * middle]
    low_bound = max((low for low in lows if low is not None), default=None)
    high_bound = min((high for high in highs if high is not None), default=None)
    parts = [f"at least {low_bound:.0f}"] if low_bound is not None else []
    parts += [f"at most {high_bound:.0f}"] if high_bound is not None else []
    said = f"expected are {' and '.join(parts)}"
    if needs_history:
        said += f" (the median of the last {len(before)} is {middle:.0f})"
    return _Bounds(low_bound, high_bound, said)


def _of(usual: Usual) -> str:
    return f"(learned from {usual.learned_from} of this weekday)"


def _too_little(known: int, volume: Volume | None, what: str) -> str:
    least = f"{LEAST_HISTORY} {what}s are, {LEAST_OF_WEEKDAY} of them of the same weekday"
    if volume is not None and not volume.is_learned:
        least = f"{volume.of_last} {what}s are"
    return f"what to expect is not known before {least}; {known} are known"


def _by_day(counted: Sequence[tuple[int, int]], timezone: str) -> list[tuple[int, int]]:
    """Return the sums by local day, each at the last instant at which something came."""
    zone = ZoneInfo(timezone)
    days: dict[object, tuple[int, int]] = {}
    for at, rows in counted:
        day = moment_of(at).astimezone(zone).date()
        before = days.get(day, (at, 0))
        days[day] = (max(at, before[0]), before[1] + rows)
    return [days[day] for day in sorted(days, key=str)]


def _day_end(at: int, timezone: str) -> int:
    zone = ZoneInfo(timezone)
    local = moment_of(at).astimezone(zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone) + _DAY
    return int(midnight.timestamp()) * SECOND


def judge_learned_freshness(
    slo: Slo, history: Sequence[Arrival], *, since: int, now: int
) -> SloStatus:
    """Judge whether data, or a run, is later than is usual, by the times between those before."""
    came = _times(history)
    usual = _usual_gap(slo, came)
    if usual is None:
        detail = _too_little(max(0, len(came) - 1), None, "interval")
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    latest = Arrivals().with_arrival(Arrival(published_at=came[-1]))
    status = judge_freshness(_learned(slo, usual), latest, since=since, now=now)
    low, high = (format_span(round(max(0, each))) for each in (usual.low, usual.high))
    detail = f"{status.detail}; it usually comes after {low} to {high} {_of(usual)}"
    return structs.replace(status, detail=detail)


def as_was_usual(slo: Slo, history: Sequence[Arrival], at: int) -> Slo | None:
    """Return an SLO with what was usual at an instant for its objective; None where nothing was."""
    usual = _usual_gap(slo, [each for each in _times(history) if each <= at])
    return None if usual is None else _learned(slo, usual)


def _times(history: Sequence[Arrival]) -> list[int]:
    return [each.published_at for each in history if not each.is_empty]


def _usual_gap(slo: Slo, came: Sequence[int]) -> Usual | None:
    gaps = [(one, float(other - one)) for one, other in pairwise(came)]
    return usual_range(gaps, came[-1], slo.timezone) if came else None


def _learned(slo: Slo, usual: Usual) -> Slo:
    within = ceil(usual.high / SECOND)
    return structs.replace(slo, within_seconds=within, learned_from=None)


def judge_rows(slo: Slo, history: Sequence[Arrival]) -> SloStatus:
    """Judge which share of the rows of the last runs was not refused."""
    counted = [each for each in history if each.rows is not None and each.refused is not None]
    recent = counted[-slo.window_runs :]
    good = sum(each.rows or 0 for each in recent)
    total = good + sum(each.refused or 0 for each in recent)
    if not total:
        detail = "no run has said how many rows it refused"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    over = f"{good} of {total} rows were good in the last {count_of(len(recent), 'run')}"
    return _share(slo, good, total, f"{over}; the objective is {slo.objective:.4g}")


def judge_outcomes(slo: Slo, passed: Sequence[bool], *, last_at: int | None) -> SloStatus:
    """Judge how many of the last runs passed; newest first, which ended at an instant (µs UTC)."""
    if not passed or last_at is None:
        return SloStatus(state=SloState.NO_DATA, detail="no run has ended yet")
    status = _enough(slo, passed[: slo.window_runs], "passed")
    # None that comes any more makes none of them fail: what is silent shows by this.
    detail = f"{status.detail}; the last was at {local_time(slo, last_at)}"
    return structs.replace(status, detail=detail)


def judge_runs(slo: Slo, runs: Sequence[Checks]) -> SloStatus:
    """Judge how many of the last runs passed all their checks; newest first."""
    recent = [run.passed == run.total for run in runs if run.total]
    if not recent:
        return SloStatus(state=SloState.NO_DATA, detail="no check has been evaluated yet")
    return _enough(slo, recent[: slo.window_runs], "passed all checks")


def _enough(slo: Slo, recent: Sequence[bool], done: str) -> SloStatus:
    """Compare what was good with what is to be.

    So many failures as there may be in a full window are not too many in one that is not yet full.
    """
    good = sum(recent)
    least = required_runs(slo)
    may_fail = slo.window_runs - least
    state = SloState.BREACHED if len(recent) - good > may_fail else SloState.OK
    over = f"{good} of the last {count_of(len(recent), 'run')} {done}"
    return SloStatus(state=state, detail=f"{over}; {least} of {slo.window_runs} are to")


def judge_latency(slo: Slo, runs: Sequence[Tally], *, since: int) -> SloStatus:
    """Judge which share of the last runs was judged soon enough after the hub was told of them.

    They have been counted ``since`` an instant (µs UTC).
    """
    good, total = _sums(runs)
    if not total:
        return _not_known(slo, since, "no run has been told of yet")
    span = format_span((slo.within_seconds or 0) * SECOND)
    over = f"{good} of the last {count_of(total, 'run')} were judged within {span} of their receipt"
    return _as_counted(slo, runs, since, over)


def judge_evaluated(slo: Slo, runs: Sequence[Tally], *, since: int) -> SloStatus:
    """Judge which share of the checks of the last runs came to an outcome, whichever it was.

    ``since``: as ``judge_latency``.
    """
    good, total = _sums(runs)
    if not total:
        return _not_known(slo, since, "no check has been made yet")
    over = f"{good} of {total} checks could be evaluated in the last {count_of(len(runs), 'run')}"
    return _as_counted(slo, runs, since, over)


def judge_dead_letters(slo: Slo, came: Sequence[int], *, now: int) -> SloStatus:
    """Judge whether too many records were refused of late, by when each of the last was (µs UTC).

    No more than one above what may be is looked at.
    """
    within = (slo.within_seconds or 0) * SECOND
    recent = sorted(at for at in came if at > now - within)[-slo.at_most - 1 :]
    over, span = f"{count_of(slo.at_most, 'record')} may be", format_span(within)
    if len(recent) <= slo.at_most:
        refused = f"{count_of(len(recent), 'record')} of the last {span} were refused"
        next_at = recent[0] + within if recent else None
        return SloStatus(state=SloState.OK, detail=f"{refused}; {over}", next_at=next_at)
    refused = f"more than {count_of(slo.at_most, 'record')} of the last {span} were refused"
    return SloStatus(
        state=SloState.BREACHED,
        detail=f"{refused}, the last of them {format_span(now - recent[-1])} ago",
        onset_at=recent[-1],
        next_at=recent[0] + within,
    )


def _as_counted(slo: Slo, runs: Sequence[Tally], since: int, over: str) -> SloStatus:
    """Compare what was good with what is to be; one that is not yet full as if it had gone on so.

    So much as may be bad in a full window is not too much in one that is not yet full.
    """
    good, total = _sums(runs)
    most = (1 - slo.objective) * total * slo.window_runs / len(runs)
    state = SloState.BREACHED if total - good > most + _TINY else SloState.OK
    detail = f"{over}; the objective is {slo.objective:.4g}"
    if len(runs) < slo.window_runs:
        detail += f"; none before {local_time(slo, since)} is known"
    return SloStatus(state=state, detail=detail)


def _sums(runs: Sequence[Tally]) -> tuple[int, int]:
    return round(sum(run.good for run in runs)), round(sum(run.total for run in runs))


def _not_known(slo: Slo, since: int, what: str) -> SloStatus:
    detail = f"{what}; none before {local_time(slo, since)} is known"
    return SloStatus(state=SloState.NO_DATA, detail=detail)


def required_runs(slo: Slo) -> int:
    """Return how many of the runs of a window are to pass all their checks."""
    if slo.at_least is not None:
        return slo.at_least
    return ceil(slo.objective * slo.window_runs - _TINY)


def judge_nulls(slo: Slo, runs: Sequence[Tally]) -> SloStatus:
    """Judge which share of a field's values is there, as the last run counted them."""
    if not runs:
        detail = f"no run has counted the nulls of {slo.of_field}"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    present = runs[-1].good
    state = SloState.OK if present >= slo.objective - _TINY else SloState.BREACHED
    detail = f"{present:.4g} of {slo.of_field} is there; the objective is {slo.objective:.4g}"
    return SloStatus(state=state, detail=detail)


def judge_intervals(slo: Slo, history: Sequence[Arrival], *, since: int, now: int) -> SloStatus:
    """Judge how many of the last ticks' data are there; a backfill fills what was missing."""
    due = last_due_tick(slo, now)
    next_at = next_tick(slo, due) + slo.grace_seconds * SECOND
    known = {tick for each in history if (tick := _tick_of(slo, each)) is not None}
    begins = min([since, *known])
    expected: list[int] = []
    tick = due
    while len(expected) < slo.window_ticks and tick >= begins:
        expected.append(tick)
        tick = last_tick(slo, tick - 1)
    if not expected:
        detail = f"the first interval is due by {local_time(slo, next_at)}"
        return SloStatus(state=SloState.NO_DATA, detail=detail, next_at=next_at)
    missing = [tick for tick in expected if tick not in known]
    detail = f"{len(expected) - len(missing)} of the last {len(expected)} intervals are there"
    detail += f"; the objective is {slo.objective:.4g}"
    if missing:
        named = ", ".join(local_time(slo, each) for each in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        detail += f"; missing are {named}{more}"
    # As of runs: so many as may be missing from a full window may be from one that is not yet full.
    may_miss = (1 - slo.objective) * slo.window_ticks
    state = SloState.BREACHED if len(missing) > may_miss + _TINY else SloState.OK
    return SloStatus(state=state, detail=detail, next_at=next_at)


def _tick_of(slo: Slo, arrived: Arrival) -> int | None:
    """Return the tick whose data a run brought, as far as it says so."""
    if arrived.is_empty:
        return None
    upto = arrived.newest_at if arrived.newest_at is not None else arrived.nominal_at
    if upto is not None:
        return next_tick(slo, min(upto, arrived.published_at) - 1)
    return None if arrived.is_backfill else slot_of(slo, arrived.published_at)


def _share(slo: Slo, good: int, total: int, detail: str) -> SloStatus:
    is_met = good >= slo.objective * total - _TINY
    return SloStatus(state=SloState.OK if is_met else SloState.BREACHED, detail=detail)
