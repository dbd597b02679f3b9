"""What `hub simulate` says would have been sent: by the same code as live, on a virtual clock."""

import json
import random
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.catalog import Catalog
from hub.domain.commands import (
    AcknowledgeIncident,
    ApproveAlias,
    CreateSilence,
    ExpireSilence,
    ReassignIncident,
    ReclassifyIncident,
)
from hub.domain.deadletters import NewDeadLetter
from hub.domain.duty.matching import parse_matcher
from hub.domain.failures.failure import FailureClass
from hub.domain.names import NodeKind
from hub.queries.incidents import open_incidents
from hub.settings import load_catalog, load_settings
from hub.store.opening import Store
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
  - {receiver: fleet-pager, notifier: webhook, options: {url: "${NO_SUCH_VARIABLE}"}}
  - {receiver: finance-pager, notifier: console}
route: {receiver: owner, wait: 2m}
"""
REPAIRS = """
product: repairs
domain: fleet
steps:
  - {step: load, lane: files, options: {path: "*.csv", format: csv}, writes: bronze.repairs}
  - {step: clean, transform: duckdb, reads: [bronze.repairs], sql: c.sql, writes: silver.repairs}
slos:
  - {slo: repairs-fresh, freshness: {dataset: silver.repairs, schedule: "0 6 * * *", grace: 1h}}
"""
EARNINGS = """
product: earnings
domain: finance
steps:
  - {step: sum, transform: duckdb, reads: [silver.repairs], sql: c.sql, writes: gold.earnings}
