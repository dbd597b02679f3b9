"""Lists of what a namespace holds, in the order of the namespace's name and then its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam

from hub.queries.pages import Page, PageRequest, RowT, check_key
from hub.store.tables import namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row, Select, Table


def fetch_by_name(
    connection: Connection,
    statement: Select[Any],
    table: Table,
    request: PageRequest,
    make_row: Callable[[Row[Any]], RowT],
) -> Page[RowT]:
    """Return one page of a statement over ``table`` joined with its namespaces.

    What is left of the cursor's namespace and what follows it are read one after the other: no
    index leads to a place in an order that spans two tables.

    Raises:
        InvalidInput: the cursor came from a list with another order.

    """
    wanted = request.first + 1
    rows: list[Row[Any]] = []
    if request.after is not None:
        check_key(request.after, 2)
        space, name = request.after
        rest = statement.where(namespace.c.name == space, table.c.name > name)
        rows += connection.execute(rest.order_by(table.c.name).limit(wanted)).all()
        statement = statement.where(namespace.c.name > space)
    if len(rows) < wanted:
        ordered = _ordered(statement, table)
        rows += connection.execute(ordered, {"wanted": wanted - len(rows)}).all()
    return Page([*map(make_row, rows[: request.first])], len(rows) > request.first)


# A statement that is a constant is put in order once: to make it takes as long as to read its rows.
@lru_cache(maxsize=16)
def _ordered(statement: Select[Any], table: Table) -> Select[Any]:
    return statement.order_by(namespace.c.name, table.c.name).limit(bindparam("wanted"))
