"""The gate keeps its laws; what it says of a batch is what plain Python says of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hub_gate_duckdb.gate import DuckDBGate
from hub_gate_duckdb.sql import filled
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.spi.gate import Check, CheckResult, GateRunner, Outcome
from hub.testing.conformance import GateConformance


class TestDuckDB(GateConformance):
    def gate(self) -> GateRunner:
        return DuckDBGate()


# Few values of each type, so that they meet: duplicates, nulls, listed ones.
VALUES: dict[pa.DataType, list[Any]] = {
    pa.int64(): [0, 1, -1, 2**53, 2**53 + 1],
    pa.float64(): [0.0, 1.0, 0.1, 1.5, float("inf")],
    pa.decimal128(20, 2): [Decimal("0.00"), Decimal("1.00"), Decimal("0.10"), Decimal("1.50")],
    pa.string(): ["", "a", "A", "it's", "1", "1.0", "é", "N/A"],
    pa.bool_(): [True, False],
    pa.date32(): [date(2026, 1, 1), date(2026, 1, 2)],
}
NAMES = st.sampled_from(["id", "ID", 'a"b', "it's", "select", "{object}", "é", "x; drop"])


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 8))
    columns = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        kind = draw(st.sampled_from(list(VALUES)))
        values = st.one_of(st.none(), st.sampled_from(VALUES[kind]))
        columns[name] = pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), kind)
    return pa.table(columns)


@st.composite
def batches(draw: st.DrawFn) -> tuple[pa.Table, list[Check]]:
    table = draw(tables())
    return table, draw(st.lists(checks(table), min_size=1, max_size=9))


@st.composite
def checks(draw: st.DrawFn, table: pa.Table) -> Check:
    field = draw(st.sampled_from(table.column_names))
    metric = draw(
        st.sampled_from(
            ["rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues"]
        )
    )
    listed = draw(st.lists(st.sampled_from([None, *VALUES[table.field(field).type]]), max_size=3))
    keys = draw(st.lists(st.sampled_from(table.column_names), max_size=3, unique=True))
    arguments: Mapping[str, Mapping[str, Any]] = {
        "missingValues": {"missingValues": listed},
        "invalidValues": {"validValues": listed, "pattern": "[a-z]?.*"},
        "duplicateValues": {"properties": keys},
    }
    rule = {
        "metric": metric,
        "arguments": arguments.get(metric, {}),
        "mustBeLessOrEqualTo": draw(st.integers(0, 3)),
    }
    if draw(st.booleans()):
        rule |= {"unit": "percent", "mustBeLessOrEqualTo": draw(st.integers(0, 100))}
    return Check(name="rule", rule=rule, field=field)


def failing_rows(table: pa.Table, check: Check) -> tuple[int, int | None]:
    """Return what a check measures, and how many rows it can show, by plain Python."""
    rule, values = check.rule, table.column(check.field).to_pylist()
    arguments = rule["arguments"]
    match rule["metric"]:
        case "rowCount":
            return len(values), None
        case "nullValues":
            found = [value is None for value in values]
        case "missingValues":
            found = [value is None or value in arguments["missingValues"] for value in values]
        case "invalidValues":
            valid = [value for value in arguments["validValues"] if value is not None]
            found = [bool(value is not None and valid and value not in valid) for value in values]
        case "duplicateValues":
            names = arguments["properties"] or [check.field]
            rows = zip(*(table.column(name).to_pylist() for name in names), strict=True)
            counts = Counter(row for row in rows if None not in row)
            return (
                sum(count - 1 for count in counts.values()),
                sum(count for count in counts.values() if count > 1),
            )
    return sum(found), sum(found)


# Each example opens an engine.
@settings(max_examples=40)
@given(batches())
def test_the_compiled_sql_says_what_plain_python_says(batch: tuple[pa.Table, list[Check]]) -> None:
    table, rules = batch
    for check, result in zip(rules, DuckDBGate().run(table, rules), strict=True):
        measured, rows = failing_rows(table, check)
        assert result.outcome is not Outcome.NOT_EVALUATED, result
        shown = Decimal(measured)
        if "unit" in check.rule:
            shown = 100 * shown / table.num_rows if table.num_rows else Decimal(0)
        assert Decimal(result.actual.removesuffix(" percent")) == round(shown, 2)
        assert result.passed == (shown <= check.rule["mustBeLessOrEqualTo"])
        if not result.passed:
            assert result.failing_rows == rows
            assert len(result.examples) == min(rows or 0, 5)


@given(st.text("ab\"'\\x00{}$-;/* ", max_size=12))
def test_no_property_can_leave_its_quotes(name: str) -> None:
    unquoted = filled("select ${property}, '${property}'", name)
    rest = re.sub(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'", "?", unquoted)
    assert rest == "select ?, ?"


@pytest.mark.parametrize(
    ("query", "becomes"),
    [
        ("from ${object} where {column} = 1", 'from "batch" where "n" = 1'),
        ("from {table} -- don't\nwhere ${property}", 'from "batch" -- don\'t\nwhere "n"'),
        ("/* {object}'s */ \"{x}'\" {object}", '/* {object}\'s */ "{x}\'" "batch"'),
        ("'{}' || '${property}' || '{other}'", "'{}' || 'n' || '{other}'"),
        ("{'a': 1} from {object}", "{'a': 1} from \"batch\""),
    ],
)
def test_only_placeholders_are_filled(query: str, becomes: str) -> None:
    assert filled(query, "n") == becomes


def run(table: pa.Table, **rule: Any) -> CheckResult:  # noqa: ANN401 - a rule's values
    [result] = DuckDBGate().run(table, [Check(name="own", rule=rule, field="n")])
    return result


def test_a_query_over_names_that_sql_mixes_up_is_not_evaluated() -> None:
    table = pa.table({"n": [1], "N": [2]})
    result = run(table, type="sql", query="select max(n) from {object}", mustBe=1)
    assert result.outcome is Outcome.NOT_EVALUATED


def test_one_broken_condition_does_not_take_the_shared_scan_with_it() -> None:
    table = pa.table({"n": ["a", None]})
    rules = [
        Check(name="good", rule={"metric": "nullValues", "mustBe": 1}, field="n"),
        Check(
            name="broken",
            rule={"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "(?=a)"}},
            field="n",
        ),
    ]
    good, broken = DuckDBGate().run(table, rules)
    assert good.passed
    assert (broken.outcome, broken.expected) == (Outcome.NOT_EVALUATED, "exactly 0")
    assert "not evaluated: " in broken.actual


def test_a_batch_without_fields_is_judged_by_its_rows() -> None:
    assert run(pa.table({}), metric="rowCount", mustBe=0).passed
    assert run(pa.table({}), metric="nullValues", mustBe=0).outcome is Outcome.NOT_EVALUATED


def test_an_infinite_number_is_a_number() -> None:
    table = pa.table({"n": [float("inf"), 1.0]})
    assert run(table, type="sql", query="select max(n) from {object}", mustBeGreaterThan=1).passed
