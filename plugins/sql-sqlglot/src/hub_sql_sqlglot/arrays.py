"""ClickHouse's ARRAY JOIN, which names values of arrays: what they are called stands for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

# Each value may be named many times, and be made of much.
_MAX_WRITTEN: Final = 8_000


def without_array_joins(query: exp.Query) -> None:
    """Rewrite a query so that fields of arrays stand where it has the names of their values."""
    for select in list(query.find_all(exp.Select)):
        joins = select.args.get("joins") or []
        unfolding = [each for each in joins if each.args.get("kind") == "ARRAY"]
        if unfolding:
            select.set("joins", [each for each in joins if each not in unfolding])
            _put_in_place(select, dict(_named(unfolding)))


def _named(joins: list[exp.Join]) -> Iterator[tuple[str, list[exp.Column]]]:
    """Yield what values are called, and the fields that they are made of."""
    for join in joins:
        for each in (join.this, *join.expressions):
            if isinstance(each, exp.Alias):
                made = {column.sql(): column for column in each.find_all(exp.Column)}
                yield each.alias.lower(), [*made.values()]


def _put_in_place(select: exp.Select, named: dict[str, list[exp.Column]]) -> None:
    columns = [each for each in select.find_all(exp.Column) if each.parent_select is select]
    # A part of a value is written as if the value were a table.
    found = [(each, each.table.lower() or each.name.lower()) for each in columns]
    found = [(each, name) for each, name in found if name in named]
    if sum(1 + len(named[name]) for _, name in found) > _MAX_WRITTEN:
        return
    for column, name in found:
        made = exp.Anonymous(this="any", expressions=[each.copy() for each in named[name]])
        is_field = column.parent is select and column.arg_key == "expressions"
        column.replace(exp.alias_(made, column.name) if is_field else made)
