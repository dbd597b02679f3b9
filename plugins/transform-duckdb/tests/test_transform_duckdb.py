import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from subprocess import run
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hub_transform_duckdb.transform import DuckDBTransform

from hub.domain.errors import InvalidInput
from hub.spi.transform import Outcome
from hub.testing.conformance import TransformConformance

MESH = Path(__file__).parents[3] / "examples" / "mesh" / "sql"
INSTANT = pa.timestamp("us", "UTC")
START = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)

INPUTS: dict[str, pa.Table] = {
    "bronze.rides": pa.table(
        {
            "ride_id": ["r1", "r2", "r3"],
            "member_id": ["m1", "m1", "m2"],
            "from_station": ["s1", "s1", "s2"],
            "started_at": pa.array([START] * 3, INSTANT),
            "ended_at": pa.array([START + timedelta(minutes=n) for n in (10, 20, 30)], INSTANT),
            "metres": [100, 200, 300],
        }
    ),
    "bronze.members": pa.table(
        {
            "member_id": ["m1", "m1", "m2"],
            "tariff": ["plus", "basic", "plus"],
            "city": ["Northport", "Eastham", "Westerly"],
            "updated_at": pa.array([START, START + timedelta(days=1), START], INSTANT),
        }
    ),
    "bronze.tariffs": pa.table(
        {
            "tariff": ["basic", "plus", "plus"],
            "unlock_fee": [1.0, 0.5, 0.25],
            "fee_per_minute": [0.15, 0.1, 0.1],
            "revision": [1, 1, 2],
        }
    ),
    "bronze.stations": pa.table(
        {
            "station_id": ["s1", "s2", "s3"],
            "name": ["Pier", "Dam", "Mill"],
            "docks": [4, 8, 12],
            "day": [date(2026, 3, 1)] * 3,
        }
    ),
    "bronze.repairs": pa.table(
        {
            "bicycle_id": ["b1", "b1", "b2"],
            "minutes": [5, 10, 20],
            "repaired_at": pa.array([START] * 3, INSTANT),
        }
    ),
    "bronze.payments": pa.table({"ride_id": ["r1"], "amount": [2.5]}),
}


def transformed(sql: str, options: Mapping[str, Any] | None = None, **more: pa.Table) -> Outcome:
    inputs = INPUTS | {f"silver.{name}": table for name, table in more.items()}
    return DuckDBTransform().run(sql, inputs, options or {})


def rows(sql: str, **more: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = transformed(sql, **more).table.to_pylist()
    return found


def value(sql: str) -> object:
    (row,) = rows(sql)
    (found,) = row.values()
    return found


def sources(sql: str) -> dict[str, set[str]]:
    """The sources of each output field, as ``layer.dataset.field SUBTYPE``."""
    return {
        name: {f"{each.dataset}.{each.field} {each.subtype}" for each in found}
        for name, found in transformed(sql).columns.items()
    }


class TestDuckDB(TransformConformance):
    def transform(self) -> DuckDBTransform:
        return DuckDBTransform()


class TestTheMesh:
    def sql(self, name: str) -> str:
        return (MESH / f"{name}.sql").read_text(encoding="utf-8")

    def test_journeys_take_the_newest_of_members_and_tariffs(self) -> None:
        outcome = transformed(self.sql("journeys"))

        assert outcome.table.sort_by("ride_id").select(["ride_id", "tariff", "day", "fare"]) == (
            pa.table(
                {
                    "ride_id": ["r1", "r2", "r3"],
                    "tariff": ["basic", "basic", "plus"],
                    "day": [date(2026, 3, 1)] * 3,
                    "fare": [2.5, 4.0, 3.25],
                }
            )
        )
        assert outcome.table.schema.field("started_at").type == INSTANT
        direct = {
            (name, each.dataset, each.field, each.subtype)
            for name in ("ride_id", "city", "day")
            for each in outcome.columns[name]
            if each.kind == "DIRECT"
        }
        assert direct == {
            ("ride_id", "bronze.rides", "ride_id", "IDENTITY"),
            ("city", "bronze.members", "city", "IDENTITY"),
            ("day", "bronze.rides", "started_at", "TRANSFORMATION"),
        }
        assert {(each.dataset, each.field) for each in outcome.columns["fare"]} >= {
            ("bronze.tariffs", "unlock_fee"),
            ("bronze.tariffs", "fee_per_minute"),
            ("bronze.tariffs", "revision"),
            ("bronze.members", "tariff"),
        }

    def test_repairs_are_summed_to_storable_numbers(self) -> None:
        table = transformed(self.sql("bicycle_health")).table.sort_by("bicycle_id")

        assert table["workshop_minutes"].to_pylist() == [15, 20]
        assert table.schema.field("workshop_minutes").type == pa.int64()

    def test_stations_without_departures_are_there(self) -> None:
        outcome = transformed(self.sql("station_load"))

        loads = outcome.table.sort_by("station_id")["departures_per_dock"].to_pylist()
        assert loads == [0.5, 0.13, 0.0]
        groups = {
            each.field for each in outcome.columns["departures"] if each.subtype == "GROUP_BY"
        }
        assert groups == {"station_id", "name", "docks"}

    def test_revenue_counts_unpaid_journeys_too(self) -> None:
        journeys = transformed(self.sql("journeys")).table

        outcome = transformed(self.sql("revenue_daily"), journeys=journeys)

        assert outcome.table.sort_by("city").to_pylist() == [
            {
                "day": date(2026, 3, 1),
                "city": "Eastham",
                "journeys": 2,
                "earned": 6.5,
                "paid": 2.5,
            },
            {
                "day": date(2026, 3, 1),
                "city": "Westerly",
                "journeys": 1,
                "earned": 3.25,
                "paid": 0.0,
            },
        ]
        paid = {f"{each.dataset}.{each.field} {each.subtype}" for each in outcome.columns["paid"]}
        assert paid >= {
            "bronze.payments.amount AGGREGATION",
            "bronze.payments.ride_id JOIN",
            "silver.journeys.city GROUP_BY",
        }


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as n",
        "from bronze.rides",
        "values (1), (2)",
        "with a as (select 1 as n) select n from a",
        "with recursive a as (select 1 as n union all select n + 1 from a where n < 3) from a",
        "-- a remark\nselect 1 as n;\n-- another",
        "select range as n from range(3)",
        "select * from bronze.rides using sample 50% (bernoulli, 42)",
        "select * from (pivot bronze.rides on from_station in ('s1') using sum(metres))",
    ],
)
def test_one_query_is_run(sql: str) -> None:
    assert transformed(sql).table.num_columns


