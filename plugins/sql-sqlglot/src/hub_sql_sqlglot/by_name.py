"""UNION BY NAME and its like, which join fields of one name, as those that join by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify


def by_place(query: exp.Query, schema: Mapping[str, object], dialect: str | None) -> exp.Query:
    """Return a query in which fields that are joined by name are in one place.

    Raises:
        SqlglotError: the names of some are not known.

    """
    if not any(each.args.get("by_name") for each in query.find_all(exp.SetOperation)):
        return query
    query = qualify(
        query.copy(),
        schema=dict(schema),
        dialect=dialect,
        identify=False,
        validate_qualify_columns=False,
    )
    for each in reversed(list(query.find_all(exp.SetOperation))):
        if each.args.get("by_name"):
            names = _names(each)
            _line_up(each.left, names)
            _line_up(each.right, names)
            each.set("by_name", None)
    return query


def _names(joined: exp.SetOperation) -> list[str]:
    left, right = ([*map(str.lower, side.named_selects)] for side in (joined.left, joined.right))
    if "*" in (*left, *right):
        message = "which fields a star stands for is not known"
        raise SqlglotError(message)
    kept = f"{joined.args.get('side')} {joined.args.get('kind')}".upper().split()
    if "INNER" in kept:
        return [name for name in left if name in right]
    return left if "LEFT" in kept else [*dict.fromkeys((*left, *right))]


def _line_up(query: exp.Expr, names: Sequence[str]) -> None:
    if isinstance(query, exp.Subquery):
        _line_up(query.this, names)
    elif isinstance(query, exp.SetOperation):
        _line_up(query.left, names)
        _line_up(query.right, names)
    elif isinstance(query, exp.Select):
        made = {each.alias_or_name.lower(): each for each in query.selects}
        lined_up = [made.get(name) or exp.alias_(exp.Null(), name) for name in names]
        query.set("expressions", lined_up)
