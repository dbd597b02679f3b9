"""What fails in a declared backfill waits for working hours; what serves today does not."""

from collections.abc import Callable

import pytest

from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import daily
from tests.scenarios.test_clocks import BACKFILLS, marked, with_slos
from tests.scenarios.test_heals import MESH as UNWATCHED
from tests.scenarios.test_heals import open_roots, tell

World = Callable[..., Scenario]
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CHECKED = LOAD.checks("bronze.repairs", failed=["no_nulls"])
SOUND = LOAD.checks("bronze.repairs", passed=["no_nulls"])
TICKET = "04:10 triggered tickets DATA_QUALITY bronze.repairs ticket"


def past(script: RunScript) -> RunScript:
    return marked(script, hub_backfill={})


@pytest.mark.parametrize("facets", BACKFILLS.values(), ids=BACKFILLS.keys())
def test_a_check_that_fails_in_a_backfill_wakes_nobody_and_is_told_as_that(
    world: Scenario, facets: dict[str, object]
) -> None:
    world.at("04:10", marked(CHECKED, **facets))

    assert world.heard() == [TICKET]
    [told] = world.mailbox.notifications
    assert "(in a backfill)" in told.summary


def test_a_check_in_a_run_inside_a_backfill_is_part_of_it(world: Scenario) -> None:
    whole = run("fleet/repairs", "018f0000-0000-7000-8000-00000000000a")
    world.append(*past(whole).events(world.now, 1))
    world.at("04:10", CHECKED.inside(whole))

    assert world.heard() == [TICKET]


def test_ninety_partitions_whose_checks_fail_make_one_ticket(world: Scenario) -> None:
    for minute in range(30):
        at = f"04:{10 + minute}"
        world.at(at, past(CHECKED), past(CHECKED), past(CHECKED))
        if minute == 10:
            world.restart()

    assert world.heard() == [TICKET]


def test_a_run_that_fails_in_a_backfill_wakes_nobody(world: Scenario) -> None:
    world.at("04:10", past(LOAD.fails("No space left on device")))

    assert world.heard() == ["04:10 triggered tickets INFRA_CAPACITY bronze.repairs ticket"]


def of_day(script: RunScript, day: int) -> RunScript:
    """Let a run say for which day of August it computes."""
    return marked(script, nominalTime={"nominalStartTime": f"2026-08-{day:02}T00:00:00Z"})


def each_on_its_own(day: int) -> RunScript:
    return of_day(past(LOAD), day)


def each_in_a_run_of_its_day(day: int) -> RunScript:
    whole = run("fleet/repairs", f"018f0000-0000-7000-8000-0000000000{day:02}")
    return each_on_its_own(day).inside(whole)


PARTITIONS = pytest.mark.parametrize("partition", [each_on_its_own, each_in_a_run_of_its_day])


@PARTITIONS
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_partition_that_failed_in_a_backfill_is_over_when_it_passes_and_no_other_does(
    store: Store, partition: Callable[[int], RunScript], *, is_reversed: bool, restarts: bool
) -> None:
    world = Scenario(store, UNWATCHED, start="2026-11-23 04:10")
    told = [(partition(3).fails("KeyError: 'day'"), 9), (partition(4), 8)]
    tell(world, *(reversed(told) if is_reversed else told))
    if restarts:
        world.restart()
    world.at("05:00", partition(5))
    assert open_roots(world) == ["bronze.repairs"]
    world.at("05:10", of_day(LOAD, 3))

    assert open_roots(world) == []


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_partition_is_that_of_the_run_around_it_where_that_alone_says_so(
    another: World, *, is_reversed: bool
) -> None:
    world = another(UNWATCHED)
    wholes = [run("fleet/repairs", f"018f0000-0000-7000-8000-00000000000{day}") for day in (3, 4)]
    for day, whole in enumerate(wholes, 3):
        said = of_day(past(whole), day).events(world.now, day)[-1]
        world.append(said.replace(b'"COMPLETE"', b'"RUNNING"'))
    told = [(LOAD.inside(wholes[0]).fails("KeyError: 'day'"), 9), (LOAD.inside(wholes[1]), 8)]
    tell(world, *(reversed(told) if is_reversed else told))
    assert open_roots(world) == ["bronze.repairs"]
    world.at("05:10", of_day(LOAD, 3))

    assert open_roots(world) == []


