"""Every difference between SQLite and PostgreSQL that the hub cares about, and nothing else."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite

# Any number that no other program is likely to lock in the same database: "hub" in ASCII.
_APPEND_LOCK = 0x687562

_TAKE_APPEND_LOCK = text(f"SELECT pg_advisory_xact_lock({_APPEND_LOCK})")
_BEGIN_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_SQLITE_BYTES = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
_POSTGRESQL_BYTES = text("SELECT pg_database_size(current_database())")


def is_sqlite(connection: Connection) -> bool:
    """Whether the connection leads to an embedded store."""
    return connection.dialect.name == "sqlite"


def begin_read(connection: Connection) -> None:
    """Make every statement of this transaction see one snapshot."""
    if is_sqlite(connection):
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execute(_BEGIN_SNAPSHOT)


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
    return sqlite.insert(table) if is_sqlite(connection) else postgresql.insert(table)


def driver_sql(connection: Connection, statement: str) -> str:
    """Return a statement written with ``?`` in the driver's own placeholder style."""
    return statement if is_sqlite(connection) else statement.replace("?", "%s")


def stored_bytes(connection: Connection) -> int:
    """Return the size of the store on disk."""
    statement = _SQLITE_BYTES if is_sqlite(connection) else _POSTGRESQL_BYTES
    return int(connection.execute(statement).scalar_one())


def is_outage(error: BaseException | None) -> bool:
    """Whether a driver's error means that the store is out of reach, full, or locked.

    An error of this kind may go away by itself; any other is a defect in a statement of ours.
    SQLite reports both as OperationalError and tells them apart by its result code.
    """
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR
    # psycopg is an optional dependency, so its classes are known by name.
    names = {f"{cls.__module__}.{cls.__name__}" for cls in type(error).__mro__}
    return not names.isdisjoint({"psycopg.OperationalError", "psycopg.InterfaceError"})
