"""Edges and their validity intervals, folded again around whatever a batch has changed.

The rules are in ``hub.domain.lineage.intervals``. A change to a run matters only from the last
complete run before its siblings on, so only the runs since then are read, and theirs: ordinarily
that one and the changed run.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain
from typing import Final, NamedTuple

from hub.domain.lineage.intervals import Naming, day_of, day_span
from hub.domain.lineage.surety import DECLARED, OBSERVED
from hub.domain.names import JobName
from hub.domain.openlineage.conformance import SAID_STREAM, source_of
from hub.domain.openlineage.runs import RunState, fold_run
from hub.store import inference_dues
from hub.store.packing import unpack_run_id
from hub.store.projection.batch import Batch, Place, Usage
from hub.store.projection.beginnings import named_since
from hub.store.projection.courses import Course, DeclaredCourse, Held
from hub.store.projection.edge_rows import (
    COLUMNS,
    SIDES,
    EdgeChange,
    EdgeKey,
    Seen,
    Side,
    StoredEdge,
)
from hub.store.projection.memory import Settled, Writing
from hub.store.projection.rows import RowValues, insert_missing_rows, select_in
from hub.store.projection.runs import RunChange, ensure_producers
from hub.store.projection.sets import Named, ensure_sets, recall_members
from hub.store.projection.siblings import (
    AMONG_SIBLINGS,
    beginnings_of_groups,
    key_of,
    starts_of_windows,
)
from hub.store.tables import declaration

# VALUES has columns named column1, column2… on SQLite and PostgreSQL alike.
_NAMED: Final = (
    "SELECT t.column1, r.run_id, r.first_event_at, r.anchor_at, r.state, r.said, r.begun,"
    " r.parent_id, r.{column} "
)
_FIND_RUNS: Final = (
    _NAMED
    + """
FROM {{keys}} AS t CROSS JOIN run r
WHERE r.job_id = t.column1 AND r.anchor_at >= t.column2 AND r.{column} IS NOT NULL
"""
)
_FIND_EARLIER: Final = _NAMED + AMONG_SIBLINGS + "AND r.anchor_at < t.column5"
_FIND_STATEMENTS: Final = (
    "SELECT job_id, event_time, digest, can_omit, is_whole, producer.name, {column}"
    " FROM declaration LEFT JOIN producer ON producer.id = producer_id"
    " WHERE ({column} IS NOT NULL OR is_whole) AND (job_id) IN {{keys}}"
)
_COURSES: Final = {OBSERVED: Course, DECLARED: DeclaredCourse}

_Namings = dict[Hashable, Naming]


class _Statement(NamedTuple):
    """What somebody says at once that a job reads, writes and makes of which fields."""

    job_id: int
    event_time: int
    digest: bytes
    producer: str | None
    place: Place
    sets: Named
    # What it leaves out counts.
    can_omit: bool = True
    # So it does where nothing is named.
    is_whole: bool = False

    @property
    def key(self) -> tuple[int, bytes]:
        """What tells it from the job's others."""
        return self.event_time, self.digest


class _Window(NamedTuple):
    """A job's history on one side, from ``start_at`` on.

    ``namings`` are as of before the batch, earlier siblings among them; ``told`` is what the batch
    makes of them, by the position from which on it is known.
    """

    start_at: int
    namings: _Namings
    told: dict[int, _Namings]

    def tell(self, known_at: int, key: Hashable, naming: Naming) -> None:
        """Add to what the batch makes of the namings."""
        if not naming.is_silent:
            self.told.setdefault(known_at, {})[key] = naming

    def members(self) -> set[int]:
        """Return every member that is named."""
        namings = chain(self.namings.values(), *(each.values() for each in self.told.values()))
        return {member for naming in namings for member in naming.members}


class _Edges(NamedTuple):
    """Where a job's edges on one side have come to, and when each was seen, by member."""

    course: Course
    seen: Mapping[int, Seen]


def write_edges(
    writing: Writing, changes: Collection[RunChange], named: Mapping[Usage, Named]
) -> None:
    """Bring the edges of every job of which a run has changed up to date."""
    by_job: dict[int, list[RunChange]] = {}
    began = beginnings_of_groups(writing, changes)
    for change in changes:
        by_job.setdefault(change.after.job_id, []).append(change)
    for side in SIDES:
        _write_observed(writing, side, by_job, began, named)


