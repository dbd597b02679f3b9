import pytest
from hub_sql_sqlglot.reader import MAX_TEXT, Sqlglot

from hub.spi.sql_reader import SqlColumn, SqlComplaint, SqlTables
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


@pytest.mark.parametrize(
    ("dialect", "sql", "inputs", "outputs"),
    [
        ("mssql", "update a set x = b.y from tbl a join b on a.i = b.i", ["b"], ["tbl"]),
        ("mssql", "select * into #t from s; insert into d select * from #t", ["s"], ["d"]),
        ("mssql", "declare @x int = 1; insert into d select * from [s p].[t]", ["s p.t"], ["d"]),
        ("mysql", "update a join b on a.i = b.i set a.x = b.y", ["b"], ["a"]),
        ("mysql", "delete a from a join b using (i)", ["b"], ["a"]),
        (
            "mysql",
            "create temporary table t select * from `s`; insert into d select * from t",
            ["s"],
            ["d"],
        ),
        ("hive", "from s insert overwrite table d select a", ["s"], ["d"]),
        ("spark", "insert overwrite table d partition (ds = '1') select * from s", ["s"], ["d"]),
        (
            "spark",
            "create or replace temporary view v as select * from s; insert into d select * from v",
            ["s"],
            ["d"],
        ),
        ("spark", "cache table c as select * from s; insert into d select * from c", ["s"], ["d"]),
        ("snowflake", "insert all into a values (1) into b select * from s", ["s"], ["a", "b"]),
        ("snowflake", "create table x clone y", ["y"], ["x"]),
        ("snowflake", "copy into t from @stage", [], ["t"]),
        ("snowflake", "create or replace transient table x as select $1 from @stage", [], ["x"]),
        ("snowflake", 'insert into d.s."Odd" select * from D.S.T', ["D.S.T"], ["d.s.Odd"]),
        ("bigquery", "create table d.x as select a from `p.d.t` as t, t.arr", ["p.d.t"], ["d.x"]),
        (
            "bigquery",
            "merge d.t using (select * from d.s) s on t.i = s.i when not matched then insert row",
            ["d.s"],
            ["d.t"],
        ),
        (
            "postgres",
            "with m as (delete from a returning *) insert into b select * from m",
            ["a"],
            ["b", "a"],
        ),
        (
            "postgres",
            "begin; create temp table t as select * from s; insert into d select * from t; commit",
            ["s"],
            ["d"],
        ),
        (
            "postgres",
            "create table t as select * from s; insert into d select * from t; drop table t",
            ["s"],
            ["d"],
        ),
        (
            "postgres",
            "create table t as select * from s; insert into d select * from t",
            ["s"],
            ["t", "d"],
        ),
        ("postgres", "delete from a using b where a.i = b.i", ["b"], ["a"]),
        ("redshift", "insert into d (select * from s union select * from u)", ["s", "u"], ["d"]),
        ("duckdb", "create table a as from b", ["b"], ["a"]),
        ("duckdb", "create table a as select * from read_csv('x.csv')", [], ["a"]),
        (
            "trino",
            "create table hive.a.b with (format = 'ORC') as select * from c.d.e",
            ["c.d.e"],
            ["hive.a.b"],
        ),
        ("athena", "create table a.b as select * from c.d", ["c.d"], ["a.b"]),
        ("oracle", "insert into d select s.*, sysdate from s, dual", ["s"], ["d"]),
        ("clickhouse", "insert into t select * from s final", ["s"], ["t"]),
    ],
)
def test_dialects_say_the_same_in_their_own_ways(
    dialect: str, sql: str, inputs: list[str], outputs: list[str]
) -> None:
    assert Sqlglot().tables(sql, dialect) == SqlTables(tuple(inputs), tuple(outputs))


