"""What people correct stays corrected: whose an incident is, and of which class."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Route
from hub.domain.commands import AcknowledgeIncident, Answer, ReassignIncident, ReclassifyIncident
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.incident import Incident
from hub.store import incident_book
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
FAILS = CLEAN.fails("syntax error at or near")
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def only(world: Scenario) -> Incident:
    with world.store.database.read() as connection:
        [found] = incident_book.load_book(connection, now=world.now).incidents.values()
    return found


def reassign(world: Scenario, owner: str) -> Answer:
    command = ReassignIncident(incident=only(world).id, owner=owner, actor="ada", reason="theirs")
    return world.submit(command)


def reclassify(world: Scenario, failure_class: FailureClass) -> Answer:
    command = ReclassifyIncident(incident=only(world).id, failure_class=failure_class, actor="ada")
    return world.submit(command)


def heard(world: Scenario) -> list[str]:
    return [" ".join(line.split()[1:4]) for line in world.heard()]


def test_whoever_is_handed_an_incident_is_told_and_the_others_hear_that_it_is_gone(
    world: Scenario,
) -> None:
    world.at("04:10", FAILS)
    world.heard()
    assert reassign(world, "finance").code == "OK"

    assert heard(world) == ["triggered finance-pager LOGIC", "resolved fleet-pager LOGIC"]
    assert world.mailbox.notifications[-1].body["handed_to"] == "finance-data"
    found = only(world)
    assert (found.owner.name, found.version) == ("finance-data", 2)
    assert found.explanation.path[0] == "ada hands it to finance-data: theirs"
    world.at("04:20", CLEAN)
    assert heard(world) == ["resolved finance-pager LOGIC"]


def test_what_was_handed_over_stays_so_whatever_comes_to_light(world: Scenario) -> None:
    world.at("04:10", FAILS)
    reassign(world, "finance")
    world.heard()
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))

    assert heard(world) == ["changed finance-pager SOURCE_UNAVAILABLE"]
    found = only(world)
    assert found.owner.name == "finance-data"
    assert "but ada hands it to finance-data: theirs" in found.explanation.path


def test_what_was_acknowledged_by_others_is_nobodys_yet_when_it_is_handed_over(
    world: Scenario,
) -> None:
    world.at("04:10", FAILS)
    world.submit(AcknowledgeIncident(incident=only(world).id, actor="bob"))
    reassign(world, "finance")

    assert only(world).state.value == "triggered"


def test_handed_over_before_its_first_page_only_the_new_owner_hears_of_it(
    another: Callable[..., Scenario],
) -> None:
    world = another(structs.replace(MESH, route=Route(wait_seconds=300)))
    world.at("04:10", FAILS)
    reassign(world, "finance")
    world.at("04:30", CLEAN)

    assert heard(world) == ["triggered finance-pager LOGIC", "resolved finance-pager LOGIC"]


def test_nothing_is_handed_to_a_team_that_nobody_declared(world: Scenario) -> None:
    world.at("04:10", FAILS)
    answer = reassign(world, "nobody-we-know")

    assert answer.code == "NOT_FOUND"
    assert only(world).version == 1


def test_an_incident_of_another_class_goes_to_whoever_mends_those(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.heard()
    assert reclassify(world, FailureClass.CONFIG).code == "OK"

    assert heard(world) == ["triggered platform-pager CONFIG", "resolved fleet-pager CONFIG"]
    found = only(world)
    verdict = found.explanation.verdict
    assert (verdict.rule, verdict.confidence) == ("operator", 1.0)
    assert verdict.evidence == "ada says that it is CONFIG"
    assert verdict.runner_up is not None
    assert verdict.runner_up.failure_class is FailureClass.LOGIC
    assert found.explanation.labels["class"] == "CONFIG"


def test_what_somebody_said_of_the_class_no_rule_overrules(world: Scenario) -> None:
    world.at("04:10", FAILS)
    reclassify(world, FailureClass.CONFIG)
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))

    assert only(world).failure_class is FailureClass.CONFIG


def test_corrections_outlive_a_restart(world: Scenario) -> None:
    world.at("04:10", FAILS)
    reassign(world, "finance")
    reclassify(world, FailureClass.CONFIG)
    world.restart()
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))

    found = only(world)
    assert (found.owner.name, found.failure_class) == ("finance-data", FailureClass.CONFIG)
