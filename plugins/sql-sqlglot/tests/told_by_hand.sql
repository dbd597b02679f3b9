-- a table variable
-- mssql: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
declare @t table (id int, v int);
insert into @t select id, x from a;
insert into b select id, v from @t

-- a table variable with listed fields
-- mssql: dbo.a.id dbo.a.x dbo.b.id dbo.b.v
-- dbo.a -> dbo.b: dbo.a.id>dbo.b.id dbo.a.x>dbo.b.v
declare @t as table (id int primary key, v nvarchar(9) not null);
insert @t (v, id) select x, id from dbo.a;
insert into dbo.b (id, v) select t.id, t.v from @t as t

-- a table variable of literals
-- mssql: a.id a.x b.id b.v
-- a -> b: a.x>b.v
declare @t table (id int); insert into @t values (1), (2);
insert into b (id, v) select t.id, a.x from @t t join a on a.id = t.id

-- a deletion by a table variable
-- mssql: a.id b.id
-- a -> b
declare @t table (id int); insert into @t select id from a;
delete b from b join @t t on t.id = b.id

-- a temporary table that is made, then filled
-- mssql: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
create table #t (id int, v int); insert into #t (id, v) select id, x from a;
insert into b (id, v) select id, v from #t; drop table #t

-- SELECT INTO a temporary table
-- mssql: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
select id, x as v into #t from a; insert into b (id, v) select id, v from #t

-- PIVOT of SQL Server
-- mssql: a.id a.kind a.x b.id b.one b.two
-- a -> b: a.id>b.id a.x>b.one a.x>b.two
insert into b (id, one, two)
select id, [1], [2] from (select id, kind, x from a) s
pivot (sum(x) for kind in ([1], [2])) p

-- UNPIVOT of SQL Server
-- mssql: a.id a.x a.y b.id b.kind b.v
-- a -> b: a.id>b.id a.x>b.v a.y>b.v
insert into b (id, kind, v)
select id, kind, v from (select id, x, y from a) s
unpivot (v for kind in (x, y)) u

-- text that is run
-- mssql:
-- nothing -> nothing
exec ('insert into b select id from a')

-- a condition around statements
-- mssql: a.id b.id c.id
-- a -> b: a.id>b.id
if exists (select 1 from c) insert into b (id) select id from a

-- MERGE with a query of its own
-- mssql: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
merge b as t using (select id, max(x) as m from a group by id) as s on t.id = s.id
when matched then update set v = s.m
when not matched by target then insert (id, v) values (s.id, s.m)
when not matched by source then delete;

-- DELETE RETURNING that feeds an INSERT
-- postgres: a.id a.x b.id b.x
-- a -> a b: a.id>b.id a.x>b.x
with m as (delete from a where id < 9 returning *) insert into b select * from m

-- DELETE RETURNING of named fields
-- postgres: a.id a.x c.id c.y b.id b.v
-- a c -> a b: a.id>b.id c.y>b.v
with m as (delete from a using c where a.id = c.id returning a.id, c.y as v)
insert into b (id, v) select id, v from m

-- UPDATE RETURNING that feeds an INSERT
-- postgres: a.id a.x a.done b.id b.v
-- a -> a b: a.id>b.id a.x>b.v
with m as (update a set done = true where not done returning id, x + 1 as v)
insert into b (id, v) select id, v from m

-- UPDATE RETURNING what it takes from another
-- postgres: a.id a.x c.id c.y b.id b.v
-- a c -> a b: a.id>b.id a.x>b.v c.y>a.x
with m as (update a set x = c.y from c where c.id = a.id returning a.id, a.x)
insert into b (id, v) select id, x from m

-- INSERT RETURNING that feeds an INSERT
-- postgres: a.id a.x c.id c.y b.id
-- c -> a b: c.id>a.id c.y>a.x c.id>b.id
with m as (insert into a (id, x) select id, y from c returning id)
insert into b (id) select id from m

-- changes in WITH before a SELECT
-- postgres: a.id
-- a -> a
with m as (delete from a returning id) select id from m

-- ARRAY of a query
-- postgres: a.id c.id c.y b.id b.v
-- a c -> b: a.id>b.id c.y>b.v
insert into b (id, v) select id, array(select c.y from c where c.id = a.id) from a

-- scalar queries in expressions
-- postgres: a.id a.x c.id c.y d.id b.id b.v b.w
-- a c d -> b: a.id>b.id c.y>b.v a.x>b.v
create table b as select a.id,
coalesce((select max(c.y) from c where c.id = a.id), a.x, 0) as v,
case when exists (select 1 from d where d.id = a.id) then 1 else 0 end as w from a