@pytest.mark.parametrize(
    ("sql", "inputs"),
    [
        # Within what it defines, a name that is defined means the table.
        ("with orders as (select * from orders) select * from orders", ["orders"]),
        ("with recursive r as (select 1 union all select * from r) select * from r join t", ["t"]),
        ("with a as (select * from t), b as (select * from a) select * from b", ["t"]),
        ("select * from (with a as (select * from t) select * from a) x join a", ["a", "t"]),
        ("select * from information_schema.tables join t on true", ["t"]),
    ],
)
def test_names_of_the_statement_itself_and_of_the_system_are_no_tables(
    sql: str, inputs: list[str]
) -> None:
    found = Sqlglot().tables(sql, "postgres")
    assert found is not None
    assert found.inputs == tuple(inputs)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "insert into {{ target }} select * from {{ ref('x') }}"),
        ("spark", "insert into d select * from ${db}.t"),
        ("spark", "insert into d select * from a_${env} join u using (i)"),
        ("bigquery", "create table d.x as select * from `p.d.events_*`"),
        ("snowflake", "{% if x %} insert into d select 1 {% endif %}"),
        ("postgres", "selec * form t"),
        ("oracle", "begin insert into d select * from s; end;"),
        ("tsql", "exec dbo.fill"),
        ("mysql", ""),
        (None, ";".join(["select * from t"] * 51)),
        (None, "insert into d select " + "(" * 20_000),
    ],
)
def test_what_cannot_be_read_for_certain_is_not_read(dialect: str | None, sql: str) -> None:
    assert Sqlglot().tables(sql, dialect) is None
    assert list(Sqlglot().columns(sql, dialect, {})) == []


def test_what_looks_like_a_template_in_a_literal_is_none() -> None:
    sql = "insert into d select '{{ x }}', a from s where ds = '${ds}'"

    assert Sqlglot().tables(sql, "spark") == SqlTables(("s",), ("d",))


def test_fields_come_through_a_table_that_lives_no_longer_than_the_text() -> None:
    sql = """create temp table t as with o as (select * from s.o) select id, n as m from o;
    create temp table u as select t.id, m + 1 as m from t;
    insert into d (a, b) select * from u; drop table t"""

    assert set(Sqlglot().columns(sql, "postgres", {"s.o": ["id", "n"]})) == {
        SqlColumn("s.o", "id", "d", "a"),
        SqlColumn("s.o", "n", "d", "b"),
    }


def test_a_table_that_is_filled_twice_has_no_fields_to_trace() -> None:
    sql = """create temp table t as select a from s;
    insert into t select b from u; insert into d select * from t"""

    assert list(Sqlglot().columns(sql, "postgres", {"s": ["a"], "u": ["b"]})) == []


def test_fields_are_not_traced_where_the_ways_to_them_multiply() -> None:
    again = "c{} as (select x.a from c{} x, c{} y)"
    doubled = ", ".join(again.format(n, n - 1, n - 1) for n in range(1, 40))
    sql = f"insert into d with c0 as (select a from s), {doubled} select a from c39"  # noqa: S608 - read, not run

    assert list(Sqlglot().columns(sql, "postgres", {"s": ["a"]})) == []
    assert Sqlglot().tables(sql, "postgres") == SqlTables(("s",), ("d",))


