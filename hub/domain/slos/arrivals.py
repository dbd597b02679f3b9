"""Arrivals: when a dataset was last served, on two clocks.

Data time is that of the newest record; processing time is when the last run ended that passed. What
is computed anew (a backfill, an earlier interval) serves nobody who waits for new data: it is set
aside, unless it brings records newer than any known.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, structs

from hub.domain.instants import believed


class Arrival(Struct, frozen=True, kw_only=True):
    """What one run that passed brought of a dataset; instants are microseconds UTC.

    ``published_at`` is when the run ended, ``newest_at`` the greatest event time among the records
    where it is known, ``nominal_at`` the time up to which the run was to compute (where only the
    beginning is told: that). ``rows`` came, ``refused`` were dead letters, as far as they were
    counted.
    """

    published_at: int
    newest_at: int | None = None
    nominal_at: int | None = None
    is_backfill: bool = False
    rows: int | None = None
    refused: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is counted, and is nothing."""
        return self.rows == 0

    def with_more(self, other: Arrival) -> Arrival:
        """Return this with what the same run brought elsewhere of the dataset."""
        return structs.replace(
            self,
            newest_at=_later(self.newest_at, other.newest_at),
            rows=_sum(self.rows, other.rows),
            refused=_sum(self.refused, other.refused),
        )

    def told_at(self, received_at: int) -> Arrival:
        """Return what is believed of it, as it was received at an instant of the hub's clock.

        A record from the future says nothing of those that came with it, and hides no later ones.
        """
        published_at = believed(self.published_at, received_at)
        newest_at, nominal_at = (
            None if each is None else min(each, published_at)
            for each in (self.newest_at, self.nominal_at)
        )
        return structs.replace(
            self, published_at=published_at, newest_at=newest_at, nominal_at=nominal_at
        )


class Arrivals(Struct, frozen=True):
    """What is known of a dataset's age, in whatever order it was told.

    ``newest_at`` is the greatest event time among all records, ``nominal_at`` the latest nominal
    time; its rows came at ``turn_first`` for the first time, and at ``turn_last`` for the last: to
    compute it anew serves no new tick. ``plain_at`` is when rows last came that have no such time,
    ``empty_at`` when a run last passed that brought none. ``set_aside`` counts the runs since that
    only computed anew what was there.
    """

    newest_at: int | None = None
    nominal_at: int | None = None
    turn_first: int | None = None
    turn_last: int | None = None
    plain_at: int | None = None
    empty_at: int | None = None
    set_aside: int = 0

    @property
    def published_at(self) -> int | None:
        """When rows last came."""
        return _later(self.turn_last, self.plain_at)

    @property
    def first_at(self) -> int | None:
        """When the newest data came first."""
        return _later(self.turn_first, self.plain_at)

    @property
    def ran_at(self) -> int | None:
        """When a run that is to write rows last passed, rows or none."""
        return _later(self.empty_at, self.published_at)

    def is_served_by(self, new: Arrival) -> bool:
        """Whether a run brings news: not nothing, and not only what was there."""
        return not new.is_empty and not self.is_computed_anew(new)

    def with_arrival(self, new: Arrival) -> Arrivals:
        """Return what is known after one more run has been told of."""
        if self.is_computed_anew(new):
            is_since = self.published_at is None or new.published_at > self.published_at
            return structs.replace(self, set_aside=self.set_aside + is_since)
        if new.is_empty:
            return structs.replace(self, empty_at=_later(self.empty_at, new.published_at))
        told = structs.replace(
            self._with_turn(new), newest_at=_later(self.newest_at, new.newest_at)
        )
        is_news = told.published_at != self.published_at
        return structs.replace(told, set_aside=0) if is_news else told

    def _with_turn(self, new: Arrival) -> Arrivals:
        at = new.published_at
        if new.nominal_at is None or self._is_earlier(new):
            if new.nominal_at is not None and not self._is_after(new):
                # An earlier turn that is told late is no news.
                return self
            return structs.replace(self, plain_at=_later(self.plain_at, at))
        turns = [at]
        if new.nominal_at == self.nominal_at:
            turns += [each for each in (self.turn_first, self.turn_last) if each is not None]
        # What came later for an earlier turn has turned out to be computed anew.
        return structs.replace(
            self, nominal_at=new.nominal_at, turn_first=min(turns), turn_last=max(turns)
        )

    def _is_earlier(self, new: Arrival) -> bool:
        both = new.nominal_at, self.nominal_at
        return both[0] is not None and both[1] is not None and both[0] < both[1]

    def _is_after(self, new: Arrival) -> bool:
        return self.turn_first is not None and new.published_at > self.turn_first

    def is_computed_anew(self, new: Arrival) -> bool:
        """Whether a run only computes anew what was there: that serves nobody who waits."""
        if not (new.is_backfill or (self._is_earlier(new) and self._is_after(new))):
            return False
        known = self.newest_at if self.newest_at is not None else self.published_at
        return new.newest_at is None or (known is not None and new.newest_at <= known)


class Checks(NamedTuple):
    """How many quality checks one run passed, of how many."""

    passed: int
    total: int


class Tally(NamedTuple):
    """How much of what one run was asked for was as it is to be, of how much."""

    good: float
    total: float


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _later(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)
