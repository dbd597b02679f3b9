"""Values that ClickHouse names, of arrays or in WITH: what they are called stands for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

# Each value may be named many times, and be made of much.
_MAX_WRITTEN: Final = 8_000
_MAX_VALUES: Final = 100


def without_array_joins(query: exp.Query) -> None:
    """Rewrite a query so that fields of arrays stand where it has the names of their values."""
    for select in list(query.find_all(exp.Select)):
        joins = select.args.get("joins") or []
        unfolding = [each for each in joins if each.args.get("kind") == "ARRAY"]
        if unfolding:
            select.set("joins", [each for each in joins if each not in unfolding])
            _put_in_place(select, dict(_named(unfolding)))


def without_named_values(query: exp.Query) -> None:
    """Rewrite a query so that a value stands wherever it has the name that a WITH gives it.

    Raises:
        ValueError: that makes too much of it.

    """
    left = _MAX_WRITTEN
    values = [each for each in query.find_all(exp.CTE) if each.args.get("scalar")]
    for value in reversed(values):
        around = value.find_ancestor(exp.Select)
        named = [each for each in around.find_all(exp.Column) if not each.table] if around else []
        columns = [each for each in named if each.name == value.alias]
        left -= len(columns) * sum(1 for _ in value.walk())
        if left < 0 or len(values) > _MAX_VALUES:
            message = "too many values have names"
            raise ValueError(message)
        for column in columns:
            made = value.this.copy()
            is_field = column.parent is around and column.arg_key == "expressions"
            column.replace(exp.alias_(made, column.name) if is_field else made)
        defining = value.parent
        value.pop()
        if isinstance(defining, exp.With) and not defining.expressions:
            defining.pop()


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
