"""What the store keeps of every event and run takes few bytes."""

from __future__ import annotations

import random

from hub.flow.compact import Compact
from hub.flow.consumer import run_until_idle
from hub.flow.project import project_all
from hub.store.opening import Store
from hub.testing.builders import run_event
from tests.small_world import LOAD, SECOND, A, append

PARENT = {"run": {"runId": "p"}, "job": {"namespace": "s", "name": "parent"}}


def test_an_event_is_known_by_its_kind_in_a_number_and_a_digest_of_eight_bytes(
    store: Store,
) -> None:
    append(store, run_event(LOAD, "1", at=1, event_type="FAIL", inputs=[A]))
    project_all(store)
    with store.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT event_type, digest FROM run_event")
        [(kind, digest)] = stored
    assert kind == 4
    assert len(digest) == 8


def test_whose_parent_holds_for_a_run_is_known_by_seventeen_bytes(store: Store) -> None:
    append(store, run_event(LOAD, "1", at=1, run_facets={"parent": PARENT}))
    project_all(store)
    with store.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT parent_order FROM run WHERE parent_id > 0")
        [(order,)] = stored
    # Of the event's time eight, of its rank one, of the facet's digest eight.
    assert len(order) == 17


def test_when_entries_were_recorded_takes_a_few_bytes_each(sqlite_store: Store) -> None:
    chance, at = random.Random(1), 1_700_000_000 * SECOND
    times = []
    for number in range(1_100):
        at += chance.randrange(SECOND)
        times.append(at)
        append(sqlite_store, b'{"n": %d}' % number, at=at)
    project_all(sqlite_store)
    run_until_idle([Compact(sqlite_store)])
    with sqlite_store.database.read() as connection:
        read = sqlite_store.journal.read(connection, after=0, limit=2_000)
        parts = connection.exec_driver_sql("SELECT sum(length(parts)) FROM journal_block")
        size = parts.scalar_one()
    assert [entry.recorded_at for entry in read] == times
    assert size < 4 * len(times)
