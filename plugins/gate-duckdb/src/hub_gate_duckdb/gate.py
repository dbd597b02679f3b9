"""Runs quality rules over one Arrow table, in a DuckDB that reaches nothing else.

All metrics that count rows share one scan; uniqueness, and rules in SQL, have a query each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import duckdb
import msgspec
import pyarrow as pa

from hub.spi.gate import Check, CheckResult, Outcome
from hub_gate_duckdb.batch import register, takeable
from hub_gate_duckdb.errors import Unevaluable
from hub_gate_duckdb.rules import (
    Expectation,
    Measurement,
    Query,
    Rows,
    expectation,
    is_percent,
    measurement,
)
from hub_gate_duckdb.sql import FIELDS, ROW

_EXAMPLES = 5
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

Database: TypeAlias = duckdb.DuckDBPyConnection
# A measured number, or why there is none.
Found: TypeAlias = Decimal | Unevaluable


class _Plan(NamedTuple):
    check: Check
    expected: Expectation
    measurement: Measurement


class DuckDBGate:
    """See ``hub.spi.gate.GateRunner``."""

    def run(self, table: pa.Table, checks: Sequence[Check]) -> list[CheckResult]:
        table = takeable(table)
        plans = [_planned(check, table.schema) for check in checks]
        with _opened(table) as database:
            conditions = dict.fromkeys(
                plan.measurement.condition
                for plan in plans
                if isinstance(plan, _Plan) and isinstance(plan.measurement, Rows)
            )
            counts = dict(zip(conditions, _counted(database, list(conditions)), strict=True))
            return [
                _not_evaluated(check, table, plan)
                if isinstance(plan, Unevaluable)
                else _judged(database, table, plan, _measured(database, plan, counts))
                for check, plan in zip(checks, plans, strict=True)
            ]


@contextmanager
def _opened(table: pa.Table) -> Iterator[Database]:
    database = duckdb.connect(config=_CONFIG)
    try:
        register(database, table)
        database.execute("set TimeZone = 'UTC'")
        database.execute("set enable_external_access = false")
        database.execute("set lock_configuration = true")
        yield database
    finally:
        database.close()


def _planned(check: Check, schema: pa.Schema) -> _Plan | Unevaluable:
    try:
        return _Plan(check, expectation(check), measurement(check, schema))
    except Unevaluable as error:
        return error


def _measured(database: Database, plan: _Plan, counts: dict[str, Found]) -> Found:
    if isinstance(plan.measurement, Rows):
        return counts[plan.measurement.condition]
    try:
        return _number(database, plan.measurement.query)
    except Unevaluable as error:
        return error


def _counted(database: Database, conditions: list[str]) -> list[Found]:
    """Return how many rows each condition holds for, in one scan if none of them is broken."""
    if not conditions:
        return []
    parts = ", ".join(f"count(*) filter (where {condition})" for condition in conditions)
    try:
        [row] = database.execute(f"select {parts} from {FIELDS}").fetchall()  # noqa: S608 - built of quoted parts
    except duckdb.Error as error:
        if len(conditions) == 1:
            return [Unevaluable(_first_line(error))]
        return [found for each in conditions for found in _counted(database, [each])]
    return [Decimal(count) for count in row]


def _number(database: Database, query: str) -> Decimal:
    try:
        kinds = [statement.type.name for statement in database.extract_statements(query)]
        if kinds != ["SELECT"]:
            raise Unevaluable("its query is not one SELECT")
        rows = database.execute(query).fetchmany(2)
    except duckdb.Error as error:
        raise Unevaluable(_first_line(error)) from error
    if len(rows) != 1 or len(rows[0]) != 1:
        raise Unevaluable("its query does not give one value")
    value: Any = rows[0][0]
    if value is None:
        raise Unevaluable("its query gives no value: null")
    if isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, int | float | Decimal) or value != value:  # noqa: PLR0124 - NaN
        raise Unevaluable(f"its query gives {str(value)[:60]!r}, no number")
    return Decimal(str(value))


def _judged(database: Database, table: pa.Table, plan: _Plan, found: Found) -> CheckResult:
    check, expected, measured = plan
    if isinstance(found, Unevaluable):
        return _not_evaluated(check, table, found)
    shown = str(found)
    if is_percent(check):
        found = 100 * found / table.num_rows if table.num_rows else Decimal(0)
        shown = f"{round(found, 2)} percent"
    if expected.holds(found):
        return CheckResult(
            check=check,
            outcome=Outcome.PASSED,
            expected=expected.words,
            actual=shown,
            rows=table.num_rows,
        )
    failing = _failing(measured)
    return CheckResult(
        check=check,
        outcome=Outcome.FAILED,
        expected=expected.words,
        actual=shown,
        failing_rows=_count_of(database, failing) if failing else None,
        rows=table.num_rows,
        examples=_examples(database, table, failing) if failing else (),
    )


def _not_evaluated(check: Check, table: pa.Table, why: Unevaluable) -> CheckResult:
    try:
        words = expectation(check).words
    except Unevaluable:
        words = "a number"
    return CheckResult(
        check=check,
        outcome=Outcome.NOT_EVALUATED,
        expected=words,
        actual=f"not evaluated: {why}",
        rows=table.num_rows,
    )


def _failing(measured: Measurement) -> str | None:
    """Return what selects the rows that a metric counted, to go behind ``from``."""
    if isinstance(measured, Query):
        return measured.failing
    # Of all rows, none is one too many.
    return None if measured.condition == "true" else f"{FIELDS} where {measured.condition}"


def _count_of(database: Database, selection: str) -> int:
    [(count,)] = database.execute(f"select count(*) from (select 1 from {selection})").fetchall()  # noqa: S608 - built of quoted parts
    return int(count)


def _examples(database: Database, table: pa.Table, selection: str) -> tuple[bytes, ...]:
    found = database.execute(f"select {ROW} from {selection} limit {_EXAMPLES}").fetchall()  # noqa: S608 - built of quoted parts
    rows = table.take(pa.array([row for (row,) in found], pa.int64())).to_pylist()
    return tuple(msgspec.json.encode(row, enc_hook=str) for row in rows)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
