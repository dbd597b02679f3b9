from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from hub.domain.names import JobName, RunName
from hub.domain.openlineage import facets
from hub.domain.openlineage.facets import (
    Assertion,
    Measures,
    Owner,
    SchemaField,
    Tag,
    is_deleted,
    read_assertions,
    read_failure,
    read_nominal_time,
    read_owners,
    read_parent,
    read_quality_metrics,
    read_schema,
    read_statistics,
    read_symlinks,
    read_tags,
    read_tests,
)

READERS: list[Callable[[Raw], object]] = [
    getattr(facets, name) for name in dir(facets) if name.startswith("read_")
]


def raw(**content: object) -> Raw:
    return Raw(json.dumps(content).encode())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    *("fields", "dataset", "owners", "tags", "identifiers", "assertions", "tests", "rowCount"),
    *("columnMetrics", "run", "job", "root", "nominalStartTime", "message", "exceptions"),
    *("seconds", "lateness_seconds", "rows_in", "bytes", "newest_event_time"),
)


@given(content=st.dictionaries(st.sampled_from(KEYS), json_values) | json_values)
def test_no_reader_raises_whatever_a_facet_holds(content: object) -> None:
    whole = json.dumps(content).encode()
    for read in READERS:
        read(Raw(whole))
        read(Raw(whole[:-1]))


def test_nested_fields_are_joined_with_dots() -> None:
    inner = {"name": "lat", "type": "double"}
    address = {"name": "address", "type": "struct", "fields": [inner, {"name": ""}, 7]}
    assert read_schema(raw(fields=[address, {"name": "id", "description": "key"}])) == (
        SchemaField("address", "struct", None),
        SchemaField("address.lat", "double", None),
        SchemaField("id", None, "key"),
    )


def test_what_is_malformed_in_a_list_spoils_nothing_beside_it() -> None:
    owners = [{"name": "team"}, {"no-name": 1}, "x", {"name": "o" * 2_000}, {"name": "team"}]
    assert read_owners(raw(owners=owners)) == (Owner("team", ""),)
    assert read_symlinks(raw(identifiers=[{"name": "n"}, None])) == ()
    assert read_assertions(raw(assertions=[{"success": "yes"}, {"success": True}])) == (
        Assertion("", None, True, None, None, None, None),
    )


def test_the_last_tag_of_a_name_counts_and_fields_have_their_own() -> None:
    tags = [
        {"key": "pii", "value": "a"},
        {"key": "pii", "value": True},
        {"key": "pii", "field": "f"},
    ]
    assert read_tags(raw(tags=tags)) == (
        Tag("", "pii", "true", None),
        Tag("f", "pii", None, None),
    )


def test_text_that_databases_refuse_is_made_into_text_that_they_keep() -> None:
    assert read_owners(raw(owners=[{"name": "te\0am"}])) == (Owner("te�am", ""),)


def test_tests_that_were_skipped_have_no_outcome() -> None:
    tests = [{"name": name, "status": name} for name in ("pass", "fail", "skip")]
    assert [each.success for each in read_tests(raw(tests=tests))] == [True, False]


def test_counts_are_whole_numbers_that_fit() -> None:
    said = {"rowCount": 10.0, "size": -1, "fileCount": 1 << 70}
    assert read_statistics(raw(**said)) == Measures(10, None, None)
    assert read_statistics(raw(rowCount="many")) is None
    assert read_statistics(raw(rowCount=True)) is None


def test_the_null_ratio_is_over_the_fields_that_count_nulls() -> None:
    columns = {"a": {"nullCount": 5}, "b": {"nullCount": 0}, "c": {}}
    found = read_quality_metrics(raw(rowCount=10, columnMetrics=columns))
    assert found is not None
    assert found.null_ratio == 0.25


def test_a_parent_may_name_the_root_too() -> None:
    def run(name: str) -> dict[str, Any]:
        return {"run": {"runId": name}, "job": {"namespace": "n", "name": "j"}}

    job = JobName("n", "j")
    assert read_parent(raw(**run("p"))) == (RunName(job, "p"), None)
    assert read_parent(raw(**run("p"), root=run("q"))) == (RunName(job, "p"), RunName(job, "q"))
    assert read_parent(raw(run={"runId": "p"})) is None


def test_a_nominal_time_needs_one_end_that_is_a_time() -> None:
    assert read_nominal_time(raw(nominalStartTime="1970-01-01T00:00:01Z")) == (1_000_000, None)
    assert read_nominal_time(raw(nominalStartTime="soon")) is None


def test_a_failure_of_ours_has_its_chain_innermost_last() -> None:
    chain = [{"type": "A", "message": "m"}, {"type": "B", "code": 7, "errno": 28}]
    found = read_failure(raw(exceptions=chain, retryable=True, origin="lake"))
    assert found is not None
    assert [each.type for each in found.exceptions] == ["A", "B"]
    assert (found.exceptions[1].code, found.exceptions[1].errno) == ("7", 28)
    assert (found.retryable, found.origin, found.source) == (True, "lake", None)


def test_a_tombstone_takes_back_what_was_said() -> None:
    assert is_deleted(raw(_deleted=True))
    assert not is_deleted(raw(_deleted=False))
    assert not is_deleted(raw(owners=[]))
