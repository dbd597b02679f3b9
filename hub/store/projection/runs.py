"""Runs: their rows, folded again from the keys of their events whenever one arrives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import astuple, replace

from hub.domain.names import JobName, RunName
from hub.domain.openlineage.conformance import SAID_STREAM, faults_of
from hub.domain.openlineage.events import EventType
from hub.domain.openlineage.facets import ParentRun
from hub.domain.openlineage.runs import (
    RunEventKey,
    RunState,
    fold_run,
    kept_heartbeats,
)
from hub.store import inference_dues
from hub.store.packing import pack_run_id
from hub.store.projection.batch import Batch, RunDraft, Usage
from hub.store.projection.beginnings import Beginning, beginnings, begun
from hub.store.projection.memory import MAX_KEYS_OF_RUN, OpenRun, RunRow, Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_missing_rows,
    insert_rows,
    matching,
    select_in,
    update_rows,
)
from hub.store.projection.sets import Named, ensure_sets, recall_members
from hub.store.projection.tallies import Counted, tally
from hub.store.tables import EVENT_TYPES, job_parent, producer, run, run_event


class RunChange(Struct, frozen=True, gc=False):
    """What a batch made of a run.

    ``is_new``: the store did not know it, not even as a parent. ``is_moved``: it is in another
    state, or at other times. ``was_measured``: the store may have measures of it. ``known`` are
    the keys of events that it was folded from before. ``begun`` is what the batch says of when the
    run first named anything; it ``is_begun_anew`` if it is of a stream, and that or when it first
    named something was not known. ``rows`` are those of all runs that the batch names.
    """

    before: RunRow
    after: RunRow
    is_new: bool
    is_moved: bool
    was_measured: bool
    draft: RunDraft
    known: tuple[RunEventKey, ...]
    begun: tuple[Beginning, ...]
    is_begun_anew: bool
    rows: Mapping[RunName, RunRow]

    def parents_said(self) -> set[int | None]:
        """Return every parent that the batch says the run to have, whichever it comes to."""
        said = (each.parent for each in self.draft.facets)
        return {self.rows[each[1].parent].id for each in said if each} | {self.after.parent_id}

    def parent_known_at(self, known_at: int) -> int | None:
        """Return the run's parent, as far as it was known at a position."""
        facts: dict[str, Any] = {}
        for said, told in self.draft.facets.items():
            if said.parent is not None and told.place.known_at <= known_at:
                _claim_family(facts, self.before, said.parent, told.packed_at(known_at), self.rows)
        parent_id: int | None = facts.get("parent_id", self.before.parent_id)
        return parent_id


_COLUMNS: Final = RunRow.__struct_fields__
_PRODUCER: Final = _COLUMNS.index("producer")
_STORED: Final = tuple(run.columns.keys())
# Those before never change: its ids and its job's. To set them would write their indexes anew.
_NAMED_BY: Final = _COLUMNS.index("state")
_NAMES: Final = "(SELECT name FROM producer WHERE producer.id = producer_id)"
_FIND_RUNS: Final = matching(
    ", ".join((*_COLUMNS[:_PRODUCER], _NAMES, *_COLUMNS[_PRODUCER + 1 :])),
    "run",
    ("job_id", "run_id"),
)
_FIND_PRODUCERS: Final = matching("name, id", "producer", ("name",))
_TYPES: Final = EVENT_TYPES.words
_PLACES: Final = {each: place for place, each in enumerate(_TYPES)}
_FIND_KEYS: Final = (
    "SELECT run_id, event_time, event_type, digest FROM run_event"
    " WHERE (run_id) IN {{keys}} AND event_type {which} ({heartbeats})"
)
_HEARTBEATS: Final = ", ".join(str(_PLACES[each]) for each in _TYPES if each.is_heartbeat)
_FIND_HEARTBEATS: Final = _FIND_KEYS.format(which="IN", heartbeats=_HEARTBEATS)
# Heartbeats change a run's first and last event only, which its row knows.
_FIND_EVENTS: Final = _FIND_KEYS.format(which="NOT IN", heartbeats=_HEARTBEATS)