CHANGES = {
    "update": ("postgres", "update t as g set v = s.x, w = g.w || s.y from s where s.id = g.id"),
    "join": ("mysql", "update t g join s on s.id = g.id set g.v = s.x, g.w = s.y"),
    "alias": ("mssql", "update g set g.v = s.x, g.w = s.y from t g join s on s.id = g.id"),
    "tuple": ("oracle", "update t g set (v, w) = (select x, y from s where s.id = g.id)"),
    "merge": (
        "snowflake",
        """merge into t using (select id, x, y from s) as n on t.id = n.id
        when matched then update set t.v = n.x when not matched then insert (w) values (n.y)""",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_fields_are_changed_out_of_fields_of_other_tables(kind: str) -> None:
    dialect, sql = CHANGES[kind]
    fields = {"s": ["id", "x", "y"], "t": ["id", "v", "w"]}

    assert set(Sqlglot().columns(sql, dialect, fields)) == {
        SqlColumn("s", "x", "t", "v"),
        SqlColumn("s", "y", "t", "w"),
    }


def test_a_merge_of_all_fields_takes_those_of_the_same_name() -> None:
    sql = """merge into c.t as t using s on t.id = s.id
    when matched then update set * when not matched then insert *"""
    made = Sqlglot().columns(sql, "spark", {"s": ["id", "x"], "c.t": ["id", "x"]})

    assert set(made) == {SqlColumn("s", "id", "c.t", "id"), SqlColumn("s", "x", "c.t", "x")}


def test_a_temporary_table_that_is_changed_is_not_what_filled_it() -> None:
    sql = """create temp table t as select a from s; update t set a = u.b from u;
    insert into d select a from t"""

    assert list(Sqlglot().columns(sql, "postgres", {"s": ["a"], "u": ["b"], "d": ["a"]})) == []


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "insert into d select x, y from s"),
        ("mysql", "replace into d select x, y from s"),
        ("postgres", "create view d (a, b) as select x, y from s"),
        ("duckdb", "insert into d by name select y as b, x as a from s"),
        ("postgres", "insert into d select x as a, y as b from s"),
    ],
)
def test_fields_go_where_they_are_named_to_go_or_else_by_their_place(
    dialect: str, sql: str
) -> None:
    fields = {"s": ["x", "y"], "d": ["a", "b"]}

    assert set(Sqlglot().columns(sql, dialect, fields)) == {
        SqlColumn("s", "x", "d", "a"),
        SqlColumn("s", "y", "d", "b"),
    }


def test_a_view_that_keeps_its_rows_in_a_table_writes_that_table() -> None:
    sql = "create materialized view m to t as select id from s"

    assert Sqlglot().tables(sql, "clickhouse") == SqlTables(("s",), ("t",))
    assert list(Sqlglot().columns(sql, "clickhouse", {"s": ["id"], "t": ["id"]})) == [
        SqlColumn("s", "id", "t", "id")
    ]


def test_of_very_wide_statements_and_of_many_changes_some_are_not_traced() -> None:
    names = [f"c{number}" for number in range(1_500)]
    fields = {"s": names, "t": names}
    wide = f"update t set {', '.join(f'{n} = s.{n}' for n in names)} from s"  # noqa: S608 - read, not run
    whens = " ".join(f"when matched and t.c0 = {n} then update set {n} = s.{n}" for n in names)
    many = f"merge into t using s on true {whens}"

    assert list(Sqlglot().columns(wide, "postgres", fields)) == []
    assert len(Sqlglot().columns(many[:30_000].rpartition(" when")[0], "postgres", fields)) < 50


