"""Which fields of a table a query makes out of which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

from hub.spi.sql_reader import SqlColumn
from hub_sql_sqlglot.by_name import by_place
from hub_sql_sqlglot.changes import changes_of
from hub_sql_sqlglot.outer import with_outer_tables
from hub_sql_sqlglot.pivots import without_pivots
from hub_sql_sqlglot.returned import under_names
from hub_sql_sqlglot.statements import Statement, Text, is_name, is_own, written

# What tracing costs grows with the square of these, and with the product of fields and of ways
# through WITH. On one core each stays below a second.
_MAX_NODES: Final = 8_000
_MAX_SELECTS: Final = 200
_MAX_FIELDS: Final = 1_000
_MAX_WAYS: Final = 10_000

_Fields = Mapping[str, Sequence[str]]


def columns_of(text: Text, dialect: str | None, fields: _Fields) -> Iterator[SqlColumn]:
    """Trace the fields of every table that the text fills and leaves behind.

    A table that lives no longer than the text stands for the query that fills it.
    """
    # Not what passes and is filled by others, or with literal rows.
    named = {*text.inputs, *text.outputs}
    passing: dict[str, exp.Query | None] = {}
    defined: dict[str, list[exp.Expr]] = {}
    for each in text.statements:
        if len(each.targets) != 1:
            continue
        name = written(each.targets[0]).lower()
        if each.query is not None:
            queries = [_without_passing(each.query, passing)]
        else:
            changes = changes_of(each.tree, each.targets[0])
            queries = [_without_passing(query, passing) for query in changes]
        if name in text.passing:
            defined.setdefault(name, _listed(each.tree) or _alike(each.tree, fields))
            # One that is filled twice, or changed, is neither of the two.
            if queries:
                is_known = name not in passing and each.query is not None
                passing[name] = _filling(each, queries[0], defined[name]) if is_known else None
            continue
        for query in queries:
            if query is not None:
                with suppress(SqlglotError, RecursionError, ValueError, KeyError):
                    for column in list(_traced(each, query, dialect, fields)):
                        if column.source in named:
                            yield column


def _filling(
    statement: Statement, query: exp.Query | None, defined: list[exp.Expr]
) -> exp.Query | None:
    """Return the query that a passing table stands for, its fields named like the table's."""
    tree = statement.tree
    if query is None or not isinstance(tree, exp.Insert) or tree.args.get("by_name"):
        return query if query is None or not defined else under_names(query, defined)
    names = _listed(tree) or defined
    return under_names(query, names) if names else None


def _listed(tree: exp.Expr) -> list[exp.Expr]:
    """Return the names that a statement lists of the fields that it makes or fills, in order."""
    if not isinstance(tree, exp.Insert | exp.Create) or not isinstance(tree.this, exp.Schema):
        return []
    listed = tree.this.expressions
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Query):
        # With types it is a definition, of fields that some databases go on to find by name.
        return [] if any(isinstance(each, exp.ColumnDef) for each in listed) else [*listed]
    return [
        each.this if isinstance(each, exp.ColumnDef) else each
        for each in listed
        if isinstance(each, exp.ColumnDef | exp.Identifier)
    ]


def _alike(tree: exp.Expr, fields: _Fields) -> list[exp.Expr]:
    """Return the names of the fields of a table that is made like another."""
    like = tree.find(exp.LikeProperty) if isinstance(tree, exp.Create) else None
    known = fields.get(written(like.this), ()) if like and isinstance(like.this, exp.Table) else ()
    return [exp.to_identifier(each) for each in known]


def _without_passing(query: exp.Query, passing: Mapping[str, exp.Query | None]) -> exp.Query | None:
    """Return a query with passing tables' own queries in their place; None if one has none."""
    query = query.copy()
    if (into := query.find(exp.Into)) is not None:
        into.pop()
    for table in list(query.find_all(exp.Table)):
        name = written(table).lower()
        if name not in passing or is_own(table):
            continue
        source = passing[name]
        if source is None:
            return None
        table.replace(
            exp.Subquery(this=source.copy(), alias=exp.to_identifier(table.alias_or_name))
        )
    return query if sum(1 for _ in query.walk()) <= _MAX_NODES else None


