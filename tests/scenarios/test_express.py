"""Failures in a backlog: paged before it is projected, and in the end as if nothing had waited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import structs
from sqlalchemy import select

from hub.domain.commands import OK, ReassignIncident, entry_of
from hub.domain.deadletters import NewDeadLetter
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import (
    CommandAnswered,
    DeadLettersReplayed,
    Decision,
    IncidentOpened,
    NotificationPlanned,
    SignalRaised,
    decode_decision,
    encode_decision,
)
from hub.flow.backlog import PROJECT
from hub.flow.project import rebuild, verify
from hub.store import tracking
from hub.store.opening import Store, open_store
from hub.store.tables import command_outcome, dead_letter, incident, signal
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH, REPAIRS

if TYPE_CHECKING:
    from sqlalchemy import Connection

QUIET = structs.replace(MESH, products={"repairs": REPAIRS})
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAGE = "04:00 triggered fleet-pager LOGIC silver.repairs"
BAD = CLEAN.fails("syntax error")
MICROS = 1_000_000


def watched(store: Store) -> Scenario:
    """A mesh in which nothing is late, on a Monday at four in the morning."""
    return Scenario(store, QUIET, start="2026-11-23 04:00")


@pytest.fixture
def world(sqlite_store: Store) -> Scenario:
    return watched(sqlite_store)


class Teller:
    """Tells a hub of runs without letting its stages at them."""

    def __init__(self, world: Scenario) -> None:
        self.world = world
        self.runs = 0

    def tell(self, *scripts: RunScript, seconds_ago: int = 0) -> None:
        for script in scripts:
            self.runs += 1
            at = self.world.now - seconds_ago * MICROS
            self.world.append(*script.events(at, self.runs))

    def tell_of_others(self, count: int = 40) -> None:
        names = range(count)
        self.tell(*(run(f"other/job-{name}").writes(f"other.{name}") for name in names))

    def wait(self, seconds: float = 1) -> None:
        self.world.now += int(seconds * MICROS)


def projected(world: Scenario) -> int:
    with world.store.database.read() as connection:
        return tracking.position(connection, PROJECT)


def decided(world: Scenario) -> list[type[Decision]]:
    with world.store.database.read() as connection:
        entries = world.store.journal.read(connection, after=0, limit=100_000)
    found = [decode_decision(e.body) for e in entries if e.kind is EntryKind.DECISION]
    return [type(each) for each in found]


class Killed(BaseException):
    """The process is no more."""


@contextmanager
def killed_after(commits: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End whatever writes to a store just before a further commit."""
    write = store.database.write
    done = 0

    @contextmanager
    def until_killed() -> Iterator[Connection]:
        nonlocal done
        if done == commits:
            raise Killed
        with write() as connection:
            yield connection
        done += 1

    with monkeypatch.context() as patched:
        patched.setattr(store.database, "write", until_killed)
        try:
            yield
        except Killed:
            return
    pytest.fail(f"nothing was written after {commits} commits")


def test_a_failure_in_a_backlog_is_paged_before_the_backlog_is_projected(store: Store) -> None:
    world = watched(store)
    teller, reached = Teller(world), projected(world)
    teller.tell_of_others()
    teller.tell(BAD)
    teller.tell_of_others()
    teller.wait()

    world.hasten()

    assert world.heard() == [PAGE]
    assert projected(world) == reached

    world.settle()

    assert projected(world) > reached
    assert world.heard() == []
    assert decided(world).count(SignalRaised) == 1
    assert decided(world).count(NotificationPlanned) == 1
    assert verify(store) == []


