"""From tables in SQL to datasets: pure, so every rule is an example."""

from __future__ import annotations

import pytest

from hub.domain.identity.addresses import is_database
from hub.domain.lineage.inference import (
    BY_THE_JOB,
    BY_THE_RUN,
    NEARBY,
    Known,
    Text,
    confidence_of,
    database_of,
    dialect_of,
    in_turn,
    resolve,
)
from hub.domain.names import DatasetName

DB = "postgres://db.example:5432"
ORDERS = DatasetName(DB, "shop.public.orders")


@pytest.mark.parametrize(
    ("facet", "namespaces", "dialect"),
    [
        ("Snowflake", [["postgres://x"]], "snowflake"),
        (None, [["airflow", "postgres://db:5432"]], "postgres"),
        (None, [["airflow"], ["bigquery"]], "bigquery"),
        (None, [["mysql://near"], ["postgres://far"]], "mysql"),
        (None, [["mysql://a", "mysql://b"]], "mysql"),
        (None, [["mysql://a", "postgres://b"], ["bigquery"]], None),
        (None, [["scheduler"]], None),
    ],
)
def test_the_dialect_is_the_facets_or_that_of_the_nearest_database(
    facet: str | None, namespaces: list[list[str]], dialect: str | None
) -> None:
    assert dialect_of(facet, *namespaces) == dialect


def test_the_database_is_the_only_one_that_is_nearest() -> None:
    assert database_of(["airflow"], ["bigquery", "airflow"], [DB]) == "bigquery"
    assert database_of([DB, "bigquery"], [DB]) is None
    assert database_of(["airflow"]) is None


def text(digest: bytes, first: int, last: int) -> Text:
    return Text(digest, first, last, 0, "select 1", None)


@pytest.mark.parametrize(
    ("texts", "turns"),
    [
        ([(b"a", 1, 9)], [(1, b"a")]),
        ([(b"a", 1, 5), (b"b", 6, 9)], [(1, b"a"), (6, b"b")]),
        # Tried out and taken back.
        ([(b"a", 1, 9), (b"b", 6, 6)], [(1, b"a"), (6, b"b"), (7, b"a")]),
        # Both at once for a while: the one that is said last is in force in the end.
        ([(b"a", 1, 5), (b"b", 3, 9)], [(1, b"a"), (3, b"b"), (6, b"b")]),
    ],
)
def test_texts_hold_in_turn_and_the_one_in_force_is_the_last(
    texts: list[tuple[bytes, int, int]], turns: list[tuple[int, bytes]]
) -> None:
    for known in (texts, texts[::-1]):
        found = in_turn([text(*each) for each in known], 1)
        assert [(at, each.digest) for at, each in found] == turns


def test_what_was_said_before_the_earliest_text_that_is_kept_is_taken_to_be_like_it() -> None:
    assert [at for at, _ in in_turn([text(b"b", 6, 9)], 1)] == [1]


@pytest.mark.parametrize("namespace", ["bigquery", "snowflake://acct", DB])
def test_an_address_of_a_database_is_one(namespace: str) -> None:
    assert is_database(namespace)


@pytest.mark.parametrize(
    "namespace",
    [
        "scheduler",
        "https://airflow.example",
        "file:///x",
        "hdfs://namenode:8020",
        "S3A://lake",
        "abfss://lake@account.dfs.core.windows.net",
        "kafka://broker:9092",
    ],
)
def test_another_namespace_is_none(namespace: str) -> None:
    assert not is_database(namespace)


@pytest.mark.parametrize(
    "table", ["orders", "public.orders", "PUBLIC.Orders", "shop.public.orders"]
)
def test_a_table_means_the_dataset_whose_name_ends_with_its_own(table: str) -> None:
    assert resolve([table], [Known(ORDERS, NEARBY)], None) == {table: Known(ORDERS, NEARBY)}


def test_a_table_means_the_files_that_a_catalog_calls_so() -> None:
    files = DatasetName("hdfs://namenode", "/warehouse/orders")
    called = DatasetName("hive://metastore:9083", "default.orders")
    known = [Known(files, NEARBY), Known(files, NEARBY, called)]

    assert resolve(["orders"], known, None) == {"orders": Known(files, NEARBY)}
    assert resolve(["new"], known, called.namespace) == {
        "new": Known(DatasetName(called.namespace, "default.new"), BY_THE_JOB)
    }


def test_a_table_with_its_schema_means_the_files_that_lie_in_such_folders() -> None:
    files = Known(DatasetName("s3://lake", "curated/orders"), NEARBY)

    assert resolve(["curated.orders"], [files], DB) == {"curated.orders": files}
    assert resolve(["orders"], [files, Known(ORDERS, NEARBY)], DB) == {
        "orders": Known(ORDERS, NEARBY)
    }


def test_part_of_a_word_is_no_end_of_a_name() -> None:
    assert resolve(["ders"], [Known(ORDERS, NEARBY)], None) is None


def test_what_the_run_named_itself_wins_over_what_is_known_nearby() -> None:
    own = Known(DatasetName(DB, "shop.audit.orders"), BY_THE_RUN)

    assert resolve(["orders"], [Known(ORDERS, NEARBY), own], None) == {"orders": own}


def test_a_table_that_may_mean_two_means_none() -> None:
    two = [Known(ORDERS, NEARBY), Known(DatasetName(DB, "shop.audit.orders"), NEARBY)]

    assert resolve(["orders"], two, None) is None


def test_of_two_that_differ_in_case_alone_the_one_as_written_is_meant() -> None:
    lower, upper = (Known(DatasetName(DB, f"shop.public.{t}"), NEARBY) for t in ("t", "T"))

    assert resolve(["T"], [lower, upper], None) == {"T": upper}
    assert resolve(["PUBLIC.t"], [lower, upper], None) is None


def test_a_table_that_nobody_knows_is_in_the_jobs_database() -> None:
    found = resolve(["public.new"], [Known(ORDERS, NEARBY)], DB)

    assert found == {"public.new": Known(DatasetName(DB, "shop.public.new"), BY_THE_JOB)}
    assert confidence_of(found) == BY_THE_JOB


def test_it_is_called_as_written_where_the_databases_other_tables_are_in_several_places() -> None:
    two = [Known(ORDERS, NEARBY), Known(DatasetName(DB, "attic.public.orders"), NEARBY)]

    found = resolve(["public.new"], two, DB)

    assert found == {"public.new": Known(DatasetName(DB, "public.new"), BY_THE_JOB)}


def test_without_a_database_such_a_table_means_none() -> None:
    assert resolve(["public.new"], [], None) is None


def test_what_is_known_is_written_by_the_rules_once_however_many_tables_nobody_knows() -> None:
    known = [Known(DatasetName(DB, f"shop.raw.t{number}"), NEARBY) for number in range(20)]
    asked: list[DatasetName] = []

    def written(name: DatasetName) -> DatasetName:
        asked.append(name)
        return name

    found = resolve([f"new{number}" for number in range(20)], known, DB, written)

    assert found is not None
    assert found["new7"].name == DatasetName(DB, "shop.raw.new7")
    assert len(asked) == len(known)
