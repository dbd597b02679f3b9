"""What the read models share: rows of many parents in one statement, and how they are grouped."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from sqlalchemy import func, select, true

from hub.queries.pages import follows
from hub.store.dialect import ids_named, table_of_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Alias, ColumnElement, FromClause, Row, Select

    from hub.queries.pages import Key
    from hub.store.dialect import Ids

RowT = TypeVar("RowT")

# Rows by the store's id of what they belong to; nothing where there are none.
Grouped: TypeAlias = dict[int, list[RowT]]

# A condition on the rows of a table or an alias of it.
Only: TypeAlias = "Callable[[FromClause], ColumnElement[bool]]"

# What a statement that is made once is asked about, whenever it is executed.
IDS: Final = ids_named("ids")

# For what makes a statement: to make one takes several times as long as to execute it, and few
# moments and sizes of pages are asked for again and again.
made_once = lru_cache(maxsize=16)

_LEAST = -(1 << 63)


def _all(_table: FromClause) -> ColumnElement[bool]:
    return true()


def group(rows: Iterable[Row[Any]], make_row: Callable[..., RowT]) -> Grouped[RowT]:
    """Group rows by their first column; ``make_row`` gets the others."""
    found: Grouped[RowT] = defaultdict(list)
    for row in rows:
        found[row[0]].append(make_row(*row[1:]))
    return found


def by_key(rows: Iterable[Sequence[Any]]) -> dict[int, int]:
    """Return numbers by the store's id that they belong to."""
    return {row[0]: row[1] for row in rows}


def group_by_text(rows: Iterable[Row[Any]], make_row: Callable[..., RowT]) -> dict[str, list[RowT]]:
    """Group rows whose first column is the id of an operation's record."""
    found: dict[str, list[RowT]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(make_row(*row[1:]))
    return found


def newest(
    columns: Sequence[ColumnElement[Any]],
    *,
    by: tuple[ColumnElement[Any], ...],
    parents: Ids,
    at_most: int,
    after: Key | None = None,
    only: Only = _all,
) -> Select[Any]:
    """Select the newest rows of each parent, ``at_most`` of each, newest first.

    The first of ``columns`` is the parent. ``by`` is an instant and tie-breaks; with an index on
    the parent and the instant, older rows are not even looked at. Rows without the instant are
    left out, and so are those up to ``after`` and those that are not ``only``.
    """
    parent, table = columns[0], by[0].table
    wanted = table_of_ids(parents)
    other = table.alias()
    older = _oldest_wanted(other, wanted, parent.name, by, at_most, after).where(only(other))
    oldest = func.coalesce(older.scalar_subquery(), _LEAST)
    order = [column.desc() for column in by]
    rank = func.row_number().over(partition_by=parent, order_by=order).label("rank")
    statement = (
        select(*columns, rank)
        .join(wanted, wanted.c.id == parent)
        .where(by[0] >= oldest, only(table))
    )
    if after is not None:
        statement = statement.where(follows(by, after, descending=True))
    ranked = statement.subquery()
    shown = [c for c in ranked.c if c.name != "rank"]
    return select(*shown).where(ranked.c.rank <= at_most).order_by(shown[0], ranked.c.rank)


def _oldest_wanted(
    other: Alias,
    wanted: FromClause,
    parent: str,
    by: tuple[ColumnElement[Any], ...],
    at_most: int,
    after: Key | None,
) -> Select[Any]:
    """Select the instant below which no row of a parent is wanted."""
    columns = [other.c[column.name] for column in by]
    statement = select(columns[0]).where(other.c[parent] == wanted.c.id, columns[0].is_not(None))
    if after is not None:
        statement = statement.where(follows(columns, after, descending=True))
    return statement.order_by(columns[0].desc()).limit(1).offset(at_most - 1)