FORMS = {
    "multi-insert": (
        "hive",
        "from s insert overwrite table d partition (ds = '1') select x insert into e select y",
    ),
    "multi-insert of a join": (
        "hive",
        """from (select s.x, u.y from s join u on s.i = u.i) q
        insert overwrite table d select q.x insert into e select q.y where q.y > 0""",
    ),
    "multi-insert of what WITH defines": (
        "spark",
        "with c as (select x, y from s) from c insert into d select x insert into e select y",
    ),
    "insert all": (
        "snowflake",
        "insert all into d (x) values (x) into e (y) values (y) select * from s",
    ),
    "conditional insert": (
        "oracle",
        """insert all when x > 1 then into d (x) values (x) else into e (y) values (y)
        select x, y from s""",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_table_that_one_statement_fills_has_its_own_fields(form: str) -> None:
    dialect, sql = FORMS[form]
    fields = {"s": ["x", "i"], "u": ["y", "i"]} if "join" in form else {"s": ["x", "y", "i"]}
    found = Sqlglot().tables(sql, dialect)

    assert found is not None
    assert (set(found.inputs), found.outputs) == (set(fields), ("d", "e"))
    assert set(Sqlglot().columns(sql, dialect, fields)) == {
        SqlColumn("s", "x", "d", "x"),
        SqlColumn([*fields][-1], "y", "e", "y"),
    }


@pytest.mark.parametrize(
    "query",
    [
        "with c as (select * from s) insert into d select * from c",
        "with b as (select * from s) insert into d with c as (select * from b) select * from c",
        """insert into d with recursive c as (select * from s union all
        select s.* from s join c on s.parent = c.id) select * from c""",
        """with recursive c as (select * from s union all
        select s.id, s.parent from s join c on s.parent = c.id) insert into d select * from c""",
        """with recursive c (id, parent) as (select id, parent from s union all
        select s.id, c.parent from s join c on s.parent = c.id) insert into d select * from c""",
    ],
)
def test_fields_come_through_with_wherever_it_stands_and_through_itself(query: str) -> None:
    assert Sqlglot().tables(query, "postgres") == SqlTables(("s",), ("d",))
    assert set(Sqlglot().columns(query, "postgres", {"s": ["id", "parent"]})) == {
        SqlColumn("s", "id", "d", "id"),
        SqlColumn("s", "parent", "d", "parent"),
    }


def test_a_merge_that_deletes_what_it_has_matched_is_read() -> None:
    sql = """merge into t using s on (t.id = s.id)
    when matched then update set t.v = s.x
      delete where case when s.gone in (select id from u) then 1 end = 1
    when not matched then insert (id, v) values (s.id, s.x) where s.x > 0;
    delete from w where 1 = 0"""
    found = Sqlglot().tables(sql, "oracle")

    assert found is not None
    assert (set(found.inputs), found.outputs) == ({"s", "u"}, ("t", "w"))
    assert set(Sqlglot().columns(sql, "oracle", {"s": ["id", "x", "gone"], "t": ["id", "v"]})) == {
        SqlColumn("s", "id", "t", "id"),
        SqlColumn("s", "x", "t", "v"),
    }


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("postgres", "drop table if exists m.d; alter table m.d_new rename to d"),
        (
            "postgres",
            "alter table m.d rename to d_old; alter table m.d_new rename to d; drop table m.d_old",
        ),
        ("snowflake", "alter table m.d swap with m.d_new; drop table m.d_new"),
    ],
)
def test_a_table_that_takes_another_one_s_place_is_known_under_its_last_name(
    dialect: str, script: str
) -> None:
    sql = f"create table m.d_new as select x from s; {script}"  # noqa: S608 - read, not run

    assert Sqlglot().tables(sql, dialect) == SqlTables(("s",), ("m.d",))
    assert list(Sqlglot().columns(sql, dialect, {"s": ["x"]})) == [SqlColumn("s", "x", "m.d", "x")]


RENAMES = [
    *[
        (each, "alter table m.a rename to m.b")
        for each in ("postgres", "redshift", "mysql", "oracle")
    ],
    *[(each, "alter table m.a rename to m.b") for each in ("snowflake", "spark", "hive", "trino")],
    ("duckdb", "alter table m.a rename to b"),
    ("bigquery", "alter table m.a rename to b"),
    ("mysql", "alter table m.a rename m.b"),
    ("mysql", "alter table m.a rename as m.b"),
    ("mysql", "rename table m.a to m.b"),
    ("mariadb", "rename table `m`.`a` to `m`.`b`"),
    ("clickhouse", "rename table m.a to m.b on cluster every"),
    ("oracle", "rename m.a to b"),
    ("mssql", "exec sp_rename 'm.a', 'b'"),
    ("sqlserver", "sp_rename '[m].[a]', 'b'"),
    ("mssql", "execute sys.sp_rename @newname = N'b', @objname = N'm.a'"),
]


