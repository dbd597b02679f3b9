"""Queries and functions that see a row of what stands beside or around them, written apart.

The tracer takes a part of a query by itself. So a part that names a field of an outer table gets
that table among its own: which rows there are makes no difference to which fields they are made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from hub_sql_sqlglot.arrays import without_array_joins, without_named_values
from hub_sql_sqlglot.statements import is_own, written

_MAX_ADDED: Final = 50
_MAX_SELECTS: Final = 200

_Fields = Mapping[str, Sequence[str]]


def with_outer_tables(query: exp.Query, fields: _Fields) -> None:
    """Rewrite a query so that every part of it has the tables that it names fields of.

    ``fields`` are those of the tables that are known.
    """
    without_named_values(query)
    without_array_joins(query)
    for beside in list(query.find_all(exp.Lateral)):
        _as_subquery(beside)
    named = {(each.table.lower(), each.name.lower()) for each in query.find_all(exp.Column)}
    for function in list(_functions(query)):
        _unnest(function, named)
    columns: defaultdict[int, list[exp.Column]] = defaultdict(list)
    for column in query.find_all(exp.Column):
        columns[id(column.parent_select)].append(column)
    _name_outer_tables(query, columns, fields)
    added = 0
    for select in reversed(list(query.find_all(exp.Select))):
        for source in [*_outer_sources(select, columns[id(select)])][: _MAX_ADDED - added]:
            _put_first(select, source.copy())
            added += 1


def _name_outer_tables(
    query: exp.Query, columns: Mapping[int, Iterable[exp.Column]], fields: _Fields
) -> None:
    """Name the table of each field that is none of the query's own, but of one around it.

    So do databases: the nearest query counts that has one. Of tables that are not known it is not
    known whether the field is theirs, and nothing is said.
    """
    selects = list(query.find_all(exp.Select))
    if len(selects) > _MAX_SELECTS:
        return
    has = {id(select): [*_fields_of_sources(select, fields)] for select in selects}
    for select in selects:
        for column in columns.get(id(select), ()):
            name = column.name.lower()
            made = _made_of(select, column)
            # What the query calls another field of its own may be meant as well.
            is_called = any(
                name == each.alias.lower() for each in select.selects if each is not made
            )
            if made is not None and not column.table and not is_called:
                _name_table(column, name, select, has)


def _made_of(select: exp.Select, column: exp.Column) -> exp.Expr | None:
    """Return which of the fields that a query makes has a part in it; None for what is no field."""
    node: exp.Expr = column
    while node.parent is not None and node.parent is not select:
        node = node.parent
    return node if node.arg_key == "expressions" else None


def _name_table(
    column: exp.Column,
    name: str,
    select: exp.Select,
    has: Mapping[int, Sequence[tuple[exp.Expr, Collection[str] | None]]],
) -> None:
    scope: exp.Select | None = select
    while scope is not None:
        sources = has.get(id(scope), ())
        if any(known is None for _, known in sources):
            return
        owners = [source for source, known in sources if known and name in known]
        if owners:
            source = owners[0]
            is_outer = scope is not select and len(owners) == 1
            if is_outer and _around(select, source.alias_or_name.lower()) is source:
                column.set("table", exp.to_identifier(source.alias_or_name))
            return
        around = scope.find_ancestor(exp.Select, exp.CTE)
        scope = around if isinstance(around, exp.Select) else None


def _fields_of_sources(
    select: exp.Select, fields: _Fields
) -> Iterator[tuple[exp.Expr, Collection[str] | None]]:
    """Yield what a query reads with the fields of each, None where they are not known."""
    for each in _sources(select):
        if isinstance(each, exp.Subquery) and isinstance(each.this, exp.Query):
            names = [*each.this.named_selects]
            yield each, None if "*" in names else {name.lower() for name in names}
        elif isinstance(each, exp.Table) and not is_own(each) and fields.get(written(each)):
            yield each, {name.lower() for name in fields[written(each)]}
        else:
            yield each, None


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
