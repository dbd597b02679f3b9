import pytest
from hub_sql_sqlglot.reader import MAX_TEXT, Sqlglot

from hub.spi.sql_reader import SqlColumn, SqlTables
from hub.testing.conformance import SqlReaderConformance


class TestSqlglot(SqlReaderConformance):
    def reader(self) -> Sqlglot:
        return Sqlglot()


@pytest.mark.parametrize(
    ("sql", "inputs", "outputs"),
    [
        ("create table a.b as select * from x.y; drop table z", ["x.y"], ["a.b"]),
        ("create or replace view v as select 1 from t join u using (id)", ["t", "u"], ["v"]),
        ("merge into t using s on t.i = s.i when matched then update set v = s.v", ["s"], ["t"]),
        ("delete from a where id in (select id from b)", ["b"], ["a"]),
        ("update a set x = b.y from b where a.id = b.id", ["b"], ["a"]),
        ("insert into t values (1)", [], ["t"]),
        ("select a into fresh from old", ["old"], ["fresh"]),
        ('insert into "Odd Name"."t" select * from db.s.t', ["db.s.t"], ["Odd Name.t"]),
    ],
)
def test_each_kind_of_statement_has_its_sides(
    sql: str, inputs: list[str], outputs: list[str]
) -> None:
    assert Sqlglot().tables(sql, "postgres") == SqlTables(tuple(inputs), tuple(outputs))


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "mssql", "spark", "duckdb", None])
def test_fields_keep_the_case_in_which_they_are_known(dialect: str | None) -> None:
    sql = "create table made as select * from source_table"

    assert list(Sqlglot().columns(sql, dialect, {"source_table": ["Id"]})) == [
        SqlColumn("source_table", "Id", "made", "Id")
    ]


def test_a_field_comes_through_with_and_union_from_every_part() -> None:
    sql = """insert into mart.all (k, n)
    with one as (select a as k, count(*) as n from s.t group by 1)
    select k, n from one union all select b, 2 from s.u"""

    assert set(Sqlglot().columns(sql, "postgres", {"s.t": ["a"], "s.u": ["b"]})) == {
        SqlColumn("s.t", "a", "mart.all", "k"),
        SqlColumn("s.u", "b", "mart.all", "k"),
    }


def test_fields_of_tables_without_a_known_schema_are_traced_where_nothing_is_ambiguous() -> None:
    sql = "insert into mart.days select d from raw.payments"

    assert list(Sqlglot().columns(sql, "spark", {})) == [
        SqlColumn("raw.payments", "d", "mart.days", "d")
    ]


def test_too_long_a_text_is_not_read() -> None:
    assert Sqlglot().tables("select * from t".ljust(MAX_TEXT + 1), None) is None
