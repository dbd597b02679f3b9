"""What lies around a dataset is told of what was observed and of what is declared alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from hub.domain.catalog import Catalog, Lake, Product, Step
from hub.domain.names import DatasetName, dataset_id
from hub.graph.foresight import Foresight
from hub.graph.index import LineageIndex
from hub.graph.neighbourhood import Neighbourhood
from hub.store import tables
from hub.store.opening import Store
from tests.scanned import DrawnLineage

LAKE = "lake"
NAMES = "abcdefgh"


class Made(NamedTuple):
    """A dataset that is made from another, which the hub was told, or which a file declares."""

    source: str
    target: str
    is_declared: bool


def made() -> st.SearchStrategy[list[Made]]:
    name = st.sampled_from(NAMES)
    return st.lists(st.builds(Made, name, name, st.booleans()), max_size=24)


def drawn_names() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES).map(node), max_size=4)


def node(name: str) -> str:
    return dataset_id(DatasetName(LAKE, name))


@given(made(), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_as_if_all_had_been_observed(
    sqlite_store: Store, drawn: list[Made], starts: list[str]
) -> None:
    edges = [each for each in drawn if each.source != each.target]
    plain = DrawnLineage(_sources(edges))
    begin = [node(name) for name in starts]
    with _around(sqlite_store, edges) as around:
        for hops in (1, 3):
            assert _near(around.upstream(begin, hops)) == _near(plain.upstream(begin, hops))
            assert _near(around.made_from(begin, hops)) == _near(plain.made_from(begin, hops))
        assert {*around.downstream(begin).names} == {*plain.downstream(begin).names}
        assert around.beside([*map(node, NAMES)], begin) == plain.beside([*map(node, NAMES)], begin)
        # What is remembered from one question answers the next one alike.
        assert _near(around.upstream(begin, 2)) == _near(plain.upstream(begin, 2))


@given(
    made(),
    drawn_names(),
    drawn_names(),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.integers(1, 3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_foreseen_is_what_lies_between_those_that_were_named(
    sqlite_store: Store,
    drawn: list[Made],
    broken: list[str],
    read: list[str],
    reads: list[str],
    hops: int,
) -> None:
    edges = [each for each in drawn if each.source != each.target]
    plain = DrawnLineage(_sources(edges))
    also = [node(name) for name in reads]
    with _around(sqlite_store, edges) as around:
        foreseen = Foresight(around, broken, read, hops)
        for name in (*broken, *read):
            upstream = _near(plain.upstream([name], hops, reads=also))
            asked = _near(foreseen.upstream([name], hops, reads=also))
            assert _only(asked, broken) == _only(upstream, broken)
            assert {*asked} <= {*upstream}
        for name in broken:
            below = _near(plain.made_from([name], hops))
            assert _near(foreseen.made_from([name], hops)) == _only(below, [*broken, *read])
            assert {*foreseen.downstream([name]).names} == {*plain.downstream([name]).names}


def test_what_was_not_named_is_found_all_the_same(sqlite_store: Store) -> None:
    edges = [Made("a", "b", is_declared=False), Made("b", "c", is_declared=True)]
    with _around(sqlite_store, edges) as around:
        foreseen = Foresight(around, [node("a")], [node("b")], 1)
        assert [*foreseen.upstream([node("c")], 2)] == [(node("b"), 1), (node("a"), 2)]
        assert [*foreseen.made_from([node("a")], 2)] == [(node("b"), 1), (node("c"), 2)]


def test_what_no_run_has_named_may_fail_with_the_others(sqlite_store: Store) -> None:
    edges = [Made("a", "b", is_declared=False), Made("x", "c", is_declared=True)]
    with _around(sqlite_store, edges, alone="cdefgh") as around:
        foreseen = Foresight(around, [*map(node, "acdefghx")], [node("b")], 1)
        assert [*foreseen.upstream([node("b")], 1)] == [(node("a"), 1)]
        assert [*foreseen.made_from([node("x")], 1)] == [(node("c"), 1)]
        assert not [*foreseen.upstream([node("h")], 1)]


def test_the_nearest_come_first(sqlite_store: Store) -> None:
    edges = [Made("a", "b", is_declared=True), Made("b", "c", is_declared=False)]
    with _around(sqlite_store, edges) as around:
        assert [*around.upstream([node("c")], 9)] == [(node("b"), 1), (node("a"), 2)]
        assert [*around.downstream([node("a")]).names] == [node("b"), node("c")]


def _near(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    return dict(found)


def _only(found: dict[str, int], names: list[str]) -> dict[str, int]:
    return {name: hops for name, hops in found.items() if name in names}


def _sources(edges: Iterable[Made]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {node(name): [] for name in NAMES}
    for edge in edges:
        found[node(edge.target)].append(node(edge.source))
    return found


@contextmanager
def _around(store: Store, edges: list[Made], *, alone: str = "") -> Iterator[Neighbourhood]:
    """Return what lies around in a store that knows the observed edges for as long.

    It has datasets ``alone`` besides, which no run has named.
    """
    steps = [
        Step(name=f"s{number}", product="p", writes=edge.target, reads=(edge.source,))
        for number, edge in enumerate(edges)
        if edge.is_declared
    ]
    catalog = Catalog(
        lake=Lake(namespace=LAKE), products={"p": Product(name="p", domain="d", steps=tuple(steps))}
    )
    with store.database.write() as connection, connection.begin_nested() as undone:
        seen = {"first_seen": 0, "last_seen": 0, "first_position": 0}
        observed = [edge for edge in edges if not edge.is_declared]
        named = sorted({name for edge in observed for name in (edge.source, edge.target)})
        keys = {name: key for key, name in enumerate((*named, *alone), 1)}
        connection.execute(insert(tables.namespace), {"id": 1, "name": LAKE})
        for name, key in keys.items():
            row = {"id": key, "namespace_id": 1, "name": name, **seen}
            connection.execute(insert(tables.dataset), row)
        for number, edge in enumerate(observed, 1):
            row = {"id": number, "namespace_id": 1, "name": f"j{number}", **seen}
            connection.execute(insert(tables.job), row)
            for side, name in (("in", edge.source), ("out", edge.target)):
                row = {"job_id": number, "side": side, "dataset_id": keys[name], "ordinal": 0}
                row |= {"origin": "OBSERVED", "opened_at": 0, "first_seen": 0, "last_seen": 0}
                connection.execute(insert(tables.edge), row | {"revision": 1})
        yield Neighbourhood(connection, LineageIndex(), catalog)
        undone.rollback()
