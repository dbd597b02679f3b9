"""Lineage of runs: which run had written what a run read."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.names import DatasetName, JobName, NodeKind, RunName, dataset_id, node_id
from hub.flow.project import project_all
from hub.graph.closure import Direction
from hub.queries.lineage_runs import RunExtent, find_run_lineage
from hub.queries.moments import NOW
from hub.queries.runs import find_runs
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event
from tests import small_world
from tests.api.lineage.mesh import SECOND, at
from tests.producers.telling import Told

A, B, C = (DatasetName("s", name) for name in "abc")
MAKE, USE, SHOW = (JobName("j", name) for name in ("make", "use", "show"))
ASKED = """truncated hidden runs { id hops hidden unwritten { id } run { runId } }
    edges { source target basis version writtenAt dataset { name } }"""


@pytest.fixture
def hub(store: Store) -> Told:
    """One of each kind of store, which nobody has told anything yet."""
    return Told(store)


def name(job: JobName, run: str) -> str:
    return node_id(NodeKind.RUN, *job, run)


def run(
    job: JobName,
    run_id: str,
    begin: float,
    end: float,
    reads: list[Any] | None = None,
    writes: list[Any] | None = None,
    kind: str = "COMPLETE",
) -> list[bytes]:
    return [
        run_event(
            job,
            run_id,
            at=int(when * SECOND),
            event_type=said,
            inputs=reads or (),
            outputs=writes or (),
        )
        for when, said in ((begin, "START"), (end, kind))
    ]


async def lineage(hub: Told, job: JobName, run_id: str, more: str = "", asked: str = ASKED) -> Any:  # noqa: ANN401 - as GraphQL gives it
    return await hub.ask(f'runLineage(run: "{name(job, run_id)}"{more}) {{ {asked} }}')


def runs(found: dict[str, Any]) -> dict[str, int]:
    return {each["id"]: each["hops"] for each in found["runs"]}


def flows(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (edge["source"].rpartition(":")[2], edge["target"].rpartition(":")[2], edge["basis"])
        for edge in found["edges"]
    }


async def test_a_run_read_what_the_last_complete_run_had_written_when_it_began(hub: Told) -> None:
    hub.tell(
        *run(MAKE, "m1", 1, 2, writes=[A]),
        *run(MAKE, "m2", 3, 10, writes=[A]),
        *run(MAKE, "m3", 4, 5, writes=[A], kind="FAIL"),
        *run(USE, "u1", 6, 12, reads=[A], writes=[B]),
        *run(USE, "u2", 10, 12, reads=[A], writes=[B]),
    )
    up = ", direction: UPSTREAM"
    found = await lineage(hub, USE, "u1", up)
    assert found["edges"] == [
        {
            "source": name(MAKE, "m1"),
            "target": name(USE, "u1"),
            "basis": "STARTED",
            "version": None,
            "writtenAt": at(2),
            "dataset": {"name": "a"},
        }
    ]
    assert runs(found) == {name(USE, "u1"): 0, name(MAKE, "m1"): 1}
    # At the very instant of its end a run has written.
    assert flows(await lineage(hub, USE, "u2", up)) == {("m2", "u2", "STARTED")}
    assert flows(await lineage(hub, MAKE, "m1", ", direction: DOWNSTREAM")) == {
        ("m1", "u1", "STARTED")
    }
    assert flows(await lineage(hub, MAKE, "m3")) == set()


async def test_what_was_there_at_its_end_alone_is_taken_where_there_was_nothing_before(
    hub: Told,
) -> None:
    hub.tell(
        *run(USE, "u1", 1, 9, reads=[A]),
        *run(MAKE, "m1", 1, 4, writes=[A]),
        *run(MAKE, "m2", 5, 10, writes=[A]),
    )
    assert flows(await lineage(hub, USE, "u1")) == {("m1", "u1", "ENDED")}
    assert flows(await lineage(hub, MAKE, "m1")) == {("m1", "u1", "ENDED")}
    assert flows(await lineage(hub, MAKE, "m2")) == set()


async def test_the_version_that_a_run_names_is_the_one_that_it_read(hub: Told) -> None:
    def version(number: str) -> dict[str, Any]:
        return dataset(A, version={"datasetVersion": number})

    hub.tell(
        *run(MAKE, "m1", 1, 2, writes=[version("v1")]),
        *run(MAKE, "m2", 3, 4, writes=[version("v2")]),
        *run(USE, "u1", 5, 6, reads=[version("v1")]),
        *run(USE, "u2", 5, 6, reads=[version("v9")]),
    )
    assert flows(await lineage(hub, USE, "u1")) == {("m1", "u1", "NAMED")}
    assert (await lineage(hub, USE, "u1"))["edges"][0]["version"] == "v1"
    # One that nobody has written is taken by time.
    assert flows(await lineage(hub, USE, "u2")) == {("m2", "u2", "STARTED")}
    assert flows(await lineage(hub, MAKE, "m1")) == {("m1", "u1", "NAMED")}
    assert flows(await lineage(hub, MAKE, "m2")) == {("m2", "u2", "STARTED")}


def part(name: DatasetName, side: str, day: str) -> dict[str, Any]:
    """A dataset of which a run uses one day's partition."""
    days = {"type": "partition", "partitions": [{"dimensions": {"day": day}}]}
    return {**dataset(name), f"{side}Facets": {"subset": {f"{side}Condition": days}}}


