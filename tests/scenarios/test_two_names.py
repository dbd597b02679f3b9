"""What fails around a dataset of two names is one thing under either of them."""

from collections.abc import Callable

import pytest

from hub.domain.catalog import Catalog, Owner, OwnerKind, Receiver, Route
from hub.domain.commands import ApproveAlias
from hub.domain.incidents.incident import Incident
from hub.domain.names import NodeKind
from hub.store import incident_book
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import say

ESTATE = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "ops"),
    receivers={"ops": Receiver("ops", "mailbox")},
    route=Route(),
)
# Zulu is called alpha, too: the one sorts first, the other came first.
UNITE = ApproveAlias(
    actor="ana", kind=NodeKind.DATASET, first=("lake", "zulu"), second=("s3", "alpha")
)
MAKES = run("a/make").writes("zulu")
BELOW = run("a/below").reads("s3:alpha").writes("mart.below")

Another = Callable[..., Scenario]


@pytest.fixture
def world(another: Another) -> Scenario:
    return another(ESTATE)


def open_incidents(world: Scenario) -> list[Incident]:
    with world.store.database.read() as connection:
        return [*incident_book.load_book(connection, now=world.now).incidents.values()]


def names(found: tuple[str, ...]) -> list[str]:
    return [each.rpartition(":")[2] for each in found]


def test_what_is_made_from_a_broken_dataset_counts_once_by_whichever_names(
    world: Scenario,
) -> None:
    world.at("04:00", run("a/first").writes("raw"), MAKES.reads("raw"), BELOW)
    world.at("04:01", run("a/copy").reads("raw").writes("s3:alpha"))
    say(world, UNITE, restarts=False)
    world.at("04:10", run("a/first").writes("raw").fails("KeyError: 'a'"))

    [incident] = open_incidents(world)
    blast = incident.explanation.blast
    assert len(blast.datasets) == 2
    assert len(blast.held_back) == 3
    [page] = world.mailbox.notifications
    assert page.body["datasets_touched"] == 2
    assert page.body["held_back_count"] == 3


@pytest.mark.parametrize("restarts", [False, True])
def test_a_dataset_that_is_named_anew_while_it_is_broken_counts_once(
    world: Scenario, *, restarts: bool
) -> None:
    world.at("04:10", MAKES.fails("KeyError: 'a'"))
    say(world, UNITE, restarts=restarts)
    world.at("04:20", BELOW.fails("KeyError: 'b'"))
    world.at("04:30", run("a/again").reads("zulu").writes("s3:alpha").fails("KeyError: 'c'"))

    [incident] = open_incidents(world)
    assert sorted(names(incident.explanation.blast.held_back)) == ["mart.below", "zulu"]
    assert "mart.below" in names(incident.explanation.blast.datasets)
