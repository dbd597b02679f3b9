"""What people do about incidents: acknowledge, resolve, publish; and what a repeat of it does."""

from collections.abc import Callable

import pytest

from hub.domain.commands import AcknowledgeIncident, Answer, PublishContract, ResolveIncident
from hub.domain.errors import NotFound
from hub.store import incident_book
from hub.testing.scenario import Scenario, run

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")


@pytest.fixture
def incident(world: Scenario) -> str:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.heard()
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    return key


def state(world: Scenario, key: str) -> tuple[str, int]:
    with world.store.database.read() as connection:
        found = incident_book.find_incident(connection, key)
    assert found is not None
    return found.state.value, found.version


def acknowledge(world: Scenario, key: str, **rest: object) -> Answer:
    command = AcknowledgeIncident(incident=key, actor="ada", **rest)  # type: ignore[arg-type]  # any field
    return world.submit(command)


def test_an_acknowledged_incident_says_so_to_those_who_were_told(
    world: Scenario, incident: str
) -> None:
    answer = acknowledge(world, incident, expected_version=1)

    assert (answer.code, answer.subject) == ("OK", f"incident:{incident}")
    assert state(world, incident) == ("acknowledged", 2)
    assert world.heard() == ["04:10 acknowledged fleet-pager LOGIC silver.repairs"]


def test_an_acknowledged_incident_resolves_itself_all_the_same(
    world: Scenario, incident: str
) -> None:
    acknowledge(world, incident)
    world.at("04:20", CLEAN)

    assert state(world, incident) == ("resolved", 3)
    assert world.heard()[-1] == "04:20 resolved fleet-pager LOGIC silver.repairs"


def test_of_two_who_saw_the_same_version_one_loses(world: Scenario, incident: str) -> None:
    acknowledge(world, incident, expected_version=1)
    answer = world.submit(ResolveIncident(incident=incident, expected_version=1, actor="bob"))

    assert answer.code == "CONFLICT"
    assert "version 2, not 1" in str(answer.message)
    assert state(world, incident) == ("acknowledged", 2)


def test_a_repeated_client_key_gets_the_first_answer_and_changes_nothing(
    world: Scenario, incident: str
) -> None:
    first = acknowledge(world, incident, expected_version=1, client_key="k")
    again = acknowledge(world, incident, expected_version=1, client_key="k")

    assert again == first
    assert state(world, incident) == ("acknowledged", 2)


def test_what_somebody_resolved_stays_resolved_until_it_fails_again(
    world: Scenario, incident: str
) -> None:
    world.submit(ResolveIncident(incident=incident, actor="ada", reason="not worth it"))
    assert state(world, incident) == ("resolved", 2)
    world.heard()
    world.at("05:10", CLEAN.fails("syntax error at or near"))

    assert world.heard() == ["05:10 triggered fleet-pager LOGIC silver.repairs"]


def test_what_is_over_cannot_be_acknowledged(world: Scenario, incident: str) -> None:
    world.at("04:20", CLEAN)

    assert acknowledge(world, incident).code == "CONFLICT"


def test_there_is_nothing_to_do_about_an_incident_that_does_not_exist(world: Scenario) -> None:
    with pytest.raises(NotFound, match="INC-404"):
        acknowledge(world, "INC-404")


def published(text: str, **rest: object) -> PublishContract:
    return PublishContract(contract_id="rides", version="1.0.0", document=text, **rest)  # type: ignore[arg-type]  # any field


def test_a_version_of_a_contract_is_published_once(world: Scenario) -> None:
    first = world.submit(published("one"))
    again = world.submit(published("one"))
    other = world.submit(published("two"))

    assert (first.code, first.subject) == ("OK", "contract:rides:1.0.0")
    assert again == first
    assert other.code == "CONFLICT"


def test_the_answer_is_pending_while_nobody_works(
    another: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = another()
    monkeypatch.setattr("hub.flow.commands.WAIT_SECONDS", 0.1)
    monkeypatch.setattr(world, "settle", lambda: None)

    answer = world.submit(published("one"))

    assert answer.code == "PENDING"
    assert answer.position > 0
