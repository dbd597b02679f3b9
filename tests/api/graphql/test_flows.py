"""What is one hop away of a job or a dataset tells how that is known."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest

from hub.domain.catalog import Catalog
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import LineageInferred, encode_decision
from hub.domain.lineage.inference import Inference, SqlOutcome, SqlReading
from hub.domain.names import DatasetName, JobName
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.store import sql_readings
from hub.store.natural_keys import find_job
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event
from tests.api.graphql.conftest import Client
from tests.api.graphql.queries import Operation
from tests.api.graphql.test_compiled import BY_GRAPHQL_CORE, post
from tests.api.web.test_pages import pages_of

SECOND = 1_000_000
SEEN, TOLD, GUESSED, MADE, BYPATH = (
    DatasetName("lake", name) for name in ("seen", "told", "guessed", "made", "by/path")
)
JOB = JobName("etl", "join")
FLOWS = "{ dataset { id node { id } } origin confidence }"
OF_JOB = f'job(namespace: "etl", name: "join"%s) {{ reads {FLOWS} writes {FLOWS} }}'
OF_DATASET = f"""dataset(namespace: "lake", name: "%s"%s) {{
    neighbours {{ upstream downstream sources {FLOWS} targets {FLOWS} }} }}"""


def declaration(*inputs: DatasetName, at: str = "1970-01-01T00:00:02Z") -> bytes:
    return json.dumps(
        {
            "eventTime": at,
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
            "job": JOB._asdict(),
            "inputs": [each._asdict() for each in inputs],
        }
    ).encode()


@pytest.fixture
def client(store: Store) -> Client:
    """A job whose inputs are known in three ways, one of them in two, and its output by runs."""
    symlink = {"symlinks": {"identifiers": [{**SEEN._asdict(), "type": "TABLE"}]}}
    said = Inference(
        event_time=1, inputs=(SEEN, GUESSED), outputs=(), fields=(), reader="some", confidence=0.6
    )
    inferred = encode_decision(LineageInferred(at=1, job=JOB, said=(said,)))
    entries = [
        (
            EntryKind.EVENT,
            run_event(
                JOB, "1", at=SECOND, inputs=[dataset(BYPATH, **symlink)], outputs=[dataset(MADE)]
            ),
        ),
        (EntryKind.EVENT, declaration(SEEN, TOLD)),
        (EntryKind.DECISION, inferred),
        # What is left out of it is declared no longer.
        (EntryKind.EVENT, declaration(SEEN, at="1970-01-01T00:00:09Z")),
    ]
    for at, (kind, body) in enumerate(entries, start=1):
        store.journal.append([NewEntry(kind, body)], recorded_at=at * SECOND)
        run_until_idle([Project(store)])
    return Client(store, Catalog())


async def said(client: Client, query: str) -> Any:  # noqa: ANN401 - whatever is asked
    """Return the one thing that a query asks for, which both ways answer alike."""
    asked = Operation(f"{{ {query} }}", {})
    ours, theirs = await post(client, asked), await post(client, asked, **BY_GRAPHQL_CORE)
    assert ours == theirs
    [found] = msgspec.json.decode(ours[2])["data"].values()
    return found


def shown(flows: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    assert all(each["dataset"]["node"] == {"id": each["dataset"]["id"]} for each in flows)
    return [(each["dataset"]["id"], each["origin"], each["confidence"]) for each in flows]


# By the name that its producer gave it first.
SURE = ("dataset:lake:by/path", "OBSERVED", None)
DECLARED = ("dataset:lake:told", "DECLARED", None)
INFERRED = ("dataset:lake:guessed", "INFERRED", 0.6)
PAST = ', asOf: "1970-01-01T00:00:05Z"'
UNTOLD = ', knownAt: "1970-01-01T00:00:02Z"'


@pytest.mark.parametrize(
    ("then", "expected"),
    [("", [SURE, INFERRED]), (PAST, [SURE, INFERRED, DECLARED]), (UNTOLD, [SURE, DECLARED])],
)
async def test_each_input_of_a_job_tells_how_it_is_known_at_last_the_surest_way(
    then: str, expected: list[tuple[str, str, float | None]], client: Client
) -> None:
    found = await said(client, OF_JOB % then)
    assert shown(found["reads"]) == expected
    assert shown(found["writes"]) == [("dataset:lake:made", "OBSERVED", None)]


@pytest.mark.parametrize(
    ("then", "expected"),
    [("", [SURE, INFERRED]), (PAST, [SURE, INFERRED, DECLARED]), (UNTOLD, [SURE, DECLARED])],
)
async def test_a_neighbour_is_as_sure_as_the_less_sure_edge_of_the_job_between(
    then: str, expected: list[tuple[str, str, float | None]], client: Client
) -> None:
    found = (await said(client, OF_DATASET % ("made", then)))["neighbours"]
    assert shown(found["sources"]) == expected
    assert (found["upstream"], found["downstream"], found["targets"]) == (len(expected), 0, [])
    found = (await said(client, OF_DATASET % ("guessed", PAST)))["neighbours"]
    assert shown(found["targets"]) == [("dataset:lake:made", "INFERRED", 0.6)]


async def test_a_surer_job_between_makes_a_neighbour_surer(client: Client) -> None:
    event = run_event(JobName("etl", "copy"), "2", at=SECOND, inputs=[GUESSED], outputs=[MADE])
    client.store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=20 * SECOND)
    run_until_idle([Project(client.store)])
    found = (await said(client, OF_DATASET % ("made", "")))["neighbours"]
    assert shown(found["sources"]) == [SURE, ("dataset:lake:guessed", "OBSERVED", None)]


async def test_the_page_of_a_job_says_which_inputs_are_only_inferred(client: Client) -> None:
    async with pages_of(client.store) as pages:
        answer: httpx.Response = await pages.get("/jobs/etl/join")
    reads = answer.text.partition("<dt>Reads</dt>")[2].partition("</dd>")[0]
    assert "guessed</a> (inferred, 0.60)" in reads
    assert "by/path</a>, <a" in reads


async def test_a_job_tells_why_its_sql_gave_no_lineage(client: Client) -> None:
    asked = 'job(namespace: "etl", name: "join") { sqlReading { outcome message line column } }'
    assert (await said(client, asked))["sqlReading"] is None
    with client.store.database.write() as connection:
        key = find_job(connection, JOB)
        assert key is not None
        reading = SqlReading(SqlOutcome.NOT_READ, "postgres", "some", "Expecting )", 3, 4)
        sql_readings.put(connection, {key: reading})
    found = await said(client, asked)
    assert found["sqlReading"] == {
        "outcome": "NOT_READ",
        "message": "Expecting )",
        "line": 3,
        "column": 4,
    }


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("", {"": ["by/path"], "urn:files": ["made", "told"]}),
        (', asOf: "1970-01-01T00:00:07Z"', {"": ["by/path", "told"], "urn:files": ["told"]}),
        (UNTOLD, {"": ["by/path", "told"]}),
        (', asOf: "1970-01-01T00:00:12Z"', {"": ["by/path"], "urn:files": ["made", "told"]}),
        (', asOf: "1970-01-01T00:00:03Z"', {"": ["by/path", "told"], "urn:other": ["guessed"]}),
        (', asOf: "1970-01-01T00:00:01Z"', {}),
    ],
)
async def test_a_job_tells_which_source_declares_what(
    client: Client, then: str, expected: dict[str, list[str]]
) -> None:
    for at, inputs, producer in (
        ("06", [TOLD], "urn:files:1.0"),
        ("10", [TOLD, MADE], "urn:files:2.0"),
        ("03", [GUESSED], "urn:other"),
        ("04", [], "urn:other"),
    ):
        event = json.loads(declaration(*inputs, at=f"1970-01-01T00:00:{at}Z"))
        event["job"]["facets"] = {"hub_declaration": {"whole": True}}
        body = json.dumps({**event, "producer": producer}).encode()
        client.store.journal.append([NewEntry(EntryKind.EVENT, body)], recorded_at=9 * SECOND)
        run_until_idle([Project(client.store)])
    asked = (
        f'job(namespace: "etl", name: "join"{then}) {{ declarations {{ source reads {{ id }} }} }}'
    )
    found = (await said(client, asked))["declarations"]
    reads = {
        each["source"]: [one["id"][len("dataset:lake:") :] for one in each["reads"]]
        for each in found
    }
    assert reads == expected