@PARTITIONS
def test_partitions_of_a_backfill_that_fail_here_and_there_make_one_ticket(
    another: World, partition: Callable[[int], RunScript]
) -> None:
    world = another(UNWATCHED)
    for day in range(1, 31):
        tried = partition(day)
        world.at(f"04:{10 + day}", tried.fails("KeyError: 'day'") if day % 4 == 1 else tried)

    assert [line.split()[1:3] for line in world.heard()] == [["triggered", "tickets"]]


def test_a_run_that_names_no_partition_heals_those_of_a_backfill(another: World) -> None:
    world = another(UNWATCHED)
    world.at("04:10", each_on_its_own(3).fails("KeyError: 'day'"))
    world.at("05:00", LOAD)

    assert open_roots(world) == []


def test_a_partition_that_is_lost_in_a_backfill_is_told_of_though_others_pass(
    another: World,
) -> None:
    world = another(UNWATCHED)
    begins, ends = each_on_its_own(3).events(world.now, 7)
    world.append(begins, ends.replace(b'"COMPLETE"', b'"RUNNING"'))
    world.at("04:10", each_on_its_own(4))
    world.at("23:00")

    assert open_roots(world) == ["bronze.repairs"]


def test_a_run_that_is_lost_in_a_backfill_wakes_nobody(world: Scenario) -> None:
    _begins, ends = past(LOAD).events(world.now, 7)
    world.append(ends.replace(b'"COMPLETE"', b'"RUNNING"'))
    world.at("23:00")

    [_late, line] = world.heard()
    assert line == "10:00 triggered tickets INFRA_COMPUTE bronze.repairs ticket"


@pytest.mark.parametrize("restarts", [False, True])
def test_the_same_check_in_a_run_of_today_pages_though_a_ticket_tells_of_it(
    world: Scenario, *, restarts: bool
) -> None:
    world.at("04:10", past(CHECKED))
    if restarts:
        world.restart()
    world.at("04:20", CHECKED)
    world.at("04:30", CHECKED)
    world.at("04:40", SOUND)

    assert world.heard() == [
        TICKET,
        "04:20 triggered fleet-pager DATA_QUALITY bronze.repairs",
        "04:40 resolved tickets DATA_QUALITY bronze.repairs ticket",
        "04:40 resolved fleet-pager DATA_QUALITY bronze.repairs",
    ]


def test_what_fails_of_today_below_a_backfill_pages_its_own_owner(world: Scenario) -> None:
    world.at("04:10", past(CHECKED))
    below = run("finance/earnings.costs").reads("bronze.repairs").writes("silver.costs")
    world.at("04:20", past(below.fails("no such column: cost")))
    world.at("04:30", below.fails("no such column: cost"))

    assert world.heard() == [TICKET, "04:30 triggered finance-pager SCHEMA_CONTRACT silver.costs"]


@pytest.mark.parametrize(
    ("newest", "receiver"), [("24T05:00", "finance-pager"), ("22T05:00", "tickets")]
)
def test_a_check_on_what_makes_a_dataset_fresh_pages_though_a_backfill_brought_it(
    another: World, newest: str, receiver: str
) -> None:
    world = another(with_slos(daily("in-time", "payments", "bronze.payments")))
    load = run("finance/payments.load")
    world.at("05:30", load.writes("bronze.payments", rows=9, newest="2026-11-23T05:00:00Z"))
    brought = load.writes("bronze.payments", rows=9, newest=f"2026-11-{newest}:00Z")
    world.at("2026-11-24 05:30", past(brought.checks("bronze.payments", failed=["no_nulls"])))

    assert [line.split()[2] for line in world.heard()] == [receiver]