-- a table that is made without data
-- postgres: a.id b.id
-- nothing -> b
create table b as select id from a with no data

-- a materialised view that is not filled yet
-- postgres: a.id b.id
-- a -> b: a.id>b.id
create materialized view b as select id from a with no data

-- a table like another
-- postgres: a.id b.id
-- nothing -> b
create table b (like a including all)

-- a recursive WITH
-- postgres: a.id a.x a.parent b.id b.v
-- a -> b: a.id>b.id a.x>b.v
insert into b (id, v)
with recursive r as (select id, x from a where parent is null
union all select a.id, r.x from a join r on r.id = a.parent)
select id, x from r

-- a function that gives rows
-- postgres: b.id
-- nothing -> b
insert into b (id) select g from generate_series(1, 9) g

-- a function of one's own that gives rows
-- postgres: a.id a.x b.id b.v
-- a -> b: a.x>b.v
insert into b (id, v) select f.id, a.x from fill(9) as f join a on a.id = f.id

-- an anonymous block
-- postgres: a.id b.id
-- nothing -> nothing
do $$ begin insert into b select id from a; end $$

-- a body of a function
-- postgres: a.id b.id
-- nothing -> nothing
create function f() returns void language sql as
$$ insert into b select id from a $$

-- COPY to and from files
-- postgres:
-- a -> b
copy b from '/tmp/x.csv'; copy a to stdout

-- COPY of a query
-- postgres: a.id
-- a -> nothing
copy (select id from a) to '/tmp/x.csv'

-- INSERT that goes on where there is one
-- postgres: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
insert into b as t (id, v) select id, x from a
on conflict (id) do update set v = excluded.v

-- INSERT ALL
-- snowflake: a.id a.x b.id c.v
-- a -> b c: a.id>b.id a.x>c.v
insert all into b (id) values (id) into c (v) values (x) select id, x from a

-- INSERT FIRST
-- snowflake: a.id a.x b.id c.id c.x
-- a -> b c: a.id>b.id a.id>c.id a.x>c.x
insert overwrite first when x > 1 then into b (id) values (id)
else into c select id, x from a

-- QUALIFY
-- snowflake: a.id a.x a.at b.id b.x
-- a -> b: a.id>b.id a.x>b.x
create or replace table b as select id, x from a
qualify row_number() over (partition by id order by at desc) = 1

-- QUALIFY by a query
-- bigquery: a.id a.x a.at c.n b.id b.x
-- a c -> b: a.id>b.id a.x>b.x
create table b as select id, x from a
qualify rank() over (order by at) = (select max(n) from c)

-- COPY INTO from a stage
-- snowflake:
-- nothing -> db.s.b
copy into db.s.b from @db.s.stage/path/ file_format = (type = csv)

-- COPY INTO from a query of a stage
-- snowflake: b.id b.v
-- nothing -> b
copy into b (id, v) from (select $1, $2 from @stage/x.csv t)

-- COPY INTO a stage
-- snowflake: a.id
-- a -> nothing
copy into @stage/out/ from a

-- COPY INTO a stage from a query
-- snowflake: a.id
-- a -> nothing
copy into @stage/out/ from (select id from a)

-- a table function of Snowflake
-- snowflake: b.id
-- nothing -> b
insert into b (id) select seq4() from table(generator(rowcount => 9))

-- a table as an argument
-- snowflake: b.id
-- nothing -> b
insert into b (id) select id from table(result_scan(last_query_id()))

-- a block of Snowflake
-- snowflake:
-- nothing -> nothing
begin insert into b select id from a; return 1; end

-- EXECUTE IMMEDIATE
-- snowflake:
-- nothing -> nothing
execute immediate 'insert into b select id from a'

-- PIVOT of Snowflake
-- snowflake: a.id a.kind a.x b.id b.one
-- a -> b: a.id>b.id a.x>b.one
create table b as select id, "'one'" as one from a
pivot (sum(x) for kind in ('one', 'two')) p

-- a clone of a moment
-- snowflake: a.id
-- a -> b: a.id>b.id
create table b clone a at (offset => -60)

-- a stream
-- snowflake:
-- nothing -> nothing
create stream b on table a

-- INSERT ALL of Oracle
-- oracle: a.id a.x b.id b.v c.id
-- a -> b c: a.id>b.id a.x>b.v a.id>c.id
insert all into b (id, v) values (id, x + 1) into c (id) values (id)
select id, x from a

