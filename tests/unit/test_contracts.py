from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.contracts import Contract, FieldRule, read_contract
from hub.domain.errors import InvalidInput
from hub.runtime.contract_masks import split_table


def document(*properties: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "id": "scans",
        "version": "1.0.0",
        "schema": [{"name": "bronze.scans", "properties": list(properties)}],
    } | changes


def rules_broken(contract: Contract, record: dict[str, Any]) -> set[tuple[str, str]]:
    return {(violation.field, violation.rule) for violation in contract.checker()(record)}


def test_a_record_is_told_every_rule_that_it_breaks() -> None:
    contract = read_contract(
        document(
            {"name": "id", "logicalType": "string", "primaryKey": True},
            {"name": "weight", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
            {"name": "state", "logicalType": "string", "enum": [{"value": "in"}, {"value": "out"}]},
        )
    )
    assert rules_broken(contract, {"weight": -1, "state": "lost"}) == {
        ("id", "required"),
        ("weight", "minimum"),
        ("state", "enum"),
    }
    assert rules_broken(contract, {"id": "p1", "weight": Decimal("0.5"), "state": "in"}) == set()


@pytest.mark.parametrize(
    ("logical_type", "good", "bad"),
    [
        ("integer", 1, True),
        ("integer", 1, 1.0),
        ("number", 1.5, "1.5"),
        ("boolean", False, 0),
        ("date", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamp", datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        ("array", [1], "1"),
        ("object", {"a": 1}, [1]),
    ],
)
def test_a_value_has_its_logical_type(logical_type: str, good: object, bad: object) -> None:
    contract = read_contract(document({"name": "v", "logicalType": logical_type}))
    assert rules_broken(contract, {"v": good}) == set()
    assert rules_broken(contract, {"v": bad}) == {("v", "type")}


def test_limits_of_dates_are_written_as_text() -> None:
    options = {"minimum": "2026-01-01", "exclusiveMaximum": "2027-01-01"}
    contract = read_contract(
        document({"name": "day", "logicalType": "date", "logicalTypeOptions": options})
    )
    assert rules_broken(contract, {"day": date(2026, 12, 31)}) == set()
    assert rules_broken(contract, {"day": date(2027, 1, 1)}) == {("day", "exclusiveMaximum")}
    assert rules_broken(contract, {"day": date(2025, 12, 31)}) == {("day", "minimum")}


def test_a_renamed_field_is_missed_and_its_new_name_is_said() -> None:
    contract = read_contract(
        document({"name": "parcel_id", "required": True}, {"name": "note"}),
    )
    (violation,) = contract.missing_fields(["parcelId", "note"])
    assert (violation.rule, violation.field) == ("missing-field", "parcel_id")
    assert "parcelId" in violation.message


def test_keys_and_unique_fields_become_rules_of_the_gate() -> None:
    contract = read_contract(
        document(
            {"name": "id", "primaryKey": True},
            {"name": "label", "unique": True, "quality": [{"metric": "nullValues", "mustBe": 0}]},
        )
    )
    metrics = [(rule.field, rule.rule["metric"]) for rule in contract.quality]
    assert metrics == [
        ("label", "nullValues"),
        ("id", "duplicateValues"),
        ("label", "duplicateValues"),
    ]


def test_a_rule_of_severity_warning_does_not_block() -> None:
    rule = {"metric": "rowCount", "mustBeGreaterThan": 0, "severity": "warning"}
    schema = [{"name": "bronze.scans", "quality": [rule]}]
    (quality,) = read_contract(document(schema=schema)).quality
    assert not quality.blocks


def test_the_object_of_a_contract_is_found_by_the_dataset_that_it_binds() -> None:
    schema = [{"name": "scans", "physicalName": "bronze.scans"}, {"name": "bronze.depots"}]
    assert read_contract(document(schema=schema), "bronze.depots").object == "bronze.depots"
    assert read_contract(document(schema=schema), "bronze.scans").object == "bronze.scans"
    with pytest.raises(InvalidInput, match=r"none is bronze\.trucks"):
        read_contract(document(schema=schema), "bronze.trucks")


def test_a_pattern_is_of_texts_and_fits_the_whole_of_one() -> None:
    contract = read_contract(document({"name": "v", "logicalTypeOptions": {"pattern": "a+é?"}}))

    assert rules_broken(contract, {"v": "aaé"}) == set()
    for other in ("xa", "a\n", "a\ud800", 5):
        assert rules_broken(contract, {"v": other}) == {("v", "pattern")}


def test_a_pattern_that_is_no_expression_is_refused_at_once() -> None:
    contract = read_contract(
        document({"name": "v", "logicalTypeOptions": {"pattern": "("}}),
    )
    with pytest.raises(InvalidInput, match="pattern"):
        contract.checker()


COLUMNS: dict[str, Any] = {
    "string": (pa.string(), st.text("ab1", max_size=4)),
    "integer": (pa.int64(), st.integers(-5, 5)),
    "number": (pa.float64(), st.floats(-5, 5) | st.just(float("nan"))),
}
OPTIONS: dict[str, Any] = {
    "string": st.fixed_dictionaries(
        {},
        optional={
            "minLength": st.integers(0, 3),
            "maxLength": st.integers(0, 3),
            "pattern": st.sampled_from(["a*", "[ab]+", r"\d.*", "a|ab"]),
        },
    ),
    "integer": st.fixed_dictionaries(
        {}, optional={"minimum": st.integers(-3, 3), "multipleOf": st.integers(1, 3)}
    ),
    "number": st.fixed_dictionaries(
        {}, optional={"exclusiveMinimum": st.integers(-3, 3), "maximum": st.integers(-3, 3)}
    ),
}


def is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


@st.composite
def rules(draw: st.DrawFn) -> tuple[FieldRule, str]:
    declared = draw(st.sampled_from(sorted(COLUMNS)))
    rule = FieldRule(
        name="v",
        logical_type=draw(st.sampled_from([declared, declared, declared, "boolean", None])),
        is_required=draw(st.booleans()),
        # NaN equals nothing, so no contract can allow it.
        allowed=tuple(
            value for value in draw(st.lists(COLUMNS[declared][1], max_size=3)) if not is_nan(value)
        ),
        options=draw(OPTIONS[declared]),
    )
    return rule, declared


@given(st.data(), rules())
def test_a_table_is_split_as_its_records_are_judged_one_by_one(
    data: st.DataObject, ruled: tuple[FieldRule, str]
) -> None:
    rule, declared = ruled
    contract = Contract(id="c", version="1", name="c", fields=(rule,))
    kind, values = COLUMNS[declared]
    column = data.draw(st.lists(st.none() | values, max_size=8))
    table = pa.table({"v": pa.array(column, kind)})

    good, refused = split_table(contract, table)

    check = contract.checker()
    expected = [(row, found) for row, value in enumerate(column) if (found := check({"v": value}))]
    assert refused == expected
    assert good.num_rows == len(column) - len(expected)
