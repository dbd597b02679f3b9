"""Statements in forms of one database, as the plainer ones that do the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import TokenType, exp, parse, parse_one, tokenize
from sqlglot.tokenizer_core import Token

from hub_sql_sqlglot.renames import Renaming, as_flow, plain_renames, renaming
from hub_sql_sqlglot.returned import with_changes_apart
from hub_sql_sqlglot.scripts import name_passing, statements_of

_DELETES: Final = re.compile(r"\bdelete\s+where\b", re.IGNORECASE)
# Two forms that are not parsed: MySQL's, and SQL Server's of what stands first.
_RENAME_AS: Final = re.compile(r"(\balter\s+table\s+\S+\s+rename)\s+as\b", re.IGNORECASE)
_PROCEDURE: Final = re.compile(r"\A\s*((?:sys\.)?sp_rename)\b", re.IGNORECASE)
# Views that have no rows yet, tables that go with a transaction, and copies of tables as they once
# were; none is parsed.
_VIEW: Final = re.compile(
    r"\A(materialized\s+view\b.*)\bwith\s+(?:no\s+)?data\s*\Z", re.IGNORECASE | re.DOTALL
)
_DROPPED: Final = re.compile(
    r"\A((?:(?:global|local)\s+)?temp(?:orary)?\s.*?)\bon\s+commit\s+drop\b(.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_CLONE: Final = re.compile(
    r"\A(?:or\s+replace\s+)?(table\s[^()]+?)\b(?:shallow|deep)(\s+clone\s+[^\s()]+)"
    r"(?:\s+(?:version|timestamp)\s+as\s+of\s.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED: Final = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING})


def plain_statements(sql: str, dialect: str | None) -> list[exp.Expr]:
    """Parse a text into statements that fill one table each by a query of their own.

    Raises:
        SqlglotError: it is no SQL of the dialect.

    """
    sql = _RENAME_AS.sub(r"\1 to", sql)
    if dialect == "tsql":
        sql = _PROCEDURE.sub(r"exec \1", sql)
    if _DELETES.search(sql):
        sql = _with_deletes_apart(sql, dialect)
    parsed = [
        _made_at_all(tree, dialect) for tree in parse(sql, dialect=dialect) if tree is not None
    ]
    trees = [each for tree in parsed for each in statements_of(tree)]
    if dialect == "tsql":
        for tree in trees:
            name_passing(tree)
    return [
        plain
        for tree in trees
        for each in with_changes_apart(tree)
        for plain in _plain(each, dialect)
    ]


def under_last_names(trees: Sequence[exp.Expr]) -> list[exp.Expr]:
    """Put the new name of a table that the text makes and then renames in the place of its old.

    One that the text has not made gets, under its new name, what it has under its old one; but for
    what makes room for another, to be dropped.
    """
    done: list[exp.Expr] = []
    for at, tree in enumerate(trees):
        found = renaming(tree)
        is_made = found is not None and any(_makes(each, found.old) for each in done)
        if found is None or (found.is_swap and not is_made):
            done.append(tree)
        elif not is_made:
            if not any(_drops(each, found.new) for each in trees[at + 1 :]):
                done.append(as_flow(found))
        else:
            # What had the name before has made room for it.
            done = [each for each in done if not _drops(each, found.new)]
            _rename_in(done, found)
    return done


def _rename_in(trees: Sequence[exp.Expr], found: Renaming) -> None:
    for tree in trees:
        for table in [each for each in tree.find_all(exp.Table) if _is(each, found.old)]:
            for part in ("this", "db", "catalog"):
                given = found.new.args.get(part)
                table.set(part, given.copy() if given else None)


def _plain(tree: exp.Expr, dialect: str | None) -> Iterator[exp.Expr]:
    if isinstance(tree, exp.MultitableInserts):
        yield from _one_by_one(tree)
        return
    if isinstance(tree, exp.Command | exp.Execute) and (renames := [*plain_renames(tree, dialect)]):
        yield from renames
        return
    if isinstance(tree, exp.Command) and tree.name.upper() == "UNLOAD":
        tree = _unloaded(tree.text("expression"), dialect) or tree
    if isinstance(tree, exp.Command) and tree.name.upper() == "REPLACE":
        # REPLACE INTO, which is not parsed.
        tree = parse_one(f"INSERT {tree.expression.name}", dialect=dialect)
    if isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Query):
        _define(tree.expression, tree.args.get("with_"))
    yield tree


def _made_at_all(tree: exp.Expr, dialect: str | None) -> exp.Expr:
    """Return what makes a view or a table, without what it says of when there are rows."""
    if isinstance(tree, exp.Command) and tree.name.upper() == "CREATE":
        text = tree.text("expression").strip()
        if found := _VIEW.match(text) or _DROPPED.match(text) or _CLONE.match(text):
            return parse_one(f"create {' '.join(found.groups())}", dialect=dialect)
    return tree


def _unloaded(text: str, dialect: str | None) -> exp.Expr | None:
    """Return the query of ``(SELECT …) TO 's3://…'``; Redshift has it in quotes."""
    tokens = tokenize(text, read=dialect)
    depth = 0
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth == 0:
            inside = [each for each in tokens if each.end < token.start][1:]
            is_quoted = len(inside) == 1 and inside[0].token_type in _QUOTED
            query = inside[0].text if is_quoted else text[tokens[0].end + 1 : token.start]
            return parse_one(query, dialect=dialect)
    return None


def _define(query: exp.Query, defining: exp.Expr | None) -> None:
    """Let a query see what a WITH before its statement defines."""
    if isinstance(defining, exp.With):
        # Its own come last: they hide what is defined around them, and may be made from it.
        own = query.args.get("with_")
        defining = defining.copy()
        if isinstance(own, exp.With):
            defining.set("expressions", [*defining.expressions, *own.expressions])
            defining.set("recursive", defining.recursive or own.recursive)
        query.set("with_", defining)


def _one_by_one(tree: exp.MultitableInserts) -> Iterator[exp.Insert]:
    """Yield an INSERT for each part: Hive's select from what is common, others take its rows."""
    source = tree.args["source"]
    for part in tree.expressions:
        insert = part.this if isinstance(part, exp.ConditionalInsert) else part
        insert = insert.copy()
        values = insert.expression
        if isinstance(values, exp.SetOperation):
            continue  # Which of its queries begin with what is common is not known.
        if isinstance(values, exp.Select):
            _select_from(values, source.copy())
        else:
            rows = exp.Subquery(this=source.copy(), alias=exp.to_identifier("rows"))
            taken = values.expressions[0].expressions if isinstance(values, exp.Values) else []
            fields = [each.copy() for each in taken] or [exp.Star()]
            insert.set("expression", exp.Select(expressions=fields, from_=exp.From(this=rows)))
        _define(insert.expression, tree.args.get("with_"))
        yield insert


