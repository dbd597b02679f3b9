"""Error budgets: how long an SLO may be broken in a window, what is left of it, and when to tell.

A budget is of time: (1 - target) x window. Each moment is good or bad, whatever the SLO measures,
so that a daily delivery that comes four hours late costs four hours, and one that comes a day late
a day (time slices: OpenSLO; why not occurrences: ADR 31). The burn rate over a time is the share
of it that was bad over the share that may be: at 1 a budget lasts just as long as its window.

A burn limit has two lookbacks, and is exceeded where both burn at its factor: the long one says
that it matters, the short one, a twelfth of it, that it still goes on. In its long lookback a
factor spends a share of the budget: it is share x window / lookback (Google's SRE workbook, as
slok/sloth has it: 2 % in an hour, 5 % in six, 10 % in a day, 10 % in three).

All functions are pure; instants are microseconds UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A limit's short lookback is that part of its long one.
_SHORT: Final = 12
_LONG_WINDOW: Final = 14 * DAY
_LONGEST_PERIOD: Final = 92 * DAY + HOUR


class Period(StrEnum):
    """What a calendar window is one of."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"

    def first_day(self, day: date) -> date:
        """Return the day on which the one that a day is in begins."""
        match self:
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)
            case Period.QUARTER:
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)

    def begins_at(self, moment: datetime) -> bool:
        """Whether one begins at a moment of its own time zone."""
        return moment.time() == time() and self.first_day(moment.date()) == moment.date()


class SpentPolicy(StrEnum):
    """What is refused while a budget is spent."""

    CLOSE_GATE = "close-gate"
    FREEZE_CONTRACTS = "freeze-contracts"


class Span(NamedTuple):
    """From ``start`` until just before ``end``."""

    start: int
    end: int


class BurnLimit(Struct, frozen=True):
    """Both lookbacks (``long`` and ``short``, microseconds) must burn at ``factor`` at least.

    ``pages``: it cannot wait; else it is for a ticket.
    """

    long: int
    factor: Fraction
    pages: bool

    @property
    def short(self) -> int:
        """The lookback that shows whether it still goes on."""
        return self.long // _SHORT

    def can_be_exceeded(self, target: Fraction) -> bool:
        """Whether even time that is all bad burns fast enough."""
        return self.factor * (1 - target) <= 1

    @property
    def least_target(self) -> Fraction:
        """The least target at which it can be exceeded."""
        return 1 - 1 / self.factor


class Budget(Struct, frozen=True, kw_only=True):
    """The share of time in which an SLO is kept, over what, and what follows if it is not.

    ``rolling`` is the window's length in microseconds, unless it is a calendar ``period`` of
    ``timezone``. ``is_bad_unknown``: time without data counts as bad.
    """

    target: Fraction
    rolling: int | None = None
    period: Period | None = None
    timezone: str = "UTC"
    is_bad_unknown: bool = True
    limits: tuple[BurnLimit, ...] = ()
    when_spent: tuple[SpentPolicy, ...] = ()

    @property
    def window_name(self) -> str:
        """The window as a file says it, such as ``30d`` or ``month``."""
        if self.rolling is None:
            return (self.period or Period.MONTH).value
        return length_name(self.rolling)

    def window(self, now: int) -> Span:
        """Return the window that an instant is in: up to it if it rolls, else its whole period."""
        if self.rolling is not None:
            return Span(now - self.rolling, now)
        return _period_of(self.period or Period.MONTH, ZoneInfo(self.timezone), now)

    @property
    def longest(self) -> int:
        """How far back its window reaches, at most."""
        return self.rolling or _LONGEST_PERIOD


class Standing(NamedTuple):
    """What has become of a budget: microseconds in all, and spent until now.

    ``uncounted`` is how much of the window counts as neither good nor bad.
    """

    window: Span
    total: int
    spent: int
    uncounted: int = 0

    @property
    def left(self) -> float:
        """The share that is left: 1 at first, 0 when it is spent, negative beyond."""
        return 1 - self.spent / self.total if self.total else float(self.spent == 0)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.spent >= max(self.total, 1)


