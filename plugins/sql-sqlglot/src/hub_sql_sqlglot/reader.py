"""Tables and fields of statements, as sqlglot parses them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sqlglot import Dialect, exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

from hub.spi.sql_reader import SqlColumn, SqlTables

MAX_TEXT: Final = 200_000
_MAX_STATEMENTS: Final = 50
_MAX_FIELDS: Final = 500

# What OpenLineage and its namespaces call databases, where sqlglot has another name.
_DIALECTS: Final = {
    "postgresql": "postgres",
    "sqlserver": "tsql",
    "mssql": "tsql",
    "awsathena": "athena",
    "mariadb": "mysql",
    "synapse": "tsql",
}

# It warns of what it skips; the caller can do nothing about a stranger's SQL.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class _Statement(NamedTuple):
    """What one statement writes, if anything, and where its rows come from."""

    tree: exp.Expr
    target: exp.Table | None
    query: exp.Query | None


class Sqlglot:
    """Reads tables from any statement, fields from those that fill a table by a query."""

    def tables(self, sql: str, dialect: str | None) -> SqlTables | None:
        """Return what the statements of a text read and write."""
        statements = _parse(sql, dialect)
        if statements is None:
            return None
        inputs: dict[str, None] = {}
        outputs: dict[str, None] = {}
        for statement in statements:
            if statement.target is not None:
                outputs[_written(statement.target)] = None
            inputs.update((_written(table), None) for table in _sources(statement))
        return SqlTables(tuple(inputs), tuple(outputs)) if inputs or outputs else None

    def columns(
        self, sql: str, dialect: str | None, fields: Mapping[str, Sequence[str]]
    ) -> Sequence[SqlColumn]:
        """Return how fields are made; nothing for a statement whose names lead nowhere."""
        found: dict[SqlColumn, None] = {}
        for statement in _parse(sql, dialect) or ():
            if statement.target is None or statement.query is None:
                continue
            try:
                found.update((each, None) for each in _columns(statement, dialect, fields))
            except (SqlglotError, RecursionError, ValueError, KeyError):
                continue
        return tuple(found)


def _parse(sql: str, dialect: str | None) -> list[_Statement] | None:
    if len(sql) > MAX_TEXT:
        return None
    try:
        trees = parse(sql, dialect=_known(dialect))
    except (SqlglotError, RecursionError):
        return None
    return [_statement(tree) for tree in trees[:_MAX_STATEMENTS] if tree is not None]


def _known(dialect: str | None) -> str | None:
    name = _DIALECTS.get(dialect or "", dialect)
    return name if name in Dialect.classes else None


def _statement(tree: exp.Expr) -> _Statement:
    if isinstance(tree, exp.Query):
        into = tree.find(exp.Into)
        return _Statement(tree, _table(into.this) if into else None, tree)
    if isinstance(tree, exp.Create):
        if tree.args.get("kind") not in {"TABLE", "VIEW"}:
            return _Statement(tree, None, None)
        query = tree.expression
        is_query = isinstance(query, exp.Query)
        return _Statement(tree, _table(tree.this), query if is_query else None)
    if isinstance(tree, exp.Insert):
        query = tree.expression
        return _Statement(tree, _table(tree.this), query if isinstance(query, exp.Query) else None)
    if isinstance(tree, exp.Merge | exp.Update | exp.Delete):
        return _Statement(tree, _table(tree.this), None)
    return _Statement(tree, None, None)


def _table(node: exp.Expr | None) -> exp.Table | None:
    if isinstance(node, exp.Schema):
        node = node.this
    return node if isinstance(node, exp.Table) and node.name else None


def _sources(statement: _Statement) -> Iterator[exp.Table]:
    """Yield the tables that a statement reads: neither its target nor its own WITH names."""
    own = {cte.alias_or_name.lower() for cte in statement.tree.find_all(exp.CTE)}
    is_reading = isinstance(statement.tree, exp.Query | exp.Merge | exp.Update | exp.Delete)
    if not is_reading and statement.query is None:
        return
    for table in statement.tree.find_all(exp.Table):
        is_own = not table.db and table.name.lower() in own
        if table is not statement.target and table.name and not is_own:
            yield table


def _written(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _columns(
    statement: _Statement, dialect: str | None, fields: Mapping[str, Sequence[str]]
) -> Iterator[SqlColumn]:
    """Trace each field of the query; tables get flat names first, as a schema must be even."""
    assert statement.query is not None  # noqa: S101 - the caller has looked
    assert statement.target is not None  # noqa: S101 - as above
    target = _written(statement.target)
    query = statement.query.copy()
    if (into := query.find(exp.Into)) is not None:
        into.pop()
    names: dict[str, str] = {}
    own = {cte.alias_or_name.lower() for cte in query.find_all(exp.CTE)}
    for table in list(query.find_all(exp.Table)):
        if not table.name or (not table.db and table.name.lower() in own):
            continue
        flat = f"t{len(names)}"
        names[flat] = _written(table)
        alias = table.alias or table.name
        table.replace(exp.alias_(exp.to_table(flat), alias, table=True))
    schema = {
        flat: dict.fromkeys(fields[written], "unknown")
        for flat, written in names.items()
        if fields.get(written)
    }
    traced = lineage(None, query, schema=schema, dialect=_known(dialect))
    assert isinstance(traced, dict)  # noqa: S101 - one node for each field
    if len(traced) > _MAX_FIELDS:
        return
    as_known = {(written, field.lower()): field for written in fields for field in fields[written]}
    filled = _filled(statement, query, list(traced), as_known)
    for node, field in zip(traced.values(), filled, strict=True):
        for leaf in node.walk():
            # A dialect may have turned names to upper case on the way.
            flat = leaf.expression.name.lower() if isinstance(leaf.expression, exp.Table) else ""
            if flat in names:
                written = names[flat]
                name = exp.to_column(leaf.name).name
                yield SqlColumn(written, as_known.get((written, name.lower()), name), target, field)


def _filled(
    statement: _Statement,
    query: exp.Query,
    made: list[str],
    as_known: Mapping[tuple[str, str], str],
) -> list[str]:
    """Return the fields of the target that the query's fill, in order and as they are written."""
    schema = statement.tree.this
    if isinstance(schema, exp.Schema) and isinstance(statement.tree, exp.Insert):
        listed = [each.name for each in schema.expressions]
        if len(listed) == len(made):
            return listed
    as_written = {field: name for (_, field), name in as_known.items()}
    as_written.update((name.lower(), name) for name in query.named_selects)
    return [as_written.get(name.lower(), name) for name in made]
