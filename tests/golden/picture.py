"""What the hub makes of a file of events, as a document that a person can check against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, FieldName, JobName, RunName, dataset_id, job_id, run_id
from hub.flow.project import project_all
from hub.store.natural_rows import NATURAL_TABLES, read_natural_rows
from hub.store.opening import Store

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "corpus" / "events").glob("*.ndjson"))
EXPECTED = Path(__file__).parent / "expected"

Row = dict[str, Any]
Picture = dict[str, Any]


def expected_path(events: Path) -> Path:
    """Where the picture of a file of events is kept."""
    return EXPECTED / f"{events.stem}.json"


def render(picture: Picture) -> str:
    return json.dumps(picture, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def take_picture(store: Store, events: Path) -> Picture:
    """Project the events of a file into an empty store, and describe what is in it then."""
    bodies = [line for line in events.read_bytes().splitlines() if line.strip()]
    entries = [NewEntry(EntryKind.EVENT, body) for body in bodies]
    store.journal.append(entries, recorded_at=0)
    project_all(store)
    tables = _read(store)
    return {
        "jobs": _jobs(tables),
        "datasets": _datasets(tables),
        "fields": sorted(map(_dependency, tables["column_edge"])),
        "runs": _runs(tables),
        "quarantined": [json.loads(row["reasons"]) for row in tables["quarantined event"]],
    }


def _read(store: Store) -> dict[str, list[Row]]:
    with store.database.read() as connection:
        return {
            table.name: [
                dict(zip(table.statement.selected_columns.keys(), row, strict=True))
                for row in read_natural_rows(connection, table)
            ]
            for table in NATURAL_TABLES
        }


def _jobs(tables: dict[str, list[Row]]) -> Picture:
    jobs: dict[str, Picture] = {}
    for row in tables["job"]:
        kind = (row["processing_type"], row["integration"], row["job_type"])
        jobs[job_id(JobName(row["namespace"], row["name"]))] = {
            "type": " ".join(filter(None, kind)),
            "only named as a parent": row["first_seen"] is None,
        }
    for row in tables["edge"]:
        job, dataset = _job(row), dataset_id(DatasetName(row["dataset_namespace"], row["dataset"]))
        verb = "reads" if row["side"] == "in" else "writes"
        jobs[job].setdefault(verb, []).append(f"{dataset}{_validity(row)}")
    for row in tables["owner of job"]:
        owner = job_id(JobName(row["entity_job_namespace"], row["entity_job"]))
        jobs[owner].setdefault("owners", []).append(_said(row["name"], row["type"]))
    for row in tables["tag of job"]:
        owner = job_id(JobName(row["entity_job_namespace"], row["entity_job"]))
        jobs[owner].setdefault("tags", []).append(_said(row["name"], row["value"]))
    return {name: _tidy(job) for name, job in jobs.items()}


def _datasets(tables: dict[str, list[Row]]) -> Picture:
    datasets: dict[str, Picture] = {
        dataset_id(DatasetName(row["namespace"], row["name"])): {} for row in tables["dataset"]
    }
    for row in sorted(tables["field"], key=lambda row: int(row["ordinal"])):
        name = dataset_id(DatasetName(row["dataset_namespace"], row["dataset"]))
        datasets[name].setdefault("schema", {})[row["name"]] = row["type"]
    for row in tables["schema_version"]:
        name = dataset_id(DatasetName(row["dataset_namespace"], row["dataset"]))
        word = "partial schemas" if row["partial"] else "schema versions"
        datasets[name][word] = datasets[name].get(word, 0) + 1
    for table, word in (("owner of dataset", "owners"), ("tag of dataset", "tags")):
        for row in tables[table]:
            name = dataset_id(DatasetName(row["entity_namespace"], row["entity_dataset"]))
            label = f"{row['field']}: {row['name']}" if row.get("field") else row["name"]
            said = _said(label, row["type"] if word == "owners" else row["value"])
            datasets[name].setdefault(word, []).append(said)
    for row in tables["symlink"]:
        name = dataset_id(DatasetName(row["dataset_namespace"], row["dataset"]))
        other = dataset_id(DatasetName(row["namespace"], row["name"]))
        datasets[name].setdefault("also called", []).append(_said(other, row["type"]))
    return {name: _tidy(dataset) for name, dataset in datasets.items()}


def _runs(tables: dict[str, list[Row]]) -> Picture:
    runs: dict[str, Picture] = {}
    for row in tables["run"]:
        runs[_run(row, "")] = {
            "state": row["state"],
            "attempt": row["attempt"],
            "started": row["started_at"] and format_instant(row["started_at"]),
            "ended": row["ended_at"] and format_instant(row["ended_at"]),
            "parent": _run(row, "parent_") if row["parent_run_id"] else None,
            "root": _run(row, "root_") if row["root_run_id"] else None,
            "error": (row["error_message"] or "").partition("\n")[0],
        }
    for side in ("inputs", "outputs"):
        for row in tables[f"{side} of run"]:
            dataset = dataset_id(DatasetName(row["member_namespace"], row["member_dataset"]))
            runs[_run(row, "")].setdefault(side, []).append(dataset)
    for row in tables["dataset_metric"]:
        counts = ", ".join(
            f"{row[name]} {name}" for name in ("rows", "bytes", "files") if row[name] is not None
        )
        said = f"{row['side']} {row['dataset']}: {counts}"
        runs[_run(row, "run_")].setdefault("measures", []).append(said)
    for row in tables["quality_assertion"]:
        outcome = "passed" if row["success"] else f"failed ({row['severity']})"
        field = f"({row['field']})" if row["field"] else ""
        said = f"{row['dataset']}: {row['assertion']}{field} {outcome}"
        runs[_run(row, "run_")].setdefault("assertions", []).append(said)
    return {name: _tidy(run) for name, run in runs.items()}


def _run(row: Row, role: str) -> str:
    job = JobName(row[f"{role}job_namespace"], row[f"{role}job"])
    key = "run_id" if role == "run_" else f"{role}run_id"
    return run_id(RunName(job, row[key]))


def _job(row: Row) -> str:
    return job_id(JobName(row["job_namespace"], row["job"]))


def _dependency(row: Row) -> str:
    source, target = (
        FieldName(DatasetName(row[f"{end}_namespace"], row[f"{end}_dataset"]), row[f"{end}_field"])
        for end in ("source", "target")
    )
    how = " ".join(filter(None, (row["dependency_kind"], row["dependency_subtype"])))
    made = f"{target.dataset.name}.{target.field or '*'}"
    return _said(f"{made} <- {source.dataset.name}.{source.field}", how) + _validity(row)


def _validity(row: Row) -> str:
    declared = " declared" if row["origin"] == "DECLARED" else ""
    opened = f" from {format_instant(row['opened_at'])}" if row["ordinal"] else ""
    closed = f" until {format_instant(row['closed_at'])}" if row["closed_at"] else ""
    return declared + opened + closed


def _said(name: str, detail: str | None) -> str:
    return f"{name} ({detail})" if detail else name


def _tidy(thing: Picture) -> Picture:
    """Leave out what says nothing, and put what has no order into one."""
    kept = {name: value for name, value in thing.items() if value}
    return {
        name: sorted(value) if isinstance(value, list) else value for name, value in kept.items()
    }
