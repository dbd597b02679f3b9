"""Tasks of many parts: runs of one job inside one run, of which each speaks for itself."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.test_heals import MESH, open_roots, pages

DAYS = tuple(run("elsewhere/dag", f"1111111{day}-1111-4111-8111-111111111111") for day in range(3))
SECOND = 1_000_000


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def part(number: int, day: int = 0, attempt: int = 1) -> RunScript:
    """Return a run of one part of the task, on a day."""
    key = f"2222222{day}-2222-4222-8222-{attempt:04d}{number:08d}"
    return run("elsewhere/dag.load", key).writes("lake.all").inside(DAYS[day])


def counted(script: RunScript, number: int) -> RunScript:
    """Let a run say, as Airflow does, which part of a mapped task it is."""
    facet: dict[str, Any] = {"taskInstance": {"map_index": number, "try_number": 1}}
    return structs.replace(script, facets={**script.facets, "airflow": facet})


def told(world: Scenario, *scripts: tuple[RunScript, int, int]) -> None:
    """Tell of runs that began and ended so many seconds after the present, in this order."""
    now = world.now
    for script, begins, ends in scripts:
        start, end = script.events(now + ends * SECOND, 1)
        start = script.events(now + (begins + 1) * SECOND, 1)[0]
        world.append(start, end)
        world.settle()


FAILED = (part(3).fails("KeyError: 'id'"), 0, 5)
BESIDE = (part(4), 1, 9)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_part_that_passes_beside_one_that_failed_does_not_heal_it(
    store: Store, *, is_reversed: bool, restarts: bool
) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    told(world, *((BESIDE, FAILED) if is_reversed else (FAILED, BESIDE)))
    if restarts:
        world.restart()
    assert open_roots(world) == ["lake.all"]
    told(world, (part(3, attempt=2), 20, 30))

    assert open_roots(world) == []
    assert len(pages(world)) == 1


def test_parts_that_fail_are_one_incident_that_is_over_with_the_whole(world: Scenario) -> None:
    told(world, FAILED, BESIDE, (part(5).fails("KeyError: 'id'"), 1, 12))
    assert len(pages(world)) == 1
    world.at("05:00", DAYS[0].passes())

    assert open_roots(world) == []


def test_the_task_of_the_next_day_heals_it_where_its_parts_are_not_counted(
    world: Scenario,
) -> None:
    told(world, FAILED, BESIDE)
    world.at("2026-11-24 04:00")
    told(world, (part(4, day=1), 0, 5))

    assert open_roots(world) == []


def test_a_part_that_began_after_the_failure_of_another_does_not_heal_it_where_they_are_counted(
    world: Scenario,
) -> None:
    failed, begins, ends = FAILED
    told(world, (counted(failed, 3), begins, ends), (counted(part(4), 4), 7, 9))
    assert open_roots(world) == ["lake.all"]
    told(world, (counted(part(3, attempt=2), 3), 20, 30))

    assert open_roots(world) == []


def test_a_part_that_is_lost_is_told_of_though_others_pass_beside_it(world: Scenario) -> None:
    world.append(part(3).events(world.now, 1)[0])
    told(world, BESIDE)
    world.at("12:00")

    assert [line.split()[3] for line in pages(world)] == ["INFRA_COMPUTE"]
