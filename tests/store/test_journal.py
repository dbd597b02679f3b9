import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as listening
from sqlalchemy import text

from hub.domain.entries import Appended, EntryKind, NewEntry
from hub.domain.errors import InvariantBroken
from hub.store.journal import MAX_READ_BYTES
from hub.store.opening import Store
from tests.stores import rolled_back


def event(number: int, *, key: bytes = b"", bucket: int = 7) -> NewEntry:
    return NewEntry(EntryKind.EVENT, b'{"number": %d}' % number, bucket, key)


def test_positions_count_from_one_without_gaps(store: Store) -> None:
    first = store.journal.append([event(n) for n in range(300)], recorded_at=1)
    second = store.journal.append([event(300)], recorded_at=2)
    assert [a.position for a in first + second] == list(range(1, 302))
    with store.database.read() as connection:
        assert store.journal.head(connection) == 301


def test_entries_come_back_as_they_were_in_order(store: Store) -> None:
    store.journal.append([event(n) for n in range(200)], recorded_at=1)
    store.journal.append([NewEntry(EntryKind.COMMAND, b"\x00\xff")], recorded_at=2)
    with store.database.read() as connection:
        entries = store.journal.read(connection, after=198, limit=10)
        everything = store.journal.read(connection, after=0, limit=1000)
        assert store.journal.read(connection, after=201, limit=10) == []
    assert [(e.position, e.kind, e.recorded_at, e.body) for e in entries] == [
        (199, EntryKind.EVENT, 1, b'{"number": 198}'),
        (200, EntryKind.EVENT, 1, b'{"number": 199}'),
        (201, EntryKind.COMMAND, 2, b"\x00\xff"),
    ]
    assert [e.position for e in everything] == list(range(1, 202))


def test_a_repeat_gets_its_first_position(store: Store) -> None:
    [first] = store.journal.append([event(1, key=b"k")], recorded_at=1)
    again = store.journal.append([event(2), event(1, key=b"k"), event(3)], recorded_at=2)
    assert again == [Appended(2, False), Appended(first.position, True), Appended(3, False)]


def test_a_repeat_within_one_append_gets_its_first_position(store: Store) -> None:
    appended = store.journal.append([event(1, key=b"k"), event(1, key=b"k")], recorded_at=1)
    assert appended == [Appended(1, False), Appended(1, True)]


def test_an_append_without_entries_changes_nothing(store: Store) -> None:
    assert store.journal.append([], recorded_at=1) == []
    with store.database.read() as connection:
        assert store.journal.head(connection) == 0
        assert store.journal.read(connection, after=0, limit=10) == []


def test_the_same_digest_in_another_bucket_is_another_key(store: Store) -> None:
    entries = [event(1, key=b"k", bucket=1), event(1, key=b"k", bucket=2)]
    assert [a.position for a in store.journal.append(entries, recorded_at=1)] == [1, 2]


def test_entries_without_a_key_are_never_repeats(store: Store) -> None:
    assert [a.position for a in store.journal.append([event(1), event(1)], recorded_at=1)] == [1, 2]


def test_entries_are_read_at_their_positions_in_the_order_asked(store: Store) -> None:
    store.journal.append([event(n) for n in range(300)], recorded_at=1)
    with store.database.read() as connection:
        entries = store.journal.read_at(connection, [250, 3, 250, 129])
        assert [e.position for e in entries] == [250, 3, 250, 129]
        assert [e.body for e in entries][1] == b'{"number": 2}'
        assert store.journal.read_at(connection, []) == []


@pytest.mark.parametrize("position", [0, 4])
def test_a_position_that_holds_nothing_cannot_be_read_at(store: Store, position: int) -> None:
    store.journal.append([event(n) for n in range(3)], recorded_at=1)
    with store.database.read() as connection, pytest.raises(InvariantBroken, match="no entry"):
        store.journal.read_at(connection, [position])


