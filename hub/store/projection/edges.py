"""Edges and their validity intervals, folded again for the jobs whose runs a batch has changed.

The rules are in ``hub.domain.lineage``. In the ordinary case a run names what the complete run
before it named, and no interval can change; that is seen without reading the job's history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from hub.domain.lineage import (
    DECLARED_OMISSIONS,
    OBSERVED_OMISSIONS,
    Interval,
    Naming,
    fold_intervals,
)
from hub.domain.names import DatasetName, JobName
from hub.domain.runs import RunState
from hub.store.projection.batch import INPUT, OUTPUT, Batch
from hub.store.projection.columns import SaidColumns, recall_column_ends
from hub.store.projection.memory import Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_missing_rows,
    put_rows,
    select_in,
    update_rows,
)
from hub.store.projection.runs import RunChange, RunRow
from hub.store.projection.sets import ensure_sets, recall_members
from hub.store.tables import column_edge, declaration, edge

OBSERVED: Final = "OBSERVED"
DECLARED: Final = "DECLARED"

_COLUMN: Final = "column"
_SET_COLUMNS: Final = {INPUT: "input_set_id", OUTPUT: "output_set_id", _COLUMN: "column_set_id"}

# What a job's runs named since the last complete run before an instant. VALUES has columns named
# column1, column2… on SQLite and PostgreSQL alike.
_FIND_RECENT: Final = """
SELECT s.job_id, s.start_at, r.state, r.{column}
FROM (
  SELECT t.column1 AS job_id, (
    SELECT p.anchor_at FROM run p
    WHERE p.job_id = t.column1 AND p.anchor_at < t.column2
      AND p.state = 'COMPLETE' AND p.{column} IS NOT NULL
    ORDER BY p.anchor_at DESC LIMIT 1
  ) AS start_at
  FROM {{keys}} AS t
) AS s
JOIN run r ON r.job_id = s.job_id AND r.anchor_at >= s.start_at AND r.{column} IS NOT NULL
"""
_FIND_ALL: Final = (
    "SELECT job_id, run_id, first_event_at, last_event_at, anchor_at, state, {column} FROM run"
    " WHERE {column} IS NOT NULL AND (job_id) IN {{keys}}"
)
_FIND_DECLARED: Final = (
    "SELECT job_id, digest, event_time, {column} FROM declaration"
    " WHERE {column} IS NOT NULL AND (job_id) IN {{keys}}"
)
_FIND_EDGES: Final = (
    "SELECT job_id, dataset_id, ordinal, opened_at, closed_at, first_seen, last_seen FROM edge"
    " WHERE side = '{side}' AND origin = '{origin}' AND (job_id) IN {{keys}}"
)
_FIND_COLUMN_EDGES: Final = (
    "SELECT job_id, dependency_id, ordinal, opened_at, closed_at, first_seen, last_seen"
    " FROM column_edge WHERE origin = '{origin}' AND (job_id) IN {{keys}}"
)


class _Edge(NamedTuple):
    job_id: int
    member: int


class _Span(NamedTuple):
    """One interval of an edge, as it is stored."""

    opened_at: int
    closed_at: int | None
    first_seen: int
    last_seen: int


class _Said(NamedTuple):
    """What one run or declaration of a job names on a side, and when it was last heard of."""

    naming: Naming
    last_at: int


_Spans = dict[_Edge, dict[int, _Span]]


def write_declarations(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> None:
    """Write what JobEvents declare, one row each."""
    known = writing.memory.column_sets
    named = {}
    for each in batch.declarations:
        job_id = jobs[each.job]
        columns = (
            known[SaidColumns(job_id, datasets[name], said).key] for name, said in each.columns
        )
        named[job_id, each.event_time, each.digest] = (
            frozenset(datasets[name] for name in each.inputs),
            frozenset(datasets[name] for name in each.outputs),
            frozenset[int]().union(*columns),
            each.position,
        )
    ids = ensure_sets(writing, {members for *sets, _ in named.values() for members in sets})
    rows = [
        (*key, *(ids[members] for members in sets), position)
        for key, (*sets, position) in named.items()
    ]
    insert_missing_rows(writing.connection, declaration, rows)


def write_edges(
    writing: Writing, batch: Batch, changes: Collection[RunChange], jobs: Mapping[JobName, int]
) -> None:
    """Bring the intervals of all edges up to date with the changed runs and new declarations."""
    declaring = {jobs[each.job] for each in batch.declarations}
    for name, column in _SET_COLUMNS.items():
        observed = _Side(writing, name, OBSERVED)
        observed.update(changes, column)
        declared = _Side(writing, name, DECLARED)
        declared.fold(_declared(writing, column, declaring), DECLARED_OMISSIONS)


class _Side:
    """The edges of one side and origin."""

    def __init__(self, writing: Writing, name: str, origin: str) -> None:
        self._writing = writing
        self._name = name
        self._origin = origin
        self._table: Table = column_edge if name == _COLUMN else edge

    def update(self, changes: Iterable[RunChange], column: str) -> None:
        """Take in changed runs: note that they were seen, or fold their jobs again."""
        touched: dict[int, list[RunRow]] = {}
        since: dict[int, int] = {}
        for change in changes:
            row = change.after
            if getattr(row, column) is None or _is_same(change, column):
                continue
            touched.setdefault(row.job_id, []).append(row)
            since[row.job_id] = min(_earliest(change), since.get(row.job_id, _earliest(change)))
        if not touched:
            return
        stored = self._stored(touched)
        calm = self._calm(since, column, stored)
        self._note_seen(touched, calm, stored)
        self.fold(_observed(self._writing, column, touched.keys() - calm), OBSERVED_OMISSIONS)

    def fold(self, said: Mapping[int, list[_Said]], omissions: int) -> None:
        """Fold the whole history of some jobs, and write what differs from what is stored."""
        if not said:
            return
        wanted: _Spans = {}
        for job_id, each in said.items():
            folded = fold_intervals([one.naming for one in each], omissions=omissions)
            for member, intervals in folded.items():
                wanted[_Edge(job_id, member)] = dict(enumerate(_spans(member, intervals, each)))
        self._write(wanted, self._stored(said))

    def _stored(self, jobs: Iterable[int]) -> _Spans:
        statement = _FIND_COLUMN_EDGES if self._name == _COLUMN else _FIND_EDGES
        text = statement.format(side=self._name, origin=self._origin)
        found: _Spans = {}
        keys = [(job_id,) for job_id in jobs]
        for job_id, member, ordinal, *span in select_in(self._writing.connection, text, keys):
            found.setdefault(_Edge(job_id, member), {})[ordinal] = _Span(*span)
        return found

    def _calm(self, since: Mapping[int, int], column: str, stored: _Spans) -> set[int]:
        """Return the jobs of which every recent run names just what is open: nothing can change."""
        text = _FIND_RECENT.format(column=column)
        recent: dict[int, set[int]] = {}
        for job_id, _start, _state, set_id in select_in(
            self._writing.connection, text, since.items()
        ):
            recent.setdefault(job_id, set()).add(set_id)
        open_members: dict[int, set[int]] = {}
        for key, spans in stored.items():
            if spans[max(spans)].closed_at is None:
                open_members.setdefault(key.job_id, set()).add(key.member)
        members = recall_members(self._writing, {each for sets in recent.values() for each in sets})
        return {
            job_id
            for job_id, sets in recent.items()
            if len(sets) == 1 and set(members[min(sets)]) == open_members.get(job_id)
        }

    def _note_seen(
        self, touched: Mapping[int, list[RunRow]], calm: Collection[int], stored: _Spans
    ) -> None:
        seen = {job_id: max(row.last_event_at or 0 for row in touched[job_id]) for job_id in calm}
        rows = []
        for key, spans in stored.items():
            ordinal = max(spans)
            if key.job_id in seen and spans[ordinal].closed_at is None:
                last_seen = seen[key.job_id]
                if last_seen > spans[ordinal].last_seen:
                    rows.append((last_seen, *self._key(key, ordinal)))
        update_rows(self._writing.connection, self._table, ("last_seen",), rows)

    def _write(self, wanted: _Spans, stored: _Spans) -> None:
        put: list[tuple[_Edge, int, _Span]] = []
        seen: list[RowValues] = []
        gone: list[RowValues] = []
        for key, spans in wanted.items():
            held = stored.get(key, {})
            for ordinal, span in spans.items():
                before = held.get(ordinal)
                if before is None or before[:3] != span[:3]:
                    put.append((key, ordinal, span))
                elif before != span:
                    seen.append((span.last_seen, *self._key(key, ordinal)))
            gone += [self._key(key, ordinal) for ordinal in held.keys() - spans.keys()]
        delete_rows(self._writing.connection, self._table, _key_of(self._table), gone)
        update_rows(self._writing.connection, self._table, ("last_seen",), seen)
        put_rows(self._writing.connection, self._table, self._rows(put))

    def _key(self, key: _Edge, ordinal: int) -> tuple[Any, ...]:
        if self._name == _COLUMN:
            return key.member, self._origin, ordinal
        return key.job_id, self._name, key.member, self._origin, ordinal

    def _rows(self, put: Collection[tuple[_Edge, int, _Span]]) -> list[RowValues]:
        ends: Mapping[int, tuple[int, ...]] = {}
        if self._name == _COLUMN:
            ends = recall_column_ends(self._writing, {key.member for key, *_ in put})
        revision = self._writing.revision
        return [
            (*self._key(key, ordinal), *ends.get(key.member, ()), *span, revision)
            for key, ordinal, span in put
        ]


def _is_same(change: RunChange, column: str) -> bool:
    names = (column, "state", "anchor_at", "first_event_at", "last_event_at")
    return all(getattr(change.before, name) == getattr(change.after, name) for name in names)


def _earliest(change: RunChange) -> int:
    """Return the first instant that the run touches, as it was or as it is."""
    rows = (change.before, change.after)
    return min(at for row in rows for at in (row.first_event_at, row.anchor_at) if at is not None)


def _observed(writing: Writing, column: str, jobs: Iterable[int]) -> dict[int, list[_Said]]:
    keys = [(job_id,) for job_id in jobs]
    found = list(select_in(writing.connection, _FIND_ALL.format(column=column), keys))
    members = recall_members(writing, {set_id for *_, set_id in found})
    said: dict[int, list[_Said]] = {}
    for job_id, run_id, first_at, last_at, anchor_at, state, set_id in found:
        is_complete = state == RunState.COMPLETE
        naming = Naming(first_at, anchor_at, run_id, is_complete, members[set_id])
        said.setdefault(job_id, []).append(_Said(naming, last_at))
    return said


def _declared(writing: Writing, column: str, jobs: Iterable[int]) -> dict[int, list[_Said]]:
    keys = [(job_id,) for job_id in jobs]
    found = list(select_in(writing.connection, _FIND_DECLARED.format(column=column), keys))
    members = recall_members(writing, {set_id for *_, set_id in found})
    said: dict[int, list[_Said]] = {}
    for job_id, digest, at, set_id in found:
        naming = Naming(at, at, bytes(digest).hex(), can_omit=True, members=members[set_id])
        said.setdefault(job_id, []).append(_Said(naming, at))
    return said


def _spans(member: int, intervals: list[Interval], said: Iterable[_Said]) -> list[_Span]:
    """Return the intervals of a member with when it was first and last named."""
    naming = [each for each in said if member in each.naming.members]
    first_seen = intervals[0].opened_at
    spans = []
    for opened_at, closed_at in intervals:
        within = (
            each.last_at
            for each in naming
            if opened_at <= each.naming.first_at
            and (closed_at is None or each.naming.first_at < closed_at)
        )
        spans.append(_Span(opened_at, closed_at, first_seen, max(within, default=opened_at)))
    return spans


def _key_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]
