"""Reads from SQL which fields of the inputs each field of the output is made from.

The words are OpenLineage's (column lineage facet 1-2-0): DIRECT sources give a field its value,
INDIRECT ones decide which rows there are, or which of several values is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from hub.spi.transform import ColumnSource


class How(NamedTuple):
    """The way in which a value depends on a field; of two on one path the larger one counts."""

    rank: int
    kind: str
    subtype: str


_IDENTITY: Final = How(0, "DIRECT", "IDENTITY")
_TRANSFORMATION: Final = How(1, "DIRECT", "TRANSFORMATION")
_AGGREGATION: Final = How(2, "DIRECT", "AGGREGATION")
_CONDITIONAL: Final = How(3, "INDIRECT", "CONDITIONAL")
_WINDOW: Final = How(3, "INDIRECT", "WINDOW")
_FILTER: Final = How(3, "INDIRECT", "FILTER")
_JOIN: Final = How(3, "INDIRECT", "JOIN")
_GROUP_BY: Final = How(3, "INDIRECT", "GROUP_BY")
_SORT: Final = How(3, "INDIRECT", "SORT")
_HOWS: Final = {
    (how.kind, how.subtype): how
    for how in (
        *(_IDENTITY, _TRANSFORMATION, _AGGREGATION),
        *(_CONDITIONAL, _WINDOW, _FILTER, _JOIN, _GROUP_BY, _SORT),
    )
}
# What shapes the rows of a SELECT, by the name of its clause.
_CLAUSES: Final = {
    "where": _FILTER,
    "having": _FILTER,
    "qualify": _FILTER,
    "group": _GROUP_BY,
    "order": _SORT,
}
# They pass a value on as it is.
_CLEAR = (exp.Alias, exp.Paren, exp.Subquery)

Schemas = Mapping[str, Mapping[str, str]]
Sources = set[ColumnSource]


class Unresolved(Exception):
    """A name in the SQL leads to no field of an input."""


def read_columns(sql: str, schemas: Schemas, names: Sequence[str]) -> dict[str, list[ColumnSource]]:
    """Return the sources of each output field, direct ones first; nothing where SQL is too odd.

    ``schemas`` maps the inputs to their fields and the engine's types of them, ``names`` are the
    output's fields in order.
    """
    try:
        return _Reader(schemas).read(sql, names)
    except Exception:  # noqa: BLE001 - the rows are right all the same: lineage is left unknown
        return {}


class _Reader:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._inputs = {
            name.lower(): (name, {field.lower(): field for field in fields})
            for name, fields in schemas.items()
        }
        self._scopes: dict[int, Scope] = {}
        # Queries by their first part, which stands for a recursive one seen from inside.
        self._wholes: dict[int, Scope] = {}
        self._known: dict[tuple[int, str], Sources] = {}
        self._open: set[tuple[int, str]] = set()
        self._cuts = 0

    def read(self, sql: str, names: Sequence[str]) -> dict[str, list[ColumnSource]]:
        schema: dict[str, Any] = {}
        for name, fields in self._schemas.items():
            layer, table = name.split(".")
            schema.setdefault(layer, {})[table] = dict(fields)
        query = qualify(parse_one(sql, dialect="duckdb"), dialect="duckdb", schema=schema)
        root = build_scope(query)
        if root is None or len(_fields(root)) != len(names):
            raise Unresolved("it has other fields than the result")
        for scope in root.traverse():
            self._scopes[id(scope.expression)] = scope
            for part in scope.set_operation_scopes[:1]:
                self._wholes[id(part.expression)] = scope
        rows = self._of_rows(root)
        found = {
            name: sorted(self._of_field(root, own) | rows, key=_order)
            for name, own in zip(names, _fields(root), strict=True)
        }
        return {name: sources for name, sources in found.items() if sources}

    def _of_field(self, scope: Scope, name: str) -> Sources:
        """Return what a field of a query, or of another thing in FROM, is made from."""
        scope = self._whole(scope)
        at = id(scope.expression), name
        if at in self._known:
            return self._known[at]
        if at in self._open:
            self._cuts += 1
            return set()
        cuts = self._cuts
        self._open.add(at)
        found = self._of_open_field(scope, name)
        self._open.discard(at)
        if self._cuts == cuts:  # else it may lack what the open ones above it add
            self._known[at] = found
        return found

    def _whole(self, scope: Scope) -> Scope:
        at = id(scope.expression)
        return scope if self._scopes.get(at, scope) is scope else self._wholes[at]

    def _of_open_field(self, scope: Scope, name: str) -> Sources:
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            index = expression.named_selects.index(name)
            by_name = expression.args.get("by_name")
            return {
                source
                for part in scope.set_operation_scopes
                for field in [name if by_name else _fields(part)[index]]
                if field in _fields(part)
                for source in self._of_field(part, field)
            }
        if isinstance(expression, exp.Select):
            return self._walk(scope, _projection(expression, name), _IDENTITY)
        # UNNEST and its like: any of the fields that they are given.
        return {
            source
            for column in expression.find_all(exp.Column)
            for source in self._of_column(scope, column, _TRANSFORMATION)
        }

    def _walk(self, scope: Scope, node: exp.Expr, how: How) -> Sources:
        """Return what the value of an expression is made from, as part of something ``how``."""
        if isinstance(node, exp.Column):
            return self._of_column(scope, node, how)
        if isinstance(node, exp.Select | exp.SetOperation):
            return self._of_subquery(scope, node, how)
        sources: Sources = set()
        for part, part_how in _parts(node):
            sources |= self._walk(scope, part, max(how, part_how, key=_rank))
        return sources

    def _of_subquery(self, scope: Scope, query: exp.Query, how: How) -> Sources:
        inner = next(each for each in scope.subquery_scopes if each.expression is query)
        return {
            _seen_as(source, max(how, _TRANSFORMATION, key=_rank))
            for name in query.named_selects
            for source in self._of_field(inner, name)
        }

    def _of_column(self, scope: Scope, column: exp.Column, how: How) -> Sources:
        if not column.table:  # names a field of the same SELECT
            if not isinstance(scope.expression, exp.Select):
                return {_seen_as(one, how) for one in self._of_field(scope, column.name)}
            return self._walk(scope, _projection(scope.expression, column.name), how)
        at: Scope | None = scope
        while at is not None and column.table not in at.sources:
            at = at.parent  # of a correlated subquery
        if at is None:
            raise Unresolved(column.sql())
        source = at.sources[column.table]
        if isinstance(source, Scope):
            return {_seen_as(one, how) for one in self._of_field(source, column.name)}
        dataset, fields = self._inputs[f"{source.db}.{source.name}".lower()]
        field = fields[column.name.lower()]
        return {ColumnSource(dataset=dataset, field=field, kind=how.kind, subtype=how.subtype)}

    def _of_rows(self, scope: Scope) -> Sources:
        """Return what decides which rows a query has, and in which order."""
        return {
            source
            for each in self._reached(scope)
            for node, how in _row_nodes(each.expression)
            for source in self._walk(each, node, how)
        }

    def _reached(self, root: Scope) -> Iterator[Scope]:
        """Yield a query and every one that its rows come from, each once."""
        seen: set[int] = set()
        waiting = [root]
        while waiting:
            scope = self._whole(waiting.pop())
            if id(scope) in seen:
                continue
            seen.add(id(scope))
            yield scope
            sources = [source for _, source in scope.selected_sources.values()]
            waiting += [source for source in sources if isinstance(source, Scope)]
            waiting += [*scope.set_operation_scopes, *scope.subquery_scopes]


def _fields(scope: Scope) -> list[str]:
    query = scope.expression
    return list(query.named_selects) if isinstance(query, exp.Query) else []


def _projection(select: exp.Select, name: str) -> exp.Expr:
    found = [each for each in select.selects if each.alias_or_name == name]
    if not found:
        raise Unresolved(name)
    return found[0]


def _parts(node: exp.Expr) -> Iterator[tuple[exp.Expr, How]]:
    """Yield the parts of an expression, each with what it does to the whole."""
    if isinstance(node, exp.Window):
        yield node.this, _TRANSFORMATION
        for part in (*node.args.get("partition_by", ()), node.args.get("order")):
            if part is not None:
                yield part, _WINDOW
        return
    if isinstance(node, exp.Filter):
        yield node.this, _IDENTITY
        yield node.expression, _FILTER
        return
    how = _TRANSFORMATION
    if isinstance(node, _CLEAR):
        how = _IDENTITY
    elif isinstance(node, exp.AggFunc):
        how = _AGGREGATION
    for part in node.iter_expressions():
        # The condition of a branch, or what CASE x compares with its branches.
        decides = (isinstance(node, exp.If) and part.arg_key == "this") or (
            isinstance(node, exp.Case) and part.arg_key == "this"
        )
        yield part, _CONDITIONAL if decides else how


def _row_nodes(expression: exp.Expr) -> Iterator[tuple[exp.Expr, How]]:
    for clause, how in _CLAUSES.items():
        if (node := expression.args.get(clause)) is not None:
            yield node, how
    for join in expression.args.get("joins") or ():
        if (condition := join.args.get("on")) is not None:
            yield condition, _JOIN
    if isinstance(expression, exp.Select):
        for each in _implied_groups(expression):
            yield each, _GROUP_BY


def _implied_groups(select: exp.Select) -> Iterator[exp.Expr]:
    group = select.args.get("group")
    if group is not None and group.args.get("all"):
        yield from (each for each in select.selects if each.find(exp.AggFunc) is None)
    if (distinct := select.args.get("distinct")) is not None:
        yield from (distinct.args.get("on") or select).expressions


def _seen_as(source: ColumnSource, how: How) -> ColumnSource:
    """Return a source of a part, as it counts for the whole."""
    if how.rank <= _HOWS[source.kind, source.subtype].rank:
        return source
    return replace(source, kind=how.kind, subtype=how.subtype)


def _rank(how: How) -> int:
    return how.rank


def _order(source: ColumnSource) -> tuple[str, str, str, str]:
    return source.kind, source.dataset, source.field, source.subtype
