"""Compaction makes the journal smaller, and nobody who reads it notices."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.flow.compact import Compact
from hub.flow.project import project_all, verify
from hub.store import tracking
from hub.store.compaction import Compactor
from hub.store.opening import Store
from hub.testing.builders import run_event
from tests.small_world import LOAD, SECOND, A, C, append, copied


def everything(store: Store) -> list[Entry]:
    with store.database.read() as connection:
        return store.journal.read(connection, after=0, limit=1_000_000)


def blocks(store: Store) -> int:
    with store.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM journal_block").scalar_one())


def passed(store: Store) -> None:
    """Note that everything is projected, without projecting it."""
    with store.database.write() as connection:
        head = store.journal.head(connection)
        position = tracking.position(connection, "project")
        tracking.advance(connection, "project", expected=position, to=head)


def compact(store: Store, max_entries: int = 1_024) -> int:
    passed(store)
    compactor = Compactor(
        store.database, consumer="compact", behind="project", max_entries=max_entries
    )
    steps = 0
    while compactor.compact():
        steps += 1
    return steps


def told(store: Store, count: int, *, size: int = 4_000) -> None:
    """Append events one at a time, each its own block, a second apart."""
    chance = random.Random(1)
    for number in range(count):
        body = b'{"number": %d, "text": "%s"}' % (
            number,
            chance.randbytes(size // 2).hex().encode(),
        )
        store.journal.append([NewEntry(EntryKind.EVENT, body)], recorded_at=number * SECOND)


def test_events_that_came_alone_are_stored_together(store: Store) -> None:
    told(store, 600)
    before = everything(store)
    assert compact(store) == 2
    assert blocks(store) < 100
    assert everything(store) == before


def test_what_no_consumer_has_read_is_left_as_it_came(store: Store) -> None:
    told(store, 600)
    assert not Compact(store).step()
    assert blocks(store) == 600


def test_a_journal_that_fills_no_block_is_left_as_it_is(store: Store) -> None:
    told(store, 20)
    assert compact(store) == 0


def test_entries_of_a_few_bytes_are_stored_together_too(sqlite_store: Store) -> None:
    for number in range(1_100):
        append(sqlite_store, b'{"n": %d}' % number, at=number)
    before = everything(sqlite_store)
    assert compact(sqlite_store) == 1
    assert blocks(sqlite_store) == 1_100 - 1_024 + 1
    assert everything(sqlite_store) == before


def test_two_that_compact_one_journal_do_it_once(store: Store) -> None:
    told(store, 300)
    passed(store)
    first, second = Compact(store), Compact(store)
    assert [first.step(), second.step()] == [True, False]


def test_an_embedded_store_gives_back_the_space(sqlite_store: Store) -> None:
    shared = random.Random(1).randbytes(2_000).hex().encode()  # is large alone, and once for all
    for number in range(1_200):
        body = b'{"number": %d, "text": "%s"}' % (number, shared)
        sqlite_store.journal.append([NewEntry(EntryKind.EVENT, body)], recorded_at=1)

    def size() -> int:
        with sqlite_store.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(str(sqlite_store.database.engine.url.database)).stat().st_size

    before = size()
    assert compact(sqlite_store) > 0
    assert size() < before / 2


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), min_size=1, max_size=40),
    st.integers(3, 12),
    st.integers(1, 30),
)
def test_readers_notice_nothing(
    sqlite_url: str, appends: list[tuple[int, int]], most: int, limit: int
) -> None:
    with copied(sqlite_url) as store:
        now = 0
        for count, later in appends:
            now += later
            append(store, *(b'{"n": %d}' % n for n in range(count)), at=now)

        def read() -> object:
            with store.database.read() as connection:
                head = store.journal.head(connection)
                pages = [
                    store.journal.read_blocks(connection, after=after, limit=limit)
                    for after in range(head)
                ]
                ends = [store.journal.position_at(connection, at) for at in range(-1, now + 2)]
                return pages, ends, store.journal.read_at(connection, range(1, head + 1))

        before = read()
        compact(store, most)
        assert read() == before


def test_a_rebuild_from_a_compacted_journal_knows_as_much(store: Store) -> None:
    for number in range(400):
        append(store, run_event(LOAD, "1", at=number * SECOND, inputs=[A], outputs=[C]), at=number)
    project_all(store)
    told(store, 300)
    project_all(store)
    assert Compact(store).step()
    assert verify(store) == []


def test_what_overtakes_is_read_alone_before_and_after(store: Store) -> None:
    now = 1_800_000_000 * SECOND
    passed_by = run_event(LOAD, "a", at=now)
    failed = run_event(LOAD, "b", at=now, event_type="FAIL")
    old = run_event(LOAD, "c", at=now - 3_600 * SECOND, event_type="FAIL")
    decision = NewEntry(EntryKind.DECISION, b"{}")
    for number in range(40):
        events = [NewEntry(EntryKind.EVENT, each) for each in (passed_by, failed, old)]
        store.journal.append([*events, decision], recorded_at=now + number * SECOND)

    def overtaking() -> list[int]:
        found: list[int] = []
        reached = 0
        with store.database.read() as connection:
            while reached < 160:
                entries, reached = store.journal.read_overtaking(connection, after=reached)
                found += [each.position for each in entries]
        return found

    wanted = [4 * number + place for number in range(40) for place in (2, 4)]
    assert overtaking() == wanted
    assert compact(store, max_entries=16) > 0
    assert overtaking() == wanted