@pytest.mark.parametrize(("dialect", "sql"), RENAMES)
def test_a_renamed_table_has_what_it_had_under_its_old_name(dialect: str, sql: str) -> None:
    assert Sqlglot().tables(sql, dialect) == SqlTables(("m.a",), ("m.b",))
    assert list(Sqlglot().columns(sql, dialect, {"m.a": ["x"]})) == [
        SqlColumn("m.a", "x", "m.b", "x")
    ]


@pytest.mark.parametrize(("dialect", "sql"), RENAMES)
def test_a_table_that_is_made_and_renamed_in_any_form_is_known_by_its_last_name(
    dialect: str, sql: str
) -> None:
    rename = f"exec {sql}" if sql.startswith("sp_") else sql
    made = f"create table m.a as select x from s; {rename}"  # noqa: S608 - read, not run

    assert Sqlglot().tables(made, dialect) == SqlTables(("s",), ("m.b",))
    assert list(Sqlglot().columns(made, dialect, {"s": ["x"]})) == [SqlColumn("s", "x", "m.b", "x")]


def test_each_table_of_one_rename_takes_its_own_name() -> None:
    sql = "rename table d to d_old, d_new to d; drop table d_old"

    assert Sqlglot().tables(sql, "mysql") == SqlTables(("d_new",), ("d",))
    both = Sqlglot().columns("rename table a to b, c to d", "mysql", {"a": ["x"], "c": ["y"]})
    assert list(both) == [SqlColumn("a", "x", "b", "x"), SqlColumn("c", "y", "d", "y")]


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("mssql", "exec sp_rename 'm.a.x', 'y', 'COLUMN'"),
        ("mssql", "exec sp_rename 'm.a', @name"),
        ("mssql", "exec sp_rename 'm.a', '[b].[c]'"),
        ("mysql", "rename user a to b"),
        ("mysql", "rename table a"),
        ("mysql", "rename"),
        ("postgres", "alter table a rename column x to y"),
        ("snowflake", "alter table a swap with b"),
        ("postgres", "alter table a rename to b; drop table b"),
        ("redshift", "unload"),
        ("redshift", "unload ('selec"),
    ],
)
def test_what_is_no_renamed_table_says_nothing(dialect: str, sql: str) -> None:
    assert Sqlglot().tables(sql, dialect) is None


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("redshift", "unload ('select x from m.a where y = ''1''') to 's3://b/p' iam_role 'r'"),
        ("redshift", "unload ($$select x from m.a where y = '1'$$) to 's3://b/p' format parquet"),
        (
            "athena",
            "unload (select x from m.a where (y) = '1') to 's3://b/p' with (format = 'ORC')",
        ),
    ],
)
def test_what_is_unloaded_into_files_is_read(dialect: str, sql: str) -> None:
    assert Sqlglot().tables(sql, dialect) == SqlTables(("m.a",), ())


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgres", "select s.id, m from s, lateral (select max(x) as m from u where i = s.id) l"),
        ("snowflake", "select id, l.m from s, lateral (select x as m from u where i = s.id) l"),
        ("tsql", "select s.id, l.m from s cross apply (select x as m from u where i = s.id) l"),
    ],
)
def test_a_query_beside_a_table_gives_fields_of_what_it_reads(dialect: str, query: str) -> None:
    found = Sqlglot().columns(f"insert into d {query}", dialect, {"s": ["id"], "u": ["i", "x"]})

    assert set(found) == {SqlColumn("s", "id", "d", "id"), SqlColumn("u", "x", "d", "m")}


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("spark", "select id, item from s lateral view explode(items) x as item"),
        ("bigquery", "select id, item from s, unnest(items) as item"),
        ("trino", "select id, x.item from s cross join unnest(items) as x(item)"),
        ("clickhouse", "select id, arrayJoin(items) as item from s"),
        ("hive", "select id, item from s lateral view outer explode(items) x as item"),
    ],
)
def test_what_an_array_is_unfolded_into_comes_from_the_array(dialect: str, query: str) -> None:
    sql = f"create table d as {query}"

    assert Sqlglot().tables(sql, dialect) == SqlTables(("s",), ("d",))
    assert set(Sqlglot().columns(sql, dialect, {"s": ["id", "items"]})) == {
        SqlColumn("s", "id", "d", "id"),
        SqlColumn("s", "items", "d", "item"),
    }


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgres", "select s.id, item from s cross join lateral unnest(s.items) as item"),
        ("postgres", "select id, item from s cross join unnest(items) as item"),
        ("postgres", "select s.id, item from s, jsonb_array_elements(s.items) as item"),
        ("postgres", "select s.id, e.value as item from s, lateral jsonb_each(s.items) as e"),
        ("postgres", "select s.id, l.item from s, lateral (select s.items || 'a' as item) l"),
        (
            "postgres",
            """select s.id, l.item from s left join lateral (
            select e as item from unnest(s.items) as e) l on true""",
        ),
        ("postgres", "select id, (select max(e) from unnest(s.items) e) as item from s"),
        ("redshift", "select t.id, item from s t, t.items as item"),
        ("bigquery", "select id, e.name as item from s, unnest(s.items) as e"),
        ("bigquery", "select id, array(select e.x from unnest(s.items) e) as item from s"),
        ("snowflake", "select id, f.value as item from s, lateral flatten(input => s.items) f"),
        ("snowflake", "select s.id, f.value:name as item from s, table(flatten(s.items)) f"),
        ("duckdb", "select s.id, l.item from s, (select unnest(s.items) as item) l"),
        (
            "trino",
            "select id, item from s cross join unnest(s.items) with ordinality as t(item, n)",
        ),
        ("databricks", "select id, item from s, lateral explode(s.items) as x(item)"),
        ("spark", "select id, x.item from s lateral view posexplode(s.items) x as p, item"),
        ("mssql", "select s.id, j.value as item from s cross apply openjson(s.items) j"),
        ("mssql", "select s.id, l.item from s outer apply (select s.items as item) l"),
        ("mssql", "select s.id, l.item from s cross apply (values (s.items)) l(item)"),
        (
            "oracle",
            """select s.id, j.item from s,
            json_table(s.items, '$[*]' columns (item varchar2(9) path '$')) j""",
        ),
        ("oracle", "select s.id, l.item from s, lateral (select s.items as item from dual) l"),
        ("mysql", "select s.id, l.item from s join lateral (select s.items as item) l on true"),
    ],
)
def test_what_is_made_of_a_field_of_the_outer_query_comes_from_that_field(
    dialect: str, query: str
) -> None:
    sql = f"create table d as {query}"

    assert Sqlglot().tables(sql, dialect) == SqlTables(("s",), ("d",))
    assert set(Sqlglot().columns(sql, dialect, {"s": ["id", "items"]})) == {
        SqlColumn("s", "id", "d", "id"),
        SqlColumn("s", "items", "d", "item"),
    }


