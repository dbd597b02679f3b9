"""SQL whose lineage nobody sent: what is inferred, and that it stays apart from what was said."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.domain.catalog import Catalog
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.identity.naming import NamingRule
from hub.domain.lineage.inference import SqlOutcome, SqlReading
from hub.domain.names import DatasetName, JobName, NodeId, NodeKind
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.infer import Infer
from hub.flow.project import Project, project_all, rebuild, verify
from hub.graph.identities import NOBODY
from hub.host import Host, Kind
from hub.host.discovery import discover
from hub.queries.datasets import count_datasets, list_datasets
from hub.queries.moments import Moment
from hub.queries.pages import PageRequest
from hub.queries.search import find
from hub.queries.sql_readings import sql_readings_of
from hub.store import natural_keys
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import Store
from hub.store.tables import column_edge, edge, inference, sql_reading
from hub.testing.builders import column_lineage, dataset, run_event, schema
from tests.small_world import copied
from tests.stores import make_nothing, no_inference

DB = "postgres://db.example:5432"
COPY = "insert into mart.days (day, paid) select d, sum(p) from raw.payments group by 1"
PAYMENTS = DatasetName(DB, "shop.raw.payments")
DAYS = DatasetName(DB, "shop.mart.days")
LOAD, MART, COPYING = (JobName("airflow", f"dag.{name}") for name in ("load", "mart", "copy"))
# A busy machine may take longer over SQL than a hub should wait for it.
HOST = Host(discover(), limit_seconds=60)


def ran(job: JobName, run_id: str, at: int = 1, **said: Any) -> bytes:  # noqa: ANN401 - an event's parts
    """Return the end of a run under one parent, with SQL where ``sql`` is given."""
    parent = {"run": {"runId": "p"}, "job": {"namespace": "airflow", "name": "dag"}}
    text = said.pop("sql", None)
    facets = {"sql": {"query": text}} if text else {}
    return run_event(job, run_id, at=at, run_facets={"parent": parent}, job_facets=facets, **said)


AROUND = (
    ran(LOAD, "r1", outputs=[dataset(PAYMENTS, schema=schema("d", "p"))]),
    ran(MART, "r2", outputs=[dataset(DAYS, schema=schema("day", "paid"))]),
)


def tell(store: Store, *events: bytes, naming: tuple[NamingRule, ...] = ()) -> None:
    """Append events, and let both stages work until they have nothing left to do."""
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=1)
    run_until_idle([Project(store), infer(store, naming)])


def infer(store: Store, naming: tuple[NamingRule, ...] = ()) -> Infer:
    """Return the stage, which remembers nothing yet."""
    readers = HOST.names(Kind.SQL_READER)
    catalog = Catalog(naming=naming)
    return Infer(
        store,
        readers,
        lambda name: HOST.sql_reader(name).api,
        clock=lambda: 2,
        catalog=lambda: catalog,
    )


def inferred(store: Store) -> set[tuple[str, str, str]]:
    """Return (job, side, dataset) of every inferred edge that holds."""
    is_inferred = (edge.c.origin == "INFERRED") & edge.c.closed_at.is_(None)
    with store.database.read() as connection:
        rows = connection.execute(
            select(edge.c.job_id, edge.c.side, edge.c.dataset_id).where(is_inferred)
        ).all()
        jobs = natural_keys.job_names(connection, {row.job_id for row in rows})
        names = natural_keys.dataset_names(connection, {row.dataset_id for row in rows})
    return {(jobs[row.job_id].name, row.side, names[row.dataset_id].name) for row in rows}


def inferred_fields(store: Store) -> set[tuple[str, str]]:
    with store.database.read() as connection:
        rows = connection.execute(
            select(column_edge.c.source_id, column_edge.c.target_id).where(
                column_edge.c.origin == "INFERRED"
            )
        ).all()
        names = natural_keys.field_names(connection, {key for row in rows for key in row})
    return {(names[source].field, names[target].field) for source, target in rows}


def readings(store: Store) -> dict[str, SqlReading]:
    with store.database.read() as connection:
        keys = list(connection.scalars(select(sql_reading.c.job_id)))
        jobs = natural_keys.job_names(connection, keys)
        found = sql_readings_of(connection, NOBODY.jobs, keys)
    return {jobs[key].name: each for key, each in found.items()}


def confidences(store: Store) -> list[float]:
    with store.database.read() as connection:
        return list(connection.scalars(select(inference.c.confidence)))


def head(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


def fingerprint(store: Store) -> str:
    with store.database.read() as connection:
        return combine(fingerprint_tables(connection))


def test_a_run_that_names_nothing_gets_what_its_sql_names(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY))

    assert inferred(store) == {
        ("dag.copy", "in", "shop.raw.payments"),
        ("dag.copy", "out", "shop.mart.days"),
    }
    assert inferred_fields(store) == {("d", "day"), ("p", "paid")}
    assert confidences(store) == [0.85]


ADDRESSES = (NamingRule("addresses", ".*", knows_addresses=True),)


def test_one_database_under_two_addresses_is_one_as_long_as_a_rule_says_so(store: Store) -> None:
    elsewhere = DatasetName("postgresql://db.example", "shop.raw.payments")
    both = (*AROUND, ran(LOAD, "r0", outputs=[elsewhere]), ran(COPYING, "r3", sql=COPY))
    tell(store, *both)
    assert inferred(store) == set()

    tell(store, naming=ADDRESSES)
    expected = {("dag.copy", "in", "shop.raw.payments"), ("dag.copy", "out", "shop.mart.days")}
    assert inferred(store) == expected
    before = head(store)
    tell(store, naming=ADDRESSES)
    assert head(store) == before
    rebuild(store)
    tell(store, naming=ADDRESSES)
    assert inferred(store) == expected

    tell(store)
    assert inferred(store) == set()


def test_a_table_that_nobody_knows_is_in_the_database_that_a_rule_makes_of_two(
    store: Store,
) -> None:
    elsewhere = DatasetName("postgres://DB.example", "shop.raw.visits")
    text = "insert into mart.days select 1 from raw.visits join raw.news on 1 = 1"
    told = (*AROUND, ran(LOAD, "r0", outputs=[elsewhere]), ran(COPYING, "r3", sql=text))
    tell(store, *told, naming=ADDRESSES)

    assert ("dag.copy", "in", "shop.raw.news") in inferred(store)


def test_only_the_side_that_is_missing_is_inferred(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY, inputs=[PAYMENTS]))

    assert inferred(store) == {("dag.copy", "out", "shop.mart.days")}


def test_fields_are_inferred_where_the_producer_names_datasets_only(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY, inputs=[PAYMENTS], outputs=[DAYS]))

    assert inferred(store) == set()
    assert inferred_fields(store) == {("d", "day"), ("p", "paid")}


def test_nothing_is_inferred_where_everything_was_said(store: Store) -> None:
    said = dataset(DAYS, columnLineage=column_lineage({"day": [(PAYMENTS, "d")]}))
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY, inputs=[PAYMENTS], outputs=[said]))

    assert (inferred(store), inferred_fields(store), confidences(store)) == (set(), set(), [])


def test_a_job_of_a_database_gets_tables_that_nobody_knows_yet(store: Store) -> None:
    job = JobName(DB, "nightly")
    tell(store, run_event(job, "r", at=1, job_facets={"sql": {"query": COPY}}))

    assert inferred(store) == {("nightly", "in", "raw.payments"), ("nightly", "out", "mart.days")}
    assert confidences(store) == [0.6]


def test_a_table_that_nobody_knows_was_there_once_its_sql_had_run(store: Store) -> None:
    tell(store, ran(JobName(DB, "adhoc"), "r", at=5, sql="insert into shop.a.b select 1 from c.d"))
    with store.database.read() as connection:
        for at, count in ((4, 0), (5, 2), (9, 2)):
            moment = Moment(as_of=at)
            page = list_datasets(connection, PageRequest(9), moment=moment)
            assert (len(page.rows), count_datasets(connection, moment=moment)) == (count, count)


def test_names_that_lead_nowhere_are_left_alone(store: Store) -> None:
    tell(store, ran(COPYING, "r3", sql=COPY))

    assert inferred(store) == set()


def test_sql_that_changes_closes_what_it_no_longer_names(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY))
    other = "insert into mart.days select 1 from raw.other"
    more = ran(LOAD, "r4", 2, outputs=[DatasetName(DB, "shop.raw.other")])
    tell(store, more, ran(COPYING, "r5", 3, sql=other))

    assert inferred(store) == {
        ("dag.copy", "in", "shop.raw.other"),
        ("dag.copy", "out", "shop.mart.days"),
    }


def test_the_same_is_said_once_however_often_a_job_runs(store: Store) -> None:
    tell(store, *AROUND, *(ran(COPYING, f"r{n}", n, sql=COPY) for n in range(3, 9)))

    assert confidences(store) == [0.85]


def test_what_is_inferred_is_no_part_of_what_events_say(store: Store) -> None:
    events = [*AROUND, ran(COPYING, "r3", sql=COPY), ran(JobName(DB, "n"), "r4", sql=COPY)]
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=1)
    project_all(store)
    before = fingerprint(store)

    tell(store)

    assert len(confidences(store)) == 2
    assert fingerprint(store) == before


def test_a_rebuild_repeats_inferences_and_infers_nothing_again(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY), ran(JobName(DB, "n"), "r4", sql=COPY))

    assert verify(store) == []
    before = inferred(store), inferred_fields(store), confidences(store)
    rebuild(store)
    assert (inferred(store), inferred_fields(store), confidences(store)) == before


def test_a_dataset_known_by_inference_is_a_common_one_once_it_is_named(store: Store) -> None:
    tell(store, run_event(JobName(DB, "n"), "r", at=5, job_facets={"sql": {"query": COPY}}))
    tell(store, run_event(JobName("x", "y"), "r", at=7, outputs=[DatasetName(DB, "mart.days")]))

    assert verify(store) == []
    with store.database.read() as connection:
        key = natural_keys.find_dataset(connection, DatasetName(DB, "mart.days"))
    assert key is not None


def test_hostile_sql_stops_nothing(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql="(" * 10_000), ran(COPYING, "r4", 2, sql=COPY))

    assert len(inferred(store)) == 2


def found(store: Store, sought: str) -> set[str]:
    run_until_idle([Index(store)])
    with store.database.read() as connection:
        return {str(hit.node) for hit in find(connection, Catalog(), sought)}


def test_what_only_a_withdrawn_inference_named_is_not_found(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql="insert into mart.days select d from raw.mistaken"))
    assert {str(NodeId(NodeKind.DATASET, (DB, "shop.raw.mistaken")))} == found(store, "mistaken")

    tell(store, ran(COPYING, "r4", at=1, inputs=[PAYMENTS], outputs=[DAYS]))

    assert inferred(store) == set()
    assert found(store, "mistaken") == set()


LAKE = "hdfs://namenode:8020"
METASTORE = "hive://metastore:9083"
T1, T2 = (DatasetName(LAKE, f"/warehouse/{name}") for name in ("t1", "t2"))
CREATED = "create table t2 as select * from t1"


def table(files: DatasetName, name: str) -> dict[str, Any]:
    """Return files that a metastore keeps as a table."""
    link = {"namespace": METASTORE, "name": f"default.{name}", "type": "TABLE"}
    return dataset(files, symlinks={"identifiers": [link]})


def test_tables_in_files_are_known_by_what_a_catalog_calls_them(store: Store) -> None:
    tell(store, ran(LOAD, "r1", outputs=[T1]), ran(COPYING, "r2", sql=CREATED, outputs=[T2]))
    assert inferred(store) == set()

    # A job that is no relative of theirs says it.
    tell(store, run_event(JobName("other", "j"), "r", at=2, inputs=[table(T1, "t1")]))

    assert inferred(store) == {("dag.copy", "in", "/warehouse/t1")}


def test_a_table_that_nobody_knows_is_in_the_catalog_not_among_the_files(store: Store) -> None:
    tell(store, ran(COPYING, "r1", sql=CREATED, outputs=[T2]))
    assert inferred(store) == set()

    tell(store, ran(COPYING, "r2", 2, sql=CREATED, outputs=[table(T2, "t2")]))

    assert inferred(store) == {("dag.copy", "in", "default.t1")}


ANY_ORDERS = (
    *AROUND,
    ran(COPYING, "r3", 3, sql=COPY),
    ran(COPYING, "r4", 5, sql="insert into mart.days select d, p from raw.payments"),
    ran(COPYING, "r5", 7, sql=COPY),
    ran(MART, "r6", 8, sql="insert into mart.days select * from raw.payments"),
    ran(MART, "r7", 9, inputs=[PAYMENTS], outputs=[DAYS]),
    ran(LOAD, "r8", 9, sql="insert into raw.payments select * from raw.orders"),
    ran(LOAD, "r9", 4, outputs=[dataset(PAYMENTS, schema=schema("d", "p", "q"))]),
    run_event(JobName(DB, "n"), "r", at=5, job_facets={"sql": {"query": COPY}}),
    ran(JobName("airflow", "dag.t1"), "r10", 2, outputs=[T1]),
    ran(JobName("airflow", "dag.t2"), "r11", 3, sql=CREATED, outputs=[T2]),
    ran(JobName("other", "t1"), "r12", 4, outputs=[table(T1, "t1")]),
    ran(JobName("other", "t2"), "r13", 4, inputs=[table(T2, "t2")]),
)


def intervals(store: Store) -> set[tuple[object, ...]]:
    """Return the intervals of every inferred edge and field; what was taken back has none."""
    with store.database.read() as connection:
        found: set[tuple[object, ...]] = set()
        for table in (edge, column_edge):
            lasted = table.c.closed_at.is_(None) | (table.c.closed_at > table.c.opened_at)
            rows = connection.execute(
                select(table).where(table.c.origin == "INFERRED", lasted)
            ).all()
            jobs = natural_keys.job_names(connection, {row.job_id for row in rows})
            for row in rows:
                ends: tuple[object, ...]
                if table is edge:
                    names = natural_keys.dataset_names(connection, {row.dataset_id})
                    ends = row.side, names[row.dataset_id]
                else:
                    keys = row.source_id, row.target_id
                    fields = natural_keys.field_names(connection, set(keys))
                    ends = tuple(fields[key] for key in keys)
                found.add((jobs[row.job_id], *ends, row.ordinal, *_times(row)))
        said = connection.execute(select(inference.c.event_time, inference.c.confidence)).all()
    return found | {tuple(each) for each in said}


def _times(row: Any) -> tuple[int | None, ...]:  # noqa: ANN401 - a row of either table
    return row.opened_at, row.closed_at, row.first_seen, row.last_seen


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)
@given(st.data())
def test_the_same_is_inferred_in_whatever_order_and_batches_events_come(
    sqlite_url: str, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(ANY_ORDERS), max_size=3))
    order = data.draw(st.permutations([*ANY_ORDERS, *again]))
    cuts = data.draw(st.sets(st.integers(1, len(order) - 1), max_size=5))
    with copied(sqlite_url) as straight, copied(sqlite_url) as other:
        tell(straight, *ANY_ORDERS)
        for start, end in pairwise(sorted({0, *cuts, len(order)})):
            tell(other, *order[start:end])
        assert intervals(other) == intervals(straight)
        assert fingerprint(other) == fingerprint(straight)
        assert verify(other) == []


def test_what_is_inferred_gives_way_once_its_producer_says_it(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY))
    assert len(inferred(store)) == 2

    tell(store, ran(COPYING, "r4", 2, inputs=[PAYMENTS]))

    assert inferred(store) == {("dag.copy", "out", "shop.mart.days")}
    assert verify(store) == []


def test_what_changes_before_an_inference_is_projected_is_not_lost(store: Store) -> None:
    first = [*AROUND, ran(COPYING, "r3", sql=COPY)]
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in first], recorded_at=1)
    project, reading = Project(store), infer(store)
    project.step()
    reading.step()
    # The producer says it all, in the block behind the inference; both stages start anew.
    said = ran(COPYING, "r4", 2, inputs=[PAYMENTS], outputs=[DAYS])
    store.journal.append([NewEntry(EntryKind.EVENT, said)], recorded_at=1)
    infer(store).step()

    run_until_idle([Project(store), infer(store)])

    assert inferred(store) == set()
    assert verify(store) == []


def test_it_stays_where_nothing_better_comes(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY))
    before = intervals(store)

    tell(store, ran(COPYING, "r4", 2, sql=COPY), ran(COPYING, "r5", 3))

    assert intervals(store) == before


def test_names_are_looked_up_again_when_a_relative_names_what_was_unknown(store: Store) -> None:
    tell(store, ran(COPYING, "r3", sql=COPY))
    assert inferred(store) == set()

    tell(store, *AROUND)

    assert len(inferred(store)) == 2
    assert inferred_fields(store) == {("d", "day"), ("p", "paid")}


def test_a_star_is_resolved_anew_when_a_schema_comes(store: Store) -> None:
    star = "insert into mart.days select * from raw.payments"
    bare = ran(LOAD, "r1", outputs=[PAYMENTS]), ran(MART, "r2", outputs=[DAYS])
    tell(store, *bare, ran(COPYING, "r3", sql=star))
    assert len(inferred(store)) == 2
    assert inferred_fields(store) == set()

    shape = schema("d", "p")
    said = dataset(PAYMENTS, schema=shape), dataset(DAYS, schema=shape)
    tell(store, ran(LOAD, "r4", 2, outputs=said))

    assert inferred_fields(store) == {("d", "d"), ("p", "p")}


def test_sql_that_cannot_be_read_makes_no_edge(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql="insert into {{ target }} selec * form"))

    assert inferred(store) == set()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (COPY, SqlReading(SqlOutcome.READ, "postgres", "sqlglot")),
        (
            "insert into mart.days\nselect (d from raw.payments",
            SqlReading(SqlOutcome.NOT_READ, "postgres", "sqlglot", "Expecting )", 2, 14),
        ),
        (
            "insert into {{ target }} select * from raw.payments",
            SqlReading(
                *(SqlOutcome.NOT_READ, "postgres", "sqlglot"),
                "a template has left {{ … }}, {% … %} or ${ … } in it",
            ),
        ),
        ("select 1", SqlReading(SqlOutcome.NAMES_NOTHING, "postgres")),
    ],
)
def test_why_sql_gave_no_lineage_is_known(store: Store, sql: str, expected: SqlReading) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=sql))
    assert readings(store) == {"dag.copy": expected}


def test_names_that_nobody_knows_are_told(store: Store) -> None:
    tell(store, ran(COPYING, "r3", sql=COPY))
    [reading] = readings(store).values()
    assert reading.outcome is SqlOutcome.NAMES_UNKNOWN
    why = "what these are is not known for certain: raw.payments, mart.days"
    assert (reading.dialect, reading.message) == (None, why)
    tell(store, ran(COPYING, "r4", at=2, sql="insert into \x00 select"))
    assert readings(store)["dag.copy"].outcome is SqlOutcome.NAMES_UNKNOWN


def test_what_became_of_sql_is_of_the_text_in_force_and_goes_when_all_is_said(
    store: Store,
) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql="insert into ("))
    assert readings(store)["dag.copy"].outcome is SqlOutcome.NOT_READ
    tell(store, ran(COPYING, "r4", at=2, sql=COPY))
    assert readings(store)["dag.copy"].outcome is SqlOutcome.READ
    rebuild(store)
    run_until_idle([Project(store), infer(store)])
    assert readings(store)["dag.copy"].outcome is SqlOutcome.READ
    columns = column_lineage({"day": [(PAYMENTS, "d")]})
    said = dataset(DAYS, columnLineage=columns)
    tell(store, ran(COPYING, "r5", at=3, sql=COPY, inputs=[PAYMENTS], outputs=[said]))
    assert readings(store) == {}


def test_what_changed_while_nothing_read_sql_is_read_once_something_does(store: Store) -> None:
    events = [*AROUND, ran(COPYING, "r3", sql=COPY)]
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=1)
    run_until_idle([Project(store), no_inference(store)])
    assert inferred(store) == set()

    run_until_idle([Project(store), infer(store)])

    assert len(inferred(store)) == 2


def test_a_stage_with_nothing_to_read_makes_no_reader(store: Store) -> None:
    events = [*AROUND, ran(COPYING, "r3", inputs=[PAYMENTS], outputs=[DAYS])]
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=1)
    run_until_idle([Project(store), Infer(store, ["sqlglot"], make_nothing, clock=lambda: 2)])


def test_what_is_taken_back_has_held_at_no_time(store: Store) -> None:
    tell(store, *AROUND, ran(COPYING, "r3", sql=COPY))
    tell(store, ran(COPYING, "r4", 2, inputs=[PAYMENTS], outputs=[DAYS]))

    with store.database.read() as connection:
        rows = connection.execute(select(edge).where(edge.c.origin == "INFERRED")).all()
    assert [(row.opened_at, row.closed_at) for row in rows] == [(1, 1), (1, 1)]