"""
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs", rows=10)
SUM = run("finance/earnings.sum").reads("silver.repairs").writes("gold.earnings", rows=1)
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
SILVER, GOLD = "dataset:lake:silver.repairs", "dataset:lake:gold.earnings"

Simulate = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    (folder / "products").mkdir(parents=True)
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "receivers.yaml").write_text(RECEIVERS)
    (folder / "products" / "repairs.yaml").write_text(REPAIRS)
    (folder / "products" / "earnings.yaml").write_text(EARNINGS)
    (folder / "c.sql").write_text("SELECT 1")
    return folder


@pytest.fixture
def command(config: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    # It would tie the loggers of this process to the captured stderr of one test.
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    return lambda *args: run_to_exit(lambda: root(["simulate", "--config", str(config), *args]))


@pytest.fixture
def simulate(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Simulate:
    """Simulate events, or happenings by their times; return what is told."""

    def play(events: list[bytes], *options: str) -> list[dict[str, Any]]:
        file = tmp_path / "events.ndjson"
        file.write_bytes(b"\n".join(events))
        assert command("--events", str(file), *options) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return play


def day(*happenings: tuple[str, RunScript]) -> list[bytes]:
    """Return the events of runs that end at times of a Monday, or at full dates."""
    found: list[bytes] = []
    for number, (when, script) in enumerate(happenings, start=1):
        moment = datetime.fromisoformat(f"{when if '-' in when else f'2026-11-23T{when}'}+00:00")
        found += script.events(int(moment.timestamp()) * 1_000_000, number)
    return found


def catalog_of(folder: Path) -> Catalog:
    return load_catalog(load_settings(folder))


def head_of(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


OUTAGE = day(
    ("04:00", CLEAN),
    ("04:10", CLEAN.fails("syntax error at or near SELEC")),
    ("04:11", SUM.fails("no such table: repairs")),
    ("05:00", CLEAN),
)


def test_each_notification_comes_with_its_time_reason_class_owner_root_and_datasets(
    simulate: Simulate,
) -> None:
    told = simulate(OUTAGE)

    assert [(each["at"], each["reason"]) for each in told] == [
        ("2026-11-23T04:12:00.000000Z", "triggered"),
        ("2026-11-23T05:00:00.000000Z", "resolved"),
    ]
    first = told[0]
    assert (first["class"], first["owner"], first["receiver"]) == (
        "LOGIC",
        "fleet-data",
        "fleet-pager",
    )
    assert first["root"] == SILVER
    assert first["datasets"] == [SILVER, GOLD]
    assert first["products"] == ["repairs", "earnings"]
    assert {each["incident"] for each in told} == {first["incident"]}
    assert "syntax error" in first["evidence"]
    assert first["path"][-1] == "fleet-data is reached through fleet-pager"


def test_what_changed_and_what_is_like_it_are_told_as_on_the_page(simulate: Simulate) -> None:
    fails = CLEAN.reads("bronze.depots").fails("syntax error at or near SELEC")
    told = simulate(day(("04:00", CLEAN), ("04:10", fails), ("05:00", CLEAN), ("05:10", fails)))

    first, _end, second = told
    assert any("bronze.depots" in line for line in first["changes"])
    assert first["similar"] == []
    assert any(first["incident"] in line for line in second["similar"])


def test_events_are_played_at_their_times_in_whatever_order_they_stand(
    simulate: Simulate,
) -> None:
    shuffled = OUTAGE.copy()
    random.Random(4).shuffle(shuffled)

    in_order, in_none = simulate(OUTAGE), simulate(shuffled)

    numbers = ("incident",)  # the place in a journal
    bare = [
        [{key: value for key, value in each.items() if key not in numbers} for each in told]
        for told in (in_order, in_none)
    ]
    assert bare[0] == bare[1]


def test_who_waits_to_be_told_when_the_events_end_is_told(simulate: Simulate) -> None:
    [told] = simulate(day(("04:10", CLEAN.fails("syntax error at or near SELEC"))))

    assert (told["at"], told["reason"]) == ("2026-11-23T04:12:00.000000Z", "triggered")


def test_until_lets_missing_data_be_missed(simulate: Simulate) -> None:
    good = day(("05:30", CLEAN))

    assert simulate(good) == []
    assert simulate(good, "--until", "2026-11-24T07:00:00Z") == []
    [told] = simulate(good, "--until", "2026-11-24T09:00:00Z")
    assert told["at"] == "2026-11-24T07:02:00.000000Z"
    assert (told["class"], told["root"]) == ("INFRA_COMPUTE", SILVER)


def test_events_are_played_on_what_a_store_knows_where_that_is_asked_for(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    live.at("04:20")
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(day(("04:30", SUM.fails("no such table")), ("04:40", CLEAN))))
    head = head_of(sqlite_store)

    assert command("--events", str(file)) == 0
    alone = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["reason"] for each in alone] == ["triggered"]
    assert command("--events", str(file), "--database", sqlite_url, "--on-store") == 0
    [told] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["at"][11:16], told["reason"]) == ("04:40", "resolved")
    assert told["datasets"] == [SILVER, GOLD]
    assert head_of(sqlite_store) == head


def test_what_arrives_at_its_deadline_is_in_time(simulate: Simulate) -> None:
    days = day(("05:30", CLEAN), ("2026-11-24T07:00", CLEAN))

    assert simulate(days, "--until", "2026-11-24T12:00:00Z") == []


def test_nothing_after_until_is_played(simulate: Simulate) -> None:
    assert simulate(OUTAGE, "--until", "2026-11-23T04:11:59Z") == []
    [told] = simulate(OUTAGE, "--until", "2026-11-23T04:30:00Z")
    assert told["reason"] == "triggered"


def test_an_event_without_a_time_is_played_with_the_one_before(simulate: Simulate) -> None:
    [told] = simulate([*day(("04:10", CLEAN)), b'{"producer": "https://example.org/odd"}'])

    assert told["at"] == "2026-11-23T04:12:00.000000Z"
    assert told["severity"] == "ticket"


def test_no_store_is_made_and_none_is_touched(
    simulate: Simulate, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    simulate(OUTAGE)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "events.ndjson"]
    assert not (config / ".hub").exists()


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        ("", [], "events.ndjson: there is no event"),
        ("not json", [], "events.ndjson, event 1: the body is not JSON"),
        ('{"eventTime": "soon"}', [], "nothing to simulate"),
        (
            '{"eventTime": "1999-01-01T00:00:00Z"}\n{"eventTime": "2026-01-01T00:00:00Z"}',
            [],
            "1999-01-01T00:00:00.000000Z and 2026-01-01",
        ),
        ("{}", ["--until", "soon"], "--until soon: no time"),
        (
            '{"eventTime": "2026-01-01T00:00:00Z"}',
            ["--until", "2025-01-01T00:00:00Z"],
            "nothing happens before 2026-01-01",
        ),
        (
            '{"eventTime": "2026-01-01T00:00:00Z"}',
            ["--since", "2026-01-01T00:00:01Z"],
            "nothing to simulate",
        ),
        ("{}", ["--database", "sqlite:////nowhere/hub.db"], "leave one of them out"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_the_reason(
    command: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: str,
    options: list[str],
    words: str,
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(lines)

    assert command("--events", str(file), *options) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


def test_rules_that_do_not_hold_together_are_refused_before_anything_is_played(
    command: Callable[..., int], config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(OUTAGE))
    (config / "receivers.yaml").write_text("route: {receiver: nobody}")

    assert command("--events", str(file)) == 2
    shown = capsys.readouterr()
    assert "nobody" in shown.err
    assert shown.out == ""


def test_the_history_of_a_store_is_played_at_the_times_at_which_it_came_in(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    live.at("04:00", CLEAN)
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    live.at("04:11", SUM.fails("no such table: repairs"))
    live.at("04:20", LETTER)
    live.at("05:00", CLEAN)
    before = [(each.reason, each.receiver, each.summary) for each in live.mailbox.notifications]
    head = head_of(sqlite_store)

    assert command("--database", sqlite_url) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["reason"], each["receiver"], each["summary"]) for each in told] == before
    assert [each["at"][11:16] for each in told] == ["04:12", "04:22", "05:00"]
    assert head_of(sqlite_store) == head

    assert command("--database", sqlite_url, "--since", "2026-11-23T04:15:00Z") == 0
    later = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["reason"], each["receiver"], each["summary"]) for each in later] == before[1:]
    assert [each["at"][11:16] for each in later] == ["04:22", "05:00"]


def test_names_that_people_made_one_are_one_in_a_simulated_history(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    other = run("fleet/copy").reads("old.repairs").writes("old.copy")
    old, new = ("lake", "old.repairs"), ("lake", "silver.repairs")
    live.submit(ApproveAlias(kind=NodeKind.DATASET, first=old, second=new))
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    live.at("04:11", other.fails("no such table: repairs"))
    live.at("04:30")
    before = [each.summary for each in live.mailbox.notifications]

    assert command("--database", sqlite_url) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(before) == 1
    assert [each["summary"] for each in told] == before


def test_what_people_did_is_done_in_a_simulated_history(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    silence = CreateSilence(
        matchers=(parse_matcher("domain=finance"),),
        owner="finance",
        comment="a drill",
        starts_at=live.now,
        ends_at=live.now + 10 * 3_600_000_000,
    )
    made = live.submit(silence)
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    live.at("04:20")
    with sqlite_store.database.read() as connection:
        [row] = open_incidents(connection)
    live.submit(AcknowledgeIncident(incident=row.id, expected_version=row.version, actor="ada"))
    live.at("04:30", SUM.fails("division by zero"), LETTER)
    live.at("05:00")
    live.submit(ExpireSilence(silence=str(made.subject), actor="ada"))
    live.at("05:30", CLEAN)
    before = [(each.reason, each.receiver, each.summary) for each in live.mailbox.notifications]

    assert command("--database", sqlite_url) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["reason"], each["receiver"], each["summary"]) for each in told] == before
    assert "acknowledged" in {each["reason"] for each in told}

    assert command("--database", sqlite_url, "--since", "2026-11-23T04:25:00Z") == 0
    later = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [f"{each['at'][11:16]} {each['receiver']} {each['reason']}" for each in later] == [
        "04:32 fleet-pager triggered",
        "05:30 fleet-pager resolved",
    ]


def test_what_was_handed_on_or_reclassified_is_so_in_a_simulated_history_and_since_its_middle(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    live.at("04:20")
    with sqlite_store.database.read() as connection:
        [row] = open_incidents(connection)
    live.submit(ReassignIncident(incident=row.id, owner="finance", actor="ada"))
    live.at("05:00")
    live.submit(ReclassifyIncident(incident=row.id, failure_class=FailureClass.CONFIG))
    live.at("05:30", CLEAN)
    before = [(each.reason, each.receiver, each.summary) for each in live.mailbox.notifications]
    assert {receiver for _reason, receiver, _summary in before} > {"finance-pager"}

    for since, skipped in (("03:00", 0), ("04:15", 1)):
        assert command("--database", sqlite_url, "--since", f"2026-11-23T{since}:00Z") == 0
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        found = [(each["reason"], each["receiver"], each["summary"]) for each in told]
        assert found == before[skipped:]


def test_a_silence_of_one_incident_is_of_the_same_one_in_a_simulated_history(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    live.at("04:00", CLEAN)
    live.at("04:10", CLEAN.fails("syntax error at or near SELEC"))
    with sqlite_store.database.read() as connection:
        [row] = open_incidents(connection)
    made = live.submit(
        CreateSilence(
            matchers=(parse_matcher(f"incident={row.id}"),),
            owner="fleet",
            comment="we know",
            starts_at=live.now,
            ends_at=live.now + 10 * 3_600_000_000,
        )
    )
    live.at("04:30", LETTER)
    live.at("04:40")
    live.submit(ExpireSilence(silence=str(made.subject), actor="ada"))
    live.at("04:50")
    before = [f"{each.body['root']} {each.reason}" for each in live.mailbox.notifications]

    for since in ([], ["--since", "2026-11-23T04:10:00Z"], ["--since", "2026-11-23T04:20:00Z"]):
        span = (*since, "--until", "2026-11-23T04:50:00Z")
        assert command("--database", sqlite_url, *span) == 0
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [f"{each['root']} {each['reason']}" for each in told] == before
        assert [each["at"][11:16] for each in told] == ["04:32", "04:40"]


def test_what_is_due_while_nothing_comes_in_is_told_since_the_given_time(
    command: Callable[..., int],
    sqlite_store: Store,
    sqlite_url: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = Scenario(sqlite_store, catalog_of(config), start="2026-11-23 03:00")
    live.at("05:30", CLEAN)
    span = ("--since", "2026-11-24T00:00:00Z", "--until", "2026-11-24T09:00:00Z")

    assert command("--database", sqlite_url, *span) == 0
    [told] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["at"], told["root"]) == ("2026-11-24T07:02:00.000000Z", SILVER)

    assert command("--database", sqlite_url, *span, "--summary", "--json") == 0
    assert json.loads(capsys.readouterr().out)["from"] == "2026-11-24T00:00:00.000000Z"


def test_pages_per_week_are_counted_before_and_after_a_change_of_rules(
    command: Callable[..., int], config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(OUTAGE))
    patient = tmp_path / "patient"
    shutil.copytree(config, patient)
    (patient / "receivers.yaml").write_text(RECEIVERS.replace("wait: 2m", "wait: 2h"))
    week = ("--events", str(file), "--until", "2026-11-30T03:59:59Z")

    assert command(*week, "--summary", "--json") == 0
    counted = json.loads(capsys.readouterr().out)
    assert counted["from"] == "2026-11-23T03:59:59.000000Z"
    assert {each["receiver"]: each["pages"] for each in counted["loads"]} == {
        "fleet-pager": 1,
        "platform-pager": 1,
        None: 2,
    }
    assert all("before" not in each for each in counted["loads"])

    assert command(*week, "--against", str(patient), "--json") == 0
    loads = {each["receiver"]: each for each in json.loads(capsys.readouterr().out)["loads"]}
    assert loads["fleet-pager"]["pages_per_week"] == 1.0
    assert loads["fleet-pager"]["before"]["pages_per_week"] == 0.0

    assert command(*week, "--against", str(patient)) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "7 days from 2026-11-23T03:59:59.000000Z"
    assert shown[-1].split() == ["all", "2", "2.0", "0", "0.0", "1", "1.0", "0", "0.0"]


def test_what_came_within_moments_is_counted_as_of_a_day(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(OUTAGE[3])

    assert command("--events", str(file), "--summary", "--json") == 0
    loads = json.loads(capsys.readouterr().out)["loads"]
    assert {each["receiver"]: each["pages_per_week"] for each in loads} == {
        "fleet-pager": 7.0,
        None: 7.0,
    }