def bad_spans(changes: Iterable[tuple[int, bool]], now: int) -> list[Span]:
    """Return when an SLO was bad, by when it came to be so or good, in order of time.

    The last lasts until now.
    """
    spans: list[Span] = []
    for (at, is_bad), (until, _) in pairwise([*changes, (now, False)]):
        if is_bad and at < until:
            if spans and spans[-1].end == at:
                spans[-1] = Span(spans[-1].start, until)
            else:
                spans.append(Span(at, until))
    return spans


def corrected(
    changes: Sequence[tuple[int, bool]], within: Span, *, is_bad: bool
) -> list[tuple[int, bool]]:
    """Return when an SLO came to be bad, or good, as it is where it was so for some time."""
    since, until = within
    stood = next((was_bad for at, was_bad in reversed(changes) if at <= until), False)
    before = [change for change in changes if change[0] < since]
    after = [change for change in changes if change[0] > until]
    return [*before, (since, is_bad), (until, stood), *after]


def length_name(micros: int) -> str:
    """Return a length of whole hours as a file says it, such as ``6h`` or ``3d``."""
    days, rest = divmod(micros, DAY)
    return f"{micros // HOUR}h" if rest else f"{days}d"


def burn_limits(window: int, among: Collection[int] | None = None) -> tuple[BurnLimit, ...]:
    """Return the limits of a window of so many microseconds, of all lookbacks or ``among`` some."""
    shares = ("2", "5", "10", "10") if window >= _LONG_WINDOW else ("8", "12.5", "20", "42")
    lookbacks = (HOUR, 6 * HOUR, DAY, 3 * DAY)
    return tuple(
        BurnLimit(long, Fraction(share) * window / (100 * long), pages=long < DAY)
        for long, share in zip(lookbacks, shares, strict=True)
        if among is None or long in among
    )


def bad_time(bad: Sequence[Span], within: Span) -> int:
    """Return how much of a span is bad; ``bad`` are apart from one another, in order of time.

    Adjoining spans add up.
    """
    start, end = within
    first = bisect_right(bad, start, key=lambda span: span.end)
    total = 0
    for span in bad[first:]:
        if span.start >= end:
            break
        total += min(span.end, end) - max(span.start, start)
    return total


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans as they follow one another, those that touch as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def without(bad: Sequence[Span], uncounted: Sequence[Span]) -> list[Span]:
    """Return what counts of bad spans; both are apart from one another, in order of time."""
    left: list[Span] = []
    for start, end in bad:
        at = start
        for out in uncounted[bisect_right(uncounted, start, key=lambda span: span.end) :]:
            if out.start >= end:
                break
            if out.start > at:
                left.append(Span(at, out.start))
            at = out.end
        if at < end:
            left.append(Span(at, end))
    return left


def closed_up(spans: Iterable[Span], uncounted: Sequence[Span], now: int) -> list[Span]:
    """Return spans of the past on a clock that stands still while time does not count.

    It shows the same now, and other times later than they were. On it a lookback is of time that
    counts; ``put_off`` leads back.
    """

    def shown(at: int) -> int:
        return at + bad_time(uncounted, Span(at, now))

    moved = (Span(shown(start), shown(end)) for start, end in spans)
    return merged(span for span in moved if span.start < span.end)


def put_off(uncounted: Sequence[Span], start: int, length: int) -> int:
    """Return when so much time that counts has passed since an instant; that counts itself."""
    at = start
    for out in uncounted:
        if out.start > at + length:
            break
        if out.end > at:
            length -= max(0, out.start - at)
            at = out.end
    return at + length


def put_back(uncounted: Sequence[Span], end: int, length: int) -> int:
    """Return when so much time that counts had yet to pass until an instant."""
    mirrored = [Span(-out.end, -out.start) for out in reversed(uncounted)]
    return -put_off(mirrored, -end, length)


def stand(
    budget: Budget, bad: Sequence[Span], now: int, uncounted: Sequence[Span] = ()
) -> Standing:
    """Return how a budget stands at an instant; ``bad`` is without what does not count."""
    window = budget.window(now)
    out = bad_time(uncounted, window)
    total = int((1 - budget.target) * (window.end - window.start - out))
    return Standing(window, total, bad_time(bad, Span(window.start, now)), out)