-- a block of Oracle
-- oracle:
-- nothing -> nothing
declare n number; begin insert into b select id from a; commit; end

-- UNPIVOT of Oracle
-- oracle: a.id a.x a.y b.id b.kind b.v
-- a -> b: a.id>b.id a.x>b.v a.y>b.v
insert into b (id, kind, v) select id, kind, v from a unpivot (v for kind in (x, y))

-- rows by a hierarchy
-- oracle: a.id a.x a.parent b.id b.v
-- a -> b: a.id>b.id a.x>b.v
insert into b (id, v) select id, prior x from a
start with parent is null connect by prior id = parent

-- FROM … INSERT … INSERT
-- hive: a.id a.x b.id b.x b.ds c.id
-- a -> b c: a.id>b.id a.x>b.x a.id>c.id
from a insert overwrite table b partition (ds = '1') select id, x where x > 1
insert overwrite table c select id

-- FROM a join … INSERT … INSERT
-- hive: a.id d.id d.y b.id b.v c.v
-- a d -> b c: a.id>b.id d.y>b.v d.y>c.v
from a join d on a.id = d.id
insert overwrite table b select a.id, d.y insert into table c select d.y

-- a partition that is filled by a field
-- hive: a.id a.day b.id b.ds
-- a -> b: a.id>b.id a.day>b.ds
insert overwrite table b partition (ds) select id, day from a

-- a directory
-- hive: a.id
-- a -> nothing
insert overwrite directory '/out' select id from a

-- a shallow clone of a version
-- databricks: s.a.id
-- s.a -> b: s.a.id>b.id
create or replace table b shallow clone s.a version as of 3

-- a deep clone of a moment
-- databricks: a.id
-- a -> b: a.id>b.id
create table if not exists b deep clone a timestamp as of '2026-01-01'

-- a query of a version
-- databricks: a.id b.id
-- a -> b: a.id>b.id
insert into b select id from a version as of 3

-- COPY INTO of Databricks
-- databricks:
-- nothing -> s.b
copy into s.b from '/mnt/x' fileformat = csv

-- COPY INTO of Databricks from a query
-- databricks: s.b.id s.b.x
-- nothing -> s.b
copy into s.b from (select id, x from '/mnt/x') fileformat = parquet

-- PIVOT of Spark
-- spark: a.id a.kind a.x b.id b.one b.two
-- a -> b: a.id>b.id a.x>b.one a.x>b.two
insert into b select * from (select id, kind, x from a)
pivot (sum(x) for kind in ('one' as one, 'two' as two))

-- a function that gives tables
-- databricks: b.id
-- nothing -> b
insert into b select id from table_changes('s.a', 2)

-- INSERT … REPLACE WHERE
-- databricks: a.id a.ds b.id b.ds
-- a -> b: a.id>b.id a.ds>b.ds
insert into b replace where ds = '1' select id, ds from a

-- a materialised view into a table
-- clickhouse: s.a.id s.a.x s.b.id s.b.v
-- s.a -> s.b: s.a.id>s.b.id s.a.x>s.b.v
create materialized view s.m to s.b as select id, x as v from s.a

-- a materialised view into a table, with its fields
-- clickhouse: s.a.id s.a.x s.b.id s.b.v
-- s.a -> s.b: s.a.id>s.b.id s.a.x>s.b.v
create materialized view s.m to s.b (id UInt8, v UInt8)
as select id, x as v from s.a

-- INSERT of ClickHouse
-- clickhouse: s.a.id s.a.x s.a.y s.b.id s.b.v
-- s.a -> s.b: s.a.id>s.b.id s.a.x>s.b.v s.a.y>s.b.v
insert into s.b (id, v) select id, sumIf(x, y > 0) from s.a group by id

-- INSERT with its WITH first
-- clickhouse: s.a.id s.b.id
-- s.a -> s.b: s.a.id>s.b.id
insert into s.b with r as (select id from s.a) select id from r

-- INSERT from a function
-- clickhouse: s.b.id
-- nothing -> s.b
insert into s.b select * from s3('https://x/y.csv', 'CSV')

-- INSERT into a function
-- clickhouse: s.a.id
-- s.a -> nothing
insert into function file('x.csv') select id from s.a

-- a scalar WITH
-- clickhouse: s.a.id s.c.x s.b.id s.b.v
-- s.a s.c -> s.b: s.a.id>s.b.id s.c.x>s.b.v
insert into s.b with (select max(x) from s.c) as m select id, m as v from s.a

