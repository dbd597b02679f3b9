"""Retention: what would leave the store, and letting it go.

Runs leave by a decision in the journal, which ``project`` carries out like any other; so a rebuild
lets the same ones go at the same place. The journal's entries leave once nothing names them. Both
are in the archive first (``hub.store.archive``), so at whatever moment this ends, nothing is gone
that is not there, and the next time it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from hub.domain.decisions import RunsRetired, encode_decision
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Conflict
from hub.domain.retention import RetentionPolicy, journal_horizon, runs_horizon
from hub.store import aging, archive, emptying, retirement
from hub.store.compaction import Compactor
from hub.store.opening import Store

JOURNAL: Final = "journal"
# Runs that leave in one transaction.
_RUNS_AT_ONCE: Final = 1_000
# Told of what, how many have gone by now, and of how many.
OnProgress = Callable[[str, int, int], None]


class Planned(Struct, frozen=True):
    """What would leave one table, of one namespace's jobs (of all where it is None).

    Instants are microseconds UTC. ``bytes`` are of the archived values, uncompressed. ``kept`` says
    how much from before the horizon stays, by why it is needed.
    """

    table: str
    namespace: str | None
    before: int
    goes: int
    bytes: int
    oldest: int | None
    newest: int | None
    kept: dict[str, int]


class Plan(Struct, frozen=True):
    """What retention would archive now, and where to."""

    now: int
    archive: str
    tables: list[Planned]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would go."""
        return not any(each.goes for each in self.tables)


def plan(store: Store, policy: RetentionPolicy, root: Path, now: int) -> Plan:
    """Say what would leave the store, and what is kept for what."""
    tables: list[Planned] = []
    going: set[int] = set()
    with store.database.read() as connection:
        for key, name in aging.namespaces_of_jobs(connection):
            horizon = runs_horizon(policy, name, now)
            if horizon is not None:
                aged = list(aging.aged_runs(connection, key, horizon, policy.least_runs))
                leaving = _leaving(connection, aged)
                tables += _planned_runs(connection, name, horizon, aged, leaving)
                going |= leaving
        until = journal_horizon(policy, now)
        if until is not None:
            tables.append(_planned_journal(store, connection, until, going))
    return Plan(now, str(root), tables)


def apply(
    store: Store,
    policy: RetentionPolicy,
    root: Path,
    *,
    now: int,
    settle: Callable[[], None],
    on_progress: OnProgress = lambda *_: None,
) -> dict[str, int]:
    """Archive what is to leave, and let it go; return how many runs and entries went.

    ``settle`` has what is in the journal projected.

    Raises:
        DataError: the archive cannot be written; what is not in it stays.

    """
    settle()
    gone: Counter[str] = Counter()
    for name, horizon, leaving in _leaving_runs(store, policy, now):
        for done, some in enumerate(_batches(leaving, _RUNS_AT_ONCE)):
            gone["runs"] += _retire(store, root, some, now=now, until=horizon, settle=settle)
            on_progress(name, min(len(leaving), (done + 1) * _RUNS_AT_ONCE), len(leaving))
    until = journal_horizon(policy, now)
    if until is not None:
        gone["entries"] += _empty_journal(store, root, until, on_progress)
    store.database.give_back_space()
    return {"runs": gone["runs"], "entries": gone["entries"]}


def _leaving(connection: Connection, aged: Sequence[aging.AgedRun]) -> set[int]:
    leaving = {each.id for each in aged if each.kept_as is None}
    retirement.spare_ancestors(connection, leaving)
    return leaving


def _leaving_runs(
    store: Store, policy: RetentionPolicy, now: int
) -> Iterator[tuple[str, int, list[int]]]:
    with store.database.read() as connection:
        namespaces = aging.namespaces_of_jobs(connection)
    for key, name in namespaces:
        horizon = runs_horizon(policy, name, now)
        if horizon is None:
            continue
        with store.database.read() as connection:
            aged = list(aging.aged_runs(connection, key, horizon, policy.least_runs))
            leaving = _leaving(connection, aged)
        # Children end before their parents, and so leave with them or before.
        yield name, horizon, [each.id for each in aged if each.id in leaving]


def _planned_runs(
    connection: Connection,
    name: str,
    horizon: int,
    aged: Sequence[aging.AgedRun],
    leaving: set[int],
) -> Iterator[Planned]:
    kept = Counter(
        each.kept_as or "a run that stays names it" for each in aged if each.id not in leaving
    )
    times = [each.ended_at for each in aged if each.id in leaving]
    oldest, newest = min(times, default=None), max(times, default=None)
    for table in aging.natural_run_tables():
        rows = size = 0
        for some in _batches(sorted(leaving), _RUNS_AT_ONCE):
            for row in connection.execute(aging.rows_of(table, some)):
                rows += 1
                size += sum(map(_size, row))
        is_run = table.name == "run"
        yield Planned(
            table.name, name, horizon, rows, size, oldest, newest, dict(kept) if is_run else {}
        )


def _planned_journal(store: Store, connection: Connection, until: int, going: set[int]) -> Planned:
    named = emptying.named_positions(connection, going)
    count = size = named_ones = 0
    oldest = newest = None
    for each in emptying.emptyings(connection, until, named):
        named_ones += each.kept
        count += len(each.going)
        size += each.size
        if each.going:
            oldest = each.going[0].recorded_at if oldest is None else oldest
            newest = each.going[-1].recorded_at
    behind = store.journal.position_at(connection, until - 1) - emptying.passed_by_all(connection)
    kept = {
        "a run, a letter or a command that stays names it": named_ones,
        "a stage has not passed it, or it is not compacted": max(0, behind),
    }
    return Planned(
        JOURNAL, None, until, count, size, oldest, newest, {k: n for k, n in kept.items() if n}
    )


def _retire(
    store: Store,
    root: Path,
    ids: Sequence[int],
    *,
    now: int,
    until: int,
    settle: Callable[[], None],
) -> int:
    with store.database.read() as connection:
        staying = set(ids)
        retirement.spare_ancestors(connection, staying)
        ids = sorted(staying)
        runs = aging.describe(connection, ids)
        if not runs:
            return 0
        tables = {
            table.name: archive.Columns(
                {each.name: _type(each) for each in table.statement.selected_columns},
                connection.execute(aging.rows_of(table, ids)).all(),
            )
            for table in aging.natural_run_tables()
        }
    which = blake2b(msgspec.json.encode(runs), digest_size=8).hexdigest()
    name = f"runs/{which}"
    archive.put(root, name, tables)
    decision = RunsRetired(at=now, until=until, archive=name, runs=runs)
    entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
    store.journal.append([entry], recorded_at=now)
    settle()
    return len(runs)


def _empty_journal(store: Store, root: Path, until: int, on_progress: OnProgress) -> int:
    compactor = Compactor(store.database, consumer="compact", behind="project")
    with suppress(Conflict):  # a running hub does the same
        while compactor.compact():
            pass
    with store.database.read() as connection:
        named = emptying.named_positions(connection)
        last = emptying.passed_by_all(connection)
        groups = emptying.gather(emptying.emptyings(connection, until, named))
        gone = 0
        for group in groups:
            emptying.empty(store.database, root, group)
            gone += sum(len(each.going) for each in group)
            on_progress(JOURNAL, group[-1].block.last_position, last)
    return gone


def _batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _type(column: Any) -> type:  # noqa: ANN401 - a column of a SELECT
    kind: type = column.type.python_type
    return kind


def _size(cell: object) -> int:
    return len(cell) if isinstance(cell, str | bytes | memoryview) else 8 * (cell is not None)