# To name a member of an enumeration is to look it up, and these are asked for with every run.
_NEW: Final = RunState.NEW
_OTHER: Final = EventType.OTHER
_RUNNING: Final = EventType.RUNNING
_WORDS: Final = {each: each.value for each in RunState}

_timing: Final = attrgetter("state", "anchor_at", "first_event_at", "last_event_at")


def wins(order: bytes, held: bytes | None) -> bool:
    """Whether a claim beats another one, by their packed orders."""
    return held is None or order > bytes(held)


def write_runs(
    writing: Writing,
    batch: Batch,
    named_by: Mapping[Usage, Named],
    jobs: Mapping[JobName, int],
) -> list[RunChange]:
    """Write every run that the batch reports on or names as a parent; return those reported on."""
    writing.memory.siblings.begin(writing.last_id(run))
    rows, new_names = _recall(writing, batch, jobs)
    named = _union_named(writing, batch, named_by, rows)
    set_ids = ensure_sets(writing, set(chain.from_iterable(named)))
    events = _recall_events(writing, rows, [name for name in batch.runs if name not in new_names])
    remembered = writing.memory.runs
    changes = []
    for (name, draft), (inputs, outputs, columns) in zip(batch.runs.items(), named, strict=True):
        before, held = rows[name], remembered.get(name)
        is_new = name in new_names
        was_measured = held.is_measured if held else not is_new
        known = (*events.get(before.id, ()), *_outer_keys(before))
        fold = fold_run([*draft.keys, *known])
        more = beginnings(draft, named_by) if draft.begun else ()
        after = replace(
            before,
            state=_WORDS[fold.state],
            attempt=fold.attempt,
            started_at=fold.started_at,
            ended_at=fold.ended_at,
            first_event_at=fold.first_event_at,
            last_event_at=fold.last_event_at,
            anchor_at=fold.anchor_at,
            input_set_id=set_ids[inputs],
            output_set_id=set_ids[outputs],
            column_set_id=set_ids[columns],
            producer=max(before.producer or "", draft.producer) or None,
            said=before.said | draft.said,
            begun=begun(before, more) if more else before.begun,
            **_facts(before, draft, rows),
        )
        faults = faults_of(after)
        if faults != after.faults:
            after = replace(after, faults=faults)
        moved = is_new or _timing(before) != _timing(after)
        anew = bool(after.said & SAID_STREAM) and _is_begun_anew(before, after)
        changes.append(
            RunChange(
                *(before, after, is_new, moved, was_measured),
                *(draft, known, more, anew, rows),
            )
        )
    parents = [name for name in new_names if name not in batch.runs]
    _write(writing, changes, [rows[name] for name in parents])
    _write_families(writing, batch, jobs)
    _remember(writing, dict(zip(batch.runs, changes, strict=True)), events)
    remembered.update((name, OpenRun(rows[name], (), is_measured=False)) for name in parents)
    return changes


def _is_begun_anew(before: RunRow, after: RunRow) -> bool:
    """Whether of a stream's run that it is one, or when it first named something, is news."""
    return not before.said & SAID_STREAM or after.begun != before.begun


def _recall(
    writing: Writing, batch: Batch, jobs: Mapping[JobName, int]
) -> tuple[dict[RunName, RunRow], dict[RunName, None]]:
    """Return the rows of all runs that the batch names, and which of them are new.

    New ones are numbered as they came: rows that are written together lie together.
    """
    known = writing.memory.runs
    rows: dict[RunName, RunRow] = {}
    by_key: dict[tuple[int, str | bytes], RunName] = {}
    for name in dict.fromkeys((*batch.families.runs, *batch.runs)):
        held = known.get(name)
        if held is not None:
            rows[name] = held.row
        else:
            by_key[jobs[name.job], pack_run_id(writing.connection, name.run_id)] = name
    for found in select_in(writing.connection, _FIND_RUNS, by_key):
        row = RunRow(*found)
        rows[by_key.pop((row.job_id, row.run_id))] = row
    rows.update((name, RunRow(writing.new_id(run), *key)) for key, name in by_key.items())
    return rows, dict.fromkeys(by_key.values())


