"""A history played from some time on tells what the whole one tells from then on."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from hub.app.playing import History
from hub.app.simulating import Told, simulate
from hub.domain.commands import (
    AcknowledgeIncident,
    ApproveAlias,
    CreateSilence,
    ExpireSilence,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)
from hub.domain.deadletters import NewDeadLetter
from hub.domain.duty.matching import parse_matcher
from hub.domain.failures.failure import FailureClass
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind
from hub.queries.incidents import open_incidents
from hub.settings import Loaded, load_catalog, load_settings
from hub.store.opening import Store
from hub.store.silences import load_silences
from hub.testing.scenario import RunScript, Scenario, run

DOMAINS = """
platform: {team: data-platform, receiver: platform-pager}
governance: {team: data-governance, receiver: platform-pager}
domains:
  - {domain: fleet, team: fleet-data, receiver: fleet-pager}
  - {domain: finance, team: finance-data, receiver: finance-pager}
"""
RECEIVERS = """
receivers:
  - {receiver: platform-pager, notifier: console}
  - {receiver: fleet-pager, notifier: console}
  - {receiver: finance-pager, notifier: console}
route:
  receiver: owner
  wait: 2m
  repeat: 4h
  routes: [{match: {domain: finance}, receiver: owner, wait: 30m, hours: day}]
"""
ON_CALL = """
hours:
  - {hours: day, from: "08:00", until: "18:00"}
"""
MAINTENANCE = """
windows:
  - window: the-warehouse-moves
    matchers: ["domain=finance"]
    from: 2026-11-25 00:00
    until: 2026-11-25 06:00
"""
REPAIRS = """
product: repairs
domain: fleet
steps:
  - {step: load, lane: files, options: {path: "*.csv", format: csv}, writes: bronze.repairs}
  - {step: clean, transform: duckdb, reads: [bronze.repairs], sql: c.sql, writes: silver.repairs}
slos:
  - {slo: repairs-fresh, freshness: {dataset: silver.repairs, schedule: "0 6 * * *", grace: 1h}}
  - {slo: repairs-often, freshness: {dataset: bronze.repairs, within: 5h}}
  - {slo: repairs-many, volume: {dataset: silver.repairs, min_share: 0.5, of_last: 5}}
"""
EARNINGS = """
product: earnings
domain: finance
steps:
  - {step: sum, transform: duckdb, reads: [silver.repairs], sql: c.sql, writes: gold.earnings}
slos:
  - slo: earnings-available
    availability: {dataset: gold.earnings, at_least: 3, window_runs: 4}
