"""PIVOT and UNPIVOT, as queries that make each field of theirs of the fields that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from hub_sql_sqlglot.statements import is_own, written

_MAX_PIVOTS: Final = 50

_Fields = Mapping[str, Sequence[str]]


def without_pivots(query: exp.Query, fields: _Fields, dialect: str | None) -> None:
    """Rewrite a query so that plain ones stand where it turns rows to fields, or fields to rows.

    Raises:
        ValueError: which fields there are beside those that are turned is not known.

    """
    if sum(1 for _ in query.find_all(exp.Pivot)) > _MAX_PIVOTS:
        message = "too much is turned"
        raise ValueError(message)
    for source in reversed(list(query.find_all(exp.Table, exp.Subquery))):
        pivots = source.args.get("pivots")
        if not pivots:
            continue
        names = _names(source, query, fields)
        plain, joins = source.copy(), source.args.get("joins")
        plain.set("pivots", None)
        plain.set("joins", None)
        called: exp.Expr | None = None
        for pivot in pivots:
            given = dict(_turned(pivot, dialect))
            used = {each.name.lower() for each in pivot.find_all(exp.Column)}
            names = [each for each in names if each.lower() not in used]
            kept = [exp.column(each) for each in names]
            made = [exp.alias_(value, name) for name, value in given.items()]
            select = exp.Select(expressions=[*kept, *made], from_=exp.From(this=plain))
            called = pivot.args.get("alias") or called
            plain = exp.Subquery(this=select, alias=exp.to_identifier("turned"))
            names += [name.name for name in given]
        alias = called or exp.TableAlias(this=exp.to_identifier(source.alias_or_name or "turned"))
        plain.set("alias", alias.copy())
        plain.set("joins", joins)
        source.replace(plain)


def _turned(pivot: exp.Expr, dialect: str | None) -> Iterator[tuple[exp.Identifier, exp.Expr]]:
    """Yield the fields that are made, in order, each with what it is made of."""
    turned = pivot.args.get("fields") or []
    if not turned or not all(isinstance(each, exp.In) for each in turned):
        message = "what is turned is not known"
        raise ValueError(message)
    if pivot.args.get("unpivot"):
        [each] = turned
        is_last = pivot.args.get("value_columns_first") or dialect == "bigquery"
        values = list(_values(pivot, each))
        named = (exp.to_identifier(each.this.name), exp.Null())
        yield from [*values, named] if is_last else [named, *values]
        return
    columns, aggregates = pivot.args.get("columns") or [], pivot.expressions
    if not columns or len(columns) % len(aggregates):
        message = "what the fields are called is not known"
        raise ValueError(message)
    for at, column in enumerate(columns):
        yield column.copy(), _of(aggregates[at % len(aggregates)])


def _values(pivot: exp.Expr, turned: exp.Expr) -> Iterator[tuple[exp.Identifier, exp.Expr]]:
    values = [
        one
        for each in pivot.expressions
        for one in (each.expressions if isinstance(each, exp.Tuple) else [each])
    ]
    items = [each.this if isinstance(each, exp.PivotAlias) else each for each in turned.expressions]
    rows = [each.expressions if isinstance(each, exp.Tuple) else [each] for each in items]
    if not rows or any(len(row) != len(values) for row in rows):
        message = "which fields become which is not known"
        raise ValueError(message)
    for value, column in zip(values, zip(*rows, strict=True), strict=True):
        made = exp.Anonymous(this="any", expressions=[each.copy() for each in column])
        yield exp.to_identifier(value.name), made


def _of(aggregate: exp.Expr) -> exp.Expr:
    return (aggregate.this if isinstance(aggregate, exp.Alias) else aggregate).copy()


def _names(source: exp.Expr, query: exp.Query, fields: _Fields) -> list[str]:
    """Return the names of the fields of what is turned."""
    if isinstance(source, exp.Subquery):
        return _names_of(source.this, query, fields)
    if isinstance(source, exp.Table) and is_own(source):
        defined = [each for each in query.find_all(exp.CTE) if each.alias == source.name]
        if len(defined) == 1 and not defined[0].args["alias"].columns:
            return _names_of(defined[0].this, query, fields)
    elif isinstance(source, exp.Table) and fields.get(written(source)):
        return [*fields[written(source)]]
    message = "which fields are left is not known"
    raise ValueError(message)


def _names_of(made: exp.Expr, query: exp.Query, fields: _Fields) -> list[str]:
    names = made.named_selects if isinstance(made, exp.Query) else []
    if names and "*" not in names:
        return [*names]
    is_all = isinstance(made, exp.Select) and made.expressions == [exp.Star()]
    if is_all and not (made.args.get("joins") or made.args.get("laterals")):
        return _names(made.args["from_"].this, query, fields)
    message = "which fields are left is not known"
    raise ValueError(message)
