"""One thing is asked for by any of its names, and operators decide which those are."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.catalog import Catalog
from hub.domain.commands import Answer, Command, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event, schema
from tests.api.graphql.conftest import Client
from tests.api.graphql.queries import Operation
from tests.api.graphql.test_compiled import BY_GRAPHQL_CORE, post

SECOND = 1_000_000
PATH, TABLE, MADE = (
    DatasetName("s3://lake", "raw/orders"),
    DatasetName("hive", "shop.orders"),
    DatasetName("hive", "shop.made"),
)
LOAD, SAME, SHIP = JobName("etl", "load"), JobName("etl", "load.v2"), JobName("etl", "ship")
NODE = {name: f"dataset:{name.namespace.replace(':', '%3A')}:{name.name}" for name in (PATH, TABLE)}

RULE = """mutation ($alias: ID!, $of: ID!) { approveAlias(
    input: {alias: $alias, of: $of, reason: "r"}) {
    first { id } second { id } position errors { code message path } } }"""
APART = """mutation ($first: ID!, $second: ID!) { keepApart(
    input: {first: $first, second: $second}) {
    first { id } second { id } position errors { code message path } } }"""
WITHDRAW = """mutation ($first: ID!, $second: ID!) {
    withdrawRuling(input: {first: $first, second: $second}) {
    first { id } second { id } position errors { code message path } } }"""
DATASET = """query ($namespace: String!, $name: String!) {
    dataset(namespace: $namespace, name: $name) {
      id name firstSeen lastSeen fields { name } lastWrittenAt versions { run { runId } }
      neighbours { upstream downstream }
      aliases { namespace name provenance reason since approvedBy }
    } }"""
JOB = """query ($namespace: String!, $name: String!) {
    job(namespace: $namespace, name: $name) {
      id runs { nodes { runId job { id } } totalCount } latestRun { runId }
      inputs { id } outputs { id } aliases { name provenance since }
    } }"""
RULINGS = """{ identityRulings { totalCount nodes {
    first { id } second { id } apart reason actor position } } }"""


class Live(Client):
    """A client whose commands are done."""

    def _submit(self, command: Command) -> Answer:
        [appended] = self.store.journal.append([entry_of(command)], recorded_at=9 * SECOND)
        run_until_idle([Project(self.store)])
        return Answer("OK", appended.position)


@pytest.fixture
def client(store: Store) -> Live:
    written = dataset(PATH, schema=schema("id", "total"))
    events = [
        run_event(LOAD, "1", at=SECOND, inputs=[MADE], outputs=[written]),
        run_event(SAME, "2", at=2 * SECOND, inputs=[MADE], outputs=[TABLE]),
        run_event(JobName("etl", "bare"), "9", at=SECOND),
        run_event(SHIP, "3", at=3 * SECOND, inputs=[TABLE], outputs=[DatasetName("hive", "out")]),
    ]
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=0)
    run_until_idle([Project(store)])
    return Live(store, Catalog())


async def said(client: Client, query: str, **given: str) -> dict[str, Any]:
    [payload] = (await client.read(query, **given)).values()
    found: dict[str, Any] = payload
    return found


async def test_a_dataset_is_answered_whole_under_each_of_its_names(client: Live) -> None:
    payload = await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    assert payload["errors"] == []
    assert payload["first"] == payload["second"] == {"id": NODE[TABLE]}
    by_name = [await said(client, DATASET, **name._asdict()) for name in (PATH, TABLE)]
    assert by_name[0] == by_name[1]
    assert by_name[0] | {"aliases": None} == {
        "id": NODE[TABLE],
        "name": "shop.orders",
        "firstSeen": "1970-01-01T00:00:01.000000Z",
        "lastSeen": "1970-01-01T00:00:03.000000Z",
        "fields": [{"name": "id"}, {"name": "total"}],
        "lastWrittenAt": "1970-01-01T00:00:02.000000Z",
        "versions": [{"run": {"runId": "2"}}, {"run": {"runId": "1"}}],
        "neighbours": {"upstream": 1, "downstream": 1},
        "aliases": None,
    }
    assert by_name[0]["aliases"] == [
        {
            "namespace": PATH.namespace,
            "name": PATH.name,
            "provenance": "OPERATOR",
            "reason": "r",
            "since": "1970-01-01T00:00:09.000000Z",
            "approvedBy": "local",
        }
    ]


async def test_a_job_has_the_runs_of_all_its_names(client: Live) -> None:
    await said(client, RULE, alias="job:etl:load", of="job:etl:load.v2")
    found = await said(client, JOB, namespace="etl", name="load")
    assert found["id"] == "job:etl:load.v2"
    assert [run["runId"] for run in found["runs"]["nodes"]] == ["2", "1"]
    assert {run["job"]["id"] for run in found["runs"]["nodes"]} == {"job:etl:load.v2"}
    assert (found["runs"]["totalCount"], found["latestRun"]) == (2, {"runId": "2"})
    assert [each["id"] for each in found["inputs"]] == ["dataset:hive:shop.made"]
    assert len(found["outputs"]) == 2
    since = "1970-01-01T00:00:09.000000Z"
    assert found["aliases"] == [{"name": "load", "provenance": "OPERATOR", "since": since}]


async def test_lists_have_each_thing_once(client: Live) -> None:
    await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    await said(client, RULE, alias="job:etl:load", of="job:etl:load.v2")
    query = "{ datasets { totalCount nodes { id } } jobs { totalCount nodes { id } } }"
    found = await client.read(query)
    for noun, count in (("datasets", 3), ("jobs", 3)):
        assert found[noun]["totalCount"] == count == len(found[noun]["nodes"])
    # Whatever name it has its datasets under.
    await said(client, RULE, alias="job:etl:ship", of="job:etl:bare")
    busy = await client.read("{ jobs(filter: {withDatasets: true}) { totalCount nodes { id } } }")
    assert [each["id"] for each in busy["jobs"]["nodes"]] == ["job:etl:bare", "job:etl:load.v2"]
    # A list of what a job writes has it once, too.
    job = await said(client, JOB, namespace="etl", name="load")
    assert [each["id"] for each in job["outputs"]] == [NODE[TABLE]]


async def test_lineage_shows_one_node_with_the_facts_of_all_names(client: Live) -> None:
    await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    query = """query ($node: ID!) { lineage(node: $node, direction: UPSTREAM) {
        nodes { id dataset { id } } edges { source target firstSeen lastSeen origin } } }"""
    found = await said(client, query, node=NODE[PATH])
    assert {node["id"] for node in found["nodes"]} == {
        NODE[TABLE],
        "job:etl:load",
        "job:etl:load.v2",
        "dataset:hive:shop.made",
    }
    assert {node["dataset"]["id"] for node in found["nodes"] if node["dataset"]} == {
        NODE[TABLE],
        "dataset:hive:shop.made",
    }
    ends = {(e["source"], e["target"]): e["firstSeen"] for e in found["edges"]}
    assert ends["job:etl:load", NODE[TABLE]] == "1970-01-01T00:00:01.000000Z"
    assert None not in ends.values()


async def test_who_depends_on_it_is_who_depends_on_any_of_its_names(client: Live) -> None:
    await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    query = """query ($node: ID!) { impact(node: $node) {
        consumers { jobs { id lastReadAt } datasets { id lastReadAt } } } }"""
    found = await said(client, query, node=NODE[PATH])
    affected = {
        each["id"]: each["lastReadAt"]
        for consumer in found["consumers"]
        for each in consumer["jobs"] + consumer["datasets"]
    }
    assert affected.keys() == {"job:etl:ship", "dataset:hive:out"}
    assert None not in affected.values()


async def test_what_is_compiled_answers_as_graphql_core_does(client: Live) -> None:
    await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    await said(client, RULE, alias="job:etl:load", of="job:etl:load.v2")
    for query, given in ((DATASET, PATH), (JOB, LOAD), (RULINGS, None)):
        asked = Operation(query, dict(given._asdict()) if given else {})
        assert await post(client, asked) == await post(client, asked, **BY_GRAPHQL_CORE)


async def test_more_names_take_no_more_statements(client: Live) -> None:
    query = """{ datasets { nodes { aliases { name } fields { name } lastWrittenAt } }
        jobs { nodes { aliases { name } runs { nodes { runId job { id } } } inputs { id } } } }"""
    counts = []
    for number in range(3):
        other = DatasetName("more", f"name{number}")
        event = run_event(SHIP, f"more{number}", at=SECOND, inputs=[other])
        client.store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=0)
        run_until_idle([Project(client.store)])
        await said(client, RULE, alias=f"dataset:more:name{number}", of=NODE[TABLE])
        await client.read(query)
        with client.counting() as statements:
            await client.read(query)
        counts.append(len(statements))
    assert counts == [counts[0]] * 3


async def test_a_name_that_no_event_uses_is_found_as_people_write_it(client: Live) -> None:
    other = {"namespace": "hive://meta:9083", "name": "shop.orders"}
    linked = dataset(TABLE, symlinks={"identifiers": [{**other, "type": "TABLE"}]})
    event = run_event(SHIP, "4", at=4 * SECOND, inputs=[linked])
    client.store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=0)
    run_until_idle([Project(client.store)])
    query = "query ($node: ID!) { lineage(node: $node, depth: 0) { nodes { id } } }"
    found = await said(client, query, node="dataset:hive://meta:9083:shop.orders")
    assert found["nodes"] == [{"id": NODE[TABLE]}]
    assert (await said(client, DATASET, **other))["id"] == NODE[TABLE]


async def test_rulings_are_listed_and_withdrawn(client: Live) -> None:
    await said(client, RULE, alias=NODE[PATH], of=NODE[TABLE])
    await said(client, APART, first="job:etl:load", second="job:etl:ship")
    found = await said(client, RULINGS)
    assert found["totalCount"] == 2
    assert [each["apart"] for each in found["nodes"]] == [False, True]
    assert found["nodes"][0]["first"] == {"id": NODE[PATH]}
    payload = await said(client, WITHDRAW, first=NODE[TABLE], second=NODE[PATH])
    assert [payload["first"]["id"], payload["second"]["id"]] == [NODE[TABLE], NODE[PATH]]
    assert (await said(client, RULINGS))["totalCount"] == 1


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (NODE[PATH], NODE[PATH], "INVALID_INPUT"),
        (NODE[PATH], "job:etl:load", "INVALID_INPUT"),
        (NODE[PATH], "dataset:hive:nope", "NOT_FOUND"),
        ("job:etl:nope", "job:etl:load", "NOT_FOUND"),
        ("field:hive:shop.orders:id", NODE[TABLE], "INVALID_INPUT"),
        ("nonsense", NODE[TABLE], "INVALID_INPUT"),
        ("run:etl:load:1", "run:etl:load:1", "INVALID_INPUT"),
    ],
)
async def test_nonsense_is_refused_before_it_is_journaled(
    one: str, other: str, code: str, client: Live
) -> None:
    for query, names in ((RULE, ("alias", "of")), (APART, ("first", "second"))):
        payload = await said(client, query, **dict(zip(names, (one, other), strict=True)))
        assert [error["code"] for error in payload["errors"]] == [code]
        assert payload["position"] is None
    assert (await said(client, RULINGS))["totalCount"] == 0


async def test_what_nobody_has_ruled_is_not_withdrawn(client: Live) -> None:
    payload = await said(client, WITHDRAW, first=NODE[TABLE], second=NODE[PATH])
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]


async def test_a_name_is_as_old_as_the_earliest_event_that_tells_of_it(client: Live) -> None:
    linked = dataset(PATH, symlinks={"identifiers": [{**TABLE._asdict(), "type": "TABLE"}]})
    node = {"dbt_node": {"unique_id": "model.shop.ship"}}
    for at in (5, 4):
        event = run_event(SHIP, "3", at=at * SECOND, outputs=[linked], job_facets=node)
        client.store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=0)
        run_until_idle([Project(client.store)])
        for query, name in ((DATASET, PATH), (JOB, SHIP)):
            [alias] = (await said(client, query, **name._asdict()))["aliases"]
            assert alias["since"] == f"1970-01-01T00:00:0{at}.000000Z"
