"""What would leave the store by a policy, and what is kept for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Select

from hub.domain.retention import DAY, RetentionPolicy, horizon, runs_horizon
from hub.store import aging, emptying, old_sayings, retirement, settled, superseded
from hub.store.journal import recorded_at
from hub.store.natural_rows import NaturalTable
from hub.store.opening import Store
from hub.store.retirement import Horizon

_Thing = TypeVar("_Thing")
JOURNAL: Final = "journal"
# Runs, incidents or dead letters that leave in one transaction.
AT_ONCE: Final = 1_000


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


class Settling(NamedTuple):
    """A kind of things that are over at some time, and then for some days longer in the store."""

    name: str
    days: Callable[[RetentionPolicy], int]
    aged: Callable[[Connection, int], Iterator[settled.Settled]]
    spare: Callable[[Connection, set[str]], None]
    rows: Callable[[Sequence[str]], Iterator[tuple[NaturalTable, Select[Any]]]]


INCIDENTS: Final = Settling(
    "incidents",
    lambda policy: policy.incidents_days,
    settled.aged_incidents,
    retirement.spare_merged,
    settled.incident_rows,
)
LETTERS: Final = Settling(
    "dead letters",
    lambda policy: policy.dead_letters_days,
    settled.aged_letters,
    lambda _connection, _going: None,
    settled.letter_rows,
)


def plan(store: Store, policy: RetentionPolicy, root: Path, now: int) -> Plan:
    """Say what would leave the store, and what is kept for what."""
    tables: list[Planned] = []
    going: set[int] = set()
    with store.database.read() as connection:
        for key, name in aging.namespaces_of_jobs(connection):
            since = runs_horizon(policy, name, now)
            if since is not None:
                aged = list(aging.aged_runs(connection, key, since, policy.least_runs))
                leaving = leaving_of(connection, aged)
                tables += _planned_runs(connection, name, since, aged, leaving)
                going |= leaving
        for kind in (INCIDENTS, LETTERS):
            since = horizon(kind.days(policy), now)
            if since is not None:
                tables += _planned_settled(connection, kind, since)
        since = horizon(policy.known_days, now)
        if since is not None:
            tables += _planned_knowledge(store, connection, since)
        since = horizon(policy.facets_days, now)
        if since is not None:
            tables += _planned_sayings(connection, sayings_horizon(store, connection, since))
        since = horizon(policy.journal_days, now)
        if since is not None:
            tables.append(_planned_journal(store, connection, since, going))
    return Plan(now, str(root), tables)


def sayings_horizon(store: Store, connection: Connection, since: int) -> Horizon:
    """Return the day of an instant, before which sayings go, and where the journal was then."""
    day = since // DAY
    return Horizon(day, store.journal.position_at(connection, day * DAY - 1))


def leaving_of(connection: Connection, aged: Iterable[aging.AgedRun]) -> set[int]:
    """Return which of some runs may leave."""
    leaving = {each.id for each in aged if each.kept_as is None}
    retirement.spare_ancestors(connection, leaving)
    return leaving


def leaving_settled(
    connection: Connection, kind: Settling, aged: Iterable[settled.Settled]
) -> set[str]:
    """Return which of some things that are over may leave."""
    leaving = {each.id for each in aged if each.kept_as is None}
    kind.spare(connection, leaving)
    return leaving


def batches(things: Sequence[_Thing]) -> Iterator[Sequence[_Thing]]:
    """Yield things in order, as many at once as leave in one transaction."""
    for start in range(0, len(things), AT_ONCE):
        yield things[start : start + AT_ONCE]


def _planned_runs(
    connection: Connection,
    name: str,
    before: int,
    aged: Sequence[aging.AgedRun],
    leaving: Collection[int],
) -> Iterator[Planned]:
    kept = Counter(
        each.kept_as or "a run that stays names it" for each in aged if each.id not in leaving
    )
    times = [each.ended_at for each in aged if each.id in leaving]
    selects = (aging.run_rows(some) for some in batches(sorted(leaving)))
    sizes = _sizes(connection, aging.run_rows(()), selects)
    return _planned(sizes, name, before, times, kept)


def _planned_settled(connection: Connection, kind: Settling, before: int) -> Iterator[Planned]:
    aged = list(kind.aged(connection, before))
    leaving = leaving_settled(connection, kind, aged)
    kept = Counter(
        each.kept_as or "one that was merged into it stays"
        for each in aged
        if each.id not in leaving
    )
    times = [each.over_at for each in aged if each.id in leaving]
    selects = (kind.rows(some) for some in batches(sorted(leaving)))
    return _planned(_sizes(connection, kind.rows(()), selects), None, before, times, kept)


def _planned_knowledge(store: Store, connection: Connection, before: int) -> Iterator[Planned]:
    until = store.journal.position_at(connection, before - 1)
    bounds = superseded.bounds(connection, until) or ()
    times = [recorded_at(connection, each) for each in bounds]
    rows = superseded.rows_until(until)
    return _planned(_sizes(connection, rows, [superseded.rows_until(until)]), None, before, times)


def _planned_sayings(connection: Connection, until: Horizon) -> Iterator[Planned]:
    times = [day * DAY for day in old_sayings.aged_days(connection, until) or ()]
    sizes = _sizes(connection, old_sayings.rows_until(until), [old_sayings.rows_until(until)])
    return _planned(sizes, None, until.day * DAY, times)


def _planned(
    sizes: dict[str, tuple[int, int]],
    namespace: str | None,
    before: int,
    times: Collection[int],
    kept: dict[str, int] | None = None,
) -> Iterator[Planned]:
    """Yield what leaves each table; what is kept is of the first, on which the others hang."""
    oldest, newest = min(times, default=None), max(times, default=None)
    for table, (rows, size) in sizes.items():
        yield Planned(table, namespace, before, rows, size, oldest, newest, dict(kept or {}))
        kept = None


def _sizes(
    connection: Connection,
    tables: Iterable[tuple[NaturalTable, Select[Any]]],
    selects: Iterable[Iterable[tuple[NaturalTable, Select[Any]]]],
) -> dict[str, tuple[int, int]]:
    """Return how many rows, of how many bytes, are selected from each table."""
    found = {table.name: (0, 0) for table, _statement in tables}
    for some in selects:
        for table, statement in some:
            rows, size = found[table.name]
            for row in connection.execute(statement, execution_options={"yield_per": AT_ONCE}):
                rows += 1
                size += sum(map(_size, row))
            found[table.name] = rows, size
    return found


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


def _size(cell: object) -> int:
    return len(cell) if isinstance(cell, str | bytes | memoryview) else 8 * (cell is not None)
