"""The lane on SQLite's own driver, which damages values in every way there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hub_lane_odbc import ties
from hub_lane_odbc.lane import OdbcLane

from hub.domain.errors import DataError, InvalidInput, Unreachable
from hub.spi.lane import Checkpoint, Lane, LaneContext, Slice
from hub.testing.conformance import LaneConformance, LaneValuesConformance
from hub.testing.conformance.lane import DELIVERY, SLICE

pytestmark = pytest.mark.needs("odbc")

DECLARED = {
    "integer": "integer",
    "number": "double",
    "boolean": "boolean",
    "string": "varchar(10)",
    "date": "date",
    "timestamp": "timestamp",
}


def execute(path: Path, statement: str, *rows: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(statement, rows or [()])


def context(
    path: Path, expected: Mapping[str, str] | None = None, **options: object
) -> LaneContext:
    given = {"connection": f"Driver=SQLite3;Database={path}", "table": "fees", **options}
    return LaneContext(
        step="city.fees", options=given, root=str(path.parent), expected=expected or {}
    )


def read(where: LaneContext, checkpoint: Checkpoint | None = None) -> list[Slice]:
    return list(OdbcLane().read(where, checkpoint))


def rows(slices: list[Slice]) -> list[dict[str, Any]]:
    return [row for each in slices if each.table is not None for row in each.table.to_pylist()]


def ids(slices: list[Slice]) -> list[int]:
    return [row["id"] for row in rows(slices)]


@pytest.fixture
def cabinet(tmp_path: Path) -> Path:
    path = tmp_path / "cabinet.db"
    execute(path, "create table fees (id bigint, name varchar(40), fee double)")
    execute(path, "insert into fees values (?, ?, ?)", (1, "basic", 0.1), (5_000_000_000, None, 2))
    return path


class OdbcConformance(LaneConformance):
    options: Mapping[str, object] = {}

    def lane(self) -> Lane:
        return OdbcLane()

    def context(self, root: Path) -> LaneContext:
        return context(root / "c.db", {"id": "integer"}, slice_rows=SLICE, **self.options)

    def deliver(self, root: Path, number: int) -> None:
        execute(root / "c.db", "create table if not exists fees (id integer, day text)")
        new = range(number * DELIVERY, (number + 1) * DELIVERY)
        execute(
            root / "c.db", "insert into fees values (?, ?)", *((n, f"day {n // 7}") for n in new)
        )


class TestByAnIncreasingNumber(OdbcConformance):
    options: Mapping[str, object] = {"cursor": "id", "batch_rows": 3}


class TestByADayThatManyRowsShare(OdbcConformance):
    options: Mapping[str, object] = {"cursor": "day", "batch_rows": 3}


class TestValues(LaneValuesConformance):
    def lane(self) -> Lane:
        return OdbcLane()

    def context(self, root: Path, expected: Mapping[str, str]) -> LaneContext:
        return context(root / "v.db", expected)

    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        execute(root / "v.db", f"create table fees (id integer, v {DECLARED[logical]})")
        held = (v.isoformat() if isinstance(v, (date, datetime)) else v for v in values)
        execute(root / "v.db", "insert into fees values (?, ?)", *enumerate(held))


class TestTypes:
    def test_without_a_contract_types_are_the_catalogue_s(self, tmp_path: Path) -> None:
        path = tmp_path / "c.db"
        columns = "i int, n numeric(10,2), k decimal(9), b boolean, d date, t datetime, s, x blob"
        execute(path, f"create table fees ({columns})")
        execute(
            path,
            "insert into fees values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                5_000_000_000,
                12.34,
                7,
                1,
                "2026-01-02",
                "2026-01-02 03:04:05.000006",
                2.5,
                b"\x00\xff",
            ),
        )

        [row] = rows(read(context(path, timezone="Europe/Madrid")))

        assert row == {
            "i": 5_000_000_000,
            "n": 12.34,
            "k": 7,
            "b": True,
            "d": date(2026, 1, 2),
            "t": datetime(2026, 1, 2, 2, 4, 5, 6, tzinfo=UTC),
            "s": "2.5",
            "x": b"\x00\xff",
        }

    @pytest.mark.parametrize(
        ("declared", "logical", "wider"),
        [
            ("double", "integer", "number"),
            ("timestamp", "date", "timestamp"),
            ("BLOB", "string", "nothing"),
        ],
    )
    def test_a_narrowing_is_refused_before_anything_is_read(
        self, tmp_path: Path, declared: str, logical: str, wider: str
    ) -> None:
        execute(tmp_path / "c.db", f"create table fees (v {declared})")

        with pytest.raises(
            InvalidInput, match=rf"fees\.v is {declared}.* says {logical}"
        ) as caught:
            read(context(tmp_path / "c.db", {"v": logical}))
        assert f"say {wider}" in str(caught.value.fix)

    def test_a_query_that_casts_cures_a_narrowing(self, tmp_path: Path) -> None:
        execute(tmp_path / "c.db", "create table fees (v double)")
        execute(tmp_path / "c.db", "insert into fees values (2.9)")
        query = "select cast(v as integer) as v from fees;"

        found = rows(read(context(tmp_path / "c.db", {"v": "integer"}, query=query)))

        assert found == [{"v": 2}]

    @pytest.mark.parametrize(
        ("declared", "value", "message"),
        [
            ("text", "a\0b", "1 texts with a NUL character"),
            ("text", b"\xff", "1 binary values"),
            ("blob", 5, "1 numbers among binary values"),
            ("text", "é" * 3_000, r"6000 bytes, more than max_text_bytes \(4096\)"),
        ],
    )
    def test_what_no_driver_hands_over_whole_is_refused(
        self, tmp_path: Path, declared: str, value: object, message: str
    ) -> None:
        execute(tmp_path / "c.db", f"create table fees (v {declared})")
        execute(tmp_path / "c.db", "insert into fees values (?)", (value,))

        with pytest.raises((DataError, InvalidInput), match=message) as caught:
            read(context(tmp_path / "c.db"))
        assert caught.value.fix

    def test_long_texts_come_whole_where_they_may(self, tmp_path: Path) -> None:
        execute(tmp_path / "c.db", "create table fees (v varchar(10))")
        execute(tmp_path / "c.db", "insert into fees values (?)", ("é" * 100_000,), ("",), (None,))

        found = rows(read(context(tmp_path / "c.db", max_text_bytes=200_000)))

        assert {row["v"] for row in found} == {"é" * 100_000, "", None}

    def test_a_text_that_is_no_text_stops_the_run(self, tmp_path: Path) -> None:
        execute(tmp_path / "c.db", "create table fees (v text)")
        execute(tmp_path / "c.db", "insert into fees values (cast(x'ff41' as text))")

        with pytest.raises(Unreachable, match="invalid UTF-8"):
            read(context(tmp_path / "c.db"))

    def test_a_refused_row_is_read_again_by_todays_contract(self, cabinet: Path) -> None:
        execute(cabinet, "insert into fees values ('abc', 'broken', 0.5)")
        told = context(cabinet, {"id": "integer"})

        [piece] = read(told)

        assert sorted(ids([piece])) == [1, 5_000_000_000]
        [refused] = piece.refused
        assert (refused.reason, refused.sequence) == ("id: 'abc' is no integer", 3)
        with pytest.raises(DataError, match="'abc' is no integer"):
            OdbcLane().reread(told, refused.payload)
        today = OdbcLane().reread(context(cabinet, {"id": "string"}), refused.payload)
        assert today.to_pylist() == [{"id": "abc", "name": "broken", "fee": 0.5}]


class TestSnapshots:
    def test_an_unchanged_table_is_not_read_again(self, cabinet: Path) -> None:
        [first] = read(context(cabinet))

        assert read(context(cabinet), first.checkpoint) == []
        assert read(context(cabinet, batch_rows=1), first.checkpoint) == []
        execute(cabinet, "insert into fees values (3, 'plus', 1)")
        [second] = read(context(cabinet), first.checkpoint)
        assert second.origin != first.origin
        assert len(rows([second])) == 3

    def test_a_table_is_read_in_slices_that_can_be_continued(self, cabinet: Path) -> None:
        execute(cabinet, "insert into fees values (?, ?, ?)", *((n, "x", n) for n in range(10, 20)))
        where = context(cabinet, slice_rows=5, batch_rows=3)

        slices = read(where)

        assert [piece.first_sequence for piece in slices] == [1, 6, 11]
        for done, piece in enumerate(slices, 1):
            assert read(where, piece.checkpoint) == slices[done:]

    def test_a_table_that_changes_between_two_slices_is_told(self, cabinet: Path) -> None:
        where = context(cabinet, slice_rows=1)
        first = read(where)[0]
        execute(cabinet, "update fees set fee = 7")

        lost, *others = read(where, first.checkpoint)

        assert "was read up to row 1, then changed" in lost.refused[0].reason
        assert [row["fee"] for row in rows(others)] == [7.0, 7.0]
        assert read(where, others[-1].checkpoint) == []

    def test_an_empty_table_is_noted(self, cabinet: Path) -> None:
        execute(cabinet, "delete from fees")

        [piece] = read(context(cabinet))

        assert rows([piece]) == []
        assert read(context(cabinet), piece.checkpoint) == []

    def test_a_query_is_read_like_a_table(self, cabinet: Path) -> None:
        where = context(
            cabinet, table=None, query="select name, sum(fee) as fee from fees group by 1 -- all"
        )

        assert OdbcLane().reads(where) == "city.fees"
        assert OdbcLane().reads(context(cabinet, query="select 1")) == "fees"
        [piece] = read(where)
        assert rows([piece]) == [{"name": None, "fee": "2.0"}, {"name": "basic", "fee": "0.1"}]
        assert piece.origin.startswith("city.fees@")


class TestCursors:
    def test_only_new_rows_are_read(self, cabinet: Path) -> None:
        where = context(cabinet, cursor="ID")
        [first] = read(where)
        execute(cabinet, "insert into fees values (6000000000, 'plus', 1)")

        [second] = read(where, first.checkpoint)

        assert ids([second]) == [6_000_000_000]
        assert second.first_sequence == 3
        assert read(where, second.checkpoint) == []

    def test_a_row_that_comes_too_late_is_told(self, cabinet: Path) -> None:
        where = context(cabinet, cursor="id")
        [first] = read(where)
        execute(cabinet, "insert into fees values (2, 'late', 1)")

        with pytest.raises(DataError, match="1 rows of fees came with a id before 5000000000"):
            read(where, first.checkpoint)

    def test_rows_may_move_up(self, cabinet: Path) -> None:
        where = context(cabinet, cursor="id")
        [first] = read(where)
        execute(cabinet, "update fees set id = 6000000000 where id = 1")

        assert ids(read(where, first.checkpoint)) == [6_000_000_000]

    def test_a_row_without_a_value_is_told(self, cabinet: Path) -> None:
        with pytest.raises(DataError, match="1 rows of fees have no name"):
            read(context(cabinet, cursor="name"))

    @pytest.mark.parametrize(
        ("cursor", "error", "message"),
        [
            ("nosuch", InvalidInput, r"no column nosuch \(it has id, name, fee\)"),
            ("fee", InvalidInput, "fee is double, which is no cursor"),
            ("id; drop", InvalidInput, "options"),
        ],
    )
    def test_what_cannot_be_a_cursor_is_said(
        self, cabinet: Path, cursor: str, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            read(context(cabinet, cursor=cursor))

    @pytest.mark.parametrize("values", [(5, 40, 300), ("a", "b", "c")])
    def test_a_column_of_no_declared_type_counts_by_what_it_holds(
        self, tmp_path: Path, values: tuple[object, ...]
    ) -> None:
        path = tmp_path / "c.db"
        execute(path, "create table fees (v)")
        execute(path, "insert into fees values (?)", *((value,) for value in values))
        where = context(path, cursor="v", slice_rows=1)

        slices = read(where)

        assert [row["v"] for row in rows(slices)] == list(values)
        assert rows(read(where, slices[0].checkpoint)) == rows(slices[1:])

    def test_texts_among_numbers_are_no_cursor(self, tmp_path: Path) -> None:
        for declared in ("integer", ""):
            path = tmp_path / f"{declared}.db"
            execute(path, f"create table fees (v {declared})")
            execute(path, "insert into fees values (?)", (1,), ("x",))
            with pytest.raises(DataError, match="cannot be a cursor"):
                read(context(path, cursor="v"))

    def test_too_many_rows_of_one_value_are_told(
        self, cabinet: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ties, "MOST_TIES", 1)
        execute(cabinet, "update fees set id = 1")

        with pytest.raises(DataError, match="more than 1 rows of fees have id = 1"):
            read(context(cabinet, cursor="id"))


@pytest.mark.parametrize(
    "options",
    [
        {"table": "fees; drop table fees"},
        {"table": None},
        {"query": ""},
        {"timezone": "Mars/Olympus"},
        {"memory_bytes": 1},
        {"tabel": "fees"},
    ],
)
def test_wrong_options_are_named(cabinet: Path, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=r"city\.fees: options"):
        read(context(cabinet, **options))


def test_a_column_named_in_any_way_is_read(tmp_path: Path) -> None:
    execute(tmp_path / "c.db", """create table fees ("a ""b""; --" int, "select" int, "é" int)""")
    execute(tmp_path / "c.db", "insert into fees values (1, 2, 3)")

    assert rows(read(context(tmp_path / "c.db"))) == [{'a "b"; --': 1, "select": 2, "é": 3}]
