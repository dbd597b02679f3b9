"""One SELECT over Arrow tables, in a DuckDB that reaches nothing but these tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from hub.domain.errors import InvalidInput
from hub.spi.transform import Outcome
from hub_transform_duckdb.columns import trace_columns

_THREADS = 2


class DuckDBTransform:
    """See ``hub.spi.transform.Transform``. Options: ``threads``, ``memory_limit`` (``2GB``)."""

    def run(self, sql: str, inputs: Mapping[str, pa.Table], options: Mapping[str, Any]) -> Outcome:
        """Return the output of a single SELECT.

        Raises:
            InvalidInput: the text is not exactly one SELECT.
            duckdb.Error: the engine's own, for whatever else is wrong.

        """
        database = duckdb.connect(
            config={
                "threads": int(options.get("threads", _THREADS)),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        try:
            if "memory_limit" in options:
                database.execute("set memory_limit = ?", [str(options["memory_limit"])])
            _check_single_select(database, sql)
            for number, (name, table) in enumerate(inputs.items()):
                schema, _, dataset = name.partition(".")
                database.register(f"input_{number}", table)
                database.execute(f'create schema if not exists "{schema}"')
                database.execute(f'create view "{schema}"."{dataset}" as from input_{number}')
            # Only now: registered tables must stay readable, and files never become so.
            database.execute("set enable_external_access = false")
            database.execute("set lock_configuration = true")
            output: pa.Table = database.sql(sql).to_arrow_table()
        finally:
            database.close()
        return Outcome(table=output, columns=trace_columns(sql, inputs, output.column_names))


def _check_single_select(database: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = database.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        found = ", ".join(kinds) or "nothing"
        raise InvalidInput(
            f"a transform is one SELECT statement; this is {found}",
            fix="move other statements out of the transform",
        )
