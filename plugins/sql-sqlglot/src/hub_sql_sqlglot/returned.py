"""Changes within WITH, as the statements that they are, and what they give to the query around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp
from sqlglot.errors import ParseError

_CHANGES: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
# Each gets what is defined before it.
_MAX_CHANGES: Final = 8


def with_changes_apart(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield a statement with queries in the place of changes in its WITH, then those changes.

    Raises:
        ParseError: there are very many.

    """
    changes: list[exp.Expr] = []
    for defining in list(tree.find_all(exp.With)):
        for at, each in enumerate(defining.expressions):
            change = each.this
            if not isinstance(change, _CHANGES):
                continue
            each.set("this", returned(change))
            if at and not change.args.get("with_"):
                before = [one.copy() for one in defining.expressions[:at]]
                change.set("with_", exp.With(expressions=before, recursive=defining.recursive))
            changes.append(change)
            if len(changes) > _MAX_CHANGES:
                message = "too many changes in one statement"
                raise ParseError(message)
    yield tree
    yield from changes


def under_names(query: exp.Query, names: list[exp.Expr], alias: str = "rows") -> exp.Select:
    """Return a query whose fields have other names, by their place."""
    columns = [exp.to_identifier(each.name, quoted=each.args.get("quoted")) for each in names]
    called = exp.TableAlias(this=exp.to_identifier(alias), columns=columns)
    rows = exp.Subquery(this=query.copy(), alias=called)
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=rows))


def returned(change: exp.Expr) -> exp.Query:
    """Return the query of the rows that a change gives back.

    Of what is inserted only fields that it lists are known to come from its query.
    """
    returning = change.args.get("returning")
    fields = [each.copy() for each in returning.expressions] if returning is not None else []
    query = change.args.get("expression")
    if not fields:
        return exp.Select(expressions=[exp.Null()])
    if isinstance(change, exp.Update | exp.Delete):
        return _from(fields, list(_tables(change)))
    if isinstance(change, exp.Insert) and isinstance(change.this, exp.Schema):
        table, listed = change.this.this, change.this.expressions
        if isinstance(query, exp.Query):
            rows = under_names(query, listed)
            return _from(fields, [exp.Subquery(this=rows, alias=exp.to_identifier(table.name))])
    named = [each for each in fields if each.alias_or_name not in ("", "*")]
    return exp.Select(
        expressions=[exp.alias_(exp.Null(), each.alias_or_name) for each in named] or [exp.Null()]
    )


def _tables(change: exp.Expr) -> Iterator[exp.Expr]:
    yield change.this
    yield from change.args.get("using") or ()
    if isinstance(found := change.args.get("from_"), exp.From):
        yield found.this


def _from(fields: list[exp.Expr], tables: list[exp.Expr]) -> exp.Select:
    first, *others = (each.copy() for each in tables)
    joins = [exp.Join(this=each, kind="CROSS") for each in others]
    for each in (first, *others):
        joins += each.args.get("joins") or []
        each.set("joins", None)
    return exp.Select(expressions=fields, from_=exp.From(this=first), joins=joins)