async def test_the_parts_that_were_written_and_read_are_on_the_edge(hub: Told) -> None:
    hub.tell(
        *run(MAKE, "m1", 1, 2, writes=[part(A, "output", "1"), B]),
        *run(USE, "u1", 3, 4, reads=[part(A, "input", "2"), B], writes=[part(C, "output", "3")]),
        *run(SHOW, "s1", 5, 6, reads=[C]),
    )
    sides = "dataset { name } writtenSubset { type condition } readSubset { type condition }"
    found = await lineage(hub, USE, "u1", asked=f"edges {{ {sides} }}")
    day = {n: {"type": "partition", "condition": f"day={n}"} for n in "123"}
    assert sorted(found["edges"], key=lambda edge: str(edge["dataset"]["name"])) == [
        {"dataset": {"name": "a"}, "writtenSubset": day["1"], "readSubset": day["2"]},
        {"dataset": {"name": "b"}, "writtenSubset": None, "readSubset": None},
        {"dataset": {"name": "c"}, "writtenSubset": day["3"], "readSubset": None},
    ]


async def test_a_part_that_was_said_later_was_not_known_before(hub: Told) -> None:
    hub.tell(*run(MAKE, "m1", 1, 2, writes=[A]), *run(USE, "u1", 3, 4, reads=[A]), at=10 * SECOND)
    said = run_event(
        MAKE, "m1", at=2 * SECOND, event_type="RUNNING", outputs=[part(A, "output", "1")]
    )
    hub.tell(said, at=20 * SECOND)
    asked = "edges { writtenSubset { condition } }"
    for then, condition in (("", {"condition": "day=1"}), (f', knownAt: "{at(19)}"', None)):
        found = await lineage(hub, USE, "u1", then, asked)
        assert found["edges"] == [{"writtenSubset": condition}]


async def test_of_versions_of_one_name_the_newest_before_is_the_one(hub: Told) -> None:
    same = dataset(A, version={"datasetVersion": "1"})
    hub.tell(
        *run(MAKE, "m1", 1, 2, writes=[same]),
        *run(MAKE, "m2", 3, 4, writes=[A]),
        *run(USE, "u1", 5, 6, reads=[same]),
        *run(MAKE, "m3", 7, 8, writes=[same]),
        *run(USE, "u2", 9, 10, reads=[same]),
    )
    assert flows(await lineage(hub, USE, "u1")) == {("m1", "u1", "NAMED")}
    assert flows(await lineage(hub, USE, "u2")) == {("m3", "u2", "NAMED")}
    assert flows(await lineage(hub, MAKE, "m1")) == {("m1", "u1", "NAMED")}


