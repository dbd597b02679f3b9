"""Every root field can be read from every kind of store."""

from __future__ import annotations

from hub.store.opening import Store
from tests.api.graphql.conftest import Client
from tests.api.graphql.test_statements import ROOT_FIELDS
from tests.estates import catalog, dataset_name, fill


async def test_every_root_field_is_answered(store: Store) -> None:
    fill(store, 3)
    client = Client(store, catalog(3))
    for field, query in ROOT_FIELDS.items():
        found = (await client.read(f"{{ {query} }}"))[field]
        assert found


async def test_search_and_pages_work_alike(store: Store) -> None:
    fill(store, 3)
    client = Client(store, catalog(3))
    query = """query ($after: String) { datasets(namespace: "lake", first: 2, after: $after) {
        pageInfo { endCursor hasNextPage } nodes { name versions(first: 1) { version }
            qualityAssertions { assertion } } } }"""
    first = (await client.read(query))["datasets"]
    second = (await client.read(query, after=first["pageInfo"]["endCursor"]))["datasets"]
    names = [node["name"] for node in (*first["nodes"], *second["nodes"])]
    assert names == [dataset_name(number).name for number in range(1, 5)]
    assert first["pageInfo"]["hasNextPage"]
    assert not second["pageInfo"]["hasNextPage"]