-- tables by a star
-- bigquery:
-- nothing -> nothing
insert into d.b select id from `p.d.events_*`

-- a table by a date
-- bigquery: p.d.events_20260101.id d.b.id
-- p.d.events_20260101 -> d.b: p.d.events_20260101.id>d.b.id
insert into d.b (id) select id from `p.d.events_20260101`

-- a block of BigQuery
-- bigquery:
-- nothing -> nothing
begin insert into d.b select id from d.a; exception when error then select 1; end

-- a script of BigQuery
-- bigquery: d.a.id d.c.id d.b.id
-- d.a -> d.b: d.a.id>d.b.id
declare n int64 default 1; set n = (select max(id) from d.c);
insert into d.b (id) select id from d.a where id > n

-- EXECUTE IMMEDIATE of BigQuery
-- bigquery:
-- nothing -> nothing
execute immediate 'insert into d.b select id from d.a'

-- UNPIVOT of BigQuery
-- bigquery: d.a.id d.a.x d.a.y d.b.id d.b.kind d.b.v
-- d.a -> d.b: d.a.id>d.b.id d.a.x>d.b.v d.a.y>d.b.v
create table d.b as select id, kind, v from d.a unpivot (v for kind in (x, y))

-- PIVOT of BigQuery
-- bigquery: d.a.id d.a.kind d.a.x d.b.id d.b.one
-- d.a -> d.b: d.a.id>d.b.id d.a.x>d.b.one
create table d.b as select id, one from (select id, kind, x from d.a)
pivot (sum(x) for kind in ('one', 'two'))

-- a temporary table of BigQuery
-- bigquery: d.a.id d.b.id
-- d.a -> d.b: d.a.id>d.b.id
create temp table t as select id from d.a; create table d.b as select id from t

-- MERGE of BigQuery
-- bigquery: d.a.id d.c.id d.c.y d.b.id d.b.v
-- d.a d.c -> d.b: d.a.id>d.b.id d.c.y>d.b.v
merge d.b t using (select id, (select max(y) from d.c c where c.id = a.id) as m
from d.a a) s on t.id = s.id when matched then update set v = s.m
when not matched then insert (id, v) values (id, m)

-- SELECT AS STRUCT in an array
-- bigquery: d.a.id d.c.id d.c.y d.b.id d.b.v
-- d.a d.c -> d.b: d.a.id>d.b.id d.c.y>d.b.v
create table d.b as select a.id,
array(select as struct c.y from d.c c where c.id = a.id) as v from d.a a

-- EXPORT DATA
-- bigquery: d.a.id
-- d.a -> nothing
export data options (uri = 'gs://x/*.csv', format = 'CSV') as select id from d.a

-- LOAD DATA
-- bigquery:
-- nothing -> d.b
load data into d.b from files (format = 'CSV', uris = ['gs://x/*.csv'])

-- INSERT … ON DUPLICATE KEY
-- mysql: a.id a.x b.id b.v
-- a -> b: a.id>b.id a.x>b.v
insert into b (id, v) select id, x from a
on duplicate key update v = values(v)

-- CREATE TABLE LIKE, then INSERT
-- mysql: a.id b.id
-- a -> b: a.id>b.id
create temporary table t like a; insert into t select * from a; insert into b (id) select id
from t

-- EXCLUDE and REPLACE
-- duckdb: a.id a.x a.at b.id b.x
-- a -> b: a.id>b.id a.x>b.x
create table b as select * exclude (at) replace (x + 1 as x) from a

-- a table that is made without data, by Trino
-- trino: c.s.a.id c.s.b.id
-- nothing -> c.s.b
create table c.s.b as select id from c.s.a with no data

-- a table that is made without data, by Teradata
-- teradata: s.a.id s.b.id
-- nothing -> s.b
create table s.b as (select id from s.a) with no data

-- a table that is made with data, by Teradata
-- teradata: s.a.id s.b.id
-- s.a -> s.b: s.a.id>s.b.id
create table s.b as (select id from s.a) with data

-- a table function of Trino
-- trino: c.s.b.id
-- nothing -> c.s.b
insert into c.s.b select * from table(pg.system.query(query => 'select id from a'))

-- COPY of Redshift
-- redshift:
-- nothing -> s.b
copy s.b from 's3://x/y' iam_role 'r' csv

-- a temporary table by its mark
-- redshift: s.a.id s.b.id
-- s.a -> s.b: s.a.id>s.b.id
create table #t as select id from s.a; insert into s.b (id) select id from #t