def test_a_field_may_be_called_like_a_clock() -> None:
    assert rows("select today from silver.days", days=pa.table({"today": [1]})) == [{"today": 1}]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("", "has 0 statements"),
        ("select 1; select 2", "has 2 statements"),
        ("insert into bronze.rides select * from bronze.rides", "not INSERT statement"),
        ("create table a as select 1", "not CREATE statement"),
        ("copy bronze.rides to 'out.csv'", "not COPY statement"),
        ("attach 'other.db'", "not ATTACH statement"),
        ("set threads = 4", "not SET statement"),
        ("install httpfs", "not LOAD statement"),
        ("pivot bronze.rides on from_station using sum(metres)", "PIVOT without IN"),
        ("describe bronze.rides", "has DESCRIBE inside"),
        ("with a as (insert into b values (1) returning c) from a", "has INSERT inside"),
        ("select * from read_csv('/etc/passwd')", r"reads from read_csv\(\)"),
        ("select (select count(*) from glob('/*'))", r"reads from glob\(\)"),
        ("select * from query('select now()')", r"reads from query\(\)"),
        ("select now()", "now is a clock"),
        ("select current_date as day", "current_date is a clock"),
        ("select age(started_at) from bronze.rides", "now is a clock"),
        ("select random()", "random is chance"),
        ("select 1 as n order by uuid()", "uuid is chance"),
        ("select * from bronze.rides tablesample 10%", "sampling without a seed"),
        ("select current_setting('threads')", "hidden state"),
        ("select 1 as a, 2 as A", "more than one field called a"),
        ("select [sum(metres)] as sums from bronze.rides", r"sums is HUGEINT\[\]"),
    ],
)
def test_what_is_no_repeatable_query_is_refused(sql: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        transformed(sql)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("selec 1", duckdb.ParserException),
        ("select * from bronze.trams", duckdb.CatalogException),
        ("select wheels from bronze.rides", duckdb.BinderException),
        ("select cast(ride_id as integer) from bronze.rides", duckdb.ConversionException),
        ("select * from '/etc/passwd'", duckdb.Error),
        ("select sum(n) from (values (9223372036854775807), (1)) a(n)", duckdb.ConversionException),
        ("select 340282366920938463463374607431768211455::uhugeint", duckdb.ConversionException),
    ],
)
def test_the_engines_own_errors_pass(sql: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        transformed(sql)


def test_variables_of_the_program_are_no_tables() -> None:
    secret = pa.table({"word": ["hidden"]})

    with pytest.raises(duckdb.CatalogException):
        transformed("select * from secret")
    assert secret.num_rows


def test_a_file_is_out_of_reach_even_where_it_could_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")

    with pytest.raises(duckdb.PermissionException):
        transformed(f"from '{tmp_path}/a.csv'")


def test_days_are_cut_in_utc() -> None:
    assert value("select cast(max(ended_at) as date) from bronze.rides") == date(2026, 3, 2)


def test_decimals_stay_exact() -> None:
    assert value("select sum(x) from (values (0.1), (0.2)) a(x)") == Decimal("0.3")


def test_order_survives_the_narrowing_of_sums() -> None:
    sql = "select member_id, sum(metres) as metres from bronze.rides group by all order by all desc"

    assert [row["member_id"] for row in rows(sql)] == ["m2", "m1"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"threads": 0}, "0 threads"),
        ({"threads": "many"}, "threads"),
        ({"thread": 1}, "thread"),
    ],
)
def test_options_are_checked(options: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        transformed("select 1", options)


def test_a_name_without_a_layer_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"LAYER\.NAME"):
        DuckDBTransform().run("select 1", {"rides": pa.table({"n": [1]})}, {})


