from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage import descriptions
from hub.domain.openlineage.descriptions import (
    Catalog,
    DatasetType,
    DataSource,
    Documentation,
    ExternalQuery,
    ExtractionError,
    ExtractionErrors,
    JobDependencies,
    JobDependency,
    Level,
    Lifecycle,
    ProcessingEngine,
    RunTest,
    SourceCode,
    SourceCodeLocation,
    Sql,
    Storage,
    Subset,
    Variable,
    read_subset,
)

READERS: list[Callable[[Raw], object]] = [
    getattr(descriptions, name) for name in dir(descriptions) if name.startswith("read_")
]


def raw(content: object) -> Raw:
    return Raw(json.dumps(content).encode())


UPSTREAM = {
    "job": {"namespace": "n", "name": "before"},
    "run": {"runId": "r"},
    "dependency_type": "DIRECT_INVOCATION",
    "status_trigger_rule": "EXECUTE_ON_SUCCESS",
}
SAID: dict[str, tuple[dict[str, Any], object]] = {
    "documentation": (
        {"description": "# Orders", "contentType": "text/markdown"},
        Documentation("# Orders", "text/markdown"),
    ),
    "dataset_type": (
        {"datasetType": "VIEW", "subType": "MATERIALIZED"},
        DatasetType("VIEW", "MATERIALIZED"),
    ),
    "data_source": ({"name": "shop", "uri": "postgres://db"}, DataSource("shop", "postgres://db")),
    "catalog": (
        {"name": "glue", "type": "hive", "framework": "iceberg", "catalogProperties": {"a": "b"}},
        Catalog("glue", "hive", "iceberg", None, None, None, (("a", "b"),)),
    ),
    "storage": ({"storageLayer": "iceberg"}, Storage("iceberg", None)),
    "lifecycle": (
        {
            "lifecycleStateChange": "RENAME",
            "previousIdentifier": {"namespace": "n", "name": "old"},
        },
        Lifecycle("RENAME", DatasetName("n", "old")),
    ),
    "hierarchy": (
        {"hierarchy": [{"type": "DATABASE", "name": "shop"}, {"type": "SCHEMA"}]},
        (Level("DATABASE", "shop"),),
    ),
    "sql": ({"query": "SELECT 1", "dialect": "duckdb"}, Sql("SELECT 1", "duckdb")),
    "source_code": ({"language": "python", "sourceCode": "x"}, SourceCode("python", "x")),
    "source_code_location": (
        {"type": "git", "url": "https://git.example/a", "pullRequestNumber": 7},
        SourceCodeLocation._make(["git", "https://git.example/a", *[None] * 5, "7"]),
    ),
    "processing_engine": (
        {"name": "spark", "version": "3.5", "openlineageAdapterVersion": "1.2"},
        ProcessingEngine("spark", "3.5", "1.2"),
    ),
    "external_query": (
        {"externalQueryId": "q-1", "source": "bigquery"},
        ExternalQuery("q-1", "bigquery"),
    ),
    "environment_variables": (
        {
            "environmentVariables": [
                {"name": "HOME", "value": "/root"},
                {"name": "DB_PASSWORD", "value": "hunter2"},
            ]
        },
        (Variable("HOME", "/root"), Variable("DB_PASSWORD", "***")),
    ),
    "execution_parameters": (
        {"parameters": [{"key": "day", "value": "1"}, {"key": "k", "name": "token", "value": "x"}]},
        (Variable("day", "1", None), Variable("k", "***", "token")),
    ),
    "extraction_errors": (
        {"totalTasks": 2, "failedTasks": 1, "errors": [{"errorMessage": "no", "task": "t"}, {}]},
        ExtractionErrors(2, 1, (ExtractionError("no", "t", None, None),)),
    ),
    "run_tests": (
        {"tests": [{"name": "fresh", "status": "SKIP", "type": "freshness"}, {"name": "no"}]},
        (RunTest._make(["fresh", "skip", None, "freshness", *[None] * 6]),),
    ),
    "job_dependencies": (
        {"upstream": [UPSTREAM, {"job": {}}], "trigger_rule": "ALL_DONE"},
        JobDependencies(
            (
                JobDependency(
                    JobName("n", "before"), "r", "DIRECT_INVOCATION", None, "EXECUTE_ON_SUCCESS"
                ),
            ),
            (),
            "ALL_DONE",
        ),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_facet_is_read_as_its_producer_means_it(name: str) -> None:
    facet, expected = SAID[name]
    assert getattr(descriptions, f"read_{name}")(raw(facet)) == expected


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_a_facet_that_says_nothing_is_none(read: Callable[[Raw], object]) -> None:
    assert not read(raw({"_producer": "p"}))
    assert not read(raw([]))


def compared(left: str, comparison: str, right: str) -> dict[str, Any]:
    field, literal = {"type": "field", "field": left}, {"type": "literal", "value": right}
    return {"type": "compare", "left": field, "right": literal, "comparison": comparison}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"type": "location", "locations": ["s3://a", "s3://b"]}, "s3://a, s3://b"),
        (
            {"type": "partition", "partitions": [{"dimensions": {"dt": "2026-01-01", "h": 3}}]},
            "dt=2026-01-01/h=3",
        ),
        (compared("a", "GREATER_EQUAL_THAN", "3"), "a >= '3'"),
        (
            {
                "type": "binary",
                "operator": "AND",
                "left": compared("a", "EQUAL", "x"),
                "right": compared("b", "LIKE", "y"),
            },
            "(a = 'x') and (b LIKE 'y')",
        ),
        ({"type": "binary", "left": 1, "right": {}}, "… … …"),
    ],
)
def test_the_part_of_a_dataset_that_was_used_is_said_in_words(
    condition: dict[str, Any], words: str
) -> None:
    for side in ("inputCondition", "outputCondition"):
        assert read_subset(raw({side: condition})) == Subset(condition["type"], words)


def test_a_condition_that_is_nested_without_end_is_cut() -> None:
    condition: dict[str, Any] = {"type": "binary", "left": {}, "right": {}}
    for _ in range(500):
        condition = {"type": "binary", "left": condition, "right": {}}
    found = read_subset(raw({"inputCondition": condition}))
    assert found is not None
    assert len(found.condition) < 1_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({key for facet, _ in SAID.values() for key in facet} | {"inputCondition"})


@given(content=st.dictionaries(st.sampled_from(KEYS), json_values) | json_values)
def test_no_reader_raises_whatever_a_facet_holds(content: object) -> None:
    whole = json.dumps(content).encode()
    for read in READERS:
        read(Raw(whole))
        read(Raw(whole[:-1]))
