"""What a query finds, and in which shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.domain.names import dataset_id, job_id, run_id
from tests.api.graphql.conftest import Client
from tests.estates import dataset_name, incident_node, job_name, run_name


async def test_the_hub_says_how_far_it_has_come(client: Client) -> None:
    said = (await client.read("{ hub { version journalPosition projectedPosition } }"))["hub"]
    assert said["journalPosition"] == 6
    assert said["projectedPosition"] == 12
    assert said["version"]


async def test_a_dataset_has_the_fields_that_stay(client: Client) -> None:
    query = """query ($namespace: String!, $name: String!) {
        dataset(namespace: $namespace, name: $name) {
            id namespace name fields { name type } owners tags } }"""
    namespace, name = dataset_name(2)
    assert await client.read(query, namespace=namespace, name=name) == {
        "dataset": {
            "id": "dataset:lake:bronze.d002",
            "namespace": "lake",
            "name": "bronze.d002",
            "fields": [{"name": "id", "type": "long"}],
            # As its producer says, then as its product declares.
            "owners": ["team:scans", "team-scans"],
            "tags": ["pii"],
        }
    }


async def test_an_incident_has_the_fields_that_stay(client: Client) -> None:
    query = """query ($id: ID!) { incident(id: $id) {
        id state class owner { name kind } severity root { id name }
        openedAt acknowledgedAt resolvedAt } }"""
    expected = {
        "id": incident_node(1),
        "state": "TRIGGERED",
        "class": "LOGIC",
        "owner": {"name": "team-scans", "kind": "domain"},
        "severity": "PAGE",
        "root": {"id": job_id(job_name(1)), "name": job_name(1).name},
        "openedAt": "1970-01-01T00:16:40.000000Z",
        "acknowledgedAt": None,
        "resolvedAt": None,
    }
    assert (await client.read(query, id=incident_node(1)))["incident"] == expected
    assert (await client.read(query, id="incident-001"))["incident"] == expected


async def test_a_dead_letter_has_the_fields_that_stay(client: Client) -> None:
    found = await client.read("{ deadLetters { nodes { id stage reasons class } } }")
    [first, *_] = found["deadLetters"]["nodes"]
    assert first["id"].startswith("dead-letter:")
    assert first | {"id": ""} == {
        "id": "",
        "stage": "contract",
        "reasons": ["id is required"],
        "class": "SCHEMA_CONTRACT",
    }


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ("namespace:lake", "Namespace"),
        (dataset_id(dataset_name(1)), "Dataset"),
        (job_id(job_name(1)), "Job"),
        (run_id(run_name(1)), "Run"),
        ("domain:domain001", "Domain"),
        ("product:product001", "DataProduct"),
        ("slo:product001.fresh", "Slo"),
        ("contract:contract-001:1.0.0", "Contract"),
        (incident_node(1), "Incident"),
    ],
)
async def test_a_global_id_leads_back_to_what_has_it(node: str, kind: str, client: Client) -> None:
    query = "query ($id: ID!) { node(id: $id) { id __typename } }"
    assert (await client.read(query, id=node))["node"] == {"id": node, "__typename": kind}


@pytest.mark.parametrize(
    "query",
    [
        '{ node(id: "dataset:lake:nope") { id } }',
        '{ dataset(namespace: "lake", name: "nope") { id } }',
        '{ job(namespace: "lake", name: "nope") { id } }',
        '{ run(id: "run:a:b:c") { id } }',
        '{ lineage(node: "dataset:lake:nope") { nodes { id } } }',
        '{ contract(id: "nope") { id } }',
        '{ contract(id: "contract-001", version: "9") { id } }',
        '{ incident(id: "nope") { id } }',
    ],
)
async def test_what_is_not_there_is_null(query: str, client: Client) -> None:
    [found] = (await client.read(query)).values()
    assert found is None


async def test_lineage_runs_over_jobs_and_says_what_it_leaves_out(client: Client) -> None:
    query = """query ($node: ID!, $depth: Int!) {
        lineage(node: $node, direction: DOWNSTREAM, depth: $depth) {
            nodes { id kind namespace name hops hidden }
            edges { source target origin closedAt } truncated hidden } }"""
    first, second, job = dataset_id(dataset_name(1)), dataset_id(dataset_name(2)), job_name(1)
    found = (await client.read(query, node=first, depth=1))["lineage"]
    assert [node["id"] for node in found["nodes"]] == [first, job_id(job), second]
    assert found["nodes"][1] == {
        "id": job_id(job),
        "kind": "JOB",
        "namespace": job.namespace,
        "name": job.name,
        "hops": 1,
        "hidden": 0,
    }
    observed = {"origin": "OBSERVED", "closedAt": None}
    assert found["edges"] == [
        {"source": first, "target": job_id(job), **observed},
        {"source": job_id(job), "target": second, **observed},
    ]
    assert (found["truncated"], found["hidden"]) == (True, 2)
    whole = (await client.read(query, node=first, depth=10))["lineage"]
    assert (whole["truncated"], whole["hidden"]) == (False, 0)


async def test_lineage_between_fields_says_how_one_is_made_from_another(client: Client) -> None:
    query = """query ($node: ID!) { lineage(node: $node, direction: UPSTREAM, depth: 1) {
        edges { source target dependences { kind subtype masking job { id } } } } }"""
    target = f"field:lake:{dataset_name(2).name}:id"
    found = (await client.read(query, node=target))["lineage"]
    way = {"kind": "DIRECT", "subtype": "IDENTITY", "masking": False}
    way |= {"job": {"id": job_id(job_name(1))}}
    source = f"field:lake:{dataset_name(1).name}:id"
    assert found["edges"] == [{"source": source, "target": target, "dependences": [way]}]


async def test_lineage_of_the_past_is_what_was_true_then(client: Client) -> None:
    query = """query ($node: ID!, $asOf: DateTime) {
        lineage(node: $node, asOf: $asOf) { nodes { id } } }"""
    node = dataset_id(dataset_name(1))
    before = await client.read(query, node=node, asOf="1970-01-01T00:00:00Z")
    assert before["lineage"] is None
    since = await client.read(query, node=node, asOf="1970-01-01T00:00:01Z")
    assert len(since["lineage"]["nodes"]) == 7


CONNECTIONS = (
    "namespaces",
    "producers",
    "datasets",
    "jobs",
    "runs",
    "domains",
    "dataProducts",
    "contracts",
    "slos",
    "incidents",
    "deadLetters",
)


async def pages(client: Client, field: str, first: int) -> list[Any]:
    """Follow a connection to its end."""
    query = f"""query ($first: Int!, $after: String) {{ {field}(first: $first, after: $after) {{
        pageInfo {{ hasNextPage hasPreviousPage endCursor }}
        edges {{ cursor node {{ id }} }} }} }}"""
    found: list[Any] = []
    after = None
    while True:
        page = (await client.read(query, first=first, after=after))[field]
        assert len(page["edges"]) <= first
        assert page["pageInfo"]["hasPreviousPage"] == bool(after)
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("field", CONNECTIONS)
async def test_pages_of_any_size_make_the_same_list(
    field: str, filled: Callable[[int], Client]
) -> None:
    client = filled(7)
    whole = await pages(client, field, 100)
    assert len(whole) == len(set(whole)) >= 7
    assert await pages(client, field, 3) == whole
    assert await pages(client, field, 1) == whole
    counted = await client.read(f"{{ {field} {{ totalCount }} }}")
    assert counted[field]["totalCount"] == len(whole)


async def test_the_runs_of_a_job_come_in_pages_newest_first(client: Client) -> None:
    query = """query ($after: String) { job(namespace: "domain001", name: "product001.step") {
        latestRun { runId }
        runs(first: 1, after: $after) { totalCount pageInfo { hasNextPage endCursor }
            nodes { runId } } } }"""
    first = (await client.read(query))["job"]
    assert first["latestRun"] == {"runId": "run-001-1"}
    assert first["runs"]["nodes"] == [{"runId": "run-001-1"}]
    assert first["runs"]["totalCount"] == 2
    after = first["runs"]["pageInfo"]["endCursor"]
    second = (await client.read(query, after=after))["job"]["runs"]
    assert second["nodes"] == [{"runId": "run-001-0"}]
    assert second["pageInfo"]["hasNextPage"] is False


async def test_filters_narrow_incidents_and_dead_letters(client: Client) -> None:
    query = "query ($f: IncidentFilter) { incidents(filter: $f) { totalCount } }"
    for chosen, expected in (
        ({"states": ["TRIGGERED"]}, 3),
        ({"states": ["RESOLVED"]}, 0),
        ({"classes": ["LOGIC"], "owner": "team-scans", "severities": ["PAGE"]}, 3),
        ({"root": job_id(job_name(2))}, 1),
        ({"ownerKinds": ["platform"]}, 0),
    ):
        assert (await client.read(query, f=chosen))["incidents"]["totalCount"] == expected
    query = "query ($f: DeadLetterFilter) { deadLetters(filter: $f) { totalCount } }"
    for chosen, expected in (
        ({"states": ["open"], "stages": ["contract"]}, 3),
        ({"product": "product002", "rule": "missing-field"}, 1),
        ({"classes": ["LOGIC"]}, 0),
    ):
        assert (await client.read(query, f=chosen))["deadLetters"]["totalCount"] == expected