def _select_from(query: exp.Select, source: exp.Expr) -> None:
    for kind in ("joins", "laterals"):
        if found := source.args.get(kind):
            source.set(kind, None)
            query.set(kind, [*found, *(query.args.get(kind) or ())])
    query.set("from_", exp.From(this=source))


def _makes(tree: exp.Expr, name: exp.Table) -> bool:
    if isinstance(tree, exp.Create):
        made = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return _is(made, name)
    return any(_is(into.this, name) for into in tree.find_all(exp.Into))


def _drops(tree: exp.Expr, name: exp.Table) -> bool:
    return isinstance(tree, exp.Drop) and any(_is(each, name) for each in tree.find_all(exp.Table))


def _is(table: exp.Expr, other: exp.Table) -> bool:
    """Whether two tables are written alike."""
    if not isinstance(table, exp.Table):
        return False
    mine, theirs = ([part.name.lower() for part in each.parts] for each in (table, other))
    return mine == theirs


def _with_deletes_apart(sql: str, dialect: str | None) -> str:
    """Return a text in which Oracle's DELETE WHERE of a MERGE is a WHEN of its own."""
    tokens = tokenize(sql, read=dialect)
    parts, copied, is_merge = [], 0, False
    for at, token in enumerate(tokens[:-1]):
        if at == 0 or tokens[at - 1].token_type is TokenType.SEMICOLON:
            is_merge = token.token_type is TokenType.MERGE
        where = tokens[at + 1]
        if is_merge and token.token_type is TokenType.DELETE and where.text.upper() == "WHERE":
            end = _end_of_condition(tokens, at + 2)
            condition = sql[where.end + 1 : end]
            parts += [sql[copied : token.start], f"when matched and ({condition}) then delete "]
            copied = end
    return "".join([*parts, sql[copied:]])


def _end_of_condition(tokens: Sequence[Token], begin: int) -> int:
    """Return where in the text the condition ends that begins with a token."""
    for token, following in zip(tokens[begin:], tokens[begin + 1 :], strict=False):
        is_next = token.text.upper() == "WHEN" and following.text.upper() in ("MATCHED", "NOT")
        if is_next or token.token_type is TokenType.SEMICOLON:
            return token.start
    last = tokens[-1]
    return last.start if last.token_type is TokenType.SEMICOLON else last.end + 1
