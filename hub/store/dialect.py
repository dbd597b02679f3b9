"""Every difference between SQLite and PostgreSQL that the hub cares about, and nothing else."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    column,
    literal,
    or_,
    text,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.dialects import postgresql
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType

# Many ids, or the parameter that stands for them.
Ids: TypeAlias = "Collection[int] | BindParameter[Any]"

# Any number that no other program is likely to lock in the same database: "hub" in ASCII.
_APPEND_LOCK = 0x687562

_TAKE_APPEND_LOCK = text(f"SELECT pg_advisory_xact_lock({_APPEND_LOCK})")
_BEGIN_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_SQLITE_BYTES = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
_PAGES = ("page_count", "freelist_count")
# A file that is empty by less is soon full again.
_EMPTY_SHARE = 32
# Others wait for it with writing.
_GIVEN_AT_ONCE = 2_000
_POSTGRESQL_BYTES = text("SELECT pg_database_size(current_database())")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CURES = {
    sqlite3.SQLITE_BUSY: "end the program that keeps the file locked",
    sqlite3.SQLITE_CORRUPT: "restore a backup",
    sqlite3.SQLITE_NOTADB: "name a store of the hub's, or a file that is not there yet",
}


def is_sqlite(connection: Connection) -> bool:
    """Whether the connection leads to an embedded store."""
    return connection.dialect.name == "sqlite"


def begin_read(connection: Connection) -> None:
    """Make every statement of this transaction see one snapshot."""
    if is_sqlite(connection):
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execute(_BEGIN_SNAPSHOT)


def end_read(connection: Connection) -> None:
    """End a transaction that has only read.

    On a server it may not have written, and is committed: after a ROLLBACK psycopg gives up what
    the server has planned for this connection, and every statement would be planned anew.
    """
    if is_sqlite(connection):
        connection.rollback()
    else:
        connection.commit()


def begin_write(connection: Connection) -> None:
    """Start a transaction that may write.

    SQLite takes its write lock here: upgrading a read snapshot later fails with BUSY.
    """
    if is_sqlite(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def lock_appends(connection: Connection) -> None:
    """Hold back other appends until this transaction ends.

    Without it a higher position could commit before a lower one, and a consumer that reads in
    between would skip the lower one for ever. SQLite's write transactions exclude each other
    already.
    """
    if not is_sqlite(connection):
        connection.execute(_TAKE_APPEND_LOCK)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return insert_of(connection.dialect.name, table)


def insert_of(kind: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """As :func:`insert`, by the name of the connection's dialect."""
    if kind == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - takes long: only where it is used

    return postgresql.insert(table)


def driver_sql(connection: Connection, statement: str) -> str:
    """Return a statement written with ``?`` in the driver's own placeholder style."""
    return statement if is_sqlite(connection) else statement.replace("?", "%s")


def ids_named(name: str) -> BindParameter[Any]:
    """Return ids that are given under a name whenever a statement, made once, is executed."""
    return bindparam(name, type_=_Ids())


def among(column: ColumnElement[int], ids: Ids) -> ColumnElement[bool]:
    """Return the condition that a column holds one of some ids.

    They are one parameter: to write down one for each takes longer than to find a thousand rows.
    """
    return _Among(column, _parameter(ids))


