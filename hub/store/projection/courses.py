"""A job's edges on one side, followed through a batch as the journal told it.

What the hub knew at a time is told apart by blocks of the journal, while a batch holds many. So a
side is folded again after each block that changes what a run names, and bounds that are
superseded go into the edge's history: the same ones, wherever batches end.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Hashable, Mapping
from itertools import chain
from typing import ClassVar, NamedTuple

from hub.domain.lineage.intervals import (
    DECLARED_OMISSIONS,
    OBSERVED_OMISSIONS,
    Interval,
    Naming,
    Since,
    fold_declared,
    fold_intervals,
    omissions_of,
)


class Held(NamedTuple):
    """Bounds of an interval, and the position from which on they have been known."""

    interval: Interval
    known_from: int


class Superseded(NamedTuple):
    """Bounds that an interval was taken to have, until the hub knew better."""

    ordinal: int
    interval: Interval
    known_from: int
    known_until: int


class Repeating(NamedTuple):
    """What every naming names that ends at ``since`` or later, and so does its group.

    One whose group begins then or later moves no interval if it names the same.
    """

    members: frozenset[int]
    since: int


class Course:
    """The namings of one job on one side, and the intervals that follow from them."""

    omissions: ClassVar = OBSERVED_OMISSIONS

    def __init__(
        self,
        start_at: int,
        namings: Mapping[Hashable, Naming],
        held: Mapping[int, Mapping[int, Held]],
    ) -> None:
        """Begin with what has been stored.

        ``namings`` are those that ended at ``start_at`` or later, and all of their groups.
        ``held`` are intervals by member and ordinal: at least those that had not closed before
        ``start_at``. Groups that will be told of begin later.
        """
        self.held = {member: dict(intervals) for member, intervals in held.items()}
        self.superseded: dict[int, list[Superseded]] = {}
        self._start_at = start_at
        self._namings = dict(namings)
        self._settled: frozenset[int] | None = None
        self._settled_at = 0
        self._settle()

    @property
    def settled(self) -> Repeating | None:
        """What all namings repeat, if they do and nothing else was open since the first."""
        if self._settled is None:
            return None
        # What ended at the start bounds what is folded again, and has to stay as it is.
        return Repeating(self._settled, max(self._settled_at, self._start_at + 1))

    def is_settled_by(self, naming: Naming) -> bool:
        """Whether a naming surely changes nothing: all name the same, and it is open by then."""
        return naming.members == self._settled and naming.first_at >= self._settled_at

    def tell(self, known_at: int, said: Mapping[Hashable, Naming]) -> None:
        """Let namings hold, from a position on, in place of those with their keys."""
        old = {key: self._namings[key] for key in said if key in self._namings}
        is_begun_alike = all(each.since == said[key].since for key, each in old.items())
        self._namings.update(said)
        if is_begun_alike and all(self.is_settled_by(naming) for naming in said.values()):
            return
        changed = {naming.group for naming in (*old.values(), *said.values())}
        namings = chain(old.values(), self._namings.values())
        self._fold(known_at, min(each.first_at for each in namings if each.group in changed))
        self._settle()

    def _fold(self, known_at: int, since: int) -> None:
        """Fold again what groups that begin at ``since`` or later may change."""
        namings = self._namings.values()
        ends = (each.end[0] for each in omissions_of(namings))
        start_at = max((self._start_at, *(end_at for end_at in ends if end_at < since)))
        opened = {
            member: each.interval.opened_at
            for member, intervals in self.held.items()
            for each in intervals.values()
            if each.interval.opened_at < start_at and not _is_past(each.interval, start_at)
        }
        folded = fold_intervals(namings, omissions=self.omissions, since=Since(start_at, opened))
        self._replace_all(known_at, start_at, folded)

    def _replace_all(
        self, known_at: int, start_at: int, folded: Mapping[int, Collection[Interval]]
    ) -> None:
        for member, intervals in folded.items():
            self._replace(known_at, start_at, member, intervals)

    def _replace(
        self, known_at: int, start_at: int, member: int, intervals: Collection[Interval]
    ) -> None:
        held = self.held.setdefault(member, {})
        later = [n for n, each in held.items() if not _is_past(each.interval, start_at)]
        first = min(later, default=max(held, default=-1) + 1)
        wanted = dict(enumerate(intervals, first))
        for ordinal in later:
            if held[ordinal].interval != wanted.get(ordinal):
                self._supersede(known_at, member, ordinal, held.pop(ordinal))
        for ordinal, interval in wanted.items():
            held.setdefault(ordinal, Held(interval, known_at))

    def _supersede(self, known_at: int, member: int, ordinal: int, old: Held) -> None:
        # Bounds that held within a block only were never an answer to anybody.
        if old.known_from < known_at:
            gone = Superseded(ordinal, old.interval, old.known_from, known_at)
            self.superseded.setdefault(member, []).append(gone)

    def _settle(self) -> None:
        """Note whether every naming names what is open, and nothing else has lately been."""
        self._settled = None
        members = next((each.members for each in self._namings.values()), frozenset[int]())
        if any(each.members != members for each in self._namings.values()):
            return
        opened = []
        for member, intervals in self.held.items():
            recent = [each for each, _ in intervals.values() if not _is_past(each, self._start_at)]
            if [each.closed_at for each in recent] == [None] and member in members:
                opened.append(recent[0].opened_at)
            elif recent:
                return
        if opened and len(opened) == len(members):
            self._settled, self._settled_at = members, max(opened)


class DeclaredCourse(Course):
    """The same of what is declared; ``namings`` and ``held`` are all that there are."""

    omissions: ClassVar = DECLARED_OMISSIONS

    def __init__(
        self,
        start_at: int,
        namings: Mapping[Hashable, Naming],
        held: Mapping[int, Mapping[int, Held]],
    ) -> None:
        super().__init__(start_at, namings, held)
        self._by_source: dict[str, list[Naming]] = {}
        for each in sorted(namings.values(), key=_end):
            self._by_source.setdefault(each.source, []).append(each)

    def is_settled_by(self, naming: Naming) -> bool:
        """Whether a naming surely changes nothing: its source's word before is the same."""
        words = self._by_source[naming.source]
        place = bisect_left(words, naming.end, key=_end)
        before = words[place - 1] if place else None
        return before is not None and before.can_omit and before.members == naming.members

    def tell(self, known_at: int, said: Mapping[Hashable, Naming]) -> None:
        """Let namings hold from a position on; each is new, for what is declared stays so."""
        for each in said.values():
            insort(self._by_source.setdefault(each.source, []), each, key=_end)
        super().tell(known_at, said)

    def _fold(self, known_at: int, since: int) -> None:
        if len({each.source for each in self._namings.values()}) == 1:
            super()._fold(known_at, since)
            return
        # What is held does not tell whose it is, so there is no going on from it.
        self._replace_all(known_at, self._start_at, fold_declared(self._namings.values()))


def _end(naming: Naming) -> tuple[int, str]:
    return naming.end


def _is_past(interval: Interval, instant: int) -> bool:
    """Whether an interval closed before an instant."""
    return interval.closed_at is not None and interval.closed_at < instant
