"""Tables and fields of statements, as sqlglot parses them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import Dialect, TokenType, tokenize
from sqlglot.errors import ParseError, SqlglotError, TokenError

from hub.spi.sql_reader import SqlColumn, SqlComplaint, SqlTables
from hub_sql_sqlglot.fields import columns_of
from hub_sql_sqlglot.plain import plain_statements, under_last_names
from hub_sql_sqlglot.statements import Text, text_of

# Both in a second or less on one core.
MAX_TEXT: Final = 100_000
MAX_TRACED: Final = 30_000
_MAX_STATEMENTS: Final = 50
_MAX_MESSAGE: Final = 300

# What is left of a template, also where it is but part of a literal.
_TEMPLATE: Final = re.compile(r"\{\{|\{%|\$\{")
# How it names what it lacks.
_CLASS: Final = re.compile(r"<class '[\w.]*?(\w+)'>")
# What it says of a literal or a name that has no end, before it says where.
_UNENDED: Final = re.compile(r"Missing \S+")
# Names more tables than one.
_WILD: Final = "*"

# What OpenLineage and its namespaces call databases, where sqlglot has another name.
_DIALECTS: Final = {
    "postgresql": "postgres",
    "sqlserver": "tsql",
    "mssql": "tsql",
    "synapse": "tsql",
    "awsathena": "athena",
    "mariadb": "mysql",
    "sparksql": "spark",
    "spark_sql": "spark",
    "hdfs": "spark",
    "dbfs": "databricks",
    "unitycatalog": "databricks",
    "spanner": "bigquery",
    "oceanbase": "mysql",
    "crate": "postgres",
}

# It warns of what it skips; the caller can do nothing about a stranger's SQL.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class Sqlglot:
    """Reads tables from any statement, fields from those that fill a table by a query."""

    def tables(self, sql: str, dialect: str | None) -> SqlTables | None:
        """Return what the statements of a text read and write."""
        try:
            text = _read(sql, dialect, MAX_TEXT)
        except _UnreadError:
            return None
        inputs, outputs = (tuple(dict.fromkeys(names)) for names in (text.inputs, text.outputs))
        return SqlTables(inputs, outputs) if inputs or outputs else None

    def complaint(self, sql: str, dialect: str | None) -> SqlComplaint | None:
        """Return why a text cannot be read for certain."""
        try:
            _read(sql, dialect, MAX_TEXT)
        except _UnreadError as error:
            return error.complaint
        return None

    def columns(
        self, sql: str, dialect: str | None, fields: Mapping[str, Sequence[str]]
    ) -> Sequence[SqlColumn]:
        """Return how fields are made; nothing for a statement whose names lead nowhere."""
        try:
            text = _read(sql, dialect, MAX_TRACED)
        except _UnreadError:
            return ()
        known = {name: tuple(each) for name, each in fields.items()}
        found = columns_of(text, _known(dialect), known)
        return tuple(dict.fromkeys(found))


class _UnreadError(Exception):
    """A text cannot be read for certain."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.complaint = SqlComplaint(message[:_MAX_MESSAGE], line, column)


def _read(sql: str, dialect: str | None, most: int) -> Text:
    """Return what a text does.

    Raises:
        _UnreadError: it cannot be read for certain.

    """
    if len(sql) > most:
        message = f"it is longer than {most:,} characters"
        raise _UnreadError(message)
    try:
        if _TEMPLATE.search(sql) and _is_template(sql, dialect):
            message = "a template has left {{ … }}, {% … %} or ${ … } in it"
            raise _UnreadError(message)
        trees = plain_statements(sql, _known(dialect))
    except SqlglotError as error:
        raise _not_parsed(error) from error
    except RecursionError as error:
        message = "it is nested too deeply"
        raise _UnreadError(message) from error
    if len(trees) > _MAX_STATEMENTS:
        message = f"it has more than {_MAX_STATEMENTS} statements"
        raise _UnreadError(message)
    text = text_of(under_last_names(trees))
    if wild := next((name for name in (*text.inputs, *text.outputs) if _WILD in name), None):
        message = f"{wild} stands for several tables"
        raise _UnreadError(message)
    return text


def _not_parsed(error: SqlglotError) -> _UnreadError:
    """Return what the parser says, without the text around it."""
    if isinstance(error, TokenError):
        unended = _UNENDED.match(str(error.__cause__))
        return _UnreadError(unended[0] if unended else "it has a token that cannot be read")
    first = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    message = _CLASS.sub(r"\1", first.get("description") or str(error))
    return _UnreadError(message.rstrip("."), first.get("line"), first.get("col"))


def _is_template(sql: str, dialect: str | None) -> bool:
    """Whether a text is not all SQL yet; what it has in quotes does not count."""
    tokens = (each for each in tokenize(sql, read=_known(dialect)))
    code = " ".join(
        each.text
        for each in tokens
        if each.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
    )
    return any(mark in code for mark in ("{ {", "{{", "{%", "$ {", "${"))


def _known(dialect: str | None) -> str | None:
    name = _DIALECTS.get(dialect or "", dialect)
    return name if name in Dialect.classes else None
