"""What project has read is taken over by the stages behind it, and nothing else is."""

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.openlineage.events import read_event
from hub.flow.project import Project
from hub.flow.recent import RecentEntries
from hub.store import tracking
from hub.store.opening import Store

BODY = (
    b'{"eventTime":"2026-11-02T10:00:00Z","eventType":"COMPLETE","run":{"runId":"%d"},'
    b'"job":{"namespace":"n","name":"j"}}'
)


def append(store: Store, count: int) -> None:
    entries = [NewEntry(EntryKind.EVENT, BODY % number) for number in range(count)]
    store.journal.append(entries, recorded_at=1)


def test_what_is_taken_over_is_what_the_journal_has(store: Store) -> None:
    recent = RecentEntries(store.journal)
    project = Project(store, recent=recent)
    append(store, 300)
    assert project.step()
    with store.database.read() as connection:
        for after, until, limit in ((0, 300, 1_000), (0, 300, 7), (120, 200, 500), (299, 300, 5)):
            own = RecentEntries(store.journal)
            taken = recent.read(connection, after=after, until=until, limit=limit)
            assert taken == own.read(connection, after=after, until=until, limit=limit)
            assert len(taken) == min(limit, until - after)
            assert [recent.event(each) for each in taken] == [
                read_event(each.body) for each in taken
            ]


def test_who_is_behind_reads_the_journal(store: Store) -> None:
    recent = RecentEntries(store.journal)
    project = Project(store, recent=recent, batch=1)
    append(store, 5)
    append(store, 5)
    assert project.step()
    assert project.step()
    with store.database.read() as connection:
        behind = recent.read(connection, after=2, until=10, limit=3)
        assert [each.position for each in behind] == [3, 4, 5]
        assert recent.event(behind[0]) == read_event(BODY % 2)


def test_nothing_is_taken_over_that_is_not_projected(store: Store) -> None:
    recent = RecentEntries(store.journal)
    append(store, 5)
    Project(store, recent=recent).step()
    append(store, 5)
    with store.database.read() as connection:
        projected = tracking.position(connection, Project.name)
        assert recent.read(connection, after=projected, until=projected, limit=9) == ()