-- a table variable that is joined
-- mssql: a.id c.id c.x b.id b.v
-- a c -> b: a.id>b.id c.x>b.v
declare @keys table (id int); insert into @keys select id from a; insert into b (id, v) select
k.id, c.x from @keys k join c on c.id = k.id

-- a table variable that is filled twice
-- mssql: a.id c.id b.id
-- a c -> b
declare @t table (id int); insert into @t select id from a; insert into @t select id from c;
insert into b (id) select id from @t

-- a table variable that another made
-- mssql: b.id
-- nothing -> b
insert into b (id) select id from @given

-- a temporary table of an earlier text
-- mssql: a.id b.id
-- nothing -> b
insert into b (id) select id from #a

-- a temporary table called like another
-- mssql: a.id b.id
-- a -> b: a.id>b.id
select id into #a from a; insert into b (id) select #a.id from #a join a on a.id = #a.id

-- what is not all parsed
-- mssql:
-- nothing -> nothing
begin insert into b select id from a; insert into c select id from b; end

-- branches
-- mssql: a.id b.id c.id
-- a -> b c: a.id>b.id a.id>c.id
if @n = 1 begin insert into b (id) select id from a; end; else insert into c (id) select id from
a

-- a table that makes room if it is there
-- mssql: a.id b.id
-- a -> b: a.id>b.id
if object_id('b') is not null drop table b; select id into b from a

-- a loop
-- mssql: a.id b.id
-- a -> b: a.id>b.id
while @n < 9 begin insert into b (id) select id from a; set @n = @n + 1; end

-- a procedure of SQL Server
-- mssql:
-- nothing -> nothing
create procedure p as begin insert into b select id from a; end

-- a procedure without a block
-- mssql:
-- nothing -> nothing
create procedure p as insert into b select id from a; insert into c select id from a

-- a procedure of MySQL
-- mysql:
-- nothing -> nothing
create procedure p() begin insert into b select id from a; insert into c select id from a; end

-- a procedure of BigQuery
-- bigquery:
-- nothing -> nothing
create procedure d.p() begin insert into d.b select id from d.a; end

-- a function with a block
-- postgres:
-- nothing -> nothing
create function f() returns int language sql begin atomic insert into b select id from a; insert
into c select id from a; end

-- a function before a statement
-- bigquery: d.a.id d.b.id
-- d.a -> d.b: d.a.id>d.b.id
create temp function f(x int64) as (x + 1); insert into d.b (id) select f(id) from d.a

-- a function that is a query
-- bigquery: d.a.id
-- nothing -> nothing
create or replace table function d.f() as select id from d.a

-- a temporary table within a block
-- bigquery:
-- nothing -> nothing
begin create temp table t as select id from d.a; insert into d.b select id from t; end

-- what goes on after a transaction
-- postgres: a.id b.id
-- a -> b: a.id>b.id
begin; insert into b (id) select id from a; end

-- a temporary table that is filled by place
-- postgres: a.id a.x b.id
-- a -> b: a.x>b.id
create temp table t (id int, v int); insert into t select x, id from a; insert into b (id)
select id from t

-- a temporary table like another
-- mysql: a.id a.x b.id c.id c.x
-- a -> b: a.x>b.id
create temporary table t like c; insert into t select x, id from a; insert into b (id) select id
from t

-- a temporary table of names that nobody knows
-- mysql: a.id a.x b.id
-- a -> b
create temporary table t like c; insert into t select x, id from a; insert into b (id) select id
from t

