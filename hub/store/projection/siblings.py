"""Runs that omit together: those of a job under one parent that began on the same day.

Nothing may be folded again from their midst, so it is asked where they begin and end. An index of
their own finds them: a parent that goes on for years costs no more than its day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product
from typing import Final

from hub.domain.lineage.intervals import day_of, day_span
from hub.store.projection.memory import Writing
from hub.store.projection.rows import RowValues, select_in
from hub.store.projection.runs import RunChange

# Those that have something in a column. But for CROSS JOIN, SQLite would look for keys in all runs.
AMONG_SIBLINGS: Final = """
FROM {{keys}} AS t CROSS JOIN run r
WHERE r.job_id = t.column1 AND r.parent_id = t.column2
  AND r.first_event_at >= t.column3 AND r.first_event_at < t.column4 AND r.{column} IS NOT NULL
"""
_GROUP_BY: Final = " GROUP BY t.column1, t.column2, t.column3"
_FIND_BEGINNINGS: Final = (
    "SELECT t.column1, t.column2, t.column3, min(r.first_event_at)"
    + AMONG_SIBLINGS.format(column="state")
    + _GROUP_BY
)
_FIND_SPANS: Final = (
    "SELECT t.column1, min(r.first_event_at),"
    " max(CASE WHEN r.state = 'COMPLETE' THEN r.anchor_at END)" + AMONG_SIBLINGS + _GROUP_BY
)
_FIND_LAST: Final = """
SELECT t.column1, r.anchor_at, r.parent_id, r.first_event_at
FROM {{keys}} AS t CROSS JOIN run r
WHERE r.id = (
  SELECT l.id FROM run l
  WHERE l.job_id = t.column1 AND l.anchor_at < t.column2
    AND l.state = 'COMPLETE' AND l.{column} IS NOT NULL
  ORDER BY l.anchor_at DESC LIMIT 1
)
"""


# A job, a parent, and the day on which siblings began.
Group = tuple[int, int, int]


def key_of(group: Group) -> RowValues:
    """Return what ``AMONG_SIBLINGS`` finds a group by."""
    job_id, parent_id, day = group
    return job_id, parent_id, *day_span(day)


def beginnings_of_groups(writing: Writing, changes: Iterable[RunChange]) -> dict[int, int]:
    """Return when the groups began that runs belong to, or have belonged to, if before them.

    By the run's id. It may be earlier than that: then more is folded again than need be.
    """
    memory = writing.memory.siblings
    began, known_after = memory.began, memory.known_after
    found: dict[int, int] = {}
    unknown: dict[Group, list[int]] = {}
    for change in changes:
        run_id, first_at = change.after.id, change.after.first_event_at or 0
        for group in _groups_of(change, first_at):
            if group[1] <= known_after:
                unknown.setdefault(group, []).append(run_id)
                continue
            known = began.get(group)
            if known is None or first_at < known:
                began[group] = first_at
            elif known < first_at:
                found[run_id] = min(known, found.get(run_id, known))
    keys = map(key_of, unknown)
    for job_id, parent_id, start, at in select_in(writing.connection, _FIND_BEGINNINGS, keys):
        for run_id in unknown[job_id, parent_id, day_of(start)]:
            found[run_id] = min(at, found.get(run_id, at))
    return found


def _groups_of(change: RunChange, first_at: int) -> Collection[Group]:
    """Return the groups of a run before the batch, after it, and after each of its blocks."""
    before, after, facets = change.before, change.after, change.draft.facets
    parent_id, day = after.parent_id, day_of(first_at)
    # Until now, or since the first of its events that came.
    until = day_of(before.first_event_at or after.last_event_at or 0)
    if day == until and len(facets) <= 1 and before.parent_id in (None, parent_id):
        return () if parent_id is None else ((after.job_id, parent_id, day),)
    parents = {before.parent_id, *change.parents_said()} - {None}
    days = {day, until, *(day_of(key.event_time) for key in change.draft.keys)}
    return [(after.job_id, each, at) for each, at in product(parents, days) if each is not None]


def starts_of_windows(writing: Writing, column: str, since: Mapping[int, int]) -> dict[int, int]:
    """Return, for each job, where the last that can omit before an instant ended, or earlier.

    Siblings that go on after the instant have not omitted yet by then; they are passed over.
    """
    starts: dict[int, int] = {}
    pending = dict(since)
    while pending:
        starts |= {job_id: at - 1 for job_id, at in pending.items()}
        groups = []
        for job_id, ended_at, parent_id, first_at in select_in(
            writing.connection, _FIND_LAST.format(column=column), pending.items()
        ):
            starts[job_id] = ended_at
            if parent_id is not None:
                groups.append(key_of((job_id, parent_id, day_of(first_at))))
        spans = select_in(writing.connection, _FIND_SPANS.format(column=column), groups)
        pending = {job_id: first_at for job_id, first_at, end in spans if end >= since[job_id]}
    return starts
