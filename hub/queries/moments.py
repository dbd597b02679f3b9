"""When a read is about: what was true at an instant, and what the hub knew at another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, case, exists, select, true, union_all

from hub.domain.errors import InvalidInput
from hub.domain.instants import format_instant
from hub.store.journal import recorded_at
from hub.store.retirement import known_since, retired_until, said_since
from hub.store.tables import column_edge, column_edge_history, edge, edge_history, run_event

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause, Table

    from hub.store.journal import Journal


_OF_AN_EDGE: Final = (
    *("job_id", "side", "dataset_id", "origin", "ordinal"),
    *("opened_at", "closed_at"),
)
_OF_A_COLUMN_EDGE: Final = (
    *("dependency_id", "job_id", "source_id", "target_id"),
    *("opened_at", "closed_at"),
)


class Moment(NamedTuple):
    """An event time, by all that is known now; or by what was known at an instant of the clock.

    ``position`` is the journal's last one at ``known_at``. Instants are microseconds UTC; None
    sets no bound. Of runs before ``runs_since`` some have been archived, so that instants before it
    can be asked of everything but runs; before ``said_since``, of everything but tags, owners and
    descriptions.
    """

    as_of: int | None = None
    known_at: int | None = None
    position: int | None = None
    runs_since: int | None = None
    said_since: int | None = None

    @property
    def is_now(self) -> bool:
        """Whether there are no bounds."""
        return self.as_of is None and self.known_at is None

    def has(self, happened_at: int | None) -> bool:
        """Whether something had happened by then (event time)."""
        return happened_at is not None and (self.as_of is None or happened_at <= self.as_of)

    def within(self, happened_at: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that something had happened by then (event time)."""
        return true() if self.as_of is None else happened_at <= self.as_of

    def knows(self, position: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that the hub had been told of something by then."""
        return true() if self.position is None else position <= self.position

    def sees(self, table: FromClause) -> ColumnElement[bool]:
        """Return the condition that a row's thing was there, and known to be."""
        return and_(self.within(table.c.first_seen), self.knows(table.c.first_position))

    def edges(self) -> FromClause:
        """Return the intervals in which jobs read and wrote datasets, as the hub knew them then."""
        return self._known(edge, edge_history, _OF_AN_EDGE)

    def column_edges(self) -> FromClause:
        """Return the intervals in which fields were made from others, as the hub knew them then."""
        return self._known(column_edge, column_edge_history, _OF_A_COLUMN_EDGE)

    def _known(self, current: Table, history: Table, names: tuple[str, ...]) -> FromClause:
        if self.position is None:
            return current
        past = history.c
        was_known = and_(past.known_from <= self.position, past.known_until > self.position)
        return union_all(
            select(*(current.c[name] for name in names)).where(self.knows(current.c.revision)),
            select(*(past[name] for name in names)).where(was_known),
        ).subquery()

    def holds(self, edges: FromClause) -> ColumnElement[bool]:
        """Return the condition that an edge held (event time)."""
        if self.as_of is None:
            return edges.c.closed_at.is_(None)
        is_open = edges.c.closed_at.is_(None) | (edges.c.closed_at > self.as_of)
        return and_(edges.c.opened_at <= self.as_of, is_open)

    def knows_run(self, run: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that a run had begun, and was known to.

        Raises:
            InvalidInput: runs of that time have been archived.

        """
        if self.is_now:
            return true()
        self._refuse_archived("runs", self.runs_since)
        event = run_event.c
        known = and_(event.run_id == run, self.within(event.event_time), self.knows(event.position))
        return exists().where(known)

    def last_said(self, table: FromClause) -> ColumnElement[int]:
        """Select when a row's content had last been said by then.

        Only its first and last saying are kept. Of what was known at an instant, nothing had been
        said after it.
        """
        bounds = [at for at in (self.as_of, self.known_at) if at is not None]
        last: ColumnElement[int] = table.c.last_seen
        return case((last <= min(bounds), last), else_=table.c.first_seen) if bounds else last

    def needs_sayings(self) -> None:
        """Need that it is known when tags, owners and descriptions had been said by then.

        Raises:
            InvalidInput: what was said at that time has been archived.

        """
        self._refuse_archived("tags, owners and descriptions", self.said_since)

    def _refuse_archived(self, what: str, since: int | None) -> None:
        earliest = min((at for at in (self.as_of, self.known_at) if at is not None), default=None)
        if since is not None and earliest is not None and earliest < since:
            raise InvalidInput(
                f"{what} before {format_instant(since)} have been archived,"
                f" so nothing is said of {what} at {format_instant(earliest)}",
                fix="ask of a later time, or read the archive (hub retention)",
            )


NOW: Final = Moment()


def moment(
    connection: Connection, journal: Journal, as_of: int | None, known_at: int | None
) -> Moment:
    """Return the moment of an event time and an instant of the hub's clock, either of them None.

    Raises:
        InvalidInput: what the hub knew then has been archived.

    """
    position = None if known_at is None else journal.position_at(connection, known_at)
    if position is not None:
        _refuse_forgotten(connection, position)
    if as_of is None and known_at is None:
        return NOW
    since = retired_until(connection), said_since(connection)
    return Moment(as_of, known_at, position, *since)


def _refuse_forgotten(connection: Connection, position: int) -> None:
    since = known_since(connection)
    if since is not None and position < since:
        earliest = format_instant(recorded_at(connection, since))
        raise InvalidInput(
            f"what the hub knew before {earliest} has been archived",
            fix="ask for a later knownAt, or read the archive (hub retention)",
        )
