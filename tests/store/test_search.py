"""What is found on a store, and that its index follows what is projected."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from hub.domain.catalog import Catalog, Domain, Owner, OwnerKind, Product
from hub.domain.curation import Curated, TagThing, curation_entry
from hub.domain.deadletters import ReplayOutcome
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import DeadLettersReplayed, encode_decision
from hub.domain.names import DatasetName, JobName
from hub.domain.search import SearchKind, SearchLevel, SearchPart
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import Project, project_all, rebuild, verify
from hub.queries.search import HitRow, find
from hub.store.dead_letters import Chosen, find_letters
from hub.store.opening import Store, open_store
from hub.store.tables import search_text
from hub.testing.builders import column_lineage, dataset, run_event, schema
from tests.small_world import append, blocks, copied

LOAD = JobName("airflow", "dag.load_orders")
ORDERS = DatasetName("postgres://db", "shop.public.customer_orders")
EVENTS = DatasetName("s3://lake", "raw/ClickEvents")
TEAM = Owner("web-team", OwnerKind.DOMAIN)
CATALOG = Catalog(
    domains={"clicks": Domain("clicks", TEAM, "Everything that visitors do.")},
    products={"click_stream": Product(name="click_stream", domain="clicks", description="Visits.")},
)
FIELD = SearchKind.FIELD


def described(words: str, *, at: int = 1, **facets: Any) -> bytes:  # noqa: ANN401 - facets are any JSON
    """Return an event that says something of the orders."""
    said = dataset(ORDERS, documentation={"description": words}, **facets)
    return run_event(LOAD, f"r{at}", at=at, outputs=[said])


def tell(store: Store, *events: bytes) -> None:
    """Append events, and let the stages work until they have nothing left to do."""
    if events:
        append(store, *events)
    run_until_idle([Project(store), Index(store)])


def hits(store: Store, sought: str, kinds: Collection[SearchKind] = ()) -> list[HitRow]:
    with store.database.read() as connection:
        return find(connection, CATALOG, sought, kinds)


def found(store: Store, sought: str, kinds: Collection[SearchKind] = ()) -> list[str]:
    return [str(hit.node) for hit in hits(store, sought, kinds)]


def texts(store: Store) -> set[str]:
    with store.database.read() as connection:
        return set(connection.scalars(select(search_text.c.text)))


def test_every_kind_of_thing_is_found(store: Store) -> None:
    tell(store, run_event(LOAD, "r", at=1, outputs=[dataset(EVENTS, schema=schema("click_id"))]))

    assert found(store, "click") == [
        "domain:clicks",
        "field:s3%3A//lake:raw/ClickEvents:click_id",
        "product:click_stream",
        "dataset:s3%3A//lake:raw/ClickEvents",
    ]
    assert found(store, "load orders") == ["job:airflow:dag.load_orders"]
    assert found(store, "click", [SearchKind.JOB, FIELD]) == [
        "field:s3%3A//lake:raw/ClickEvents:click_id"
    ]


def test_tags_owners_and_descriptions_lead_to_what_has_them(store: Store) -> None:
    ownership = {"owners": [{"name": "team:parcels"}]}
    tags = {"tags": [{"key": "pii", "value": "true", "field": "email"}]}
    tell(store, described("Paid by card, daily.", ownership=ownership, tags=tags))

    for sought, part in (
        ("pii", SearchPart.TAG),
        ("parcels", SearchPart.OWNER),
        ("card daily", SearchPart.DESCRIPTION),
    ):
        [hit] = hits(store, sought)
        assert (str(hit.node.dataset.name), hit.part) == (ORDERS.name, part)
    assert found(store, "web team") == ["domain:clicks"]
    assert found(store, "visitors") == ["domain:clicks"]
    assert found(store, "crad") == found(store, "aid") == []


def test_a_tag_is_found_by_its_key_and_by_key_and_value(store: Store) -> None:
    tags = {"tags": [{"key": "env", "value": "prod-eu"}, {"key": "pii", "value": "true"}]}
    tell(store, described("x", tags=tags))

    for sought in ("env=prod-eu", "env:prod", "pii=true", "env", "prod"):
        assert [hit.part for hit in hits(store, sought)] == [SearchPart.TAG], sought
    assert [hits(store, each)[0].level for each in ("pii=true", "pii")] == [SearchLevel.EXACT] * 2
    assert found(store, "env=test") == []

    taken = TagThing(Curated.DATASET, ORDERS.namespace, ORDERS.name, tag="env", remove=True)
    store.journal.append([curation_entry(taken)], recorded_at=1)
    tell(store)
    assert found(store, "env=prod-eu") == found(store, "env") == []


def test_two_letters_are_found_inside_a_name_and_so_are_two_ideographs(store: Store) -> None:
    names = ("shop.orders", "販売.注文明細", "销售.订单明细", "東京.京東")
    tell(store, run_event(LOAD, "r", at=1, outputs=[DatasetName("n", name) for name in names]))

    datasets = [SearchKind.DATASET]
    for sought, name in (("rd", 0), ("文明", 1), ("単", None), ("单明", 2), ("东", None)):
        expected = [] if name is None else [f"dataset:n:{names[name]}"]
        assert found(store, sought, datasets) == expected, sought
    assert [hit.level for hit in hits(store, "京東")] == [SearchLevel.EXACT]


def test_a_word_that_is_taken_back_is_found_no_more(store: Store) -> None:
    tell(store, described("mutable words", at=1))
    tell(store, described("other wording", at=3))
    tell(store, described("late telling", at=2))

    assert found(store, "mutable") == found(store, "telling") == []
    assert len(found(store, "wording")) == 1
    assert not any("mutable" in each for each in texts(store))


def test_a_text_that_another_has_too_stays(store: Store) -> None:
    said = {"documentation": {"description": "shared words"}}
    tell(store, described("shared words"), run_event(LOAD, "b", at=1, job_facets=said))
    tell(store, described("other wording", at=2))

    assert found(store, "shared words") == ["job:airflow:dag.load_orders"]


def test_tags_that_people_give_and_take_are_followed(store: Store) -> None:
    tell(store, described("x"))
    for remove, expected in ((False, 1), (True, 0)):
        command = TagThing(
            kind=Curated.DATASET, namespace=ORDERS.namespace, name=ORDERS.name, tag="gold",
            remove=remove,
        )  # fmt: skip
        store.journal.append([curation_entry(command)], recorded_at=1)
        tell(store)
        assert len(hits(store, "gold")) == expected


def test_what_is_released_from_quarantine_is_found(store: Store) -> None:
    tell(store, described("before"))
    bad = described("after", at=2).replace(b'"runId":"r2"', b'"runId":""')
    tell(store, bad)
    assert found(store, "after") == []
    with store.database.read() as connection:
        [letter] = [each.letter.id for each in find_letters(connection, Chosen())]
    good = append(store, described("after", at=2))
    outcome = ReplayOutcome(letter=letter, resolved=True, event=good)
    decision = DeadLettersReplayed(at=1, outcomes=(outcome,))
    entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
    store.journal.append([entry], recorded_at=1)
    tell(store)

    assert len(found(store, "after")) == 1


def test_more_than_is_indexed_at_once_is_indexed_before_the_position_moves(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.flow.index.stage.NEW_AT_ONCE", 2)
    monkeypatch.setattr("hub.flow.index.stage._WRITES_A_STEP", 1)
    names = [DatasetName("n", name) for name in ("___", "//", "-", "one", "two", "three", "four")]
    append(store, run_event(LOAD, "r", at=1, outputs=names))
    project_all(store)
    stage = Index(store)
    steps = 0
    while stage.step():
        steps += 1

    assert steps > 2
    assert found(store, "four") == ["dataset:n:four"]


def test_a_rebuild_finds_the_same_and_goes_on_from_there(store: Store) -> None:
    tell(store, described("first words"), run_event(LOAD, "b", at=1, inputs=[EVENTS]))
    before = [found(store, each) for each in ("orders", "clickevents", "words")]
    rebuild(store)
    tell(store)
    assert [found(store, each) for each in ("orders", "clickevents", "words")] == before

    tell(store, described("second words", at=9))
    assert found(store, "first words") == []
    assert len(found(store, "second words")) == 1
    assert verify(store) == []


def test_an_index_that_lacks_something_is_told_by_a_verification(store: Store) -> None:
    tell(store, described("some words"))
    with store.database.write() as connection:
        connection.execute(text("DELETE FROM search_posting WHERE part = 3"))

    [difference] = verify(store)
    assert difference.table == "search posting of dataset"
    assert [row["text"] for row in difference.only_rebuilt] == [" some words "]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(blocks(), st.lists(st.sampled_from(["red", "green", "red blue"]), min_size=1, max_size=5))
def test_an_index_that_follows_is_as_one_made_at_once(
    sqlite_url: str, told: list[list[bytes]], words: list[str]
) -> None:
    with copied(sqlite_url) as store:
        rng = random.Random(len(told))
        for n, block in enumerate(told):
            said = described(words[n % len(words)], at=rng.randrange(1, 4))
            tell(store, *block, said)
        assert verify(store) == []


STEMS = ("customer", "order", "payment", "invoice", "parcel", "route", "driver", "price", "click")


def estate(rng: random.Random, size: int) -> list[DatasetName]:
    """Return names that have much in common, as those of a warehouse do."""
    names: set[str] = set()
    while len(names) < size:
        stems = rng.sample(STEMS, rng.choice([1, 2, 2, 3]))
        by = rng.choice("_-")
        own = by.join(stems) + rng.choice(["", "_daily", "_v2", "_raw"])
        names.add(rng.choice(["shop.public.", "lake/raw/", "mart."]) + own)
    return [DatasetName(rng.choice(["a", "b"]), name) for name in sorted(names)]


def mistyped(rng: random.Random, name: str) -> str:
    at, letter = rng.randrange(len(name)), rng.choice("abcxyz")
    rest = name[at:]
    ways = [rest[1:], letter + rest, letter + rest[1:], rest[1:2] + rest[:1] + rest[2:]]
    return name[:at] + rng.choice(ways)


def test_an_exact_name_comes_first_and_one_with_an_error_among_the_first_ten(store: Store) -> None:
    rng = random.Random(3)
    names = estate(rng, 300)
    tell(store, run_event(LOAD, "r", at=1, outputs=names))
    for name in rng.sample(names, 40):
        [first, *rest] = hits(store, name.name)
        tied = [first, *(hit for hit in rest if hit.points == first.points)]
        assert name in [hit.node.dataset for hit in tied]
        assert first.level is SearchLevel.EXACT
        typed = mistyped(rng, name.name)
        assert name in [hit.node.dataset for hit in hits(store, typed)[:10]], typed


def test_every_store_finds_the_same_in_the_same_order(sqlite_url: str, postgresql_url: str) -> None:
    rng = random.Random(5)
    names = estate(rng, 300)
    sources = {"order_id": [(names[0], "id")]}
    fields = schema("id", "Größe", "注文明細")
    loaded = dataset(EVENTS, columnLineage=column_lineage(sources), schema=fields)
    events = [run_event(LOAD, "r", at=1, inputs=names, outputs=[loaded]), described("All orders.")]
    asked = [mistyped(rng, name.name) for name in rng.sample(names, 20)]
    asked += [
        "order",
        "orders",
        "customer order",
        "id",
        "größe",
        "rder",
        "lake raw",
        "rd",
        "文明",
        "明細 注",
        "ßä",
    ]
    answers = []
    for url in (sqlite_url, postgresql_url):
        store = open_store(url)
        tell(store, *events)
        answers.append([hits(store, each) for each in asked])
        store.close()

    assert answers[0] == answers[1]
    assert all(answers[0][:-1])


def test_no_search_goes_through_all_that_is_known(sqlite_store: Store) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401 - a driver's
        asked.append((statement, values))

    event.listen(sqlite_store.database.engine, "before_cursor_execute", note)
    hits(sqlite_store, "orders")
    event.remove(sqlite_store.database.engine, "before_cursor_execute", note)
    selects = [each for each in asked if each[0].startswith("SELECT")]
    assert len(selects) == 7
    with sqlite_store.database.read() as connection:
        for statement, values in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            scanned = [row.detail for row in plan if row.detail.startswith("SCAN")]
            assert all("json_each" in each or "search_gram" in each for each in scanned), scanned
