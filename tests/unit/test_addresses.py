"""Addresses that are one whatever the estate are written in one way, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.identity.addresses import is_database, plain_address


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("s3a://lake", "s3://lake"),
        ("S3N://lake/", "s3://lake"),
        ("s3://lake/raw//", "s3://lake/raw"),
        ("gcs://lake", "gs://lake"),
        ("postgresql://DB.Example", "postgres://db.example:5432"),
        ("postgres://db.example:5432/", "postgres://db.example:5432"),
        ("postgres://[2001:DB8::1]", "postgres://[2001:db8::1]:5432"),
        ("mysql://db", "mysql://db:3306"),
        ("sqlserver://db", "mssql://db:1433"),
        (
            "wasbs://Raw@Account.blob.core.windows.net/",
            "abfss://raw@account.dfs.core.windows.net",
        ),
        ("abfs://raw@account.dfs.core.windows.net", "abfss://raw@account.dfs.core.windows.net"),
        ("snowflake://Org-Acct.snowflakecomputing.com", "snowflake://org-acct"),
        ("hdfs://Nn:8020/", "hdfs://nn:8020"),
        ("file:///", "file"),
        ("file:", "file"),
    ],
)
def test_one_address_is_written_in_one_way(written: str, plain: str) -> None:
    assert plain_address(written) == plain


@pytest.mark.parametrize(
    "address",
    [
        "postgres://db:5433",
        "postgres://ada@db:5432",
        "postgres://a,b",
        "postgres://db:05432",
        "postgres://",
        "s3://Lake",
        "wasbs://raw@onelake.blob.fabric.microsoft.com",
        "https://Example.org/",
        "duckdb:///a/",
        "file://host",
        "food_delivery/",
        "s3:lake",
        "s3a://",
        "postgres://db\n",
        "postgres://db?sslmode=off",
        "postgres://d\u00e9b",
        "",
    ],
)
def test_what_may_be_two_is_left_as_it_is(address: str) -> None:
    assert plain_address(address) == address


def test_two_ports_two_buckets_and_two_accounts_stay_two() -> None:
    for one, other in (
        ("postgres://db", "postgres://db:5433"),
        ("s3a://Lake", "s3a://lake"),
        ("wasbs://c@a.blob.core.windows.net", "wasbs://c@b.blob.core.windows.net"),
        ("wasbs://c@a.blob.core.windows.net", "wasbs://c@a.blob.core.chinacloudapi.cn"),
        ("postgres://db", "mysql://db"),
    ):
        assert plain_address(one) != plain_address(other)


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9]+://[A-Za-z0-9.:@/_-]*")))
def test_what_is_plain_stays_so(text: str) -> None:
    once = plain_address(text)
    assert plain_address(once) == once


@pytest.mark.parametrize(
    ("namespace", "is_one"),
    [
        ("postgres://db:5432", True),
        ("bigquery", True),
        ("S3A://lake", False),
        ("kafka://broker:9092", False),
        ("airflow", False),
    ],
)
def test_whether_a_database_lies_at_an_address_is_told_by_its_scheme(
    namespace: str, is_one: bool
) -> None:
    assert is_database(namespace) is is_one
