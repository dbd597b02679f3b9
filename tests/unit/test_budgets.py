"""Error budgets: the arithmetic of the SRE workbook, to the microsecond."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.budgets import (
    DAY,
    HOUR,
    SECOND,
    Budget,
    Period,
    Span,
    bad_time,
    burn_limits,
    burn_rate,
    closed_up,
    limit_exceeded,
    next_change,
    put_back,
    put_off,
    spent_at,
    stand,
    without,
)

MINUTE = 60 * SECOND
MONTH = 30 * DAY
NOW = 20_000 * DAY


def budget(target: str, window: int = MONTH) -> Budget:
    return Budget(target=Fraction(target), rolling=window, limits=burn_limits(window))


@st.composite
def bad_spans(draw: st.DrawFn) -> list[Span]:
    """Return spans apart from one another, in the last forty days."""
    ends = draw(st.lists(st.integers(NOW - 40 * DAY, NOW), unique=True, max_size=12))
    ordered = sorted(ends)[: len(ends) // 2 * 2]
    return [Span(start, end) for start, end in zip(ordered[::2], ordered[1::2], strict=True)]


def test_thirty_days_have_the_factors_of_the_workbook() -> None:
    assert [
        (each.long, each.short, float(each.factor), each.pages) for each in burn_limits(MONTH)
    ] == [
        (HOUR, 5 * MINUTE, 14.4, True),
        (6 * HOUR, 30 * MINUTE, 6, True),
        (DAY, 2 * HOUR, 3, False),
        (3 * DAY, 6 * HOUR, 1, False),
    ]


@pytest.mark.parametrize(
    ("target", "can_be_exceeded", "fast_after", "slow_after"),
    [
        ("0.9", False, None, 216),
        ("0.95", True, 43.2, 108),
        ("0.99", True, 8.64, 21.6),
        ("0.995", True, 4.32, 10.8),
        ("0.999", True, 0.864, 2.16),
    ],
)
def test_time_that_is_all_bad_pages_after(
    target: str, can_be_exceeded: bool, fast_after: float | None, slow_after: float
) -> None:
    fast, slow, *_ = burn_limits(MONTH)
    assert fast.can_be_exceeded(Fraction(target)) is can_be_exceeded
    for limit, after in ((fast, fast_after), (slow, slow_after)):
        one = Budget(target=Fraction(target), rolling=MONTH, limits=(limit,))
        changes_at = next_change(one, [], NOW, is_bad=True)
        # Of a lookback that is as long as the bad time, all is bad: the share is over all of it.
        assert changes_at == (None if after is None else pytest.approx(NOW + after * MINUTE, abs=1))


def test_the_least_target_at_which_an_alert_can_be_exceeded_is_told() -> None:
    fast, slow, *_ = burn_limits(MONTH)
    assert float(fast.least_target) == pytest.approx(0.930556, abs=1e-6)
    assert float(slow.least_target) == pytest.approx(0.833333, abs=1e-6)
    assert fast.can_be_exceeded(fast.least_target)
    assert not fast.can_be_exceeded(fast.least_target - Fraction(1, 10**9))


@pytest.mark.parametrize(
    ("target", "late_by", "pages_after", "spent"),
    [
        ("0.99", 15 * MINUTE, 8.64, 0.0347),
        ("0.99", 4 * HOUR, 8.64, 0.5556),
        ("0.99", 24 * HOUR, 8.64, 3.3333),
        ("0.95", 15 * MINUTE, None, 0.0069),
        ("0.95", 4 * HOUR, 43.2, 0.1111),
    ],
)
def test_one_late_delivery_of_a_day(
    target: str, late_by: int, pages_after: float | None, spent: float
) -> None:
    promised = budget(target)
    fires_at = next_change(promised, [], NOW, is_bad=True)
    assert fires_at is not None
    has_paged = fires_at < NOW + late_by
    assert has_paged == (pages_after is not None)
    if pages_after is not None:
        assert (fires_at - NOW) / MINUTE == pytest.approx(pages_after, abs=0.001)
    bad = [Span(NOW, NOW + late_by)]
    standing = stand(promised, bad, NOW + late_by)
    assert standing.spent / standing.total == pytest.approx(spent, abs=0.0001)


def test_fifteen_minutes_at_99_percent_page_after_nine_and_are_over_after_nineteen() -> None:
    promised = budget("0.99")
    bad = [Span(NOW, NOW + 15 * MINUTE)]
    arrived = NOW + 15 * MINUTE
    assert (limit := limit_exceeded(promised, bad, arrived)) is not None
    assert limit.long == HOUR
    over_at = next_change(promised, bad, arrived, is_bad=False)
    assert over_at is not None
    # 5 minutes burn at 14.4 while 43.2 seconds of them are bad.
    assert (over_at - NOW) / MINUTE == pytest.approx(19.28, abs=0.01)
    assert limit_exceeded(promised, bad, over_at) is None


@given(bad=bad_spans(), cuts=st.lists(st.integers(NOW - 40 * DAY, NOW), min_size=2, max_size=6))
def test_adjoining_spans_add_up(bad: list[Span], cuts: list[int]) -> None:
    edges = sorted(cuts)
    parts = sum(bad_time(bad, Span(*ends)) for ends in pairwise(edges))
    assert parts == bad_time(bad, Span(edges[0], edges[-1]))


@given(
    bad=bad_spans(),
    is_bad=st.booleans(),
    target=st.sampled_from(["0.9", "0.95", "0.99", "0.999"]),
    window=st.sampled_from([7 * DAY, MONTH, 90 * DAY]),
)
def test_nothing_changes_before_the_next_change_and_something_does_then(
    bad: list[Span], target: str, window: int, *, is_bad: bool
) -> None:
    promised = budget(target, window)
    if is_bad:
        bad = [*(span for span in bad if span.end < NOW), Span(NOW, NOW)]

    def exceeded(at: int) -> list[bool]:
        known = [*bad[:-1], Span(NOW, at)] if is_bad else bad
        return [
            limit_exceeded(
                Budget(target=promised.target, rolling=window, limits=(each,)), known, at
            )
            is not None
            for each in promised.limits
        ]

    changes_at = next_change(promised, bad, NOW, is_bad=is_bad)
    if changes_at is None:
        assert exceeded(NOW + 3 * DAY) == exceeded(NOW)
        return
    assert exceeded(changes_at - 1) == exceeded(NOW)
    assert exceeded(changes_at) != exceeded(NOW)


@st.composite
def uncounted_spans(draw: st.DrawFn) -> list[Span]:
    """Return maintenance apart from one another, from forty days ago to five days ahead."""
    ends = draw(st.lists(st.integers(NOW - 40 * DAY, NOW + 5 * DAY), unique=True, max_size=8))
    ordered = sorted(ends)[: len(ends) // 2 * 2]
    return [Span(start, end) for start, end in zip(ordered[::2], ordered[1::2], strict=True)]


@given(
    bad=bad_spans(),
    out=st.one_of(st.just([]), uncounted_spans()),
    target=st.sampled_from(["0.9", "0.99", "0.999"]),
)
def test_a_budget_is_spent_just_when_it_was_foretold(
    bad: list[Span], out: list[Span], target: str
) -> None:
    promised = budget(target)

    def is_spent(at: int) -> bool:
        counted = without([*bad, Span(NOW, at)] if at > NOW else bad, out)
        return stand(promised, counted, at, out).is_spent

    at = spent_at(promised, without(bad, out), NOW, out)
    if is_spent(NOW):
        assert at is None
        return
    # All bad from now on, any target below 1 is missed within the window.
    assert at is not None
    assert is_spent(at)
    # A window that shrinks may spend a budget in the midst of maintenance: told at its end.
    assert not is_spent(at - 1) or any(each.end == at - 1 for each in out)


@given(bad=bad_spans(), out=uncounted_spans())
def test_a_clock_that_stands_still_shows_all_that_counts(bad: list[Span], out: list[Span]) -> None:
    closed = closed_up(bad, out, NOW)
    assert bad_time(closed, Span(0, NOW)) == bad_time(without(bad, out), Span(0, NOW))
    assert all(one.end < other.start for one, other in pairwise(closed))


@given(
    out=uncounted_spans(),
    start=st.integers(NOW - 40 * DAY, NOW),
    length=st.integers(0, 9 * DAY),
)
def test_a_deadline_is_put_off_by_what_does_not_count_before_it(
    out: list[Span], start: int, length: int
) -> None:
    due = put_off(out, start, length)
    assert due - start - bad_time(out, Span(start, due)) == length
    assert not any(span.start <= due < span.end for span in out)
    begun = put_back(out, start, length)
    assert start - begun - bad_time(out, Span(begun, start)) == length
    assert not any(span.start < begun <= span.end for span in out)


def test_a_burn_rate_of_one_spends_a_budget_in_just_its_window() -> None:
    promised = budget("0.99")
    steady = [
        Span(NOW - (n + 1) * 100 * MINUTE, NOW - n * 100 * MINUTE - 99 * MINUTE) for n in range(432)
    ]
    steady.reverse()
    assert burn_rate(promised, steady, MONTH, NOW) == pytest.approx(1)
    assert stand(promised, steady, NOW).left == pytest.approx(0)


def test_a_target_of_all_is_spent_by_anything() -> None:
    promised = Budget(target=Fraction(1), rolling=MONTH)
    assert stand(promised, [], NOW).left == 1
    assert stand(promised, [Span(NOW - 1, NOW)], NOW).left <= 0
    assert burn_rate(promised, [Span(NOW - 1, NOW)], HOUR, NOW) == float("inf")
    assert burn_rate(promised, [], HOUR, NOW) == 0


@pytest.mark.parametrize(
    ("period", "first", "after"),
    [
        (Period.WEEK, "2026-03-23", "2026-03-30"),
        (Period.MONTH, "2026-03-01", "2026-04-01"),
        (Period.QUARTER, "2026-01-01", "2026-04-01"),
    ],
)
def test_a_calendar_window_is_of_local_days_also_when_the_clocks_change(
    period: Period, first: str, after: str
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 29, 12, tzinfo=zone)
    promised = Budget(target=Fraction("0.99"), period=period, timezone="Europe/Berlin")
    window = promised.window(round(now.timestamp()) * SECOND)
    assert window == tuple(
        round(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()) * SECOND
        for day in (first, after)
    )
    # The 29th has 23 hours.
    assert (window.end - window.start) % DAY == 23 * HOUR


def test_a_new_calendar_window_has_a_whole_budget() -> None:
    promised = Budget(target=Fraction("0.99"), period=Period.MONTH)
    rollover = round(datetime(2026, 5, 1, tzinfo=ZoneInfo("UTC")).timestamp()) * SECOND
    bad = [Span(rollover - 10 * HOUR, rollover + HOUR)]
    assert stand(promised, bad, rollover - 1).is_spent
    after = stand(promised, bad, rollover + 2 * HOUR)
    assert after.spent == HOUR
    assert after.left == pytest.approx(1 - 1 / (0.01 * 31 * 24))