def _traced(
    statement: Statement, query: exp.Query, dialect: str | None, fields: _Fields
) -> Iterator[SqlColumn]:
    """Trace each field of the query; tables get flat names first, as a schema must be even."""
    target = written(statement.targets[0])
    names: dict[str, str] = {}
    without_pivots(query, fields, dialect)
    with_outer_tables(query, fields)
    for table in list(query.find_all(exp.Table)):
        if is_name(table) and not is_own(table):
            flat = f"t{len(names)}"
            names[flat] = written(table)
            alias = table.alias or table.name
            table.replace(exp.alias_(exp.to_table(flat), alias, table=True))
    if not _is_bounded(query, fields):
        return
    schema = {
        flat: dict.fromkeys(fields[name], "unknown")
        for flat, name in names.items()
        if fields.get(name)
    }
    lined_up = by_place(query, schema, dialect)
    traced = lineage(None, lined_up, schema=schema, dialect=dialect, trim_selects=False)
    assert isinstance(traced, dict)  # noqa: S101 - one node for each field
    if len(traced) > _MAX_FIELDS:
        return
    as_known = {(name, field.lower()): field for name in fields for field in fields[name]}
    filled = _filled(statement, target, query, list(traced), as_known)
    for node, field in zip(traced.values(), filled, strict=True):
        for leaf in _made_of(node):
            # A dialect may have turned names to upper case on the way.
            flat = leaf.expression.name.lower() if isinstance(leaf.expression, exp.Table) else ""
            # What a field becomes out of others of its own table is no lineage between tables.
            if (
                field is not None
                and flat in names
                and (statement.query or names[flat].lower() != target.lower())
            ):
                source, name = names[flat], exp.to_column(leaf.name).name
                known = as_known.get((source, name.lower()), None if fields.get(source) else name)
                # Else it is no field, but what the query calls something.
                if known is not None and known != "*":
                    yield SqlColumn(source, known, target, field)


def _made_of(node: Node) -> Iterator[Node]:
    """Yield what a field is made of, but not of what a query has not.

    Where a field is missing, as behind a star that stands for fewer than there are by now, the
    tracer takes all that the query has.
    """
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if not (isinstance(each.expression, exp.Query) and each.expression is each.source):
            yield each
            waiting += each.downstream


def _is_bounded(query: exp.Query, fields: _Fields) -> bool:
    """Whether tracing is little work: each way from a field through WITH is gone by itself."""
    selects = sum(1 for _ in query.find_all(exp.Select))
    if selects > _MAX_SELECTS or len(query.selects) > _MAX_FIELDS:
        return False
    ways: dict[str, int] = {}
    for each in query.find_all(exp.CTE, bfs=False):
        tables = (table.name.lower() for table in each.find_all(exp.Table))
        ways[each.alias_or_name.lower()] = 1 + sum(ways.get(name, 0) for name in tables)
    most = sum(ways.get(table.name.lower(), 1) for table in query.find_all(exp.Table))
    widest = max((len(each) for each in fields.values()), default=0)
    return most * max(widest, len(query.selects)) <= _MAX_WAYS


def _filled(
    statement: Statement,
    target: str,
    query: exp.Query,
    made: list[str],
    as_known: Mapping[tuple[str, str], str],
) -> Sequence[str | None]:
    """Return the fields of the target that the query's fill, in order and as they are written.

    Where nothing lists them they are found by name, if all are, else by place, if none is left;
    None where the two lead to different fields.
    """
    tree = statement.tree
    listed = [each.name for each in _listed(tree)]
    if listed and len(listed) == len(made):
        return listed
    if isinstance(tree, exp.Insert) and not tree.args.get("by_name"):
        known = [field for name, field in as_known.items() if name[0] == target]
        places = {name.lower(): place for place, name in enumerate(known)}
        taken = [places.get(name.lower()) for name in made]
        if None in taken and len(known) == len(made):
            return known
        if None not in taken and taken != sorted(places[name.lower()] for name in made):
            return [known[at] if at == place else None for at, place in enumerate(taken)]
    as_written = {field: name for (_, field), name in as_known.items()}
    as_written.update((name.lower(), name) for name in query.named_selects)
    return [as_written.get(name.lower(), name) for name in made]