def write_declarations(
    writing: Writing, batch: Batch, named: Mapping[Usage, Named], jobs: Mapping[JobName, int]
) -> None:
    """Write what JobEvents declare, one row each, and the edges that follow from them."""
    statements = [
        _Statement(
            *(jobs[each.usage.job], each.event_time, each.digest, each.producer),
            *(each.place, named[each.usage]),
            can_omit=each.can_omit,
            is_whole=each.is_whole,
        )
        for each in batch.declarations
    ]
    _write_statements(writing, statements)


def _write_statements(writing: Writing, statements: Collection[_Statement]) -> None:
    if not statements:
        return
    ids = ensure_sets(writing, {members for each in statements for members in each.sets})
    producers = ensure_producers(writing, {each.producer for each in statements})
    for side in SIDES:
        _write_stated(writing, side, [(e, side.named_in(e.sets)) for e in statements])
    rows = [
        (
            *(each.job_id, *each.key),
            *(ids[members] for members in each.sets),
            *(each.place.position, each.can_omit, each.is_whole, producers[each.producer]),
        )
        for each in statements
    ]
    insert_missing_rows(writing.connection, declaration, rows)


def _write_observed(
    writing: Writing,
    side: Side,
    by_job: Mapping[int, Collection[RunChange]],
    began: Mapping[int, int],
    named: Mapping[Usage, Named],
) -> None:
    memory, set_of = writing.memory, side.set_of
    seen_again: dict[EdgeKey, int] = {}
    moving: list[RunChange] = []
    for job_id, changes in by_job.items():
        touched = [
            each
            for each in changes
            if (set_id := set_of(each.after)) is not None
            and (
                each.is_moved
                or each.is_begun_anew
                or set_id != set_of(each.before)
                or each.after.parent_id != each.before.parent_id
            )
        ]
        if not touched:
            continue
        held = memory.settled.pop((side.name, job_id), None)
        members = memory.members.get(held.set_id) if held else None
        if held is None or not _repeat(held, side, touched, began, named, members):
            moving += touched
            continue
        last_at = max([each.after.last_event_at or 0 for each in touched])
        if last_at > held.last_at:
            held = Settled(held.set_id, held.since, last_at)
            named_again = memory.members[held.set_id]
            seen_again.update((EdgeKey(job_id, member), last_at) for member in named_again)
        memory.settled[side.name, job_id] = held
    side.write_last_seen(writing, OBSERVED, seen_again)
    if moving:
        _write_moving(writing, side, moving, began, named)


def _repeat(
    held: Settled,
    side: Side,
    changes: Iterable[RunChange],
    began: Mapping[int, int],
    named: Mapping[Usage, Named],
    members: frozenset[int] | None,
) -> bool:
    """Whether runs name, whenever they name anything, what their job's recent ones have named."""
    set_of, named_in = side.set_of, side.named_in
    for change in changes:
        after, was_of = change.after, set_of(change.before)
        if change.is_begun_anew:
            return False
        first_at = after.first_event_at or 0
        if set_of(after) != held.set_id or first_at < held.since:
            return False
        if after.id in began and began[after.id] < held.since:
            return False
        if was_of is not None and was_of != held.set_id:
            return False
        # A set of a run that had none can have come from nothing but all that it is said to use.
        if was_of is None and len(change.draft.usages) > 1:
            for usage in change.draft.usages:
                names = named_in(named[usage])
                if names and names is not members and names != members:
                    return False
    return True


def _write_moving(
    writing: Writing,
    side: Side,
    touched: Collection[RunChange],
    began: Mapping[int, int],
    named: Mapping[Usage, Named],
) -> None:
    rows = [row for each in touched for row in (each.before, each.after)]
    members = recall_members(writing, map(side.set_of, rows))
    since: dict[int, int] = {}
    seen: dict[EdgeKey, Seen] = {}
    for change in touched:
        row = change.after
        first, last = row.first_event_at or 0, row.last_event_at or 0
        at = min(first, began.get(row.id, first))
        since[row.job_id] = min(at, since.get(row.job_id, at))
        for member in members[side.set_of(row)]:
            _see(seen, EdgeKey(row.job_id, member), Seen(first, last))
    windows = _read_windows(writing, side, since)
    for change in touched:
        added = _names_added(side, change, named)
        was = members[side.set_of(change.before)]
        _tell(windows[change.after.job_id], side, change, was, added)
    edges = _write(writing, side, OBSERVED, windows, seen)
    for change in touched:
        settled = _settled(edges[change.after.job_id], members, side.set_of(change.after))
        if settled:
            writing.memory.settled[side.name, change.after.job_id] = settled


