"""The projection against a naive one: an upsert for each thing that an event names.

Both write the same rows for namespaces, jobs, datasets, fields, runs and edges, from the same
journal; the naive one commits every hundred events, as a straightforward consumer would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, text

from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.events import RunEvent, facets_of, read_event
from hub.domain.facets import read_schema
from hub.flow.project import project_all
from hub.store.opening import Store, open_store
from tests.bench.events import run_events

EVENTS = 6_000
ROUNDS = 3
_A_COMMIT = 100

_TABLES = """
CREATE TABLE n_namespace (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE n_dataset (id INTEGER PRIMARY KEY, namespace_id INT, name TEXT, seen_at INT,
    UNIQUE (namespace_id, name));
CREATE TABLE n_job (id INTEGER PRIMARY KEY, namespace_id INT, name TEXT, seen_at INT,
    UNIQUE (namespace_id, name));
CREATE TABLE n_field (dataset_id INT, name TEXT, type TEXT, PRIMARY KEY (dataset_id, name));
CREATE TABLE n_run (id INTEGER PRIMARY KEY, job_id INT, run_id TEXT, state TEXT, seen_at INT,
    UNIQUE (job_id, run_id));
CREATE TABLE n_edge (job_id INT, side TEXT, dataset_id INT, seen_at INT,
    PRIMARY KEY (job_id, side, dataset_id))
"""


def measure() -> dict[str, float]:
    """Return events a CPU second of both, medians of rounds, and their ratio."""
    bodies = list(run_events(EVENTS, seed=1))
    ours, naive = [], []
    for _round in range(ROUNDS):
        with TemporaryDirectory() as folder:
            ours.append(_time(Path(folder) / "ours.db", bodies, project_all))
            naive.append(_time(Path(folder) / "naive.db", bodies, _project_naively))
    quick, slow = sorted(ours)[ROUNDS // 2], sorted(naive)[ROUNDS // 2]
    return {
        "events_per_cpu_second": EVENTS / quick,
        "naive_events_per_cpu_second": EVENTS / slow,
        "times_naive": slow / quick,
    }


def _time(path: Path, bodies: list[bytes], project: Callable[[Store], Any]) -> float:
    store = open_store(f"sqlite:///{path}")
    store.journal.append([NewEntry(EntryKind.EVENT, body) for body in bodies], recorded_at=1)
    begun = time.process_time()
    project(store)
    spent = time.process_time() - begun
    store.close()
    return spent


def _project_naively(store: Store) -> None:
    with store.database.write() as connection:
        for statement in _TABLES.split(";"):
            connection.execute(text(statement))
    for entries in _batches(store):
        with store.database.write() as connection:
            for entry in entries:
                event = read_event(entry.body)
                if isinstance(event, RunEvent):
                    _upsert(connection, event)


def _batches(store: Store) -> Iterator[list[Entry]]:
    after = 0
    while True:
        with store.database.read() as connection:
            entries = store.journal.read(connection, after=after, limit=_A_COMMIT)
        if not entries:
            return
        yield entries
        after = entries[-1].position


def _upsert(connection: Connection, event: RunEvent) -> None:
    at = event.event_time
    job = _thing(connection, "n_job", *event.job, at)
    connection.execute(
        text(
            "INSERT INTO n_run (job_id, run_id, state, seen_at) VALUES (:job, :run, :state, :at)"
            " ON CONFLICT (job_id, run_id) DO UPDATE SET state = :state, seen_at = :at"
        ),
        {"job": job, "run": event.run.run_id, "state": event.event_type.value, "at": at},
    )
    for side, uses in (("in", event.inputs), ("out", event.outputs)):
        for use in uses:
            dataset = _thing(connection, "n_dataset", *use.name, at)
            raw = facets_of(use.facets).get("schema")
            for field in read_schema(raw) if raw else ():
                connection.execute(
                    text(
                        "INSERT INTO n_field VALUES (:dataset, :name, :type)"
                        " ON CONFLICT (dataset_id, name) DO UPDATE SET type = :type"
                    ),
                    {"dataset": dataset, "name": field.name, "type": field.type},
                )
            connection.execute(
                text(
                    "INSERT INTO n_edge VALUES (:job, :side, :dataset, :at)"
                    " ON CONFLICT (job_id, side, dataset_id) DO UPDATE SET seen_at = :at"
                ),
                {"job": job, "side": side, "dataset": dataset, "at": at},
            )


def _thing(connection: Connection, table: str, namespace: str, name: str, at: int) -> int:
    space = connection.scalar(
        text(
            "INSERT INTO n_namespace (name) VALUES (:name)"
            " ON CONFLICT (name) DO UPDATE SET name = :name RETURNING id"
        ),
        {"name": namespace},
    )
    key: int = connection.execute(
        text(
            f"INSERT INTO {table} (namespace_id, name, seen_at) VALUES (:space, :name, :at)"  # noqa: S608 - a table of ours
            " ON CONFLICT (namespace_id, name) DO UPDATE SET seen_at = :at RETURNING id"
        ),
        {"space": space, "name": name, "at": at},
    ).scalar_one()
    return key
