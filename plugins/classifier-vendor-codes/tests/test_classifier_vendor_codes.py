import pytest
from hub_classifier_vendor_codes.vendors import VENDORS, VendorCodes

from hub.domain.failures.failure import Cause, Failure, FailureClass


@pytest.mark.parametrize(
    ("message", "failure_class", "rule"),
    [
        ("ORA-01017: invalid username/password; logon denied", "ACCESS", "oracle.1017"),
        ("ORA-00060: deadlock detected", "INFRA_CONCURRENCY", "oracle.60"),
        ("ORA-12899: value too large for column", "DATA_QUALITY", "oracle.12899"),
        ("ERROR 1205 (HY000): Lock wait timeout exceeded", "INFRA_CONCURRENCY", "mysql.1205"),
        ("(1045, \"Access denied for user 'etl'@'%'\")", "ACCESS", "mysql.1045"),
        ("Msg 207, Level 16, State 1: Invalid column name", "SCHEMA_CONTRACT", "sqlserver.207"),
        ("Error: 9002, Severity: 17: log is full", "INFRA_CAPACITY", "sqlserver.9002"),
        ("390114 (08001): Authentication token has expired", "ACCESS", "snowflake.390114"),
        ("000630 (57014): Statement reached its timeout", "QUERY_LIMIT", "snowflake.000630"),
    ],
)
def test_a_vendors_number_tells_the_class(message: str, failure_class: str, rule: str) -> None:
    verdict = VendorCodes().judge(Failure(message=message))

    assert verdict is not None
    assert verdict.failure_class == failure_class
    assert verdict.rule == rule
    assert message[:12] in verdict.evidence


def test_the_innermost_exception_is_read_first() -> None:
    causes = (
        Cause(message="ORA-00604: error at recursive level"),
        Cause(message="ORA-01653: full"),
    )

    verdict = VendorCodes().judge(Failure(message="ORA-00904: odd", causes=causes))

    assert verdict is not None
    assert verdict.failure_class is FailureClass.INFRA_CAPACITY


@pytest.mark.parametrize("message", ["", "it failed 1205 times", "ORA-99999: no such number"])
def test_nothing_is_said_without_a_known_number(message: str) -> None:
    assert VendorCodes().judge(Failure(message=message)) is None


def test_no_number_has_two_meanings() -> None:
    assert all(vendor.classes for vendor in VENDORS)
