"""Sending: at least once, always under the same key; restarts and rebuilds send nothing again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, select

from hub.domain.catalog import Catalog, Owner, OwnerKind, Route
from hub.domain.commands import AcknowledgeIncident, ReassignIncident
from hub.domain.errors import InvalidInput, Unreachable
from hub.flow.route import Deliverer
from hub.spi.notifier import Notification
from hub.store.opening import Store, open_store
from hub.store.tables import contract, incident, incident_entry, notification, signal, slo_state
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAY = run("finance/payments.load").writes("bronze.payments")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
TOLD = "04:10 triggered fleet-pager LOGIC silver.repairs"


class Crash(BaseException):
    """The process dies here."""


def crash(_notification: Notification) -> None:
    raise Crash


def unreachable(may_have_arrived: bool = False) -> Callable[[Notification], None]:
    def refuse(_notification: Notification) -> None:
        error = Unreachable("nobody answers")
        error.may_have_arrived = may_have_arrived
        raise error

    return refuse


def nothing(_notification: Notification) -> None:
    """Let it pass."""


def test_killed_between_sending_and_noting_it_sends_again_and_says_so(world: Scenario) -> None:
    world.mailbox.before_answer = crash
    with pytest.raises(Crash):
        world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_answer = nothing
    world.now += 1
    world.restart()
    world.restart()

    first, second = world.mailbox.notifications
    assert world.heard() == [TOLD, f"{TOLD} repeat"]
    assert (first.dedup_key, first.id) == (second.dedup_key, second.id)


def test_a_receipt_comes_back_with_what_is_told_next_of_the_incident(
    world: Scenario,
) -> None:
    world.mailbox.receipt_of = lambda told: f"message {told.body['incident']}"
    world.at("04:10", CLEAN.fails("syntax error"), PAY.fails("no such host: payments"))
    world.mailbox.receipt_of = lambda _told: None
    world.restart()
    world.at("04:20", CLEAN)
    world.at("04:30", PAY)

    sent = world.mailbox.notifications
    told = [(each.reason, each.body["incident"], each.earlier) for each in sent]
    first, second = (incident for reason, incident, _earlier in told if reason == "triggered")
    assert told == [
        ("triggered", first, None),
        ("triggered", second, None),
        ("resolved", first, f"message {first}"),
        ("resolved", second, f"message {second}"),
    ]


def test_killed_before_a_receipt_is_noted_there_is_none_to_come_back(world: Scenario) -> None:
    world.mailbox.receipt_of = lambda told: "repeat" if told.is_repeat else "first"
    world.mailbox.before_answer = crash
    with pytest.raises(Crash):
        world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_answer = nothing
    world.now += 1
    world.restart()
    world.at("04:20", CLEAN)

    assert [each.earlier for each in world.mailbox.notifications] == [None, None, "repeat"]


def test_killed_before_sending_it_sends_once_after_all(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", CLEAN.fails("syntax error"))
    world.delivers = True
    world.restart()

    assert world.heard() == [TOLD]


def test_one_is_sent_at_a_time_so_that_nobody_waits_for_more(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:30", PAY.fails("contract broken", origin="contract"))
    deliverer = Deliverer(
        world.store, lambda: MESH, clock=world.clock, notifier=lambda _receiver: world.mailbox
    )
    told = []
    while deliverer.step():
        told.append(world.heard())
    assert [len(each) for each in told] == [1, 1]


def test_a_restart_pages_nobody_again(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"), COSTS.fails("no such table: x"))
    world.heard()
    for hour in range(5, 7):
        world.restart()
        world.at(f"0{hour}:00")

    assert world.heard() == []


def test_after_a_restart_incidents_go_on_as_they_were(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.restart()
    world.at("04:15", COSTS.fails("no such table: x"))
    world.restart()
    world.at("04:20", CLEAN)

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_a_receiver_that_is_down_for_a_while_is_told_when_it_is_back(world: Scenario) -> None:
    world.mailbox.before_taking = unreachable()
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:10:10")
    world.mailbox.before_taking = nothing
    world.at("04:12")

    assert world.heard() == [TOLD]


def pressed(world: Scenario, attempts: list[int], seconds: int) -> Callable[[Notification], None]:
    begun_at = world.instant("04:10")

    def refuse(sent: Notification) -> None:
        if sent.receiver == "fleet-pager":
            attempts.append((world.now - begun_at) // 1_000_000)
            error = Unreachable("not now")
            error.retry_after_seconds = seconds
            raise error

    return refuse


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(world: Scenario) -> None:
    attempts: list[int] = []
    world.mailbox.before_taking = pressed(world, attempts, seconds=100)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:13:30")

    assert attempts == [0, 100, 200]
    assert world.heard() == []


@pytest.mark.parametrize("seconds", [300, 10**15])
def test_whatever_a_receiver_asks_its_fallback_is_told_within_minutes(
    world: Scenario, seconds: int
) -> None:
    attempts: list[int] = []
    world.mailbox.before_taking = pressed(world, attempts, seconds)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:14")

    assert attempts == [0, 240]
    assert world.heard() == ["04:10 triggered platform-pager LOGIC silver.repairs"]


def test_of_many_pages_to_a_receiver_that_hangs_each_is_told_otherwise_within_minutes(
    another: Callable[..., Scenario],
) -> None:
    told_at: list[int] = []

    def hang(sent: Notification) -> None:
        if sent.receiver == "platform-pager":
            world.now += 20_000_000
            raise Unreachable("no answer in time")
        told_at.append(world.now)

    world = another(with_fallbacks(platform_pager="tickets"))
    world.delivers = False
    for hour in range(4, 13):
        fails = run(f"fleet/job{hour}").fails("disk full", origin="platform")
        world.at(f"{hour:02}:10", fails)
    world.mailbox.before_taking = hang
    world.delivers = True
    begun_at = world.now
    world.restart()
    world.pass_until(begun_at + 480_000_000)

    assert len(told_at) >= 9
    assert max(told_at) <= begun_at + 480_000_000


def test_a_page_that_waited_while_the_hub_was_away_has_its_full_patience(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", CLEAN.fails("syntax error"))
    world.now = world.instant("05:00")
    world.mailbox.before_taking = unreachable()
    world.delivers = True
    world.restart()
    world.at("05:01")
    world.mailbox.before_taking = nothing
    world.at("05:02:10")

    assert world.heard() == [TOLD]


def test_the_end_of_an_incident_is_told_to_a_receiver_that_is_down_for_half_an_hour(
    world: Scenario,
) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = unreachable()
    world.at("04:20", CLEAN)
    world.at("04:50")
    world.mailbox.before_taking = nothing
    world.at("04:51:05")

    assert world.heard() == [TOLD, "04:20 resolved fleet-pager LOGIC silver.repairs"]


def test_what_was_acknowledged_keeps_no_later_page_from_the_fallback(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    with world.store.database.read() as connection:
        [key] = connection.scalars(select(incident.c.id))
    world.mailbox.before_taking = down("fleet-pager")
    world.submit(AcknowledgeIncident(incident=key))
    world.at("04:15")
    world.submit(ReassignIncident(incident=key, owner="finance"))
    world.submit(ReassignIncident(incident=key, owner="fleet"))
    world.at("04:21")

    assert "04:10 triggered platform-pager LOGIC silver.repairs" in world.heard()


def test_the_end_is_told_otherwise_once_a_receiver_has_been_down_for_an_hour(
    world: Scenario,
) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = down("fleet-pager")
    world.at("04:20", CLEAN)
    world.at("05:15")
    assert world.heard() == [TOLD]
    world.at("05:25")

    assert world.heard() == ["04:20 resolved platform-pager LOGIC silver.repairs"]


def test_a_repeat_after_silence_says_that_it_may_be_one(world: Scenario) -> None:
    world.mailbox.before_taking = unreachable(may_have_arrived=True)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = nothing
    world.at("04:11")

    assert world.heard() == [f"{TOLD} repeat"]


def test_the_end_of_an_incident_does_not_overtake_its_beginning(store: Store) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")

    world.mailbox.before_taking = pressed(world, [], seconds=200)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = nothing
    world.at("04:12", CLEAN)
    assert world.heard() == []

    world.at("04:15")
    assert world.heard() == [TOLD, "04:12 resolved fleet-pager LOGIC silver.repairs"]


def test_a_receiver_that_hangs_keeps_others_waiting_for_one_attempt_at_most(
    store: Store,
) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    world.delivers = False
    for minute in range(3):
        fails = run(f"fleet/job{minute}").fails("disk full", origin="platform")
        world.at(f"04:{10 + 15 * minute}", fails)
    world.at("04:50", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = down("platform-pager")
    deliverer = Deliverer(
        world.store, lambda: MESH, clock=world.clock, notifier=lambda _receiver: world.mailbox
    )
    deliverer.step()
    assert world.heard() == []
    deliverer.step()

    assert [line.split()[2] for line in world.heard()] == ["fleet-pager"]


def down(*receivers: str, error: type[Exception] = Unreachable) -> Callable[[Notification], None]:
    def refuse(sent: Notification) -> None:
        if sent.receiver in receivers:
            raise error("no")

    return refuse


@pytest.mark.parametrize("error", [Unreachable, InvalidInput])
def test_when_a_receiver_stays_down_the_platform_is_told_instead(
    world: Scenario, error: type[Exception]
) -> None:
    world.mailbox.before_taking = down("fleet-pager", error=error)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:30")

    assert world.heard() == ["04:10 triggered platform-pager LOGIC silver.repairs"]
    assert "fleet-pager cannot be reached" in world.mailbox.notifications[0].summary


def test_when_nobody_can_be_reached_the_hub_gives_up_and_has_noted_it(world: Scenario) -> None:
    world.mailbox.before_taking = down("fleet-pager", "platform-pager")
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("05:00")

    with world.store.database.read() as connection:
        states = connection.scalars(select(notification.c.state)).all()
    assert states == ["failed", "failed"]
    assert world.heard() == []


def test_a_receiver_that_is_not_declared_is_replaced_too(
    world: Scenario, another: Callable[..., Scenario]
) -> None:
    fleet = structs.replace(
        world.catalog.domains["fleet"], owner=Owner("fleet-data", OwnerKind.DOMAIN, "typo")
    )
    domains = {**world.catalog.domains, "fleet": fleet}
    other = another(structs.replace(world.catalog, domains=domains))
    other.at("04:10", CLEAN.fails("syntax error"))

    assert other.heard() == ["04:10 triggered platform-pager LOGIC silver.repairs"]


def with_fallbacks(**fallbacks: str) -> Catalog:
    receivers = {
        name: structs.replace(each, fallback=fallbacks.get(name.replace("-", "_")))
        for name, each in MESH.receivers.items()
    }
    return structs.replace(MESH, receivers=receivers)


def timeline(world: Scenario, kind: str) -> list[str]:
    with world.store.database.read() as connection:
        rows = connection.execute(select(incident_entry.c.kind, incident_entry.c.message))
        return [message for each, message in rows if each == kind]


def test_a_receiver_s_own_fallback_is_told_before_the_platform(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_fallbacks(fleet_pager="tickets"))
    world.mailbox.before_taking = down("fleet-pager", error=InvalidInput)
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("05:00", CLEAN.passes())

    assert world.heard() == [
        "04:10 triggered tickets LOGIC silver.repairs",
        "05:00 resolved tickets LOGIC silver.repairs",
    ]
    assert set(timeline(world, "instead")) == {"tickets is told instead of fleet-pager"}
    assert timeline(world, "failed") == ["fleet-pager could not be told: no"]


def test_where_the_fallback_is_down_too_its_own_is_told_and_each_only_once(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_fallbacks(fleet_pager="tickets", tickets="workshop-desk"))
    world.mailbox.before_taking = down("fleet-pager", "tickets", "workshop-desk")
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("06:00")

    assert world.heard() == ["04:10 triggered platform-pager LOGIC silver.repairs"]
    assert timeline(world, "instead") == [
        "tickets is told instead of fleet-pager",
        "workshop-desk is told instead of tickets",
        "platform-pager is told instead of workshop-desk",
    ]


def test_of_the_end_the_fallback_hears_where_the_receiver_has_gone(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_fallbacks(fleet_pager="tickets"))
    world.at("04:10", CLEAN.fails("syntax error"))
    world.mailbox.before_taking = down("fleet-pager", "tickets", error=InvalidInput)
    world.at("05:00", CLEAN.passes())

    assert world.heard() == [TOLD, "05:00 resolved platform-pager LOGIC silver.repairs"]
    over = world.mailbox.notifications[-1]
    assert over.summary.startswith("[tickets cannot be reached] [fleet-pager cannot be reached]")


def reached_through(receiver: str) -> Catalog:
    owner = Owner("fleet-data", OwnerKind.DOMAIN, receiver)
    fleet = structs.replace(MESH.domains["fleet"], owner=owner)
    return structs.replace(MESH, domains={**MESH.domains, "fleet": fleet})


def test_new_files_send_what_is_open_to_the_owner_s_new_receiver(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.catalog = reached_through("workshop-desk")
    world.at("04:20")

    assert world.heard() == [
        TOLD,
        "04:10 triggered workshop-desk LOGIC silver.repairs",
        "04:10 resolved fleet-pager LOGIC silver.repairs",
    ]
    assert timeline(world, "rerouted") == ["by the files as they are now: workshop-desk"]


def told_besides(*receivers: str) -> Catalog:
    besides = (Route(receiver=each, continues=True) for each in receivers)
    return structs.replace(MESH, route=Route(routes=(*besides, Route())))


def test_who_knows_hears_nothing_when_new_files_tell_others_too(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.catalog = told_besides("tickets")
    world.at("04:20")
    assert world.heard() == [TOLD, "04:10 triggered tickets LOGIC silver.repairs"]

    world.catalog = MESH
    world.at("04:30")
    assert world.heard() == ["04:20 resolved tickets LOGIC silver.repairs"]


def test_files_that_change_while_the_hub_is_down_count_when_it_is_back(world: Scenario) -> None:
    world.delivers = False
    world.at("04:10", CLEAN.fails("syntax error"))
    world.catalog = reached_through("workshop-desk")
    world.delivers = True
    world.restart()

    assert "04:10 triggered workshop-desk LOGIC silver.repairs" in world.heard()


def test_new_files_wake_nobody_for_what_somebody_sees_to(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    [told] = world.mailbox.notifications
    world.submit(AcknowledgeIncident(incident=told.body["incident"]))
    world.heard()
    world.catalog = reached_through("workshop-desk")
    world.at("04:20")

    assert world.heard() == []


def test_new_files_that_change_nothing_for_it_tell_nobody(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error"))
    world.catalog = structs.replace(MESH)
    world.at("04:20")

    assert world.heard() == [TOLD]


TABLES = (signal, incident, incident_entry, slo_state, contract)
CLAIMS = {"attempts", "claimed_at", "due_at", "last_error"}


def contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    found = {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in (*TABLES, notification)
    }
    for row in found["notification"]:
        for name in CLAIMS:
            row.pop(name)
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def test_a_rebuild_makes_the_same_incidents_and_sends_nothing(store: Store, tmp_path: Path) -> None:
    world = Scenario(store, MESH, start="2026-11-23 04:00")
    world.mailbox.receipt_of = lambda told: told.id
    world.at("04:10", CLEAN.fails("syntax error"))
    world.at("04:11", COSTS.fails("no such table: x"))
    world.at("04:20", CLEAN)
    world.at("2026-11-24 08:00", COSTS)
    with world.store.database.read() as connection:
        before = contents(connection)
        entries = world.store.journal.read(connection, after=0, limit=10_000)
    copied = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    copy = Scenario(copied, Catalog(), start="2026-11-25 00:00")
    copy.replay(entries)

    with copied.database.read() as connection:
        assert contents(connection) == before
    copied.close()
    assert before["incident"]
    assert copy.heard() == []
