from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from hub.domain.names import DatasetName, FieldName, JobName
from hub.domain.openlineage.flows import (
    MAX_DESCRIPTION,
    WHOLE_DATASET,
    ColumnDependency,
    JobLineage,
    Origins,
    Sides,
    by_jobs,
    read_column_lineage,
    read_dataset_lineage,
    read_job_lineage,
)

A, B, C = (DatasetName("n", name) for name in "abc")
OWN, OTHER = JobName("n", "own"), JobName("n", "other")
SOURCE = FieldName(A, "x")


def raw(**content: object) -> Raw:
    return Raw(json.dumps(content).encode())


def uses(*transformations: dict[str, Any], **rest: object) -> dict[str, Any]:
    return {"namespace": "n", "name": "a", "field": "x", "transformations": transformations} | rest


def test_a_field_depends_on_fields_in_the_ways_that_are_said() -> None:
    how = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}
    also = {"type": "INDIRECT", "subtype": "FILTER"}
    found = read_column_lineage(raw(fields={"y": {"inputFields": [uses(how, also)]}}))
    assert found == (
        ColumnDependency(SOURCE, "y", "DIRECT", "TRANSFORMATION", masking=True),
        ColumnDependency(SOURCE, "y", "INDIRECT", "FILTER", masking=False),
    )


@pytest.mark.parametrize(
    ("namespace", "name", "count"),
    [
        ("duckdb:///shop.duckdb", "read_csv", 0),
        ("duckdb", "READ_PARQUET", 0),
        ("duckdb:///shop.duckdb", "shop.main.read_csv", 1),
        ("postgres://db:5432", "read_csv", 1),
    ],
)
def test_a_function_that_reads_files_is_no_table_of_its_database(
    namespace: str, name: str, count: int
) -> None:
    source = uses() | {"namespace": namespace, "name": name}
    facet = raw(fields={"y": {"inputFields": [source]}}, dataset=[source])
    assert len(read_column_lineage(facet)) == 2 * count


def test_a_dependency_of_the_whole_dataset_has_no_target_field() -> None:
    [found] = read_column_lineage(raw(dataset=[uses({"type": "INDIRECT", "subtype": "JOIN"})]))
    assert found == ColumnDependency(SOURCE, WHOLE_DATASET, "INDIRECT", "JOIN", masking=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [("IDENTITY", ("DIRECT", "IDENTITY", False)), ("MASKED", ("DIRECT", "", True))],
)
def test_the_deprecated_transformation_type_still_counts(
    old: str, new: tuple[str, str, bool]
) -> None:
    field = {"inputFields": [uses()], "transformationType": old}
    assert [each[2:5] for each in read_column_lineage(raw(fields={"y": field}))] == [new]


def test_what_a_transformation_does_is_told_in_words_that_fit_an_index() -> None:
    how = {"type": "DIRECT", "description": "d" * 1_000}
    [found] = read_column_lineage(raw(fields={"y": {"inputFields": [uses(how)]}}))
    assert found.description == "d" * MAX_DESCRIPTION
    old = {"inputFields": [uses()], "transformationDescription": "hashed"}
    [found] = read_column_lineage(raw(fields={"y": old}))
    assert (found.kind, found.description) == ("", "hashed")


def dataset(name: DatasetName, **rest: object) -> dict[str, Any]:
    return {"type": "DATASET", **name._asdict(), **rest}


def job(name: JobName | None = None) -> dict[str, Any]:
    return {"type": "JOB", **(name._asdict() if name else {})}


def test_the_lineage_of_a_dataset_is_of_the_whole_and_of_fields() -> None:
    how = {"type": "DIRECT", "subtype": "IDENTITY", "masking": True, "description": "as it is"}
    filtered = {"type": "INDIRECT", "subtype": "FILTER"}
    found = read_dataset_lineage(
        raw(
            inputs=[dataset(A), dataset(B, field="f", transformations=[filtered]), job(OTHER)],
            fields={"y": {"inputs": [dataset(A, field="x", transformations=[how]), dataset(C)]}},
        )
    )
    assert found == Origins(
        (A, B, C),
        (OTHER,),
        False,
        (
            ColumnDependency(FieldName(B, "f"), WHOLE_DATASET, "INDIRECT", "FILTER", False),
            ColumnDependency(SOURCE, "y", "DIRECT", "IDENTITY", True, "as it is"),
            ColumnDependency(FieldName(C, WHOLE_DATASET), "y", "", "", False),
        ),
    )


def test_a_source_without_a_name_is_the_events_own_job() -> None:
    assert read_dataset_lineage(raw(inputs=[job()])) == Origins(is_own=True)
    [(name, found)] = read_job_lineage(raw(entries=[{**job(), "inputs": [dataset(A)]}])).jobs
    assert name is None
    assert found.datasets == (A,)


def test_what_names_half_a_thing_names_nothing() -> None:
    broken = [{"type": "JOB", "name": "j"}, {"type": "DATASET", "namespace": "n"}, {"type": "X"}]
    assert read_dataset_lineage(raw(inputs=broken)) == Origins()
    assert read_job_lineage(raw(entries=broken)) == JobLineage((), ())


def test_a_job_reads_what_feeds_what_it_writes_and_others_write_what_they_feed() -> None:
    flows = by_jobs(OWN, None, [(B, Origins((A,), (OTHER, OWN)))])
    assert flows.own == Sides([A], [])
    assert flows.others == {OTHER: Sides([], [B])}


def test_a_jobs_own_facet_says_what_it_writes_and_others_read() -> None:
    lineage = JobLineage(
        ((B, Origins((A,))), (C, Origins((), (OTHER,)))),
        ((None, Origins((C,))), (OTHER, Origins((B,)))),
    )
    flows = by_jobs(OWN, lineage, [])
    assert flows.own == Sides([A, C], [B])
    assert flows.others == {OTHER: Sides([B], [C])}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("fields", "dataset", "inputs", "entries", "type")


@given(content=st.dictionaries(st.sampled_from(KEYS), json_values) | json_values)
def test_no_reader_raises_whatever_a_facet_holds(content: object) -> None:
    whole = json.dumps(content).encode()
    for read in (read_column_lineage, read_dataset_lineage, read_job_lineage):
        read(Raw(whole))
        read(Raw(whole[:-1]))
