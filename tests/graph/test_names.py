"""Datasets are found by what they are called as a connection's snapshot has them, and named so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert

from hub.domain.commands import ApproveAlias, Command, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName, NodeKind, dataset_id
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.graph.index import LineageIndex
from hub.graph.names import IdsByName
from hub.store import tables, tracking
from hub.store.opening import Store
from hub.testing.builders import run_event

if TYPE_CHECKING:
    from hub.graph.names import Ids

LOAD = JobName("j", "load")
A, B, C, D = (DatasetName("s", name) for name in ("a", "b:c", "100%", "d"))
WORDS = st.lists(st.text("ab", min_size=1, max_size=3), max_size=8, unique=True)


def tell(store: Store, *told: bytes | Command) -> None:
    entries = [
        NewEntry(EntryKind.EVENT, each) if isinstance(each, bytes) else entry_of(each)
        for each in told
    ]
    store.journal.append(entries, recorded_at=0)
    run_until_idle([Project(store)])


def run(number: int, *outputs: DatasetName) -> bytes:
    return run_event(LOAD, str(number), at=number, outputs=outputs)


def found(
    connection: Connection, index: LineageIndex, *names: DatasetName
) -> list[tuple[str, ...] | None]:
    """Return of each name all that the node is called which it leads to."""
    graph = index.datasets(connection)
    nodes = graph.find(connection, [dataset_id(name) for name in names])
    called = iter(graph.call(connection, np.array([each for each in nodes if each], dtype=int)))
    return [next(called) if node else None for node in nodes]


def alone(*names: DatasetName) -> list[tuple[str, ...] | None]:
    return [(dataset_id(name),) for name in names]


@given(WORDS, WORDS)
def test_names_whose_hashes_are_alike_are_told_apart(first: list[str], more: list[str]) -> None:
    words = list(dict.fromkeys(["", *first, *more]))

    def call(ids: Ids) -> list[str]:
        return [words[key] for key in ids.tolist()]

    def with_ids(some: Sequence[str]) -> tuple[Ids, Sequence[str]]:
        return np.array([words.index(each) for each in some], dtype=np.int32), some

    known = IdsByName(len).plus(*with_ids(first))
    known = known.plus(*with_ids([each for each in more if each not in first]))
    assert known.find([*more, "c", *first], call).tolist() == [
        *map(words.index, more),
        0,
        *map(words.index, first),
    ]


def test_a_dataset_is_found_however_late_it_came(store: Store) -> None:
    index = LineageIndex()
    with store.database.read() as connection:
        assert found(connection, index, A) == [None]
    for number, name in enumerate((A, B, C), 1):
        tell(store, run(number, name))
        with store.database.read() as connection:
            assert found(connection, index, name, D, A) == [*alone(name), None, *alone(A)]
    with store.database.read() as connection:
        assert found(connection, index, C, B, A, B) == alone(C, B, A, B)


def test_a_snapshot_has_no_dataset_that_was_named_after_it(store: Store) -> None:
    index = LineageIndex()
    tell(store, run(1, A))
    with store.database.read() as before:
        assert found(before, index, A, B) == [*alone(A), None]
        tell(store, run(2, B))
        with store.database.read() as after:
            assert found(after, index, A, B) == alone(A, B)
        assert found(before, index, A, B) == [*alone(A), None]


def test_a_rebuild_hands_out_other_ids(sqlite_store: Store) -> None:
    index = LineageIndex()
    tell(sqlite_store, run(1, A), run(2, B))
    with sqlite_store.database.read() as connection:
        assert found(connection, index, A, B) == alone(A, B)
    with sqlite_store.database.write() as connection:
        tracking.reset(connection, "project")
        for table in (tables.edge, tables.dataset, tables.job, tables.run, tables.run_event):
            connection.execute(delete(table))
        placeholder = {"id": 1, "namespace_id": 99, "name": "x"}
        seen = dict.fromkeys(("first_seen", "last_seen", "first_position"), 0)
        connection.execute(insert(tables.dataset), placeholder | seen)
        connection.execute(insert(tables.namespace), {"id": 99, "name": "y"})
    run_until_idle([Project(sqlite_store)])
    with sqlite_store.database.read() as connection:
        assert found(connection, index, A, B) == alone(A, B)


def test_any_name_of_a_thing_leads_to_the_one_node_of_it(store: Store) -> None:
    index = LineageIndex()
    tell(store, run(1, A))
    with store.database.read() as before:
        assert found(before, index, A, B, D) == [*alone(A), None, None]
        for first, second in ((A, B), (C, D)):
            alias = ApproveAlias(
                kind=NodeKind.DATASET, first=first, second=second, reason="one", actor="ada"
            )
            tell(store, alias)
        # All of the names are used, but one.
        tell(store, run(2, D), run(3, B))
        with store.database.read() as connection:
            for names in ((A, B), (C, D)):
                ids = {dataset_id(name) for name in names}
                assert [each and {*each} for each in found(connection, index, *names)] == [ids, ids]
                assert len({*index.datasets(connection).find(connection, [*ids])}) == 1
        # What was used only after a snapshot was taken is not in it, under any name.
        assert found(before, index, C, D) == [None, None]
