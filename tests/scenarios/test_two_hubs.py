"""Two processes decide on one store: each thing once, and with what the other has decided."""

import pytest
from msgspec import structs

from hub.domain.catalog import Route
from hub.domain.entries import EntryKind
from hub.domain.incidents.decisions import (
    Decision,
    IncidentChanged,
    NotificationPlanned,
    SignalCleared,
    SignalRaised,
    decode_decision,
)
from hub.flow.turns import STAND_BY
from hub.store.opening import Store
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
FAILS = CLEAN.fails("syntax error")
# Without objectives, which would speak up in between.
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
    route=Route(wait_seconds=60),
)


@pytest.fixture
def hubs(store: Store) -> tuple[Scenario, Scenario]:
    one, other = (Scenario(store, MESH, start="2026-11-23 04:00") for _hub in range(2))
    return one, other


def decided(world: Scenario) -> list[type[Decision]]:
    with world.store.database.read() as connection:
        entries = world.store.journal.read(connection, after=0, limit=10_000)
    return [type(decode_decision(e.body)) for e in entries if e.kind is EntryKind.DECISION]


def test_what_one_process_has_judged_is_over_when_another_sees_it_pass(
    hubs: tuple[Scenario, Scenario],
) -> None:
    one, other = hubs
    one.at("04:10", FAILS)
    one.at("04:12")
    other.at("04:20", CLEAN)
    other.pass_until(other.now + STAND_BY)

    assert [line.split()[1] for line in one.heard()] == ["triggered"]
    assert [line.split()[1] for line in other.heard()] == ["resolved"]


def test_what_is_due_is_decided_by_one_of_two_processes_that_know_of_it(
    hubs: tuple[Scenario, Scenario],
) -> None:
    one, other = hubs
    one.at("04:10", FAILS)
    other.pass_until(one.now + STAND_BY)
    one.at("04:12")
    other.at("04:12")

    told = one.heard() + other.heard()
    assert [line.split()[1] for line in told] == ["triggered"]
    assert decided(one).count(NotificationPlanned) == 1
    assert decided(one).count(IncidentChanged) == 1


def test_of_two_processes_that_work_by_turns_each_knows_all(
    hubs: tuple[Scenario, Scenario],
) -> None:
    one, other = hubs
    for hour in range(5, 11):
        first, second = (one, other) if hour % 2 else (other, one)
        job = run(f"fleet/job{hour}").writes(f"silver.t{hour}")
        first.at(f"{hour:02}:10", job.fails("syntax error"))
        first.at(f"{hour:02}:12")
        second.pass_until(first.now)
        second.at(f"{hour:02}:20", job)
        second.pass_until(second.now + STAND_BY)
        first.pass_until(second.now)

    reasons = [line.split()[1] for line in one.heard() + other.heard()]
    assert decided(one).count(SignalRaised) == decided(one).count(SignalCleared) == 6
    assert reasons.count("triggered") == reasons.count("resolved") == 6


def test_while_another_process_decides_a_process_stands_by(
    hubs: tuple[Scenario, Scenario],
) -> None:
    one, other = hubs
    one.at("04:10", FAILS)
    other.now = one.now
    other.append(*CLEAN.events(other.now, 99))
    other.pass_until(other.now + STAND_BY - 1)
    assert decided(one).count(SignalCleared) == 0
    other.pass_until(other.now + 1)

    assert decided(one).count(SignalCleared) == 1
