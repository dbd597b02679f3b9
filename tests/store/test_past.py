"""What is read of the past is what a hub would have answered that was told no more by then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api.graphql.in_process import answer
from hub.domain.catalog import Catalog
from hub.domain.instants import format_instant
from hub.flow.project import project_all
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event, schema
from tests.api.graphql.conftest import Client
from tests.small_world import LOAD, NAMES, SECOND, SHIP, append, blocks, copied

# Blocks are received one a second, after all that they tell of has happened.
Told = list[list[bytes]]
BEFORE = 10

CLOCKS = "asOf: $asOf, knownAt: $knownAt"
RUN = "id state attempt startedAt endedAt inputs { id } outputs { id }"
SAID = "\n".join(
    f'{job}{number}: run(id: "run:j:{job}:{number}", {CLOCKS}) {{ {RUN} }}'
    for job in ("load", "ship")
    for number in (1, 2, 3, 4)
)
CLOSURE = "nodes { id hops hidden } edges { source target origin count } truncated hidden"
LINEAGE = f"""
load: job(namespace: "j", name: "load", {CLOCKS}) {{ inputs {{ id }} outputs {{ id }} }}
ship: job(namespace: "j", name: "ship", {CLOCKS}) {{ inputs {{ id }} outputs {{ id }} }}
all: lineage(node: "dataset:s:a", direction: BOTH, depth: 9, {CLOCKS}) {{ {CLOSURE} }}
near: lineage(node: "job:j:ship", direction: UPSTREAM, depth: 1, {CLOCKS}) {{ {CLOSURE} }}
fields: lineage(node: "dataset:s:c", direction: UPSTREAM, depth: 9, level: FIELD, {CLOCKS}) {{
  {CLOSURE}
}}
"""
FURTHER = f"""
impact(node: "dataset:s:a", {CLOCKS}) {{
  consumers {{ id jobs {{ id hops }} datasets {{ id hops }} }}
}}
lineagePath(from: "dataset:s:a", to: "dataset:s:c", {CLOCKS}) {{
  hops nodes {{ id }} edges {{ source target origin }}
}}
"""
READS = [SAID, LINEAGE, FURTHER]


def ending_once(told: Told) -> Told:
    """Let a run end but once: of several ends the last alone is kept, with what it has written."""
    ended: set[tuple[str, str]] = set()

    def taken(event: bytes) -> bytes:
        said = json.loads(event)
        if said.get("eventType") in ("COMPLETE", "FAIL"):
            run = said["job"]["name"], said["run"]["runId"]
            said["eventType"] = "RUNNING" if run in ended else said["eventType"]
            ended.add(run)
        return json.dumps(said).encode()

    return [[taken(event) for event in block] for block in told]


# From when on a name is there is not kept as it was known: all are told of at first.
WHOLE = [dataset(name, schema=schema("x", "y", "z")) for name in NAMES]
OPENING = [
    run_event(job, "0", at=1, event_type="START", inputs=WHOLE, outputs=WHOLE)
    for job in (LOAD, SHIP)
]
STORIES = blocks().map(lambda told: [OPENING, *ending_once(told)])


def query(selection: str) -> str:
    return f"query ($asOf: DateTime, $knownAt: DateTime) {{ {selection} }}"


def instant(second: int | None) -> str | None:
    return None if second is None else format_instant(second * SECOND)


def reader(store: Store) -> Callable[..., dict[str, Any]]:
    """Return what asks a store, of an event time and an instant of the hub's clock."""
    sources = Client(store, Catalog()).sources

    def read(
        selection: str, as_of: int | None = None, known_at: int | None = None
    ) -> dict[str, Any]:
        clocks = {"asOf": instant(as_of), "knownAt": instant(known_at)}
        return answer(sources, query(selection), clocks)

    return read


def tell(store: Store, told: Told) -> None:
    for second, block in enumerate(told, BEFORE + 1):
        append(store, *block, at=second * SECOND)
        project_all(store)


def by_event_time(told: Told, until: int) -> Told:
    def at(event: bytes) -> str:
        return str(json.loads(event)["eventTime"])

    return [[each for each in block if at(each) <= str(instant(until))] for block in told]


LAW = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15
)
EVENT_TIMES = st.integers(1, 10)
CLOCK_TIMES = st.integers(BEFORE, BEFORE + 7)
HAPPENED = st.one_of(st.none(), EVENT_TIMES)
RECEIVED = st.one_of(st.none(), CLOCK_TIMES)


@LAW
@given(STORIES, st.integers(1, 7), HAPPENED)
def test_what_was_known_is_what_a_hub_says_that_was_told_no_more(
    sqlite_url: str, told: Told, count: int, as_of: int | None
) -> None:
    with copied(sqlite_url) as whole, copied(sqlite_url) as then:
        tell(whole, told)
        tell(then, told[:count])
        now, past = reader(then), reader(whole)
        for selection in READS:
            assert past(selection, as_of, BEFORE + count) == now(selection, as_of)


@LAW
@given(STORIES, st.integers(1, 10))
def test_what_was_true_of_runs_is_what_events_had_said_by_then(
    sqlite_url: str, told: Told, as_of: int
) -> None:
    with copied(sqlite_url) as whole, copied(sqlite_url) as then:
        tell(whole, told)
        tell(then, [block for block in by_event_time(told, as_of) if block])
        assert reader(whole)(SAID, as_of) == reader(then)(SAID)


def ids(closure: dict[str, Any] | None) -> set[str]:
    return {each["id"] for each in closure["nodes"]} if closure else set()


def flows(closure: dict[str, Any] | None) -> set[tuple[str, str]]:
    edges = closure["edges"] if closure else []
    return {(each["source"], each["target"]) for each in edges}


DIFF = """
query ($from: DateTime!, $to: DateTime!, $clock: LineageClock!, $other: DateTime, $also: DateTime) {
  lineageDiff(node: "dataset:s:a", from: $from, to: $to, clock: $clock, depth: 9,
              asOf: $other, knownAt: $also) {
    addedNodes { id } removedNodes { id }
    addedEdges { source target } removedEdges { source target }
  }
}
"""


@LAW
@given(STORIES, st.data())
def test_what_has_changed_is_what_two_readings_differ_in(
    sqlite_url: str, told: Told, data: st.DataObject
) -> None:
    clocks = [
        ("EVENT", "also", EVENT_TIMES, RECEIVED),
        ("KNOWLEDGE", "other", CLOCK_TIMES, HAPPENED),
    ]
    clock, bound, along, across = data.draw(st.sampled_from(clocks))
    start, end, fixed = data.draw(along), data.draw(along), data.draw(across)
    asked: dict[str, Any] = {"from": instant(start), "to": instant(end), "clock": clock}
    with copied(sqlite_url) as store:
        tell(store, told)
        read = reader(store)
        sources = Client(store, Catalog()).sources
        found = answer(sources, DIFF, {**asked, bound: instant(fixed)})["lineageDiff"]
        before, after = (
            read(LINEAGE, *((at, fixed) if clock == "EVENT" else (fixed, at)))["all"]
            for at in (start, end)
        )
    if before is None and after is None:
        assert found is None
        return
    assert ids({"nodes": found["addedNodes"]}) == ids(after) - ids(before)
    assert ids({"nodes": found["removedNodes"]}) == ids(before) - ids(after)
    assert flows({"edges": found["addedEdges"]}) == flows(after) - flows(before)
    assert flows({"edges": found["removedEdges"]}) == flows(before) - flows(after)
