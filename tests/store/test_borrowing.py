"""What a store lends of its facets to a simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.flow.project import project_all
from hub.store import tables
from hub.store.borrowing import Around, borrow
from hub.store.nearby import Things, Ties
from hub.store.opening import Store, open_store
from hub.testing.builders import dataset, run_event, schema
from tests.small_world import LOAD, SECOND, A, append


def contents(store: Store) -> set[tuple[Any, ...]]:
    with store.database.read() as connection:
        return {tuple(row) for row in connection.execute(select(tables.facet_version))}


def test_what_is_borrowed_of_a_facet_has_its_content_and_when_that_was_said(
    store: Store, tmp_path: Path
) -> None:
    for at, name in enumerate(("x", "y"), start=1):
        written = dataset(A, schema=schema(name))
        append(store, run_event(LOAD, "1", at=at * SECOND, outputs=[written]))
    project_all(store)
    lent = open_store(f"sqlite:///{tmp_path}/lent.db")
    nothing = Things(frozenset(), frozenset())
    around = Around(
        frozenset(), frozenset({1}), nothing, frozenset(), (), Ties(lambda _, ids: ids, {}, {})
    )
    with store.database.read() as connection:
        borrow(connection, store, lent.database, around, now=3 * SECOND)

    assert contents(lent) == contents(store) != set()
    lent.close()