"""
MINUTE = 60_000_000
HOUR = 60 * MINUTE
BEGINNING = 1_795_500_000_000_000  # a Tuesday in November 2026
LOAD = run("fleet/repairs.load").writes("bronze.repairs", rows=100)
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs", rows=100)
SUM = run("finance/earnings.sum").reads("silver.repairs").writes("gold.earnings", rows=1)
WILD = run("wild/nightly").reads("gold.earnings").writes("wild.out", rows=7)
OTHER = run("wild/other").reads("wild.old").writes("wild.report")
LETTER = NewDeadLetter(
    stage="bronze",
    product="repairs",
    step="load",
    encoding="avro",
    payload=b"\xff",
    rule="undecodable",
    reasons=("not an Avro record",),
    dataset="dataset:lake:bronze.repairs",
)


@pytest.fixture
def loaded(tmp_path: Path, store_url: str) -> Loaded:
    folder = tmp_path / "config"
    (folder / "products").mkdir(parents=True)
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "receivers.yaml").write_text(RECEIVERS)
    (folder / "products" / "repairs.yaml").write_text(REPAIRS)
    (folder / "products" / "earnings.yaml").write_text(EARNINGS)
    (folder / "oncall.yaml").write_text(ON_CALL)
    (folder / "maintenance.yaml").write_text(MAINTENANCE)
    (folder / "c.sql").write_text("SELECT 1")
    return load_settings(folder, flags={"database": store_url})


class Days:
    """Days at a hub, made up by chance; each thing happens some time after the one before."""

    def __init__(self, world: Scenario, chance: random.Random) -> None:
        self.world = world
        self.chance = chance

    def go_on(self, times: int) -> None:
        happenings: list[Callable[[], None]] = [
            *(8 * [self.run]),
            *(self.start, self.acknowledge, self.resolve, self.refuse),
            *(self.hand_on, self.reclassify),
            *(self.silence, self.silence_one, self.expire, self.rename, self.own),
        ]
        for _ in range(times):
            minutes = self.chance.choice((1, 2, 10, 40, 90, 240, 500))
            self.world.pass_until(self.world.now + minutes * MINUTE)
            self.chance.choice(happenings)()

    def run(self) -> None:
        script = self.chance.choice((LOAD, CLEAN, CLEAN, SUM, WILD, OTHER))
        outcome = self.chance.randrange(4)
        if outcome == 0:
            script = script.fails(self.chance.choice(("syntax error at or near SEL", "HTTP 503")))
        elif outcome == 1 and script is CLEAN:
            script = CLEAN.writes("silver.repairs", rows=self.chance.choice((3, 90)))
        self.happen(script)

    def start(self) -> None:
        script = self.chance.choice((CLEAN, SUM))
        [start, _end] = script.events(self.world.now, 500_000 + self.chance.randrange(9_000))
        self.world.append(start)
        self.world.settle()

    def own(self) -> None:
        team = self.chance.choice(("finance-data", "fleet-data"))
        facet = {"ownership": {"owners": [{"name": team, "type": "MAINTAINER"}]}}
        self.happen(structs.replace(WILD, job_facets=facet))

    def refuse(self) -> None:
        payload = bytes([self.chance.randrange(256)])
        self.happen(structs.replace(LETTER, payload=payload))

    def rename(self) -> None:
        old, new = ("lake", "wild.old"), ("lake", "wild.out")
        self.world.submit(ApproveAlias(kind=NodeKind.DATASET, first=old, second=new))

    def acknowledge(self) -> None:
        if (key := self.open_one()) is not None:
            self.world.submit(AcknowledgeIncident(incident=key))

    def resolve(self) -> None:
        if (key := self.open_one()) is not None:
            self.world.submit(ResolveIncident(incident=key))

    def hand_on(self) -> None:
        if (key := self.open_one()) is not None:
            owner = self.chance.choice(("fleet-data", "finance"))
            self.world.submit(ReassignIncident(incident=key, owner=owner))

    def reclassify(self) -> None:
        if (key := self.open_one()) is not None:
            failure_class = self.chance.choice((FailureClass.LOGIC, FailureClass.CONFIG))
            self.world.submit(ReclassifyIncident(incident=key, failure_class=failure_class))

    def silence(self) -> None:
        self.silence_by(self.chance.choice(("domain=fleet", "receiver=finance-pager")))

    def silence_one(self) -> None:
        if (key := self.open_one()) is not None:
            self.silence_by(f"incident={key}")

    def silence_by(self, matcher: str) -> None:
        starts_at = self.world.now + self.chance.choice((0, HOUR))
        self.world.submit(
            CreateSilence(
                matchers=(parse_matcher(matcher),),
                owner="ada",
                comment="we know",
                starts_at=starts_at,
                ends_at=starts_at + self.chance.choice((1, 12, 60)) * HOUR,
            )
        )

    def expire(self) -> None:
        with self.world.store.database.read() as connection:
            found = [each.id for each in load_silences(connection, now=self.world.now)]
        if found:
            self.world.submit(ExpireSilence(silence=self.chance.choice(found)))

    def open_one(self) -> str | None:
        with self.world.store.database.read() as connection:
            found = sorted(each.id for each in open_incidents(connection))
        return self.chance.choice(found) if found else None

    def happen(self, happening: RunScript | NewDeadLetter) -> None:
        now = format_instant(self.world.now).rstrip("Z").replace("T", " ")
        self.world.at(now, happening)


def told(loaded: Loaded, store: Store, *, since: int | None, until: int) -> list[Told]:
    """Return what the history tells; comparable with what is told when it begins elsewhere."""
    played = History(store, since=since)
    found = simulate(loaded, played, known=played.before(), until=until)
    return [_comparable(each) for each in found]


def _comparable(each: Told) -> Told:
    """Return what is told without numbers, and with what broke at once in one order."""
    similar = tuple(re.sub(r"INC-\d+", "INC", line) for line in each.similar)
    datasets = tuple(sorted(each.datasets))
    return structs.replace(each, incident="", similar=similar, datasets=datasets)


@pytest.mark.parametrize("seed", range(5))
def test_a_history_since_its_middle_tells_what_the_whole_one_tells_from_there_on(
    seed: int, loaded: Loaded, store: Store
) -> None:
    chance = random.Random(seed)
    live = Scenario(store, load_catalog(loaded), start=format_instant(BEGINNING)[:19])
    days = Days(live, chance)
    days.go_on(30)
    middle = live.now + chance.choice((0, 1, 90_000_000, 3 * HOUR))
    days.go_on(20)
    end = live.now + 12 * HOUR

    whole = told(loaded, store, since=None, until=end)

    later = [each for each in whole if each.at >= format_instant(middle)]
    assert told(loaded, store, since=middle, until=end) == later
    assert later
    assert len(later) < len(whole)
