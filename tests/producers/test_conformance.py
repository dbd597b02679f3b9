"""What each producer omits and breaks is counted, with runs that show it; both kinds of store."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import RunLost, encode_decision
from hub.domain.names import JobName, RunName, run_id
from hub.domain.openlineage.conformance import FAULTS, KEPT_FAULTS, producer_name
from hub.domain.openlineage.events import parse_time
from hub.domain.retention import DAY
from hub.flow.project import project_all
from hub.store.projection.tallies import ENDED, RUNS
from tests.producers.telling import Told, dataset, run_event
from tests.store.test_retention import daily, retain

PRODUCER = "https://example.test/producer"
PARENT = {"parent": {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag"}}}
SELF = {"parent": {"run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}}
NOMINAL = {"nominalTime": {"nominalStartTime": "2026-03-01T00:00:00Z"}}
JOB_TYPE = {"jobType": {"processingType": "BATCH", "integration": "X", "jobType": "TASK"}}
ERROR = {"errorMessage": {"message": "no such table", "programmingLanguage": "SQL"}}
SCHEMA = {"schema": {"fields": [{"name": "id", "type": "int"}]}}
COLUMNS = {
    "columnLineage": {
        "fields": {"id": {"inputFields": [{"namespace": "n", "name": "a", "field": "id"}]}}
    }
}
SIZE = {"outputFacets": {"outputStatistics": {"rowCount": 3}}}
WRITTEN = {**dataset("b", **SCHEMA, **COLUMNS), **SIZE}


def minute(number: int) -> str:
    return f"2026-03-01T00:{number:02}:00Z"


def flawless(*, run: str = "r", **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Return a run that says all there is to say, but for what is changed in its end."""
    said: dict[str, Any] = {
        "run": run,
        "inputs": ["a"],
        "outputs": [WRITTEN],
        "run_facets": PARENT | NOMINAL,
        "job_facets": JOB_TYPE,
    }
    bare = {"run": run, "run_facets": said["run_facets"] if "run_facets" not in changes else {}}
    return [run_event("START", minute(1), **bare), run_event(at=minute(5), **(said | changes))]


async def faults(hub: Told) -> dict[str, tuple[int, int]]:
    """Return the runs with each fault of the one producer, and of how many."""
    found = await hub.ask("producers { nodes { uri faults { code count of } } }")
    [producer] = found["nodes"]
    assert producer["uri"] == PRODUCER
    return {each["code"]: (each["count"], each["of"]) for each in producer["faults"]}


async def test_a_run_that_says_everything_has_no_fault(any_hub: Told) -> None:
    any_hub.tell(*flawless())
    assert await faults(any_hub) == {}


def as_java_writes_it(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"eventTime": each["eventTime"].rstrip("Z")} for each in events]


BAD = {
    "ENDED_WITHOUT_START": flawless()[1:],
    "TOLD_AFTER_END": [*flawless(), run_event("RUNNING", minute(9))],
    "RUN_ID_USED_AGAIN": [*flawless(), run_event("START", minute(7)), run_event(at=minute(9))],
    "COMPLETE_WITH_ERROR": flawless(run_facets=PARENT | NOMINAL | ERROR),
    "OWN_PARENT": flawless(run_facets=SELF | NOMINAL),
    "TIME_WITHOUT_ZONE": as_java_writes_it(flawless()),
    "UNUSABLE_DATASET": flawless(inputs=["a", {"namespace": "n"}]),
    "LARGE_FACET": flawless(run_facets=PARENT | NOMINAL | {"plan": {"text": "x" * (1 << 20)}}),
    "NO_ERROR_MESSAGE": flawless(kind="FAIL"),
    "NO_DATASETS": flawless(inputs=[], outputs=[]),
    "NO_INPUTS": flawless(inputs=[], outputs=[dataset("b", **SCHEMA) | SIZE]),
    "NO_OUTPUT_SCHEMA": flawless(outputs=[dataset("b", **COLUMNS) | SIZE]),
    "NO_COLUMN_LINEAGE": flawless(outputs=[dataset("b", **SCHEMA) | SIZE]),
    "NO_OUTPUT_SIZE": flawless(outputs=[dataset("b", **SCHEMA, **COLUMNS)]),
    "NO_JOB_TYPE": flawless(job_facets={}),
    "NO_PARENT": flawless(run_facets=NOMINAL),
    "NO_NOMINAL_TIME": flawless(run_facets=PARENT),
}


