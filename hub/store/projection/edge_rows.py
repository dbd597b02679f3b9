"""Rows of edges: the three sides of a job, read and written alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import Final, NamedTuple

from msgspec import Struct
from sqlalchemy import Table

from hub.domain.lineage.intervals import Interval
from hub.store.projection.columns import recall_column_ends
from hub.store.projection.courses import Held, Superseded
from hub.store.projection.memory import RunRow, Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_rows,
    put_rows,
    raise_rows,
    select_in,
    update_rows,
)
from hub.store.projection.sets import Named
from hub.store.tables import column_edge, column_edge_history, edge, edge_history

# VALUES has columns named column1, column2… on SQLite and PostgreSQL alike.
_FIND: Final = """
SELECT e.job_id, e.{member}, e.ordinal, e.opened_at, e.closed_at, e.revision,
  e.first_seen, e.last_seen
FROM {{keys}} AS t JOIN {table} e ON e.job_id = t.column1 AND {condition}
WHERE e.origin = '{origin}' AND {side}
"""


class EdgeKey(Struct, frozen=True, gc=False):
    """A job, and the dataset or column dependency that it names on one side."""

    job_id: int
    member: int


class Seen(Struct, frozen=True, gc=False):
    """When an edge was first and last named."""

    first_at: int
    last_at: int

    def widened(self, other: Seen) -> Seen:
        """Return the span that includes both."""
        return Seen(min(self.first_at, other.first_at), max(self.last_at, other.last_at))


class StoredEdge(NamedTuple):
    """Intervals of an edge by ordinal, as far as they were asked for."""

    intervals: dict[int, Held]
    seen: Seen


class EdgeChange(NamedTuple):
    """What is to be written of an edge: intervals that changed, and those that vanished.

    ``superseded`` is what belongs to its history by now. ``was_seen`` is what the rows that stay
    have for the first and last naming; None when there are no such rows.
    """

    key: EdgeKey
    changed: Mapping[int, Held]
    vanished: Collection[int]
    superseded: Collection[Superseded]
    seen: Seen
    was_seen: Seen | None

    @property
    def is_any(self) -> bool:
        """Whether there is anything to write."""
        is_moved = bool(self.changed or self.vanished or self.superseded)
        return is_moved or self.seen != self.was_seen


class Side(NamedTuple):
    """What a job reads (``in``), what it writes (``out``), which columns it makes (``column``)."""

    name: str
    set_column: str
    table: Table
    history: Table
    member: str
    # Returns the id of the set of what a run names.
    set_of: Callable[[RunRow], int | None]
    # Returns the ids themselves, where they are not a set yet.
    named_in: Callable[[Named], frozenset[int]]

    def read_since(
        self, writing: Writing, origin: str, starts: Mapping[int, int]
    ) -> dict[EdgeKey, StoredEdge]:
        """Return, for each job, the intervals that were not closed before an instant."""
        condition = "(e.closed_at IS NULL OR e.closed_at >= t.column2)"
        return self._read(writing, origin, condition, starts.items())

    def read_all(
        self, writing: Writing, origin: str, keys: Iterable[EdgeKey]
    ) -> dict[EdgeKey, StoredEdge]:
        """Return all intervals of edges."""
        pairs = ((key.job_id, key.member) for key in keys)
        return self._read(writing, origin, f"e.{self.member} = t.column2", pairs)

    def write(self, writing: Writing, origin: str, changes: Collection[EdgeChange]) -> None:
        """Write what has changed."""
        key_columns = self._key_columns()
        gone = [
            (*self._key_values(each.key, origin), ordinal)
            for each in changes
            for ordinal in each.vanished
        ]
        delete_rows(writing.connection, self.table, (*key_columns, "ordinal"), gone)
        put_rows(writing.connection, self.table, self._rows(writing, origin, changes))
        insert_rows(writing.connection, self.history, self._history_rows(writing, origin, changes))
        moved = [
            (each.seen.first_at, each.seen.last_at, *self._key_values(each.key, origin))
            for each in changes
            if each.was_seen not in (None, each.seen)
        ]
        columns = ("first_seen", "last_seen")
        update_rows(writing.connection, self.table, columns, moved, key_columns)

    def write_last_seen(self, writing: Writing, origin: str, last: Mapping[EdgeKey, int]) -> None:
        """Write when edges were last seen, where that is later than is known."""
        rows = [(at, *self._key_values(key, origin)) for key, at in last.items()]
        raise_rows(writing.connection, self.table, "last_seen", rows, self._key_columns())

    def _read(
        self, writing: Writing, origin: str, condition: str, keys: Iterable[RowValues]
    ) -> dict[EdgeKey, StoredEdge]:
        side = "1 = 1" if self.table is column_edge else f"e.side = '{self.name}'"
        statement = _FIND.format(
            member=self.member,
            table=self.table.name,
            condition=condition,
            origin=origin,
            side=side,
        )
        found: dict[EdgeKey, StoredEdge] = {}
        for job_id, member, ordinal, opened, closed, revision, first, last in select_in(
            writing.connection, statement, keys
        ):
            stored = found.setdefault(EdgeKey(job_id, member), StoredEdge({}, Seen(first, last)))
            stored.intervals[ordinal] = Held(Interval(opened, closed), revision)
        return found

    def _rows(
        self, writing: Writing, origin: str, changes: Collection[EdgeChange]
    ) -> list[RowValues]:
        changed = [each for each in changes if each.changed]
        ends = self._ends(writing, changed)
        return [
            (
                *self._key_values(each.key, origin),
                ordinal,
                *ends.get(each.key.member, ()),
                *held.interval,
                *(each.seen.first_at, each.seen.last_at),
                held.known_from,
            )
            for each in changed
            for ordinal, held in each.changed.items()
        ]

    def _history_rows(
        self, writing: Writing, origin: str, changes: Collection[EdgeChange]
    ) -> list[RowValues]:
        changed = [each for each in changes if each.superseded]
        ends = self._ends(writing, changed)
        return [
            (
                *self._key_values(each.key, origin),
                gone.ordinal,
                gone.known_until,
                *ends.get(each.key.member, ()),
                gone.known_from,
                *gone.interval,
            )
            for each in changed
            for gone in each.superseded
        ]

    def _ends(self, writing: Writing, changes: Iterable[EdgeChange]) -> Mapping[int, RowValues]:
        """Return job, source and target of column dependencies; other edges need none."""
        if self.table is not column_edge:
            return {}
        return recall_column_ends(writing, [each.key.member for each in changes])

    def _key_columns(self) -> tuple[str, ...]:
        if self.table is column_edge:
            return ("dependency_id", "origin")
        return ("job_id", "side", "dataset_id", "origin")

    def _key_values(self, key: EdgeKey, origin: str) -> tuple[int | str, ...]:
        if self.table is column_edge:
            return (key.member, origin)
        return (key.job_id, self.name, key.member, origin)


_INPUT_SET: Final = "input_set_id"
_OUTPUT_SET: Final = "output_set_id"
_COLUMN_SET: Final = "column_set_id"
_OF_DATASETS: Final = (edge, edge_history, "dataset_id")
_OF_COLUMNS: Final = (column_edge, column_edge_history, "dependency_id")
INPUTS: Final = Side(
    *("in", _INPUT_SET, *_OF_DATASETS, attrgetter(_INPUT_SET), attrgetter("inputs"))
)
OUTPUTS: Final = Side(
    *("out", _OUTPUT_SET, *_OF_DATASETS, attrgetter(_OUTPUT_SET), attrgetter("outputs"))
)
COLUMNS: Final = Side(
    *("column", _COLUMN_SET, *_OF_COLUMNS, attrgetter(_COLUMN_SET), attrgetter("columns"))
)
SIDES: Final = (INPUTS, OUTPUTS, COLUMNS)
