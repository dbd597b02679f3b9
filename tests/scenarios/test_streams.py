"""Streams: they begin weeks before they fail, and heal without ever completing."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.test_heals import COSTS, COSTS_FAILS, MESH, MINUTE, TEST, open_roots, pages

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def stream(script: RunScript, number: int) -> RunScript:
    """Let a run be one of a job that says that its runs do not end."""
    facet = {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}
    key = f"99999999-9999-4999-8999-{number:012d}"
    return structs.replace(script, run_id=key, job_facets={"jobType": facet})


def begins(world: Scenario, when: str, script: RunScript) -> None:
    world.at(when)
    world.append(script.events(world.now, 1)[0])
    world.settle()


def tells(world: Scenario, when: str, script: RunScript) -> None:
    """Let a run that has begun long ago say that it goes on, or how it ended."""
    world.at(when)
    world.append(script.events(world.now, 1)[1])
    world.settle()


def goes_on(script: RunScript) -> RunScript:
    return structs.replace(script, outcome="RUNNING")


def test_a_stream_that_fails_days_after_something_upstream_had_healed_pages_its_own_owner(
    world: Scenario,
) -> None:
    costs = stream(COSTS, 1)
    begins(world, "04:01", costs)
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:20", CLEAN)
    world.heard()
    tells(world, "2026-11-25 10:00", costs.fails("no such table: costs"))

    assert pages(world) == ["10:00 triggered finance-pager LOGIC silver.costs"]


def test_a_stream_that_fails_has_not_caused_what_failed_while_it_went_well(
    world: Scenario,
) -> None:
    clean = stream(CLEAN, 1)
    begins(world, "04:01", clean)
    world.at("04:10", COSTS_FAILS)
    tells(world, "2026-11-25 10:00", clean.fails("syntax error at or near"))

    assert [line.split()[2] for line in world.heard()] == ["finance-pager", "fleet-pager"]
    assert open_roots(world) == ["silver.costs", "silver.repairs"]


def test_a_stream_that_fails_explains_what_fails_after_it(world: Scenario) -> None:
    clean = stream(CLEAN, 1)
    begins(world, "04:01", clean)
    tells(world, "2026-11-25 10:00", clean.fails("syntax error at or near"))
    world.at("2026-11-25 10:05", COSTS_FAILS)

    assert pages(world) == ["10:00 triggered fleet-pager LOGIC silver.repairs"]


def test_a_stream_that_fails_of_what_it_reads_pages_nobody(world: Scenario) -> None:
    costs = stream(COSTS, 1)
    begins(world, "04:01", costs)
    world.at("2026-11-25 10:00", CLEAN.fails("syntax error at or near"))
    tells(world, "2026-11-25 10:05", costs.fails("no such column: cost"))

    assert pages(world) == ["10:00 triggered fleet-pager LOGIC silver.repairs"]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_stream_that_is_begun_again_and_goes_on_has_healed(
    world: Scenario, *, restarts: bool
) -> None:
    begins(world, "04:01", stream(CLEAN, 1))
    tells(world, "04:10", stream(CLEAN, 1).fails("syntax error at or near"))
    world.at("04:11", COSTS_FAILS)
    begins(world, "04:20", stream(CLEAN, 2))
    if restarts:
        world.restart()
    assert pages(world) == ["04:10 triggered fleet-pager LOGIC silver.repairs"]
    tells(world, "04:21", goes_on(stream(CLEAN, 2)))
    assert world.heard() == ["04:21 resolved fleet-pager LOGIC silver.repairs"]
    world.at("04:30", COSTS_FAILS)

    assert pages(world) == ["04:30 triggered finance-pager LOGIC silver.costs"]


def test_a_stream_goes_on_beside_one_of_its_job_that_has_failed(world: Scenario) -> None:
    begins(world, "04:01", stream(CLEAN, 1))
    begins(world, "04:02", stream(CLEAN, 2))
    tells(world, "04:10", stream(CLEAN, 1).fails("syntax error at or near"))
    tells(world, "04:11", goes_on(stream(CLEAN, 2)))

    assert open_roots(world) == ["silver.repairs"]


def test_what_a_stream_said_before_it_failed_does_not_heal_it(world: Scenario) -> None:
    begins(world, "04:01", stream(CLEAN, 1))
    tells(world, "04:10", stream(CLEAN, 1).fails("syntax error at or near"))
    world.append(goes_on(stream(CLEAN, 1)).events(world.now - MINUTE, 1)[1])
    world.settle()

    assert open_roots(world) == ["silver.repairs"]


def test_a_batch_that_is_begun_again_has_not_healed_before_it_has_passed(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    again = run("fleet/repairs.clean", "99999999-9999-4999-8999-999999999999")
    begins(world, "04:20", again)
    tells(world, "04:21", goes_on(again))

    assert open_roots(world) == ["silver.repairs"]


def test_what_heals_and_what_does_not_is_the_same_on_every_store(store: Store) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    begins(world, "04:01", stream(CLEAN, 1))
    tells(world, "04:10", stream(CLEAN, 1).fails("syntax error at or near"))
    world.at("04:11", COSTS_FAILS, TEST.checks("silver.costs", failed=["not_null"]))
    begins(world, "04:20", stream(CLEAN, 2))
    world.at("04:25", COSTS_FAILS)
    tells(world, "04:26", goes_on(stream(CLEAN, 2)))
    world.at("04:30", run("ops/by_hand").writes("silver.costs"))
    world.at("04:35", TEST.checks("silver.costs", failed=["not_null"]))

    assert [line.split()[1:] for line in world.heard()] == [
        ["triggered", "fleet-pager", "LOGIC", "silver.repairs"],
        ["resolved", "fleet-pager", "LOGIC", "silver.repairs"],
        ["triggered", "finance-pager", "DATA_QUALITY", "silver.costs"],
    ]