def _union_named(
    writing: Writing,
    batch: Batch,
    named_by: Mapping[Usage, Named],
    rows: Mapping[RunName, RunRow],
) -> list[Named]:
    """Return what runs name by now, in all their events."""
    touched = [rows[name] for name in batch.runs]
    members = recall_members(
        writing,
        (
            key
            for row in touched
            for key in (row.input_set_id, row.output_set_id, row.column_set_id)
        ),
    )
    named = []
    for row, draft in zip(touched, batch.runs.values(), strict=True):
        inputs = members[row.input_set_id]
        outputs = members[row.output_set_id]
        columns = members[row.column_set_id]
        for usage in draft.usages:
            more = named_by[usage]
            inputs = _united(inputs, more.inputs)
            outputs = _united(outputs, more.outputs)
            columns = _united(columns, more.columns)
        named.append(Named(inputs, outputs, columns))
    return named


def _united(held: frozenset[int], more: frozenset[int]) -> frozenset[int]:
    """Return a union, as one of its parts where that is all: runs of one job mostly name alike."""
    if not held:
        return more
    return held if more is held or more <= held else held | more


def _recall_events(
    writing: Writing, rows: Mapping[RunName, RunRow], names: Iterable[RunName]
) -> dict[int, tuple[RunEventKey, ...]]:
    """Return what the store has of runs' starts and ends."""
    known = writing.memory.runs
    found = {rows[name].id: known[name].keys if name in known else None for name in names}
    missing = [(key,) for key, keys in found.items() if keys is None]
    events: dict[int, tuple[RunEventKey, ...]] = {key: keys or () for key, keys in found.items()}
    for run_id, event_time, kind, digest in select_in(writing.connection, _FIND_EVENTS, missing):
        events[run_id] += (RunEventKey(event_time, _TYPES[kind], bytes(digest)),)
    return events


def _remember(
    writing: Writing,
    changes: Mapping[RunName, RunChange],
    events: Mapping[int, tuple[RunEventKey, ...]],
) -> None:
    """Remember the runs that are going on: what ends them is soon to come."""
    runs = writing.memory.runs
    for name, change in changes.items():
        draft = change.draft
        if change.after.ended_at is not None:
            runs.pop(name, None)
            continue
        told = (key for key in draft.keys if not key.event_type.is_heartbeat)
        keys = tuple(dict.fromkeys((*events.get(change.after.id, ()), *told)))
        if len(keys) <= MAX_KEYS_OF_RUN:
            is_measured = change.was_measured or bool(draft.metrics or draft.assertions)
            runs[name] = OpenRun(change.after, keys, is_measured)
        else:
            runs.pop(name, None)


def _outer_keys(row: RunRow) -> list[RunEventKey]:
    """Return what a run's row knows of the events that are not read again."""
    if row.first_event_at is None or row.last_event_at is None:
        return []
    kind = _OTHER if row.state == _NEW else _RUNNING
    return [RunEventKey(at, kind, b"") for at in (row.first_event_at, row.last_event_at)]


def _facts(row: RunRow, draft: RunDraft, rows: Mapping[RunName, RunRow]) -> dict[str, Any]:
    """Return what the run's facets say, where they win."""
    facts: dict[str, Any] = {}
    for said, told in draft.facets.items():
        when = told.packed()
        if said.parent is not None:
            _claim_family(facts, row, said.parent, when, rows)
        if said.nominal is not None:
            digest, nominal = said.nominal
            order = when + digest
            if wins(order, facts.get("nominal_order", row.nominal_order)):
                facts["nominal_start_at"], facts["nominal_end_at"] = nominal
                facts["nominal_order"] = order
        if said.error is not None:
            digest, error = said.error
            order = when + digest
            if wins(order, facts.get("error_order", row.error_order)):
                facts["error_message"], facts["error_order"] = error.message, order
    return facts


def _claim_family(
    facts: dict[str, Any],
    row: RunRow,
    said: tuple[bytes, ParentRun],
    when: bytes,
    rows: Mapping[RunName, RunRow],
) -> None:
    """Let a run have the parent and the root that it says, where they win."""
    digest, (parent, root) = said
    order = when + digest
    if wins(order, facts.get("parent_order", row.parent_order)):
        parent_id, root_id = rows[parent].id, rows[root].id if root else None
        # Some producers name a run its own parent.
        facts["parent_id"] = parent_id if parent_id != row.id else None
        facts["root_id"] = root_id if root_id != row.id else None
        facts["parent_order"] = order


