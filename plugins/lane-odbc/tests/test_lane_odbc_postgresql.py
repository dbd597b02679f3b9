"""The lane on PostgreSQL's own driver, which has its own ways of damaging values."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
import pytest
from hub_lane_odbc.child import extract
from hub_lane_odbc.connection import completed
from hub_lane_odbc.dialects.ansi import Ansi
from hub_lane_odbc.errors import Refusal
from hub_lane_odbc.extraction import Extraction
from hub_lane_odbc.lane import OdbcLane
from hub_lane_odbc.request import Request
from hub_lane_odbc.session import Session
from hub_lane_odbc.typed import Typist
from sqlalchemy import make_url

from hub.domain.errors import DataError, InvalidInput
from hub.spi.lane import Checkpoint, Lane, LaneContext, Slice
from hub.testing.conformance import LaneConformance, LaneValuesConformance
from hub.testing.conformance.lane import DELIVERY, SLICE

pytestmark = pytest.mark.needs("odbc-postgresql")

DECLARED = {
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "string": "text",
    "date": "date",
    "timestamp": "timestamptz",
}
_numbers = itertools.count(1)

Execute = Callable[..., None]


@pytest.fixture
def connection(postgresql_server: str) -> Iterator[str]:
    """A connection string of an empty schema of its own, as the first on the search path."""
    url = make_url(postgresql_server)
    schema = f"odbc_{next(_numbers)}"
    with psycopg.connect(_dsn(postgresql_server), autocommit=True) as database:
        database.execute(f"create schema {schema}")
        database.execute(f"alter role {url.username} set search_path = {schema}")
        yield (
            f"Driver={{PostgreSQL Unicode}};Server={url.query['host']};Database={url.database};"
            f"UID={url.username}"
        )
        database.execute(f"drop schema {schema} cascade")
        database.execute(f"alter role {url.username} reset search_path")


def _dsn(server: str) -> str:
    return server.replace("+psycopg", "")


@pytest.fixture
def execute(postgresql_server: str, connection: str) -> Execute:
    def run(statement: str, *rows: tuple[object, ...]) -> None:
        with psycopg.connect(_dsn(postgresql_server), autocommit=True) as database:
            for row in rows or [()]:
                database.execute(statement, row)

    return run


@pytest.fixture
def context(connection: str, tmp_path: Path) -> Callable[..., LaneContext]:
    def make(expected: Mapping[str, str] | None = None, **options: object) -> LaneContext:
        given = {"connection": connection, "table": "fees", **options}
        return LaneContext(
            step="city.fees", options=given, root=str(tmp_path), expected=expected or {}
        )

    return make


Context = Callable[..., LaneContext]


def read(where: LaneContext, checkpoint: Checkpoint | None = None) -> list[Slice]:
    return list(OdbcLane().read(where, checkpoint))


def rows(slices: list[Slice]) -> list[dict[str, Any]]:
    return [row for each in slices if each.table is not None for row in each.table.to_pylist()]


class WithDatabase:
    @pytest.fixture(autouse=True)
    def _database(self, context: Context, execute: Execute) -> None:
        self.made, self.execute = context, execute

    def lane(self) -> Lane:
        return OdbcLane()


class TestByAnIncreasingTime(WithDatabase, LaneConformance):
    def context(self, root: Path) -> LaneContext:
        return self.made({"id": "integer"}, cursor="at", slice_rows=SLICE)

    def deliver(self, root: Path, number: int) -> None:
        self.execute("create table if not exists fees (id int, at timestamptz)")
        new = range(number * DELIVERY, (number + 1) * DELIVERY)
        held = ((n, datetime(2026, 1, 1, n // 5, tzinfo=UTC)) for n in new)
        self.execute("insert into fees values (%s, %s)", *held)


class TestValues(WithDatabase, LaneValuesConformance):
    # All others are refused by the database.
    unfit: ClassVar = {"date": ["infinity"], "timestamp": ["infinity", "-infinity"]}

    def context(self, root: Path, expected: Mapping[str, str]) -> LaneContext:
        return self.made(expected)

    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        self.execute("drop table if exists fees")
        self.execute(f"create table fees (id int, v {DECLARED[logical]})")
        self.execute("insert into fees values (%s, %s)", *enumerate(values))


def test_without_a_contract_types_are_the_catalogue_s(context: Context, execute: Execute) -> None:
    execute(
        "create table fees (i smallint, f float4, d float8, n numeric(10,2), m numeric, b bool,"
        " day date, t time, l timestamp, z timestamptz, u uuid, j jsonb, x bytea, c char(4))"
    )
    execute(
        "insert into fees values (1, 0.1, 0.12345678901234568, 12.34, 1.123456789, true,"
        " '2026-01-02', '03:04:05.5', '2026-07-01 12:00', '2026-07-01 12:00+05',"
        " '018f0000-0000-7000-8000-000000000001', '{\"a\": 1}', '\\x00ff', 'ab')"
    )

    [piece] = read(context(timezone="Europe/Madrid"))

    [row] = rows([piece])
    assert row == {
        "i": 1,
        "f": pa.scalar(0.1, pa.float32()).as_py(),
        "d": 0.12345678901234568,
        "n": Decimal("12.34"),
        "m": Decimal("1.123456789000000000"),
        "b": True,
        "day": date(2026, 1, 2),
        "t": time(3, 4, 5, 500_000),
        "l": datetime(2026, 7, 1, 10, tzinfo=UTC),
        "z": datetime(2026, 7, 1, 7, tzinfo=UTC),
        "u": "018f0000-0000-7000-8000-000000000001",
        "j": '{"a": 1}',
        "x": b"\x00\xff",
        "c": "ab",
    }
    assert piece.table is not None
    assert piece.table.field("n").type == pa.decimal128(10, 2)


def test_json_may_be_an_object_of_the_contract(context: Context, execute: Execute) -> None:
    execute("create table fees (v json)")
    execute("""insert into fees values ('{"a": [1, 2]}')""")

    assert rows(read(context({"v": "object"}))) == [{"v": {"a": [1, 2]}}]


@pytest.mark.parametrize(
    ("declared", "logical"),
    [
        ("numeric(10,2)", "integer"),
        ("double precision", "integer"),
        ("timestamp with time zone", "date"),
        ("bytea", "string"),
    ],
)
def test_a_narrowing_is_refused_before_anything_is_read(
    context: Context, execute: Execute, declared: str, logical: str
) -> None:
    execute(f"create table fees (v {declared})")
    name = declared.partition("(")[0]

    with pytest.raises(InvalidInput, match=rf"fees\.v is {name}, and the contract says {logical}"):
        read(context({"v": logical}))


def test_a_decimal_that_does_not_fit_is_refused(context: Context, execute: Execute) -> None:
    execute("create table fees (id int, v numeric)")
    execute("insert into fees values (1, 1.5), (2, 1e-20), (3, 'NaN')")

    [piece] = read(context({"v": "number"}))

    assert [row["v"] for row in rows([piece])] == [Decimal("1.5")]
    assert [each.reason for each in piece.refused] == [
        "v: '0.00000000000000000001' is no decimal128(38, 18)",
        "v: 'NaN' is no decimal128(38, 18)",
    ]
    with pytest.raises(DataError, match="'NaN'"):
        OdbcLane().reread(context({"v": "number"}), piece.refused[1].payload)


@pytest.mark.parametrize("text", ["x" * 40_000, "😀" * 10_000])
def test_long_texts_come_whole_or_not_at_all(context: Context, execute: Execute, text: str) -> None:
    execute("create table fees (v text, w varchar)")
    execute("insert into fees values (%s, %s)", (text, text))

    with pytest.raises(InvalidInput, match=r"fees\.v holds a value of 40000 bytes"):
        read(context())
    assert rows(read(context(max_text_bytes=40_000))) == [{"v": text, "w": text}]


def test_special_numbers_stay_special(context: Context, execute: Execute) -> None:
    execute("create table fees (v float8)")
    execute("insert into fees values ('Infinity'), ('-Infinity'), ('NaN')")

    found = {str(row["v"]) for row in rows(read(context({"v": "number"})))}

    assert found == {"inf", "-inf", "nan"}


def test_a_numeric_cursor_takes_equal_values_for_one(context: Context, execute: Execute) -> None:
    execute("create table fees (id int, v numeric)")
    execute("insert into fees values (1, 1.0), (2, 1.00), (3, 2)")
    where = context(cursor="v", slice_rows=1)

    slices = read(where)

    assert [row["id"] for row in rows(slices)] == [1, 2, 3]
    for done, piece in enumerate(slices, 1):
        assert rows(read(where, piece.checkpoint)) == rows(slices[done:])
    execute("insert into fees values (4, 2.000)")
    assert [row["id"] for row in rows(read(where, slices[-1].checkpoint))] == [4]


def test_nothing_can_be_written_through_a_query(context: Context, execute: Execute) -> None:
    execute("create table fees (v int)")
    body = "insert into fees values (1) returning 1"
    execute(f"create function grow() returns int language sql as '{body}'")

    with pytest.raises(InvalidInput, match="read-only transaction"):
        read(context(query="select grow() as v"))


def test_two_columns_of_one_name_are_refused(context: Context) -> None:
    with pytest.raises(InvalidInput, match="two columns named a"):
        read(context(query="select 1 as a, 2 as a"))


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("select 1 / 0 as v", DataError, "division by zero"),
        ("select * from nowhere", InvalidInput, r"nowhere.*SQLSTATE 42P01"),
        ("selec", InvalidInput, "SQLSTATE 42601"),
    ],
)
def test_the_database_s_own_words_and_code_are_kept(
    context: Context, query: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(context(query=query))


class TestAnyOtherDatabase:
    """What holds for a driver that nothing is known of: its types, none of them narrowed."""

    def read(
        self, connection: str, expected: Mapping[str, str], **options: object
    ) -> list[dict[str, Any]]:
        request = Request(
            connection=connection,
            name="fees",
            expected=dict(expected),
            **{
                "query": "select * from fees",
                "batch_rows": 100,
                "max_text_bytes": 1_000,
                "memory_bytes": 1 << 30,
                **options,
            },  # type: ignore[arg-type]  # of several types
        )
        session = Session(completed(connection, {"BoolsAsChar": "0"}))
        spool = BytesIO()
        extract(Ansi(session, request), request, spool)
        found = Extraction(spool)
        typist = Typist(found.columns, expected, "Europe/Madrid")
        tables = [typist.table(pa.Table.from_batches([batch])) for batch in found.batches()]
        assert not any(faults for _, faults in tables)
        assert found.digest()
        return [row for table, _ in tables for row in table.to_pylist()]

    def test_types_are_the_driver_s_at_their_widest(
        self, connection: str, execute: Execute
    ) -> None:
        execute(
            "create table fees (i int, d float8, n numeric(10,2), b bool, day date,"
            " l timestamp, s text, x bytea)"
        )
        execute(
            "insert into fees values (1, 0.12345678901234568, 12.34, true, '2026-01-02',"
            " '2026-07-01 12:00:00.123456', 'é', '\\x00ff'), (null, null, null, null, null, null,"
            " null, null)"
        )

        first, second = self.read(connection, {})

        assert first == {
            "i": 1,
            "d": 0.12345678901234568,
            "n": Decimal("12.34"),
            "b": True,
            "day": date(2026, 1, 2),
            "l": datetime(2026, 7, 1, 10, 0, 0, 123_456, tzinfo=UTC),
            "s": "é",
            "x": b"\x00\xff",
        }
        assert set(second.values()) == {None}

    def test_texts_are_read_as_the_contract_s_types(
        self, connection: str, execute: Execute
    ) -> None:
        execute("create table fees (v text, i int)")
        execute("insert into fees values ('2026-01-02', 7)")

        found = self.read(connection, {"v": "date", "i": "string"})

        assert found == [{"v": date(2026, 1, 2), "i": "7"}]

    def test_a_cursor_starts_where_it_is_told(self, connection: str, execute: Execute) -> None:
        execute("create table fees (v int)")
        execute("insert into fees values (1), (2), (3)")

        assert self.read(connection, {}, cursor="v", after="2") == [{"v": 2}, {"v": 3}]

    @pytest.mark.parametrize(
        ("expected", "options", "message"),
        [
            ({"v": "integer"}, {}, "would be narrowed"),
            ({}, {"cursor": "v"}, "is no cursor"),
            ({}, {"cursor": "w"}, "no column w"),
            ({}, {"query": "select 1 as a, 2 as a"}, "two columns named a"),
        ],
    )
    def test_what_cannot_be_had_is_refused(
        self,
        connection: str,
        execute: Execute,
        expected: dict[str, str],
        options: dict[str, object],
        message: str,
    ) -> None:
        execute("create table fees (v float8)")
        with pytest.raises(Refusal, match=message):
            self.read(connection, expected, **options)

    def test_what_the_driver_loses_is_noticed(self, connection: str, execute: Execute) -> None:
        execute("create table fees (v int)")
        execute("insert into fees values (1), (2)")

        class Losing(Ansi):
            def ordered(self, columns: Any) -> str:  # noqa: ANN401 - as the dialect has it
                return f"{super().ordered(columns)} limit 1"

        request = Request(
            connection=connection,
            name="fees",
            query="select * from fees",
            expected={},
            batch_rows=10,
            max_text_bytes=100,
            memory_bytes=1 << 30,
        )
        with pytest.raises(Refusal, match="1 rows of fees arrived, and it has 2"):
            extract(Losing(Session(connection), request), request, BytesIO())
