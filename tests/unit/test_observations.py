"""What the last event of a run says that somebody may have to be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from hub.domain.failures.classification import Classifier
from hub.domain.failures.failure import FailureClass
from hub.domain.failures.rules_2026_12_02 import RULES
from hub.domain.observations import Observation, observe_run
from hub.domain.openlineage.events import RunEvent, read_event

DATASETS = [{"namespace": "n", "name": name} for name in ("orders", "customers")]


def observed(
    *tests: dict[str, str], inputs: Sequence[dict[str, Any]], **further: dict[str, str | None]
) -> Observation:
    """What is seen of a run that failed with outcomes of tests."""
    body: dict[str, Any] = {
        "eventType": "FAIL",
        "eventTime": "2026-03-01T00:00:00Z",
        "run": {"runId": "r", "facets": {"test": {"tests": [*tests]}, **further}},
        "job": {"namespace": "n", "name": "relationships"},
        "inputs": inputs,
    }
    event = read_event(json.dumps(body).encode())
    assert isinstance(event, RunEvent)
    return observe_run(event)


def test_a_test_of_several_datasets_is_of_none_of_them_and_still_a_matter_of_data() -> None:
    failed = {"name": "orders_have_customers", "status": "fail"}
    warned = {"name": "few_orders", "status": "fail", "severity": "warn"}
    seen = observed(failed, warned, inputs=DATASETS)
    assert seen.checks == ()
    assert seen.failure.context.failed_checks == ("orders_have_customers",)
    assert Classifier(RULES).judge(seen.failure).failure_class is FailureClass.DATA_QUALITY


@pytest.mark.parametrize(
    ("change", "sql", "comes"),
    [
        *((change, "", False) for change in ("DROP", "RENAME", "ALTER", "TRUNCATE")),
        *((change, "TRUNCATE TABLE orders", True) for change in ("CREATE", "OVERWRITE")),
        (None, "TRUNCATE TABLE orders", False),
        (None, "INSERT INTO orders VALUES (1)", True),
        (None, "", True),
    ],
)
def test_nothing_comes_into_what_a_run_only_changes(
    change: str | None, sql: str, *, comes: bool
) -> None:
    facets = {"lifecycleStateChange": {"lifecycleStateChange": change}}
    body = {
        "eventType": "COMPLETE",
        "eventTime": "2026-03-01T00:00:00Z",
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "ddl", "facets": {"sql": {"query": sql}}},
        "outputs": [{**DATASETS[0], "facets": facets}],
    }
    event = read_event(json.dumps(body).encode())
    assert isinstance(event, RunEvent)
    assert (observe_run(event).arrival_in([event.outputs[0].name]) is not None) is comes


def test_the_one_input_of_a_test_is_what_was_tested() -> None:
    seen = observed({"name": "unique", "status": "FAIL"}, inputs=DATASETS[:1])
    [checked] = seen.checks
    assert (checked.dataset.name, checked.failed) == ("orders", ("unique",))


def test_a_test_that_only_warns_is_why_a_run_failed_that_gives_no_other_reason() -> None:
    warned = {"name": "few_orders", "status": "fail", "severity": "warn"}
    for inputs in ([], DATASETS[:1]):
        seen = observed(warned, inputs=inputs)
        assert seen.failure.context.failed_checks == ("few_orders",)
    said = observed(warned, inputs=DATASETS[:1], errorMessage={"message": "disk full"})
    assert said.failure.context.failed_checks == ()
    assert Classifier(RULES).judge(said.failure).failure_class is FailureClass.INFRA_CAPACITY


@pytest.mark.parametrize("facet", ["errorMessage", "spark.exception"])
@pytest.mark.parametrize("message", [None, ""])
def test_a_stack_trace_is_evidence_whether_or_not_the_exception_has_a_message(
    message: str | None, facet: str
) -> None:
    trace = "java.lang.RuntimeException\n\tat a.b(C.java:1)\nCaused by: java.net.ConnectException\n"
    seen = observed(inputs=[], **{facet: {"message": message, "stackTrace": trace}})
    assert Classifier(RULES).judge(seen.failure).failure_class is FailureClass.INFRA_NETWORK


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("39 of 40 rows break it", FailureClass.SCHEMA_CONTRACT),
        ("40/40 records", FailureClass.SCHEMA_CONTRACT),
        ("30 of 40 rows break it", FailureClass.DATA_QUALITY),
        ("3 of 3 rows break it", FailureClass.DATA_QUALITY),
        ("40", FailureClass.DATA_QUALITY),
    ],
)
def test_a_check_that_nearly_all_rows_fail_is_about_their_shape(
    found: str, expected: FailureClass
) -> None:
    failed = {"name": "valid_code", "status": "fail", "actual": found}
    seen = observed(failed, inputs=DATASETS[:1])
    verdict = Classifier(RULES).judge(seen.failure)
    assert verdict.failure_class is expected
    assert "valid_code" in verdict.evidence


def with_nulls(count: int, rows: int, **told: str) -> Observation:
    """What is seen of a failed check of a field in which nulls were counted."""
    failed = {"assertion": "not_null", "column": "code", "success": False, **told}
    facets = {
        "dataQualityAssertions": {"assertions": [failed]},
        "dataQualityMetrics": {"rowCount": rows, "columnMetrics": {"code": {"nullCount": count}}},
    }
    return observed(inputs=[{**DATASETS[0], "inputFacets": facets}])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (with_nulls(40, 40), FailureClass.SCHEMA_CONTRACT),
        (
            with_nulls(40, 40, assertion="expect_column_values_to_not_be_null"),
            FailureClass.SCHEMA_CONTRACT,
        ),
        (with_nulls(30, 40), FailureClass.DATA_QUALITY),
        (with_nulls(3, 3), FailureClass.DATA_QUALITY),
        # More nulls than rows, another field, another check, and what the check says itself.
        (with_nulls(41, 40), FailureClass.DATA_QUALITY),
        (with_nulls(40, 40, column="name"), FailureClass.DATA_QUALITY),
        (with_nulls(40, 40, assertion="unique"), FailureClass.DATA_QUALITY),
        (with_nulls(40, 40, actual="3 of 40 rows"), FailureClass.DATA_QUALITY),
    ],
)
def test_a_field_that_is_null_in_nearly_all_rows_is_made_otherwise(
    seen: Observation, expected: FailureClass
) -> None:
    assert Classifier(RULES).judge(seen.failure).failure_class is expected
