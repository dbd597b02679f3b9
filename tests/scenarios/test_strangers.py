"""Jobs that write one dataset, and have nothing else to do with each other."""

from collections.abc import Callable

import pytest

from hub.domain.catalog import Catalog, Owner, OwnerKind, Receiver, Route
from hub.store import incident_book
from hub.testing.scenario import RunScript, Scenario, run

ESTATE = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "ops"),
    receivers={"ops": Receiver("ops", "mailbox")},
    route=Route(),
)
ONE = run("a/one").reads("raw.a").writes("mart.shared")
OTHER = run("b/other").reads("raw.b").writes("mart.shared")
BELOW = run("c/below").reads("mart.shared").writes("mart.below")
ONE_FAILS = ONE.fails("syntax error at or near 'slect'")
OTHER_FAILS = OTHER.fails("no such column: price")
BELOW_FAILS = BELOW.fails("KeyError: 'price'")
MINUTE = 60_000_000

Another = Callable[..., Scenario]


@pytest.fixture
def world(another: Another) -> Scenario:
    return another(ESTATE)


def told_in_order(world: Scenario, *told: tuple[RunScript, int], is_reversed: bool) -> None:
    """Tell of runs that ended so many minutes ago, one by one, in their order or in the other."""
    world.at("04:40")
    numbered = list(enumerate(told, start=70))
    for number, (script, ago) in reversed(numbered) if is_reversed else numbered:
        world.append(*script.events(world.now - ago * MINUTE, number))
        world.settle()


def open_roots(world: Scenario) -> list[str]:
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    jobs = (each.explanation.job or "" for each in book.incidents.values())
    return sorted(each.rpartition(":")[2] for each in jobs)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_two_jobs_that_only_write_one_dataset_fail_each_for_itself(
    world: Scenario, *, is_reversed: bool, restarts: bool
) -> None:
    told_in_order(world, (ONE_FAILS, 20), (OTHER_FAILS, 10), is_reversed=is_reversed)
    if restarts:
        world.restart()
    assert open_roots(world) == ["one", "other"]
    world.at("05:00", ONE)

    assert open_roots(world) == ["other"]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_reads_a_dataset_that_two_jobs_failed_to_write_belongs_to_both(
    world: Scenario, *, is_reversed: bool
) -> None:
    told = ((ONE_FAILS, 20), (OTHER_FAILS, 19), (BELOW_FAILS, 10))
    told_in_order(world, *told, is_reversed=is_reversed)

    assert open_roots(world) == ["one", "other"]
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    assert sorted(len(held.roles) for held in book.signals.values()) == [1, 1, 2]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_they_fail_together_where_both_say_the_same(world: Scenario, *, is_reversed: bool) -> None:
    again = OTHER.fails("syntax error at or near 'form'")
    told_in_order(world, (ONE_FAILS, 20), (again, 10), is_reversed=is_reversed)
    assert len(open_roots(world)) == 1
    world.at("05:00", ONE)
    assert len(open_roots(world)) == 1
    world.at("05:10", OTHER)

    assert open_roots(world) == []


@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_adds_to_a_dataset_reads_what_the_other_left_broken(
    world: Scenario, *, is_reversed: bool
) -> None:
    adds = OTHER.reads("mart.shared").fails("no such column: price")
    told_in_order(world, (ONE_FAILS, 20), (adds, 10), is_reversed=is_reversed)

    assert open_roots(world) == ["one"]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_job_that_reads_more_of_what_the_other_writes_fails_of_it(
    world: Scenario, *, is_reversed: bool
) -> None:
    both = ONE.writes("mart.names").fails("syntax error at or near 'slect'")
    needs = OTHER.reads("mart.names").fails("no such column: price")
    told_in_order(world, (both, 20), (needs, 10), is_reversed=is_reversed)

    assert open_roots(world) == ["one"]


def test_what_began_before_a_strangers_job_had_healed_is_not_held_by_it(world: Scenario) -> None:
    world.at("04:10", ONE_FAILS)
    world.at("04:20", ONE)
    world.heard()
    world.at("04:40")
    world.append(*OTHER_FAILS.events(world.now - 22 * MINUTE, 70))
    world.settle()

    assert open_roots(world) == ["other"]


def test_a_part_that_fails_within_the_next_run_of_its_whole_fails_of_the_same(
    world: Scenario,
) -> None:
    whole = run("a/dag").writes("mart.shared")
    tomorrow = run("a/dag", "33333333-3333-4333-8333-333333333333")
    query = run("a/dag.query", "22222222-2222-4222-8222-222222222222").inside(tomorrow)
    world.at("04:10", whole.fails("syntax error at or near 'slect'"))
    world.at("05:10", query.writes("mart.shared").fails("no such column: price"))

    assert open_roots(world) == ["dag"]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_only_the_other_job_reads_explains_nothing(
    world: Scenario, *, is_reversed: bool
) -> None:
    load = run("a/load").writes("raw.a")
    world.at("04:00", load, ONE, OTHER)
    told = ((load.fails("syntax error at or near 'slect'"), 20), (OTHER_FAILS, 10))
    told_in_order(world, *told, is_reversed=is_reversed)

    assert open_roots(world) == ["load", "other"]
