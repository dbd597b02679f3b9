"""Letting what has aged leave the store: first into the archive, then out by a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Conflict
from hub.domain.incidents.decisions import (
    Decision,
    KnowledgeRetired,
    RetiredRow,
    RunsRetired,
    SayingsRetired,
    SettledRetired,
    encode_decision,
)
from hub.domain.retention import DAY, RetentionPolicy, horizon, runs_horizon
from hub.flow.retain.planning import (
    AT_ONCE,
    INCIDENTS,
    JOURNAL,
    LETTERS,
    Settling,
    batches,
    leaving_of,
    leaving_settled,
    sayings_horizon,
)
from hub.store import aging, archive, emptying, old_sayings, retirement, superseded
from hub.store.compaction import Compactor
from hub.store.natural_rows import NaturalTable
from hub.store.opening import Store

# Told of what, how many have gone by now, and of how many.
OnProgress = Callable[[str, int, int], None]


def apply(
    store: Store,
    policy: RetentionPolicy,
    root: Path,
    *,
    now: int,
    settle: Callable[[], None],
    on_progress: OnProgress = lambda *_: None,
) -> dict[str, int]:
    """Archive what is to leave, and let it go; return how much went of what.

    ``settle`` has what is in the journal projected.

    Raises:
        DataError: the archive cannot be written; what is not in it stays.

    """
    settle()
    door = _Door(store, root, now, settle)
    gone = {
        "runs": _runs_go(door, policy, on_progress),
        "incidents": _settled_go(door, policy, INCIDENTS, on_progress),
        "dead_letters": _settled_go(door, policy, LETTERS, on_progress),
        "superseded": _knowledge_goes(door, horizon(policy.known_days, now)),
        "sayings": _sayings_go(door, horizon(policy.facets_days, now)),
        "entries": _empty_journal(door, horizon(policy.journal_days, now), on_progress),
    }
    store.database.give_back_space()
    return gone


class _Door(Struct):
    """Through which everything leaves: the store, the archive behind it, and the hub's clock."""

    store: Store
    root: Path
    now: int
    settle: Callable[[], None]

    def archive(
        self,
        connection: Connection,
        name: str,
        selects: Iterable[tuple[NaturalTable, Select[Any]]],
    ) -> int:
        """Write rows to a folder of the archive, durably; return how many."""
        tables = {
            table.name: archive.Columns(
                {each.name: _type(each) for each in table.statement.selected_columns},
                connection.execute(statement).all(),
            )
            for table, statement in selects
        }
        archive.put(self.root, name, tables)
        return sum(len(each.rows) for each in tables.values())

    def decide(self, decision: Decision) -> None:
        """Let a decision be carried out."""
        entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
        self.store.journal.append([entry], recorded_at=self.now)
        self.settle()


def _runs_go(door: _Door, policy: RetentionPolicy, on_progress: OnProgress) -> int:
    gone = 0
    for name, since, leaving in _leaving_runs(door.store, policy, door.now):
        for done, some in enumerate(batches(leaving)):
            gone += _retire_runs(door, some, since)
            on_progress(name, min(len(leaving), (done + 1) * AT_ONCE), len(leaving))
    return gone


def _leaving_runs(
    store: Store, policy: RetentionPolicy, now: int
) -> Iterator[tuple[str, int, list[int]]]:
    with store.database.read() as connection:
        namespaces = aging.namespaces_of_jobs(connection)
    for key, name in namespaces:
        since = runs_horizon(policy, name, now)
        if since is None:
            continue
        with store.database.read() as connection:
            aged = list(aging.aged_runs(connection, key, since, policy.least_runs))
            leaving = leaving_of(connection, aged)
        # Children end before their parents, and so leave with them or before.
        yield name, since, [each.id for each in aged if each.id in leaving]


def _retire_runs(door: _Door, ids: Sequence[int], until: int) -> int:
    with door.store.database.read() as connection:
        staying = set(ids)
        retirement.spare_ancestors(connection, staying)
        ids = sorted(staying)
        runs = aging.describe(connection, ids)
        if not runs:
            return 0
        name = f"runs/{_digest(runs)}"
        door.archive(connection, name, aging.run_rows(ids))
    door.decide(RunsRetired(at=door.now, until=until, archive=name, runs=runs))
    return len(runs)


def _settled_go(
    door: _Door, policy: RetentionPolicy, kind: Settling, on_progress: OnProgress
) -> int:
    since = horizon(kind.days(policy), door.now)
    if since is None:
        return 0
    with door.store.database.read() as connection:
        aged = list(kind.aged(connection, since))
        leaving = leaving_settled(connection, kind, aged)
    # What was merged into another was over before it, and so leaves with it or before.
    rows = [RetiredRow(each.id, each.position) for each in aged if each.id in leaving]
    for done, some in enumerate(batches(rows)):
        name = f"{kind.name.replace(' ', '-')}/{_digest(some)}"
        with door.store.database.read() as connection:
            door.archive(connection, name, kind.rows([each.id for each in some]))
        decision = SettledRetired(
            at=door.now,
            until=since,
            archive=name,
            incidents=tuple(some) if kind is INCIDENTS else (),
            letters=tuple(some) if kind is LETTERS else (),
        )
        door.decide(decision)
        on_progress(kind.name, min(len(rows), (done + 1) * AT_ONCE), len(rows))
    return len(rows)


def _knowledge_goes(door: _Door, since: int | None) -> int:
    gone = 0
    if since is None:
        return gone
    while True:
        with door.store.database.read() as connection:
            until = door.store.journal.position_at(connection, since - 1)
            part = superseded.next_part(connection, until)
            if part is None:
                return gone
            name = f"known/{part:020}"
            gone += door.archive(connection, name, superseded.rows_until(part))
        door.decide(KnowledgeRetired(at=door.now, position=part, archive=name))


def _sayings_go(door: _Door, since: int | None) -> int:
    gone = 0
    if since is None:
        return gone
    while True:
        with door.store.database.read() as connection:
            until = sayings_horizon(door.store, connection, since)
            part = old_sayings.next_part(connection, until)
            if part is None:
                return gone
            name = f"said/{part.day:06}-{part.position:020}"
            gone += door.archive(connection, name, old_sayings.rows_until(part))
        decision = SayingsRetired(
            at=door.now, until=until.day * DAY, day=part.day, position=part.position, archive=name
        )
        door.decide(decision)


def _empty_journal(door: _Door, until: int | None, on_progress: OnProgress) -> int:
    if until is None:
        return 0
    store = door.store
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
            emptying.empty(store.database, door.root, group)
            gone += sum(len(each.going) for each in group)
            on_progress(JOURNAL, group[-1].block.last_position, last)
    return gone


def _digest(rows: object) -> str:
    return blake2b(msgspec.json.encode(rows), digest_size=8).hexdigest()


def _type(column: Any) -> type:  # noqa: ANN401 - a column of a SELECT
    kind: type = column.type.python_type
    return kind
