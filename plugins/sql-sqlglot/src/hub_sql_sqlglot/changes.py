"""MERGE and UPDATE as the queries whose fields they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from sqlglot import exp

# Each is traced by itself, with a copy of what it takes from.
_MAX_CHANGES: Final = 30

# What a field of the target becomes.
_Pair: TypeAlias = tuple[exp.Expr, exp.Expr]


def changes_of(tree: exp.Expr, target: exp.Table) -> Iterator[exp.Select]:
    """Yield a query for each way in which a statement changes fields of its target.

    Its fields are named like those that they go into; the target is among what it reads from.
    """
    if isinstance(tree, exp.Merge):
        tables = [tree.args["using"], tree.this]
        for when in tree.args["whens"].expressions[:_MAX_CHANGES]:
            then = when.args.get("then")
            if fields := _of_when(then, tree.args["using"]):
                # What is inserted has no row of the target yet.
                is_new = isinstance(then, exp.Insert)
                yield _query(tree, fields, tables[:1] if is_new else tables)
    elif isinstance(tree, exp.Update):
        found = tree.args.get("from_")
        tables = [found.this] if isinstance(found, exp.From) else []
        # The target may stand for a table in FROM.
        tables += [tree.this] if tree.this is target else []
        pairs = [pair for each in tree.expressions for pair in _of_assignment(each)]
        if pairs and tables:
            yield _query(tree, _named(pairs), tables)


def _of_when(then: exp.Expr | None, source: exp.Expr) -> list[exp.Expr]:
    """Return the fields of what WHEN does; all of the source's where it names none."""
    if isinstance(then, exp.Update) and not any(then.find_all(exp.Star)):
        return _named(pair for each in then.expressions for pair in _of_assignment(each))
    if isinstance(then, exp.Insert) and isinstance(then.this, exp.Tuple):
        values = then.expression.expressions if isinstance(then.expression, exp.Tuple) else []
        return _named(zip(then.this.expressions, values, strict=False))
    is_all = isinstance(then, exp.Update) or (isinstance(then, exp.Insert) and bool(then.this))
    if is_all:
        table = exp.to_identifier(source.alias_or_name)
        return [exp.Column(this=exp.Star(), table=table)]
    return []


def _of_assignment(each: exp.Expr) -> Iterator[_Pair]:
    if not isinstance(each, exp.EQ):
        return
    if not isinstance(each.this, exp.Tuple):
        yield each.this, each.expression
        return
    value = each.expression
    query = value.this if isinstance(value, exp.Subquery) else None
    for place, column in enumerate(each.this.expressions[:_MAX_CHANGES]):
        if isinstance(value, exp.Tuple) and place < len(value.expressions):
            yield column, value.expressions[place]
        elif isinstance(query, exp.Select) and place < len(query.expressions):
            one = query.copy()
            one.set("expressions", [one.expressions[place]])
            yield column, exp.Subquery(this=one)


def _named(pairs: Iterable[_Pair]) -> list[exp.Expr]:
    return [exp.alias_(value.copy(), column.name, quoted=True) for column, value in pairs]


def _query(tree: exp.Expr, fields: list[exp.Expr], tables: Iterable[exp.Expr]) -> exp.Select:
    first, *others = (table.copy() for table in tables)
    joins = [exp.Join(this=each, kind="CROSS") for each in others]
    for each in (first, *others):
        joins += each.args.get("joins") or []
        each.set("joins", None)
    query = exp.Select(expressions=fields, from_=exp.From(this=first), joins=joins)
    if (defining := tree.args.get("with_")) is not None:
        query.set("with_", defining.copy())
    return query