def test_a_query_beside_a_table_may_take_from_both() -> None:
    sql = """create table d as select l.m from s,
    lateral (select s.x || u.y as m from u where u.i = s.id) l"""
    fields = {"s": ["id", "x"], "u": ["i", "y"]}

    assert set(Sqlglot().columns(sql, "postgres", fields)) == {
        SqlColumn("s", "x", "d", "m"),
        SqlColumn("u", "y", "d", "m"),
    }


def test_a_name_that_a_known_table_has_no_field_of_is_none_of_its_fields() -> None:
    sql = "create table d as select id, item from s"

    assert list(Sqlglot().columns(sql, "clickhouse", {"s": ["id", "items"]})) == [
        SqlColumn("s", "id", "d", "id")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "select id, item from s array join items as item",
        "select id, item from s left array join items as item where item > 1",
        "select id, v + 1 as item from s as t array join t.items as v, arrayEnumerate(t.id) as n",
        "select id, v as item from s array join arrayMap(x -> x + 1, items) as v, [1, 2] as n",
        "select id, items as item from s array join items",
        "select id, items as item from s array join items as items",
        "select id, nest.price as item from s array join items as nest",
        "select id, item from (select id, v as item from s array join items as v) r",
    ],
)
def test_a_value_of_an_array_that_is_joined_comes_from_the_array(query: str) -> None:
    sql = f"create table d as {query}"

    assert Sqlglot().tables(sql, "clickhouse") == SqlTables(("s",), ("d",))
    assert set(Sqlglot().columns(sql, "clickhouse", {"s": ["id", "items"]})) == {
        SqlColumn("s", "id", "d", "id"),
        SqlColumn("s", "items", "d", "item"),
    }


