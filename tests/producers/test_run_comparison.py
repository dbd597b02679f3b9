"""Two runs of a job side by side."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.opening import Store
from tests.producers.telling import ORDERS, Order, Told, dataset, run_event

DAY = "2026-03-0{}T00:00:00Z"
ASKED = "{ a { runId } b { runId } differences { part dataset facet onlyIn before after } }"


def told(day: int, query: str, *inputs: str, rows: int = 1, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as run_event
    written = {**dataset("out"), "outputFacets": {"outputStatistics": {"rowCount": rows}}}
    return run_event(
        at=DAY.format(day),
        run=f"r{day}",
        inputs=[*inputs],
        outputs=[written],
        job_facets={"sql": {"_producer": f"p{day}", "query": query}},
        **more,
    )


def difference(part: str, name: str | None, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    empty = {"facet": None, "onlyIn": None, "before": None, "after": None}
    return {"part": part, "dataset": name and f"dataset:n:{name}", **empty, **said}


async def test_code_inputs_and_volume_that_differ_are_told(any_hub: Told) -> None:
    any_hub.tell(told(1, "old", "x", "y"), told(2, "new", "y", "z", rows=0))
    found = await any_hub.ask(f'compareRuns(a: "run:n:j:r1", b: "run:n:j:r2") {ASKED}')
    assert (found["a"], found["b"]) == ({"runId": "r1"}, {"runId": "r2"})
    code = {"_producer": "p1", "query": "old"}, {"_producer": "p2", "query": "new"}
    assert found["differences"] == [
        difference("JOB", None, facet="sql", before=code[0], after=code[1]),
        difference("INPUT", "x", onlyIn="a"),
        difference("INPUT", "z", onlyIn="b"),
        difference(
            "OUTPUT",
            "out",
            facet="outputStatistics",
            before={"rowCount": 1},
            after={"rowCount": 0},
        ),
    ]


async def test_a_run_is_compared_with_the_last_one_that_completed_before_it(any_hub: Told) -> None:
    any_hub.tell(
        told(1, "q"),
        told(2, "q"),
        told(3, "q", kind="FAIL"),
        told(4, "q", kind="FAIL"),
        told(5, "q"),
    )
    found = await any_hub.ask(f'compareRuns(b: "run:n:j:r4") {ASKED}')
    assert found == {"a": {"runId": "r2"}, "b": {"runId": "r4"}, "differences": []}


@pytest.mark.parametrize("clock", ["", f', asOf: "{DAY.format(9)}"'])
@pytest.mark.parametrize("order", ORDERS)
async def test_of_runs_that_completed_at_one_instant_it_is_the_same_whichever_came_first(
    order: Order, clock: str, sqlite_store: Store
) -> None:
    hub = Told(sqlite_store, order=order)
    hub.tell(*(run_event(run=each, at=DAY.format(1)) for each in ("r1", "r2", "r3")), told(4, "q"))
    found = await hub.ask(f'compareRuns(b: "run:n:j:r4"{clock}) {{ a {{ runId }} }}')
    assert found == {"a": {"runId": "r3"}}


@pytest.mark.parametrize("clock", ["asOf", "knownAt"])
async def test_runs_are_compared_by_what_they_had_said(clock: str, any_hub: Told) -> None:
    any_hub.tell(told(1, "q"), at=DAY.format(1))
    any_hub.tell(told(2, "q", kind="START"), at=DAY.format(2))
    any_hub.tell(told(3, "q", "x", kind="START"), at=DAY.format(3))
    ended = {**told(2, "new"), "eventTime": "2026-03-02T12:00:00Z"}
    any_hub.tell(
        ended if clock == "knownAt" else {**ended, "eventTime": DAY.format(5)}, at=DAY.format(5)
    )
    any_hub.tell({**told(3, "q", "x"), "eventTime": DAY.format(6)}, at=DAY.format(6))

    async def compared(day: int) -> Any:  # noqa: ANN401 - as GraphQL gives it
        then = f'{clock}: "{DAY.format(day)}"'
        return await any_hub.ask(f'compareRuns(b: "run:n:j:r3", {then}) {ASKED}')

    assert await compared(2) is None
    then = await compared(4)
    assert (then["a"], then["b"]) == ({"runId": "r1"}, {"runId": "r3"})
    assert then["differences"] == [difference("INPUT", "x", onlyIn="b")]
    later = await compared(6)
    assert later["a"] == {"runId": "r2"}
    assert [each["facet"] for each in later["differences"]] == ["sql", None]
    assert later == await any_hub.ask(f'compareRuns(b: "run:n:j:r3") {ASKED}')


async def test_what_runs_call_by_several_names_is_compared(any_hub: Told) -> None:
    link = {"symlinks": {"identifiers": [{"namespace": "n", "name": "first", "type": "TABLE"}]}}

    def wrote(day: int, *outputs: dict[str, Any]) -> dict[str, Any]:
        rows = {"outputStatistics": {"rowCount": day}}
        written = [{**each, "outputFacets": rows} for each in outputs]
        return run_event(at=DAY.format(day), run=f"r{day}", outputs=written)

    any_hub.tell(
        wrote(1, dataset("first"), dataset("old")), wrote(2, dataset("table"), dataset("new"))
    )
    any_hub.tell(run_event(at=DAY.format(3), job="other", outputs=[dataset("table", **link)]))
    found = await any_hub.ask(f'compareRuns(a: "run:n:j:r1", b: "run:n:j:r2") {ASKED}')
    volume = {"before": {"rowCount": 1}, "after": {"rowCount": 2}}
    assert found["differences"] == [
        difference("OUTPUT", "new", onlyIn="b"),
        difference("OUTPUT", "old", onlyIn="a"),
        difference("OUTPUT", "table", facet="outputStatistics", **volume),
    ]


async def test_there_is_nothing_to_compare_a_first_run_with(hub: Told) -> None:
    hub.tell(told(1, "q"))
    assert await hub.ask(f'compareRuns(b: "run:n:j:r1") {ASKED}') is None
    assert await hub.ask(f'compareRuns(a: "run:n:j:r1", b: "run:n:j:none") {ASKED}') is None


async def test_runs_of_two_jobs_are_not_compared(hub: Told) -> None:
    hub.tell(told(1, "q"), told(2, "q", job="other"))
    [error] = await hub.client.errors(
        f'{{ compareRuns(a: "run:n:j:r1", b: "run:n:other:r2") {ASKED} }}'
    )
    assert "two jobs" in error["message"]