def course(standing: Standing, bad: Sequence[Span], now: int) -> list[tuple[int, int]]:
    """Return how much of a budget was spent when, from the begin of its window until now.

    Between two of the instants it grows evenly, or not at all.
    """
    start = standing.window.start
    points, spent = [(start, 0)], 0
    for span in bad:
        begun, ended = max(span.start, start), min(span.end, now)
        if begun < ended:
            points.append((begun, spent))
            spent += ended - begun
            points.append((ended, spent))
    return [*points, (now, spent)]


def burn_rate(budget: Budget, bad: Sequence[Span], lookback: int, now: int) -> float:
    """Return how fast a budget was spent over a lookback; infinite where nothing may be bad."""
    share = Fraction(bad_time(bad, Span(now - lookback, now)), lookback)
    if budget.target == 1:
        return float("inf") if share else 0.0
    return float(share / (1 - budget.target))


def is_exceeded(budget: Budget, limit: BurnLimit, bad: Sequence[Span], now: int) -> bool:
    """Whether a budget burns at a limit's factor over both its lookbacks."""
    least = limit.factor * (1 - budget.target)
    return all(
        bad_time(bad, Span(now - lookback, now)) >= least * lookback
        for lookback in (limit.long, limit.short)
    )


def limit_exceeded(budget: Budget, bad: Sequence[Span], now: int) -> BurnLimit | None:
    """Return the limit that is exceeded, the most severe of several."""
    exceeded = (each for each in budget.limits if is_exceeded(budget, each, bad, now))
    return min(exceeded, key=lambda each: each.long, default=None)


def next_change(budget: Budget, bad: Sequence[Span], now: int, *, is_bad: bool) -> int | None:
    """Return when a limit will be exceeded, or will be no more, if all stays as it is.

    ``bad`` reaches until ``now`` where ``is_bad``. While time is bad, what is bad in a lookback
    never shrinks; while it is good, it never grows: so each limit changes once at most.
    """
    changes = (_change_of(budget, each, bad, now, is_bad=is_bad) for each in budget.limits)
    return min((at for at in changes if at is not None), default=None)


def spent_at(
    budget: Budget, bad: Sequence[Span], now: int, uncounted: Sequence[Span] = ()
) -> int | None:
    """Return when a budget will be spent if it is bad from now on; None if it is, or never.

    While time counts and is bad, what is left never grows.
    """
    standing = stand(budget, bad, now, uncounted)
    if standing.is_spent:
        return None
    end = standing.window.end - 1 if budget.rolling is None else now + budget.rolling

    def is_spent(at: int) -> bool:
        counted = without(_stretched(bad, now, at), uncounted)
        return stand(budget, counted, at, uncounted).is_spent

    spells = without([Span(now, end)], uncounted)
    return next((at for spell in spells if (at := _first(is_spent, *spell)) is not None), None)


def _change_of(
    budget: Budget, limit: BurnLimit, bad: Sequence[Span], now: int, *, is_bad: bool
) -> int | None:
    exceeds = is_exceeded(budget, limit, bad, now)
    if exceeds is is_bad:
        return None

    def has_changed(at: int) -> bool:
        stretched = _stretched(bad, now, at) if is_bad else bad
        return is_exceeded(budget, limit, stretched, at) is not exceeds

    return _first(has_changed, now, now + limit.long)


def _stretched(bad: Sequence[Span], now: int, at: int) -> list[Span]:
    """Return what is bad if all from now on is."""
    if bad and bad[-1].end >= now:
        return [*bad[:-1], Span(bad[-1].start, at)]
    return [*bad, Span(now, at)]


def _first(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the first instant after ``low`` at which what never ends once it holds does so."""
    if not holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _period_of(period: Period, zone: ZoneInfo, now: int) -> Span:
    today = (_EPOCH + timedelta(microseconds=now)).astimezone(zone).date()
    first = period.first_day(today)
    match period:
        case Period.WEEK:
            after = first + timedelta(days=7)
        case Period.MONTH:
            after = _months_later(first, 1)
        case Period.QUARTER:
            after = _months_later(first, 3)
    return Span(_midnight(first, zone), _midnight(after, zone))


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    moment = datetime.combine(day, time(), zone)
    return (moment - _EPOCH) // timedelta(microseconds=1)
