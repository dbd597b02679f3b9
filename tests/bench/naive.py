"""The straightforward consumer that the projection is held against.

It decodes each event, upserts each thing that the event names, and commits: what the projection
writes of namespaces, jobs, datasets, fields, runs, edges, field edges, measures and tests, in as
many tables with as many indexes, and without the laws about order. It speaks to the driver
directly, so that it pays for nothing but its statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import json
from sqlalchemy import Connection

from hub.domain.openlineage.events import parse_time
from hub.store import dialect
from hub.store.database import Database

_TABLES: Final = """
CREATE TABLE n_namespace (id {id}, name TEXT UNIQUE);
CREATE TABLE n_dataset (id {id}, namespace_id BIGINT, name TEXT, seen_at BIGINT,
    UNIQUE (namespace_id, name));
CREATE TABLE n_job (id {id}, namespace_id BIGINT, name TEXT, seen_at BIGINT,
    UNIQUE (namespace_id, name));
CREATE TABLE n_field (id {id}, dataset_id BIGINT, name TEXT, type TEXT,
    UNIQUE (dataset_id, name));
CREATE TABLE n_run (id {id}, job_id BIGINT, run_id TEXT, state TEXT, seen_at BIGINT,
    UNIQUE (job_id, run_id));
CREATE INDEX n_run_of_job ON n_run (job_id, seen_at);
CREATE TABLE n_edge (job_id BIGINT, side TEXT, dataset_id BIGINT, seen_at BIGINT,
    PRIMARY KEY (job_id, side, dataset_id));
CREATE INDEX n_edge_of_dataset ON n_edge (dataset_id);
CREATE TABLE n_field_edge (job_id BIGINT, source_id BIGINT, target_id BIGINT, seen_at BIGINT,
    PRIMARY KEY (job_id, source_id, target_id));
CREATE INDEX n_field_edge_of_source ON n_field_edge (source_id);
CREATE INDEX n_field_edge_of_target ON n_field_edge (target_id);
CREATE TABLE n_metric (run_id BIGINT, dataset_id BIGINT, rows BIGINT, bytes BIGINT,
    PRIMARY KEY (run_id, dataset_id));
CREATE TABLE n_test (run_id BIGINT, dataset_id BIGINT, ordinal BIGINT, name TEXT, success TEXT,
    PRIMARY KEY (run_id, dataset_id, ordinal))
"""
_ID: Final = {
    True: "INTEGER PRIMARY KEY",
    False: "BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY",
}


def project_naively(database: Database, bodies: Iterable[bytes]) -> None:
    """Write what events say, one transaction each."""
    with database.write() as connection:
        for statement in _TABLES.format(id=_ID[database.is_sqlite]).split(";"):
            connection.exec_driver_sql(statement)
    with database.engine.connect() as connection:
        naive = _Naive(connection)
        for body in bodies:
            if database.is_sqlite:
                naive.cursor.execute("BEGIN IMMEDIATE")
            naive.write(json.decode(body))
            naive.commit()


class _Naive:
    """Upserts through one cursor."""

    def __init__(self, connection: Connection) -> None:
        driver = connection.connection
        self.cursor = driver.cursor()
        self.commit = driver.commit
        self._connection = connection

    def write(self, event: dict[str, Any]) -> None:
        when = parse_time(event["eventTime"])
        assert when is not None
        job = self._thing("job", event["job"], when.at)
        run = self._run(job, event["run"]["runId"], event["eventType"], when.at)
        if parent := event["run"]["facets"].get("parent"):
            self._run(self._thing("job", parent["job"], when.at), parent["run"]["runId"], "", 0)
        for side, uses in (("in", event["inputs"]), ("out", event["outputs"])):
            for use in uses:
                self._use(job, run, side, use, when.at)

    def _use(self, job: int, run: int, side: str, use: dict[str, Any], at: int) -> None:
        dataset = self._thing("dataset", use, at)
        for field in use["facets"]["schema"]["fields"]:
            self._field(dataset, field["name"], field["type"])
        self._put("edge", "job_id, side, dataset_id", "seen_at", job, side, dataset, at)
        lineage = use["facets"].get("columnLineage")
        for target, made in lineage["fields"].items() if lineage else ():
            target_id = self._field(dataset, target, None)
            for source in made["inputFields"]:
                source_id = self._field(self._thing("dataset", source, at), source["field"], None)
                key = "job_id, source_id, target_id"
                self._put("field_edge", key, "seen_at", job, source_id, target_id, at)
        measures = {**use.get("inputFacets", {}), **use.get("outputFacets", {})}
        for name in ("outputStatistics", "dataQualityMetrics"):
            if said := measures.get(name):
                counts = said["rowCount"], said.get("size")
                self._put("metric", "run_id, dataset_id", "rows, bytes", run, dataset, *counts)
        tests = measures.get("dataQualityAssertions", {"assertions": ()})["assertions"]
        for ordinal, test in enumerate(tests):
            outcome = ordinal, test["assertion"], str(test["success"])
            key = "run_id, dataset_id, ordinal"
            self._put("test", key, "name, success", run, dataset, *outcome)

    def _thing(self, table: str, named: dict[str, Any], at: int) -> int:
        namespace = self._id("namespace", "name", "", named["namespace"])
        return self._id(table, "namespace_id, name", "seen_at", namespace, named["name"], at)

    def _field(self, dataset: int, name: str, kind: str | None) -> int:
        if kind is None:
            return self._id("field", "dataset_id, name", "", dataset, name)
        return self._id("field", "dataset_id, name", "type", dataset, name, kind)

    def _run(self, job: int, run_id: str, state: str, at: int) -> int:
        return self._id("run", "job_id, run_id", "state, seen_at", job, run_id, state, at)

    def _id(self, table: str, key: str, values: str, *row: object) -> int:
        self._execute(f"{_upsert(table, key, values or key)} RETURNING id", row)
        [[found]] = self.cursor.fetchall()
        return int(found)

    def _put(self, table: str, key: str, values: str, *row: object) -> None:
        self._execute(_upsert(table, key, values), row)

    def _execute(self, statement: str, row: tuple[object, ...]) -> None:
        self.cursor.execute(dialect.driver_sql(self._connection, statement), row)


def _upsert(table: str, key: str, values: str) -> str:
    columns = key if values == key else f"{key}, {values}"
    places = ", ".join("?" * len(columns.split(", ")))
    changes = ", ".join(f"{name} = excluded.{name}" for name in values.split(", "))
    return (
        f"INSERT INTO n_{table} ({columns}) VALUES ({places})"  # noqa: S608 - names of ours
        f" ON CONFLICT ({key}) DO UPDATE SET {changes}"
    )
