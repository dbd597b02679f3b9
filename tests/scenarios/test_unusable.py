"""Events that cannot be used: a ticket for their producer, however many there are."""

import msgspec

from hub.domain.deadletters import ReplayOutcome
from hub.domain.incidents.decisions import DeadLettersReplayed
from hub.flow.project import verify
from hub.store.dead_letters import Chosen, find_letters
from hub.testing.scenario import Scenario


def send(world: Scenario, number: int, **rest: object) -> None:
    event = {
        "eventType": "START",
        "eventTime": "2026-11-23T04:00:00Z",
        "producer": f"https://example.org/{number}",
        "run": {"runId": ""},
        "job": {"namespace": "fleet", "name": "repairs.load"},
        "number": number,
    }
    world.append(msgspec.json.encode({**event, **rest}))


def test_a_flood_of_them_is_one_ticket_for_the_producers_domain(world: Scenario) -> None:
    for number in range(50):
        send(world, number)
    world.settle()
    send(world, 50)
    world.settle()

    assert world.heard() == ["04:00 triggered tickets SCHEMA_CONTRACT fleet ticket"]
    assert world.mailbox.notifications[0].body["owner"]["name"] == "fleet-data"


def test_the_platform_catches_those_that_name_no_producer(world: Scenario) -> None:
    world.append(b"{}", b"[]")
    world.settle()

    assert len(world.heard()) == 1
    assert world.mailbox.notifications[0].body["owner"]["name"] == "data-platform"


def test_however_many_producers_there_seem_to_be_their_number_is_bounded(world: Scenario) -> None:
    for number in range(40):
        send(world, number, job={"namespace": f"made-up-{number}", "name": "x"})
    world.settle()

    assert len(world.heard()) == 20


def test_the_ticket_is_over_when_none_of_them_waits(world: Scenario) -> None:
    send(world, 1)
    send(world, 2)
    world.settle()
    world.heard()
    with world.store.database.read() as connection:
        letters = [each.letter.id for each in find_letters(connection, Chosen())]
    outcomes = tuple(ReplayOutcome(letter=each, resolved=True) for each in letters)
    world.decide(DeadLettersReplayed(at=world.now, outcomes=outcomes[:1]))
    assert world.heard() == []
    world.decide(DeadLettersReplayed(at=world.now, outcomes=outcomes[1:]))

    assert world.heard() == ["04:00 resolved tickets SCHEMA_CONTRACT fleet ticket"]


def test_which_letters_belong_to_a_ticket_does_not_hang_on_what_is_projected_together(
    world: Scenario,
) -> None:
    for number in range(3):
        send(world, number)
        world.settle()
    with world.store.database.read() as connection:
        incidents = [each.incident for each in find_letters(connection, Chosen())]
    assert incidents[0]
    assert not verify(world.store)
