"""Which jobs wait for which, as runs say, whatever the order in which they say so."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from hub.flow.project import rebuild, verify
from tests.producers.telling import Told, run_event

ASKED = "direction type sequenceRule statusRule job { id node { id } } firstSaidAt lastSaidAt"
RULES = {
    "dependency_type": "DIRECT_INVOCATION",
    "sequence_trigger_rule": "FINISH_TO_START",
    "status_trigger_rule": "EXECUTE_ON_SUCCESS",
}


def day(number: int) -> str:
    return f"2026-03-0{number}T00:00:00Z"


def waits(job: str, at: int, *up: str, down: tuple[str, ...] = ()) -> dict[str, Any]:
    """An event of a job on a day: it waits for some, and others wait for it."""
    sides = {"upstream": up, "downstream": down}
    facet = {
        side: [{"job": {"namespace": "n", "name": name}, **RULES} for name in names]
        for side, names in sides.items()
    }
    return run_event(at=day(at), run=f"{job}-{at}", job=job, run_facets={"jobDependencies": facet})


async def named(hub: Told, job: str, at: str = "", direction: str = "BOTH") -> list[str]:
    """What a job waits for (<) and what waits for it (>), at a moment."""
    found = await hub.ask(
        f'job(namespace: "n", name: "{job}"{at}) {{ dependencies(direction: {direction})'
        " { direction job { name } } }"
    )
    signs = {"UPSTREAM": "<", "DOWNSTREAM": ">"}
    return sorted(signs[each["direction"]] + each["job"]["name"] for each in found["dependencies"])


async def test_both_ends_know_of_a_dependency_that_one_tells_of(any_hub: Told) -> None:
    any_hub.tell(waits("b", 1, "a"), waits("b", 3, "a"))
    said = {
        "type": "DIRECT_INVOCATION",
        "sequenceRule": "FINISH_TO_START",
        "statusRule": "EXECUTE_ON_SUCCESS",
        "firstSaidAt": "2026-03-01T00:00:00.000000Z",
        "lastSaidAt": "2026-03-03T00:00:00.000000Z",
    }
    for job, direction, other in (("b", "UPSTREAM", "job:n:a"), ("a", "DOWNSTREAM", "job:n:b")):
        found = await any_hub.ask(
            f'job(namespace: "n", name: "{job}") {{ dependencies {{ {ASKED} }} }}'
        )
        beside = {"id": other, "node": {"id": other}}
        assert found["dependencies"] == [{"direction": direction, **said, "job": beside}]


async def test_what_both_ends_say_alike_is_one_dependency(any_hub: Told) -> None:
    any_hub.tell(waits("b", 1, "a"), waits("a", 2, down=("b",)))
    assert await named(any_hub, "a") == [">b"]
    assert await named(any_hub, "b") == ["<a"]


async def test_one_direction_is_asked_for(hub: Told) -> None:
    hub.tell(waits("b", 1, "a", down=("c",)))
    assert await named(hub, "b", direction="UPSTREAM") == ["<a"]
    assert await named(hub, "b", direction="DOWNSTREAM") == [">c"]


async def test_what_a_job_said_last_is_in_force_and_what_it_said_before_was(any_hub: Told) -> None:
    any_hub.tell(waits("j", 1, "a", "b"), waits("j", 3, "b"), waits("j", 5, "b", "c"))
    assert await named(any_hub, "j") == ["<b", "<c"]
    assert await named(any_hub, "a") == []
    assert await named(any_hub, "j", f', asOf: "{day(2)}"') == ["<b"]
    assert await named(any_hub, "j", f', asOf: "{day(1)}"') == ["<a", "<b"]
    assert await named(any_hub, "j", f', asOf: "{day(4)}"') == ["<b"]


async def test_a_late_telling_changes_what_was_true_and_not_what_was_known(any_hub: Told) -> None:
    any_hub.tell(waits("j", 1, "a"), at=day(1))
    any_hub.tell(waits("j", 2, "b"), at=day(4))
    assert await named(any_hub, "j", f', asOf: "{day(2)}"') == ["<b"]
    assert await named(any_hub, "j", f', knownAt: "{day(3)}"') == ["<a"]
    assert await named(any_hub, "j", f', asOf: "{day(2)}", knownAt: "{day(3)}"') == ["<a"]


async def test_a_run_without_the_facet_says_nothing_of_it(hub: Told) -> None:
    hub.tell(waits("j", 1, "a"), run_event(at=day(2), run="other"))
    assert await named(hub, "j") == ["<a"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_every_order_of_delivery_comes_to_the_same_rows(
    order: tuple[int, ...], hub: Told
) -> None:
    events = [waits("j", 1, "a"), waits("j", 3, "b"), waits("j", 2, "a", down=("b",))]
    for i in (*order, *order):
        hub.tell(events[i])
    names = "(SELECT name FROM job WHERE job.id = other_id)"
    found = hub.rows(f"SELECT side, {names}, last_seen - first_seen FROM job_dependency")  # noqa: S608 - a name of ours
    a_day = 86_400_000_000
    assert sorted(found) == [("down", "b", 0), ("up", "a", a_day), ("up", "b", 0)]


async def test_a_rebuild_comes_to_the_same(any_hub: Told) -> None:
    any_hub.tell(waits("j", 1, "a", "b"), waits("j", 3, "b"))
    assert not verify(any_hub.store)
    rebuild(any_hub.store)
    assert await named(any_hub, "j") == ["<b"]


async def test_what_cannot_be_read_is_left_out_alone(any_hub: Told) -> None:
    sides = [
        *("x", 1, None, {}, {"job": "a"}, {"job": {"namespace": "n"}}),
        {"job": {"namespace": "n", "name": "j"}},
        {"job": {"namespace": "n", "name": "a\0"}, "dependency_type": ["LIST"]},
        {"job": {"namespace": "n", "name": "b"}, "status_trigger_rule": "x" * 5_000},
    ]
    any_hub.tell(run_event(run_facets={"jobDependencies": {"upstream": sides, "downstream": "x"}}))
    assert await named(any_hub, "j") == ["<a�", "<b"]
    found = await any_hub.ask('job(namespace: "n", name: "b") { dependencies { statusRule } }')
    assert found["dependencies"] == [{"statusRule": None}]


async def test_the_number_of_statements_does_not_grow_with_dependencies(hub: Told) -> None:
    hub.tell(waits("few", 1, "a"), waits("many", 1, *(f"up{i}" for i in range(40))))
    counts = []
    # What is remembered from the first time on does not count.
    for job in ("few", "few", "many"):
        with hub.client.counting() as statements:
            await hub.ask(f'job(namespace: "n", name: "{job}") {{ dependencies {{ {ASKED} }} }}')
        counts.append(len(statements))
    assert counts[1] == counts[2]