async def test_a_run_does_not_read_what_it_writes_itself(hub: Told) -> None:
    hub.tell(*run(USE, "u1", 1, 1, reads=[A], writes=[A]), *run(USE, "u2", 2, 3, [A], [A]))
    assert flows(await lineage(hub, USE, "u2")) == {("u1", "u2", "STARTED")}
    assert (await lineage(hub, USE, "u1"))["runs"][0]["unwritten"] == [{"id": dataset_id(A)}]


STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}}


def tells(at: float, kind: str, *writes: DatasetName, run_id: str = "s") -> bytes:
    """An event of a stream."""
    when = int(at * SECOND)
    return run_event(MAKE, run_id, at=when, event_type=kind, outputs=writes, job_facets=STREAM)


async def test_a_run_read_what_a_stream_was_writing(hub: Told) -> None:
    hub.tell(
        tells(1, "START", B),
        tells(3, "RUNNING", A, B),
        *(tells(at, "RUNNING", run_id="s") for at in (5, 9)),
        *run(USE, "early", 2, 2.5, reads=[A]),
        *run(USE, "u", 4, 6, reads=[A], writes=[C]),
        *run(SHOW, "show", 7, 8, reads=[C]),
    )
    assert (await lineage(hub, USE, "early", ", direction: UPSTREAM"))["edges"] == []
    found = await lineage(hub, SHOW, "show", ", direction: UPSTREAM")
    assert flows(found) == {("s", "u", "STARTED"), ("u", "show", "STARTED")}
    [edge] = [each for each in found["edges"] if each["dataset"] == {"name": "a"}]
    assert edge["writtenAt"] == at(4)
    assert [each["unwritten"] for each in found["runs"]] == [[], [], []]
    down = await lineage(hub, MAKE, "s", ", direction: DOWNSTREAM")
    assert flows(down) == flows(found)


async def test_a_stream_that_has_ended_or_was_silent_is_followed_by_what_was_written_then(
    hub: Told,
) -> None:
    hub.tell(
        *(tells(1, "START", A), tells(4, "RUNNING", A), tells(20, "FAIL", A)),
        *run(USE, "b", 2, 3, writes=[A]),
        *run(SHOW, "while", 3.5, 3.6, reads=[A]),
        *run(SHOW, "after", 21, 22, reads=[A]),
        tells(30, "START", A, run_id="silent"),
        *run(USE, "c", 31, 32, writes=[A]),
        *run(SHOW, "later", 33, 34, reads=[A]),
    )
    up = ", direction: UPSTREAM, depth: 1"
    for reader, writer in (("while", "s"), ("after", "b"), ("later", "c")):
        assert flows(await lineage(hub, SHOW, reader, up)) == {(writer, reader, "STARTED")}
        [job] = [MAKE] if writer == "s" else [USE]
        down = flows(await lineage(hub, job, writer, ", direction: DOWNSTREAM, depth: 1"))
        assert (writer, reader, "STARTED") in down


async def test_what_a_stream_was_writing_is_told_by_both_clocks(hub: Told) -> None:
    hub.tell(*run(USE, "u", 4, 6, reads=[A]), at=10 * SECOND)
    hub.tell(tells(1, "START", B), tells(8, "RUNNING", A, B), at=20 * SECOND)
    hub.tell(tells(3, "RUNNING", A), at=30 * SECOND)
    hub.tell(tells(3.5, "FAIL"), at=40 * SECOND)
    up = ", direction: UPSTREAM"
    read = {("s", "u", "STARTED")}
    for second, expected in ((19, set()), (29, set()), (39, read), (40, set())):
        then = f'{up}, knownAt: "{at(second)}"'
        assert flows(await lineage(hub, USE, "u", then)) == expected, second
        down = await lineage(hub, MAKE, "s", f', direction: DOWNSTREAM, knownAt: "{at(second)}"')
        assert (flows(down) if down else set()) == expected, second
    assert flows(await lineage(hub, USE, "u", up)) == set()