@pytest.mark.parametrize(
    "query",
    [
        "select id, (select max(i + items) from u) as item from s",
        "select id, (select items as item) as item from s",
        "select id, (select max(i) + items from (select i from u) v group by items) as item from s",
        "select id, (select (select items from u) from u) as item from s as t",
        "select id, item from (select id, (select items from u limit 1) as item from s) r",
    ],
)
def test_a_field_without_its_table_is_of_the_nearest_query_that_has_it(query: str) -> None:
    sql = f"create table d as {query}"

    found = Sqlglot().columns(sql, "postgres", {"s": ["id", "items"], "u": ["i"]})

    assert {each for each in found if each.source == "s"} == {
        SqlColumn("s", "id", "d", "id"),
        SqlColumn("s", "items", "d", "item"),
    }


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("select id, (select max(items) from u) as item from s", {"u": ["i", "items"]}),
        ("select id, (select max(items) from u) as item from s", {}),
        ("select id, (select max(items) from u) as item from s, w", {"u": ["i"], "w": ["items"]}),
        ("select id, (select max(items) from u s) as item from s", {"u": ["i"]}),
        ("select id, (select items from (select * from u) v) as item from s", {"u": ["i"]}),
        ("select id, (select b from (select 1 as items, items + 1 as b) v) as item from s", {}),
    ],
)
def test_a_field_that_may_be_of_another_table_is_not_said_to_be_of_the_outer_one(
    query: str, fields: dict[str, list[str]]
) -> None:
    sql = f"create table d as {query}"

    found = Sqlglot().columns(sql, "postgres", {"s": ["id", "items"], **fields})

    assert SqlColumn("s", "items", "d", "item") not in found


