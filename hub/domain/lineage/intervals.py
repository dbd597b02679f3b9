"""When an edge held: validity intervals folded from what a job's runs named.

A job's runs name the datasets that it reads, those that it writes, and which fields are made out
of which. Each of the three is a side, and is folded by itself:

- A run that names nothing on a side says nothing about it: producers split and omit.
- A run that names a member opens its edge at the run's first event, whatever became of the run.
  One of a stream, which runs for weeks, opens it at its first event that names the member.
- A complete run that names some members of the side but not this one omits it. The edge closes
  where the first of ``OBSERVED_OMISSIONS`` consecutive complete runs that omit it ended, unless a
  run that names it was still going on then.
- Siblings, which are runs under one parent that began on the same UTC day, omit together and once:
  what none of them names, complete or not, and where the last complete one ended. The parts of a
  whole each name their own, and a parent may go on for ever.
- A later naming opens a new interval.

Declarations (JobEvents) follow the same rules, but a single omission closes an edge: to leave
something out of a declaration is to say so. One that is whole says so of all that it does not
name, even where it names nothing. A declaration says so for its source alone: an edge holds while
any source declares it.

Runs are ordered by when they ended, then by run id; siblings by the end of the last complete one.
The fold needs no more history than what ended since the last that can omit before the change, so a
late event costs little (``Since``). Who changes, changes all of its siblings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import Final, NamedTuple

OBSERVED_OMISSIONS: Final = 2
DECLARED_OMISSIONS: Final = 1

# What omits together: by a parent and a day, or a naming by itself, by its end.
Group = tuple[int, int] | tuple[int, str]

_BEFORE_ALL: Final = (-1, "")
_DAY: Final = 86_400_000_000


class Naming(NamedTuple):
    """What one run, or one declaration, names on one side; instants are µs UTC.

    ``name`` breaks ties between equal ends. ``can_omit``: it is complete, so what it leaves out
    counts. Members are ids of any one kind. ``since`` has those that were named later than at
    ``first_at``, and when. ``parent`` is the run under which this one ran, if any did. One that
    ``is_whole`` omits all else even where it names nothing. ``source`` is who declares it.
    """

    first_at: int
    end_at: int
    name: str
    can_omit: bool
    members: frozenset[int]
    since: Mapping[int, int] = MappingProxyType({})
    parent: int | None = None
    is_whole: bool = False
    source: str = ""

    def begin(self, member: int) -> int:
        """Return when it first named a member."""
        return self.since.get(member, self.first_at)

    @property
    def end(self) -> tuple[int, str]:
        """Its place in the order of runs."""
        return self.end_at, self.name

    @property
    def group(self) -> Group:
        """What it omits together with."""
        return self.end if self.parent is None else (self.parent, day_of(self.first_at))

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing."""
        return not (self.members or self.is_whole)


class Since(NamedTuple):
    """Where a part of history begins, and when intervals opened that had not closed before."""

    start_at: int
    opened: Mapping[int, int]


_WHOLE: Final = Since(-1, MappingProxyType({}))


class Omission(NamedTuple):
    """Namings that omit together: where the last complete one of them ended, and all they name."""

    end: tuple[int, str]
    members: frozenset[int]


class Interval(NamedTuple):
    """From ``opened_at``, inclusive, to ``closed_at``, exclusive; None while it is open."""

    opened_at: int
    closed_at: int | None


def day_of(instant: int) -> int:
    """Return the UTC day of an instant."""
    return instant // _DAY


def day_span(day: int) -> tuple[int, int]:
    """Return when a UTC day begins, and when the next one does."""
    return day * _DAY, (day + 1) * _DAY


def omissions_of(namings: Iterable[Naming]) -> list[Omission]:
    """Return what can omit, in order; namings of a group are one, if any of them is complete."""
    groups: dict[Group, list[Naming]] = {}
    for naming in namings:
        if not naming.is_silent:
            groups.setdefault(naming.group, []).append(naming)
    found = []
    for group in groups.values():
        ends = [naming.end for naming in group if naming.can_omit]
        if ends:
            members = group[0].members.union(*(naming.members for naming in group[1:]))
            found.append(Omission(max(ends), members))
    return sorted(found, key=_end)


