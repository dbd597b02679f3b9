"""What the surface says where something is wrong, and that nothing is its own fault."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api.rest.marquez.routes import READS
from hub.api.rest.marquez.writes import WRITES
from hub.store.opening import Store
from tests.api.marquez import bakery
from tests.api.marquez.conftest import Surface

MISSING = "8e2a7d0c-0000-4000-8000-000000000000"


@pytest.mark.parametrize("clock", ["asOf", "knownAt"])
@pytest.mark.parametrize("pattern", READS)
async def test_the_present_does_not_pass_for_the_past(
    bakery_surface: Surface, pattern: str, clock: str
) -> None:
    path = f"/{pattern.replace('*', 'bakery')}?{clock}=2026-03-01T00%3A00%3A00Z"
    found = await bakery_surface.get(path, status=400)
    [error] = found["errors"]
    assert error.startswith(f"query param {clock} is for GraphQL")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/namespaces/nope", "Namespace 'nope' not found."),
        ("/namespaces/nope/datasets", "Namespace 'nope' not found."),
        ("/namespaces/nope/jobs", "Namespace 'nope' not found."),
        ("/namespaces/%20/jobs", "Namespace '' not found."),
        ("/namespaces/bakery/datasets/nope", "Dataset 'nope' not found."),
        ("/namespaces/bakery/jobs/nope", "Job 'nope' not found."),
        ("/namespaces/bakery/jobs/nope/runs", "Job 'nope' not found."),
        (f"/namespaces/bakery/jobs/bake/versions/{MISSING}", f"Job version '{MISSING}' not found."),
        ("/sources/nope", "Source 'nope' not found."),
        (f"/jobs/runs/{MISSING}", f"Run '{MISSING}' not found."),
        ("/lineage?nodeId=job:bakery:nope", "Job 'nope' not found."),
        ("/column-lineage?nodeId=dataset:bakery:nope", "Dataset 'nope' not found."),
        (f"/runlineage/upstream?runId={MISSING}", f"Run '{MISSING}' not found."),
        ("/nowhere", "HTTP 404 Not Found"),
        ("/namespaces/a%00b", "Namespace 'a\0b' not found."),
        ("/namespaces/a%0Ab", "Namespace 'ab' not found."),
    ],
)
async def test_what_does_not_exist_is_named(
    bakery_surface: Surface, path: str, message: str
) -> None:
    found = await bakery_surface.get(path, status=404)
    assert found == {"code": 404, "message": message}


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/namespaces?limit=-1", "limit must be greater than or equal to 0"),
        ("/namespaces?limit=10001", "limit must be less than or equal to 10000"),
        ("/namespaces?offset=x", "offset must be a number"),
        ("/namespaces?limit=9223372036854775808", "limit must be less than or equal to 10000"),
        ("/lineage", "nodeId must not be null"),
        ("/lineage?nodeId=job:bakery:bake&depth=x", "depth must be a number"),
        ("/search?q=%20", "q must not be blank"),
        ("/search?q=a&before=2020", 'before must match "^\\d{4}-\\d{2}-\\d{2}$"'),
        (f"/jobs/runs/{MISSING}/facets", "type must not be null"),
        ("/stats/jobs?period=WEEK&timezone=No%2FWhere", "timezone is no time zone: No/Where"),
        ("/stats/jobs?period=WEEK", "timezone must not be null"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(
    bakery_surface: Surface, path: str, complaint: str
) -> None:
    found = await bakery_surface.get(path, status=400)
    assert found == {"errors": [f"query param {complaint}"]}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/lineage?nodeId=foo",
            "node ID (foo) must start with 'dataset', 'datasetField', 'job' or",
        ),
        ("/jobs?lastRunStates=WHAT", "query param lastRunStates must be one of [NEW, RUNNING, "),
        ("/search?q=a&filter=FIELD", "query param filter must be one of [DATASET, JOB]"),
        ("/events/lineage?before=x", "Parameter is invalid: before 'x' is no time"),
    ],
)
async def test_a_word_that_means_nothing_is_told_with_those_that_do(
    bakery_surface: Surface, path: str, message: str
) -> None:
    found = await bakery_surface.get(path, status=400)
    assert found["message"].startswith(message)


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("PUT", "/namespaces/n", {}, "ownerName must not be null"),
        ("PUT", "/namespaces/n", {"ownerName": 1}, "ownerName: Expected `str`, got `int`"),
        ("PUT", "/namespaces/n", {"ownerName": " "}, "ownerName must not be blank"),
        ("PUT", "/sources/s", {"type": "DB2"}, "connectionUrl must not be null"),
        ("PUT", "/namespaces/bakery/datasets/d", {"type": "DB_TABLE"}, "physicalName must not be"),
        (
            "PUT",
            "/namespaces/bakery/datasets/d",
            {"type": "VIEW", "physicalName": "p", "sourceName": "oven"},
            "type must be one of [DB_TABLE, STREAM]",
        ),
        ("PUT", "/namespaces/bakery/jobs/j", {"type": "BATCH"}, "inputs must not be null"),
        ("POST", "/namespaces/bakery/jobs/bake/runs", {"id": "x"}, "id must be a UUID"),
        (
            "POST",
            "/namespaces/bakery/jobs/bake/runs",
            {"nominalStartTime": "soon"},
            "nominalStartTime must be a time",
        ),
        ("PUT", f"/namespaces/{'n' * 2_100}", {"ownerName": "me"}, "names in the path must not be"),
    ],
)
async def test_a_body_that_cannot_be_used_is_told_with_the_place_in_it(
    bakery_surface: Surface, method: str, path: str, body: dict[str, Any], complaint: str
) -> None:
    found = await bakery_surface.ask(method, path, status=422, json=body)
    assert found["errors"][0].startswith(complaint)


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("PUT", "/namespaces/no/datasets/d", ("oven", None), "Namespace 'no' not found."),
        ("PUT", "/namespaces/bakery/datasets/d", ("no", None), "Source 'no' not found."),
        ("PUT", "/namespaces/bakery/datasets/d", ("oven", MISSING), f"Run '{MISSING}' not found."),
        ("POST", f"/jobs/runs/{MISSING}/start", None, f"Run '{MISSING}' not found."),
        ("POST", "/namespaces/bakery/datasets/no/tags/t", None, "Dataset 'no' not found."),
        ("DELETE", "/namespaces/bakery/jobs/no/tags/t", None, "Job 'no' not found."),
        ("DELETE", "/namespaces/no", None, "Namespace 'no' not found."),
    ],
)
async def test_a_write_to_what_does_not_exist_leaves_nothing_behind(
    bakery_surface: Surface,
    method: str,
    path: str,
    body: tuple[str, str | None] | None,
    message: str,
) -> None:
    sent = None
    if body is not None:
        sent = {"type": "DB_TABLE", "physicalName": "p", "sourceName": body[0], "runId": body[1]}
    before = head(bakery_surface.store)
    found = await bakery_surface.ask(method, path, status=404, json=sent)
    assert found == {"code": 404, "message": message}
    assert head(bakery_surface.store) == before


async def test_a_job_may_name_only_datasets_that_are_there(bakery_surface: Surface) -> None:
    body = {"type": "BATCH", "inputs": [{"namespace": "bakery", "name": "no"}], "outputs": []}
    found = await bakery_surface.ask("PUT", "/namespaces/bakery/jobs/j", status=404, json=body)
    assert found["message"] == "Dataset 'no' not found."


async def test_a_body_that_is_no_json_is_a_bad_request(surface: Surface) -> None:
    for body in (b"", b"{nope", b"\xff", b'{"ownerName": "\\ud800"}'):
        found = await surface.ask("PUT", "/namespaces/n", status=400, content=body)
        assert found["message"].startswith("the body is not JSON")


async def test_a_method_that_a_route_does_not_take_is_told_those_it_does(surface: Surface) -> None:
    answer = await surface.http.request("POST", "/namespaces/n/datasets/d")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")
    assert answer.json() == {"code": 405, "message": "HTTP 405 Method Not Allowed"}


async def test_a_position_that_is_not_projected_in_time_is_worth_another_try(
    surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.api.after_position._BOUND_SECONDS", 0.05)
    answer = await surface.http.get("/namespaces", headers={"Hub-After-Position": "9"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


# What a hostile or careless client may put anywhere.
odd_text = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["bake", "bakery", "s3://oven", "made/loaves", "%", "*", "a:b:c", "a" * 3_000]),
    # Clients take these for steps in a path.
).filter(lambda text: text not in {".", ".."})
odd_value = st.one_of(
    odd_text,
    st.integers().map(str),
    st.sampled_from(
        [
            "-1",
            "true",
            "WEEK",
            "DAY",
            "run",
            "UTC",
            "1e9",
            "99999999999999999999",
            "job:bakery:bake",
            "dataset:s3://oven:made/loaves",
            "datasetField:s3://oven:made/loaves:weight",
            f"run:{bakery.run_id(bakery.BAKE, 0)}",
            f"dataset:s3://oven:made/loaves#{MISSING}",
            "2026-11-24T00:00:00Z",
        ]
    ),
)
PARAMETERS = (
    *("nodeId", "depth", "limit", "offset", "q", "type", "period", "timezone", "withDownstream"),
    *("runId", "before", "after", "sortDirection", "sort", "filter", "namespace", "at"),
    *("lastRunStates", "aggregateToParentRun"),
)
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), odd_text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = (
    *("ownerName", "description", "type", "connectionUrl", "physicalName", "sourceName", "fields"),
    *("tags", "runId", "schemaLocation", "inputs", "outputs", "location", "context", "id", "args"),
    *("nominalStartTime", "nominalEndTime"),
)
bodies = st.one_of(
    st.none(),
    json_value,
    st.dictionaries(st.sampled_from(MEMBERS), json_value, max_size=6),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["BATCH", "DB_TABLE"]), "ownerName": odd_text},
        optional={
            "connectionUrl": odd_text,
            "physicalName": odd_text,
            "sourceName": st.just("oven"),
            "inputs": st.just([{"namespace": "s3://oven", "name": "made/loaves"}]),
            "outputs": st.just([]),
            "tags": st.lists(odd_text, max_size=2),
            "fields": st.lists(st.fixed_dictionaries({"name": odd_text}), max_size=2),
        },
    ),
)
routes = sorted({*(("GET", pattern) for pattern in READS), *WRITES})


@pytest.fixture
async def hostile_target(surface: Surface) -> Surface:
    await surface.send(*bakery.events())
    return surface


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_whatever_is_asked_is_answered(hostile_target: Surface, data: st.DataObject) -> None:
    method, pattern = data.draw(st.sampled_from(routes))
    names = (data.draw(odd_text) if part == "*" else part for part in pattern.split("/"))
    path = "/" + "/".join(quote(name, safe="") for name in names)
    params = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), odd_value, max_size=4))
    body = data.draw(bodies)
    content = None if method == "GET" else json.dumps(body).encode("utf-8", "surrogatepass")
    answer = await hostile_target.http.request(method, path, params=params, content=content)
    assert answer.status_code < 500, (method, path, params, content, answer.text)
    assert isinstance(answer.json(), dict | list)
    assert is_projected(hostile_target.store)


def head(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


def is_projected(store: Store) -> bool:
    from hub.queries.positions import positions

    with store.database.read() as connection:
        at = positions(connection, store.journal)
    return at.projected == at.journal


async def test_numbers_beyond_all_bounds_are_given_back_as_they_were_sent(surface: Surface) -> None:
    numbers = f"[1e999,{'9' * 5_000}]"
    named = '"namespace": "n", "name": "x"'
    await surface.send(
        f"""{{"eventType": "COMPLETE", "eventTime": "2026-11-23T09:00:00Z", "producer": "p",
        "run": {{"runId": "{uuid4()}", "facets": {{"acme": {numbers}, "hub_args": {numbers}}}}},
        "job": {{{named}, "facets": {{"acme": {{"far": {numbers}}}}}}},
        "outputs": [{{{named}, "facets": {{"acme": {{"far": {numbers}}}}}}}]}}""".encode()
    )
    for path in (
        *("/jobs", "/namespaces/n/jobs/x", "/namespaces/n/jobs/x/runs"),
        *(
            "/namespaces/n/datasets",
            "/namespaces/n/datasets/x",
            "/namespaces/n/datasets/x/versions",
        ),
        *("/lineage?nodeId=dataset:n:x", "/events/lineage"),
    ):
        answer = await surface.http.get(path)
        assert answer.status_code == 200, path
        assert numbers in answer.text, path
