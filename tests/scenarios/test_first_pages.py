"""Who has not been told that something broke is not told that it is over, or seen to, either."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Route
from hub.domain.commands import AcknowledgeIncident, ResolveIncident
from hub.store import incident_book
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
LOAD = run("fleet/repairs.load").writes("bronze.repairs")


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    """The mesh, where a first page waits for five minutes."""
    return another(structs.replace(MESH, route=Route(wait_seconds=300)))


def only(world: Scenario) -> str:
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    return key


def test_acknowledged_before_its_first_page_it_tells_nobody_of_its_end(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.submit(AcknowledgeIncident(incident=only(world), actor="ada"))
    world.at("04:20", CLEAN)

    assert world.heard() == []


def test_resolved_by_hand_before_its_first_page_it_tells_nobody(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.submit(ResolveIncident(incident=only(world), actor="ada"))
    world.at("04:30")

    assert world.heard() == []


def test_healed_before_its_first_page_it_tells_nobody(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:12", CLEAN)
    world.at("04:30")

    assert world.heard() == []


def test_acknowledged_unpaged_and_handed_over_only_the_new_owner_is_told(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.submit(AcknowledgeIncident(incident=only(world), actor="ada"))
    world.at("04:10:01", LOAD.fails("HTTP 503 from the source", source="workshop"))
    world.at("04:30")
    assert world.heard() == ["04:10 triggered workshop-desk SOURCE_UNAVAILABLE bronze.repairs"]
    world.at("04:40", LOAD)
    assert world.heard() == ["04:40 resolved workshop-desk SOURCE_UNAVAILABLE bronze.repairs"]


def test_after_a_restart_it_is_still_known_who_was_told(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:20")
    world.restart()
    world.at("04:30", CLEAN)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]
