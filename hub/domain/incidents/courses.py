"""Courses: how incidents went, and what is counted of them: times to detect, see to and mend them.

Detected is when an incident was opened, notified when a channel first accepted a notification,
acted on when a *person* first did something, recovered when all that failed had passed, closed when
it was over, by itself or by somebody's word, which may come before. Figures are percentiles with
their number, never means; what is not over yet counts with the time that it has taken so far, and
then the figure says "at least".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from math import ceil
from typing import Final

from msgspec import Struct

from hub.domain.incidents.incident import HoldKind
from hub.domain.incidents.loads import Asked, Load, Period, loads, weeks_of
from hub.domain.instants import AHEAD, format_instant

SECOND: Final = 1_000_000
MAX_NOTE: Final = 4_000
_ALL: Final = "all"
_NOTHING: Final = "none"


class Outcome(StrEnum):
    """What a person says that an incident was in the end.

    RETIRED: what failed will not run again, so that it was over when somebody said so.
    """

    FIXED = "fixed"
    FALSE_POSITIVE = "false-positive"
    PLANNED = "planned"
    RETIRED = "retired"


class Bucket(StrEnum):
    """Which incidents are counted together: those of the others would flatter the first.

    HANDLED: somebody acted, or nobody has yet and it is open. AUTO_RESOLVED: over before anybody
    acted. PLANNED: told to nobody because of maintenance, or somebody says so. HISTORY: told to
    nobody, for it was long over when the hub heard of it.
    """

    HANDLED = "handled"
    AUTO_RESOLVED = "auto-resolved"
    FALSE_POSITIVE = "false-positive"
    PLANNED = "planned"
    HISTORY = "history"


class GroupBy(StrEnum):
    """What incidents are told apart by."""

    CLASS = "class"
    DOMAIN = "domain"
    TIER = "tier"
    OWNER = "owner"


class Amendment(Struct, frozen=True, kw_only=True):
    """What a person says of how an incident went; None leaves what was said before.

    ``onset_at`` is when it began, ``mitigated_at`` when its consumers were served again, both
    microseconds UTC; ``note`` is what mended it.
    """

    onset_at: int | None = None
    mitigated_at: int | None = None
    outcome: Outcome | None = None
    note: str | None = None

    def problem(
        self, *, opened_at: int, onset_at: int, mitigated_at: int | None = None, now: int
    ) -> str | None:
        """Return why nobody can say so of an incident; None where it makes sense.

        ``onset_at`` and ``mitigated_at`` are what counts by now.
        """
        if self.onset_at is not None and not 0 < self.onset_at <= opened_at:
            return f"it was seen at {format_instant(opened_at)}: it did not begin later than that"
        begun_at = onset_at if self.onset_at is None else self.onset_at
        ended_at = mitigated_at if self.mitigated_at is None else self.mitigated_at
        if ended_at is not None and not begun_at <= ended_at <= now + AHEAD:
            when = f"it began at {format_instant(begun_at)}"
            said = f"was mitigated at {format_instant(ended_at)}"
            return f"{when} and {said}: that is no earlier than it began, and not in the future"
        if self.note is not None and len(self.note) > MAX_NOTE:
            return f"a note has at most {MAX_NOTE:,} characters"
        return None

    @property
    def words(self) -> list[str]:
        """What it says, for a timeline."""
        said = []
        if self.onset_at is not None:
            said.append(f"it began at {format_instant(self.onset_at)}")
        if self.mitigated_at is not None:
            said.append(f"it was mitigated at {format_instant(self.mitigated_at)}")
        if self.outcome is not None:
            said.append(f"it was {self.outcome.value.replace('-', ' ')}")
        if self.note is not None:
            said.append(f"what mended it: {self.note}")
        return said


class Course(Struct, frozen=True, kw_only=True):
    """How one incident went. Instants are microseconds UTC; None is what has not happened.

    ``first_owner`` is whose it was when the first notification was planned, ``owner`` whose it is
    or was at last; ``handovers`` is how often that changed in between. ``held_for`` is why
    a notification was held last. ``passed_at`` is when it passed, while it is held open lest it
    fails again. ``consequences`` of it ran again once it was over, and
    ``released`` of them failed even so.
    """

    failure_class: str
    severity: str
    owner: str | None
    first_owner: str | None
    domain: str | None
    tier: str | None
    onset_at: int
    detected_at: int
    notified_at: int | None = None
    acted_at: int | None = None
    mitigated_at: int | None = None
    passed_at: int | None = None
    recovered_at: int | None = None
    closed_at: int | None = None
    outcome: Outcome | None = None
    held_for: HoldKind | None = None
    handovers: int = 0
    consequences: int = 0
    released: int = 0

    @property
    def mended_at(self) -> int | None:
        """When it passed, or when it was over though nothing of it will run again."""
        if self.recovered_at is None and self.outcome is Outcome.RETIRED:
            return self.closed_at
        return self.recovered_at

    @property
    def bucket(self) -> Bucket:
        """Among which it is counted."""
        if self.outcome is Outcome.FALSE_POSITIVE:
            return Bucket.FALSE_POSITIVE
        if self.outcome is Outcome.PLANNED:
            return Bucket.PLANNED
        if self.acted_at is not None:
            return Bucket.HANDLED
        if self.notified_at is None and self.held_for in _UNTOLD:
            return _UNTOLD[self.held_for]
        return Bucket.HANDLED if self.closed_at is None else Bucket.AUTO_RESOLVED


_UNTOLD: Final = {HoldKind.MAINTENANCE: Bucket.PLANNED, HoldKind.HISTORY: Bucket.HISTORY}


class Figure(Struct, frozen=True):
    """A percentile, in seconds; ``is_lower_bound`` says that it may still turn out longer."""

    seconds: float
    is_lower_bound: bool


class Times(Struct, frozen=True):
    """Percentiles of ``n`` durations, of which ``open`` are not over yet."""

    n: int
    open: int
    p50: Figure | None
    p90: Figure | None


class Share(Struct, frozen=True):
    """How many of how many."""

    count: int
    n: int

    @property
    def share(self) -> float | None:
        """The quotient; None of nothing."""
        return self.count / self.n if self.n else None


class Counted(Struct, frozen=True):
    """The incidents of a bucket, and how long those took to recover."""

    bucket: Bucket
    n: int
    recovery: Times


class Report(Struct, frozen=True, kw_only=True):
    """What is counted of the incidents of one group.

    ``mttd`` and ``delivery`` are of all that the hub found by itself while it went on; ``mtta``,
    ``mttr`` and the rest of the handled ones. ``misrouted`` were first told to somebody who did
    not own them at last. ``actionable`` are those told of, and over, that somebody acted on.
    ``held_back`` are consequences that were rightly told to nobody, of all that have run again.
    """

    key: str
    n: int
    open: int
    mttd: Times
    delivery: Times
    mtta: Times
    mttr: Times
    recovery: Times
    mitigation: Times
    buckets: tuple[Counted, ...]
    misrouted: Share
    handovers: int
    actionable: Share
    held_back: Share
    pages: int
    pages_per_week: float
    on_call: tuple[Load, ...]


# From when to when; None for the second while it goes on. No duration where there is no first.
_Span = tuple[int | None, int | None]


def key_of(
    by: GroupBy | None,
    *,
    failure_class: str,
    domain: str | None,
    tier: str | None,
    owner: str | None,
) -> str:
    """Return the group that an incident belongs to."""
    if by is None:
        return _ALL
    keys = {
        GroupBy.CLASS: failure_class,
        GroupBy.DOMAIN: domain,
        GroupBy.TIER: tier,
        GroupBy.OWNER: owner,
    }
    return keys[by] or _NOTHING


def report(
    courses: Iterable[Course],
    told: Iterable[Asked],
    *,
    by: GroupBy | None,
    now: int,
    span: int,
    period: Period,
) -> list[Report]:
    """Count incidents by groups, in the order of their keys, over ``span`` microseconds.

    ``period`` is the time that weeks are told of, and who was on call in it. Without ``by`` there
    is one group of all. Incidents that turned out to be part of another one are not to be among
    them.
    """
    groups: dict[str, list[Course]] = {_ALL: []} if by is None else {}
    for each in courses:
        key = key_of(
            by,
            failure_class=each.failure_class,
            domain=each.domain,
            tier=each.tier,
            owner=each.owner,
        )
        groups.setdefault(key, []).append(each)
    asked: dict[str, list[Asked]] = {}
    for call in told:
        asked.setdefault(call.key, []).append(call)
    return [
        _report(
            key,
            groups.get(key, []),
            pages=len(asked.get(key, ())),
            pages_per_week=round(len(asked.get(key, ())) / weeks_of(span), 2),
            on_call=loads(asked.get(key, ()), period, span=span),
            now=now,
        )
        for key in sorted(groups.keys() | asked.keys())
    ]


def _report(
    key: str,
    courses: Sequence[Course],
    *,
    pages: int,
    pages_per_week: float,
    on_call: Iterable[Load],
    now: int,
) -> Report:
    found = [each for each in courses if each.bucket is not Bucket.HISTORY]
    handled = [each for each in courses if each.bucket is Bucket.HANDLED]
    real = [each for each in found if each.bucket in (Bucket.HANDLED, Bucket.AUTO_RESOLVED)]
    told_and_over = [each for each in found if each.notified_at and each.closed_at]
    judged = [each for each in told_and_over if each.first_owner is not None]
    return Report(
        key=key,
        n=len(handled),
        open=sum(each.closed_at is None for each in handled),
        mttd=_times(real, lambda c: (c.onset_at, c.detected_at), now),
        delivery=_times(real, _delivery, now),
        mtta=_times(handled, lambda c: (c.notified_at, c.acted_at), now),
        mttr=_times(handled, lambda c: (c.onset_at, c.mended_at), now),
        recovery=_times(handled, lambda c: (c.detected_at, c.mended_at), now),
        mitigation=_times(handled, _mitigation, now),
        buckets=tuple(_buckets(courses, now)),
        misrouted=Share(sum(each.first_owner != each.owner for each in judged), len(judged)),
        handovers=sum(each.handovers for each in courses),
        actionable=Share(
            sum(each.bucket is Bucket.HANDLED for each in told_and_over), len(told_and_over)
        ),
        held_back=_held_back(courses),
        pages=pages,
        pages_per_week=pages_per_week,
        on_call=tuple(on_call),
    )


def _delivery(course: Course) -> _Span:
    """Of what was over, or held, before anybody was told there is no delivery."""
    is_owed = course.closed_at is None and course.held_for is None
    if course.notified_at is None and not is_owed:
        return None, None
    return course.detected_at, course.notified_at


def _mitigation(course: Course) -> _Span:
    """Of what nobody says that it was mitigated there is no time of it."""
    return (course.onset_at if course.mitigated_at else None), course.mitigated_at


def _buckets(courses: Sequence[Course], now: int) -> Iterator[Counted]:
    for bucket in Bucket:
        those = [each for each in courses if each.bucket is bucket]
        times = _times(those, lambda c: (c.onset_at, c.mended_at), now)
        yield Counted(bucket, len(those), times)


def _held_back(courses: Iterable[Course]) -> Share:
    settled = released = 0
    for each in courses:
        settled += max(each.consequences, each.released)
        released += each.released
    return Share(settled - released, settled)


def _times(courses: Iterable[Course], span_of: Callable[[Course], _Span], now: int) -> Times:
    """Return the percentiles of durations; of what goes on, of the time until now.

    What has passed and is held open may turn out to be over since then.
    """
    over: list[int] = []
    lasting: list[int] = []
    for each in courses:
        begin, end = span_of(each)
        if begin is not None:
            durations = lasting if end is None else over
            so_far = now if each.passed_at is None else each.passed_at
            durations.append(max(0, (so_far if end is None else end) - begin))
    every = sorted([*over, *lasting])
    shortest = min(lasting, default=None)
    return Times(
        len(every), len(lasting), _figure(every, shortest, 50), _figure(every, shortest, 90)
    )


def _figure(every: Sequence[int], shortest_open: int | None, percent: int) -> Figure | None:
    """Return the least duration that so many percent do not exceed (the nearest rank).

    What goes on is taken as if it ended now: the figure can only grow, and only where something
    that goes on has not outlasted it yet.
    """
    if not every:
        return None
    found = every[ceil(percent * len(every) / 100) - 1]
    may_grow = shortest_open is not None and shortest_open <= found
    return Figure(found / SECOND, may_grow)
