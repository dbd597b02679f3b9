"""What the hub took edges to be at any time, kept exact to the block of the journal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from hub.flow.project import Project, project_all, verify
from hub.graph.identities import Identities
from hub.queries.label_changes import label_changes
from hub.queries.moments import NOW, Moment
from hub.queries.pages import PageRequest
from hub.queries.timelines import dataset_timelines
from hub.store import tables
from hub.store.natural_rows import NATURAL_TABLES, read_natural_rows
from hub.store.opening import Store
from hub.testing.builders import column_lineage, dataset, run_event, schema
from tests.small_world import LOAD, SECOND, A, B, C, append, blocks, copied

Bounds = set[tuple[object, ...]]


def bounds_now(connection: Connection) -> Bounds:
    """Return the bounds of every interval, as they are."""
    rows: Bounds = set()
    for table in (tables.edge, tables.column_edge):
        bounds = (*table.primary_key.columns, table.c.opened_at, table.c.closed_at)
        rows |= {(table.name, *row) for row in connection.execute(select(*bounds))}
    return rows


def bounds_known_at(connection: Connection, position: int) -> Bounds:
    """Return the bounds of every interval, as they were known at a position."""
    rows: Bounds = set()
    for table, history in (
        (tables.edge, tables.edge_history),
        (tables.column_edge, tables.column_edge_history),
    ):
        names = [*table.primary_key.columns.keys(), "opened_at", "closed_at"]
        current = select(*(table.c[name] for name in names)).where(table.c.revision <= position)
        past = select(*(history.c[name] for name in names)).where(
            history.c.known_from <= position, position < history.c.known_until
        )
        for statement in (current, past):
            rows |= {(table.name, *row) for row in connection.execute(statement)}
    return rows


def test_what_was_thought_of_an_edge_is_kept_when_the_hub_knows_better(store: Store) -> None:
    first = append(store, run_event(LOAD, "1", at=20 * SECOND, inputs=[A], outputs=[C]))
    project_all(store)
    second = append(store, run_event(LOAD, "0", at=10 * SECOND, inputs=[A], outputs=[C]))
    project_all(store)
    with store.database.read() as connection:
        history = connection.execute(select(tables.edge_history)).mappings().all()
    assert [(h["side"], h["opened_at"], h["known_from"], h["known_until"]) for h in history] == [
        ("in", 20 * SECOND, first, second),
        ("out", 20 * SECOND, first, second),
    ]


def test_within_a_block_nothing_is_superseded(sqlite_store: Store) -> None:
    runs = [run_event(LOAD, str(n), at=n * SECOND, inputs=[A], outputs=[C]) for n in (3, 2, 1)]
    end = append(sqlite_store, *runs)
    project_all(sqlite_store)
    with sqlite_store.database.read() as connection:
        assert not connection.execute(select(tables.edge_history)).all()
        assert set(connection.scalars(select(tables.edge.c.revision))) == {end}


def test_fields_are_known_from_the_first_event_that_told_of_them(sqlite_store: Store) -> None:
    made = dataset(C, columnLineage=column_lineage({"x": [(B, "id")]}), schema=schema("x", "y"))
    project_all(sqlite_store)
    append(sqlite_store, run_event(LOAD, "1", at=SECOND, inputs=[dataset(B, schema=schema("id"))]))
    append(sqlite_store, run_event(LOAD, "2", at=SECOND, outputs=[made]))
    project_all(sqlite_store)
    with sqlite_store.database.read() as connection:
        node = tables.column_node
        known = connection.execute(select(node.c.name, node.c.first_position))
        assert dict(map(tuple, known)) == {"id": 1, "x": 2, "y": 2}


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)
@given(blocks())
def test_the_past_can_be_told_as_it_was_known(sqlite_url: str, told: list[list[bytes]]) -> None:
    with copied(sqlite_url) as store:
        live: dict[int, Bounds] = {0: set()}
        for block in told:
            end = append(store, *block)
            project_all(store)
            with store.database.read() as connection:
                live[end] = bounds_now(connection)
        with store.database.read() as connection:
            assert {end: bounds_known_at(connection, end) for end in live} == live


def rows(store: Store) -> dict[str, Counter[tuple[object, ...]]]:
    """Return all that is projected, by natural keys."""
    with store.database.read() as connection:
        return {each.name: Counter(read_natural_rows(connection, each)) for each in NATURAL_TABLES}


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
@given(st.booleans().flatmap(lambda routine: blocks(routine=routine)))
def test_what_a_stage_remembers_changes_nothing_that_it_writes(
    sqlite_url: str, told: list[list[bytes]]
) -> None:
    with copied(sqlite_url) as one, copied(sqlite_url) as other:
        remembering = Project(one)
        for block in told:
            append(one, *block)
            append(other, *block)
            while remembering.step():
                pass
            project_all(other)  # by a stage that knows nothing yet
        assert rows(one) == rows(other)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20
)
@given(blocks(), st.lists(st.integers(1, 3), min_size=6, max_size=6))
def test_a_rebuild_knows_since_when_the_hub_knew(
    sqlite_url: str, told: list[list[bytes]], a_batch: list[int]
) -> None:
    with copied(sqlite_url) as store:
        pending = list(told)
        for size in a_batch:
            for block in pending[:size]:
                append(store, *block)
            project_all(store)
            del pending[:size]
        assert verify(store) == []


def test_what_was_known_of_a_dataset_is_found_by_it_alone(sqlite_store: Store) -> None:
    asked: list[tuple[str, Any]] = []
    engine = sqlite_store.database.engine

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    then = Moment(known_at=10, position=10)
    with sqlite_store.database.read() as connection:
        event.listen(engine, "before_cursor_execute", note)
        dataset_timelines(connection, Identities(), [1, 2], PageRequest(5), then)
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            row[3]
            for text, values in asked
            if "edge_history" in text
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    ways = {each for each in plans if " edge_history " in each}
    assert ways
    assert all("(dataset_id=? AND known_until>?)" in each for each in ways)


def test_how_a_dataset_was_labelled_is_found_by_it_alone(sqlite_store: Store) -> None:
    asked: list[tuple[str, Any]] = []
    engine = sqlite_store.database.engine

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    with sqlite_store.database.read() as connection:
        event.listen(engine, "before_cursor_execute", note)
        label_changes(connection, "dataset", [1, 2], PageRequest(5), NOW)
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            row[3]
            for text, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    ways = {each for each in plans if " facet_content " in each}
    assert ways
    assert all("(owner_kind=? AND owner_id=? AND name=?)" in each for each in ways)
