"""Writing to the lake: rows, cursor and counts in one commit, and the count checked after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pyarrow as pa

from hub.domain.errors import Conflict, InvariantBroken
from hub.domain.failures.failure import Origin
from hub.runtime.failures import blame
from hub.runtime.rows import ORIGIN, SEQUENCE, SYSTEM_COLUMNS, Place, described
from hub.runtime.work import Work
from hub.spi.lake import Commit, Version

RUN = "run"
CHECKPOINT = "checkpoint"
INPUTS = "inputs"
RECIPE = "recipe"
NEWEST = "newest_event_time"
ROWS_IN, ROWS_OUT, ROWS_REFUSED = "rows_in", "rows_out", "rows_refused"
COMMITTED_AT = "committed_at"

_Write: TypeAlias = Callable[[Commit], Version]


def append(
    work: Work, table: pa.Table, notes: Mapping[str, str], *, writer: str | None = None
) -> None:
    """Add rows to the step's dataset.

    Raises:
        Conflict: another process wrote the same commit.
        InvariantBroken: the dataset grew by another number of rows.

    """
    if work.is_rehearsal:
        work.tally.rows_out += table.num_rows
        return
    lake = work.lake
    with blame(Origin.LAKE):
        before = lake.version(work.step.writes)
    version = _commit(
        work,
        table,
        notes,
        writer or work.step.job_name,
        lambda commit: lake.append(work.step.writes, table, commit, append_only=True),
    )
    grown = version.rows - (before.rows if before else 0)
    alone = before is None or version.number == before.number + 1
    # Another writer's rows may lie between the two versions, never fewer than ours.
    if grown < table.num_rows or (alone and grown != table.num_rows):
        message = f"{work.step.writes} grew by {grown} rows, and {table.num_rows} were written"
        raise InvariantBroken(message, fix="compare the lake's versions before going on")
    work.tally.bytes_out += version.bytes - (before.bytes if before else 0)
    work.tally.files_out += version.files - (before.files if before else 0)


def overwrite(work: Work, table: pa.Table, notes: Mapping[str, str]) -> None:
    """Replace the step's dataset.

    Raises:
        Conflict: another process wrote the same commit.
        InvariantBroken: the dataset has another number of rows.

    """
    if work.is_rehearsal:
        work.tally.rows_out += table.num_rows
        return
    lake = work.lake
    version = _commit(
        work,
        table,
        notes,
        work.step.job_name,
        lambda commit: lake.overwrite(work.step.writes, table, commit, partition=None),
    )
    if version.rows != table.num_rows:
        message = f"{work.step.writes} has {version.rows} rows, and {table.num_rows} were written"
        raise InvariantBroken(message, fix="compare the lake's versions before going on")
    work.tally.bytes_out, work.tally.files_out = version.bytes, version.files


def look_up(work: Work) -> None:
    """Take note of the step's dataset as it is now: its version, schema and place."""
    lake, dataset = work.lake, work.step.writes
    with blame(Origin.LAKE):
        work.tally.version = lake.version(dataset)
        schema = lake.schema(dataset)
        work.tally.uri = lake.location(dataset)
    work.tally.schema = described(schema) if schema is not None else []


def replay_writer(work: Work) -> str:
    """Return the name under which replayed records of the step are committed."""
    return f"{work.step.job_name}.replay"


def places(work: Work) -> set[Place]:
    """Return the places of all records in the step's dataset."""
    with blame(Origin.LAKE):
        if work.lake.version(work.step.writes) is None:
            return set()
        there = work.lake.read(work.step.writes, columns=SYSTEM_COLUMNS)
    return set(zip(there[ORIGIN].to_pylist(), there[SEQUENCE].to_pylist(), strict=True))


def newest_noted(version: Version | None) -> int | None:
    """Return the newest event time in a version of a dataset, in microseconds UTC."""
    text = version.notes.get(NEWEST) if version else None
    return int(text) if text else None


def _commit(
    work: Work, table: pa.Table, notes: Mapping[str, str], writer: str, write: _Write
) -> Version:
    lake, tally, dataset = work.lake, work.tally, work.step.writes
    with blame(Origin.LAKE):
        last = lake.last_commit(dataset, writer)
        before = lake.version(dataset)
    counted = {
        RUN: work.run.run_id,
        ROWS_IN: str(tally.rows_in),
        ROWS_OUT: str(tally.rows_out + table.num_rows),
        ROWS_REFUSED: str(tally.rows_refused),
        COMMITTED_AT: str(work.tools.clock()),
    }
    times = [tally.newest_event_time, newest_noted(before)]
    if known := [time for time in times if time is not None]:
        counted[NEWEST] = str(max(known))
    number = last.number + 1 if last else 1
    with blame(Origin.LAKE):
        version = write(Commit(writer=writer, number=number, notes={**counted, **notes}))
    if version.notes.get(RUN) != work.run.run_id:
        message = f"commit {number} of {writer} to {dataset} was made by another process"
        raise Conflict(message, fix="run the step once at a time")
    tally.rows_out += table.num_rows
    tally.nulls.update({name: table[name].null_count for name in table.column_names})
    tally.version = version
    return version