def test_an_instant_leads_to_the_last_position_that_was_there_by_then(store: Store) -> None:
    for at, size in ((10, 1), (20, 300), (20, 2), (40, 1)):
        store.journal.append([event(n) for n in range(size)], recorded_at=at)
    with store.database.read() as connection:
        found = [store.journal.position_at(connection, at) for at in (9, 10, 19, 20, 39, 40, 99)]
    assert found == [0, 1, 1, 303, 303, 304, 304]


def test_what_is_recorded_with_an_earlier_clock_stands_where_the_journal_was(store: Store) -> None:
    for at in (10, 20, 15, 30, 25, 40):
        store.journal.append([event(at)], recorded_at=at)
    with store.database.read() as connection:
        found = [store.journal.position_at(connection, at) for at in range(5, 50, 5)]
        clock = [each.recorded_at for each in store.journal.read(connection, after=0, limit=10)]
    assert found == [0, 1, 1, 3, 3, 5, 5, 6, 6]
    assert clock == [10, 20, 20, 30, 30, 40]


def test_an_append_reads_where_the_journal_ends_once(store: Store) -> None:
    store.journal.append([event(1)], recorded_at=1)
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    listening.listen(store.database.engine, "before_cursor_execute", note)
    store.journal.append([event(2)], recorded_at=2)
    listening.remove(store.database.engine, "before_cursor_execute", note)

    assert sum("FROM journal_block" in each for each in said) == 1


def test_an_empty_journal_has_no_position_at_any_instant(store: Store) -> None:
    with store.database.read() as connection:
        assert store.journal.position_at(connection, 1) == 0


def test_a_rolled_back_block_is_not_remembered(store: Store) -> None:
    store.journal.append([event(1)], recorded_at=1)
    with rolled_back(store) as connection:
        store.journal.append([event(2)], recorded_at=2, connection=connection)
        assert store.journal.read_at(connection, [2])[0].body == b'{"number": 2}'
    store.journal.append([event(3)], recorded_at=2)
    with store.database.read() as connection:
        assert store.journal.read_at(connection, [2])[0].body == b'{"number": 3}'


def test_one_read_is_bounded_in_bytes_and_goes_on_where_it_ended(store: Store) -> None:
    large = NewEntry(EntryKind.EVENT, b"x" * (MAX_READ_BYTES // 2))
    store.journal.append([large] * 5, recorded_at=1)
    seen = 0
    reads = 0
    with store.database.read() as connection:
        while entries := store.journal.read(connection, after=seen, limit=100):
            assert [e.position for e in entries] == list(range(seen + 1, entries[-1].position + 1))
            assert len(entries) <= 3
            seen, reads = entries[-1].position, reads + 1
    assert (seen, reads) == (5, 3)


def test_the_body_of_a_large_estate_of_similar_events_is_stored_small(store: Store) -> None:
    body = b'{"run": "%d", "facets": {"schema": [' + b'{"name": "amount"},' * 200 + b"]}}"
    store.journal.append(
        [NewEntry(EntryKind.EVENT, body.replace(b"%d", b"%d" % n)) for n in range(1000)],
        recorded_at=1,
    )
    with store.database.read() as connection:
        kept, raw = connection.execute(
            text("SELECT sum(length(body)), sum(raw_bytes) FROM journal_block")
        ).one()
    assert kept * 10 < raw


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20), max_size=8),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_every_key_keeps_the_position_of_its_first_arrival(
    store: Store, appends: list[list[tuple[int, int]]]
) -> None:
    with store.database.write() as connection:
        for table in ("journal_block", "journal_key"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - the two names above
    first: dict[tuple[int, int], int] = {}
    for keys in appends:
        entries = [event(number, key=b"%d" % number, bucket=bucket) for bucket, number in keys]
        for key, appended in zip(keys, store.journal.append(entries, recorded_at=1), strict=True):
            assert appended.is_repeat == (key in first)
            assert appended.position == first.setdefault(key, len(first) + 1)
    with store.database.read() as connection:
        assert store.journal.head(connection) == len(first)