-- a temporary table that is not parsed
-- mysql: b.id
-- nothing -> nothing
create temporary table t select sql_no_cache (; insert into b (id) select id from t

-- a table like another, filled at once
-- bigquery: d.a.id d.c.id
-- d.c -> d.b: d.c.id>d.b.id
create table d.b like d.a as select id from d.c

-- a table as another, without its rows
-- clickhouse: a.id
-- nothing -> b
create table b as a

-- a system table within a data set
-- bigquery: d.b.table_name
-- nothing -> d.b
create table d.b as select table_name from d.INFORMATION_SCHEMA.TABLES

-- a system table of a database
-- snowflake: b.table_name
-- nothing -> b
create table b as select table_name from db.information_schema.tables

-- queries that begin with what is common
-- hive:
-- nothing -> nothing
from a insert into table b select id union all select x from d

-- rows in another order than the fields
-- oracle: a.id a.x b.id b.v
-- a -> b
insert into b select x as v, id from a

-- rows of some fields
-- spark: a.id a.w b.id b.v b.w
-- a -> b: a.id>b.id a.w>b.w
insert into b select id, w from a

-- MERGE that inserts by place
-- postgres: a.id a.x b.id b.x
-- a -> b
merge into b t using a s on t.id = s.id when not matched then insert values (s.x, s.id)

-- MERGE that inserts a row
-- bigquery: d.a.id d.a.x d.b.id d.b.x
-- d.a -> d.b: d.a.id>d.b.id d.a.x>d.b.x
merge d.b t using d.a s on t.id = s.id when not matched then insert row

-- UNPIVOT of pairs
-- oracle: a.id a.x1 a.x2 a.y1 a.y2 b.id b.v b.w
-- a -> b: a.id>b.id a.x1>b.v a.x2>b.v a.y1>b.w a.y2>b.w
insert into b (id, v, w) select id, v, w from a unpivot ((v, w) for kind in ((x1, y1) as 'p',
(x2, y2) as 'q'))

-- UNPIVOT of a WITH
-- snowflake: a.id a.x a.y b.id b.kind b.v
-- a -> b: a.id>b.id a.x>b.v a.y>b.v
create table b as with s as (select id, x, y from a) select * from s unpivot (v for kind in (x,
y))

-- UNPIVOT of what is not known
-- snowflake:
-- a -> b
create table b as select * from a unpivot (v for kind in (x, y))

-- PIVOT of what is joined
-- mssql: a.id a.kind a.x c.id c.y b.id b.v b.w
-- a c -> b: a.id>b.id a.x>b.v c.y>b.w
insert into b (id, v, w) select p.id, p.[1], c.y from a pivot (max(x) for kind in ([1])) as p
join c on c.id = p.id

-- PIVOT of two values
-- bigquery: d.a.id d.a.kind d.a.x d.a.y
-- d.a -> d.b: d.a.id>d.b.id d.a.x>d.b.s_one d.a.y>d.b.m_one d.a.x>d.b.s_two d.a.y>d.b.m_two
create table d.b as select * from d.a pivot (sum(x) as s, max(y) as m for kind in ('one',
'two'))

-- changes that feed one another
-- postgres: a.id c.id c.v b.id
-- a c -> a b c: a.id>c.v c.id>b.id
with m as (delete from a returning id), n as (update c set v = m.id from m where m.id = c.id
returning c.id) insert into b (id) select id from n

-- what an INSERT returns beside what it lists
-- postgres: a.id a.x c.y b.id b.v
-- c -> a b: c.y>a.x c.y>b.v
with m as (insert into a (x) select y from c returning id, x) insert into b (id, v) select id, x
from m

-- a table variable of MERGE
-- mssql: a.id a.x b.id b.v
-- a -> b: a.x>b.v
declare @s table (id int, m int); insert into @s select id, max(x) from a group by id; merge b
as t using @s as s on t.id = s.id when matched then update set v = s.m

-- an expression in WITH
-- clickhouse: s.a.id s.a.x s.a.y s.b.id s.b.v
-- s.a -> s.b: s.a.id>s.b.id s.a.x>s.b.v s.a.y>s.b.v
insert into s.b with x + y as m, m * 2 as n select id, n as v from s.a

-- a query in brackets
-- redshift: s.a.id s.b.id
-- s.a -> s.b: s.a.id>s.b.id
insert into s.b (select id from s.a)

-- a field that a star is not known to have
-- postgres: a.id b.id b.v
-- a -> b: a.id>b.id
insert into b (id, v) select id, later from (select * from a) q

-- a field of WITH that a star is not known to have
-- snowflake: a.id b.id b.v
-- a -> b: a.id>b.id
insert into b (id, v) with q as (select * from a) select id, later from q

-- an INSERT beside another
-- postgres: a.id b.id c.id
-- a -> b c: a.id>b.id a.id>c.id
with m as (select id from a), n as (insert into b (id) select id from m)
insert into c (id) select id from m

-- a table that goes with its transaction
-- postgres: a.id b.id
-- a -> b: a.id>b.id
begin; create temp table t (id int) on commit drop; insert into t select id from a;
insert into b (id) select id from t; commit

-- a table that goes with its transaction, filled at once
-- postgres: a.id b.id
-- a -> b: a.id>b.id
create temporary table t on commit drop as select id from a; insert into b (id) select id from t

-- what a transaction does in SQL Server
-- mssql: a.id b.id
-- a -> b: a.id>b.id
begin tran; insert into b (id) select id from a; commit tran
