"""Error budgets of SLOs as products' files declare them, and what about them can never work."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isfinite
from typing import TYPE_CHECKING, Final

from hub.domain.budgets import DAY, HOUR, SECOND, Budget, Period, burn_limits
from hub.domain.errors import InvalidInput
from hub.domain.instants import format_span
from hub.domain.slos.ticks import longest_wait
from hub.settings.duty_files import seconds_of

if TYPE_CHECKING:
    from hub.domain.catalog import Slo
    from hub.settings import shapes
    from hub.settings.documents import Document, Report
    from hub.settings.duty_files import DutyReader

_LOOKBACKS: Final = {"1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}
_LENGTHS: Final = {Period.WEEK: 7 * DAY, Period.MONTH: 30 * DAY, Period.QUARTER: 90 * DAY}
# In February a month may be broken for the least time.
_LEAST_MONTH: Final = 28 * DAY
_LONGEST: Final = 366 * DAY


class BudgetReader:
    """Reads budgets; each finding goes to ``report``, and takes the budget with it."""

    def __init__(self, duty: DutyReader, report: Report) -> None:
        self._duty = duty
        self._report = report

    def budget(
        self, document: Document, pointer: str, slo: Slo, declared: shapes.Budget
    ) -> Budget | None:
        """Read the budget of an SLO that has been read."""
        target = Fraction(str(declared.target)) if isfinite(declared.target) else Fraction(0)
        length, period = _window(declared.window)
        findings: list[tuple[str, str]] = []
        if not 0 < target < 1:
            findings.append(("target", f"a target of {declared.target} leaves no budget"))
        if length is None:
            message = f"{declared.window!r} is no window: write 1d to 366d, week, month or quarter"
            findings.append(("window", message))
        if declared.no_data is None:
            message = (
                "say whether time without data is bad or good: `no_data: bad`,"
                " unless nothing is expected then"
            )
            findings.append(("no_data", message))
        if not findings and length is not None:
            findings += _cannot_work(target, length, declared)
            least = _LEAST_MONTH if period is Period.MONTH else length
            findings += _is_exhausted_at_once(target, least, slo)
        for key, message in findings:
            self._report(document, f"{pointer}.{key}", f"slo {slo.name}: {message}")
        zone = self._duty.zone(document, f"{pointer}.timezone", declared.timezone)
        if findings or length is None:
            return None
        return Budget(
            target=target,
            rolling=None if period else length,
            period=period,
            timezone=zone,
            is_bad_unknown=declared.no_data == "bad",
            limits=burn_limits(length, _lookbacks(declared)),
            when_spent=tuple(declared.when_spent),
        )


def _window(text: str) -> tuple[int | None, Period | None]:
    """Return a window's length, and which period of the calendar it is, if it is one."""
    if text in (period.value for period in Period):
        return _LENGTHS[Period(text)], Period(text)
    length = (seconds_of(text) or 0) * SECOND
    return (length if DAY <= length <= _LONGEST else None), None


def _lookbacks(declared: shapes.Budget) -> list[int]:
    return [
        _LOOKBACKS[name] for name in (_LOOKBACKS if declared.limits is None else declared.limits)
    ]


def _cannot_work(target: Fraction, length: int, declared: shapes.Budget) -> list[tuple[str, str]]:
    """Return which limits could never be exceeded, or would say no more than the window itself."""
    names = {at: name for name, at in _LOOKBACKS.items()}
    found = []
    for limit in burn_limits(length, _lookbacks(declared)):
        name, fastest = names[limit.long], float(1 / (1 - target))
        if limit.long >= length:
            found.append(("limits", f"the limit {name} looks back further than the window"))
        elif not limit.can_be_exceeded(target):
            message = (
                f"the limit {name} is a burn rate of {float(limit.factor):.4g}, and at a"
                f" target of {declared.target} nothing burns faster than {fastest:.6g}: leave it"
                f" out of limits, or raise the target to {_up(limit.least_target):.4f} or more"
            )
            found.append(("limits", message))
    return found


def _up(share: Fraction) -> float:
    return ceil(share * 10_000) / 10_000


def _down(share: Fraction) -> float:
    return floor(share * 10_000) / 10_000


def _is_exhausted_at_once(target: Fraction, length: int, slo: Slo) -> list[tuple[str, str]]:
    """Return whether a single delivery that does not come spends the whole budget."""
    if slo.schedule is None:
        return []
    try:
        every = longest_wait(slo.schedule, slo.timezone)
    except InvalidInput:
        return []
    expected = Fraction(length, every)
    if expected * (1 - target) >= 1:
        return []
    share = float(1 / (expected * (1 - target)))
    message = (
        f"one delivery that does not come spends {share:.0%} of the budget: with up to"
        f" {format_span(every)} between two of them a target can be"
        f" {max(0.0, _down(1 - 1 / expected)):.4f} at most; lower it, or take a longer window"
    )
    return [("target", message)]
