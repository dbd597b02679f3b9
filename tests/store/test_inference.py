"""SQL whose lineage nobody sent: what is inferred, and that it stays apart from what was said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.flow.consumer import run_until_idle
from hub.flow.infer import Infer
from hub.flow.project import Project, project_all, rebuild, verify
from hub.host import Host, Kind
from hub.host.discovery import discover
from hub.store import natural_keys
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import Store
from hub.store.tables import column_edge, edge, inference
from hub.testing.builders import column_lineage, dataset, run_event, schema

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


def tell(store: Store, *events: bytes) -> None:
    """Append events, and let both stages work until they have nothing left to do."""
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=1)
    readers = {name: HOST.sql_reader(name).api for name in HOST.names(Kind.SQL_READER)}
    run_until_idle([Project(store), Infer(store, readers, clock=lambda: 2)])


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


def confidences(store: Store) -> list[float]:
    with store.database.read() as connection:
        return list(connection.scalars(select(inference.c.confidence)))


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
