"""Runs of one job under one parent omit together, whatever order and batches they come in."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from hub.domain.lineage.intervals import OBSERVED_OMISSIONS, Interval, Naming, fold_intervals
from hub.domain.names import DatasetName
from hub.flow.project import Project, verify
from hub.store.opening import Store
from hub.store.tables import dataset, edge, io_set_member, run
from hub.testing.builders import run_event
from tests.small_world import LOAD, NAMES, SECOND, A, B, C, append, copied, under

DAY = 86_400 * SECOND
Blocks = list[list[bytes]]
Edges = dict[int, list[Interval]]


@st.composite
def stories(draw: st.DrawFn) -> Blocks:
    """Blocks of events of one job's runs, which mostly come as they happen.

    Parents follow one another and overlap; some are told of late, and some events are. Some runs
    are of the next day.
    """
    mostly = st.one_of(*[st.just([A, B])] * draw(st.sampled_from([1, 4])), st.just([A]))
    names = st.one_of(mostly, st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
    is_late = st.sampled_from([False] * draw(st.sampled_from([3, 20])) + [True])
    ends = st.sampled_from(["COMPLETE", "COMPLETE", "COMPLETE", "FAIL"])
    events: list[tuple[int, bytes]] = []
    for number in range(draw(st.integers(2, 14))):
        parent = draw(st.sampled_from([None, f"p{number // 3}", f"p{max(0, number - 3) // 3}"]))
        inputs = draw(names)
        begin = number * 10 + draw(st.integers(1, 9)) + draw(st.sampled_from([0, 0, 0, 86_400]))
        end = begin + draw(st.sampled_from([0, 5, 30]))
        for at, kind in ((begin, "START"), (end, draw(ends))):
            comes_at = draw(st.integers(0, 200)) if draw(is_late) else at
            said = None if draw(is_late) else parent
            event = run_event(
                *(LOAD, str(number)),
                at=at * SECOND,
                event_type=kind,
                inputs=inputs,
                run_facets=under(said),
            )
            events.append((comes_at, event))
    told = [event for _, event in sorted(events)]
    size = draw(st.integers(1, 4))
    return [told[start : start + size] for start in range(0, len(told), size)]


def folded(connection: Connection) -> Edges:
    """Return what a fold of all runs comes to."""
    members: dict[int, set[int]] = {}
    for key, member in connection.execute(select(io_set_member)):
        members.setdefault(key, set()).add(member)
    named = connection.execute(select(run).where(run.c.input_set_id.is_not(None))).all()
    namings = [
        Naming(
            each.first_event_at,
            each.anchor_at,
            each.run_id,
            can_omit=each.state == "COMPLETE",
            members=frozenset(members[each.input_set_id]),
            parent=each.parent_id,
        )
        for each in named
    ]
    return fold_intervals(namings, omissions=OBSERVED_OMISSIONS)


def projected(connection: Connection) -> Edges:
    """Return the edges that there are."""
    found: Edges = {}
    for each in connection.execute(select(edge).order_by(edge.c.ordinal)):
        interval = Interval(each.opened_at, each.closed_at)
        found.setdefault(each.dataset_id, []).append(interval)
    return found


def tell(store: Store, blocks: Blocks, sizes: Sequence[int] = ()) -> None:
    """Project blocks, so many at a time and then the rest, by a stage that remembers."""
    stage = Project(store)
    pending = list(blocks)
    for size in (*sizes, len(blocks)):
        for block in pending[:size]:
            append(store, *block)
        del pending[:size]
        while stage.step():
            pass


LAW = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20
)
SIZES = st.lists(st.integers(1, 3), max_size=8)


@LAW
@given(stories(), SIZES)
def test_edges_are_what_a_fold_of_all_runs_comes_to(
    sqlite_url: str, blocks: Blocks, sizes: list[int]
) -> None:
    with copied(sqlite_url) as store:
        tell(store, blocks, sizes)
        with store.database.read() as connection:
            assert projected(connection) == folded(connection)
        assert verify(store) == []


def ran(name: str, begin: int, *inputs: DatasetName, parent: str | None = None) -> list[bytes]:
    """Return, as a block, a run that begins at a second and ends at the next one."""
    facets = under(parent)
    return [
        run_event(LOAD, name, at=at * SECOND, event_type=kind, inputs=inputs, run_facets=facets)
        for at, kind in ((begin, "START"), (begin + 1, "COMPLETE"))
    ]


def of(store: Store, name: DatasetName) -> list[tuple[int, int | None]]:
    """Return when an edge opened and closed, in seconds."""
    with store.database.read() as connection:
        key = connection.scalar(select(dataset.c.id).where(dataset.c.name == name.name))
        found = projected(connection)[key or 0]
    return [(opened // SECOND, closed and closed // SECOND) for opened, closed in found]


def test_a_late_sibling_moves_what_its_group_closed_although_it_names_what_others_do(
    sqlite_store: Store,
) -> None:
    runs = [ran("1", 1, A, B), ran("2", 10, A, parent="p")]
    runs += [ran(str(at), at, A) for at in (20, 30, 40)]
    stage = Project(sqlite_store)
    for block in runs:
        append(sqlite_store, *block)
        stage.step()
    assert of(sqlite_store, B) == [(1, 11)]
    append(sqlite_store, *ran("late", 50, A, parent="p"))
    stage.step()
    assert of(sqlite_store, B) == [(1, 21)]


def test_what_comes_late_amid_siblings_is_counted_with_what_ended_before_them(store: Store) -> None:
    slow = [
        run_event(LOAD, "p2", at=at * SECOND, event_type=kind, inputs=[B], run_facets=under("p"))
        for at, kind in ((15, "START"), (100, "COMPLETE"))
    ]
    tell(store, [ran("1", 1, A, B), ran("2", 10, A), ran("p1", 13, A, parent="p"), slow])
    assert of(store, B) == [(1, None)]
    tell(store, [ran("late", 20, A)])
    assert of(store, B) == [(1, 11), (15, None)]


def test_siblings_of_a_parent_without_end_omit_once_a_day(sqlite_store: Store) -> None:
    day = DAY // SECOND
    tell(sqlite_store, [ran("1", 1, A, B, parent="p")])
    tell(sqlite_store, [ran(f"{at}", day + at, A, parent="p") for at in (1, 2, 3)])
    assert of(sqlite_store, B) == [(1, None)]
    tell(sqlite_store, [ran("last", 2 * day, A, parent="p")])
    assert of(sqlite_store, B) == [(1, day + 4)]


def test_a_parent_that_comes_to_be_known_late_joins_siblings(store: Store) -> None:
    tell(store, [ran("1", 1, A), ran("2", 10, B), ran("3", 12, C, parent="p")])
    assert of(store, A) == [(1, 11)]
    late = under("p")
    append(store, run_event(LOAD, "2", at=11 * SECOND, event_type="OTHER", run_facets=late))
    tell(store, [])
    assert of(store, A) == [(1, None)]
    tell(store, [ran("4", 20, B)])
    assert of(store, A) == [(1, 13)]


def test_siblings_that_overlap_those_of_another_parent_are_seen_whole(store: Store) -> None:
    slow = run_event(LOAD, "p3", at=40 * SECOND, inputs=[C], run_facets=under("p"))
    started = run_event(
        LOAD, "p3", at=2 * SECOND, event_type="START", inputs=[C], run_facets=under("p")
    )
    tell(store, [ran("p1", 1, A, parent="p"), ran("p2", 3, B, parent="p"), [started]])
    tell(store, [ran("q1", 20, A, parent="q"), ran("q2", 22, B, parent="q")])
    tell(store, [[slow]])
    tell(store, [ran("r1", 50, A, parent="r"), ran("r2", 52, C, parent="r")])
    assert [of(store, name) for name in (A, B, C)] == [[(1, None)], [(3, None)], [(2, None)]]
    tell(store, [ran("s1", 60, A, parent="s"), ran("s2", 62, C, parent="s")])
    assert of(store, B) == [(3, 53)]
    assert verify(store) == []
