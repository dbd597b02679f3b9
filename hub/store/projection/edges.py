"""Edges and their validity intervals, folded again around whatever a batch has changed.

The rules are in ``hub.domain.lineage``. A change to a run matters only from the last complete run
before it on, so only the runs since then are read: ordinarily that one and the changed run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from hub.domain.lineage import (
    DECLARED_OMISSIONS,
    OBSERVED_OMISSIONS,
    Interval,
    Naming,
    fold_intervals,
)
from hub.domain.names import DatasetName, JobName
from hub.domain.runs import RunState
from hub.store.projection.batch import Batch
from hub.store.projection.columns import SaidColumns
from hub.store.projection.edge_rows import (
    DECLARED,
    OBSERVED,
    SIDES,
    EdgeChange,
    EdgeKey,
    Seen,
    Side,
    StoredEdge,
)
from hub.store.projection.memory import Writing
from hub.store.projection.rows import insert_missing_rows, select_in
from hub.store.projection.runs import RunChange, RunRow
from hub.store.projection.sets import ensure_sets, recall_members
from hub.store.tables import declaration

# VALUES has columns named column1, column2… on SQLite and PostgreSQL alike.
_FIND_RUNS: Final = """
SELECT s.job_id, s.start_at, r.run_id, r.first_event_at, r.anchor_at, r.state, r.{column}
FROM (
  SELECT t.column1 AS job_id, coalesce((
    SELECT p.anchor_at FROM run p
    WHERE p.job_id = t.column1 AND p.anchor_at < t.column2
      AND p.state = 'COMPLETE' AND p.{column} IS NOT NULL
    ORDER BY p.anchor_at DESC LIMIT 1
  ), t.column2) AS start_at
  FROM {{keys}} AS t
) AS s
JOIN run r ON r.job_id = s.job_id AND r.anchor_at >= s.start_at AND r.{column} IS NOT NULL
"""
_FIND_DECLARATIONS: Final = (
    "SELECT job_id, event_time, digest, {column} FROM declaration"
    " WHERE {column} IS NOT NULL AND (job_id) IN {{keys}}"
)


class _Window(NamedTuple):
    """A job's history on one side, from ``start_at`` on."""

    start_at: int
    namings: list[Naming]


def write_edges(writing: Writing, changes: Collection[RunChange]) -> None:
    """Bring the edges of every job of which a run has changed up to date."""
    for side in SIDES:
        touched = [each for each in changes if _is_touched(side, each)]
        if touched:
            _write_observed(writing, side, touched)