def test_more_than_the_memory_limit_goes_to_disk_or_fails_by_name() -> None:
    many = pa.table({"word": [f"{n * 7919 % 200_003:>80}" for n in range(200_003)]})
    sql = "select word from silver.words order by word"

    table = transformed(sql, {"memory_limit": "40MB", "threads": 1}, words=many).table

    assert table["word"].to_pylist() == sorted(many["word"].to_pylist())
    with pytest.raises(duckdb.OutOfMemoryException):
        transformed(sql, {"memory_limit": "1MB", "threads": 1}, words=many)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("from bronze.payments", {"ride_id": {"ride_id IDENTITY"}, "amount": {"amount IDENTITY"}}),
        (
            'select Ride_ID as "Ride", amount * 2 as twice from Bronze.PAYMENTS',
            {"Ride": {"ride_id IDENTITY"}, "twice": {"amount TRANSFORMATION"}},
        ),
        (
            "select sum(case when ride_id = 'x' then amount else 0 end) as s from bronze.payments",
            {"s": {"amount AGGREGATION", "ride_id CONDITIONAL"}},
        ),
        (
            "select count(*) filter (where amount > 1) as n from bronze.payments",
            {"n": {"amount FILTER"}},
        ),
        (
            "select sum(amount) over (partition by ride_id) as s from bronze.payments",
            {"s": {"amount AGGREGATION", "ride_id WINDOW"}},
        ),
        (
            "select distinct on (ride_id) amount from bronze.payments order by amount",
            {"amount": {"amount IDENTITY", "ride_id GROUP_BY", "amount SORT"}},
        ),
        (
            "select ride_id as r, count(*) as n from bronze.payments group by r having n > 1",
            {"r": {"ride_id IDENTITY", "ride_id GROUP_BY"}, "n": {"ride_id GROUP_BY"}},
        ),
        (
            "from bronze.payments select ride_id union all from bronze.payments select amount",
            {"ride_id": {"ride_id IDENTITY", "amount IDENTITY"}},
        ),
        (
            "select u.x from bronze.payments, unnest([ride_id]) as u(x)",
            {"x": {"ride_id TRANSFORMATION"}},
        ),
        ("select 1 as n, amount as a from bronze.payments", {"a": {"amount IDENTITY"}}),
    ],
)
def test_fields_know_what_they_are_made_from(sql: str, expected: dict[str, set[str]]) -> None:
    known = {
        name: {f"bronze.payments.{each}" for each in found} for name, found in expected.items()
    }

    assert sources(sql) == known


def test_subqueries_are_followed() -> None:
    found = sources(
        "select ride_id, (select max(city) from bronze.members m where m.member_id = r.member_id)"
        " as city from bronze.rides r where exists (select 1 from bronze.payments p"
        " where p.ride_id = r.ride_id)"
    )

    assert found["city"] >= {
        "bronze.members.city AGGREGATION",
        "bronze.members.member_id FILTER",
        "bronze.payments.ride_id FILTER",
        "bronze.rides.ride_id FILTER",
    }
    assert "bronze.rides.ride_id IDENTITY" in found["ride_id"]


def test_a_recursive_query_is_followed_until_nothing_is_new() -> None:
    found = sources(
        "with recursive t(a, b, c) as (from bronze.members select member_id, tariff, city union all"
        " from t select b, c, a where false) select a from t"
    )

    assert found == {
        "a": {f"bronze.members.{each} IDENTITY" for each in ("member_id", "tariff", "city")}
    }


def test_a_long_chain_of_queries_is_followed_once() -> None:
    steps = ["c0 as (from bronze.payments select 0 * amount as a)"]
    steps += [f"c{n} as (from c{n - 1} select a + a as a)" for n in range(1, 40)]

    found = sources("with " + ", ".join(steps) + " from c39")

    assert found == {"a": {"bronze.payments.amount TRANSFORMATION"}}


def test_rows_come_also_where_their_sources_stay_unknown() -> None:
    outcome = transformed("select columns('.*_id') from bronze.rides")

    assert outcome.table.column_names == ["ride_id", "member_id"]
    assert outcome.columns == {}


def test_the_engine_loads_with_the_first_transform_only() -> None:
    code = (
        "import sys, hub_transform_duckdb as p; p.hub_transforms(); print('duckdb' in sys.modules)"
    )

    said = run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "False"
