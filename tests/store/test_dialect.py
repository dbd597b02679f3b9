"""What is written differently for each database does on each what it says."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import or_, select

from hub.domain.errors import InvalidInput
from hub.domain.names import DatasetName, JobName
from hub.flow.project import project_all
from hub.store.database import Database
from hub.store.dialect import among, bytewise, table_in_order
from hub.store.opening import Store
from hub.store.tables import dataset
from hub.testing.builders import run_event
from tests.small_world import append

NAMES = ("b", "B", "a_", "ab", "ß")


def fill(store: Store) -> None:
    outputs = [DatasetName("n", name) for name in NAMES]
    append(store, run_event(JobName("j", "j"), "r", at=1, outputs=outputs))
    project_all(store)


def test_ids_that_are_given_are_looked_up_and_not_looked_for(sqlite_store: Store) -> None:
    with sqlite_store.database.read() as connection:
        asked = select(dataset).where(among(dataset.c.id, [1, 2]), dataset.c.name != "")
        text = asked.compile(connection, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    assert any("SEARCH dataset USING INTEGER PRIMARY KEY" in row.detail for row in plan)


def test_a_condition_on_ids_stands_in_others(store: Store) -> None:
    fill(store)
    with store.database.read() as connection:
        ids = connection.scalars(select(dataset.c.id).order_by(dataset.c.id)).all()
        some = among(dataset.c.id, ids[:2])

        def names(condition: object) -> set[str]:
            return set(connection.scalars(select(dataset.c.name).where(condition)))  # type: ignore[arg-type]  # either

        assert len(names(some)) == 2
        assert names(~some) == set(NAMES) - names(some)
        assert names(or_(some, dataset.c.name == "ß")) == names(some) | {"ß"}


def test_ids_keep_their_order(store: Store) -> None:
    wanted = table_in_order([7, 3, 5])
    with store.database.read() as connection:
        found = connection.execute(select(wanted.c.id).order_by(wanted.c.place)).all()
    assert [row.id for row in found] == [7, 3, 5]


def test_texts_are_sorted_alike_everywhere(store: Store) -> None:
    fill(store)
    with store.database.read() as connection:
        found = connection.scalars(select(dataset.c.name).order_by(bytewise(dataset.c.name)))
        assert [*found] == sorted(NAMES)


def test_an_sqlite_that_cannot_search_is_refused(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(InvalidInput, match=r"older than 3\.34"):
        Database(sqlite_url)