def besides(column: ColumnElement[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column holds none of some ids."""
    return ~among(column, ids) if ids else true()


def table_of_ids(ids: Ids) -> TableValuedAlias:
    """Return a table of ids to join with, in one parameter."""
    given = _WantedIds(_parameter(ids))
    return given.table_valued(column("id", BigInteger), name="wanted")


def table_of_names(names: Collection[tuple[str, str]]) -> TableValuedAlias:
    """Return a table of natural keys, ``namespace`` and ``name``, likewise."""
    text = msgspec.json.encode([*names]).decode()
    given = _WantedNames(bindparam(None, text, type_=Text(), unique=True))
    return given.table_valued(column("namespace", Text), column("name", Text), name="wanted")


def table_in_order(ids: Collection[int]) -> TableValuedAlias:
    """Return a table of ids likewise, each with its ``place`` among them."""
    given = _OrderedIds(bindparam(None, ids, type_=_Ids(), unique=True))
    return given.table_valued(column("id", BigInteger), column("place", BigInteger), name="wanted")


def table_of_readings(name: str) -> TableValuedAlias:
    """Return a table of ``run_id``, ``dataset_id`` and ``at``, given under a name as JSON rows."""
    given = _WantedReadings(bindparam(name, type_=Text()))
    columns = (column(each, BigInteger) for each in ("run_id", "dataset_id", "at"))
    return given.table_valued(*columns, name="wanted")


def has_grams(connection: Connection, clauses: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Return the condition that a row of search_text has all grams of one clause or another.

    A gram is three characters: letters, digits and spaces.
    """
    if is_sqlite(connection):
        written = (" AND ".join(f'"{gram}"' for gram in clause) for clause in clauses)
        return _HasGrams(literal(" OR ".join(f"({each})" for each in written)))
    return or_(*(_HasGrams(literal([*clause], ARRAY(Text))) for clause in clauses))


def bytewise(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text to sort by, in the one order that all databases share."""
    return _Bytewise(column)


def stored_bytes(connection: Connection) -> int:
    """Return the size of the store on disk."""
    statement = _SQLITE_BYTES if is_sqlite(connection) else _POSTGRESQL_BYTES
    return int(connection.execute(statement).scalar_one())


def give_back_space(connection: Connection) -> None:
    """Make the store's file shorter where much in it is empty; a server does so by itself.

    By a few megabytes at most, so that nobody waits long.

    Must be called outside of a transaction.
    """
    if not is_sqlite(connection):
        return
    pages, empty = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _PAGES)
    if empty * _EMPTY_SHARE > pages:
        # It frees a page at each step, and the driver makes one step of a statement, but all of
        # a script.
        cursor = connection.connection.cursor()
        cursor.executescript(f"PRAGMA incremental_vacuum({min(empty, _GIVEN_AT_ONCE)})")


def is_outage(error: BaseException | None) -> bool:
    """Whether a driver's error means that the store is out of reach, full, locked or damaged.

    An error of this kind goes away by itself or is mended from without; any other is a defect in a
    statement of ours. SQLite reports both as OperationalError and tells them apart by its code.
    """
    if isinstance(error, sqlite3.Error):
        code = _sqlite_code(error)
        is_ours = code == sqlite3.SQLITE_ERROR or not isinstance(error, sqlite3.OperationalError)
        return not is_ours or code in _DAMAGED
    # psycopg is an optional dependency, so its classes are known by name.
    names = {f"{cls.__module__}.{cls.__name__}" for cls in type(error).__mro__}
    return not names.isdisjoint({"psycopg.OperationalError", "psycopg.InterfaceError"})


def cure(error: BaseException | None) -> str:
    """Return what to do about an outage."""
    usual = "check that it runs, has room on its disk, and HUB_DATABASE"
    return _CURES.get(_sqlite_code(error), usual) if isinstance(error, sqlite3.Error) else usual


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, without what an extended one adds to it."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _parameter(ids: Ids) -> BindParameter[Any]:
    if isinstance(ids, BindParameter):
        return ids
    return bindparam(None, ids, type_=_Ids(), unique=True)


class _Ids(TypeDecorator[Any]):
    """Many ids as one value."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array, or JSON in its text form."""
        return Text() if dialect.name == "sqlite" else dialect.type_descriptor(ARRAY(BigInteger))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 - as the base class
        """Write the ids down."""
        ids = [*value]
        return msgspec.json.encode(ids).decode() if dialect.name == "sqlite" else ids


class _Condition(FunctionElement[bool]):
    """A condition that is written as it is, in parentheses.

    For SQLite, SQLAlchemy compares others with 1, and no index is used for ``(id IN …) = 1``.
    """

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Stand beside any operator."""
        del against
        return self


class _Among(_Condition):
    inherit_cache = True


class _WantedIds(FunctionElement[Any]):
    inherit_cache = True


class _WantedNames(FunctionElement[Any]):
    inherit_cache = True


class _WantedReadings(FunctionElement[Any]):
    inherit_cache = True


class _OrderedIds(FunctionElement[Any]):
    inherit_cache = True


class _HasGrams(_Condition):
    inherit_cache = True


class _Bytewise(FunctionElement[str]):
    type = Text()
    inherit_cache = True


def _writes(element: type[FunctionElement[Any]], name: str, template: str) -> None:
    """Have an element written, in the SQL of one dialect, with its parts in their places."""

    def write(found: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy has it
        return template.format(*(compiler.process(each, **options) for each in found.clauses))

    compiles(element, name)(write)


_writes(_Among, "sqlite", "({} IN (SELECT value FROM json_each({})))")
_writes(_Among, "postgresql", "({} = ANY ({}))")
_writes(_WantedIds, "sqlite", "(SELECT value AS id FROM json_each({}))")
_writes(_WantedIds, "postgresql", "(SELECT unnest({}) AS id)")
_writes(_OrderedIds, "sqlite", "(SELECT value AS id, key AS place FROM json_each({}))")
_writes(
    _OrderedIds, "postgresql", "(SELECT * FROM unnest({}) WITH ORDINALITY AS given (id, place))"
)
_writes(
    _HasGrams,
    "sqlite",
    "(search_text.id IN (SELECT rowid FROM search_gram WHERE search_gram MATCH {}))",
)
_writes(_HasGrams, "postgresql", "(hub_grams(search_text.text) @> {})")
_writes(_Bytewise, "sqlite", "{}")
_writes(_Bytewise, "postgresql", '{} COLLATE "C"')
_writes(
    _WantedNames,
    "sqlite",
    "(SELECT json_extract(value, '$[0]') AS namespace, json_extract(value, '$[1]') AS name"
    " FROM json_each({}))",
)
_writes(
    _WantedNames,
    "postgresql",
    "(SELECT pair ->> 0 AS namespace, pair ->> 1 AS name"
    " FROM json_array_elements(CAST({} AS json)) AS pair)",
)
_writes(
    _WantedReadings,
    "sqlite",
    "(SELECT json_extract(value, '$[0]') AS run_id, json_extract(value, '$[1]') AS dataset_id,"
    " json_extract(value, '$[2]') AS at FROM json_each({}))",
)
_writes(
    _WantedReadings,
    "postgresql",
    "(SELECT CAST(reading ->> 0 AS bigint) AS run_id, CAST(reading ->> 1 AS bigint) AS dataset_id,"
    " CAST(reading ->> 2 AS bigint) AS at FROM json_array_elements(CAST({} AS json)) AS reading)",
)
