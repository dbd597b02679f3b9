"""The laws of ``hub.spi.gate``: the standard's rules mean the same under every runner."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from hub.spi.gate import Check, CheckResult, GateRunner, Outcome

TABLE = pa.table({"id": [1, 2, 3, 4], "depot": ["a", "b", None, "N/A"], "kilos": [1.5, 1.5, 2, 9]})

# Of each type a column, values that a document may list for its first row, and for none.
TYPED: list[tuple[pa.Array, list[Any], list[Any]]] = [
    (pa.array([1, 7], pa.int64()), [1, 1.0, "1"], [1.5, "one"]),
    (pa.array([2**53 + 1, 7], pa.int64()), [2**53 + 1], [2**53]),
    (pa.array([0.1, 7], pa.float64()), [0.1, "0.1"], [0.11]),
    (pa.array([1.0, 7], pa.float64()), [1, "1"], [1.01]),
    (pa.array([Decimal("1.10"), 7], pa.decimal128(9, 2)), [1.1, "1.1", "1.100"], [1.105]),
    (pa.array(["1", "7"]), ["1", 1], ["1.0", 1.0]),
    (pa.array([True, None]), [True, "true"], [False]),
    (pa.array([date(2026, 1, 2), None]), ["2026-01-02", date(2026, 1, 2)], ["2026-01-03"]),
    (
        pa.array([datetime(2026, 1, 2, 10, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        ["2026-01-02T10:00:00Z", "2026-01-02T12:00:00+02:00"],
        ["2026-01-02T12:00:00Z"],
    ),
    (
        pa.array([datetime(2026, 1, 2, 10), None], pa.timestamp("us")),  # noqa: DTZ001 - a local time
        ["2026-01-02T10:00:00", "2026-01-02 10:00"],
        ["2026-01-02T10:00:01"],
    ),
]


def check(metric: str, field: str | None = None, **rule: Any) -> Check:  # noqa: ANN401 - a rule's values
    """Return a library rule on a field, or on the rows."""
    return Check(name=f"{field}: {metric}", rule={"metric": metric, **rule}, field=field)


def query(text: str, **rule: Any) -> Check:  # noqa: ANN401 - a rule's values
    """Return a rule of type ``sql`` on the field ``depot``."""
    return Check(name="own query", rule={"type": "sql", "query": text, **rule}, field="depot")


class GateConformance:
    """Subclass it in a ``Test…`` class and say how a gate is made."""

    @abstractmethod
    def gate(self) -> GateRunner:
        """Return a gate."""

    def run(self, one: Check, table: pa.Table = TABLE) -> CheckResult:
        """Return the outcome of one check."""
        (result,) = self.gate().run(table, [one])
        return result

    @pytest.mark.parametrize(
        ("operator", "holds", "breaks"),
        [
            ("mustBe", 4, 5),
            ("mustNotBe", 5, 4),
            ("mustBeGreaterThan", 3, 4),
            ("mustBeGreaterOrEqualTo", 4, 5),
            ("mustBeLessThan", 5, 4),
            ("mustBeLessOrEqualTo", 4, 3),
            ("mustBeBetween", [4, 5], [5, 9]),
            ("mustNotBeBetween", [5, 9], [4, 5]),
        ],
    )
    def test_each_operator_holds_or_breaks(self, operator: str, holds: Any, breaks: Any) -> None:  # noqa: ANN401 - a number or two
        """With what was expected and found in words."""
        good = self.run(check("rowCount", **{operator: holds}))
        bad = self.run(check("rowCount", **{operator: breaks}))

        assert (good.passed, bad.passed) == (True, False)
        assert str(breaks[0] if isinstance(breaks, list) else breaks) in bad.expected
        assert "4" in bad.actual
        assert bad.rows == 4

    @pytest.mark.parametrize(
        ("one", "passed"),
        [
            (check("nullValues", "depot", mustBe=1), True),
            (check("nullValues", "id", mustBe=0), True),
            (check("nullValues", "depot", mustBeLessThan=26, unit="percent"), True),
            (check("nullValues", "depot", mustBeLessThan=25, unit="percent"), False),
            (
                check(
                    "missingValues", "depot", mustBe=2, arguments={"missingValues": [None, "N/A"]}
                ),
                True,
            ),
            (
                check("invalidValues", "depot", mustBe=1, arguments={"validValues": ["a", "b"]}),
                True,
            ),
            (check("invalidValues", "depot", mustBe=1, arguments={"pattern": "[a-z]"}), True),
            (check("duplicateValues", "id", mustBe=0), True),
            (check("duplicateValues", "kilos", mustBe=0), False),
            (check("duplicateValues", mustBe=0, arguments={"properties": ["id", "kilos"]}), True),
            (query("SELECT count(*) FROM {object} WHERE {property} IS NULL", mustBe=1), True),
            (query("SELECT max(kilos) FROM {object}", mustBeLessThan=9), False),
        ],
        ids=lambda value: None if isinstance(value, bool) else f"{value.field} {value.rule}",
    )
    def test_each_metric_counts_what_the_standard_says(self, one: Check, *, passed: bool) -> None:
        """ODCS 3, "Data Quality"."""
        assert self.run(one).passed is passed

    def test_failing_rows_are_shown(self) -> None:
        """Where a check can name them."""
        result = self.run(check("nullValues", "depot", mustBe=0))

        assert result.failing_rows == 1
        assert [msgspec.json.decode(each)["id"] for each in result.examples] == [3]

    def test_every_check_is_run_in_order(self) -> None:
        """Also behind one that fails."""
        checks = [check("rowCount", mustBe=number) for number in (3, 4, 5, 4)]

        results = self.gate().run(TABLE, checks)

        assert [result.check for result in results] == checks
        assert [result.passed for result in results] == [False, True, False, True]

    @pytest.mark.parametrize("unit", ["rows", "percent"])
    @pytest.mark.parametrize("metric", ["nullValues", "duplicateValues"])
    def test_no_rows_break_no_rule(self, metric: str, unit: str) -> None:
        """Nothing of nothing is zero percent."""
        assert self.run(check(metric, "depot", mustBe=0, unit=unit), TABLE.slice(0, 0)).passed

    @pytest.mark.parametrize(("values", "equal", "other"), TYPED, ids=lambda value: str(value)[:60])
    def test_listed_values_are_compared_as_the_fields_type_has_them(
        self, values: pa.Array, equal: list[Any], other: list[Any]
    ) -> None:
        """Not as texts: 1 is 1.0, and an instant is the same in every zone."""
        table = pa.table({"v": values})
        first = table.slice(0, 1)
        for value in equal:
            valid = check("invalidValues", "v", mustBe=0, arguments={"validValues": [value]})
            assert self.run(valid, first).passed, value
            missing = check("missingValues", "v", mustBe=1, arguments={"missingValues": [value]})
            assert self.run(missing, first).passed, value
        for value in other:
            listed = {"validValues": [equal[0], value]}
            valid = check("invalidValues", "v", mustBe=0, arguments=listed)
            assert self.run(valid, first).passed, value
            missing = check("missingValues", "v", mustBe=0, arguments={"missingValues": [value]})
            assert self.run(missing, first).passed, value

    def test_a_null_is_no_duplicate(self) -> None:
        """As in SQL: nothing is known of it, so it is like no other, alone or within a key."""
        table = pa.table(
            {"a": [1, 1, None, None], "b": [None, None, None, None], "c": [1, 1, 2, 2]}
        )
        for names, surplus in ((["a"], 1), (["b"], 0), (["a", "b"], 0), (["a", "c"], 1)):
            one = check("duplicateValues", mustBe=surplus, arguments={"properties": names})
            assert self.run(one, table).passed, names

    def test_a_rule_may_name_the_object_and_its_property(self) -> None:
        """As ODCS writes them, whatever the property is called."""
        name = 'a "b" c; --'
        table = pa.table({name: [1, None]})
        for text in (
            "select count(*) from ${object} where ${property} is null",
            "select count(*) from {object} where {property} is null",
            'select count(*) from "${object}" where "${property}" is null',
            "select count(*) from ${object} where ${property} is null and '${object}' <> 'it''s'",
        ):
            one = Check(name="own", rule={"type": "sql", "query": text, "mustBe": 1}, field=name)
            assert self.run(one, table).outcome is Outcome.PASSED, text

    def test_fields_that_differ_in_case_are_not_mixed_up(self) -> None:
        """Whatever the engine thinks of them."""
        table = pa.table({"id": [1, 2], "ID": [None, None]})

        assert self.run(check("nullValues", "id", mustBe=0), table).passed
        assert self.run(check("nullValues", "ID", mustBe=2), table).passed

    def test_every_type_of_a_batch_can_be_checked(self) -> None:
        """Also the odd ones: a batch is not the gate's to choose."""
        values = {
            "text": ["a", None],
            "list": pa.array([[1], None], pa.list_(pa.int64())),
            "struct": [{"a": 1}, None],
            "nothing": pa.nulls(2),
            "half": pa.array([1, None], pa.float16()),
            "wide": pa.array([Decimal(1), None], pa.decimal256(60, 2)),
            "bytes": [b"\xff", None],
            "nanos": pa.array([1, None], pa.timestamp("ns")),
            "time": pa.array([1, None], pa.time64("us")),
            "word": pa.array(["a", None]).dictionary_encode(),
        }
        table = pa.table(values)
        checks = [
            *(check("nullValues", name, mustBe=table[name].null_count) for name in values),
            *(check("duplicateValues", name, mustBe=0) for name in values),
        ]

        assert [
            result.check for result in self.gate().run(table, checks) if not result.passed
        ] == []

    @pytest.mark.parametrize(
        "one",
        [
            check("nosuchMetric", "depot", mustBe=0),
            check("nullValues", "nosuchField", mustBe=0),
            check("rowCount"),
            check("rowCount", mustBeBetween=4),
            check("rowCount", mustBe="four"),
            query("SELEC count(*) FROM {object}", mustBe=0),
            query("SELECT * FROM {object}", mustBe=0),
            query("DROP TABLE {object}", mustBe=0),
            query("SELECT count(*) FROM read_text('/etc/hostname')", mustBe=0),
            query("SELECT max(id) FROM {object} WHERE false", mustBe=0),
            query("SELECT CAST('nan' AS DOUBLE)", mustBeLessThan=5),
            query("SELECT CURRENT_DATE", mustBe=0),
            query("SELECT depot FROM {object} LIMIT 1", mustBe=0),
            Check(name="nowhere", rule={"type": "sql", "query": "select {property}", "mustBe": 0}),
            check("invalidValues", "depot", mustBe=0, arguments={"pattern": "("}),
            check("invalidValues", "kilos", mustBe=0, arguments={"validValues": ["heavy"]}),
            check("invalidValues", "depot", mustBe=0),
        ],
        ids=lambda one: f"{one.field} {one.rule}",
    )
    def test_what_cannot_be_evaluated_is_neither_good_nor_bad(self, one: Check) -> None:
        """It says why, and the other checks have their say."""
        before, result, after = self.gate().run(
            TABLE,
            [check("nullValues", "id", mustBe=0), one, check("nullValues", "depot", mustBe=0)],
        )

        assert result.outcome is Outcome.NOT_EVALUATED
        assert result.actual
        assert not result.passed
        assert (before.outcome, after.outcome) == (Outcome.PASSED, Outcome.FAILED)
