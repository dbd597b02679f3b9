"""Every root field can be read from every kind of store."""

from __future__ import annotations

from hub.store.opening import Store
from tests.api.graphql.conftest import Client
from tests.api.graphql.test_reading import CONNECTIONS, pages
from tests.api.graphql.test_statements import ROOT_FIELDS
from tests.estates import catalog, fill


async def test_every_root_field_that_reads_is_answered(store: Store) -> None:
    fill(store, 3)
    client = Client(store, catalog(3))
    for field, query in ROOT_FIELDS.items():
        found = (await client.read(f"{{ {query} }}"))[field]
        # Nothing is rehearsed here, so nothing would come of it.
        assert found or field == "explain"


async def test_every_list_is_followed_to_its_end(store: Store) -> None:
    fill(store, 3)
    client = Client(store, catalog(3))
    for field in CONNECTIONS:
        assert await pages(client, field, 1) == await pages(client, field, 100)


async def test_the_runs_of_a_job_are_followed_to_their_end(store: Store) -> None:
    fill(store, 1)
    client = Client(store, catalog(1))
    query = """query ($after: String) { jobs { nodes { runs(first: 1, after: $after) {
        pageInfo { endCursor hasNextPage } nodes { runId } } } } }"""
    [first] = (await client.read(query))["jobs"]["nodes"]
    after = first["runs"]["pageInfo"]["endCursor"]
    [second] = (await client.read(query, after=after))["jobs"]["nodes"]
    assert [first["runs"]["nodes"], second["runs"]["nodes"]] == [
        [{"runId": "run-001-1"}],
        [{"runId": "run-001-0"}],
    ]
    assert not second["runs"]["pageInfo"]["hasNextPage"]
