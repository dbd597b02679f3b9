"""Facets that a run forwards, of its parent and of the outermost, tell of those."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import verify
from tests.producers.telling import Told, run_event
from tests.producers.test_moments import Clock, as_of, day, known_at

JOB = 'job(namespace: "n", name: "{}", {}) {{ {} }}'
KNOWN = "jobType documentation { description } owners tags firstSeen"
UNKNOWN: dict[str, Any] = {
    "jobType": None,
    "documentation": None,
    "owners": [],
    "tags": [],
    "firstSeen": None,
}


def facets(word: str) -> dict[str, Any]:
    """Return facets of a job whose type is a word."""
    return {
        "jobType": {"processingType": "BATCH", "integration": "AIRFLOW", "jobType": word},
        "documentation": {"description": f"about {word}"},
        "ownership": {"owners": [{"name": f"team-{word}"}]},
        "tags": {"tags": [{"key": word}]},
    }


def known(word: str) -> dict[str, Any]:
    """Return what is known of a job by such facets alone."""
    return {
        **UNKNOWN,
        "jobType": word,
        "documentation": {"description": f"about {word}"},
        "owners": [f"team-{word}"],
        "tags": [word],
    }


def elder(name: str, job_facets: object = None, run_facets: object = None) -> dict[str, Any]:
    return {
        "run": {"runId": name, "facets": run_facets},
        "job": {"namespace": "n", "name": name, "facets": job_facets},
    }


def under(parent: dict[str, Any], **root: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return facets of a run that name its parent."""
    return {"parent": {**parent, **root}}


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_parent_and_a_root_that_send_nothing_are_known_by_what_is_forwarded(
    clock: Clock, any_hub: Told
) -> None:
    said = under(elder("dag", facets("DAG")), root=elder("flow", facets("FLOW")))
    any_hub.tell(run_event(at=day(2), run_facets=under(elder("dag"))), at=day(2))
    any_hub.tell(run_event(at=day(4), run="r2", run_facets=said), at=day(4))
    for name, word in (("dag", "DAG"), ("flow", "FLOW")):
        assert await any_hub.ask(JOB.format(name, "asOf: null", KNOWN)) == known(word)
        assert await any_hub.ask(JOB.format(name, clock(5), KNOWN)) == known(word)
    assert await any_hub.ask(JOB.format("dag", clock(3), KNOWN)) == UNKNOWN
    assert await any_hub.ask(JOB.format("j", "asOf: null", "jobType")) == {"jobType": None}


async def test_what_a_job_says_of_itself_counts_unless_others_say_something_later(
    any_hub: Told,
) -> None:
    forwarded = [
        run_event(at=day(number), run=f"{number}", run_facets=under(elder("dag", facets(word))))
        for number, word in ((1, "EARLY"), (3, "SAME"), (5, "LATE"))
    ]
    own = run_event(at=day(3), run="own", job="dag", job_facets=facets("OWN"))
    any_hub.tell(*forwarded[1:], own, forwarded[0])
    asked = "jobType tags"
    found = [await any_hub.ask(JOB.format("dag", as_of(n), asked)) for n in range(1, 6)]
    words = ["EARLY", "EARLY", "OWN", "OWN", "LATE"]
    assert [each["jobType"] for each in found] == words
    assert [each["tags"] for each in found] == [[word] for word in words]
    seen = await any_hub.ask(JOB.format("dag", "asOf: null", "firstSeen lastSeen"))
    assert set(seen.values()) == {f"{day(3)[:-1]}.000000Z"}


async def test_what_is_forwarded_is_found_and_is_the_same_when_rebuilt(hub: Told) -> None:
    stages = [Index(hub.store)]
    hub.tell(run_event(at=day(1), run_facets=under(elder("dag", facets("DAG")))))
    run_until_idle(stages)
    hub.tell(run_event(at=day(2), run_facets=under(elder("dag", facets("DAWN")))))
    run_until_idle(stages)
    found = await hub.ask('search(text: "dawn") { nodes { name part } }')
    assert found == {"nodes": [{"name": "dag", "part": "TAG"}]}
    assert verify(hub.store) == []


@pytest.mark.parametrize(
    "junk",
    [
        *("text", 1, [], [{}], None, {"jobType": None}, {"jobType": []}, {"": {}}),
        {"jobType": {"jobType": ["DAG"]}},
    ],
)
async def test_junk_that_is_forwarded_tells_nothing_and_spoils_nothing(
    junk: object, any_hub: Told
) -> None:
    any_hub.tell(run_event(run_facets=under(elder("dag", junk), root=elder("flow", junk, junk))))
    for name in ("dag", "flow"):
        assert await any_hub.ask(JOB.format(name, "asOf: null", KNOWN)) == UNKNOWN
    found = await any_hub.ask('run(id: "run:n:j:r") { parent { runId } root { runId } }')
    assert found == {"parent": {"runId": "dag"}, "root": {"runId": "flow"}}


async def test_what_is_too_large_together_is_not_forwarded(any_hub: Told) -> None:
    large = {**facets("DAG"), "padding": {"text": "x" * MAX_FACET_BYTES}}
    any_hub.tell(run_event(run_facets=under(elder("dag", large))))
    assert await any_hub.ask(JOB.format("dag", "asOf: null", KNOWN)) == UNKNOWN
    assert await any_hub.ask('run(id: "run:n:j:r") { parent { runId } }') == {
        "parent": {"runId": "dag"}
    }


async def test_a_parent_that_is_forwarded_is_nobody_s(any_hub: Told) -> None:
    inner = under(elder("hidden", facets("HIDDEN")))
    any_hub.tell(run_event(run_facets=under(elder("dag", inner, inner))))
    assert await any_hub.ask(JOB.format("hidden", "asOf: null", "name")) is None
    assert await any_hub.ask('run(id: "run:n:dag:dag") { parent { runId } }') == {"parent": None}


@pytest.mark.parametrize("clock", [as_of, known_at])
async def test_a_run_that_sends_nothing_has_the_facets_that_are_forwarded_until_it_speaks(
    clock: Clock, any_hub: Told
) -> None:
    engine = {"processing_engine": {"name": "Airflow", "version": "2"}}
    said = under(elder("dag", None, engine), root=elder("flow", None, engine))
    any_hub.tell(run_event("START", at=day(2), run_facets=under(elder("dag"))), at=day(2))
    any_hub.tell(run_event(at=day(4), run_facets=said), at=day(4))
    any_hub.tell(run_event(at=day(6), run="dag", job="dag"), at=day(6))
    asked = "processingEngine { name } facets { name } uses { side } state"
    for name, number, is_known in (("dag", 5, True), ("flow", 7, True), ("dag", 7, False)):
        outer = "parent" if name == "dag" else "root"
        query = f'run(id: "run:n:j:r", {clock(number)}) {{ {outer} {{ {asked} }} }}'
        assert (await any_hub.ask(query))[outer] == {
            "processingEngine": {"name": "Airflow"} if is_known else None,
            "facets": [{"name": "processing_engine"}] if is_known else [],
            "uses": [],
            "state": "NEW" if is_known else "COMPLETE",
        }
