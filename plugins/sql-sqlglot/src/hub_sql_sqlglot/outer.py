"""Queries and functions that see a row of what stands beside or around them, written apart.

The tracer takes a part of a query by itself. So a part that names a field of an outer table gets
that table among its own: which rows there are makes no difference to which fields they are made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sqlglot import exp

_MAX_ADDED: Final = 50


def with_outer_tables(query: exp.Query) -> None:
    """Rewrite a query so that every part of it has the tables that it names fields of."""
    for beside in list(query.find_all(exp.Lateral)):
        _as_subquery(beside)
    named = {(each.table.lower(), each.name.lower()) for each in query.find_all(exp.Column)}
    for function in list(_functions(query)):
        _unnest(function, named)
    columns: defaultdict[int, list[exp.Column]] = defaultdict(list)
    for column in query.find_all(exp.Column):
        columns[id(column.parent_select)].append(column)
    added = 0
    for select in reversed(list(query.find_all(exp.Select))):
        for source in [*_outer_sources(select, columns[id(select)])][: _MAX_ADDED - added]:
            _put_first(select, source.copy())
            added += 1


def _as_subquery(beside: exp.Lateral) -> None:
    """Put a query beside a table like one: the tracer takes its fields for those before it."""
    inner = beside.this
    alias = beside.args.get("alias") or inner.args.get("alias")
    made = inner.this if isinstance(inner, exp.Subquery) else inner
    if isinstance(made, exp.Values):
        made = _rows(made, alias)
    if isinstance(made, exp.Query):
        beside.replace(exp.Subquery(this=made, alias=alias))


def _rows(values: exp.Values, alias: exp.Expr | None) -> exp.Select:
    """Return a query for literal rows: each field may have the value of any of them."""
    names = alias.args.get("columns") or [] if isinstance(alias, exp.TableAlias) else []
    rows = [
        each.expressions if isinstance(each, exp.Tuple) else [each] for each in values.expressions
    ]
    fields = [
        exp.alias_(
            exp.Anonymous(this="any", expressions=[row[at].copy() for row in rows]), name.name
        )
        for at, name in enumerate(names)
        if all(at < len(row) for row in rows)
    ]
    return exp.Select(expressions=fields)


def _functions(query: exp.Query) -> Iterator[exp.Expr]:
    """Yield the functions in FROM of which each row is one value, or JSON taken apart."""
    for each in query.find_all(exp.Unnest, exp.Lateral, exp.Table, exp.JSONTable):
        is_function = isinstance(each.this, exp.Func) and not each.args.get("view")
        if is_function or isinstance(each, exp.Unnest | exp.JSONTable):
            yield each


def _unnest(function: exp.Expr, named: Collection[tuple[str, str]]) -> None:
    """Name what a function gives as the query does: its one field may have its own name."""
    given = function.this if isinstance(function, exp.Lateral | exp.Table) else function
    alias = function.args.get("alias") or given.args.get("alias")
    if not isinstance(alias, exp.TableAlias) or alias.args.get("columns"):
        return
    name = alias.name.lower()
    if isinstance(given, exp.JSONTable):
        fields = [each.name for each in given.find_all(exp.JSONColumnDef)]
        made = [given.this]
    else:
        fields = [alias.name] if ("", name) in named or (name, name) in named else []
        made = given.expressions or list(given.find_all(exp.Column))
    if fields and made:
        columns = [exp.to_identifier(each) for each in fields]
        table = exp.TableAlias(this=alias.this.copy(), columns=columns)
        function.replace(exp.Unnest(expressions=[each.copy() for each in made], alias=table))


def _outer_sources(select: exp.Select, columns: Iterable[exp.Column]) -> Iterator[exp.Table]:
    """Yield the tables around a query that its own fields are named after."""
    own = {each.alias_or_name.lower() for each in _sources(select)}
    for name in dict.fromkeys(each.table.lower() for each in columns):
        source = _around(select, name) if name and name not in own else None
        if source is not None:
            yield source


def _around(select: exp.Select, name: str) -> exp.Table | None:
    node: exp.Expr | None = select
    while node is not None and not isinstance(node, exp.CTE):
        node = node.parent
        if isinstance(node, exp.Select):
            for each in _sources(node):
                if each.alias_or_name.lower() == name:
                    return each if isinstance(each, exp.Table) else None
    return None


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    found = select.args.get("from_")
    if isinstance(found, exp.From):
        yield found.this
    for kind in ("joins", "laterals"):
        for each in select.args.get(kind) or ():
            yield each.this if isinstance(each, exp.Join) else each


def _put_first(select: exp.Select, source: exp.Expr) -> None:
    found = select.args.get("from_")
    if isinstance(found, exp.From):
        join = exp.Join(this=found.this, kind="CROSS")
        select.set("joins", [join, *(select.args.get("joins") or ())])
    select.set("from_", exp.From(this=source))
