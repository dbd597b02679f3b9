"""Many rows in one statement, in SQL that SQLite and PostgreSQL share.

The projection writes thousands of rows a second, so it speaks to the driver directly: rows are
plain tuples in the order of the table's columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final

from sqlalchemy import Connection, Table

from hub.store import dialect

# Two parameters each stay well below what either database accepts in one statement.
_KEYS_A_STATEMENT: Final = 1_000
_ROWS_A_STATEMENT: Final = 32

RowValues = Sequence[Any]


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Collection[RowValues],
    columns: tuple[str, ...] | None = None,
) -> None:
    """Insert rows that are new, with values for some of the columns or for all."""
    _insert_many(connection, table, rows, columns)


def insert_missing_rows(connection: Connection, table: Table, rows: Collection[RowValues]) -> None:
    """Insert the rows whose key is new; leave the others as they are."""
    _insert_many(connection, table, rows, conflict=" ON CONFLICT DO NOTHING")


def put_rows(connection: Connection, table: Table, rows: Collection[RowValues]) -> None:
    """Insert rows, or replace those with the same primary key, which no two of them have."""
    _insert_many(connection, table, rows, conflict=_replacing(table))


def update_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Collection[RowValues],
    key: Sequence[str] | None = None,
) -> None:
    """Set columns of rows that exist.

    Each row has the columns' values, then those of the key: the primary key unless another is
    given.
    """
    changes = ", ".join(f"{column} = ?" for column in columns)
    matches = _matches(key or _key(table))
    statement = f"UPDATE {table.name} SET {changes} WHERE {matches}"  # noqa: S608 - names of ours
    _execute_many(connection, statement, rows)


def raise_rows(
    connection: Connection,
    table: Table,
    column: str,
    rows: Collection[RowValues],
    key: Sequence[str],
) -> None:
    """Set a column of rows that exist where it is less; rows as in ``update_rows``."""
    statement = f"UPDATE {table.name} SET {column} = ? WHERE {_matches(key)} AND {column} < ?"  # noqa: S608 - names of ours
    _execute_many(connection, statement, [(*row, row[0]) for row in rows])


def delete_rows(
    connection: Connection, table: Table, columns: Sequence[str], keys: Collection[RowValues]
) -> None:
    """Delete the rows that have the keys' values in ``columns``."""
    _execute_many(connection, f"DELETE FROM {table.name} WHERE {_matches(columns)}", keys)  # noqa: S608 - names of ours


def matching(columns: str, table: str, key: Sequence[str]) -> str:
    """Return a SELECT for ``select_in``, of the rows that have the keys' values in ``key``.

    SQLite reads a whole table to find pairs by ``IN (VALUES …)``. A CROSS JOIN has it find each.
    """
    matches = (f"{table}.{column} = wanted.column{n}" for n, column in enumerate(key, 1))
    return (
        f"SELECT {columns} FROM {{keys}} AS wanted CROSS JOIN {table} WHERE {' AND '.join(matches)}"  # noqa: S608 - names of ours
    )


def select_in(
    connection: Connection, statement: str, keys: Iterable[RowValues]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a SELECT that has ``{keys}`` in place of keys, whatever their number."""
    remaining = iter(dict.fromkeys(map(tuple, keys)))
    while chunk := list(islice(remaining, _KEYS_A_STATEMENT)):
        one = f"({', '.join('?' * len(chunk[0]))})"
        values = f"(VALUES {', '.join([one] * len(chunk))})"
        text = statement.format(keys=values)
        parameters = tuple(value for key in chunk for value in key)
        yield from connection.exec_driver_sql(dialect.driver_sql(connection, text), parameters)


def _insert_many(
    connection: Connection,
    table: Table,
    rows: Collection[RowValues],
    columns: tuple[str, ...] | None = None,
    conflict: str = "",
) -> None:
    """Insert several rows a statement: to begin one costs, on a server more than its rows do."""
    remaining = list(rows)
    whole = len(remaining) - len(remaining) % _ROWS_A_STATEMENT
    chunks = [remaining[n : n + _ROWS_A_STATEMENT] for n in range(0, whole, _ROWS_A_STATEMENT)]
    many = [tuple(chain.from_iterable(chunk)) for chunk in chunks]
    _execute_many(connection, _insert(table, columns, _ROWS_A_STATEMENT) + conflict, many)
    _execute_many(connection, _insert(table, columns, 1) + conflict, remaining[whole:])


def _execute_many(connection: Connection, statement: str, rows: Collection[RowValues]) -> None:
    if rows:
        connection.exec_driver_sql(
            dialect.driver_sql(connection, statement), list(map(tuple, rows))
        )


def _matches(columns: Sequence[str]) -> str:
    return " AND ".join(f"{column} = ?" for column in columns)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


@cache
def _insert(table: Table, columns: tuple[str, ...] | None, rows: int) -> str:
    names = columns or table.columns.keys()
    places = f"({', '.join('?' * len(names))})"
    return (
        f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608 - names of ours
        f" VALUES {', '.join([places] * rows)}"
    )


@cache
def _replacing(table: Table) -> str:
    key = _key(table)
    rest = [column.name for column in table.columns if column.name not in key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in rest)
    action = f"DO UPDATE SET {changes}" if rest else "DO NOTHING"
    return f" ON CONFLICT ({', '.join(key)}) {action}"
