"""Commands on dead letters: carried out once, one after the other, and answered whatever comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from hub.domain.catalog import Catalog, Domain, Owner, OwnerKind, Product, Step
from hub.domain.commands import Answer, DiscardDeadLetters, OnLetters, ReplayDeadLetters
from hub.domain.deadletters import NewDeadLetter, ReplayOutcome, entry_of
from hub.domain.errors import Unreachable
from hub.flow.commands import CommandPort
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project, project_all
from hub.flow.replay import Replays
from hub.store.dead_letters import Chosen, find_letters
from hub.store.opening import Store

STEP = Step(name="step", product="rides", writes="bronze.rides", lane="files")
CATALOG = Catalog(
    domains={"city": Domain("city", Owner("team", OwnerKind.DOMAIN))},
    products={"rides": Product(name="rides", domain="city", steps=(STEP,))},
)
LETTERS = [
    NewDeadLetter(
        stage="bronze",
        product="rides",
        step="step",
        encoding="json",
        payload=b"{}",
        rule="enum:depot",
        reasons=("west",),
        origin=str(number),
    )
    for number in range(3)
]


class Lake:
    """What runs steps here: it takes every record, once it is there."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_there = True
        self.has_a_defect = False

    @contextmanager
    def open(self) -> Iterator[Lake]:
        if not self.is_there:
            raise Unreachable("the lake is not there")
        if self.has_a_defect:
            raise ZeroDivisionError
        yield self

    def replay(
        self, target: str, letters: Mapping[str, NewDeadLetter], *, dry_run: bool
    ) -> list[ReplayOutcome]:
        assert (target, dry_run) == ("rides.step", False)
        self.taken += letters
        return [ReplayOutcome(letter=each, resolved=True) for each in letters]

    def run_again(self, target: str, *, dry_run: bool) -> str | None:
        raise AssertionError(target)


class Desk:
    """Where operators ask, with one hub's process behind it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lake = Lake()
        self.restart()
        store.journal.append([entry_of(each) for each in LETTERS], recorded_at=1)
        self.work()

    def restart(self) -> None:
        self.stage = Replays(self.store, lambda: CATALOG, clock=lambda: 2, replayer=self.lake.open)

    def work(self) -> None:
        run_until_idle([Project(self.store), self.stage])

    def ask(self, command: OnLetters, nudge: Callable[[], None] | None = None) -> Answer:
        port = CommandPort(self.store, clock=lambda: 2, nudge=nudge or self.work)
        return port.submit(command)

    def states(self) -> list[tuple[str, int]]:
        with self.store.database.read() as connection:
            found = find_letters(connection, Chosen())
        return [(each.state, each.replays) for each in found]


@pytest.fixture
def desk(store: Store) -> Desk:
    """Three open letters; the test runs once per kind of database."""
    return Desk(store)


def replay(*numbers: int, key: str | None = None) -> ReplayDeadLetters:
    return ReplayDeadLetters(letters=tuple(LETTERS[n].id for n in numbers), client_key=key)


def test_commands_are_answered_with_what_came_of_them(desk: Desk) -> None:
    answer = desk.ask(replay(0, 1))
    assert (answer.code, answer.message) == ("OK", "2 resolved, 0 refused again")
    discard = DiscardDeadLetters(letters=(LETTERS[1].id, LETTERS[2].id), reason="a test")
    assert desk.ask(discard).code == "OK"
    assert desk.states() == [("resolved", 1), ("resolved", 1), ("discarded", 0)]
    answer = desk.ask(replay(0, 1, 2))
    assert answer.code == "OK"
    assert set(str(answer.message).split("; ")) == {
        "2 left alone: already resolved",
        "1 left alone: already discarded",
    }
    assert len(desk.lake.taken) == 2


def test_what_cannot_be_done_now_is_said_and_holds_nothing_up(desk: Desk) -> None:
    desk.lake.is_there = False
    answer = desk.ask(replay(0))
    assert (answer.code, answer.message) == ("UNAVAILABLE", "the lake is not there")
    assert desk.states()[0] == ("open", 0)
    desk.lake.is_there = True
    assert desk.ask(replay(0)).code == "OK"


def test_a_defect_of_what_runs_steps_is_said_and_holds_nothing_up(desk: Desk) -> None:
    desk.lake.has_a_defect = True
    answer = desk.ask(replay(0))
    assert (answer.code, answer.message) == ("UNAVAILABLE", "ZeroDivisionError, see the hub's log")
    desk.lake.has_a_defect = False
    assert desk.ask(replay(0)).code == "OK"
    assert desk.states()[0] == ("resolved", 1)


def test_nobody_waits_for_long_and_a_repeat_gets_the_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.flow.commands.WAIT_SECONDS", 0.02)
    first = desk.ask(replay(0, key="k"), nudge=lambda: project_all(desk.store))
    assert first.code == "PENDING"
    desk.work()
    again = desk.ask(replay(1, key="k"))
    assert (again.code, again.position) == ("OK", first.position)
    assert desk.states() == [("resolved", 1), ("open", 0), ("open", 0)]


def test_a_process_that_starts_anew_does_nothing_twice(desk: Desk) -> None:
    desk.ask(replay(0, key="k"), nudge=lambda: run_until_idle([Project(desk.store)]))
    # It carries the command out, and ends before that is projected.
    assert desk.stage.step()
    assert not desk.stage.step()
    desk.restart()
    assert not desk.stage.step()
    desk.work()
    assert desk.states()[0] == ("resolved", 1)
    assert len(desk.lake.taken) == 1
