"""The hub against what a real Marquez answered to the same requests (see ``record``)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.store.opening import open_store
from tests.api.marquez import bakery
from tests.api.marquez.conftest import Surface
from tests.compat.marquez.exchanges import EXCHANGES, Answer, play
from tests.compat.marquez.record import RECORDING

RECORDED = [Answer(**each) for each in json.loads(RECORDING.read_text("utf-8"))]

# Where Marquez fails, or says less: what the hub answers instead.
BETTER = {
    "GET /runlineage/upstream?runId=0b9b1c1e-7a4e-4f0e-8d0a-001000000000&depth=3": (500, 200),
}
# What Marquez words by its own parts, or counts wrongly.
OTHERWISE = {
    "GET /jobs?lastRunStates=WHAT",
    "GET /events/lineage?before=x",
    "GET /stats/jobs?period=YEAR",
}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    """What the hub answers to the same requests."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('marquez')}/hub.db")
    surface = Surface(store)
    surface.intake.start()
    with asyncio.Runner() as runner:

        def send(method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
            sent = {} if body is None else {"json": body}
            answer = runner.run(surface.http.request(method, path, **sent))
            return answer.status_code, answer.json()

        runner.run(surface.send(*bakery.events()))
        answers = play(send)
    surface.intake.stop()
    store.close()
    return answers


def test_the_recording_is_of_these_requests() -> None:
    assert [each.request for each in RECORDED] == [f"{e.method} {e.path}" for e in EXCHANGES]


@pytest.mark.parametrize(
    "number", range(len(EXCHANGES)), ids=lambda n: f"{n} {RECORDED[n].request}"
)
def test_the_answer_has_the_status_and_the_members_of_marquez_own(
    ours: list[Answer], number: int
) -> None:
    theirs, answer = RECORDED[number], ours[number]
    expected = BETTER.get(theirs.request, (theirs.status, theirs.status))
    assert (theirs.status, answer.status) == expected, answer.body
    if theirs.request in BETTER or theirs.request in OTHERWISE:
        return
    if theirs.status >= 400:
        assert answer.body == theirs.body
    assert not list(lacking(theirs.body, answer.body, ""))


@pytest.mark.parametrize(
    "number",
    [
        n
        for n, each in enumerate(RECORDED)
        if "/lineage?nodeId" in each.request and each.status < 300
    ],
    ids=lambda n: f"{n} {RECORDED[n].request}",
)
def test_graphs_have_the_nodes_and_edges_of_marquez_own(ours: list[Answer], number: int) -> None:
    assert drawn(ours[number].body) == drawn(RECORDED[number].body)


def lacking(theirs: Any, ours: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield what an answer lacks of the other: members, elements, and types of values."""
    if theirs is None or ours is None:
        return
    if type(theirs) is not type(ours):
        yield f"{where}: {theirs!r} is no {ours!r}"
    elif isinstance(theirs, dict):
        for name, value in theirs.items():
            # Facets and arguments are whatever producers say; events are as they came, while
            # Marquez adds a null for each member that it knows.
            is_said = value is not None or not where.startswith(".events")
            if name not in ours and is_said and not where.endswith((".facets", ".args")):
                yield f"{where}.{name}"
            elif name in ours:
                yield from lacking(value, ours[name], f"{where}.{name}")
    elif isinstance(theirs, list) and theirs:
        if not ours:
            yield f"{where} is empty"
        else:
            yield from lacking(theirs[0], ours[0], f"{where}[0]")


def drawn(graph: dict[str, Any]) -> dict[str, list[list[tuple[str, str]]]]:
    """Return the edges of each node, by its id."""
    return {
        node["id"]: [
            sorted((edge["origin"], edge["destination"]) for edge in node[side])
            for side in ("inEdges", "outEdges")
        ]
        for node in graph["graph"]
    }
