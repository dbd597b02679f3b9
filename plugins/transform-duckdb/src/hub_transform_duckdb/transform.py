"""Runs a SELECT over Arrow tables that stand under their lake names: ``from bronze.rides``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from msgspec import Struct

from hub.domain.errors import InvalidInput
from hub.spi.transform import Outcome
from hub_transform_duckdb.lineage import read_columns
from hub_transform_duckdb.statement import refuse_all_but_one_query

_NAME = re.compile(r"[\w-]+\.[\w-]+")
# 128-bit integers have no Arrow type: as decimals the largest of them change their value.
_WIDE = re.compile(r"\bU?HUGEINT\b")


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step's options. Beyond ``memory_limit`` the engine continues on disk."""

    threads: int = 2
    memory_limit: str = "2GB"


class DuckDBTransform:
    """See ``hub.spi.transform.Transform``."""

    def run(self, sql: str, inputs: Mapping[str, pa.Table], options: Mapping[str, Any]) -> Outcome:
        """Raises InvalidInput for SQL that is not one repeatable SELECT, besides the engine's."""
        with _connected(_options(options)) as connection:
            schemas = {name: _register(connection, name, rows) for name, rows in inputs.items()}
            connection.execute("set lock_configuration = true")
            fields = {field for schema in schemas.values() for field in schema}
            refuse_all_but_one_query(connection, sql, fields)
            table = _narrow(connection.sql(sql)).to_arrow_table()
        return Outcome(table=table, columns=read_columns(sql, schemas, table.column_names))


def _options(given: Mapping[str, Any]) -> Options:
    try:
        options = msgspec.convert(dict(given), Options)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"options of a DuckDB transform: {error}",
            fix="they are threads (a number) and memory_limit (such as 4GB)",
        ) from error
    if options.threads < 1:
        raise InvalidInput(f"options of a DuckDB transform: {options.threads} threads run nothing")
    return options


@contextmanager
def _connected(options: Options) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an engine that can reach nothing but what is registered with it."""
    with TemporaryDirectory(prefix="hub-transform-") as spill:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": options.threads,
                "memory_limit": options.memory_limit,
                "temp_directory": spill,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            },
        )
        try:
            # After the connection is made: the engine would refuse the folder to itself.
            connection.execute("set enable_external_access = false")
            # Days and weeks are cut the same way on every machine.
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


def _register(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> dict[str, str]:
    """Make rows selectable under their lake name; return the engine's types of their fields."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name} cannot be named in SQL", fix="read datasets that are called LAYER.NAME"
        )
    layer, table = name.split(".")
    connection.register(name, rows)
    connection.execute(f'create schema if not exists "{layer}"')
    connection.execute(f'create view "{layer}"."{table}" as select * from "{name}"')  # noqa: S608  # no quotes in it
    view = connection.table(f'"{layer}"."{table}"')
    return {field: str(kind) for field, kind in zip(view.columns, view.types, strict=True)}


def _narrow(result: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the result with 128-bit integers, such as sums, as BIGINT; too large ones raise."""
    _refuse_twins(result.columns)
    types = [str(kind) for kind in result.types]
    if not any(map(_WIDE.search, types)):
        return result
    return result.project(
        ", ".join(_narrowed(*field) for field in zip(result.columns, types, strict=True))
    )


def _narrowed(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if _WIDE.fullmatch(kind):
        return f"cast({quoted} as bigint) as {quoted}"
    if _WIDE.search(kind):
        raise InvalidInput(
            f"field {name} is {kind}, and no dataset can store 128-bit integers",
            fix="cast the numbers in it to BIGINT or DECIMAL",
        )
    return quoted


def _refuse_twins(names: Sequence[str]) -> None:
    counts = Counter(name.lower() for name in names)
    if twins := sorted(name for name, count in counts.items() if count > 1):
        raise InvalidInput(
            f"the result has more than one field called {', '.join(twins)}",
            fix="give each its own name with AS",
        )
