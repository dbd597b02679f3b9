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
        """Return what is believed of it, as it was received at an instant of the hub's clock."""
        published_at = believed(self.published_at, received_at)
        nominal_at = None if self.nominal_at is None else min(self.nominal_at, published_at)
        return structs.replace(self, published_at=published_at, nominal_at=nominal_at)


class Arrivals(Struct, frozen=True):
    """What is known of a dataset's age.

    ``published_at`` is when rows last came, ``newest_at`` the greatest event time among all
    records, ``ran_at`` when a run that is to write them last passed, rows or none. ``nominal_at``
    is the latest nominal time. ``first_at`` is when the newest data came first: to compute it anew
    serves no new tick. ``set_aside`` counts the runs since that only computed anew what was there.
    """

    published_at: int | None = None
    newest_at: int | None = None
    ran_at: int | None = None
    nominal_at: int | None = None
    first_at: int | None = None
    set_aside: int = 0

    def with_arrival(self, new: Arrival) -> Arrivals:
        """Return what is known after one more run has ended."""
        if self._is_computed_anew(new):
            return structs.replace(self, set_aside=self.set_aside + 1)
        ran_at = max(self.ran_at or 0, new.published_at)
        if new.is_empty:
            return structs.replace(self, ran_at=ran_at)
        is_again = new.nominal_at is not None and new.nominal_at == self.nominal_at
        return Arrivals(
            published_at=max(self.published_at or 0, new.published_at),
            newest_at=_later(self.newest_at, new.newest_at),
            ran_at=ran_at,
            nominal_at=_later(self.nominal_at, new.nominal_at),
            first_at=self.first_at if is_again else _later(self.first_at, new.published_at),
        )

    def _is_computed_anew(self, new: Arrival) -> bool:
        both = new.nominal_at, self.nominal_at
        is_earlier = both[0] is not None and both[1] is not None and both[0] < both[1]
        if not (new.is_backfill or is_earlier):
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
