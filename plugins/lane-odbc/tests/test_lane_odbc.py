from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hub_lane_odbc import lane as lanes
from hub_lane_odbc.lane import OdbcLane

from hub.domain.errors import DataError, InvalidInput, Unreachable
from hub.spi.lane import LaneContext, Slice

pytestmark = pytest.mark.needs("odbc")

TYPES = {"id": "integer", "name": "string", "fee": "number"}


@pytest.fixture
def cabinet(tmp_path: Path) -> Path:
    path = tmp_path / "cabinet.db"
    execute(path, "create table fees (id bigint, name varchar(40), fee double)")
    execute(path, "insert into fees values (1, 'basic', 0.12345678901234), (5000000000, null, 2)")
    return path


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def context(path: Path, expected: Mapping[str, str] = TYPES, **options: object) -> LaneContext:
    given = {"connection": f"Driver=SQLite3;Database={path}", "table": "fees", **options}
    return LaneContext(step="fees", options=given, root=str(path.parent), expected=expected)


def read(where: LaneContext, checkpoint: dict[str, object] | None = None) -> list[Slice]:
    return list(OdbcLane().read(where, checkpoint))


def rows(slices: list[Slice]) -> list[dict[str, object]]:
    return [row for each in slices if each.table is not None for row in each.table.to_pylist()]


def test_values_arrive_as_the_database_holds_them(cabinet: Path) -> None:
    assert rows(read(context(cabinet))) == [
        {"id": 1, "name": "basic", "fee": 0.12345678901234},
        {"id": 5_000_000_000, "name": None, "fee": 2.0},
    ]


def test_without_a_contract_no_value_is_narrowed(cabinet: Path) -> None:
    assert [row["id"] for row in rows(read(context(cabinet, {})))] == [1, 5_000_000_000]


def test_an_unchanged_table_is_not_read_again(cabinet: Path) -> None:
    (first,) = read(context(cabinet))
    assert read(context(cabinet), first.checkpoint) == []
    execute(cabinet, "insert into fees values (3, 'plus', 1)")
    (second,) = read(context(cabinet), first.checkpoint)
    assert second.origin != first.origin


def test_with_a_cursor_only_new_rows_are_read(cabinet: Path) -> None:
    where = context(cabinet, cursor="id")
    (first,) = read(where)
    execute(cabinet, "insert into fees values (6000000000, 'plus', 1)")
    (second,) = read(where, first.checkpoint)
    assert [row["id"] for row in rows([second])] == [6_000_000_000]
    assert second.first_sequence == 3


def test_a_value_of_another_type_is_no_silent_null(cabinet: Path) -> None:
    execute(cabinet, "insert into fees values ('abc', 'broken', 1)")
    with pytest.raises((DataError, Unreachable)):
        read(context(cabinet))


def test_a_missing_database_table_is_the_source_s_fault(cabinet: Path) -> None:
    with pytest.raises(Unreachable, match="nothing"):
        read(context(cabinet, table="nothing"))


def test_a_driver_that_crashes_costs_one_run(
    cabinet: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("#!/usr/bin/env python3\nimport os\nos.abort()\n")
    crash.chmod(0o755)
    monkeypatch.setattr(lanes.sys, "executable", str(crash))
    with pytest.raises(Unreachable, match=r"crashed.*SIGABRT"):
        read(context(cabinet))


def test_a_table_is_a_name_and_nothing_more(cabinet: Path) -> None:
    with pytest.raises(InvalidInput, match="options"):
        read(context(cabinet, table="fees; drop table fees"))


def test_an_unknown_driver_is_named(cabinet: Path) -> None:
    with pytest.raises(Unreachable, match="NoSuchDriver"):
        read(context(cabinet, connection="Driver=NoSuchDriver"))
