from hub.domain.entries import Appended, EntryKind, NewEntry
from hub.store.opening import Store


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
