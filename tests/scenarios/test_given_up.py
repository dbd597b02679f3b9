"""What fails by a defect, of ours or of a plugin's: it is tried, given up, and told otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from hub.domain.errors import HubError, InvalidInput, PluginFailed, Unreachable
from hub.flow.route import Deliverer
from hub.flow.route.deliver import MAX_ATTEMPTS
from hub.spi.notifier import Notification
from hub.store.opening import Store
from hub.store.tables import incident_entry
from hub.testing.scenario import Mailbox, Scenario, run
from tests.scenarios.conftest import MESH

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
FAILS = CLEAN.fails("syntax error")
TOLD = "04:10 triggered fleet-pager LOGIC silver.repairs"
# Neither JSON nor every store can keep all of it.
STRANGE = "a\0b\ud800c"


@pytest.fixture
def world(store: Store) -> Scenario:
    return Scenario(store, MESH, start="2026-11-23 04:00")


def raising(error: BaseException, receiver: str = "fleet-pager") -> Callable[[Notification], None]:
    def fail(sent: Notification) -> None:
        if sent.receiver == receiver:
            raise error

    return fail


def nothing(_sent: Notification) -> None:
    """Let it pass."""


def failures(world: Scenario) -> list[str]:
    columns = incident_entry.c
    statement = select(columns.message).where(columns.kind == "failed")
    with world.store.database.read() as connection:
        return list(connection.scalars(statement))


def given_up(cause: str) -> float:
    labels = {"receiver": "fleet-pager", "cause": cause}
    return REGISTRY.get_sample_value("hub_notifications_failed_total", labels) or 0.0


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        (ZeroDivisionError("by zero"), "defect", "a defect of the hub: ZeroDivisionError: by zero"),
        (PluginFailed("pigeon", "send raised KeyError"), "plugin", "plugin pigeon: send raised"),
        (Unreachable("nobody answers"), "unreachable", "nobody answers"),
        (InvalidInput("unknown channel"), "refused", "unknown channel"),
    ],
)
def test_what_cannot_be_sent_is_given_up_with_its_reason_and_the_fallback_is_told(
    world: Scenario, error: Exception, cause: str, said: str
) -> None:
    before = given_up(cause)
    world.mailbox.before_taking = raising(error)
    world.at("04:10", FAILS)
    world.at("04:30")

    assert world.heard() == [TOLD.replace("fleet-pager", "platform-pager")]
    [message] = failures(world)
    assert message.startswith(f"fleet-pager could not be told: {said}")
    assert given_up(cause) == before + 1


def test_a_defect_that_goes_away_costs_an_attempt_and_says_that_it_may_have_sent(
    world: Scenario,
) -> None:
    world.mailbox.before_taking = raising(ZeroDivisionError())
    world.at("04:10", FAILS)
    world.mailbox.before_taking = nothing
    world.at("04:11")

    assert world.heard() == [f"{TOLD} repeat"]


def test_what_fails_before_it_is_sent_is_no_repeat_when_it_is(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", FAILS)
    is_broken = iter([True, False])

    def notifier(_receiver: object) -> Mailbox:
        if next(is_broken):
            raise PluginFailed("pigeon", "make gave no answer")
        return world.mailbox

    deliverer = Deliverer(world.store, lambda: MESH, clock=world.clock, notifier=notifier)
    assert deliverer.step()
    world.now += 1_000_000
    assert deliverer.step()

    assert world.heard() == [TOLD]


def test_one_attempt_that_may_have_arrived_is_not_forgotten_for_those_after_it(
    world: Scenario,
) -> None:
    doubtful, sure = Unreachable("no answer in time"), Unreachable("nobody listens")
    doubtful.may_have_arrived = True
    world.mailbox.before_taking = raising(doubtful)
    world.at("04:10", FAILS)
    world.mailbox.before_taking = raising(sure)
    world.at("04:10:02")
    world.mailbox.before_taking = nothing
    world.at("04:12")

    assert world.heard() == [f"{TOLD} repeat"]


def test_a_page_that_cannot_be_completed_leaves_as_it_was_planned(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", FAILS)

    def complete(_planned: object) -> dict[str, Any]:
        raise ZeroDivisionError

    deliverer = Deliverer(
        world.store,
        lambda: MESH,
        clock=world.clock,
        notifier=lambda _receiver: world.mailbox,
        complete=complete,
    )
    assert deliverer.step()

    [sent] = world.mailbox.notifications
    assert (sent.body["class"], sent.body["links"], sent.is_repeat) == ("LOGIC", {}, False)


class Cut(BaseException):
    """The process ends here."""


def test_what_ends_the_process_each_time_that_it_is_sent_is_given_up_too(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", FAILS)
    world.mailbox.before_answer = raising(Cut())
    for _time in range(MAX_ATTEMPTS):
        deliverer = one_that_starts_later(world)
        with pytest.raises(Cut):
            deliverer.step()
    assert one_that_starts_later(world).step()
    world.delivers = True
    world.settle()

    assert failures(world) == ["fleet-pager could not be told: each of 8 attempts was cut off"]
    assert world.heard()[MAX_ATTEMPTS:] == [TOLD.replace("fleet-pager", "platform-pager")]


def one_that_starts_later(world: Scenario) -> Deliverer:
    world.now += 60_000_000
    return Deliverer(
        world.store, lambda: MESH, clock=world.clock, notifier=lambda _receiver: world.mailbox
    )


@pytest.mark.parametrize("receipt", [STRANGE, "a\0b", "x" * 10_000, 7, b"bytes", ["a"]])
def test_a_receipt_that_cannot_be_kept_costs_nobody_the_page_or_its_end(
    world: Scenario, receipt: str
) -> None:
    world.mailbox.receipt_of = lambda _sent: receipt
    world.at("04:10", FAILS)
    world.at("04:20", CLEAN)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]
    assert [each.earlier for each in world.mailbox.notifications] == [None, None]


@pytest.mark.parametrize("kind", [Unreachable, InvalidInput])
def test_a_failure_in_words_that_cannot_be_kept_is_one_like_others(
    world: Scenario, kind: type[HubError]
) -> None:
    world.mailbox.before_taking = raising(kind(f"it said {STRANGE}"))
    world.at("04:10", FAILS)
    world.at("04:30")

    assert world.heard() == [TOLD.replace("fleet-pager", "platform-pager")]
    assert failures(world) == ["fleet-pager could not be told: it said a b c"]


def test_who_answers_too_late_each_time_is_told_of_the_end_all_the_same(world: Scenario) -> None:
    late = Unreachable("no answer in time")
    late.may_have_arrived = True
    world.mailbox.before_answer = raising(late)
    world.at("04:10", FAILS)
    world.at("04:30")
    assert len(world.heard()) == MAX_ATTEMPTS + 1
    world.mailbox.before_answer = nothing
    world.at("05:00", CLEAN)

    assert sorted(line.split()[1:3] for line in world.heard()) == [
        ["resolved", "fleet-pager"],
        ["resolved", "platform-pager"],
    ]


def test_who_was_down_for_all_of_it_is_not_told_of_the_end_alone(world: Scenario) -> None:
    world.mailbox.before_taking = lambda sent: (
        raising(Unreachable("down"))(sent) if sent.reason == "triggered" else None
    )
    world.at("04:10", FAILS)
    world.at("04:10:30", CLEAN)
    world.at("04:30")

    assert world.heard() == []
    assert failures(world) == [
        "fleet-pager could not be told: down",
        "fleet-pager could not be told: it has not heard that anything is broken",
    ]
