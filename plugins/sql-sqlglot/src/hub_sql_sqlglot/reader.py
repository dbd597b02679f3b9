"""Tables and fields of statements, as sqlglot parses them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import Dialect, TokenType, tokenize
from sqlglot.errors import SqlglotError

from hub.spi.sql_reader import SqlColumn, SqlTables
from hub_sql_sqlglot.fields import columns_of
from hub_sql_sqlglot.plain import plain_statements, under_last_names
from hub_sql_sqlglot.statements import Text, text_of

# Both in a second or less on one core.
MAX_TEXT: Final = 100_000
MAX_TRACED: Final = 30_000
_MAX_STATEMENTS: Final = 50

# What is left of a template, also where it is but part of a literal.
_TEMPLATE: Final = re.compile(r"\{\{|\{%|\$\{")
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
        text = _read(sql, dialect, MAX_TEXT)
        if text is None:
            return None
        inputs, outputs = (tuple(dict.fromkeys(names)) for names in (text.inputs, text.outputs))
        return SqlTables(inputs, outputs) if inputs or outputs else None

    def columns(
        self, sql: str, dialect: str | None, fields: Mapping[str, Sequence[str]]
    ) -> Sequence[SqlColumn]:
        """Return how fields are made; nothing for a statement whose names lead nowhere."""
        text = _read(sql, dialect, MAX_TRACED)
        if text is None:
            return ()
        known = {name: tuple(each) for name, each in fields.items()}
        found = columns_of(text, _known(dialect), known)
        return tuple(dict.fromkeys(found))


def _read(sql: str, dialect: str | None, most: int) -> Text | None:
    """Return what a text does; None where it cannot be read for certain."""
    if len(sql) > most:
        return None
    try:
        if _TEMPLATE.search(sql) and _is_template(sql, dialect):
            return None
        trees = plain_statements(sql, _known(dialect))
    except (SqlglotError, RecursionError):
        return None
    if len(trees) > _MAX_STATEMENTS:
        return None
    text = text_of(under_last_names(trees))
    return None if any(_WILD in name for name in (*text.inputs, *text.outputs)) else text


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
