import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Conflict, InvalidInput, StoreUnavailable
from hub.store import tracking
from hub.store.database import Database
from hub.store.journal import Journal
from hub.store.opening import Store, open_store
from tests.stores import rolled_back

WRITERS = 4
APPENDS = 25


def event(number: int, *, key: bytes = b"") -> NewEntry:
    return NewEntry(EntryKind.EVENT, b'{"number": %d}' % number, 7, key)


@contextmanager
def own_connections(url: str) -> Iterator[Store]:
    """A store as another process would open it: nothing is shared but the database."""
    database = Database(url)
    yield Store(database, Journal(database))
    database.close()


def head(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


def test_an_append_is_rolled_back_with_the_transaction_that_it_joined(store: Store) -> None:
    with rolled_back(store) as connection:
        store.journal.append([event(n) for n in range(300)], recorded_at=1, connection=connection)
    assert head(store) == 0
    assert store.journal.append([event(1, key=b"k")], recorded_at=1)[0].position == 1


def test_tracking_and_output_commit_together(store: Store) -> None:
    with store.database.write() as connection:
        store.journal.append([event(1)], recorded_at=1, connection=connection)
        tracking.advance(connection, "project", expected=0, to=5)
    with rolled_back(store) as connection:
        store.journal.append([event(2)], recorded_at=1, connection=connection)
        tracking.advance(connection, "project", expected=5, to=9)
    with store.database.read() as connection:
        assert tracking.position(connection, "project") == 5
        assert tracking.positions(connection) == {"project": 5}
        assert store.journal.head(connection) == 1


def test_a_server_plans_what_is_read_again_and_again_once(postgresql_url: str) -> None:
    with own_connections(postgresql_url) as store:
        for _ in range(10):
            head(store)
        with store.database.read() as connection:
            planned = connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("journal_block" in statement for statement in planned)


@pytest.mark.parametrize("stale", [0, 4])
def test_a_consumer_that_another_process_moved_is_told_so(store: Store, stale: int) -> None:
    def handle(*, expected: int, to: int) -> None:
        with store.database.write() as connection:
            store.journal.append([event(to)], recorded_at=1, connection=connection)
            tracking.advance(connection, "project", expected=expected, to=to)

    handle(expected=0, to=5)
    with pytest.raises(Conflict, match="project"):
        handle(expected=stale, to=9)
    with store.database.read() as connection:
        assert tracking.position(connection, "project") == 5
        assert store.journal.head(connection) == 1


def test_a_reset_consumer_starts_before_the_first_entry(store: Store) -> None:
    with store.database.write() as connection:
        tracking.advance(connection, "project", expected=0, to=5)
        tracking.reset(connection, "project")
        assert tracking.position(connection, "project") == 0


def test_positions_become_visible_in_order_under_concurrent_writers(store_url: str) -> None:
    is_done = threading.Event()

    def write(writer: int) -> list[int]:
        with own_connections(store_url) as store:
            return [
                appended.position
                for number in range(APPENDS)
                for appended in store.journal.append(
                    [
                        event(n, key=b"%d.%d.%d" % (writer, number, n))
                        for n in range(number % 3 + 1)
                    ],
                    recorded_at=1,
                )
            ]

    def follow() -> list[int]:
        seen: list[int] = []
        with own_connections(store_url) as store:
            while True:
                is_last = is_done.is_set()
                with store.database.read() as connection:
                    after = seen[-1] if seen else 0
                    entries = store.journal.read(connection, after=after, limit=1000)
                seen += [entry.position for entry in entries]
                if is_last and not entries:
                    return seen

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        follower = threads.submit(follow)
        written = [p for positions in threads.map(write, range(WRITERS)) for p in positions]
        is_done.set()
        seen = follower.result()
    assert seen == list(range(1, len(written) + 1))
    assert sorted(written) == seen


def test_concurrent_repeats_of_one_event_are_stored_once(store_url: str) -> None:
    def write(_: int) -> set[int]:
        with own_connections(store_url) as store:
            return {
                store.journal.append([event(n, key=b"%d" % n)], recorded_at=1)[0].position * 1000
                + n
                for n in range(APPENDS)
            }

    with ThreadPoolExecutor(WRITERS) as threads:
        answers = list(threads.map(write, range(WRITERS)))
    assert all(answer == answers[0] for answer in answers)
    with own_connections(store_url) as store:
        assert head(store) == APPENDS


def test_a_reader_keeps_its_snapshot_while_others_commit(store: Store) -> None:
    store.journal.append([event(1)], recorded_at=1)
    with store.database.read() as connection:
        assert store.journal.head(connection) == 1
        store.journal.append([event(2)], recorded_at=1)
        assert store.journal.head(connection) == 1
    assert head(store) == 2


APPEND_FOR_EVER = """
import sys
from hub.domain.entries import EntryKind, NewEntry
from hub.store.opening import open_store

store = open_store(sys.argv[1])
number = int(sys.argv[2])
while True:
    entries = [
        NewEntry(EntryKind.EVENT, b"%d.%d" % (number, n), 7, b"%d.%d" % (number, n))
        for n in range(200)
    ]
    appended = store.journal.append(entries, recorded_at=1)
    print(number, appended[0].position, appended[-1].position, flush=True)
    number += 1
"""


def test_an_append_survives_kill_9_whole_or_not_at_all(store_url: str) -> None:
    acknowledged: dict[int, tuple[int, int]] = {}
    for crash in range(3):
        start = str(1000 * crash)
        with subprocess.Popen(
            [sys.executable, "-c", APPEND_FOR_EVER, store_url, start],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for _ in range(5 + crash):
                number, first, last = map(int, process.stdout.readline().split())
                acknowledged[number] = (first, last)
            process.kill()
            for line in process.stdout:
                number, first, last = map(int, line.split())
                acknowledged[number] = (first, last)
    with own_connections(store_url) as store, store.database.read() as connection:
        last_position = store.journal.head(connection)
        bodies = {
            e.position: e.body
            for p in range(0, last_position, 1000)
            for e in store.journal.read(connection, after=p, limit=1000)
        }
        assert sorted(bodies) == list(range(1, last_position + 1))
        assert last_position % 200 == 0
        for number, (first, last) in acknowledged.items():
            expected = [b"%d.%d" % (number, n) for n in range(200)]
            assert [bodies[position] for position in range(first, last + 1)] == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://somewhere/db", "mysql"),
        ("not a url", "not a url"),
        ("sqlite://", "in-memory"),
        ("postgresql+nosuch://u:hunter2@h/db", "postgresql"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_form_to_write(url: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.fix is not None
    assert "sqlite:////absolute/path" in caught.value.fix


def test_a_server_that_is_not_there_is_unavailable_and_its_password_stays_unsaid() -> None:
    database = Database("postgresql+psycopg://hub:hunter2@127.0.0.1:1/hub")
    with pytest.raises(StoreUnavailable) as caught, database.read():
        pass
    assert "127.0.0.1" in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_a_full_disk_is_an_outage_but_a_wrong_statement_is_a_defect(sqlite_store: Store) -> None:
    def overfill() -> None:
        with sqlite_store.database.write() as connection:
            connection.execute(text("PRAGMA max_page_count = 1"))
            huge = NewEntry(EntryKind.EVENT, Random(1).randbytes(1 << 20))
            sqlite_store.journal.append([huge], recorded_at=1, connection=connection)

    with pytest.raises(StoreUnavailable, match="full"):
        overfill()
    with sqlite_store.database.read() as connection, pytest.raises(OperationalError):
        connection.execute(text("SELECT * FROM nothing"))


@pytest.mark.parametrize(
    ("start", "said", "fix"),
    [(0, "not a database", "name a store"), (4_096, "malformed", "restore a backup")],
)
def test_a_damaged_file_is_an_outage_that_says_what_to_do(
    tmp_path: Path, start: int, said: str, fix: str
) -> None:
    file = tmp_path / "damaged.db"
    open_store(f"sqlite:///{file}").close()
    whole = file.read_bytes()
    file.write_bytes(whole[:start] + b"no store" * ((len(whole) - start) // 8))
    with pytest.raises(StoreUnavailable, match=said) as caught:
        open_store(f"sqlite:///{file}")
    assert fix in str(caught.value.fix)


def test_a_file_that_another_program_keeps_locked_is_an_outage_that_says_so(
    sqlite_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "hub.db"
    with (
        sqlite_store.database.write(),
        closing(sqlite3.connect(file, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        other.execute("BEGIN IMMEDIATE")
    outage = sqlite_store.database.outage(caught.value)
    assert outage is not None
    assert "keeps the file locked" in str(outage.fix)


def test_writers_of_a_file_take_turns_across_processes_and_readers_do_not_wait(
    sqlite_store: Store, tmp_path: Path
) -> None:
    turn = os.open(tmp_path / "hub.db-turn", os.O_RDONLY | os.O_CREAT)
    with sqlite_store.database.write(), pytest.raises(BlockingIOError):
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    writer = threading.Thread(
        target=sqlite_store.journal.append, args=([event(1)],), kwargs={"recorded_at": 1}
    )
    writer.start()
    assert head(sqlite_store) == 0
    os.close(turn)
    writer.join()
    assert head(sqlite_store) == 1
