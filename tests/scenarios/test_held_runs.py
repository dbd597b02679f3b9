"""What a root has held back is over with the run around it, however long that goes on."""

from collections.abc import Callable

import pytest

from hub.testing.scenario import Scenario, run
from tests.scenarios.test_heals import CLEAN, CLEAN_FAILS, MESH, PAY, open_roots, pages

DAG = run("finance/dag", "11111111-1111-4111-8111-111111111111")
TASK = run("finance/dag.costs", "22222222-2222-4222-8222-222222222222").inside(DAG)
COSTS = TASK.reads("silver.repairs").writes("silver.costs")
COSTS_FAILS = COSTS.fails("no such table: costs")
OTHER = run("finance/dag.costs").reads("silver.repairs").writes("silver.costs")
FULL = "no space left on device"


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_run_around_what_is_held_pages_nobody_though_the_root_has_healed_meanwhile(
    world: Scenario, *, restarts: bool
) -> None:
    world.at("04:10", CLEAN_FAILS)
    world.at("04:12", COSTS_FAILS)
    world.at("04:20", CLEAN)
    assert len(pages(world)) == 1
    if restarts:
        world.restart()
    world.at("04:30", DAG.fails("task_failure"))
    world.at("04:31")

    assert pages(world) == []
    assert open_roots(world) == []


@pytest.mark.parametrize("restarts", [False, True])
def test_nor_does_it_where_another_root_of_the_incident_lasts(
    world: Scenario, *, restarts: bool
) -> None:
    world.at("04:10", CLEAN.fails(FULL), PAY.fails(FULL))
    world.at("04:12", COSTS_FAILS)
    world.at("04:20", CLEAN)
    assert len(pages(world)) == 1
    if restarts:
        world.restart()
    world.at("04:30", DAG.fails("task_failure"))
    world.at("04:31")

    assert pages(world) == []


@pytest.mark.parametrize("restarts", [False, True])
def test_a_query_inside_what_is_held_that_says_nothing_is_held_too(
    world: Scenario, *, restarts: bool
) -> None:
    query = run("finance/dag.costs.q", "33333333-3333-4333-8333-333333333333").inside(TASK)
    world.at("04:10", CLEAN_FAILS)
    world.at("04:12", COSTS_FAILS)
    world.at("04:20", CLEAN)
    assert len(pages(world)) == 1
    if restarts:
        world.restart()
    world.at("04:21", query.fails())
    world.at("04:30")

    assert pages(world) == []


def test_the_next_run_of_what_was_held_pages_its_own_owner_once(world: Scenario) -> None:
    again = run("finance/dag", "44444444-4444-4444-8444-444444444444")
    world.at("04:10", CLEAN_FAILS)
    world.at("04:12", COSTS_FAILS)
    world.at("04:20", CLEAN)
    world.at("04:30", DAG.fails("task_failure"))
    assert len(pages(world)) == 1
    world.at("05:12", OTHER.inside(again).fails("no such table: costs"))
    world.at("05:13", again.fails("task_failure"))
    world.at("05:14")

    assert [line.split()[-1] for line in pages(world)] == ["silver.costs"]


def test_a_job_that_fails_after_it_has_passed_fails_for_itself_whenever_it_began(
    world: Scenario,
) -> None:
    """Of two runs of one job at a time, the one that passes says nothing of the other."""
    world.at("04:10", CLEAN_FAILS)
    world.at("04:20")
    start, end = CLEAN.fails("no such column: cost").events(world.now, 70)
    world.append(start)
    world.at("04:25", CLEAN)
    world.at("04:30")
    world.heard()
    world.append(CLEAN.fails("no such column: cost").events(world.now, 70)[1])
    world.settle()
    assert start != end

    assert [line.split()[-1] for line in pages(world)] == ["silver.repairs"]
