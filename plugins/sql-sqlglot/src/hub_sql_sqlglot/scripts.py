"""What a script has around its statements: conditions, blocks, routines, names of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sqlglot import exp
from sqlglot.errors import ParseError

# What begins with these is not parsed, and what comes behind them may be inside of it.
_OPENING: Final = frozenset(
    {"BEGIN", "CASE", "ELSE", "END", "FOR", "IF", "LOOP", "REPEAT", "WHILE"},
)
_ROUTINE: Final = re.compile(
    r"(or\s+(replace|alter)\s+)?(definer\s*=\s*\S+\s+)?(function|procedure|trigger|package)\b",
    re.IGNORECASE,
)
_BLOCK: Final = re.compile(r"\bbegin\b", re.IGNORECASE)
_PASSING: Final = re.compile(r"(or\s+replace\s+)?((global|local)\s+)?temp(orary)?\b", re.IGNORECASE)
_TEXTS: Final = (exp.Heredoc, exp.Literal, exp.National, exp.RawString)


def statements_of(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the statements that a part of a script runs; of branches all, as each may be taken.

    Raises:
        ParseError: it is a block that is not parsed, and nobody knows where that ends.

    """
    if isinstance(tree, exp.IfBlock):
        yield from _within(tree.args.get("true"))
        yield from _within(tree.args.get("false"))
    elif isinstance(tree, exp.WhileBlock):
        yield from _within(tree.args.get("body"))
    elif isinstance(tree, exp.Command):
        if _hides(tree):
            message = "where the block ends is not known"
            raise ParseError(message)
        yield tree
    elif isinstance(tree, exp.Create) and tree.args.get("kind") in ("FUNCTION", "PROCEDURE"):
        _pass_by(tree)
    elif isinstance(tree, exp.Declare):
        yield from _variables(tree)
    elif not isinstance(tree, exp.EndStatement):
        yield tree


def name_passing(tree: exp.Expr) -> None:
    """Name what lives no longer than a session, in SQL Server, as nothing else can be named."""
    for name in list(tree.find_all(exp.Identifier)):
        if name.args.get("temporary") and not name.name.startswith("@"):
            name.replace(_passing(f"#{name.name}"))
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Parameter):
            table.set("this", _variable(table.this))


def _within(block: exp.Expr | None) -> Iterator[exp.Expr]:
    if isinstance(block, exp.Block):
        for each in block.expressions:
            yield from statements_of(each)
    elif isinstance(block, exp.Expr):
        yield from statements_of(block)


def _hides(command: exp.Command) -> bool:
    """Whether a command opens a block, or makes a table that has no name behind it."""
    keyword, text = command.name.upper(), command.text("expression").strip()
    if keyword == "CREATE":
        is_routine = _ROUTINE.match(text) and _BLOCK.search(text)
        return bool(is_routine or _PASSING.match(text))
    return keyword in _OPENING


def _pass_by(routine: exp.Create) -> None:
    """Look whether a routine, which is made and not run, is all that its statement has."""
    body = routine.expression
    parts = body.expressions if isinstance(body, exp.Block) else [body]
    if routine.args["kind"] == "PROCEDURE" and not all(isinstance(each, _TEXTS) for each in parts):
        message = "where the procedure ends is not known"
        raise ParseError(message)


def _variables(declared: exp.Declare) -> Iterator[exp.Create]:
    for item in declared.expressions:
        if isinstance(item.args.get("kind"), exp.Schema):
            for each in item.this:
                table = exp.Table(this=_variable(each))
                schema = exp.Schema(this=table, expressions=item.args["kind"].expressions)
                yield exp.Create(this=schema, kind="TABLE")


def _variable(parameter: exp.Expr) -> exp.Identifier:
    return _passing(f"@{parameter.name}")


def _passing(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True, temporary=True)
