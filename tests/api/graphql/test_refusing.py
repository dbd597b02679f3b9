"""What the endpoint refuses, and how little it tells while doing so."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from hub.api.graphql.reads import explains_nothing
from hub.domain.errors import Refused
from tests.api.graphql.conftest import NOW, Client

COSTLY = """{ datasets(first: 100) { nodes { versions(first: 100) {
    writtenAt size { rows } run { id state } } } } }"""
DEEP = '{ lineage(node: "dataset:a:b") { nodes { dataset { versions { run { job { latestRun {'
DEEP += " job { latestRun { job { latestRun { job { latestRun { job { latestRun { job { latestRun {"
DEEP += " id" + " }" * 18


def aliases(count: int) -> str:
    return "{" + " ".join(f"a{n}: hub {{ version }}" for n in range(count)) + "}"


@pytest.mark.parametrize(
    ("query", "what"),
    [
        (COSTLY, "cost"),
        (DEEP, "depth"),
        (aliases(51), "aliases"),
    ],
)
async def test_too_much_is_refused_with_what_it_weighs(
    query: str, what: str, client: Client
) -> None:
    client_errors = await client.errors(query)
    weighed = next(e for e in client_errors if what in e["extensions"])
    assert weighed["extensions"]["code"] == "TOO_EXPENSIVE"
    assert weighed["extensions"][what] > weighed["extensions"]["limit"]


EVENT = {
    "eventType": "FAIL",
    "eventTime": "2026-11-23T03:00:00Z",
    "producer": "https://example.org/p",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    "run": {"runId": "00000000-0000-4000-8000-000000000001"},
    "job": {"namespace": "n", "name": "j"},
}
EXPLAIN = "query ($event: JSON!) { explain(event: $event) { id } }"


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ([], "INVALID_INPUT", "there is no event"),
        ("x", "INVALID_INPUT", "event: "),
        ({"eventTime": 1}, "INVALID_INPUT", "event: "),
        ([EVENT, {}], "INVALID_INPUT", "event[1]: "),
        ([EVENT] * 101, "TOO_LARGE", "101 are more than 100"),
        ([EVENT | {"more": "x" * 300_000}] * 2, "TOO_LARGE", "longer than 524288 bytes"),
    ],
    ids=["none", "text", "no event", "one of two", "too many", "too long"],
)
async def test_what_is_not_to_be_explained_is_refused_at_its_place(
    asked: object, code: str, said: str, client: Client
) -> None:
    [refused] = await client.errors(EXPLAIN, event=asked)
    assert refused["extensions"]["code"] == code
    assert said in refused["message"]
    assert client.explained == []


async def test_one_event_or_several_are_explained_as_of_now_or_as_of_a_time(client: Client) -> None:
    assert await client.read(EXPLAIN, event=EVENT) == {"explain": []}
    query = EXPLAIN.replace("event: $event", 'event: $event, at: "2026-11-23T03:00:00Z"')
    assert await client.read(query, event=[EVENT, EVENT]) == {"explain": []}

    (one, now), (two, at) = client.explained
    assert [json.loads(each) for each in (*one, *two)] == [EVENT] * 3
    assert (now, at) == (NOW, 1_795_402_800_000_000)


def test_whoever_only_reads_a_store_explains_nothing() -> None:
    with pytest.raises(Refused, match="only a running hub"):
        explains_nothing([], now=1)


async def test_events_are_explained_once_to_an_operation(client: Client) -> None:
    one = "explain(event: $event) { id }"
    [refused] = await client.errors(f"query ($event: JSON!) {{ a: {one} b: {one} }}", event=EVENT)
    assert refused["extensions"]["code"] == "TOO_EXPENSIVE"


async def test_a_variable_counts_as_the_largest_page(client: Client) -> None:
    query = """query ($first: Int!) { jobs(first: $first) {
        nodes { runs(first: $first) { nodes { id runId state job { id } } } } } }"""
    [refused] = await client.errors(query, first=1)
    assert refused["extensions"]["cost"] > 100 * 100


async def test_fragments_inside_fragments_are_weighed_without_unfolding_them(
    client: Client,
) -> None:
    chain = [f"fragment F{n} on Job {{ ...F{n + 1} ...F{n + 1} }}" for n in range(100)]
    query = "{ jobs { nodes { ...F0 } } } " + " ".join(chain) + " fragment F100 on Job { id }"
    [refused] = await client.errors(query)
    assert refused["extensions"]["cost"] > 1 << 100


async def test_a_fragment_inside_itself_or_unknown_is_refused(client: Client) -> None:
    loop = "{ jobs { nodes { ...F } } } fragment F on Job { latestRun { job { ...F } } }"
    assert "itself" in (await client.errors(loop))[0]["message"]
    assert "Unknown fragment" in (await client.errors("{ jobs { nodes { ...F } } }"))[0]["message"]


async def test_a_long_document_is_not_even_parsed(client: Client) -> None:
    [refused] = await client.errors("{" + "a " * 3_000 + "}")
    assert "tokens" in refused["message"]


async def test_pages_are_bounded(client: Client) -> None:
    for first in (0, -1, 101):
        [refused] = await client.errors(f"{{ datasets(first: {first}) {{ nodes {{ id }} }} }}")
        assert refused["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("after", ["", "x", "gaFh", "////", "kwECAw=="])
async def test_a_cursor_from_elsewhere_is_refused(after: str, client: Client) -> None:
    query = "query ($after: String) { datasets(after: $after) { nodes { id } } }"
    [refused] = await client.errors(query, after=after)
    assert refused["extensions"]["code"] == "INVALID_INPUT"


async def test_filters_are_bounded(client: Client) -> None:
    query = "query ($s: [String!]) { deadLetters(filter: {states: $s}) { totalCount } }"
    [refused] = await client.errors(query, s=["open"] * 51)
    assert refused["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    "query",
    [
        '{ node(id: "nonsense") { id } }',
        '{ node(id: "dataset:a") { id } }',
        '{ run(id: "dataset:a:b") { id } }',
        '{ lineage(node: "run:a:b:c") { hidden } }',
        '{ lineage(node: "dataset:a:b", depth: -1) { hidden } }',
        '{ lineage(node: "dataset:a:b", limit: 0) { hidden } }',
        '{ lineage(node: "field:a:b:c", level: DATASET) { hidden } }',
    ],
)
async def test_nonsense_is_told_apart_from_what_is_not_there(query: str, client: Client) -> None:
    [refused] = await client.errors(query)
    assert refused["extensions"]["code"] == "INVALID_INPUT"


async def test_a_time_that_is_none_is_refused(client: Client) -> None:
    query = '{ lineage(node: "dataset:a:b", asOf: "yesterday") { hidden } }'
    assert "yesterday" in (await client.errors(query))[0]["message"]


async def test_a_defect_is_masked(client: Client) -> None:
    with client.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE dataset RENAME TO moved")
    [masked] = await client.errors("{ datasets { nodes { id } } }")
    assert masked["message"] == "Unexpected error."
    assert masked["extensions"] == {"code": "INTERNAL"}


async def test_unknown_fields_are_not_answered_with_names_that_exist(client: Client) -> None:
    [refused] = await client.errors("{ incidentz { nodes { id } } }")
    assert "incidents" not in json.dumps(refused)


async def test_introspection_is_free(client: Client) -> None:
    found = await client.read("{ __schema { types { name fields { name type { name } } } } }")
    assert len(found["__schema"]["types"]) > 50


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"query"',
        b"{",
        b"\xff\xfe",
        b"[]",
        b'[{"query": "{ hub { version } }"}]',
        b"{}",
        b'{"query": 5}',
        b'{"query": "{ hub { version } }", "variables": 5}',
        b'{"query": "{ hub { version } }", "operationName": 5}',
        b'{"query": "{ hub { version } }", "operationName": "Nope"}',
        b'{"query": "\\ud800"}',
        b'{"query": ""}',
        b"[" * 100_000,
    ],
)
async def test_a_body_that_is_no_operation_is_refused(body: bytes, client: Client) -> None:
    headers = {"content-type": "application/json"}
    response = await client.http.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400 or "errors" in response.json()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_only_json_is_read(kind: str, client: Client) -> None:
    body = b'{"query": "{ hub { version } }"}'
    response = await client.http.post("/graphql", content=body, headers={"content-type": kind})
    assert response.status_code == 400


async def test_nothing_is_asked_by_url(client: Client) -> None:
    query = {"query": "{ hub { version } }"}
    assert (await client.http.get("/graphql", params=query)).status_code == 405
    html = {"accept": "text/html"}
    assert (await client.http.get("/graphql", headers=html)).status_code == 405
    assert (await client.http.put("/graphql", json=query)).status_code == 405


async def test_a_long_body_is_not_read_to_its_end(client: Client) -> None:
    body = b'{"query": "{ hub { version } }", "pad": "' + b"x" * (1 << 20) + b'"}'
    headers = {"content-type": "application/json"}
    response = await client.http.post("/graphql", content=body, headers=headers)
    assert response.status_code == 413


async def test_a_deeply_nested_operation_is_an_error_not_a_crash(
    filled: Callable[[int], Client],
) -> None:
    client = filled(1)
    errors = await client.errors("{ a" * 900 + "}" * 900)
    assert errors
