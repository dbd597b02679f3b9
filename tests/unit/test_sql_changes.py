"""Which texts of SQL bring no data to any table, and which may."""

from __future__ import annotations

from time import process_time

import pytest

from hub.domain.openlineage.changes import change_in


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
        "",
        "-- DROP TABLE a",
        "'TRUNCATE TABLE a'",
        "COMMIT",
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
    assert change_in(sql) is None


@pytest.mark.parametrize("part", ["/*", "'", "[", "$$", "--", "a ", ";", "DROP;", '"`'])
def test_a_text_takes_time_in_proportion_to_its_length(part: str) -> None:
    began = process_time()
    change_in("TRUNCATE " + part * (1_000_000 // len(part)))
    assert process_time() - began < 5
