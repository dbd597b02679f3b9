"""A run that fails for a data reason: the invoices break the contract agreed with finance.

The rerun of the same day, with repaired invoices, works: see SHOP_INVOICE_COLUMNS.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

HOME = Path(os.environ["SHOP_HOME"])
INVOICES = Asset(name="invoices", uri=f"file://{HOME}/lake/invoices")
LEDGER = Asset(name="ledger", uri=f"file://{HOME}/lake/ledger")
CONTRACT = ("invoice_id", "customer_id", "freight_eur")
# The rerun sets this to the agreed columns, as a fixed upstream would.
DELIVERED = os.environ.get("SHOP_INVOICE_COLUMNS", "invoice_id,customer_id,freight").split(",")


def compare_columns() -> None:
    missing = [column for column in CONTRACT if column not in DELIVERED]
    if missing:
        raise ValueError(f"contract violation: invoices lack column(s) {', '.join(missing)}")


def book() -> None:
    print("booked")


with DAG(
    dag_id="daily_settlement",
    description="Checks and books the invoices of the day.",
    schedule="@daily",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    tags=["domain:finance", "tier=1"],
    default_args={"owner": "team-finance", "retries": 0},
    owner_links={"team-finance": "mailto:finance@parcels.example"},
):
    prepare_invoices = SQLExecuteQueryOperator(
        task_id="prepare_invoices",
        conn_id="shop",
        sql="create table if not exists invoices (invoice_id int, customer_id int, freight real)",
        outlets=[INVOICES],
    )
    check_contract = PythonOperator(
        task_id="check_contract",
        python_callable=compare_columns,
        inlets=[INVOICES],
    )
    post_ledger = PythonOperator(
        task_id="post_ledger",
        python_callable=book,
        inlets=[INVOICES],
        outlets=[LEDGER],
    )
    prepare_invoices >> check_contract >> post_ledger