def _write(writing: Writing, changes: Collection[RunChange], parents: Iterable[RunRow]) -> None:
    producers = ensure_producers(
        writing,
        {None, *(row.producer for each in changes for row in (each.before, each.after))},
    )

    def stored(row: RunRow) -> RowValues:
        cells = [*astuple(row)]
        cells[_PRODUCER] = producers[row.producer]
        return cells

    new = [stored(row) for row in (*parents, *(each.after for each in changes if each.is_new))]
    insert_rows(writing.connection, run, new)
    moved = [
        (*stored(each.after)[_NAMED_BY:], each.after.id)
        for each in changes
        if not each.is_new and each.after != each.before
    ]
    update_rows(writing.connection, run, _STORED[_NAMED_BY:], moved)
    _write_events(writing, changes)
    tally(writing.connection, _counted(changes, producers))


def _counted(
    changes: Iterable[RunChange], producers: Mapping[str | None, int | None]
) -> Iterator[Counted]:
    """Yield what runs counted for until now, to be taken away, and what they count for."""
    for change in changes:
        before, after = change.before, change.after
        # What was only named by others counted for nothing.
        old = before.state and (before.producer, before.ended_at is None, before.faults)
        new = after.producer, after.ended_at is None, after.faults
        if old == new:
            continue
        for said, number in ((old, -1), (new, 1)):
            if said and said[0] is not None:
                producer, is_open, faults = said
                yield Counted(producers[producer], not is_open, faults, number)


def ensure_producers(writing: Writing, names: Iterable[str | None]) -> dict[str | None, int | None]:
    """Return the id of every producer."""
    known = writing.memory.producers
    missing = [(name,) for name in names if name is not None and name not in known]
    known.update(map(tuple, select_in(writing.connection, _FIND_PRODUCERS, missing)))
    new = [(writing.new_id(producer), name) for (name,) in missing if name not in known]
    insert_rows(writing.connection, producer, new)
    known.update((name, key) for key, name in new)
    return {name: known[name] if name is not None else None for name in names}


def _write_events(writing: Writing, changes: Collection[RunChange]) -> None:
    """Write the keys of events, of heartbeats only so many that streams do not add up."""
    beating = {
        each.after.id: each
        for each in changes
        for key in each.draft.keys
        if key.event_type.is_heartbeat
    }
    stored: dict[int, set[RunEventKey]] = {key: set() for key in beating}
    old = [(key,) for key, each in beating.items() if not each.is_new]
    for run_id, event_time, kind, digest in select_in(writing.connection, _FIND_HEARTBEATS, old):
        stored[run_id].add(RunEventKey(event_time, _TYPES[kind], bytes(digest)))
    gone: set[tuple[int, RunEventKey]] = set()
    for key, change in beating.items():
        told = (each for each in change.draft.keys if each.event_type.is_heartbeat)
        known = stored[key].union(told)
        gone.update((key, each) for each in known - kept_heartbeats(known))
    rows = [
        (each.after.id, key.event_time, key.digest, _PLACES[key.event_type], place.position)
        for each in changes
        for key, place in each.draft.keys.items()
        if not gone or (each.after.id, key) not in gone
    ]
    superseded = [(key, each.event_time, each.digest) for key, each in gone if each in stored[key]]
    delete_rows(writing.connection, run_event, ("run_id", "event_time", "digest"), superseded)
    insert_missing_rows(writing.connection, run_event, rows)


def _write_families(writing: Writing, batch: Batch, jobs: Mapping[JobName, int]) -> None:
    """Write which jobs' runs started runs of which."""
    known = writing.memory.families
    said = {
        (jobs[job], jobs[parent], jobs[root])
        for job, parent, root in batch.families.jobs
        # A job whose runs start one another is not below itself.
        if parent != job
    }
    new = said - known
    insert_missing_rows(writing.connection, job_parent, new)
    inference_dues.mark(writing.connection, inference_dues.NEAR, (job_id for job_id, *_ in new))
    known.update(new)
