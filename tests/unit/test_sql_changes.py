"""Which texts of SQL bring no data to any table, and which may."""

from __future__ import annotations

from time import process_time

import pytest

from hub.domain.openlineage.changes import FILLS, brings_data, change_by, change_in


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        ("DROP TABLE IF EXISTS a.b", "DROP"),
        ("truncate a; -- INSERT INTO a SELECT 1\n", "TRUNCATE"),
        ("/* nightly */ TRUNCATE TABLE a", "TRUNCATE"),
        ("ALTER TABLE a ADD COLUMN b INT; ALTER TABLE a DROP COLUMN c;", "ALTER"),
        ("ALTER TABLE a RENAME TO b", "RENAME"),
        ("RENAME TABLE a TO b, c TO d", "RENAME"),
        ("EXEC sp_rename 'dbo.a', 'b'", "RENAME"),
        ("USE db; SET role = 'etl'; BEGIN; TRUNCATE TABLE a; COMMIT;", "TRUNCATE"),
        ("ALTER TABLE a ADD COLUMN b TEXT DEFAULT 'as; select'", "ALTER"),
        ('TRUNCATE TABLE "insert"."select"', "TRUNCATE"),
    ],
)
def test_what_only_changes_tables_is_known_by_its_words(sql: str, change: str) -> None:
    assert change_in(sql) == change


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b INT)",
        "INSERT INTO a SELECT * FROM b",
        "TRUNCATE TABLE a; INSERT INTO a SELECT * FROM b",
        "TRUNCATE TABLE a INSERT INTO a SELECT * FROM b",
        "DROP TABLE a; CREATE TABLE a AS SELECT 1",
        "BEGIN INSERT INTO a VALUES (1); TRUNCATE TABLE b; END",
        "ALTER TABLE a EXCHANGE PARTITION (p) WITH TABLE b",
        "ALTER TABLE a SWAP WITH b",
        "ALTER TABLE a APPEND FROM b",
        "ALTER VIEW a AS SELECT * FROM b",
        "EXEC load_a; TRUNCATE TABLE b",
        "TRUNCATE TABLE a; CALL load_a()",
        "{{ truncate('a') }}",
    ],
)
def test_what_may_fill_a_table_is_not_taken_for_a_mere_change(sql: str) -> None:
    assert change_in(sql) == FILLS
    assert brings_data(change_in(sql))


@pytest.mark.parametrize("sql", ["", "-- DROP TABLE a", "COMMIT", "SET role = 'etl'; COMMIT"])
def test_what_does_nothing_to_tables_says_nothing(sql: str) -> None:
    assert change_in(sql) is None


@pytest.mark.parametrize(
    ("said", "sql", "is_write"),
    [
        ("TRUNCATE", "TRUNCATE TABLE a; INSERT INTO a SELECT * FROM b", True),
        ("truncate", "INSERT INTO a SELECT * FROM b", True),
        ("TRUNCATE", "TRUNCATE TABLE a", False),
        ("TRUNCATE", "COMMIT", False),
        ("DROP", "INSERT INTO a SELECT * FROM b", False),
        ("OVERWRITE", "TRUNCATE TABLE a", True),
    ],
)
def test_a_table_that_is_emptied_and_filled_is_written(
    said: str, sql: str, *, is_write: bool
) -> None:
    assert brings_data(change_by(said, change_in(sql))) is is_write


@pytest.mark.parametrize("part", ["/*", "'", "[", "$$", "--", "a ", ";", "DROP;", '"`'])
def test_a_text_takes_time_in_proportion_to_its_length(part: str) -> None:
    began = process_time()
    change_in("TRUNCATE " + part * (1_000_000 // len(part)))
    assert process_time() - began < 5
