"""What edges were taken to be before the hub knew better: what of it has aged, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from hub.store.natural_rows import NATURAL_TABLES
from hub.store.tables import column_edge_history, edge_history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select

    from hub.store.natural_rows import NaturalTable

_HISTORIES: Final = (edge_history, column_edge_history)
# Rows of each table that leave in one transaction, unless more were superseded at once.
_AT_ONCE = 50_000


def bounds(connection: Connection, until: int) -> tuple[int, int] | None:
    """Return the first and last position at which something was superseded, up to one."""
    found = []
    for table in _HISTORIES:
        column = table.c.known_until
        statement = select(func.min(column), func.max(column)).where(column <= until)
        found += [at for at in connection.execute(statement).one() if at is not None]
    return (min(found), max(found)) if found else None


def next_part(connection: Connection, until: int) -> int | None:
    """Return the position up to which to let go first, on the way to one; None at the end."""
    there = bounds(connection, until)
    if there is None:
        return None
    ends = [there[1]]
    for table in _HISTORIES:
        column = table.c.known_until
        statement = select(column).where(column <= until).order_by(column).offset(_AT_ONCE).limit(1)
        ends += connection.scalars(statement)
    return min(ends)


def rows_until(until: int) -> Iterator[tuple[NaturalTable, Select[Any]]]:
    """Yield each table, and what selects its rows that were superseded up to a position."""
    named = {each.name: each for each in NATURAL_TABLES}
    for table in _HISTORIES:
        natural = named[str(table.name)]
        yield natural, natural.statement.where(table.c.known_until <= until)
