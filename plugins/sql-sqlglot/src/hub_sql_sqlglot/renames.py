"""Tables that are given other names, in whatever form a database has for that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from sqlglot import TokenType, exp, parse_one, tokenize

_TEXTS: Final = (exp.Literal, exp.National)
_PLAIN: Final = re.compile(r"[^.\[\]\"]+")
# More in one statement are more than a text may have.
_MAX_PAIRS: Final = 60


class Renaming(NamedTuple):
    """That a table gets another name, in full; ``is_swap`` where each gets the other's."""

    old: exp.Table
    new: exp.Table
    is_swap: bool = False


def plain_renames(tree: exp.Expr, dialect: str | None) -> Iterator[exp.Expr]:
    """Yield an ALTER TABLE for each table that a statement of another form renames."""
    if isinstance(tree, exp.Command) and tree.name.upper() == "RENAME":
        pairs = _of_rename(tree, dialect)
    elif isinstance(tree, exp.Execute):
        pairs = _of_procedure(tree)
    else:
        return
    for old, new in islice(pairs, _MAX_PAIRS):
        yield exp.Alter(this=old, kind="TABLE", actions=[exp.AlterRename(this=new)])


def renaming(tree: exp.Expr) -> Renaming | None:
    """Return what an ALTER renames."""
    if not isinstance(tree, exp.Alter) or len(tree.args["actions"]) != 1:
        return None
    [action] = tree.args["actions"]
    if not isinstance(action, exp.AlterRename | exp.SwapTable):
        return None
    is_swap = isinstance(action, exp.SwapTable)
    old, new = (action.this, tree.this) if is_swap else (tree.this, action.this)
    if not (isinstance(old, exp.Table) and isinstance(new, exp.Table)):
        return None
    new = new.copy()
    if not new.db:
        new.set("db", old.args.get("db"))
        new.set("catalog", old.args.get("catalog"))
    return Renaming(old.copy(), new, is_swap)


def as_flow(found: Renaming) -> exp.Create:
    """Return the statement that fills a table as renaming another one does."""
    query = exp.Select(expressions=[exp.Star()], from_=exp.From(this=found.old))
    return exp.Create(this=found.new, kind="TABLE", expression=query)


def _of_rename(tree: exp.Command, dialect: str | None) -> Iterator[tuple[exp.Table, exp.Table]]:
    """Read ``RENAME [TABLE] a TO b, c TO d``, which is not parsed."""
    text = tree.text("expression")
    tokens = tokenize(text, read=dialect)
    start = 1 if tokens and tokens[0].text.upper() in ("TABLE", "TABLES") else 0
    names: list[str] = []
    begin = len(text)
    for token in tokens[start:]:
        is_word = token.token_type is not TokenType.IDENTIFIER
        if is_word and token.text.upper() in ("TO", ",", "ON"):
            names.append(text[begin : token.start])
            begin = len(text)
            if token.text.upper() == "ON":
                break
        else:
            begin = min(begin, token.start)
    names.append(text[begin:])
    for pair in zip(names[::2], names[1::2], strict=False):
        old, new = (parse_one(name, into=exp.Table, dialect=dialect) for name in pair)
        # With more words than a name it renames something else, such as a user.
        if not (old.alias or new.alias):
            yield old, new


def _of_procedure(tree: exp.Execute) -> Iterator[tuple[exp.Table, exp.Table]]:
    """Read ``EXEC sp_rename 'dbo.a', 'b'``; with a third argument it is mostly no table's name."""
    if not isinstance(tree.this, exp.Table) or tree.this.name.lower() != "sp_rename":
        return
    given: dict[str, exp.Expr] = {}
    for name, each in zip(("objname", "newname", "objtype"), tree.expressions, strict=False):
        is_named = isinstance(each, exp.EQ)
        given[each.this.name.lower() if is_named else name] = each.expression if is_named else each
    old, new = given.get("objname"), given.get("newname")
    if given.keys() != {"objname", "newname"} or not isinstance(old, _TEXTS):
        return
    # The new name is one part, whatever is in it.
    if isinstance(new, _TEXTS) and _PLAIN.fullmatch(new.name):
        table = exp.Table(this=exp.to_identifier(new.name, quoted=True))
        yield parse_one(old.name, into=exp.Table, dialect="tsql"), table
