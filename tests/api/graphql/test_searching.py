"""What a search answers over GraphQL; what it finds is tested on the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.api import after_position
from hub.store import tracking
from tests.api.graphql.conftest import Client

QUERY = """query ($text: String!, $kinds: [SearchKind!], $first: Int! = 20, $after: String) {
    search(text: $text, kinds: $kinds, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id kind namespace name field score level part text node { id __typename } } } }"""


async def search(client: Client, text: str, **variables: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.read(QUERY, text=text, **variables))["search"][
        "nodes"
    ]
    return found


async def test_a_hit_says_what_it_is_how_it_matches_and_where_it_leads(client: Client) -> None:
    [dataset, *_] = await search(client, "d002")
    assert dataset == {
        "id": "dataset:lake:bronze.d002",
        "kind": "DATASET",
        "namespace": "lake",
        "name": "bronze.d002",
        "field": None,
        "score": 0.94,
        "level": "EXACT",
        "part": "NAME",
        "text": "bronze.d002",
        "node": {"id": "dataset:lake:bronze.d002", "__typename": "Dataset"},
    }
    [product] = await search(client, "prodcut002", kinds=["PRODUCT"])
    assert (product["namespace"], product["name"]) == (None, "product002")
    assert (product["level"], product["node"]["__typename"]) == ("TYPO", "DataProduct")
    [field, *_] = await search(client, "id", kinds=["FIELD"])
    assert (field["name"], field["field"]) == ("bronze.d001", "id")
    assert field["node"] == {"id": "dataset:lake:bronze.d001", "__typename": "Dataset"}


async def test_pages_of_any_size_make_the_same_list(filled: Callable[[int], Client]) -> None:
    client = filled(7)
    whole = [hit["id"] for hit in await search(client, "d00", first=100)]
    assert len(whole) == len(set(whole)) == 8
    paged: list[str] = []
    after = None
    while True:
        page = (await client.read(QUERY, text="d00", first=3, after=after))["search"]
        paged += [hit["id"] for hit in page["nodes"]]
        assert page["totalCount"] == 8
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert paged == whole


@pytest.mark.parametrize("text", ["", "  ", "%", "\0", "🙂" * 2_000, "'\"--;*", "NOT AND"])
async def test_odd_texts_find_nothing(text: str, client: Client) -> None:
    assert await search(client, text) == []


async def test_a_text_longer_than_any_name_is_refused(client: Client) -> None:
    [error] = await client.errors(QUERY, text="x" * 3_000)
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "3,000 characters are over the limit" in error["message"]


@pytest.mark.parametrize("after", ["gaFh", "kqRsYWtlq2Jyb256ZS5kMDAx", "x"])
async def test_a_cursor_of_another_list_is_refused(after: str, client: Client) -> None:
    [error] = await client.errors(QUERY, text="bronze", after=after)
    assert error["extensions"]["code"] == "INVALID_INPUT"


async def test_only_a_search_waits_for_the_index(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_position, "_BOUND_SECONDS", 0.05)
    with client.store.database.write() as connection:
        for stage in ("project", "infer"):
            tracking.advance(connection, stage, expected=12, to=13)
    headers = {"Hub-After-Position": "13"}
    wanted = '{ search(text: "bronze") { nodes { id } } }'
    answer = await client.ask(wanted, headers=headers)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_YET_PROJECTED"
    assert "errors" not in await client.ask("{ datasets { totalCount } }", headers=headers)
    with client.store.database.write() as connection:
        tracking.advance(connection, "index", expected=12, to=13)
    assert "errors" not in await client.ask(wanted, headers=headers)
