"""What was different in the first bad run, and which errors are the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from hub.domain.failures.changes import ChangeKind, Told, changes_between, contract_change, in_order
from hub.domain.failures.signatures import masked, signature


def raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def told(
    *,
    run: dict[str, Any] | None = None,
    job: dict[str, Any] | None = None,
    **datasets: dict[str, Any],
) -> Told:
    """What a run said; datasets whose name begins with out_ are written."""
    data = {name: {k: raw(v) for k, v in facets.items()} for name, facets in datasets.items()}
    return Told(
        {name: raw(value) for name, value in (run or {}).items()},
        {name: raw(value) for name, value in (job or {}).items()},
        {name: each for name, each in data.items() if not name.startswith("out_")},
        {name: each for name, each in data.items() if name.startswith("out_")},
    )


def schema(**fields: str) -> dict[str, Any]:
    return {"schema": {"fields": [{"name": n, "type": t} for n, t in fields.items()]}}


def lines(good: Told, bad: Told) -> list[str]:
    return [f"{each.kind.value} {each.line}" for each in in_order(changes_between(good, bad))]


def test_fields_that_came_went_or_changed() -> None:
    good = told(rides=schema(id="long", fare="double", old="string"))
    bad = told(rides=schema(id="string", fare="double", new="string"))

    assert lines(good, bad) == ["schema rides: new: new; gone: old; other type: id long → string"]


@pytest.mark.parametrize(
    ("was", "is_now", "line"),
    [
        (
            {"sourceCodeLocation": {"type": "git", "url": "u", "version": "a" * 40}},
            {"sourceCodeLocation": {"type": "git", "url": "u", "version": "b" * 40}},
            f"code code version: {'a' * 12} → {'b' * 12}",
        ),
        (
            {"sql": {"query": "SELECT a\nFROM t"}},
            {"sql": {"query": "SELECT a,\n  b\nFROM t"}},
            "code the SQL changed: “SELECT a,”",
        ),
        ({"sql": {"query": "SELECT 1"}}, {"sql": {"query": "SELECT\n 1"}}, None),
        ({}, {"sql": {"query": "SELECT 1"}}, None),
    ],
)
def test_other_code(was: dict[str, Any], is_now: dict[str, Any], line: str | None) -> None:
    assert lines(told(job=was), told(job=is_now)) == ([line] if line else [])


def test_other_configuration() -> None:
    def config(version: str, **variables: str) -> dict[str, Any]:
        listed = [{"name": name, "value": value} for name, value in variables.items()]
        return {
            "processing_engine": {"name": "spark", "version": version},
            "environmentVariables": {"environmentVariables": listed},
        }

    good, bad = told(run=config("3.4", MODE="daily")), told(run=config("3.5", MODE="full", X="1"))
    assert lines(good, bad) == [
        "config engine: spark 3.4 → spark 3.5",
        "config variable MODE: daily → full",
        "config variable X: nothing → 1",
    ]


def test_other_amounts_of_data_where_they_differ_by_more_than_a_tenth() -> None:
    def rows(count: int) -> dict[str, Any]:
        return {"inputStatistics": {"rowCount": count}}

    assert lines(told(rides=rows(1000)), told(rides=rows(1050))) == []
    assert lines(told(rides=rows(1000)), told(rides=rows(12))) == [
        "volume rides: 1,000 rows were read, 12 now (-99%)"
    ]


def test_what_a_failed_run_does_not_say_is_no_change() -> None:
    good = told(rides=schema(id="long"), out_fares=schema(id="long"))

    assert lines(good, told()) == []
    assert lines(good, told(rides={})) == []


def test_another_input() -> None:
    assert lines(told(rides={}, cities={}), told(rides={}, towns={})) == [
        "inputs towns: is read, and was not",
        "inputs cities: was read, and is not",
    ]


def test_the_most_telling_comes_first_and_once() -> None:
    published = contract_change("rides", "2.0.0", "2026-11-23T00:00:00Z")
    good = told(job={"sql": {"query": "SELECT 1"}}, rides=schema(id="long"))
    bad = told(job={"sql": {"query": "SELECT 2"}}, rides=schema(id="int"))

    found = in_order([published, published, *changes_between(good, bad)])
    assert [each.kind for each in found] == [
        ChangeKind.SCHEMA,
        ChangeKind.CODE,
        ChangeKind.CONTRACT,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("relation 'orders_17' does not exist", 'relation "users" does not exist'),
        ("timed out after 30 s at https://a.b/c?d=1", "timed out after 5.5 s at s3://x/y"),
        ("no such file /data/2026/x.csv", "no such file /tmp/y.parquet"),
        ("query 018f3a2c-1111-4222-8333-444455556666 failed", "query 01ae2b failed"),
        ("Disk  full\non node7", "disk full on node12"),
    ],
)
def test_the_same_error_has_the_same_signature_whatever_it_names(one: str, other: str) -> None:
    assert signature(one) == signature(other) != ""


def test_other_errors_have_other_signatures() -> None:
    assert signature("permission denied for 'a'") != signature("relation 'a' does not exist")


def test_what_says_nothing_is_like_nothing() -> None:
    assert signature("") == signature("1234") == signature("'a' 'b'") == ""


@given(st.text())
def test_every_message_is_masked_and_no_digit_is_left(message: str) -> None:
    assert len(masked(message)) <= 300
    assert not any(each in "0123456789" for each in masked(message))
