"""Runs quality rules over one Arrow table, in a DuckDB that reaches nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from hub.spi.gate import Check, CheckResult
from hub_gate_duckdb.rules import TABLE, broken, expectation, measurement

_EXAMPLES = 5
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class DuckDBGate:
    """See ``hub.spi.gate.GateRunner``."""

    def run(self, table: pa.Table, checks: Sequence[Check]) -> list[CheckResult]:
        """Return one result per check, in order.

        Raises:
            InvalidInput: a check cannot be run; it is named.

        """
        database = duckdb.connect(config=_CONFIG)
        try:
            database.register(TABLE, table)
            database.execute("set enable_external_access = false")
            database.execute("set lock_configuration = true")
            return [_run(database, table, check) for check in checks]
        finally:
            database.close()


def _run(database: duckdb.DuckDBPyConnection, table: pa.Table, check: Check) -> CheckResult:
    expected = expectation(check)
    condition, query = measurement(check, table.column_names)
    found = _measured(database, check, query)
    shown = found
    if check.rule.get("unit") == "percent":
        found = Decimal(100) * found / table.num_rows if table.num_rows else Decimal(0)
        shown = round(found, 2)
    passed = expected.holds(found)
    examples: tuple[bytes, ...] = ()
    failing = None
    if condition is not None and not passed:
        failing = int(_measured(database, check, _count(condition)))
        examples = _examples(database, condition)
    unit = " percent" if check.rule.get("unit") == "percent" else ""
    return CheckResult(
        check=check,
        passed=passed,
        expected=expected.words,
        actual=f"{shown}{unit}",
        failing_rows=failing,
        rows=table.num_rows,
        examples=examples,
    )


def _count(condition: str) -> str:
    return f"select count(*) from (select 1 from {TABLE} where {condition})"  # noqa: S608 - built of quoted parts


def _measured(database: duckdb.DuckDBPyConnection, check: Check, query: str) -> Decimal:
    try:
        kinds = [statement.type.name for statement in database.extract_statements(query)]
        if kinds != ["SELECT"]:
            raise broken(check, "its query is not one SELECT")
        rows = database.execute(query).fetchmany(2)
    except duckdb.Error as error:
        raise broken(check, str(error).partition("\n")[0]) from error
    if len(rows) != 1 or len(rows[0]) != 1:
        raise broken(check, "its query does not give one value")
    value: Any = rows[0][0]
    if value is None or isinstance(value, str | bytes):
        raise broken(check, f"its query gives {value!r}, no number")
    return Decimal(str(int(value) if isinstance(value, bool) else value))


def _examples(database: duckdb.DuckDBPyConnection, condition: str) -> tuple[bytes, ...]:
    rows = database.sql(f"select * from {TABLE} where {condition} limit {_EXAMPLES}")  # noqa: S608 - built of quoted parts
    return tuple(
        msgspec.json.encode(row, enc_hook=str) for row in rows.to_arrow_table().to_pylist()
    )