def _settled(
    edges: _Edges, members: Mapping[int | None, frozenset[int]], set_id: int | None
) -> Settled | None:
    """Return what to remember of a job's edges on one side, if its last runs all name one set."""
    found = edges.course.settled
    if set_id is None or found is None or found.members != members[set_id]:
        return None
    last_at = min(edges.seen[member].last_at for member in found.members)
    return Settled(set_id, found.since, last_at)


def _read_windows(writing: Writing, side: Side, since: Mapping[int, int]) -> dict[int, _Window]:
    """Return the runs of each job from the last that can omit before an instant on, and siblings.

    Groups of the runs that a batch changes begin at the instant or later.
    """
    column = side.set_column
    starts = starts_of_windows(writing, column, since)
    windows = {job_id: _Window(start_at, {}, {}) for job_id, start_at in starts.items()}
    _take_in(writing, side, windows, _FIND_RUNS.format(column=column), starts.items())
    cut = {
        (*key_of((job_id, each.parent, day)), window.start_at)
        for job_id, window in windows.items()
        for each in window.namings.values()
        if each.can_omit and each.parent is not None
        if day_span(day := day_of(each.first_at))[0] < window.start_at
    }
    _take_in(writing, side, windows, _FIND_EARLIER.format(column=column), cut)
    return windows


def _take_in(
    writing: Writing,
    side: Side,
    windows: Mapping[int, _Window],
    statement: str,
    keys: Iterable[RowValues],
) -> None:
    """Add the runs to windows that a statement finds."""
    found = list(select_in(writing.connection, statement, keys))
    members = recall_members(writing, (row[-1] for row in found))
    for job_id, packed, first, anchor, state, said, begun, parent_id, set_id in found:
        run_id = unpack_run_id(packed)
        since = named_since(said, begun, side)
        can_omit = state == RunState.COMPLETE
        windows[job_id].namings[run_id] = Naming(
            *(first, anchor, run_id, can_omit, members[set_id], since, parent_id)
        )


def _names_added(
    side: Side, change: RunChange, named: Mapping[Usage, Named]
) -> list[tuple[int, frozenset[int]]]:
    """Return what the batch has a run name, and the position from which on each is known."""
    return [
        (told.place.known_at, names)
        for usage, told in change.draft.usages.items()
        if (names := side.named_in(named[usage]))
    ]


def _tell(
    window: _Window,
    side: Side,
    change: RunChange,
    before: frozenset[int],
    added: Collection[tuple[int, frozenset[int]]],
) -> None:
    """Take a run in a window back to before the batch, and tell what the batch makes of it."""
    old, run_id = change.before, unpack_run_id(change.before.run_id)
    now = window.namings.pop(run_id)
    if before:
        can_omit = old.state == RunState.COMPLETE
        span = old.first_event_at or 0, old.anchor_at or 0
        since = named_since(old.said, old.begun, side)
        window.namings[run_id] = Naming(*span, run_id, can_omit, before, since, old.parent_id)
    keys, stream_from = change.draft.keys, change.draft.stream_from
    steps = sorted({place.known_at for place in keys.values()})
    for known_at in steps[:-1]:
        told = (key for key, place in keys.items() if place.known_at <= known_at)
        fold = fold_run([*change.known, *told])
        members = before.union(*(names for at, names in added if at <= known_at))
        can_omit = fold.state is RunState.COMPLETE
        span = fold.first_event_at, fold.anchor_at
        is_stream = stream_from is not None and stream_from <= known_at
        said = old.said | (SAID_STREAM if is_stream else 0)
        since = named_since(said, old.begun, side, change.begun, known_at=known_at)
        parent_id = change.parent_known_at(known_at)
        step = Naming(*span, run_id, can_omit, members, since, parent_id)
        window.tell(known_at, run_id, step)
    window.tell(steps[-1], run_id, now)


