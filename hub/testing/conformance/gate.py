"""The laws of ``hub.spi.gate``: the standard's rules mean the same under every runner."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from hub.domain.errors import InvalidInput
from hub.spi.gate import Check, CheckResult, GateRunner

TABLE = pa.table({"id": [1, 2, 3, 4], "depot": ["a", "b", None, "N/A"], "kilos": [1.5, 1.5, 2, 9]})


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
        ],
        ids=lambda one: f"{one.field} {one.rule}",
    )
    def test_a_broken_rule_is_no_broken_data(self, one: Check) -> None:
        """It is the caller's fault, and named."""
        with pytest.raises(InvalidInput, match=one.name):
            self.run(one)
