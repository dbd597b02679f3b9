"""A run that works: scanner files are dropped, loaded into SQLite and summed up."""

from __future__ import annotations

import csv
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

HOME = Path(os.environ["SHOP_HOME"])
SCANS_CSV = Asset(name="landing_scans", uri=f"file://{HOME}/landing/scans.csv")
SCANS_TABLE = Asset(name="scans", uri=f"file://{HOME}/lake/scans")
ROWS = ("1,100,accepted", "2,101,accepted", "3,100,delivered", "4,102,accepted")


def copy_into_table() -> int:
    with (HOME / "landing" / "scans.csv").open(newline="") as handle:
        rows = [
            (int(r["scan_id"]), int(r["parcel_id"]), r["scan_type"]) for r in csv.DictReader(handle)
        ]
    with sqlite3.connect(HOME / "shop.db") as connection:
        connection.execute(
            "create table if not exists scans (scan_id int, parcel_id int, scan_type text)"
        )
        connection.execute("delete from scans")
        connection.executemany("insert into scans values (?, ?, ?)", rows)
    return len(rows)


with DAG(
    dag_id="parcel_intake",
    description="Loads the scanner files of the day.",
    schedule="@hourly",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    tags=["domain:parcels", "tier=1", "gold"],
    default_args={"owner": "team-ingest"},
    owner_links={"team-ingest": "mailto:ingest@parcels.example"},
    doc_md="Scanner files, every hour.",
):
    drop_files = BashOperator(
        task_id="drop_files",
        bash_command=(
            f"mkdir -p {HOME}/landing && printf '%s\\n' scan_id,parcel_id,scan_type "
            + " ".join(ROWS)
            + f" > {HOME}/landing/scans.csv"
        ),
        outlets=[SCANS_CSV],
    )
    load_scans = PythonOperator(
        task_id="load_scans",
        python_callable=copy_into_table,
        inlets=[SCANS_CSV],
        outlets=[SCANS_TABLE],
    )
    summarise_scans = SQLExecuteQueryOperator(
        task_id="summarise_scans",
        conn_id="shop",
        sql=[
            "create table if not exists scan_counts (scan_type text, scans int)",
            "insert into scan_counts select scan_type, count(*) from scans group by scan_type",
        ],
        doc_md="Counts the scans of each type.",
    )
    drop_files >> load_scans >> summarise_scans