@pytest.mark.parametrize("code", [fault.code for fault in KEPT_FAULTS])
async def test_each_fault_is_seen_and_no_other(code: str, hub: Told) -> None:
    hub.tell(*BAD[code])
    assert await faults(hub) == {code: (1, 1)}


async def test_an_error_of_an_earlier_attempt_is_not_one_of_the_last(any_hub: Told) -> None:
    first = flawless(kind="FAIL", run_facets=PARENT | NOMINAL | ERROR)
    again = run_event("START", minute(7))
    any_hub.tell(*first, again, run_event(at=minute(9)))
    assert await faults(any_hub) == {"RUN_ID_USED_AGAIN": (1, 1)}
    any_hub.tell(run_event("FAIL", minute(9)))
    assert await faults(any_hub) == {"RUN_ID_USED_AGAIN": (1, 1), "NO_ERROR_MESSAGE": (1, 1)}


async def test_a_large_facet_counts_wherever_it_is(hub: Told) -> None:
    large = {"plan": {"text": "x" * (1 << 20)}}
    hub.tell(*flawless(run="of-job", job_facets=JOB_TYPE | large))
    hub.tell(*flawless(run="of-input", inputs=[dataset("a", **large)]))
    written = dataset("b", **SCHEMA, **COLUMNS, **large) | SIZE
    hub.tell(*flawless(run="of-output", outputs=[written]))
    assert await faults(hub) == {"LARGE_FACET": (3, 3)}


async def test_what_a_run_lacks_counts_once_it_has_ended(hub: Told) -> None:
    start, end = flawless(run_facets=NOMINAL, job_facets={})
    hub.tell(start)
    assert await faults(hub) == {}
    hub.tell(end)
    assert await faults(hub) == {"NO_JOB_TYPE": (1, 1), "NO_PARENT": (1, 1)}


async def test_what_comes_late_takes_a_fault_back(any_hub: Told) -> None:
    start, end = flawless()
    any_hub.tell(end)
    assert await faults(any_hub) == {"ENDED_WITHOUT_START": (1, 1)}
    any_hub.tell(start)
    assert await faults(any_hub) == {}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_neither_order_nor_repeats_matter(order: tuple[int, ...], hub: Told) -> None:
    events = [*flawless(job_facets={}), run_event("FAIL", minute(6), run_facets=ERROR)]
    told = [events[place] for place in order]
    hub.tell(*told)
    hub.tell(*told)
    assert await faults(hub) == {"NO_JOB_TYPE": (1, 1)}


async def test_what_was_only_named_as_a_parent_counts_for_nothing(hub: Told) -> None:
    hub.tell(*flawless())
    found = await hub.ask("producers { totalCount nodes { runCount } }")
    assert found == {"totalCount": 1, "nodes": [{"runCount": 1}]}


async def test_a_run_belongs_to_one_producer_whichever_tells_of_it_first(any_hub: Told) -> None:
    start, end = flawless()
    for other in (start | {"producer": "https://a.test/1"}, end):
        any_hub.tell(other)
    assert await any_hub.ask("producers { nodes { uri runCount } }") == {
        "nodes": [{"uri": PRODUCER, "runCount": 1}]
    }


async def test_a_run_that_is_lost_never_ended(any_hub: Told) -> None:
    any_hub.tell(flawless()[0])
    lose(any_hub, "r", minute(1))
    assert await faults(any_hub) == {"NEVER_ENDED": (1, 1)}
    [example] = await examples(any_hub)
    assert example == ("NEVER_ENDED", ["run:n:j:r"])
    any_hub.tell(flawless()[1])
    assert await faults(any_hub) == {}


async def test_examples_are_a_few_of_those_told_of_last(any_hub: Told) -> None:
    for number in range(5):
        any_hub.tell(*flawless(run=f"r{number}", job_facets={}))
    any_hub.tell(*flawless(run="good"))
    assert await examples(any_hub) == [("NO_JOB_TYPE", [f"run:n:j:r{n}" for n in (4, 3, 2)])]
    assert await faults(any_hub) == {"NO_JOB_TYPE": (5, 6)}