def fold_intervals(
    namings: Collection[Naming], *, omissions: int, since: Since | None = None
) -> dict[int, list[Interval]]:
    """Return each member's intervals in the order of time.

    To fold only a part of history, let it begin where the last before the change that can omit
    ended. Pass the namings that ended then or later and all of their groups, and what had opened
    earlier and did not close before. That is continued, and intervals that closed before are not
    returned.
    """
    start_at, opened = since or _WHOLE
    omitting = omissions_of(namings)
    closings = _Closings([each for each in omitting if each.end[0] >= start_at], omissions)
    spans: dict[int, list[Naming]] = {member: [] for member in opened}
    for naming in namings:
        if naming.end_at >= start_at:
            for member in naming.members:
                spans.setdefault(member, []).append(naming)
    return {
        member: _intervals(member, named, closings, opened.get(member))
        for member, named in spans.items()
    }


def fold_declared(namings: Iterable[Naming]) -> dict[int, list[Interval]]:
    """Return when each member was declared, by whichever source, in the order of time."""
    by_source: dict[str, list[Naming]] = {}
    for naming in namings:
        by_source.setdefault(naming.source, []).append(naming)
    found: dict[int, list[Interval]] = {}
    for said in by_source.values():
        for member, intervals in fold_intervals(said, omissions=DECLARED_OMISSIONS).items():
            found.setdefault(member, []).extend(intervals)
    return {member: _united(intervals) for member, intervals in found.items()}


def _united(intervals: Iterable[Interval]) -> list[Interval]:
    """Return what is in any of the intervals, in the order of time."""
    found: list[Interval] = []
    for each in sorted(intervals, key=_opened):
        if not found or _closed(found[-1]) < each.opened_at:
            found.append(each)
        elif _closed(found[-1]) < _closed(each):
            found[-1] = found[-1]._replace(closed_at=each.closed_at)
    return found


def _opened(interval: Interval) -> int:
    return interval.opened_at


def _closed(interval: Interval) -> float:
    return inf if interval.closed_at is None else interval.closed_at


def _end(omission: Omission) -> tuple[int, str]:
    return omission.end


class _Closings:
    """What can omit, in order, asked for where it first omits a member for good."""

    def __init__(self, omitting: list[Omission], omissions: int) -> None:
        self._omitting = omitting
        self._ends = [each.end for each in omitting]
        self._omissions = omissions

    def first(self, member: int, after: tuple[int, str], before: int | None) -> int | None:
        """Return the first closing instant behind ``after`` and earlier than ``before``."""
        omitted_at, streak = None, 0
        for (end_at, _), members in self._behind(after):
            if member in members:
                omitted_at, streak = None, 0
            else:
                omitted_at = end_at if omitted_at is None else omitted_at
                streak += 1
            earliest = end_at if omitted_at is None else omitted_at
            if before is not None and earliest >= before:
                return None
            if streak == self._omissions:
                return omitted_at
        return None

    def _behind(self, after: tuple[int, str]) -> Iterable[Omission]:
        start = bisect_right(self._ends, after)
        return (self._omitting[i] for i in range(start, len(self._omitting)))


def _intervals(
    member: int, spans: Iterable[Naming], closings: _Closings, opened_at: int | None
) -> list[Interval]:
    found = []
    covered = _BEFORE_ALL
    for span in sorted(spans, key=lambda naming: naming.begin(member)):
        if opened_at is not None:
            closed_at = closings.first(member, covered, span.begin(member))
            if closed_at is not None:
                found.append(Interval(opened_at, closed_at))
                opened_at = None
        if opened_at is None:
            opened_at = span.begin(member)
        covered = max(covered, span.end)
    if opened_at is not None:
        found.append(Interval(opened_at, closings.first(member, covered, None)))
    return found
