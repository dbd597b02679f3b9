"""The index follows the store, however late an event comes and whatever it changes."""

from __future__ import annotations

import shutil
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import delete, insert

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import InvalidInput
from hub.domain.names import (
    DatasetName,
    JobName,
    dataset_id,
    parse_node_id,
)
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.graph.closure import Closure, Direction, Extent, Level, find_closure
from hub.graph.index import LineageIndex
from hub.store import tables, tracking
from hub.store.opening import Store, open_store
from hub.testing.builders import column_lineage, dataset, run_event, schema
from tests import small_world

SECOND = 1_000_000
NAMES = [DatasetName("s", name) for name in "abcdef"]
A, B, C, D = NAMES[:4]
BOTH = Extent()
UP, DOWN = Extent(direction=Direction.UPSTREAM), Extent(direction=Direction.DOWNSTREAM)
FIELDS_UP, FIELDS_DOWN = replace(UP, level=Level.FIELD), replace(DOWN, level=Level.FIELD)
LOAD, SHIP = JobName("j", "load"), JobName("j", "ship")


def project(store: Store, *events: bytes) -> None:
    entries = [NewEntry(EntryKind.EVENT, event) for event in events]
    store.journal.append(entries, recorded_at=0)
    run_until_idle([Project(store)])


def closure(
    store: Store, node: str, extent: Extent = BOTH, index: LineageIndex | None = None
) -> Closure | None:
    with store.database.read() as connection:
        return find_closure(connection, index or LineageIndex(), parse_node_id(node), extent)


def ids(found: Closure | None) -> list[str]:
    assert found is not None
    return sorted(str(node.id) for node in found.nodes)


def pairs(found: Closure | None) -> set[tuple[str, str]]:
    assert found is not None
    return {(str(edge.source.id), str(edge.target.id)) for edge in found.edges}


def test_what_a_run_reads_and_writes_is_lineage(store: Store) -> None:
    project(store, run_event(LOAD, "1", at=SECOND, inputs=[A, B], outputs=[C]))
    found = closure(store, "dataset:s:c", UP)
    assert ids(found) == ["dataset:s:a", "dataset:s:b", "dataset:s:c", "job:j:load"]
    assert pairs(found) == {
        ("dataset:s:a", "job:j:load"),
        ("dataset:s:b", "job:j:load"),
        ("job:j:load", "dataset:s:c"),
    }


def test_what_nobody_has_named_has_no_lineage(sqlite_store: Store) -> None:
    assert closure(sqlite_store, "dataset:s:a") is None
    assert closure(sqlite_store, "job:j:load") is None
    assert closure(sqlite_store, "field:s:a:id", FIELDS_UP) is None


def test_a_dataset_that_no_run_names_is_alone(sqlite_store: Store) -> None:
    event = b'{"eventTime": "2026-01-01T00:00:00Z", "dataset": {"namespace": "s", "name": "a"}}'
    project(sqlite_store, event)
    assert ids(closure(sqlite_store, "dataset:s:a")) == ["dataset:s:a"]


def test_the_past_is_asked_for_by_event_time(sqlite_store: Store) -> None:
    project(
        sqlite_store,
        run_event(LOAD, "1", at=10 * SECOND, inputs=[A, B], outputs=[C]),
        run_event(LOAD, "2", at=20 * SECOND, inputs=[A], outputs=[C]),
        run_event(LOAD, "3", at=30 * SECOND, inputs=[A], outputs=[C]),
    )
    assert "dataset:s:b" not in ids(closure(sqlite_store, "dataset:s:c", UP))
    past = closure(sqlite_store, "dataset:s:c", replace(UP, as_of=15 * SECOND))
    assert "dataset:s:b" in ids(past)
    before = closure(sqlite_store, "dataset:s:c", replace(UP, as_of=SECOND))
    assert ids(before) == ["dataset:s:c"]


def test_fields_follow_their_columns_and_what_filters_them(store: Store) -> None:
    facets = column_lineage({"x": [(A, "id")]}, whole=[(B, "flag")])
    made = dataset(C, schema=schema("x", "y"), columnLineage=facets)
    project(store, run_event(LOAD, "1", at=SECOND, inputs=[A, B], outputs=[made]))
    found = closure(store, "field:s:c:x", FIELDS_UP)
    assert ids(found) == ["dataset:s:c", "field:s:a:id", "field:s:b:flag", "field:s:c:x"]
    assert pairs(found) == {
        ("field:s:a:id", "field:s:c:x"),
        ("field:s:b:flag", "dataset:s:c"),
        ("dataset:s:c", "field:s:c:x"),
    }
    assert "field:s:b:flag" in ids(closure(store, "field:s:c:y", FIELDS_UP))
    filtered = closure(store, "field:s:b:flag", FIELDS_DOWN)
    assert {"field:s:c:x", "field:s:c:y"} <= set(ids(filtered))


def test_from_a_job_its_fields_are_the_first_hop(sqlite_store: Store) -> None:
    made = dataset(B, columnLineage=column_lineage({"x": [(A, "id")]}))
    project(sqlite_store, run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[made]))
    down = closure(sqlite_store, "job:j:load", replace(FIELDS_DOWN, depth=1))
    assert pairs(down) == {("job:j:load", "field:s:b:x")}
    both = closure(sqlite_store, "job:j:load", Extent(level=Level.FIELD, depth=1))
    assert pairs(both) == {("field:s:a:id", "job:j:load"), ("job:j:load", "field:s:b:x")}
    alone = closure(sqlite_store, "job:j:load", Extent(level=Level.FIELD, depth=0))
    assert alone is not None
    assert (ids(alone), alone.hidden) == (["job:j:load"], 2)