async def test_what_is_broken_comes_first_and_then_the_most_frequent(hub: Told) -> None:
    hub.tell(*flawless(run="1", job_facets={}, run_facets=NOMINAL))
    hub.tell(*flawless(run="2", job_facets={}))
    hub.tell(flawless(run="3")[1])
    assert list(await faults(hub)) == ["ENDED_WITHOUT_START", "NO_JOB_TYPE", "NO_PARENT"]


async def test_one_producer_can_be_asked_for(hub: Told) -> None:
    hub.tell(*flawless(job_facets={}))
    asked = "name version faults { title meaning cure isOmission share }"
    found = await hub.ask(f'producer(uri: "{PRODUCER}") {{ {asked} }}')
    [fault] = [each for each in FAULTS if each.code == "NO_JOB_TYPE"]
    assert found == {
        "name": PRODUCER,
        "version": None,
        "faults": [
            {
                "title": fault.title,
                "meaning": fault.meaning,
                "cure": fault.cure,
                "isOmission": True,
                "share": 1.0,
            }
        ],
    }
    assert await hub.ask('producer(uri: "https://nobody.test") { name }') is None


def test_archived_runs_are_counted_out(any_hub: Told, tmp_path: Path) -> None:
    daily(any_hub.store, 3)
    assert retain(any_hub.store, tmp_path, now=3 * DAY)["runs"] == 60
    counted = dict(any_hub.rows("SELECT kind, runs FROM producer_tally"))
    assert counted == recounted(any_hub)


def recounted(hub: Told) -> dict[str, int]:
    """Return what the runs that are there come to, all of one producer."""
    rows = hub.rows("SELECT ended_at, faults FROM run WHERE state IS NOT NULL")
    found = {RUNS: len(rows), ENDED: sum(ended_at is not None for ended_at, _ in rows)}
    for place, fault in enumerate(KEPT_FAULTS):
        if count := sum(faults >> place & 1 for _, faults in rows):
            found[fault.code] = count
    return found


async def examples(hub: Told) -> list[tuple[str, list[str]]]:
    found = await hub.ask("producers { nodes { faults { code examples { id } } } }")
    [producer] = found["nodes"]
    return [(each["code"], [run["id"] for run in each["examples"]]) for each in producer["faults"]]


def lose(hub: Told, run: str, heard_at: str) -> None:
    """Decide that a run is lost."""
    heard = parse_time(heard_at)
    assert heard is not None
    name = RunName(JobName("n", "j"), run)
    lost = RunLost(at=hub.clock, run=run_id(name), heard_at=heard.at, reason="it was silent")
    hub.store.journal.append(
        [NewEntry(EntryKind.DECISION, encode_decision(lost))], recorded_at=hub.clock
    )
    project_all(hub.store)


GITHUB = "https://github.com"
OURS = f"{GITHUB}/OpenLineage/OpenLineage"


@pytest.mark.parametrize(
    ("uri", "name", "version"),
    [
        (f"{OURS}/tree/1.9.1/integration/spark", "OpenLineage/spark", "1.9.1"),
        (f"{OURS}/tree/1.2-rc.1/client", "OpenLineage/client", "1.2-rc.1"),
        (f"{OURS}/blob/v1-0-0/client", "OpenLineage/client", "v1-0-0"),
        (f"{GITHUB}/apache/airflow/tree/providers/2.3.0", "airflow/providers", "2.3.0"),
        ("https://example.test/loader/0.1", "example.test/loader", "0.1"),
        (f"{GITHUB}/dagster-io/dagster", f"{GITHUB}/dagster-io/dagster", None),
        ("openlineage-confluent/0.1.0", "openlineage-confluent", "0.1.0"),
        ("urn:hub:files:0.1.0", "urn:hub:files", "0.1.0"),
        ("urn:hub:files", "urn:hub:files", None),
        ("my producer", "my producer", None),
        ("", "", None),
    ],
)
def test_a_uri_names_a_program_and_a_version(uri: str, name: str, version: str | None) -> None:
    assert producer_name(uri) == (name, version)
