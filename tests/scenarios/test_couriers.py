"""Couriers: receivers are served side by side, each in order, and by as many threads at most."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hub.domain.catalog import Receiver
from hub.domain.errors import InvalidInput, Unreachable
from hub.flow.project import rebuild, verify
from hub.flow.route import Couriers, Deliverer
from hub.flow.route.deliver import LEASE, SECOND
from hub.spi.notifier import Notification
from hub.store.opening import Store
from hub.testing.scenario import Mailbox, Scenario, run
from tests.scenarios.conftest import MESH

PATIENCE = 60
# Of a notifier, in the host.
LONGEST_CALL = 30 * SECOND
FLEET = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
FINANCE = run("finance/payments.load").writes("bronze.payments")
DISK = run("fleet/nightly").fails("disk full", origin="platform")


@pytest.fixture
def world(store: Store) -> Scenario:
    """The mesh, of which nothing is sent but by couriers."""
    made = Scenario(store, MESH, start="2026-11-23 04:00")
    made.delivers = False
    return made


def deliverer_of(world: Scenario, before_making: Callable[[], None] = lambda: None) -> Deliverer:
    def notifier(_receiver: Receiver) -> Mailbox:
        before_making()
        return world.mailbox

    return Deliverer(world.store, lambda: MESH, clock=world.clock, notifier=notifier)


class Errands:
    """Couriers of a hub, and what its stage does with them."""

    def __init__(self, world: Scenario, most: int) -> None:
        self.returns = threading.Semaphore(0)
        self.couriers = Couriers(deliverer_of(world), on_return=self.returns.release, most=most)

    def hand_over_all(self) -> int:
        """Hand over what can be, and return how much that was."""
        handed = 0
        while self.couriers.step():
            handed += 1
        return handed

    def wait_for_return(self) -> None:
        assert self.returns.acquire(timeout=PATIENCE)


@contextmanager
def errands(world: Scenario, most: int = 8) -> Iterator[Errands]:
    made = Errands(world, most)
    try:
        yield made
    finally:
        made.couriers.close()


def hanging(*receivers: str, until: threading.Event) -> Callable[[Notification], None]:
    """Have receivers hang until something has happened."""

    def hang(sent: Notification) -> None:
        if sent.receiver in receivers:
            assert until.wait(PATIENCE)

    return hang


def unreachable() -> None:
    raise Unreachable("nobody answers")


def receivers_of(world: Scenario) -> list[str]:
    return [each.receiver for each in world.mailbox.notifications]


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(world: Scenario) -> None:
    world.at("04:10", DISK)
    world.at("04:20", FLEET.fails("syntax error"))
    world.at("04:30")
    is_told = threading.Event()
    world.mailbox.before_taking = hanging("platform-pager", until=is_told)
    world.mailbox.before_answer = lambda sent: (
        is_told.set() if sent.receiver == "fleet-pager" else None
    )
    with errands(world) as sending:
        assert sending.hand_over_all() == 2

    assert receivers_of(world) == ["fleet-pager", "platform-pager"]


def test_a_receiver_is_told_one_thing_at_a_time(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20", run("fleet/other").writes("silver.other").fails("no such table: x"))
    world.at("04:30")
    goes_on = threading.Event()
    world.mailbox.before_taking = hanging("fleet-pager", until=goes_on)
    with errands(world) as sending:
        assert sending.hand_over_all() == 1
        goes_on.set()
        sending.wait_for_return()
        assert sending.hand_over_all() == 1

    assert [line.split()[:3] for line in world.heard()] == [
        ["04:10", "triggered", "fleet-pager"],
        ["04:20", "triggered", "fleet-pager"],
    ]


def test_the_end_of_an_incident_waits_until_its_beginning_is_noted(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    with errands(world) as sending:
        assert sending.hand_over_all() == 1
        sending.wait_for_return()
        world.at("04:30", FLEET)
        assert sending.hand_over_all() == 1

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_receivers_that_hang_leave_a_courier_to_those_that_answer(world: Scenario) -> None:
    world.at("04:10", DISK, FINANCE.fails("syntax error"))
    world.at("04:20")
    world.mailbox.before_taking = lambda _sent: unreachable()
    with errands(world) as sending:
        assert sending.hand_over_all() == 2
    world.at("04:30")
    goes_on = threading.Event()
    world.mailbox.before_taking = hanging("platform-pager", "finance-pager", until=goes_on)
    with errands(world, most=2) as sending:
        assert sending.hand_over_all() == 1, "another that may hang would take the last courier"
        world.at("04:31", FLEET.fails("syntax error"))
        world.at("04:40")
        assert sending.hand_over_all() == 1
        sending.wait_for_return()
        assert receivers_of(world) == ["fleet-pager"]
        goes_on.set()
        sending.wait_for_return()
        assert sending.hand_over_all() == 1


def test_no_more_are_served_at_once_than_there_are_couriers(world: Scenario) -> None:
    world.at("04:10", DISK, FLEET.fails("syntax error"), FINANCE.fails("syntax error"))
    world.at("04:20")
    goes_on = threading.Event()
    world.mailbox.before_taking = hanging(*MESH.receivers, until=goes_on)
    with errands(world, most=2) as sending:
        assert sending.hand_over_all() == 2
        goes_on.set()
        sending.wait_for_return()
        sending.wait_for_return()
        assert sending.hand_over_all() == 1

    assert set(receivers_of(world)) == {"platform-pager", "fleet-pager", "finance-pager"}


def test_whoever_ends_waits_for_what_is_being_sent(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    goes_on = threading.Event()
    world.mailbox.before_taking = hanging("fleet-pager", until=goes_on)
    with errands(world) as sending:
        assert sending.hand_over_all() == 1
        goes_on.set()

    assert receivers_of(world) == ["fleet-pager"]


def test_what_was_sent_before_a_restart_is_not_sent_again_though_nobody_has_projected_that(
    world: Scenario,
) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    with errands(world) as sending:
        assert sending.hand_over_all() == 1
    world.now += 1
    with errands(world) as sending:
        assert sending.hand_over_all() == 0
        world.settle()
        assert sending.hand_over_all() == 0


class Cut(BaseException):
    """The attempt ends here, and nothing can be noted of it."""


def cut(_sent: Notification) -> None:
    raise Cut


def test_what_is_no_receivers_fault_is_the_stages_failure_once(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"), FINANCE.fails("syntax error"))
    world.at("04:20")
    world.mailbox.before_taking = lambda sent: cut(sent) if sent.receiver == "fleet-pager" else None
    with errands(world) as sending:
        assert sending.couriers.step()
        sending.wait_for_return()
        with pytest.raises(Cut):
            sending.couriers.step()
        sending.hand_over_all()

    assert receivers_of(world) == ["finance-pager"]


def test_what_could_not_be_noted_is_sent_again_once_the_claim_has_run_out(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    world.mailbox.before_answer = cut
    with errands(world) as sending:
        assert sending.couriers.step()
        sending.wait_for_return()
        with pytest.raises(Cut):
            sending.couriers.step()
        world.mailbox.before_answer = lambda _sent: None
        world.now += LEASE
        assert sending.hand_over_all() == 0
        world.now += 1
        assert sending.hand_over_all() == 1

    first, again = world.mailbox.notifications
    assert (first.id, first.is_repeat) == (again.id, not again.is_repeat)


def test_of_two_processes_that_see_the_same_one_sends_it(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    processes = [deliverer_of(world) for _process in range(2)]
    seen = [each.next_waiting() for each in processes]
    for each, waiting in zip(processes, seen, strict=True):
        assert waiting is not None
        each.deliver(waiting)

    assert receivers_of(world) == ["fleet-pager"]


def test_no_process_takes_over_an_attempt_each_part_of_which_takes_all_its_time(
    world: Scenario,
) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    other, seen = deliverer_of(world), list[object]()

    def pass_time() -> None:
        world.now += LONGEST_CALL

    def hang(_sent: Notification) -> None:
        pass_time()
        seen.append(other.next_waiting())

    world.mailbox.before_taking = hang
    assert deliverer_of(world, before_making=pass_time).step()

    assert seen == [None]


def test_what_is_sent_is_not_sent_again_however_late_that_is_projected(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    assert deliverer_of(world).step()
    world.now += 3_600 * SECOND

    assert not deliverer_of(world).step()
    world.settle()
    assert not deliverer_of(world).step()


def test_what_is_given_up_is_not_tried_again_however_late_that_is_projected(
    world: Scenario,
) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    world.mailbox.before_taking = refused
    assert deliverer_of(world).step()
    world.now += 3_600 * SECOND

    assert not deliverer_of(world).step()


def refused(_sent: Notification) -> None:
    raise InvalidInput("no")


def test_whose_attempt_was_taken_over_sets_nothing_free(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"))
    world.at("04:20")
    one, other, third = (deliverer_of(world) for _process in range(3))
    seen: list[object] = []

    def fall_asleep(_sent: Notification) -> None:
        world.now += LEASE + 1
        world.mailbox.before_taking = hold_still
        other_sends.start()
        assert is_held.wait(PATIENCE)
        unreachable()

    def hold_still(_sent: Notification) -> None:
        is_held.set()
        assert goes_on.wait(PATIENCE)

    is_held, goes_on = threading.Event(), threading.Event()
    other_sends = threading.Thread(target=other.step)
    world.mailbox.before_taking = fall_asleep
    assert one.step()
    world.now += 10 * SECOND
    seen.append(third.next_waiting())
    goes_on.set()
    other_sends.join()

    assert seen == [None]
    assert receivers_of(world) == ["fleet-pager"]


def test_a_rebuild_keeps_what_the_deliverer_has_noted_of_its_attempts(world: Scenario) -> None:
    world.at("04:10", FLEET.fails("syntax error"), FINANCE.fails("syntax error"))
    world.at("04:20")
    world.mailbox.before_taking = lambda sent: pressed() if sent.receiver == "fleet-pager" else None
    sending = deliverer_of(world)
    assert sending.step()
    assert sending.step()
    assert receivers_of(world) == ["finance-pager"]
    world.settle()
    rebuild(world.store)

    assert verify(world.store) == []
    assert not sending.step()
    world.now += 300 * SECOND
    world.mailbox.before_taking = lambda _sent: None
    assert sending.step()
    world.settle()
    assert verify(world.store) == []


def pressed() -> None:
    error = Unreachable("not now")
    error.retry_after_seconds = 300
    raise error