def test_what_is_left_out_is_counted_beside_whom(sqlite_store: Store) -> None:
    project(
        sqlite_store,
        run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[B]),
        run_event(SHIP, "1", at=SECOND, inputs=[B], outputs=[C, D]),
    )
    found = closure(sqlite_store, "dataset:s:a", Extent(depth=1))
    assert found is not None
    assert found.is_truncated
    assert found.hidden == 3
    assert {str(node.id): node.hidden for node in found.nodes} == {
        "dataset:s:a": 0,
        "job:j:load": 0,
        "dataset:s:b": 1,
    }


@pytest.mark.parametrize(
    ("node", "extent"),
    [
        ("field:s:a:id", BOTH),
        ("run:j:load:1", BOTH),
        ("dataset:s:a", Extent(depth=-1)),
        ("dataset:s:a", Extent(limit=0)),
    ],
)
def test_a_question_without_sense_is_refused(
    node: str, extent: Extent, sqlite_store: Store
) -> None:
    with pytest.raises(InvalidInput):
        closure(sqlite_store, node, extent)


def test_a_rebuild_s_new_ids_are_noticed(sqlite_store: Store) -> None:
    index = LineageIndex()
    project(sqlite_store, run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[B]))
    before = ids(closure(sqlite_store, "dataset:s:a", BOTH, index))
    with sqlite_store.database.write() as connection:
        tracking.reset(connection, "project")
        for table in (tables.edge, tables.dataset, tables.job, tables.run, tables.run_event):
            connection.execute(delete(table))
        placeholder = {"id": 1, "namespace_id": 99, "name": "x"}
        seen = dict.fromkeys(("first_seen", "last_seen", "first_position"), 0)
        connection.execute(insert(tables.dataset), placeholder | seen)
    run_until_idle([Project(sqlite_store)])
    assert ids(closure(sqlite_store, "dataset:s:a", BOTH, index)) == before


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Events of two jobs whose inputs and outputs vary from run to run, in any order."""
    some = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from([LOAD, SHIP]), st.integers(1, 8), some, some),
            min_size=1,
            max_size=10,
            unique_by=lambda run: run[:2],
        )
    )
    return [
        run_event(job, str(at), at=at * SECOND, inputs=inputs, outputs=outputs)
        for job, at, inputs, outputs in drawn
    ]


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(histories(), st.none() | st.integers(0, 9))
def test_an_index_that_followed_knows_what_a_fresh_one_reads(
    sqlite_url: str, events: list[bytes], at: int | None
) -> None:
    index, extent = LineageIndex(), Extent(as_of=None if at is None else at * SECOND)
    with TemporaryDirectory() as folder:
        shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), f"{folder}/hub.db")
        store = open_store(f"sqlite:///{folder}/hub.db")
        for event in events:
            project(store, event)
            for name in NAMES[:3]:
                followed = closure(store, dataset_id(name), extent, index)
                fresh = closure(store, dataset_id(name), extent)
                assert (followed is None) == (fresh is None)
                if fresh is not None:
                    assert ids(followed) == ids(fresh)
                    assert pairs(followed) == pairs(fresh)
        store.close()


Answer = tuple[list[tuple[str, int, int]], set[tuple[str, str, str | None]], int] | None


def answers(store: Store, extent: Extent, index: LineageIndex) -> list[Answer]:
    """Return what is answered about some of the small world."""
    asked = {
        Level.DATASET: ["dataset:s:a", "dataset:s:c", "job:j:load"],
        Level.FIELD: ["dataset:s:a", "field:s:b:x", "field:s:c:y", "job:j:ship"],
    }
    with store.database.read() as connection:
        return [
            _comparable(
                find_closure(connection, index, parse_node_id(node), replace(extent, level=level))
            )
            for level, nodes in asked.items()
            for node in nodes
        ]


def _comparable(found: Closure | None) -> Answer:
    if found is None:
        return None
    nodes = sorted((str(node.id), node.hops, node.hidden) for node in found.nodes)
    edges = {(str(edge.source.id), str(edge.target.id), edge.origin) for edge in found.edges}
    return nodes, edges, found.hidden


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15
)
@given(small_world.blocks(), st.none() | st.integers(0, 10), st.integers(0, 3))
def test_what_the_hub_knew_is_what_it_answered_then(
    sqlite_url: str, told: list[list[bytes]], at: int | None, depth: int
) -> None:
    extent = Extent(as_of=None if at is None else at * SECOND, depth=depth)
    with small_world.copied(sqlite_url) as store:
        followed = LineageIndex()
        answered = {0: answers(store, extent, LineageIndex())}
        for block in told:
            end = small_world.append(store, *block)
            run_until_idle([Project(store)])
            answered[end] = answers(store, extent, LineageIndex())
            # Having been asked, it has a history to keep up to date.
            answers(store, replace(extent, known_at=end), followed)
        for index in (followed, LineageIndex()):
            for position, answer in answered.items():
                assert answers(store, replace(extent, known_at=position), index) == answer
