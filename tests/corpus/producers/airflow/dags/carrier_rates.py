"""A run that fails for an infrastructure reason: nothing listens where the rates should be."""

from __future__ import annotations

import os
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

HOME = Path(os.environ["SHOP_HOME"])
RATES = Asset(name="carrier_rates", uri=f"file://{HOME}/lake/carrier_rates")
# Port 9 is the discard service, which no machine of today runs.
RATES_URL = "http://127.0.0.1:9/rates.json"


def download_rates() -> bytes:
    with urllib.request.urlopen(RATES_URL, timeout=5) as answer:
        body: bytes = answer.read()
    return body


def store_rates() -> None:
    raise AssertionError("must be skipped, its upstream task fails")


with DAG(
    dag_id="carrier_rates",
    description="Fetches the price list of the carriers.",
    schedule="@daily",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    tags=["domain:freight"],
    default_args={"owner": "team-platform", "retries": 0},
):
    fetch_rates = PythonOperator(
        task_id="fetch_rates", python_callable=download_rates, outlets=[RATES]
    )
    publish_rates = PythonOperator(
        task_id="publish_rates", python_callable=store_rates, inlets=[RATES]
    )
    fetch_rates >> publish_rates