async def test_what_a_stream_had_written_by_an_event_time_is_found_as_of_then(hub: Told) -> None:
    hub.tell(
        *run(USE, "u", 4, 6, reads=[A]), tells(1, "START", A), tells(9, "COMPLETE", A), at=SECOND
    )
    for then in ("", f', asOf: "{at(5)}"', f', asOf: "{at(8)}"', f', asOf: "{at(9)}"'):
        found = await lineage(hub, USE, "u", f", direction: UPSTREAM{then}")
        assert flows(found) == {("s", "u", "STARTED")}, then


CHAIN = [
    *run(MAKE, "m1", 1, 2, writes=[A]),
    *run(USE, "u1", 3, 4, reads=[A, C], writes=[B]),
    *run(SHOW, "s1", 5, 6, reads=[B]),
    *run(SHOW, "s2", 7, 8, reads=[B]),
]


async def test_depth_counts_runs_and_what_it_leaves_out_is_counted(hub: Told) -> None:
    hub.tell(*CHAIN)
    down = ", direction: DOWNSTREAM, depth: {}"
    found = await lineage(hub, MAKE, "m1", down.format(1))
    assert runs(found) == {name(MAKE, "m1"): 0, name(USE, "u1"): 1}
    assert [(each["hidden"], each["run"]["runId"]) for each in found["runs"]] == [
        (0, "m1"),
        (2, "u1"),
    ]
    assert (found["truncated"], found["hidden"]) == (True, 2)
    assert found["runs"][1]["unwritten"] == [{"id": dataset_id(C)}]
    whole = await lineage(hub, MAKE, "m1", down.format(2))
    assert runs(whole)[name(SHOW, "s2")] == 2
    assert (whole["truncated"], whole["hidden"]) == (False, 0)
    few = await lineage(hub, MAKE, "m1", f"{down.format(2)}, limit: 3")
    assert (len(few["runs"]), few["hidden"], few["truncated"]) == (3, 1, True)
    alone = await lineage(hub, USE, "u1", ", depth: 0")
    assert (len(alone["runs"]), alone["hidden"]) == (1, 3)


async def test_both_directions_are_two_ways_from_one_run(hub: Told) -> None:
    hub.tell(*CHAIN)
    found = await lineage(hub, SHOW, "s1")
    assert runs(found) == {name(SHOW, "s1"): 0, name(USE, "u1"): 1, name(MAKE, "m1"): 2}
    assert flows(await lineage(hub, USE, "u1")) == {
        ("m1", "u1", "STARTED"),
        ("u1", "s1", "STARTED"),
        ("u1", "s2", "STARTED"),
    }


async def test_what_had_not_been_written_or_was_not_known_does_not_count(hub: Told) -> None:
    hub.tell(*CHAIN, at=10 * SECOND)
    hub.tell(*run(MAKE, "m0", 0, 1, writes=[C]), at=20 * SECOND)
    then = f', direction: UPSTREAM, knownAt: "{at(19)}"'
    assert flows(await lineage(hub, USE, "u1", then)) == {("m1", "u1", "STARTED")}
    now = {("m1", "u1", "STARTED"), ("m0", "u1", "STARTED")}
    assert (
        flows(await lineage(hub, USE, "u1", f', depth: 1, knownAt: "{at(20)}", asOf: "{at(4)}"'))
        == now
    )
    assert flows(await lineage(hub, USE, "u1", f', asOf: "{at(5)}"')) == now | {
        ("u1", "s1", "STARTED")
    }
    assert await lineage(hub, USE, "u1", f', asOf: "{at(2)}"') is None
    assert await lineage(hub, USE, "u1", f', knownAt: "{at(9)}"') is None
    assert await lineage(hub, USE, "nope") is None


