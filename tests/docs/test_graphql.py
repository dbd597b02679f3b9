"""What docs/graphql.md shows is asked for real, and what it states is what the code does."""

from __future__ import annotations

import re

import pytest
from graphql import parse, validate

from hub.api.after_position import _BOUND_SECONDS, HEADER
from hub.api.graphql import limits
from hub.api.graphql.connections import DEFAULT_FIRST
from hub.api.graphql.schema import build_schema
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.graph.closure import DEFAULT_LIMIT
from hub.queries.pages import MAX_FIRST
from hub.store.opening import Store
from tests.api.graphql.conftest import Client
from tests.estates import catalog, fill
from tests.machine import ROOT

TEXT = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)
EVENT = {
    "eventType": "FAIL",
    "eventTime": "2026-11-23T03:00:00Z",
    "producer": "https://example.org/p",
    "run": {"runId": "00000000-0000-4000-8000-000000000001"},
    "job": {"namespace": "n", "name": "j"},
}
VARIABLES = {"document": "id: nothing", "event": EVENT}


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_fits_the_schema(number: int) -> None:
    assert validate(build_schema().graphql_core, parse(EXAMPLES[number])) == []


async def test_every_query_and_mutation_is_answered(sqlite_store: Store) -> None:
    fill(sqlite_store, 3)
    client = Client(sqlite_store, catalog(3))
    asked = [example for example in EXAMPLES if not example.startswith("subscription")]
    assert len(asked) > 5
    for example in asked:
        given = {name: value for name, value in VARIABLES.items() if f"${name}" in example}
        found = await client.read(example, **given)
        assert all(value is not None for value in found.values())


@pytest.mark.parametrize(
    "stated",
    [
        f"`first` from 1 to {MAX_FIRST} ({DEFAULT_FIRST} unless said)",
        f"({DEFAULT_LIMIT:,} unless said)",
        f"`{HEADER}: N`",
        {4.0: "After four seconds"}[_BOUND_SECONDS],
        {1 << 20: "A facet of more than 1 MiB"}[MAX_FACET_BYTES],
        f"be {limits.MAX_DEPTH} levels deep, have {limits.MAX_ALIASES} aliases",
        f"{limits.MAX_TOKENS:,} tokens, and cost {limits.MAX_COST:,}",
    ],
)
def test_what_is_stated_holds(stated: str) -> None:
    assert stated in " ".join(TEXT.split())
