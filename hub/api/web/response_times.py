"""``/response-times``: how incidents went, in percentiles, with a drawing of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from hub.api.web.rendering import Page
from hub.api.web.views import Asking
from hub.domain.errors import InvalidInput
from hub.domain.incidents.courses import SECOND, GroupBy, Report, Times
from hub.domain.instants import format_span
from hub.queries.response_times import response_times as report_of

_DAY: Final = 86_400 * SECOND
_DAYS: Final = (7, 28, 90, 365)
_USUAL: Final = 90
_FIGURES: Final = (
    ("mttd", "Detected after"),
    ("delivery", "told after that"),
    ("mtta", "seen to after that"),
    ("mttr", "Recovered, from onset"),
)


class Drawn(NamedTuple):
    """One row of the drawing: where its two marks stand, from 0 to 100, and in words."""

    words: str
    n: int
    open: int
    p50: str
    p90: str
    p50_at: float
    p90_at: float


class Group(NamedTuple):
    """A group of incidents with its drawing."""

    report: Report
    rows: list[Drawn]


def response_times(asking: Asking) -> Page:
    """``/response-times``: by class, domain, tier or owner, over some days."""
    by, days = _by(asking.query.get("by", "")), _days(asking.query.get("days", ""))
    now = asking.sources.clock()
    rotas = asking.sources.catalog().rotas
    found = report_of(asking.connection, by=by, since=now - days * _DAY, now=now, rotas=rotas)
    values = {
        "groups": [Group(each, [*_drawn(each)]) for each in found],
        "by": by.value if by else "",
        "choices": ["", *(each.value for each in GroupBy)],
        "days": days,
        "spans": _DAYS,
    }
    return Page("response_times.html", values)


def _by(text: str) -> GroupBy | None:
    try:
        return GroupBy(text) if text else None
    except ValueError:
        raise InvalidInput(f"by: {text!r} tells no incidents apart") from None


def _days(text: str) -> int:
    known = {str(days): days for days in _DAYS}
    if text and text not in known:
        raise InvalidInput(f"days: {text!r} is none of {', '.join(known)}")
    return known.get(text, _USUAL)


def _drawn(report: Report) -> Iterable[Drawn]:
    rows: list[tuple[str, Times]] = [(words, getattr(report, name)) for name, words in _FIGURES]
    longest = max((times.p90.seconds for _, times in rows if times.p90), default=0.0) or 1.0
    for words, times in rows:
        if times.p50 is None or times.p90 is None:
            yield Drawn(words, 0, 0, "", "", 0, 0)
            continue
        yield Drawn(
            words,
            times.n,
            times.open,
            _words(times.p50.seconds, is_lower_bound=times.p50.is_lower_bound),
            _words(times.p90.seconds, is_lower_bound=times.p90.is_lower_bound),
            round(100 * times.p50.seconds / longest, 1),
            round(100 * times.p90.seconds / longest, 1),
        )


def _words(seconds: float, *, is_lower_bound: bool) -> str:
    return f"{'≥ ' if is_lower_bound else ''}{format_span(round(seconds * SECOND))}"
