"""Ticks: the instants at which a cron expression is due by the clocks of a time zone.

Local times are counted as if no clock were ever changed, and placed afterwards: cronsim changes its
clocks by whole hours, which leads it astray where they are changed by half an hour (Lord Howe).

What names its hours is due at the first coming of a time that comes twice, as in Debian's cron, and
after the gap where the clocks leap over it. What goes on hour by hour is due at both comings, and
not in a gap.

All functions are pure; instants are microseconds UTC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import dropwhile, islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from hub.domain.errors import InvalidInput

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_MINUTE: Final = timedelta(minutes=1)
# No zone sets its clocks back by more.
_SET_BACK: Final = timedelta(hours=3)
# Clocks are changed by rules that are the same in years to come; a weekday's date is not.
_YEARS: Final = range(2026, 2036)
_LOOKED_THROUGH: Final = 3_000
_HOURS: Final = range(24)
_FIELDS: Final = 5


def ticks_from(expression: str, timezone: str, at: int, *, reverse: bool) -> Iterator[int]:
    """Return the ticks after an instant, or those at and before it, the nearest first.

    Raises:
        InvalidInput: the expression or the zone is none.

    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{timezone!r} is no time zone"
        raise InvalidInput(message, fix="use an IANA name such as Europe/Berlin") from error
    moment, begin = moment_of(at), _begin(moment_of(at), zone, reverse=reverse)
    try:
        # It ticks strictly after (or before) what it is given, so one that is due needs a nudge.
        cron = CronSim(expression, begin + (_TICK if reverse else timedelta()), reverse=reverse)
    except CronSimError as error:
        message = f"{expression!r} is no cron expression: {error}"
        raise InvalidInput(message, fix="write five fields, such as '0 6 * * *'") from error
    placed = _placed(cron, zone, is_hourly=_is_hourly(expression, cron), reverse=reverse)
    return (
        (tick - _EPOCH) // _TICK
        for tick in dropwhile(lambda tick: (tick > moment) is reverse, placed)
    )


def tick_after(expression: str, timezone: str, at: int) -> int:
    """Return the first tick of a cron expression in a time zone after an instant.

    Raises:
        InvalidInput: the expression or the zone is none, or it never ticks.

    """
    tick = next(ticks_from(expression, timezone, at, reverse=False), None)
    if tick is None:
        raise no_tick(expression, at)
    return tick


def no_tick(expression: str, at: int) -> InvalidInput:
    """Return what is wrong with an expression that has no tick after, or before, an instant."""
    return InvalidInput(f"{expression!r} has no tick within reach of {moment_of(at).isoformat()}")


@lru_cache(maxsize=1024)
def tick_in_a_gap(expression: str, timezone: str) -> datetime | None:
    """Return the first local time that a schedule names and that its zone's clocks leap over.

    None where there is none in the years around, and for what ticks in every hour anyway.

    Raises:
        InvalidInput: the cron expression or the IANA time zone is none, or it never ticks.

    """
    tick_after(expression, timezone, 0)
    if CronSim(expression, _EPOCH).hours.issuperset(_HOURS):
        return None
    for begins, ends in _gaps(timezone):
        tick = next(iter(CronSim(expression, begins - _TICK)), None)
        if tick is not None and tick < ends:
            return tick
    return None


@lru_cache(maxsize=1024)
def longest_wait(expression: str, timezone: str) -> int:
    """Return the longest time between two ticks that follow one another, in microseconds.

    Such as that over a weekend. Of some thousand ticks, or of a year.

    Raises:
        InvalidInput: the cron expression or the IANA time zone is none.

    """
    zone, longest = ZoneInfo(timezone), timedelta()
    begin = datetime(_YEARS.start, 1, 1, tzinfo=zone)
    ticks = ticks_from(expression, timezone, (begin - _EPOCH) // _TICK, reverse=False)
    moments = map(moment_of, islice(ticks, _LOOKED_THROUGH))
    for before, tick in pairwise(moments):
        # A day on which clocks are put back is no longer a wait than others.
        longest = max(longest, min(tick - before, _local(tick, zone) - _local(before, zone)))
        if _local(tick, zone).year > begin.year:
            break
    return longest // _TICK


def moment_of(at: int) -> datetime:
    """Return an instant (µs UTC) as a datetime."""
    return _EPOCH + timedelta(microseconds=at)


def _begin(moment: datetime, zone: ZoneInfo, *, reverse: bool) -> datetime:
    """Return the local time from which on ticks are counted: also those that come a second time."""
    aside = -_SET_BACK if reverse else _SET_BACK
    begins = (_local(moment, zone), _local(moment + aside, zone) - aside)
    return max(begins) if reverse else min(begins)


def _is_hourly(expression: str, cron: CronSim) -> bool:
    """Whether a schedule goes on hour by hour, as a star says, or names its hours."""
    parts = expression.split()
    if len(parts) > _FIELDS or any(part.startswith("*") for part in parts[:2]):
        return True
    return cron.hours.issuperset(_HOURS)


def _placed(
    ticks: Iterable[datetime], zone: ZoneInfo, *, is_hourly: bool, reverse: bool
) -> Iterator[datetime]:
    """Yield when local times come, in order of time, or back."""
    waiting: deque[datetime] = deque()
    for tick in ticks:
        comings = _comings(tick, zone, is_hourly=is_hourly)
        for near, *far in (comings[::-1] if reverse else comings,) if comings else ():
            while waiting and (waiting[0] == near or (waiting[0] > near) is reverse):
                yield waiting.popleft()
            yield near
            waiting += far


def _comings(tick: datetime, zone: ZoneInfo, *, is_hourly: bool) -> list[datetime]:
    """Return when a local time comes, of those that count."""
    first, again = (tick.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= again:
        return [first, again] if first < again and is_hourly else [first]
    return [] if is_hourly else _comings(tick + _MINUTE, zone, is_hourly=False)


@lru_cache(maxsize=64)
def _gaps(timezone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return the spans of local time that a zone's clocks leap over."""
    zone, day, step = ZoneInfo(timezone), timedelta(days=1), timedelta(minutes=15)
    moment, found = datetime(_YEARS.start, 1, 1, tzinfo=UTC), []
    while moment.year in _YEARS:
        if _local(moment + day, zone) > _local(moment, zone) + day:
            moments = (moment + number * step for number in range(day // step))
            found += [
                (_local(each, zone) + step, _local(each + step, zone))
                for each in moments
                if _local(each + step, zone) > _local(each, zone) + step
            ]
        moment += day
    return tuple(found)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
