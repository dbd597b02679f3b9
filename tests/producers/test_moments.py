"""What was true at an instant, and what the hub knew at another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hub.domain.commands import PublishContract
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.openlineage.events import parse_time
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import project_all
from tests.producers.telling import Told, dataset, run_event

DATASET = 'dataset(namespace: "n", name: "d", {}) {{ {} }}'
JOB = 'job(namespace: "n", name: "j", {}) {{ {} }}'
RUN = 'run(id: "run:n:j:r", {}) {{ {} }}'


def day(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00Z"


def as_of(number: int) -> str:
    return f'asOf: "{day(number)}"'


def known_at(number: int) -> str:
    return f'knownAt: "{day(number)}"'


Clock = Callable[[int], str]


def described(number: int, words: str, field: str) -> dict[str, Any]:
    """Return an event that says what a dataset is, and of which fields."""
    facets = {
        "documentation": {"description": words},
        "schema": {"fields": [{"name": field, "type": "int"}]},
        "ownership": {"owners": [{"name": f"team-{field}"}]},
        "tags": {"tags": [{"key": field, "value": "1"}]},
    }
    return run_event(run=words, at=day(number), outputs=[dataset("d", **facets)])


ASKED = "documentation { description } fields { name type } owners tags facets { name }"
FACETS = [{"name": name} for name in ("documentation", "ownership", "schema", "tags")]


def said(words: str, field: str) -> dict[str, object]:
    return {
        "documentation": {"description": words},
        "fields": [{"name": field, "type": "int"}],
        "owners": [f"team-{field}"],
        "tags": [field],
        "facets": FACETS,
    }


async def test_a_dataset_is_shown_as_it_was(any_hub: Told) -> None:
    any_hub.tell(described(5, "second", "b"), described(1, "first", "a"))
    for number, expected in ((1, said("first", "a")), (4, said("first", "a"))):
        assert await any_hub.ask(DATASET.format(as_of(number), ASKED)) == expected
    for when in (as_of(5), as_of(9), "asOf: null"):
        assert await any_hub.ask(DATASET.format(when, ASKED)) == said("second", "b")
    assert await any_hub.ask(DATASET.format('asOf: "2026-02-01T00:00:00Z"', ASKED)) is None


async def test_a_content_that_came_back_is_shown_between_as_what_it_was(any_hub: Told) -> None:
    any_hub.tell(described(1, "a", "a"), described(3, "b", "b"), described(5, "a", "a"))
    found = [await any_hub.ask(DATASET.format(as_of(n), "tags")) for n in (1, 2, 3, 4, 5, 6)]
    assert [each["tags"] for each in found] == [["a"], ["a"], ["b"], ["b"], ["a"], ["a"]]


TO_AND_FRO = ((1, "a"), (2, "a"), (3, "b"), (5, "a"), (6, "a"), (7, "b"), (9, "a"), (11, "b"))


@pytest.mark.parametrize("order", [1, -1])
async def test_what_went_away_and_came_back_several_times_is_absent_in_between(
    any_hub: Told, order: int
) -> None:
    for number, word in TO_AND_FRO[::order]:
        event = described(number, word, word)
        facets = event["outputs"][0]["facets"]
        job_facets = {name: facets[name] for name in ("documentation", "ownership", "tags")}
        any_hub.tell({**event, "job": {**event["job"], "facets": job_facets}}, at=day(12))
    asked = "documentation { description } owners tags"
    words = "aabbaabbaab"
    for thing in (DATASET, JOB):
        found = [await any_hub.ask(thing.format(as_of(n), asked)) for n in range(1, 12)]
        assert "".join(each["documentation"]["description"] for each in found) == words
        assert [each["owners"] for each in found] == [[f"team-{word}"] for word in words]
        assert [each["tags"] for each in found] == [[word] for word in words]


async def test_what_came_back_is_absent_in_between_as_the_hub_knew_it(any_hub: Told) -> None:
    for number, word in TO_AND_FRO:
        any_hub.tell(described(number, word, word), at=day(number))
    found = [await any_hub.ask(DATASET.format(known_at(n), "tags")) for n in range(1, 12)]
    assert [each["tags"] for each in found] == [[word] for word in "aabbaabbaab"]


async def test_a_taken_back_description_is_gone_until_it_is_said_again(any_hub: Told) -> None:
    words = {1: "a", 2: None, 3: "a", 4: None, 5: "a", 7: "a"}
    for number, word in words.items():
        facet = {"description": word} if word else {"_deleted": True}
        event = run_event(
            run=f"{number}", at=day(number), outputs=[dataset("d", documentation=facet)]
        )
        any_hub.tell(event)
    asked = "documentation { description }"
    found = [await any_hub.ask(DATASET.format(as_of(n), asked)) for n in range(1, 8)]
    said = [each["documentation"] and each["documentation"]["description"] for each in found]
    assert said == ["a", None, "a", None, "a", "a", "a"]


async def test_a_schema_that_came_back_is_shown_since_it_was_written_again(any_hub: Told) -> None:
    for number, field in ((1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "a"), (6, "a"), (9, "a")):
        facets = {"schema": {"fields": [{"name": field, "type": "int"}]}}
        event = run_event(run=f"{number}", at=day(number), outputs=[dataset("d", **facets)])
        any_hub.tell(event, at=day(number))
    asked = "fields { name } facets { name updatedAt }"
    for clock in (as_of, known_at):
        found = [await any_hub.ask(DATASET.format(clock(number), asked)) for number in range(1, 10)]
        assert "".join(each["fields"][0]["name"] for each in found) == "aabbaaaaa"
    [facet] = found[6]["facets"]
    assert facet["updatedAt"] == "2026-03-06T00:00:00.000000Z"


async def test_what_came_late_is_true_then_and_was_not_known(any_hub: Told) -> None:
    any_hub.tell(described(1, "first", "a"), at=day(1))
    any_hub.tell(described(3, "late", "b"), at=day(10))
    assert await any_hub.ask(DATASET.format(as_of(4), "tags")) == {"tags": ["b"]}
    both = f"{as_of(4)}, {known_at(9)}"
    assert await any_hub.ask(DATASET.format(both, "tags")) == {"tags": ["a"]}
    assert await any_hub.ask(DATASET.format(known_at(9), "tags")) == {"tags": ["a"]}
    assert await any_hub.ask(DATASET.format(known_at(10), "tags")) == {"tags": ["b"]}


async def test_what_was_said_again_later_does_not_hide_what_was_known(hub: Told) -> None:
    hub.tell(described(1, "a", "a"), at=day(1))
    hub.tell(described(2, "b", "b"), at=day(2))
    hub.tell(described(8, "a", "a"), at=day(8))
    assert await hub.ask(DATASET.format(known_at(5), "tags")) == {"tags": ["b"]}


async def test_what_nobody_had_told_was_not_there(any_hub: Told) -> None:
    any_hub.tell(run_event(at=day(1), outputs=["d"]), at=day(5))
    for thing in (DATASET, JOB, RUN):
        assert await any_hub.ask(thing.format(known_at(4), "id")) is None
        assert await any_hub.ask(thing.format(known_at(5), "id")) is not None
    lists = [
        f"{kind}({known_at(n)}) {{ totalCount }}" for kind in ("datasets", "jobs") for n in (4, 5)
    ]
    assert [(await any_hub.ask(each))["totalCount"] for each in lists] == [0, 1, 0, 1]


async def test_a_contract_had_the_versions_that_were_published_by_then(any_hub: Told) -> None:
    for number in (3, 5):
        published = PublishContract(contract_id="c", version=f"{number}.0.0", document="id: c")
        entry = NewEntry(EntryKind.CONTRACT, msgspec.json.encode(published))
        at = parse_time(day(number))
        assert at is not None
        any_hub.store.journal.append([entry], recorded_at=at.at)
    project_all(any_hub.store)
    shown = []
    for clock in (as_of, known_at):
        for number in (2, 3, 4, 5):
            when = clock(number)
            newest = await any_hub.ask(f'contract(id: "c", {when}) {{ version }}')
            first = await any_hub.ask(f'contract(id: "contract:c:3.0.0", {when}) {{ version }}')
            found = await any_hub.ask(f"contracts({when}) {{ totalCount nodes {{ version }} }}")
            versions = [each["version"] for each in found["nodes"]]
            assert found["totalCount"] == len(versions)
            shown.append((newest and newest["version"], first is not None, versions))
    then = [
        (None, False, []),
        *[("3.0.0", True, ["3.0.0"])] * 2,
        ("5.0.0", True, ["3.0.0", "5.0.0"]),
    ]
    assert shown == then * 2
    earlier = f"{as_of(5)}, {known_at(4)}"
    assert await any_hub.ask(f'contract(id: "c", {earlier}) {{ version }}') == {"version": "3.0.0"}


async def test_a_node_is_found_by_its_id_as_it_was(hub: Told) -> None:
    hub.tell(described(1, "first", "a"), described(5, "second", "b"))
    asked = 'node(id: "dataset:n:d", {}) {{ ... on Dataset {{ tags }} }}'
    found = [await hub.ask(asked.format(as_of(number))) for number in (1, 4, 5)]
    assert [each["tags"] for each in found] == [["a"], ["a"], ["b"]]
    assert await hub.ask(asked.format('asOf: "2026-02-01T00:00:00Z"')) is None
    past = f'{{ node(id: "domain:n", {as_of(1)}) {{ id }} }}'
    [error] = await hub.client.errors(past)
    assert error["message"] == "of domain nodes only the present is known"
    assert await hub.ask('node(id: "namespace:n") { id }') == {"id": "namespace:n"}


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_namespace_held_what_had_been_named_by_then(clock: Clock, any_hub: Told) -> None:
    elsewhere = {"namespace": "m", "name": "e"}
    any_hub.tell(run_event(at=day(2), inputs=["a"]), at=day(2))
    any_hub.tell(run_event(at=day(4), run="r2", job="k", outputs=[elsewhere, "b"]), at=day(4))
    counts = "name datasetCount jobCount"
    first = {"name": "n", "datasetCount": 1, "jobCount": 1}
    later = [
        {"name": "m", "datasetCount": 1, "jobCount": 0},
        {"name": "n", "datasetCount": 2, "jobCount": 2},
    ]
    for number, nodes in ((1, []), (2, [first]), (3, [first]), (4, later)):
        found = await any_hub.ask(
            f"namespaces({clock(number)}) {{ totalCount nodes {{ {counts} }} }}"
        )
        assert found == {"totalCount": len(nodes), "nodes": nodes}
        node = await any_hub.ask(f'node(id: "namespace:m", {clock(number)}) {{ id }}')
        assert (node is not None) == (number == 4)


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_runs_are_those_that_had_begun_as_far_as_they_had_come(
    clock: Clock, any_hub: Told
) -> None:
    any_hub.tell(run_event("START", at=day(2)), at=day(2))
    any_hub.tell(run_event(at=day(4)), run_event(at=day(4), run="r2"), at=day(4))
    for number, expected in (
        (1, []),
        (3, [("r", "RUNNING")]),
        (4, [("r2", "COMPLETE"), ("r", "COMPLETE")]),
    ):
        found = await any_hub.ask(f"runs({clock(number)}) {{ totalCount nodes {{ runId state }} }}")
        assert [(each["runId"], each["state"]) for each in found["nodes"]] == expected
        assert found["totalCount"] == len(expected)
    asked = f"{{ runs(state: FAIL, {clock(3)}) {{ totalCount }} }}"
    [error] = await any_hub.client.errors(asked)
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_job_had_the_family_of_the_runs_that_had_begun(clock: Clock, any_hub: Told) -> None:
    parent = {"parent": {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag"}}}
    any_hub.tell(run_event(at=day(2)), run_event("START", at=day(2), run="p", job="dag"), at=day(2))
    any_hub.tell(run_event(at=day(4), run="r2", run_facets=parent), at=day(4))
    for number, names in ((3, []), (4, ["dag"])):
        found = await any_hub.ask(JOB.format(clock(number), "parents { name }"))
        assert [each["name"] for each in found["parents"]] == names
        asked = f'job(namespace: "n", name: "dag", {clock(number)}) {{ children {{ name }} }}'
        assert len((await any_hub.ask(asked))["children"]) == len(names)


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_job_that_others_name_alone_was_there_once_they_had_named_it(
    clock: Clock, any_hub: Told
) -> None:
    facets = {
        "parent": {"run": {"runId": "p"}, "job": {"namespace": "dags", "name": "dag"}},
        "jobDependencies": {"upstream": [{"job": {"namespace": "n", "name": "awaited"}}]},
    }
    any_hub.tell(run_event(at=day(2)), at=day(2))
    any_hub.tell(run_event(at=day(4), run="r2", run_facets=facets), at=day(4))
    # That it tells of itself later changes nothing before.
    any_hub.tell(run_event(at=day(6), run="w", job="awaited"), at=day(6))
    for number, names in ((3, ["j"]), (4, ["dag", "awaited", "j"]), (7, ["dag", "awaited", "j"])):
        found = await any_hub.ask(f"jobs({clock(number)}) {{ totalCount nodes {{ name }} }}")
        assert [each["name"] for each in found["nodes"]] == names
        assert found["totalCount"] == len(names)
        asked = f'job(namespace: "dags", name: "dag", {clock(number)}) {{ name }}'
        assert (await any_hub.ask(asked) is not None) == ("dag" in names)
        spaces = await any_hub.ask(f"namespaces({clock(number)}) {{ nodes {{ jobCount }} }}")
        assert sum(each["jobCount"] for each in spaces["nodes"]) == len(names)


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_the_outermost_job_was_there_once_a_run_had_named_it(
    clock: Clock, any_hub: Told
) -> None:
    outer = {"run": {"runId": "o"}, "job": {"namespace": "n", "name": "outermost"}}
    parent = {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag"}, "root": outer}
    any_hub.tell(run_event(at=day(2)), at=day(2))
    any_hub.tell(run_event(at=day(4), run="r2", run_facets={"parent": parent}), at=day(4))
    for number, names in ((3, ["j"]), (4, ["dag", "j", "outermost"])):
        found = await any_hub.ask(f"jobs({clock(number)}) {{ nodes {{ name }} }}")
        assert [each["name"] for each in found["nodes"]] == names
        asked = f'job(namespace: "n", name: "outermost", {clock(number)}) {{ name }}'
        assert (await any_hub.ask(asked) is not None) == ("outermost" in names)


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_run_had_read_and_written_as_much_as_it_had_said(
    clock: Clock, any_hub: Told
) -> None:
    for number, kind, rows in ((2, "RUNNING", 5), (4, "COMPLETE", 8)):
        read = {**dataset("a"), "inputFacets": {"dataQualityMetrics": {"rowCount": rows}}}
        made = {**dataset("d"), "outputFacets": {"outputStatistics": {"rowCount": rows}}}
        any_hub.tell(run_event(kind, at=day(number), inputs=[read], outputs=[made]), at=day(number))
    asked = "measures { side dataset { name } size { rows } }"
    now = await any_hub.ask(RUN.format("asOf: null", asked))
    for number, rows in ((3, 5), (4, 8)):
        found = await any_hub.ask(RUN.format(clock(number), asked))
        said = sorted((each["side"], each["dataset"]["name"]) for each in found["measures"])
        assert said == [("out", "d"), ("quality", "a")]
        assert {each["size"]["rows"] for each in found["measures"]} == {rows}
    assert sorted(found["measures"], key=str) == sorted(now["measures"], key=str)


async def test_a_run_had_named_what_its_events_had_by_then(any_hub: Told) -> None:
    any_hub.tell(run_event("START", day(1), inputs=["a"]), at=day(1))
    any_hub.tell(run_event("COMPLETE", day(3), inputs=["b"], outputs=["c"]), at=day(8))
    asked = "inputs { name } outputs { name }"
    early = {"inputs": [{"name": "a"}], "outputs": []}
    late = {"inputs": [{"name": "a"}, {"name": "b"}], "outputs": [{"name": "c"}]}
    for when, expected in (
        (as_of(2), early),
        (as_of(3), late),
        (known_at(7), early),
        (known_at(8), late),
        (f"{as_of(9)}, {known_at(7)}", early),
    ):
        assert await any_hub.ask(RUN.format(when, asked)) == expected


async def test_a_run_had_named_what_its_lineage_facets_had_by_then(any_hub: Told) -> None:
    entry = {"type": "DATASET", "namespace": "n"}
    made = dataset("c", lineage={"inputs": [{**entry, "name": "a"}]})
    whole = {"lineage": {"entries": [{**entry, "name": "d", "inputs": [{**entry, "name": "b"}]}]}}
    any_hub.tell(run_event("START", day(1), outputs=[made]), at=day(1))
    any_hub.tell(run_event("COMPLETE", day(3), job_facets=whole), at=day(8))
    asked = "inputs { name } outputs { name }"
    early = {"inputs": [{"name": "a"}], "outputs": [{"name": "c"}]}
    late = {
        "inputs": [{"name": "a"}, {"name": "b"}],
        "outputs": [{"name": "c"}, {"name": "d"}],
    }
    assert await any_hub.ask(RUN.format(as_of(9), asked)) == late
    for when in (as_of(2), known_at(7), f"{as_of(9)}, {known_at(7)}"):
        assert await any_hub.ask(RUN.format(when, asked)) == early


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_run_had_the_parent_that_it_had_named_although_that_told_nothing(
    clock: Clock, any_hub: Told
) -> None:
    outer = {"run": {"runId": "o"}, "job": {"namespace": "n", "name": "outermost"}}
    parent = {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag"}, "root": outer}
    any_hub.tell(run_event("START", at=day(1)), at=day(1))
    any_hub.tell(run_event("START", at=day(3), run_facets={"parent": parent}), at=day(3))
    any_hub.tell(run_event(at=day(5), run="p", job="dag", inputs=["a"]), at=day(5))
    asked = "parent { runId state endedAt inputs { name } } root { runId state }"
    ended = f"{day(5)[:-1]}.000000Z"
    root = {"runId": "o", "state": "NEW"}
    silent: dict[str, Any] = {"runId": "p", "state": "NEW", "endedAt": None, "inputs": []}
    done = {"runId": "p", "state": "COMPLETE", "endedAt": ended, "inputs": [{"name": "a"}]}
    cases: list[tuple[int, object]] = [(2, None), (4, silent), (6, done)]
    for number, known in cases:
        found = await any_hub.ask(RUN.format(clock(number), asked))
        assert found == {"parent": known, "root": known and root}


async def test_a_run_had_come_as_far_as_its_events_by_then(any_hub: Told) -> None:
    any_hub.tell(run_event("START", day(1)), at=day(1))
    any_hub.tell(
        run_event("FAIL", day(3), run_facets={"errorMessage": {"message": "no"}}), at=day(3)
    )
    any_hub.tell(run_event("START", day(5)), at=day(5))
    any_hub.tell(run_event("COMPLETE", day(4)), run_event("COMPLETE", day(7)), at=day(8))
    asked = "state attempt startedAt endedAt errorMessage error { message }"
    then = [await any_hub.ask(RUN.format(as_of(n), asked)) for n in (1, 3, 6, 7)]
    assert [(each["state"], each["attempt"]) for each in then] == [
        ("RUNNING", 1),
        ("FAIL", 1),
        ("RUNNING", 2),
        ("COMPLETE", 2),
    ]
    assert [each["errorMessage"] for each in then] == [None, "no", None, None]
    known = await any_hub.ask(RUN.format(known_at(6), asked))
    assert (known["state"], known["attempt"]) == ("RUNNING", 2)
    known = await any_hub.ask(RUN.format(f"{as_of(4)}, {known_at(6)}", asked))
    assert (known["state"], known["endedAt"]) == ("FAIL", "2026-03-03T00:00:00.000000Z")


async def test_a_job_had_the_type_the_datasets_and_the_runs_of_then(hub: Told) -> None:
    for number, kind, read in ((1, "BATCH", "a"), (3, "STREAMING", "b"), (4, "STREAMING", "b")):
        facets = {"jobType": {"processingType": kind}, "sql": {"query": f"SELECT {read}"}}
        event = run_event(at=day(number), run=f"r{number}", inputs=[read], job_facets=facets)
        hub.tell(event, at=day(number))
    asked = """processingType sql { query } inputs { name } latestRun { runId }
        runs { totalCount nodes { runId } }"""
    then = await hub.ask(JOB.format(as_of(2), asked))
    assert then == {
        "processingType": "BATCH",
        "sql": {"query": "SELECT a"},
        "inputs": [{"name": "a"}],
        "latestRun": {"runId": "r1"},
        "runs": {"totalCount": 1, "nodes": [{"runId": "r1"}]},
    }
    now = await hub.ask(JOB.format("asOf: null", asked))
    assert now["processingType"] == "STREAMING"
    assert now["inputs"] == [{"name": "b"}]
    assert now["runs"]["totalCount"] == 3


async def test_what_a_job_was_known_to_read_and_write(any_hub: Told) -> None:
    any_hub.tell(run_event(at=day(1), run="r1", inputs=["a"], outputs=["d"]), at=day(1))
    # Told a week late: what it says was true by the third, and known by the tenth.
    later = [run_event(at=day(n), run=f"r{n}", inputs=["b"], outputs=["e"]) for n in (3, 4)]
    any_hub.tell(*later, at=day(10))
    asked = "inputs { name } outputs { name }"
    before = {"inputs": [{"name": "a"}], "outputs": [{"name": "d"}]}
    after = {"inputs": [{"name": "b"}], "outputs": [{"name": "e"}]}
    for when, expected in (
        (known_at(9), before),
        (f"{as_of(5)}, {known_at(9)}", before),
        (as_of(5), after),
        (known_at(10), after),
        ("asOf: null", after),
    ):
        assert await any_hub.ask(JOB.format(when, asked)) == expected
    counts = "neighbours { upstream downstream }"
    found = [await any_hub.ask(DATASET.format(when, counts)) for when in (known_at(9), as_of(5))]
    assert [each["neighbours"]["upstream"] for each in found] == [1, 0]
    listed = "jobs({}, filter: {{ withDatasets: true }}) {{ totalCount }}"
    assert (await any_hub.ask(listed.format(known_at(9))))["totalCount"] == 1


@pytest.mark.parametrize("bound", [as_of, known_at])
async def test_what_was_written_and_tested_later_is_not_shown(bound: object, hub: Told) -> None:
    assert callable(bound)
    for number in (1, 5):
        checks = {"assertions": [{"assertion": "not_null", "success": number == 1}]}
        schema = {"fields": [{"name": f"f{number}"}]}
        written = dataset("d", dataQualityAssertions=checks, schema=schema)
        hub.tell(run_event(run=f"r{number}", at=day(number), outputs=[written]), at=day(number))
    asked = """versions { run { runId } } lastWrittenAt qualityAssertions { success }
        schemaVersions { fields { name } }"""
    assert await hub.ask(DATASET.format(bound(3), asked)) == {
        "versions": [{"run": {"runId": "r1"}}],
        "lastWrittenAt": "2026-03-01T00:00:00.000000Z",
        "qualityAssertions": [{"success": True}],
        "schemaVersions": [{"fields": [{"name": "f1"}]}],
    }


STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}}
ENDS = "inputs { name } outputs { name }"


async def ends_of(hub: Told, clock: str) -> tuple[list[str], list[str]]:
    found = await hub.ask(JOB.format(clock, ENDS))
    inputs, outputs = ([each["name"] for each in found[side]] for side in ("inputs", "outputs"))
    return inputs, outputs


@pytest.mark.parametrize("order", [1, -1])
async def test_what_a_stream_names_later_was_not_there_before(any_hub: Told, order: int) -> None:
    steps = [
        run_event("START", day(1), inputs=["a"], job_facets=STREAM),
        run_event("RUNNING", day(3), inputs=["a"], outputs=["x"], job_facets=STREAM),
        # Not every producer says with every event what sort of job it is.
        run_event("RUNNING", day(5), inputs=["a", "b"], outputs=["y"]),
        run_event("RUNNING", day(7), inputs=["a"], outputs=["x", "y"], job_facets=STREAM),
    ]
    for event in steps[::order]:
        any_hub.tell(event, at=day(9))
    found = [await ends_of(any_hub, as_of(number)) for number in (1, 2, 3, 4, 5, 9)]
    assert found == [(["a"], [])] * 2 + [(["a"], ["x"])] * 2 + [(["a", "b"], ["x", "y"])] * 2
    closure = (
        f'lineage(node: "dataset:n:y", direction: UPSTREAM, {as_of(4)}) {{ edges {{ source }} }}'
    )
    assert await any_hub.ask(closure) is None


async def test_what_a_batch_run_names_at_its_end_it_has_made_since_it_began(
    any_hub: Told,
) -> None:
    any_hub.tell(run_event("START", day(1)), run_event("RUNNING", day(2), outputs=["x"]))
    any_hub.tell(run_event("COMPLETE", day(3), outputs=["x", "y"]))
    assert await ends_of(any_hub, as_of(1)) == ([], ["x", "y"])


async def test_that_a_run_is_of_a_stream_counts_since_it_was_known(any_hub: Told) -> None:
    any_hub.tell(run_event("START", day(1)), run_event("RUNNING", day(5), outputs=["x"]), at=day(5))
    any_hub.tell(run_event("RUNNING", day(6), outputs=["x"], job_facets=STREAM), at=day(6))
    found = [await ends_of(any_hub, f"{as_of(2)}, {known_at(n)}") for n in (5, 6)]
    assert found == [([], ["x"]), ([], [])]


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_search_finds_what_was_there_by_then(clock: Clock, any_hub: Told) -> None:
    old, new = ({"fields": [{"name": name} for name in names]} for names in (["sale"], ["sale_id"]))
    early = run_event(job="sale_in", at=day(2), outputs=[dataset("sales", schema=old)])
    late = run_event(
        job="sale_out", run="r2", at=day(4), outputs=[dataset("sales", schema=new), "sale_sums"]
    )
    # Of event time the order of telling is no matter; of the hub's clock it is all.
    for event, at in ((late, 4), (early, 5)) if clock is as_of else ((early, 2), (late, 4)):
        any_hub.tell(event, at=day(at))
    run_until_idle([Index(any_hub.store)])

    async def seen(more: str = "") -> set[str]:
        hits = "totalCount nodes { id node { id } }"
        found = await any_hub.ask(f'search(text: "sal", first: 50 {more}) {{ {hits} }}')
        assert found["totalCount"] == len(found["nodes"])
        assert all(each["node"] for each in found["nodes"])
        return {each["id"] for each in found["nodes"]}

    first = {"dataset:n:sales", "field:n:sales:sale", "job:n:sale_in"}
    every = first | {"dataset:n:sale_sums", "field:n:sales:sale_id", "job:n:sale_out"}
    assert await seen() == every
    found = [await seen(f", {clock(number)}") for number in (1, 2, 3, 4)]
    assert found == [set(), first, first, every]
    assert await seen(f", kinds: [JOB], {clock(3)}") == {"job:n:sale_in"}


async def test_a_search_knows_both_clocks_and_no_past_of_other_texts(any_hub: Told) -> None:
    any_hub.tell(described(4, "sold", "sale"), at=day(4))
    any_hub.tell(run_event(run="late", at=day(2), inputs=["sale_old"]), at=day(6))
    run_until_idle([Index(any_hub.store)])

    async def seen(*clocks: str) -> list[str]:
        found = await any_hub.ask(f'search(text: "sale", {", ".join(clocks)}) {{ nodes {{ id }} }}')
        return sorted(each["id"] for each in found["nodes"])

    assert await seen(as_of(3)) == ["dataset:n:sale_old"]
    assert await seen(known_at(5)) == ["field:n:d:sale"]
    assert await seen(as_of(3), known_at(5)) == []
    assert await seen(as_of(5), known_at(7)) == ["dataset:n:sale_old", "field:n:d:sale"]
    tagged = f'search(text: "team-sale", kinds: [DATASET], {as_of(5)}) {{ totalCount }}'
    assert await any_hub.ask(tagged) == {"totalCount": 0}
    refused = f'{{ search(text: "sale", kinds: [PRODUCT], {as_of(5)}) {{ totalCount }} }}'
    [error] = await any_hub.client.errors(refused)
    assert error["message"] == "of data products and domains only the present is known"


async def test_lineage_leaves_out_what_nothing_had_named_by_then(any_hub: Told) -> None:
    made = {"inputFields": [{"namespace": "n", "name": "s", "field": "x"}]}
    old, new = ({"fields": [{"name": name} for name in names]} for names in ("a", "ab"))
    lineage = {"columnLineage": {"fields": {"a": made}}}
    any_hub.tell(
        run_event(at=day(2), inputs=["s"], outputs=[dataset("d", schema=old, **lineage)]),
        run_event(at=day(4), run="r2", inputs=["s"], outputs=[dataset("d", schema=new, **lineage)]),
        run_event(at=day(6), run="r3", job="late", outputs=["new"]),
    )

    async def seen(node: str, number: int, more: str = "") -> set[str] | None:
        asked = f'lineage(node: "{node}", {as_of(number)}{more}) {{ nodes {{ id }} }}'
        found = await any_hub.ask(asked)
        return found and {each["id"] for each in found["nodes"]}

    a, b, x = "field:n:d:a", "field:n:d:b", "field:n:s:x"
    by_field = ", level: FIELD"
    assert await seen("dataset:n:d", 1, by_field) is None
    assert await seen("dataset:n:d", 3, by_field) == {a, x}
    assert await seen("dataset:n:d", 4, by_field) == {a, b, x}
    assert (await seen(b, 3), await seen(b, 4)) == (None, {b})
    assert await seen(a, 3, ", direction: DOWNSTREAM") == {a}
    assert await seen("dataset:n:new", 6, by_field) == set()
    assert await seen("job:n:late", 6, by_field) == {"job:n:late"}
    for node in ("dataset:n:new", "job:n:late"):
        assert (await seen(node, 5), await seen(node, 5, by_field)) == (None, None)
        assert await seen(node, 6) == {"dataset:n:new", "job:n:late"}
        assert await seen(node, 6, ", direction: DOWNSTREAM, depth: 0") == {node}
    asked = f'lineageDiff(node: "dataset:n:new", from: "{day(5)}")'
    found = await any_hub.ask(f"{asked} {{ before {{ hidden }} addedNodes {{ id }} }}")
    assert (found["before"], len(found["addedNodes"])) == (None, 2)


async def test_a_whole_dataset_is_among_fields_when_it_was_known_to_decide_by_then(
    any_hub: Told,
) -> None:
    schema = {"fields": [{"name": "a"}]}
    filters = {"dataset": [{"namespace": "n", "name": "s", "field": "x"}], "fields": {}}
    told: list[tuple[int, dict[str, Any]]] = [
        (1, {"schema": schema}),
        (8, {"schema": schema, "columnLineage": filters}),
        (3, {"columnLineage": filters}),
    ]
    for number, (happened, facets) in enumerate(told, start=10):
        event = run_event(at=day(happened), run=f"r{number}", outputs=[dataset("d", **facets)])
        any_hub.tell(event, at=day(number))

    async def seen(*clocks: str) -> set[str]:
        more = ", ".join(("level: FIELD, direction: UPSTREAM", *clocks))
        found = await any_hub.ask(f'lineage(node: "dataset:n:d", {more}) {{ nodes {{ id }} }}')
        return {each["id"] for each in found["nodes"]}

    field, whole = {"field:n:d:a"}, {"dataset:n:d", "field:n:d:a", "field:n:s:x"}
    assert await seen(as_of(8), known_at(11)) == whole
    assert await seen(as_of(4), known_at(11)) == field
    assert await seen(as_of(4), known_at(12)) == whole
    assert await seen(as_of(2)) == field


@pytest.mark.parametrize("last", ["FAIL", "START"])
@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_what_a_run_wrote_before_it_failed_or_began_anew_had_been_written(
    any_hub: Told, clock: Clock, last: str
) -> None:
    facets = {"schema": {"fields": [{"name": "a", "type": "int"}]}}
    made = {**dataset("d", **facets), "outputFacets": {"outputStatistics": {"rowCount": 7}}}
    for number, run in ((1, "first"), (3, "second")):
        event = run_event(at=day(number), run=run, outputs=[made])
        any_hub.tell(event, at=day(number))
    any_hub.tell(run_event("START", at=day(4), run="read", job="reader", inputs=["d"]), at=day(4))
    any_hub.tell(run_event(last, at=day(5), run="second", outputs=[made]), at=day(5))
    asked = "versions { run { runId state } size { rows } } lastWrittenAt"
    found = [await any_hub.ask(DATASET.format(clock(number), asked)) for number in (2, 3, 4, 5)]
    first, second = (
        {"run": {"runId": run, "state": "COMPLETE"}, "size": {"rows": 7}}
        for run in ("first", "second")
    )
    assert [each["versions"] for each in found] == [
        [first],
        [second, first],
        [second, first],
        [first],
    ]
    written = [each["lastWrittenAt"][8:10] for each in found]
    assert written == ["01", "03", "03", "01"]
    kinds = "timeline { nodes { kind } }"
    counts = [
        str(await any_hub.ask(DATASET.format(clock(number), kinds))).count("WRITTEN")
        for number in (2, 4, 5)
    ]
    assert counts == [1, 2, 1]
    for end, direction in (("reader:read", "UPSTREAM"), ("j:second", "DOWNSTREAM")):
        asked = f'runLineage(run: "run:n:{end}", direction: {direction}, {clock(4)})'
        edges = await any_hub.ask(f"{asked} {{ edges {{ source target }} }}")
        assert edges == {"edges": [{"source": "run:n:j:second", "target": "run:n:reader:read"}]}
