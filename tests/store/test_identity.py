"""Names that mean one thing are one node; whoever says so can take it back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.catalog import Catalog, Dataset, Product
from hub.domain.commands import ApproveAlias, Command, KeepApart, WithdrawRuling, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.identity.naming import NamingRule
from hub.domain.identity.things import Provenance
from hub.domain.names import DatasetName, JobName, NodeKind, dataset_id, parse_node_id
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project, rebuild
from hub.graph.closure import Extent, Level, find_closure
from hub.graph.identities import Identities
from hub.graph.index import LineageIndex
from hub.store.identity import read_rulings
from hub.store.opening import Store
from hub.testing.builders import column_lineage, dataset, run_event
from tests import small_world

SECOND = 1_000_000
A, B, C, D = (DatasetName("s", name) for name in "abcd")
LOAD, SHIP = JobName("j", "load"), JobName("j", "ship")
ALIAS = ApproveAlias(kind=NodeKind.DATASET, first=B, second=C, reason="one table", actor="ada")


def tell(store: Store, *told: bytes | Command) -> None:
    entries = [
        NewEntry(EntryKind.EVENT, each) if isinstance(each, bytes) else entry_of(each)
        for each in told
    ]
    store.journal.append(entries, recorded_at=SECOND)
    run_until_idle([Project(store)])


def lineage(
    store: Store, node: str, index: LineageIndex, level: Level = Level.DATASET
) -> set[tuple[str, str]]:
    with store.database.read() as connection:
        found = find_closure(connection, index, parse_node_id(node), Extent(level=level))
    assert found is not None
    return {(str(e.source.id), str(e.target.id)) for e in found.edges} | {
        (str(node.id), "") for node in found.nodes
    }


def identities(store: Store, index: LineageIndex | None = None) -> Identities:
    with store.database.read() as connection:
        return (index or LineageIndex()).identities(connection)


def partition(store: Store) -> list[tuple[object, ...]]:
    """Return what each thing is shown as, its names, and who says so."""
    known = identities(store)
    return [
        (
            each.thing.name,
            each.thing.names,
            {(x.alias, x.name, x.provenance) for x in each.thing.links},
        )
        for things in (known.datasets, known.jobs)
        for each in sorted(things.known, key=lambda each: each.thing.name)
    ]


def symlinked(name: DatasetName, *others: DatasetName) -> dict[str, object]:
    identifiers = [{**other._asdict(), "type": "TABLE"} for other in others]
    return dataset(name, symlinks={"identifiers": identifiers})


def changed(name: DatasetName, change: str, before: DatasetName | None = None) -> dict[str, object]:
    previous = {"previousIdentifier": before._asdict()} if before else {}
    return dataset(name, lifecycleStateChange={"lifecycleStateChange": change, **previous})


def dataset_event(at: int, use: dict[str, object]) -> bytes:
    when = f"2026-01-01T00:00:{at:02}Z"
    return json.dumps({"eventTime": when, "dataset": use}).encode()


TWO_HALVES = (
    run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[B]),
    run_event(SHIP, "1", at=SECOND, inputs=[C], outputs=[D]),
)


def test_an_approved_alias_joins_two_graphs_and_its_withdrawal_parts_them(store: Store) -> None:
    index = LineageIndex()
    tell(store, *TWO_HALVES)
    before = lineage(store, "dataset:s:a", index)
    tell(store, ALIAS)
    joined = lineage(store, "dataset:s:a", index)
    assert ("job:j:load", "dataset:s:c") in joined
    assert ("dataset:s:c", "job:j:ship") in joined
    assert ("job:j:ship", "dataset:s:d") in joined
    assert "dataset:s:b" not in {each for pair in joined for each in pair}
    assert lineage(store, "dataset:s:b", index) == lineage(store, "dataset:s:c", index)
    tell(store, WithdrawRuling(kind=NodeKind.DATASET, first=C, second=B))
    assert lineage(store, "dataset:s:a", index) == before


def test_names_that_are_approved_before_anything_has_used_them_are_one(store: Store) -> None:
    index = LineageIndex()
    assert not identities(store, index).datasets.known
    tell(store, ALIAS)
    assert not identities(store, index).datasets.known
    tell(store, *TWO_HALVES)
    [known] = identities(store, index).datasets.known
    assert known.thing.names == (B, C)


def test_a_symlink_joins_whatever_comes_later_and_keeping_apart_parts_it(store: Store) -> None:
    index = LineageIndex()
    tell(store, *TWO_HALVES)
    before = lineage(store, "dataset:s:a", index)
    tell(store, dataset_event(2, symlinked(C, B)))
    assert ("job:j:load", "dataset:s:c") in lineage(store, "dataset:s:a", index)
    apart = KeepApart(kind=NodeKind.DATASET, first=B, second=C)
    tell(store, apart)
    assert lineage(store, "dataset:s:a", index) == before
    tell(store, WithdrawRuling(kind=NodeKind.DATASET, first=B, second=C))
    assert ("job:j:load", "dataset:s:c") in lineage(store, "dataset:s:a", index)
    # A later facet that does not name it takes the symlink back.
    tell(store, dataset_event(9, symlinked(C)))
    assert lineage(store, "dataset:s:a", index) == before


def test_what_is_kept_apart_is_not_joined_over_a_third_name(store: Store) -> None:
    linked = dataset_event(2, symlinked(A, B, C))
    tell(store, *TWO_HALVES, linked, KeepApart(kind=NodeKind.DATASET, first=B, second=C))
    # The links are followed in an order of their own, so one of the two stays.
    assert [(shown, names) for shown, names, _ in partition(store)] == [(A, (A, B))]


def test_a_renamed_dataset_is_one_until_its_old_name_is_given_to_another(store: Store) -> None:
    tell(store, *TWO_HALVES, dataset_event(2, changed(C, "RENAME", B)))
    assert partition(store) == [(C, (B, C), {(B, C, Provenance.RENAME)})]
    # What happens to it later takes nothing back.
    tell(store, dataset_event(5, changed(C, "OVERWRITE")))
    assert identities(store).datasets.shown(B) == C
    tell(store, dataset_event(9, changed(B, "CREATE")))
    assert partition(store) == []


def test_a_table_that_takes_the_place_of_another_is_not_that_one(store: Store) -> None:
    # As dbt and Spark publish: b gives way as d, and c, which was built beside it, becomes b.
    gives_way = dataset_event(2, changed(D, "RENAME", B))
    tell(store, *TWO_HALVES, dataset_event(3, changed(B, "RENAME", C)), gives_way)
    assert partition(store) == [(B, (B, C), {(C, B, Provenance.RENAME)})]
    # The next time round, c is built anew.
    tell(store, dataset_event(4, changed(C, "CREATE")), dataset_event(5, changed(D, "RENAME", B)))
    tell(store, dataset_event(6, changed(B, "RENAME", C)))
    assert partition(store) == [(B, (B, C), {(C, B, Provenance.RENAME)})]


def test_two_tables_that_swap_names_stay_two(store: Store) -> None:
    steps = ((2, D, B), (3, B, C), (4, C, D))
    tell(store, *(dataset_event(at, changed(new, "RENAME", old)) for at, new, old in steps))
    assert identities(store).datasets.find(B) is None
    assert identities(store).datasets.shown(D) == C


def test_fields_of_one_name_are_joined(store: Store) -> None:
    columns = {"x": [(A, "x")]}
    made = dataset(B, columnLineage=column_lineage(columns))
    more = dataset(D, columnLineage=column_lineage({"y": [(C, "x")]}))
    tell(
        store,
        run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[made]),
        run_event(SHIP, "1", at=SECOND, inputs=[C], outputs=[more]),
        ALIAS,
    )
    found = lineage(store, "field:s:b:x", LineageIndex(), Level.FIELD)
    assert ("field:s:a:x", "field:s:c:x") in found
    assert ("field:s:c:x", "field:s:d:y") in found


def test_jobs_are_one_too(sqlite_store: Store) -> None:
    tell(
        sqlite_store,
        *TWO_HALVES,
        ApproveAlias(kind=NodeKind.JOB, first=SHIP, second=LOAD),
    )
    found = lineage(sqlite_store, "job:j:ship", LineageIndex())
    assert {("dataset:s:a", "job:j:load"), ("job:j:load", "dataset:s:d")} <= found


def test_what_operators_say_outlives_a_rebuild(store: Store) -> None:
    index = LineageIndex()
    tell(store, *TWO_HALVES, ALIAS)
    before, words = lineage(store, "dataset:s:b", index), read(store)
    rebuild(store)
    assert lineage(store, "dataset:s:b", index) == before
    assert read(store) == words


def read(store: Store) -> list[tuple[object, ...]]:
    with store.database.read() as connection:
        return [tuple(word) for word in read_rulings(connection)]


def test_the_last_word_about_two_names_holds_in_whichever_order_they_are(
    sqlite_store: Store,
) -> None:
    tell(sqlite_store, *TWO_HALVES, ALIAS, KeepApart(kind=NodeKind.DATASET, first=C, second=B))
    assert partition(sqlite_store) == []
    tell(sqlite_store, ALIAS)
    assert [shown for shown, *_ in partition(sqlite_store)] == [C]
    assert len(read(sqlite_store)) == 1


def test_an_alias_that_nobody_has_used_leads_to_what_is_known(sqlite_store: Store) -> None:
    tell(sqlite_store, *TWO_HALVES, dataset_event(2, symlinked(C, DatasetName("hive", "x"))))
    index = LineageIndex()
    assert lineage(sqlite_store, "dataset:hive:x", index) == lineage(
        sqlite_store, "dataset:s:c", index
    )
    tell(sqlite_store, run_event(LOAD, "2", at=SECOND, outputs=[DatasetName("hive", "x")]))
    assert ("job:j:load", "dataset:s:c") in lineage(sqlite_store, "dataset:s:c", index)


def test_rules_read_names_as_one_whenever_they_come_and_whenever_they_change(store: Store) -> None:
    rules: list[tuple[NamingRule, ...]] = [
        (NamingRule(name="fold", namespaces="s", folds_case=True),)
    ]
    index = LineageIndex(lambda: Catalog(naming=rules[0]))
    upper = DatasetName("s", "B")
    tell(store, TWO_HALVES[0], run_event(SHIP, "1", at=SECOND, inputs=[upper], outputs=[D]))
    joined = lineage(store, "dataset:s:B", index)
    assert {("job:j:load", "dataset:s:b"), ("dataset:s:b", "job:j:ship")} <= joined
    # A name that comes later, and one that is said to be another's symlink.
    tell(
        store,
        run_event(SHIP, "2", at=2 * SECOND, inputs=[DatasetName("s", "C")]),
        dataset_event(3, symlinked(C, upper)),
    )
    known = identities(store, index).datasets
    assert known.names_of(C) == (("s", "B"), ("s", "C"), ("s", "b"), ("s", "c"))
    rules[0] = ()
    assert ("job:j:load", "dataset:s:c") not in lineage(store, "dataset:s:b", index)
    rules[0] = (NamingRule(name="trim", namespaces="t", trims_partitions=True),)
    tell(store, run_event(LOAD, "3", at=SECOND, outputs=[DatasetName("t", "x/dt=2026-01-01")]))
    shown = identities(store, index).datasets.shown(("t", "x/dt=2026-01-01"))
    assert shown == ("t", "x")
    assert ("dataset:t:x", "") in lineage(store, "dataset:t:x", index)


HADOOP = NamingRule("hadoop", r"s3[an]://(.*)", namespace=r"s3://\1")
SAID, PLAIN = (DatasetName(f"{scheme}://lake", "orders") for scheme in ("s3a", "s3"))


@pytest.mark.parametrize("names", [(SAID, PLAIN), (PLAIN, SAID)])
def test_namespaces_that_a_rule_writes_alike_are_one_and_parted_when_it_goes(
    names: tuple[DatasetName, DatasetName], store: Store
) -> None:
    rules: list[tuple[NamingRule, ...]] = [()]
    index = LineageIndex(lambda: Catalog(naming=rules[0]))
    first, second = names
    columns = {"x": [(A, "x")]}
    made = dataset(first, columnLineage=column_lineage(columns))
    more = dataset(D, columnLineage=column_lineage({"y": [(second, "x")]}))
    tell(
        store,
        run_event(LOAD, "1", at=SECOND, inputs=[A], outputs=[made]),
        run_event(SHIP, "1", at=SECOND, inputs=[second], outputs=[more]),
    )
    before = lineage(store, "dataset:s:a", index)
    rules[0] = (HADOOP,)
    shown = dataset_id(PLAIN)
    for asked in map(dataset_id, names):
        found = lineage(store, asked, index)
        assert {("job:j:load", shown), (shown, "job:j:ship")} <= found
    fields = lineage(store, "field:s:a:x", index, Level.FIELD)
    assert ("field:s:a:x", f"field:{shown.removeprefix('dataset:')}:x") in fields
    [known] = identities(store, index).datasets.known
    [link] = known.thing.links
    assert (link.alias, link.name) == (SAID, PLAIN)
    assert (link.provenance, link.reason) == (Provenance.RULE, "rule hadoop")
    rebuild(store)
    assert identities(store, index).datasets.shown(SAID) == PLAIN
    rules[0] = ()
    assert lineage(store, "dataset:s:a", index) == before


def test_a_name_of_another_namespace_joins_whenever_it_comes(store: Store) -> None:
    index = LineageIndex(lambda: Catalog(naming=(HADOOP,)))
    tell(store, run_event(LOAD, "1", at=SECOND, outputs=[PLAIN]))
    assert not identities(store, index).datasets.known
    tell(store, run_event(SHIP, "1", at=SECOND, inputs=[SAID]))
    found = lineage(store, dataset_id(SAID), index)
    assert {("job:j:load", dataset_id(PLAIN)), (dataset_id(PLAIN), "job:j:ship")} <= found
    later = DatasetName("s3n://lake", "orders")
    tell(store, run_event(SHIP, "2", at=SECOND, inputs=[later]))
    assert len(identities(store, index).datasets.names_of(PLAIN)) == 3


def test_a_symlink_to_a_name_that_nobody_uses_leads_to_what_a_rule_makes_of_it(
    store: Store,
) -> None:
    index = LineageIndex(lambda: Catalog(naming=(HADOOP,)))
    tell(
        store,
        run_event(LOAD, "1", at=SECOND, outputs=[PLAIN]),
        run_event(SHIP, "1", at=SECOND, inputs=[C]),
    )
    tell(store, dataset_event(2, symlinked(C, SAID)))
    found = identities(store, index).datasets
    assert found.names_of(C) == (C, PLAIN, SAID)
    assert ("job:j:load", dataset_id(PLAIN)) in lineage(store, dataset_id(C), index)
    tell(store, dataset_event(9, symlinked(C)))
    assert not identities(store, index).datasets.known


def test_what_files_declare_under_another_namespace_is_the_dataset_of_events(store: Store) -> None:
    product = Product(name="orders", domain="fleet", tier=1, datasets=(Dataset(SAID, None),))
    catalog = [Catalog(naming=(HADOOP,), products={"orders": product})]
    index = LineageIndex(lambda: catalog[0])
    assert not identities(store, index).datasets.known
    tell(store, run_event(LOAD, "1", at=SECOND, outputs=[PLAIN]))
    found = identities(store, index).datasets
    assert (found.shown(SAID), found.names_of(PLAIN)) == (PLAIN, (PLAIN, SAID))
    catalog[0] = Catalog(products={"orders": product})
    assert not identities(store, index).datasets.known


def test_what_an_operator_keeps_apart_no_namespace_joins(store: Store) -> None:
    index = LineageIndex(lambda: Catalog(naming=(HADOOP,)))
    tell(store, run_event(LOAD, "1", at=SECOND, inputs=[SAID], outputs=[PLAIN]))
    assert identities(store, index).datasets.shown(SAID) == PLAIN
    tell(store, KeepApart(kind=NodeKind.DATASET, first=PLAIN, second=SAID))
    assert not identities(store, index).datasets.known


def test_a_namespace_that_loops_leaves_names_as_they_were_told(sqlite_store: Store) -> None:
    rule = NamingRule("grows", "(.*)", namespace=r"\1x")
    index = LineageIndex(lambda: Catalog(naming=(rule,)))
    tell(sqlite_store, *TWO_HALVES)
    assert not identities(sqlite_store, index).datasets.known


def test_jobs_namespaces_are_one_where_a_rule_holds_for_jobs(sqlite_store: Store) -> None:
    rule = NamingRule("prod", "airflow-(?:old|new)", (NodeKind.JOB,), namespace="airflow")
    index = LineageIndex(lambda: Catalog(naming=(rule,)))
    both = [JobName(f"airflow-{each}", "load") for each in ("old", "new")]
    tell(sqlite_store, *(run_event(job, "1", at=SECOND, outputs=[A]) for job in both))
    found = identities(sqlite_store, index)
    assert {found.jobs.shown(job) for job in both} == {("airflow", "load")}
    assert not found.datasets.known


def test_dbt_s_modes_name_the_same_jobs(sqlite_store: Store) -> None:
    corpus = Path(__file__).parent.parent / "corpus" / "events"
    for mode in ("dbt_structured_green", "dbt_default_green"):
        tell(sqlite_store, *(corpus / f"{mode}.ndjson").read_bytes().splitlines())
    jobs = identities(sqlite_store).jobs
    default = ("dbt", "shop.main.parcel_shop.parcel_facts.build.run")
    assert jobs.shown(default) == ("dbt", "model.parcel_shop.parcel_facts")
    both = [each for each in jobs.known if len(each.ids) == 2]
    assert None not in [link.since for each in both for link in each.thing.links]
    assert sorted(each.thing.name[1] for each in both) == [
        *(f"model.parcel_shop.{name}" for name in MODELS),
        "snapshot.parcel_shop.customers_snapshot",
    ]
    # What tests a model is not the model.
    assert jobs.find(("dbt", "shop.main.parcel_shop.parcel_facts.build.test")) is None
    found = lineage(sqlite_store, "job:dbt:model.parcel_shop.parcel_facts", LineageIndex())
    assert not any("build.run" in end for pair in found for end in pair)


MODELS = (
    "customer_invoices",
    "depot_throughput",
    "freight_costs",
    "parcel_facts",
    "scan_history",
    "stg_customers",
    "stg_parcels",
    "stg_scans",
)
NAMES = st.sampled_from([DatasetName("s", name) for name in "abcdef"])
TOLD = st.one_of(
    st.builds(
        lambda at, name, others: dataset_event(at, symlinked(name, *others)),
        st.integers(1, 9),
        NAMES,
        st.lists(NAMES, max_size=2),
    ),
    st.builds(
        lambda at, name, before: dataset_event(at, changed(name, "RENAME", before)),
        st.integers(1, 9),
        NAMES,
        NAMES,
    ),
    st.builds(
        lambda at, name: dataset_event(at, changed(name, "CREATE")), st.integers(1, 9), NAMES
    ),
)

ORDERS = st.lists(TOLD, max_size=12).flatmap(
    lambda told: st.tuples(st.just(told), st.permutations(told))
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
@given(
    st.lists(TOLD, max_size=12).flatmap(
        lambda told: st.tuples(st.just(told), st.permutations(told))
    )
)
def test_any_order_of_events_makes_the_same_things(
    sqlite_url: str, told: tuple[Sequence[bytes], Sequence[bytes]]
) -> None:
    found = []
    for events in told:
        with small_world.copied(sqlite_url) as store:
            for event in events:
                tell(store, event)
            found.append(partition(store))
    assert found[0] == found[1]


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20
)
@given(st.lists(TOLD, max_size=8))
def test_an_index_that_followed_knows_the_things_that_a_fresh_one_reads(
    sqlite_url: str, told: list[bytes]
) -> None:
    index = LineageIndex()
    with small_world.copied(sqlite_url) as store:
        for event in told:
            tell(store, event)
            followed, fresh = identities(store, index), identities(store)
            assert followed.datasets.known == fresh.datasets.known


LEVELS = (Level.DATASET, Level.FIELD)
PAIRS = st.lists(st.sampled_from(small_world.NAMES), min_size=2, max_size=2, unique=True)
ASKED = [
    *((f"dataset:s:{name}", level) for name in "abc" for level in LEVELS),
    *((f"field:s:{name}:x", Level.FIELD) for name in "abc"),
    *((f"job:j:{name}", level) for name in ("load", "ship") for level in LEVELS),
]


def graphs(store: Store, index: LineageIndex) -> list[object]:
    """Return all that is answered about the small world, at both levels."""
    found: list[object] = []
    with store.database.read() as connection:
        for node, level in ASKED:
            closure = find_closure(connection, index, parse_node_id(node), Extent(level=level))
            nodes = closure and sorted((str(n.id), n.hops, n.hidden) for n in closure.nodes)
            edges = closure and {(str(e.source.id), str(e.target.id)) for e in closure.edges}
            found.append((nodes, edges))
    return found


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(small_world.blocks(), st.lists(PAIRS, min_size=1, max_size=2))
def test_joining_and_parting_gives_back_the_graph_of_before(
    sqlite_url: str, told: list[list[bytes]], pairs: list[list[DatasetName]]
) -> None:
    index = LineageIndex()
    with small_world.copied(sqlite_url) as store:
        tell(store, *(event for block in told for event in block))
        before = graphs(store, index)
        for first, second in pairs:
            tell(store, ApproveAlias(kind=NodeKind.DATASET, first=first, second=second))
        joined = graphs(store, index)
        assert joined == graphs(store, LineageIndex())
        for first, second in pairs:
            tell(store, KeepApart(kind=NodeKind.DATASET, first=second, second=first))
        assert graphs(store, index) == before
        for first, second in pairs:
            tell(store, ApproveAlias(kind=NodeKind.DATASET, first=first, second=second))
        assert graphs(store, index) == joined


@pytest.mark.parametrize("name", ["a", "b"])
def test_names_of_which_nothing_is_said_are_by_themselves(name: str, sqlite_store: Store) -> None:
    tell(sqlite_store, *TWO_HALVES)
    assert not identities(sqlite_store).datasets.known
    found = identities(sqlite_store).datasets.names_of(DatasetName("s", name))
    assert [dataset_id(DatasetName(*each)) for each in found] == [f"dataset:s:{name}"]
