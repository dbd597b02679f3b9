"""From tables in SQL to datasets: pure, so every rule is an example."""

from __future__ import annotations

import pytest

from hub.domain.inference import (
    BY_THE_JOB,
    BY_THE_RUN,
    NEARBY,
    Known,
    confidence_of,
    dialect_of,
    is_database,
    resolve,
)
from hub.domain.names import DatasetName

DB = "postgres://db.example:5432"
ORDERS = DatasetName(DB, "shop.public.orders")


@pytest.mark.parametrize(
    ("facet", "namespaces", "dialect"),
    [
        ("Snowflake", ["postgres://x"], "snowflake"),
        (None, ["airflow", "postgres://db:5432"], "postgres"),
        (None, ["bigquery"], "bigquery"),
        (None, ["scheduler"], None),
    ],
)
def test_the_dialect_is_the_facets_or_the_first_databases(
    facet: str | None, namespaces: list[str], dialect: str | None
) -> None:
    assert dialect_of(facet, namespaces) == dialect


@pytest.mark.parametrize("namespace", ["bigquery", "snowflake://acct", DB])
def test_an_address_of_a_database_is_one(namespace: str) -> None:
    assert is_database(namespace)


@pytest.mark.parametrize("namespace", ["scheduler", "https://airflow.example", "file:///x"])
def test_another_namespace_is_none(namespace: str) -> None:
    assert not is_database(namespace)


@pytest.mark.parametrize(
    "table", ["orders", "public.orders", "PUBLIC.Orders", "shop.public.orders"]
)
def test_a_table_means_the_dataset_whose_name_ends_with_its_own(table: str) -> None:
    assert resolve([table], [Known(ORDERS, NEARBY)], None) == {table: Known(ORDERS, NEARBY)}


def test_part_of_a_word_is_no_end_of_a_name() -> None:
    assert resolve(["ders"], [Known(ORDERS, NEARBY)], None) is None


def test_what_the_run_named_itself_wins_over_what_is_known_nearby() -> None:
    own = Known(DatasetName(DB, "shop.audit.orders"), BY_THE_RUN)

    assert resolve(["orders"], [Known(ORDERS, NEARBY), own], None) == {"orders": own}


def test_a_table_that_may_mean_two_means_none() -> None:
    two = [Known(ORDERS, NEARBY), Known(DatasetName(DB, "shop.audit.orders"), NEARBY)]

    assert resolve(["orders"], two, None) is None


def test_a_table_that_nobody_knows_is_in_the_jobs_database() -> None:
    found = resolve(["public.new"], [Known(ORDERS, NEARBY)], DB)

    assert found == {"public.new": Known(DatasetName(DB, "public.new"), BY_THE_JOB)}
    assert confidence_of(found) == BY_THE_JOB


def test_without_a_database_such_a_table_means_none() -> None:
    assert resolve(["public.new"], [], None) is None
