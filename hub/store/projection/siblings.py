"""Runs that omit together: those of a job under one parent that began on the same day.

Nothing may be folded again from their midst, so it is asked where they begin and end. An index of
their own finds them: a parent that goes on for years costs no more than its day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product
from typing import Final, NamedTuple

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


class Group(NamedTuple):
    """Siblings, by their job, their parent and the day on which they began."""

    job_id: int
    parent_id: int
    day: int

    @property
    def key(self) -> RowValues:
        """What ``AMONG_SIBLINGS`` finds them by."""
        return self.job_id, self.parent_id, *day_span(self.day)


def beginnings_of_groups(writing: Writing, changes: Iterable[RunChange]) -> dict[int, int]:
    """Return when the groups began that runs under a parent belong to, or have belonged to.

    By the run's id. It may be earlier than that: then more is folded again than need be.
    """
    siblings = writing.memory.siblings
    found: dict[int, int] = {}
    unknown: dict[int, list[Group]] = {}
    for change in changes:
        groups = _groups_of(change)
        if not groups:
            continue
        began_at = first_at = change.after.first_event_at or 0
        for group in groups:
            if group.parent_id <= siblings.known_after:
                unknown.setdefault(change.after.id, []).append(group)
                continue
            known = siblings.began.get(group)
            if known is None or first_at < known:
                siblings.began[group] = first_at
            elif known < began_at:
                began_at = known
        found[change.after.id] = began_at
    wanted = dict.fromkeys(group for groups in unknown.values() for group in groups)
    asked = select_in(writing.connection, _FIND_BEGINNINGS, [group.key for group in wanted])
    began = {Group(job_id, parent_id, day_of(start)): at for job_id, parent_id, start, at in asked}
    for run_id, groups in unknown.items():
        found[run_id] = min(found[run_id], *(began.get(group, found[run_id]) for group in groups))
    return found


def _groups_of(change: RunChange) -> Collection[Group]:
    """Return the groups of a run before the batch, after it, and after each of its blocks."""
    before, after, draft = change.before, change.after, change.draft
    job_id, parent_id, day = after.job_id, after.parent_id, day_of(after.first_event_at or 0)
    # Until now, or since the first of its events that came.
    until = day_of(before.first_event_at or after.last_event_at or 0)
    if day == until and before.parent_id in (None, parent_id) and len(draft.facets) <= 1:
        return () if parent_id is None else (Group(job_id, parent_id, day),)
    parents = {before.parent_id, *change.parents_said()} - {None}
    days = {day, until, *(day_of(key.event_time) for key in draft.keys)}
    return [Group(job_id, each, at) for each, at in product(parents, days) if each is not None]


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
                groups.append(Group(job_id, parent_id, day_of(first_at)).key)
        spans = select_in(writing.connection, _FIND_SPANS.format(column=column), groups)
        pending = {job_id: first_at for job_id, first_at, end in spans if end >= since[job_id]}
    return starts