def test_checks_that_fail_in_a_backlog_are_paged_ahead(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell_of_others()
    teller.tell(LOAD.checks("bronze.repairs", failed=["unique"]))
    teller.wait()

    world.hasten()

    assert len(world.heard()) == 1
    world.settle()
    assert world.heard() == []
    assert decided(world).count(SignalRaised) == 1


def test_what_is_projected_in_time_is_judged_with_all_that_is_known_around_it(
    world: Scenario,
) -> None:
    teller = Teller(world)
    teller.tell(BAD)
    teller.wait(0.2)

    world.hasten()

    assert decided(world) == []
    world.settle()
    assert world.heard() == [PAGE]


def test_a_failure_that_is_told_hours_later_waits_its_turn(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell(BAD, seconds_ago=3_600)
    teller.tell(CLEAN, seconds_ago=1_800)
    teller.wait()

    world.hasten()

    assert decided(world) == []


def test_a_page_that_overtakes_its_run_says_what_the_run_said(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell_of_others()
    teller.tell(CLEAN.fails('column "bicycle_id" does not exist; password=hunter2'))
    teller.wait()
    world.hasten()
    teller.wait(6)
    world.hasten()

    [page] = world.mailbox.notifications
    assert projected(world) == 0
    assert page.body["error"] == 'column "bicycle_id" does not exist; password=…'
    assert page.body["first_bad"] == page.body["run"]


def test_what_was_healed_by_a_later_pass_in_the_backlog_is_not_paged_again(
    world: Scenario,
) -> None:
    teller = Teller(world)
    teller.tell(run("other/dag").writes("other.all"))
    teller.tell(run("other/dag.task").writes("other.part").fails("no such table"), seconds_ago=5)
    teller.wait()

    world.hasten()
    world.settle()

    assert [each.reason for each in world.mailbox.notifications] == ["triggered", "resolved"]
    assert decided(world).count(SignalRaised) == 1


def test_what_commands_say_of_an_incident_goes_ahead_too(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell(BAD)
    world.settle()
    teller.tell_of_others()
    with world.store.database.read() as connection:
        [opened] = connection.scalars(select(incident.c.id)).all()
    for number, owner in enumerate(("platform", "finance")):
        command = ReassignIncident(
            client_key=str(number), actor="ada", incident=opened, owner=owner
        )
        world.store.journal.append([entry_of(command)], recorded_at=world.now)
    teller.wait()

    world.hasten()

    with world.store.database.read() as connection:
        assert connection.scalar(select(incident.c.owner_name)) == "finance-data"
    world.settle()
    assert decided(world).count(CommandAnswered) == 2
    assert verify(world.store) == []


def happen(teller: Teller) -> None:
    """A root and what follows from it, what heals, a check that fails after it passed, noise."""
    teller.tell_of_others()
    teller.tell(LOAD.fails("connection refused"), BAD)
    teller.tell(run("other/apart").writes("other.apart").fails("NameError: name 'x'"))
    teller.tell(run("other/checks").writes("other.rows").checks("other.rows", passed=["any"]))
    teller.wait(0.01)
    teller.tell(run("other/checks").writes("other.rows").checks("other.rows", failed=["any"]))
    teller.tell(run("other/healed").writes("other.healed").fails("out of memory"))
    teller.wait(0.01)
    teller.tell(run("other/healed").writes("other.healed"))
    teller.tell_of_others()


def state_of(world: Scenario) -> list[Any]:
    """What is open and what is over, by what it is about."""
    columns = incident.c.root, incident.c.failure_class, incident.c.state, incident.c.owner_name
    with world.store.database.read() as connection:
        open_signals = select(signal.c.subject, signal.c.kind).where(signal.c.cleared_at.is_(None))
        return [
            sorted(map(tuple, connection.execute(select(*columns)))),
            sorted(map(tuple, connection.execute(open_signals))),
        ]


def test_in_the_end_all_is_as_if_nothing_had_gone_ahead(world: Scenario, tmp_path: Path) -> None:
    slow = watched(open_store(f"sqlite:///{tmp_path}/slow.db"))
    for each, goes_ahead in ((world, True), (slow, False)):
        happen(Teller(each))
        each.now += MICROS
        if goes_ahead:
            each.hasten()
        each.settle()
        each.now += 3_600 * MICROS
        each.settle()

    assert len(state_of(slow)[0]) > 2
    assert state_of(world) == state_of(slow)
    assert verify(world.store) == []
    slow.store.close()


@pytest.mark.parametrize("commits", range(6))
def test_killed_at_any_commit_it_loses_nothing_and_pages_once(
    commits: int, world: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = Teller(world)
    teller.tell_of_others()
    teller.tell(BAD)
    teller.tell_of_others()
    teller.wait()

    with killed_after(commits, world.store, monkeypatch):
        world.hasten()
    world.restart()

    pages = world.mailbox.notifications
    assert {each.reason for each in pages} == {"triggered"}
    assert len({each.dedup_key for each in pages}) == 1
    assert [each.is_repeat for each in pages] in ([False], [False, True])
    assert decided(world).count(SignalRaised) == 1
    assert decided(world).count(NotificationPlanned) == 1
    assert verify(world.store) == []


def test_a_rebuild_in_a_backlog_changes_nothing(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell_of_others()
    teller.tell(BAD)
    teller.wait()
    world.hasten()

    rebuild(world.store)
    world.settle()

    assert world.heard() == [PAGE]
    assert decided(world).count(SignalRaised) == 1
    assert verify(world.store) == []


def refused(number: int) -> NewEntry:
    letter = NewDeadLetter(
        stage="contract",
        product="repairs",
        step="load",
        encoding="json",
        payload=b"%d" % number,
        rule="not-null",
        reasons=("id is missing",),
    )
    return NewEntry(EntryKind.DEAD_LETTER, msgspec.json.encode(letter))


def test_dead_letters_in_a_backlog_are_given_to_the_incident_that_they_belong_to(
    world: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = Teller(world)
    world.store.journal.append([refused(1)], recorded_at=world.now)
    # Projected and judged, but not yet decided on.
    with killed_after(2, world.store, monkeypatch):
        world.settle()
    world.store.journal.append([refused(2)], recorded_at=world.now)
    teller.tell_of_others()
    teller.wait()

    world.hasten()
    assert IncidentOpened in decided(world)
    world.settle()

    with world.store.database.read() as connection:
        given = connection.scalars(select(dead_letter.c.incident_id)).all()
    assert len(given) == 2
    assert None not in given
    assert verify(world.store) == []


def test_an_answer_about_dead_letters_does_not_overtake_what_came_of_them(world: Scenario) -> None:
    teller = Teller(world)
    teller.tell_of_others()
    teller.tell(BAD)
    for decision in (
        DeadLettersReplayed(at=world.now, outcomes=()),
        CommandAnswered(at=world.now, position=1, code=OK),
    ):
        entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
        world.store.journal.append([entry], recorded_at=world.now)
    teller.wait()

    def answers() -> int:
        with world.store.database.read() as connection:
            return len(connection.execute(select(command_outcome)).all())

    world.hasten()
    assert answers() == 0
    world.settle()
    assert answers() == 1
