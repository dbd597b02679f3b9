"""Numbered codes of vendors are told apart by how, and by whom, they are written."""

from collections import Counter

import pytest

from hub.domain.failures.numbered import read_numbers
from hub.domain.failures.rules_2026_11_28 import numbers


@pytest.mark.parametrize(
    ("text", "producer", "expected"),
    [
        (
            "ORA-00942: table or view does not exist\nORA-06512: at line 1",
            "",
            ["ORA-942", "ORA-6512"],
        ),
        ("DPY-6005: cannot connect to database", "", ["DPY-6005"]),
        ("(1205, 'Lock wait timeout exceeded')", "pymysql", ["MYSQL-1205"]),
        ("(1205, b'Transaction was deadlocked')", "", ["MSSQL-1205"]),
        ("Msg 208, Level 16, State 1: Invalid object name", "", ["MSSQL-208"]),
        ("[42S02] [SQL Server]Invalid object (208) (SQLExecDirectW)", "", ["MSSQL-208"]),
        ("ERROR 1045 (28000): Access denied", "", ["MYSQL-1045"]),
        ("002003 (02000): SQL compilation error", "", ["SNOWFLAKE-2003"]),
        ("Code: 241. DB::Exception: Memory limit", "", ["CLICKHOUSE-241"]),
        ("SQLCODE=-204, SQLSTATE=42704", "", ["DB2-204"]),
        ("[Teradata Database] [Error 3807] Object does not exist", "", ["TERADATA-3807"]),
        ("Subject not found.; error code: 40401", "", ["REGISTRY-40401"]),
        ("(#190) Error validating access token", "", ["FACEBOOK-190"]),
    ],
)
def test_a_number_is_read_with_whose_it_is(text: str, producer: str, expected: list[str]) -> None:
    assert list(read_numbers(text, producer)) == expected


@pytest.mark.parametrize(
    "text", ["exit code 1205", "took 1045 (ms)", "error 404", "(1205, 3)", "line 942 of orders"]
)
def test_a_number_that_no_vendor_wrote_is_none_of_theirs(text: str) -> None:
    assert list(read_numbers(text, "airflow")) == []


@pytest.mark.parametrize("vendor", sorted(numbers.VENDORS))
def test_a_number_means_one_thing(vendor: str) -> None:
    said = Counter(number for _, _, listed in numbers.VENDORS[vendor] for number in listed.split())

    assert [number for number, times in said.items() if times > 1] == []
