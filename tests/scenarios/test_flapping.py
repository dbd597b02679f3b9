"""What fails and passes by turns is one incident, held open until it has settled."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Route
from hub.domain.commands import AcknowledgeIncident, ResolveIncident
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Inhibition
from hub.domain.incidents.incident import Incident
from hub.store import incident_book
from hub.store.opening import Store
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
LATE = "00000000-0000-4000-8000-00000000aaaa"
FAILS = CLEAN.fails("syntax error at or near")
Make = Callable[..., Scenario]


@pytest.fixture
def world(another: Make) -> Scenario:
    return another(MESH)


def turn(world: Scenario, *times: str) -> None:
    """Fail at the first of the times, pass at the second, and so on."""
    for number, when in enumerate(times):
        world.at(when, CLEAN if number % 2 else FAILS)


def reasons(world: Scenario) -> list[str]:
    return [" ".join(line.split()[:2]) for line in world.heard()]


def the_open_one(world: Scenario) -> Incident:
    with world.store.database.read() as connection:
        [incident] = incident_book.load_book(connection, now=world.now).incidents.values()
    return incident


def settling(world: Scenario) -> Scenario:
    """Let it fail and pass for the third time: it has settled forty minutes later, at 05:30."""
    turn(world, "04:00", "04:10", "04:20", "04:30", "04:40", "04:50")
    assert reasons(world)[-1] == "04:40 triggered"
    return world


def test_what_passes_for_the_third_time_within_a_day_is_held_open(world: Scenario) -> None:
    settling(world)
    world.at("05:29")
    assert reasons(world) == []
    world.at("05:30")
    assert reasons(world) == ["05:30 resolved"]


def test_however_often_it_fails_again_nobody_is_told_again(world: Scenario) -> None:
    settling(world)
    turn(world, "05:00", "05:10", "05:20", "05:30", "05:40", "05:50")
    world.at("06:29")
    assert reasons(world) == []
    world.at("06:30")
    assert reasons(world) == ["06:30 resolved"]


def test_it_settles_for_twice_as_long_as_its_longest_turn(world: Scenario) -> None:
    turn(world, "05:00", "05:10", "06:00", "06:40", "06:50", "07:00")
    world.at("09:59")
    assert reasons(world)[-1] == "06:50 triggered"
    world.at("10:00")
    assert reasons(world) == ["10:00 resolved"]


def test_what_fails_once_a_day_does_not_flap(world: Scenario) -> None:
    for day in range(24, 29):
        turn(world, f"2026-11-{day} 04:00", f"2026-11-{day} 05:00")

    assert [line.split()[1] for line in reasons(world)] == ["triggered", "resolved"] * 5


def test_it_is_known_to_flap_after_a_restart(world: Scenario) -> None:
    settling(world)
    world.restart()
    turn(world, "05:00", "05:10")
    world.restart()
    world.at("05:49")
    assert reasons(world) == []
    world.at("05:50")
    assert reasons(world) == ["05:50 resolved"]


def test_it_recovered_when_it_passed_last_and_is_over_when_it_has_settled(world: Scenario) -> None:
    settling(world)
    flapping = the_open_one(world).flapping
    world.at("06:00")
    with world.store.database.read() as connection:
        last = list(incident_book.load_book(connection, now=world.now).healed.values())[-1]

    assert flapping is not None
    assert flapping.turns == 3
    assert last.incident.healed_at == flapping.passed_at
    assert last.incident.resolved_at == flapping.settles_at


def test_while_it_passes_nobody_is_told_again_that_it_is_broken(another: Make) -> None:
    world = another(structs.replace(MESH, route=Route(repeat_seconds=300)))
    turn(world, "04:00", "04:10", "04:20", "04:30", "04:40", "04:50")
    world.heard()
    world.at("05:25")
    assert reasons(world) == []
    world.at("05:26", FAILS)
    assert reasons(world) == ["04:40 repeated"]


def test_another_failure_of_what_flaps_is_an_incident_of_its_own(world: Scenario) -> None:
    settling(world)
    world.at("05:00", CLEAN.fails("could not translate host name"))

    assert [line.split()[1:4] for line in world.heard()] == [
        ["triggered", "platform-pager", "INFRA_NETWORK"]
    ]


def test_what_is_made_from_it_is_held_as_if_it_were_over(world: Scenario) -> None:
    late = run("finance/earnings.costs", LATE).reads("silver.repairs").writes("silver.costs")
    turn(world, "04:00", "04:10", "04:20", "04:30", "04:40")
    world.at("04:45")
    world.append(late.events(world.now, 99)[0])
    world.at("04:50", CLEAN)
    world.heard()
    world.at("04:51", late.fails("no rows"))
    assert reasons(world) == []
    world.at("05:00", COSTS.fails("no rows"))
    assert [line.split()[1] for line in world.heard()] == ["triggered"]


def test_whoever_sees_to_it_may_end_it(world: Scenario) -> None:
    settling(world)
    key = the_open_one(world).id
    world.submit(AcknowledgeIncident(incident=key, actor="ada"))
    world.submit(ResolveIncident(incident=key, actor="ada"))
    world.at("06:00")

    assert reasons(world) == ["04:50 acknowledged", "04:50 resolved"]


def test_while_it_passes_it_inhibits_nobody(another: Make) -> None:
    rule = Inhibition(
        name="fleet-first",
        source=(parse_matcher("domain=fleet"),),
        target=(parse_matcher("domain=finance"),),
    )
    pay = run("finance/payments.load").writes("bronze.payments")
    world = another(structs.replace(MESH, inhibitions=(rule,)))
    turn(world, "04:00", "04:10", "04:20", "04:30", "04:40")
    world.at("04:45", pay.fails("contract broken", origin="contract"))
    world.heard()
    world.at("04:50", CLEAN)
    assert [line.split()[1:3] for line in world.heard()] == [["triggered", "finance-pager"]]
    world.at("04:51", pay)
    world.heard()
    world.at("04:52", pay.fails("contract broken", origin="contract"))
    assert [line.split()[1:3] for line in world.heard()] == [["triggered", "finance-pager"]]


def ran(number: int, *, at: str, fails: bool, world: Scenario) -> list[bytes]:
    script = structs.replace(FAILS if fails else CLEAN, run_id=LATE[:-4] + f"{number:04d}")
    return script.events(world.instant(at), number)


TURNS = ("04:00", "04:10", "04:20", "04:30", "04:40", "04:50")


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    "told",
    [(1, 0, 2, 3, 4, 5), (0, 2, 1, 3, 4, 5), (0, 1, 3, 2, 4, 5), (0, 1, 2, 3, 5, 4)],
    ids=["the first failure", "the first pass", "the second failure", "the third failure"],
)
def test_turns_count_by_when_they_were_whenever_they_are_told(
    store: Store, told: tuple[int, ...], *, restarts: bool
) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    for turns, number in enumerate(told):
        world.pass_until(world.instant(TURNS[max(told[: turns + 1])]))
        world.append(*ran(number, at=TURNS[number], fails=number % 2 == 0, world=world))
        world.settle()
        if restarts:
            world.restart()
    world.heard()

    flapping = the_open_one(world).flapping
    assert flapping is not None
    assert (flapping.turns, flapping.settles_at) == (3, world.instant("05:30"))
    world.at("05:31")
    assert len(reasons(world)) <= 1


def test_of_a_failure_that_is_told_after_the_pass_nobody_is_told_however_often(
    another: Make,
) -> None:
    world = another(structs.replace(MESH, route=Route(wait_seconds=0)))
    world.at("04:30", CLEAN)
    late = ran(7, at="04:20", fails=True, world=world)
    for _ in range(2):
        world.append(*late)
        world.settle()
        world.restart()
    world.append(*late, *late)
    world.settle()
    world.at("06:00")

    assert reasons(world) == []
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    assert not book.incidents
    assert [over.incident.healed_at for over in book.healed.values()] == [world.instant("04:30")]
