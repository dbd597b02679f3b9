"""Laws of root causes, over estates and timelines that nobody thought of.

What is to be told follows here from what the runs say in the order of their event times, by rules
that know nothing of how the hub finds causes.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from msgspec import Struct, field

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.catalog import Catalog
from hub.domain.commands import CreateSilence
from hub.domain.duty.matching import parse_matcher
from hub.domain.names import parse_node_id
from hub.settings import load_catalog, load_settings
from hub.store import incident_book
from hub.store.opening import Store
from hub.testing.scenario import Scenario, run

DOMAINS = "platform: {team: platform, receiver: ops}\n"
RECEIVERS = "receivers: [{receiver: ops, notifier: console}]\nroute: {receiver: ops, wait: 30s}\n"
MINUTE = 60_000_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
TICKS, REACH = 6, 3
Reads = dict[int, list[int]]
Said = tuple[str, int]


class Ran(NamedTuple):
    """A run of the job of a number, which writes the dataset of that number."""

    at: int
    job: int
    passed: bool
    says: str

    def events(self, reads: Reads, number: int) -> list[bytes]:
        made = run(f"n/{letter(self.job)}").reads(*map(letter, reads[self.job]))
        made = made.writes(letter(self.job))
        return (made if self.passed else made.fails(self.says)).events(self.at, number)


def letter(number: int) -> str:
    return "abcdefghij"[number]


def drawn(chosen: Random, start: int) -> tuple[Reads, list[Ran]]:
    """Draw what each job reads, and runs that fail for themselves or of what they read."""
    reads = {
        job: sorted(chosen.sample(range(job), min(job, chosen.choice((0, 1, 1, 2)))))
        for job in range(7)
    }
    faults = [(chosen.choice([*reads]), chosen.randrange(1, TICKS)) for _ in range(4)]
    fails = chosen.choice((1.0, 0.7))
    step, ran = chosen.choice((2, 7)) * HOUR, list[Ran]()
    passed = dict.fromkeys(reads, True)
    for tick in range(TICKS):
        for job in reads if tick == 0 else chosen.sample([*reads], 6):
            is_broken = not all(passed[read] for read in reads[job]) and chosen.random() < fails
            passed[job] = (
                (job, tick) not in faults and (job, tick - 1) not in faults and not is_broken
            )
            at = start + tick * step + job * 2 * MINUTE + chosen.randrange(MINUTE)
            says = chosen.choice((f"KeyError: '{letter(job) * 4}'", "it broke"))
            ran.append(Ran(at, job, passed[job], says))
    return reads, sorted(ran)


class Failure(Struct):
    """A run that failed, with the roots that explain it: itself, or what is broken upstream."""

    at: int
    roots: set[int]


class Expected(Struct):
    """What is to come of runs: told in order, and open in the end with all that it explains."""

    told: list[Said] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    failing: dict[int, list[Failure]] = field(default_factory=dict)
    passed: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    def take(self, reads: Reads, each: Ran) -> None:
        """Take in the next run by event time; a root is known by the time of its first failure."""
        job = each.job
        if each.passed:
            for failure in self.failing.pop(job, []):
                self._is_over(job, failure.roots)
            self.passed[job] = each.at
            return
        own = [
            f.roots
            for f in self.failing.get(job, [])
            if any(self._is_root(job, r) for r in f.roots)
        ]
        roots = own[0] if own else self._upstream(reads, job)
        if not roots:
            self.open.add(each.at)
            self.numbers[each.at] = job
            self.told.append(("triggered", job))
        self.failing.setdefault(job, []).append(Failure(each.at, roots or {each.at}))

    def members(self) -> set[tuple[int, frozenset[int]]]:
        """Return each open root with all jobs whose failures it explains."""
        return {
            (
                self.numbers[key],
                frozenset(j for j, fs in self.failing.items() if any(key in f.roots for f in fs)),
            )
            for key in self.open
        }

    def _is_root(self, job: int, key: int) -> bool:
        return key in self.open and self.numbers[key] == job

    def _is_over(self, job: int, keys: set[int]) -> None:
        for key in [key for key in keys if self._is_root(job, key)]:
            self.open.discard(key)
            self.told.append(("resolved", job))

    def _upstream(self, reads: Reads, job: int) -> set[int]:
        """Return the open roots of what is broken, directly or behind two healthy datasets."""
        found, near = set[int](), set(reads[job])
        for _hop in range(REACH):
            for failure in (failure for read in near for failure in self.failing.get(read, [])):
                if self.passed.get(job, 0) < failure.at + DAY:
                    found |= failure.roots & self.open
            near = {further for read in near for further in reads[read]}
        return found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "receivers.yaml").write_text(RECEIVERS)
    return folder


@pytest.fixture
def catalog(config: Path) -> Catalog:
    return load_catalog(load_settings(config, environ={}))


def told(world: Scenario) -> list[Said]:
    return [(each.reason, number_of(each.body["root"])) for each in world.mailbox.notifications]


def number_of(node: str) -> int:
    return ord(parse_node_id(node).parts[-1]) - ord("a")


def members(world: Scenario) -> set[tuple[int, frozenset[int]]]:
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    return {
        (
            number_of(each.root),
            frozenset(
                number_of(held.signal.subject) for held in book.of(key) if not held.is_cleared
            ),
        )
        for key, each in book.incidents.items()
    }


def expected(reads: Reads, ran: list[Ran]) -> Expected:
    found = Expected()
    for each in ran:
        found.take(reads, each)
    return found


def let_pass(
    world: Scenario, told_at: list[tuple[int, list[bytes]]], after: Callable[[], None]
) -> None:
    for at, events in sorted(told_at):
        world.pass_until(max(at, world.now))
        world.append(*events)
        world.settle()
        after()
    world.pass_until(world.now + HOUR)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_each_root_pages_once_and_no_consequence_before_it_fails_again_for_itself(
    sqlite_store: Store, catalog: Catalog, seed: int, *, restarts: bool
) -> None:
    chosen = Random(seed)
    world = Scenario(sqlite_store, catalog, start="2026-11-23 00:00")
    reads, ran = drawn(chosen, world.now)
    found = expected(reads, ran)
    # Another process goes on, and each event may come twice.
    again = [(each.at, each.events(reads, n) * (1 + restarts)) for n, each in enumerate(ran)]
    let_pass(world, again, lambda: world.restart() if restarts and chosen.random() < 0.3 else None)

    assert told(world) == found.told
    assert members(world) == found.members()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_open_in_the_end_does_not_depend_on_the_order_in_which_it_is_told(
    sqlite_store: Store, catalog: Catalog, seed: int
) -> None:
    chosen = Random(seed)
    world = Scenario(sqlite_store, catalog, start="2026-11-23 00:00")
    reads, ran = drawn(chosen, world.now)
    late = [
        (each.at + chosen.choice((0, 0, chosen.randrange(90))) * MINUTE, each.events(reads, n))
        for n, each in enumerate(ran)
    ]
    let_pass(world, late, lambda: None)

    assert members(world) == expected(reads, ran).members()


@pytest.mark.parametrize("seed", range(4))
def test_a_silence_changes_who_is_told_and_nothing_of_causes(
    sqlite_store: Store, catalog: Catalog, seed: int
) -> None:
    chosen = Random(seed)
    world = Scenario(sqlite_store, catalog, start="2026-11-23 00:00")
    reads, ran = drawn(chosen, world.now)
    matcher = parse_matcher(chosen.choice(("job~[a-c]", "dataset~?", "receiver=ops")))
    began, ends = world.now, world.now + chosen.randrange(2, 20) * HOUR
    world.submit(
        CreateSilence(matchers=(matcher,), owner="ada", comment="x", starts_at=began, ends_at=ends)
    )
    let_pass(world, [(each.at, each.events(reads, n)) for n, each in enumerate(ran)], lambda: None)

    assert members(world) == expected(reads, ran).members()
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    for each in book.incidents.values():
        is_held = any("ada has silenced it" in hold.reason for hold in each.telling.held)
        assert bool(each.telling.told) is not is_held


@pytest.mark.parametrize("seed", range(2))
def test_a_simulation_of_the_same_events_tells_the_same(
    config: Path,
    tmp_path: Path,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    chosen = Random(seed)
    reads, ran = drawn(chosen, 1_795_392_000_000_000)
    events = [body for n, each in enumerate(ran) for body in each.events(reads, n)]
    chosen.shuffle(events)
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(events))
    assert (
        run_to_exit(lambda: root(["simulate", "--config", str(config), "--events", str(file)])) == 0
    )

    lines: Iterator[Any] = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(each["reason"], number_of(each["root"])) for each in lines] == expected(
        reads, ran
    ).told