def write_declarations(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> None:
    """Write what JobEvents declare, one row each, and the edges that follow from them."""
    if not batch.declarations:
        return
    known = writing.memory.column_sets
    named = []
    for each in batch.declarations:
        job_id = jobs[each.job]
        columns = (SaidColumns(job_id, datasets[name], said).key for name, said in each.columns)
        sets = (
            frozenset(datasets[name] for name in each.inputs),
            frozenset(datasets[name] for name in each.outputs),
            frozenset[int]().union(*(known[key] for key in columns)),
        )
        named.append((job_id, each, sets))
    ids = ensure_sets(writing, {members for *_, sets in named for members in sets})
    rows = [
        (job_id, each.event_time, each.digest, *(ids[members] for members in sets), each.position)
        for job_id, each, sets in named
    ]
    insert_missing_rows(writing.connection, declaration, rows)
    for side in SIDES:
        _write_declared(writing, side, {job_id for job_id, *_ in named})


def _is_touched(side: Side, change: RunChange) -> bool:
    before, after = change.before, change.after
    if side.set_of(after) is None:
        return False
    return side.set_of(before) != side.set_of(after) or _timing(before) != _timing(after)


def _timing(row: RunRow) -> tuple[object, ...]:
    return row.state, row.anchor_at, row.first_event_at, row.last_event_at


def _write_observed(writing: Writing, side: Side, touched: Collection[RunChange]) -> None:
    members = recall_members(writing, [side.set_of(each.after) for each in touched])
    since: dict[int, int] = {}
    seen: dict[EdgeKey, Seen] = {}
    for change in touched:
        row = change.after
        first, last = row.first_event_at or 0, row.last_event_at or 0
        since[row.job_id] = min(first, since.get(row.job_id, first))
        for member in members[side.set_of(row)]:
            _see(seen, EdgeKey(row.job_id, member), Seen(first, last))
    windows = _read_windows(writing, side, since)
    starts = {job_id: window.start_at for job_id, window in windows.items()}
    stored = side.read_since(writing, OBSERVED, starts)
    unread = [key for key in _named(windows) if key not in stored]
    opened = _open_since(stored, starts)
    stored |= side.read_all(writing, OBSERVED, unread)
    folded = {
        EdgeKey(job_id, member): intervals
        for job_id, window in windows.items()
        for member, intervals in fold_intervals(
            window.namings, omissions=OBSERVED_OMISSIONS, open_since=opened.get(job_id)
        ).items()
    }
    side.write(writing, OBSERVED, list(_merge(folded, stored, starts, seen)))


def _read_windows(writing: Writing, side: Side, since: Mapping[int, int]) -> dict[int, _Window]:
    statement = _FIND_RUNS.format(column=side.set_column)
    found = list(select_in(writing.connection, statement, since.items()))
    members = recall_members(writing, (row[-1] for row in found))
    windows: dict[int, _Window] = {}
    for job_id, start_at, run_id, first, anchor, state, set_id in found:
        window = windows.setdefault(job_id, _Window(start_at, []))
        can_omit = state == RunState.COMPLETE
        window.namings.append(Naming(first, anchor, run_id, can_omit, members[set_id]))
    return windows


def _write_declared(writing: Writing, side: Side, jobs: Iterable[int]) -> None:
    statement = _FIND_DECLARATIONS.format(column=side.set_column)
    found = list(select_in(writing.connection, statement, [(job_id,) for job_id in jobs]))
    members = recall_members(writing, (row[-1] for row in found))
    windows: dict[int, _Window] = {}
    seen: dict[EdgeKey, Seen] = {}
    for job_id, at, digest, set_id in found:
        naming = Naming(at, at, bytes(digest).hex(), can_omit=True, members=members[set_id])
        windows.setdefault(job_id, _Window(0, [])).namings.append(naming)
        for member in members[set_id]:
            _see(seen, EdgeKey(job_id, member), Seen(at, at))
    folded = {
        EdgeKey(job_id, member): intervals
        for job_id, window in windows.items()
        for member, intervals in fold_intervals(
            window.namings, omissions=DECLARED_OMISSIONS
        ).items()
    }
    stored = side.read_all(writing, DECLARED, folded)
    starts = {job_id: window.start_at for job_id, window in windows.items()}
    side.write(writing, DECLARED, list(_merge(folded, stored, starts, seen)))


def _named(windows: Mapping[int, _Window]) -> set[EdgeKey]:
    return {
        EdgeKey(job_id, member)
        for job_id, window in windows.items()
        for naming in window.namings
        for member in naming.members
    }


def _see(seen: dict[EdgeKey, Seen], key: EdgeKey, named: Seen) -> None:
    seen[key] = seen[key].widened(named) if key in seen else named


def _open_since(
    stored: Mapping[EdgeKey, StoredEdge], starts: Mapping[int, int]
) -> dict[int, dict[int, int]]:
    """Return, by job and member, when the intervals opened that were open as the window starts."""
    opened: dict[int, dict[int, int]] = {}
    for key, each in stored.items():
        start_at = starts[key.job_id]
        for interval in each.intervals.values():
            if interval.opened_at < start_at and not _closed_before(interval, start_at):
                opened.setdefault(key.job_id, {})[key.member] = interval.opened_at
    return opened


def _merge(
    folded: Mapping[EdgeKey, list[Interval]],
    stored: Mapping[EdgeKey, StoredEdge],
    starts: Mapping[int, int],
    seen: Mapping[EdgeKey, Seen],
) -> Iterator[EdgeChange]:
    """Compare what the edges are now with what is stored of them."""
    for key, intervals in folded.items():
        held = stored.get(key)
        if held is None:
            yield EdgeChange(key, dict(enumerate(intervals)), (), seen[key], None)
            continue
        start_at = starts[key.job_id]
        later = [n for n, each in held.intervals.items() if not _closed_before(each, start_at)]
        first = min(later, default=max(held.intervals) + 1)
        wanted = dict(enumerate(intervals, first))
        changed = {n: each for n, each in wanted.items() if held.intervals.get(n) != each}
        vanished = [n for n in later if n not in wanted]
        now_seen = held.seen.widened(seen.get(key, held.seen))
        if changed or vanished or now_seen != held.seen:
            yield EdgeChange(key, changed, vanished, now_seen, held.seen)


def _closed_before(interval: Interval, instant: int) -> bool:
    return interval.closed_at is not None and interval.closed_at < instant