@pytest.mark.parametrize(
    "asked",
    [
        'run: "dataset:s:a"',
        f'run: "{name(USE, "u1")}", depth: -1',
        f'run: "{name(USE, "u1")}", depth: 101',
        f'run: "{name(USE, "u1")}", limit: 0',
        f'run: "{name(USE, "u1")}", limit: 1001',
    ],
)
async def test_a_question_without_sense_is_refused(asked: str, hub: Told) -> None:
    hub.tell(*CHAIN)
    [error] = await hub.client.errors(f"{{ runLineage({asked}) {{ hidden }} }}")
    assert error["extensions"]["code"] == "INVALID_INPUT"


class Drawn(NamedTuple):
    """A run: its times, what it reads and writes, and what it calls all of those."""

    job: JobName
    begin: int
    length: int
    reads: list[DatasetName]
    writes: list[DatasetName]
    kind: str
    version: str | None
    run_id: str = ""

    @property
    def end(self) -> int:
        return self.begin + self.length

    def events(self) -> list[bytes]:
        facets = {"version": {"datasetVersion": self.version}} if self.version else {}
        reads, writes = (
            [dataset(each, **facets) for each in side] for side in (self.reads, self.writes)
        )
        return run(self.job, self.run_id, self.begin, self.end, reads, writes, self.kind)


SOME = st.lists(st.sampled_from([A, B, C]), max_size=2, unique=True)
HISTORIES = st.lists(
    st.builds(
        Drawn,
        job=st.sampled_from([MAKE, USE, SHOW]),
        begin=st.integers(0, 8),
        length=st.integers(1, 4),
        reads=SOME,
        writes=SOME,
        kind=st.sampled_from(["COMPLETE", "COMPLETE", "FAIL"]),
        version=st.sampled_from([None, None, "1", "2"]),
        run_id=st.just(""),
    ),
    min_size=1,
    max_size=7,
).map(lambda drawn: [each._replace(run_id=f"r{n}") for n, each in enumerate(drawn)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(HISTORIES, st.integers(0, 3))
def test_upstream_and_downstream_are_one_relation_and_its_inverse(
    sqlite_url: str, told: list[Drawn], depth: int
) -> None:
    with small_world.copied(sqlite_url) as store:
        small_world.append(store, *(event for each in told for event in each.events()))
        project_all(store)
        with store.database.read() as connection:
            rows = find_runs(connection, {RunName(each.job, each.run_id) for each in told})
            keys = {name.run_id: row.id for name, row in rows.items()}
            relation = _relation(told, keys)
            for row in rows.values():
                for direction in (Direction.UPSTREAM, Direction.DOWNSTREAM):
                    extent = RunExtent(direction, depth, 100)
                    found = find_run_lineage(connection, store.journal, row, extent, NOW)
                    is_up = direction is Direction.UPSTREAM
                    pairs = {(b, a) for a, b in relation} if is_up else relation
                    hops, beyond = _reach(pairs, row.id, depth)
                    assert {each.row.id: each.hops for each in found.runs} == hops
                    assert found.hidden == len(beyond)
                    assert {(edge.source, edge.target) for edge in found.edges} == {
                        (a, b) for a, b in relation if a in hops and b in hops
                    }


def _relation(told: list[Drawn], keys: dict[str, int]) -> set[tuple[int, int]]:
    """Return which run read what which had written, by trying all pairs."""
    found = set()
    for reader in told:
        for name in reader.reads:
            written = [
                (each.end, keys[each.run_id], each.version)
                for each in told
                if name in each.writes and each.kind == "COMPLETE" and each is not reader
            ]
            named = [each for each in written if reader.version and each[2] == reader.version]
            for candidates in (named, written):
                before = [each for each in candidates if each[0] <= reader.begin]
                until = [each for each in candidates if each[0] <= reader.end]
                if before or until:
                    found.add((max(before or until)[1], keys[reader.run_id]))
                    break
    return found


def _reach(pairs: set[tuple[int, int]], start: int, depth: int) -> tuple[dict[int, int], set[int]]:
    hops, frontier = {start: 0}, {start}
    for hop in range(1, depth + 1):
        frontier = {b for a, b in pairs if a in frontier} - set(hops)
        hops |= dict.fromkeys(frontier, hop)
    return hops, {b for a, b in pairs if a in frontier} - set(hops)
