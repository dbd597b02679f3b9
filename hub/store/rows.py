"""Writing single rows of tables whose primary key is natural: again and again, to the same end."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hub.store import dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable, Table


def add_row(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert a row, unless it is there."""
    connection.execute(_adding(connection.dialect.name, table), row)


def put_row(
    connection: Connection, table: Table, row: dict[str, Any], *, kept: tuple[str, ...] = ()
) -> None:
    """Insert a row, or update all of it but its key and what is ``kept``."""
    connection.execute(_putting(connection.dialect.name, table, tuple(row), kept), row)


# Made once: to make a statement takes several times as long as to carry it out.


@cache
def _adding(kind: str, table: Table) -> Executable:
    return dialect.insert_of(kind, table).on_conflict_do_nothing()


@cache
def _putting(
    kind: str, table: Table, columns: tuple[str, ...], kept: tuple[str, ...]
) -> Executable:
    insert = dialect.insert_of(kind, table)
    key = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in columns if name not in (*key, *kept)}
    return insert.on_conflict_do_update(index_elements=key, set_=rest)