NAMED = ", ".join(f"s{n} + s{n} as s{n + 1}" for n in range(900))
HOSTILE = {
    "pivots": "1 from " + ", ".join("s pivot (sum(b) for c in (1))" for _ in range(900)),
    "named values": f"1; insert into d with {NAMED} select s900 from s",  # noqa: S608 - read, not run
    "changes": "1; with " + "c as (delete from s returning b), " * 900 + "e as (select 1) table e",
    "branches": "1; " + "if 1 = 1 begin " * 900,
    "arrays": "1 from s array join " + ", ".join(f"s.b as c{n}" for n in range(300)),
    "one array often": ", ".join("v" for _ in range(4_000)) + " from s array join s.b as v",
    "outer fields": "(select b) + " * 190 + "(select b from u) from t, s",
    "unions": "1 union all select " * 2_000 + "1",
    "sums": "a + " * 5_000 + "a from s",
    "brackets": "(" * 9_000 + "a" + ")" * 9_000,
    "queries in queries": "* from (select " * 2_000 + "1" + ")" * 2_000,
    "an open quote": "'a from s",
    "an open comment": "a /* from s",
    "noise": "\x00\ud800;;;--",
    "deletes": "1; merge into t using s on a = b when matched then delete where " * 900,
    "laterals": "1 from s, " + ", ".join(f"lateral (select s.b as c) l{n}" for n in range(190)),
    "unnested": "1 from s, " + ", ".join(f"unnest(s.b) as l{n}" for n in range(900)),
    "rename of many": "1; rename table " + ", ".join(f"a{n} to b{n}" for n in range(3_000)),
    "renames": "1; create table t as select 1; alter table t rename to t; " * 900,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_however_odd_raises(kind: str) -> None:
    sql = f"insert into d select {HOSTILE[kind]}"

    for dialect in ("hive", "oracle", "clickhouse"):
        assert not list(Sqlglot().columns(sql, dialect, {"t": ["b"]}))


@pytest.mark.parametrize("dialect", ["snowflake", "duckdb", "bigquery", "databricks"])
@pytest.mark.parametrize(
    "query",
    [
        "select id, x from a union all by name select z, x, id from b",
        "select * from a union all by name select * from b",
        "with q as (select * from a union all by name select * from b) select q.* from q",
        "select * from (select x, id from a union all by name (select * from b)) as q",
    ],
)
def test_what_is_joined_by_name_goes_where_its_name_says(query: str, dialect: str) -> None:
    known = {"a": ["id", "x"], "b": ["x", "z", "id"]}

    found = set(Sqlglot().columns(f"create table made as {query}", dialect, known))

    assert {(each.source, each.source_field, each.target_field) for each in found} == {
        ("a", "id", "id"),
        ("a", "x", "x"),
        ("b", "id", "id"),
        ("b", "x", "x"),
        ("b", "z", "z"),
    }


def test_a_join_by_name_of_some_has_the_fields_that_its_kind_leaves() -> None:
    known = {"a": ["id", "x"], "b": ["z", "id"]}
    made = "create table made as select * from a {} union all by name select * from b"

    targets = {
        kind: {
            each.target_field for each in Sqlglot().columns(made.format(kind), "bigquery", known)
        }
        for kind in ("inner", "left outer", "full")
    }

    assert targets == {"inner": {"id"}, "left outer": {"id", "x"}, "full": {"id", "x", "z"}}


def test_nothing_is_said_of_a_join_by_name_whose_names_are_not_known() -> None:
    sql = "create table made as select * from a union all by name select * from b"

    assert not list(Sqlglot().columns(sql, "snowflake", {"a": ["id"]}))


@pytest.mark.parametrize(
    ("dialect", "form"),
    [("snowflake", "clone"), ("bigquery", "clone"), ("databricks", "shallow clone")],
)
def test_a_clone_has_the_fields_of_its_origin(dialect: str, form: str) -> None:
    sql = f"create or replace table made {form} s.t"

    assert list(Sqlglot().columns(sql, dialect, {"s.t": ["id"]})) == [
        SqlColumn("s.t", "id", "made", "id")
    ]


@pytest.mark.parametrize("kind", ["delta", "parquet", "JSON"])
def test_the_path_of_files_is_no_table(kind: str) -> None:
    reading = "insert into t select * from {}.`/mnt/raw/a` join s.b using (id)"
    writing = "insert overwrite {}.`/mnt/raw/a` select * from s.b"

    found = [Sqlglot().tables(sql.format(kind), "databricks") for sql in (reading, writing)]

    assert found == [SqlTables(("s.b",), ("t",)), SqlTables(("s.b",), ())]


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("insert into t\nselect (d from u", SqlComplaint("Expecting )", 2, 14)),
        ("select (", SqlComplaint("Required keyword: 'this' missing for Paren", 1, 8)),
        ("select 'abc", SqlComplaint("Missing '")),
        ("select a /* abc", SqlComplaint("it has a token that cannot be read")),
        ("(" * 5_000, SqlComplaint("it is nested too deeply")),
        ("select 1; " * 60, SqlComplaint("it has more than 50 statements")),
        ("select * from `p.d.t_*`", SqlComplaint("p.d.t_* stands for several tables")),
        ("x" * (MAX_TEXT + 1), SqlComplaint("it is longer than 100,000 characters")),
    ],
)
def test_it_says_why_and_where_a_text_cannot_be_read(sql: str, complaint: SqlComplaint) -> None:
    assert Sqlglot().complaint(sql, "bigquery") == complaint
