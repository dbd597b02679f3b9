"""Every facet of OpenLineage's core is read as it is specified."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.producers.facet_rows import (
    DATASET,
    DATASET_FACETS,
    JOB,
    JOB_FACETS,
    ROWS,
    RUN,
    Row,
)
from tests.producers.telling import Told, dataset, run_event

BEFORE, THEN, LATER = (f"2026-03-0{day}T00:00:00Z" for day in (1, 2, 3))
# A schema that another version had, one from before versions, one that is wrong, and none.
SCHEMAS = (
    "https://openlineage.io/spec/facets/1-0-0/Any.json#/$defs/Any",
    "https://openlineage.example/main/spec/OpenLineage.json#/definitions/Any",
    "https://acme.example/not/the/schema",
    None,
)
NONSENSE: tuple[Any, ...] = ([], "text", 7, {"fields": 3, "tests": {"a": 1}})


CAN_BE_TAKEN_BACK = [
    # That a version was written, and what somebody once called a thing, has happened.
    each
    for each in (*JOB_FACETS, *DATASET_FACETS)
    if each.key not in ("version", "columnLineage", "lineage", "lifecycleStateChange")
]


def named(row: Row) -> str:
    condition = row.body.get("inputCondition", {"type": ""})["type"]
    return f"{row.place}-{row.key}-{condition}".rstrip("-")


def sent(row: Row, schema: str | None = SCHEMAS[0], at: str = THEN) -> dict[str, Any]:
    """An event that carries the facet where it belongs."""
    body = {"_producer": "https://example.test/producer", "_schemaURL": schema, **row.body}
    if schema is None:
        del body["_schemaURL"]
    facet = {row.key: body}
    kind = "FAIL" if row.key == "errorMessage" else "COMPLETE"
    used = {**dataset("d"), f"{row.place}Facets": facet}
    return run_event(
        kind,
        at,
        run_facets=facet if row.place == "run" else None,
        job_facets=facet if row.place == "job" else None,
        inputs=[used] if row.place == "input" else [],
        outputs={"input": [], "output": [used], "dataset": [dataset("d", **facet)]}.get(
            row.place, ["d"]
        ),
    )


def query(row: Row) -> str:
    if row.place in ("input", "output") or row.asked.startswith("lineage("):
        return row.asked
    return f"{ {'run': RUN, 'job': JOB, 'dataset': DATASET}[row.place] } {{ {row.asked} }}"


def sorted_edges(found: Any) -> Any:  # noqa: ANN401 - an answer
    """Return an answer with what has no order put in one; edges to whole datasets left out."""
    if not isinstance(found, dict) or "edges" not in found:
        return found
    edges = deepcopy([each for each in found["edges"] if each["dependences"]])
    for each in edges:
        each["dependences"].sort(key=lambda said: said["kind"])
    return {"edges": sorted(edges, key=lambda each: str(each["source"]))}


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_a_facet_is_read_as_it_is_specified_whichever_version_it_claims(
    row: Row, any_hub: Told
) -> None:
    any_hub.tell(sent(row, SCHEMAS[ROWS.index(row) % len(SCHEMAS)]))
    assert sorted_edges(await any_hub.ask(query(row))) == row.expected


@pytest.mark.parametrize("row", CAN_BE_TAKEN_BACK, ids=named)
async def test_a_facet_that_is_taken_back_leaves_what_was_without_it(row: Row, hub: Told) -> None:
    hub.tell(sent(row._replace(key="acme", body={}), at=BEFORE))
    without = await hub.ask(query(row))
    hub.tell(sent(row, at=THEN))
    assert await hub.ask(query(row)) == row.expected
    hub.tell(sent(row._replace(body={"_deleted": True}), at=LATER))
    assert await hub.ask(query(row)) == without


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_nonsense_in_place_of_a_facet_says_nothing(row: Row, hub: Told) -> None:
    nonsense = NONSENSE[ROWS.index(row) % len(NONSENSE)]
    hub.tell(sent(row._replace(key="acme", body={}), at=BEFORE))
    expected = await hub.ask(query(row))
    event = sent(row, at=BEFORE)
    for holder in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        for name in ("facets", "inputFacets", "outputFacets"):
            if row.key in holder.get(name, {}):
                holder[name][row.key] = nonsense
    hub.tell(event)
    assert await hub.ask(query(row)) == expected


def test_every_facet_of_the_core_has_a_row() -> None:
    assert len({row.file for row in ROWS}) == 38
