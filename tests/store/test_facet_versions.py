"""What facets have contained: one row each, whatever the order in which it was said."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.flow.project import Project, project_all
from hub.store.opening import Store
from hub.testing import builders

JOB, DATASET = JobName("n", "j"), DatasetName("n", "d")


def said(at: int, **facets: object) -> bytes:
    written = builders.dataset(DATASET, **facets)
    return builders.run_event(JOB, f"run-{at}", at=at, outputs=[written])


def send(store: Store, *events: bytes) -> None:
    for event in events:
        store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=1)
        project_all(store)


def rows(store: Store, statement: str) -> list[tuple[Any, ...]]:
    with store.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_a_content_that_comes_back_is_one_row(order: tuple[int, ...], sqlite_store: Store) -> None:
    events = [said(10, owner="a"), said(20, owner="b"), said(30, owner="a")]
    send(sqlite_store, *(events[i] for i in order))
    found = rows(
        sqlite_store,
        "SELECT body, first_seen, last_seen, first_position"
        " FROM facet_content JOIN facet_span ON id = span_id ORDER BY body",
    )
    first = {i: 1 + order.index(i) for i in order}
    assert found == [(b'"a"', 10, 30, min(first[0], first[2])), (b'"b"', 20, 20, first[1])]
    in_force = "SELECT c.body FROM facet f JOIN facet_content c USING (owner_id, name, digest)"
    assert rows(sqlite_store, in_force) == [(b'"a"',)]


def test_a_store_is_asked_for_contents_that_are_not_in_force(store: Store) -> None:
    send(store, said(10, owner="a"), said(20, owner="b"))
    # Another process, which remembers nothing.
    store.journal.append([NewEntry(EntryKind.EVENT, said(30, owner="a"))], recorded_at=1)
    assert Project(store).step()
    found = rows(store, "SELECT first_seen, last_seen FROM facet_span ORDER BY first_seen")
    assert found == [(10, 30), (20, 20)]


def test_a_content_is_not_written_again_when_it_is_said_again(sqlite_store: Store) -> None:
    send(sqlite_store, said(10, owner="a"))
    with sqlite_store.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER is_final BEFORE UPDATE ON facet_content"
            " BEGIN SELECT raise(ABORT, 'it is written again'); END"
        )
    send(sqlite_store, said(20, owner="a"))
    spans = "SELECT first_seen, last_seen FROM facet_content JOIN facet_span ON id = span_id"
    assert rows(sqlite_store, spans) == [(10, 20)]


def test_things_know_since_which_position_they_are_known(sqlite_store: Store) -> None:
    send(sqlite_store, said(20, schema=builders.schema("x")), said(10), said(30))
    for table in ("dataset", "job", "schema_version"):
        assert rows(sqlite_store, f"SELECT first_position FROM {table}") == [(1,)]  # noqa: S608


def test_a_facet_that_is_too_large_is_left_out_alone(sqlite_store: Store) -> None:
    plan = {"fields": [{"name": "x" * MAX_FACET_BYTES}]}
    send(sqlite_store, said(10, schema=plan, owner="a"))
    found = rows(sqlite_store, "SELECT name, body IS NULL, bytes > 1000000 FROM facet_content")
    assert sorted(found) == [("owner", 0, 0), ("schema", 1, 1)]
    assert rows(sqlite_store, "SELECT name FROM field") == []
    assert rows(sqlite_store, "SELECT state FROM run") == [("COMPLETE",)]
