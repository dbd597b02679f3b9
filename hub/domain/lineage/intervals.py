"""When an edge held: validity intervals folded from what a job's runs named.

A job's runs name the datasets that it reads, those that it writes, and which fields are made out
of which. Each of the three is a side, and is folded by itself:

- A run that names nothing on a side says nothing about it: producers split and omit.
- A run that names a member opens its edge at the run's first event, whatever became of the run.
  One of a stream, which runs for weeks, opens it at its first event that names the member.
- A complete run that names some members of the side but not this one omits it. The edge closes
  where the first of ``OBSERVED_OMISSIONS`` consecutive complete runs that omit it ended, unless a
  run that names it was still going on then.
- A later naming opens a new interval.

Declarations (JobEvents) follow the same rules, but a single omission closes an edge: to leave
something out of a declaration is to say so.

Runs are ordered by when they ended, then by run id. The fold needs no more history than the runs
since the last complete one before the change, so a late event costs little (``open_since``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

OBSERVED_OMISSIONS: Final = 2
DECLARED_OMISSIONS: Final = 1

_BEFORE_ALL: Final = (-1, "")


class Naming(NamedTuple):
    """What one run, or one declaration, names on one side; instants are µs UTC.

    ``name`` breaks ties between equal ends. ``can_omit``: it is complete, so what it leaves out
    counts. Members are ids of any one kind. ``since`` has those that were named later than at
    ``first_at``, and when.
    """

    first_at: int
    end_at: int
    name: str
    can_omit: bool
    members: frozenset[int]
    since: Mapping[int, int] = MappingProxyType({})

    def begin(self, member: int) -> int:
        """Return when it first named a member."""
        return self.since.get(member, self.first_at)

    @property
    def end(self) -> tuple[int, str]:
        """Its place in the order of runs."""
        return self.end_at, self.name


class Interval(NamedTuple):
    """From ``opened_at``, inclusive, to ``closed_at``, exclusive; None while it is open."""

    opened_at: int
    closed_at: int | None


def fold_intervals(
    namings: Collection[Naming], *, omissions: int, open_since: Mapping[int, int] | None = None
) -> dict[int, list[Interval]]:
    """Return each member's intervals in the order of time.

    To fold only a part of history, pass the namings that ended at or after the end of the last
    one before the change that can omit, and in ``open_since`` the openings of the intervals that
    opened before that instant and did not close before it. They are continued, and intervals that
    closed before it are not returned.
    """
    omitting = sorted((n for n in namings if n.can_omit and n.members), key=_end)
    closings = _Closings(omitting, omissions)
    spans: dict[int, list[Naming]] = {member: [] for member in open_since or ()}
    for naming in namings:
        for member in naming.members:
            spans.setdefault(member, []).append(naming)
    opened = open_since or {}
    return {
        member: _intervals(member, named, closings, opened.get(member))
        for member, named in spans.items()
    }


def _end(naming: Naming) -> tuple[int, str]:
    return naming.end


class _Closings:
    """The namings that can omit, in order, asked for where they first omit a member for good."""

    def __init__(self, omitting: Sequence[Naming], omissions: int) -> None:
        self._omitting = omitting
        self._ends = [naming.end for naming in omitting]
        self._omissions = omissions

    def first(self, member: int, after: tuple[int, str], before: int | None) -> int | None:
        """Return the first closing instant behind ``after`` and earlier than ``before``."""
        omitted_at, streak = None, 0
        for naming in self._behind(after):
            if member in naming.members:
                omitted_at, streak = None, 0
            else:
                omitted_at = naming.end_at if omitted_at is None else omitted_at
                streak += 1
            earliest = naming.end_at if omitted_at is None else omitted_at
            if before is not None and earliest >= before:
                return None
            if streak == self._omissions:
                return omitted_at
        return None

    def _behind(self, after: tuple[int, str]) -> Iterable[Naming]:
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