def _write_stated(
    writing: Writing,
    side: Side,
    named: Collection[tuple[_Statement, frozenset[int]]],
) -> None:
    windows = {each.job_id: _Window(0, {}, {}) for each, _ in named}
    statement = _FIND_STATEMENTS.format(column=side.set_column)
    keys = [(job_id,) for job_id in windows]
    found = list(select_in(writing.connection, statement, keys))
    members = recall_members(writing, (row[-1] for row in found))
    for job_id, at, digest, can_omit, is_whole, told_by, set_id in found:
        key = at, bytes(digest)
        counts = {"can_omit": bool(can_omit), "is_whole": bool(is_whole)}
        windows[job_id].namings[key] = _stated(side, key, told_by, members[set_id], **counts)
    seen: dict[EdgeKey, Seen] = {}
    told: set[tuple[int, Hashable]] = set()
    for each, names in named:
        window = windows[each.job_id]
        if each.key not in window.namings and (each.job_id, each.key) not in told:
            told.add((each.job_id, each.key))
            counts = {"can_omit": each.can_omit, "is_whole": each.is_whole}
            naming = _stated(side, each.key, each.producer, names, **counts)
            window.tell(each.place.known_at, each.key, naming)
            for member in names:
                _see(seen, EdgeKey(each.job_id, member), Seen(each.event_time, each.event_time))
    told_of = {key: each for key, each in windows.items() if each.told}
    _write(writing, side, DECLARED, told_of, seen)


def _stated(
    side: Side,
    key: tuple[int, bytes],
    producer: str | None,
    members: frozenset[int],
    *,
    can_omit: bool,
    is_whole: bool,
) -> Naming:
    at, digest = key
    # Of fields it may well say nothing.
    is_whole = is_whole and side is not COLUMNS
    return Naming(
        *(at, at, digest.hex(), can_omit, members), is_whole=is_whole, source=source_of(producer)
    )


def _see(seen: dict[EdgeKey, Seen], key: EdgeKey, named: Seen) -> None:
    seen[key] = seen[key].widened(named) if key in seen else named


def _write(
    writing: Writing,
    side: Side,
    origin: str,
    windows: Mapping[int, _Window],
    seen: Mapping[EdgeKey, Seen],
) -> dict[int, _Edges]:
    """Follow each job through the batch, and write where that leaves its edges."""
    starts = {job_id: window.start_at for job_id, window in windows.items()}
    stored = side.read_since(writing, origin, starts)
    named = (EdgeKey(key, member) for key, each in windows.items() for member in each.members())
    stored |= side.read_all(writing, origin, [key for key in named if key not in stored])
    held: dict[int, dict[int, dict[int, Held]]] = {job_id: {} for job_id in windows}
    for key, edge in stored.items():
        held[key.job_id][key.member] = edge.intervals
    changes: list[EdgeChange] = []
    edges: dict[int, _Edges] = {}
    for job_id, window in windows.items():
        course = _COURSES[origin](window.start_at, window.namings, held[job_id])
        for known_at in sorted(window.told):
            course.tell(known_at, window.told[known_at])
        edges[job_id] = _Edges(course, _seen_by_now(job_id, course, stored, seen))
        changes += _changes(job_id, edges[job_id], stored)
    side.write(writing, origin, changes)
    # What a job's SQL means is asked again, and its relatives' too where it has named a dataset.
    new = (each.key.job_id for each in changes if each.was_seen is None)
    kind = inference_dues.JOB if side is COLUMNS else inference_dues.NEAR
    inference_dues.mark(writing.connection, kind, new)
    return edges


def _seen_by_now(
    job_id: int,
    course: Course,
    stored: Mapping[EdgeKey, StoredEdge],
    seen: Mapping[EdgeKey, Seen],
) -> dict[int, Seen]:
    found = {}
    for member in course.held:
        key = EdgeKey(job_id, member)
        old = stored.get(key)
        spans = [each for each in (old and old.seen, seen.get(key)) if each]
        found[member] = reduce(Seen.widened, spans)
    return found


def _changes(
    job_id: int, edges: _Edges, stored: Mapping[EdgeKey, StoredEdge]
) -> Iterator[EdgeChange]:
    """Compare where a job's course has led with what is stored of its edges."""
    for member, intervals in edges.course.held.items():
        key = EdgeKey(job_id, member)
        old = stored.get(key)
        before = old.intervals if old else {}
        change = EdgeChange(
            key,
            changed={n: each for n, each in intervals.items() if before.get(n) != each},
            vanished=[n for n in before if n not in intervals],
            superseded=edges.course.superseded.get(member, ()),
            seen=edges.seen[member],
            was_seen=old and old.seen,
        )
        if change.is_any:
            yield change
