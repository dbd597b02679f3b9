"""What people type: the state of SLOs, incidents, explanations, classes."""

import io
import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.commands import CreateSilence
from hub.domain.duty.matching import parse_matcher
from hub.domain.incidents.incident import MAX_NAMED
from hub.testing.scenario import RunScript, Scenario, run

Command = Callable[..., int]
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")


@pytest.fixture
def hub(
    world: Scenario, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run a command of the hub on the world's store; return its exit code."""
    # It would tie the loggers of this process to the captured stderr of one test.
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    folder = tmp_path / "config"
    folder.mkdir()
    options = ["--database", sqlite_url, "--config", str(folder)]

    def command(*args: str) -> int:
        return run_to_exit(lambda: root([*args, *options]))

    return command


def test_incidents_are_findings_while_they_are_open(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub("incidents") == 0
    world.at("04:10", CLEAN.fails("syntax error at or near"))

    assert hub("incidents", "ls") == 1
    shown = capsys.readouterr().out
    assert "LOGIC" in shown
    assert "fleet-data (domain)" in shown


def the_incident(hub: Command, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    hub("incidents", "ls", "--json")
    [found] = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_an_incident_is_acknowledged_and_resolved_by_hand(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    key = the_incident(hub, capsys)["id"].removeprefix("incident:")

    assert hub("incidents", "ack", key, "--version", "1") == 0
    assert hub("incidents", "ack", key, "--version", "1") == 2
    assert "version 2, not 1" in capsys.readouterr().err
    assert hub("incidents", "resolve", key, "--reason", "rolled back") == 0
    assert hub("incidents") == 0
    assert hub("incidents", "show", key) == 0
    assert "rolled back" in capsys.readouterr().out


def test_times_of_a_span_that_ends_before_it_begins_are_refused(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    span = ("--since", "2026-11-24T00:00:00Z", "--until", "2026-11-23T00:00:00Z")
    assert hub("incidents", "stats", *span) == 2
    assert "until is not after since" in capsys.readouterr().err


def test_an_explanation_says_what_why_whose_and_who_was_told(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    load = run("fleet/repairs.load").writes("bronze.repairs")
    world.at("04:10", load.fails("field bicycle_id is missing", origin="contract"))
    world.at("04:11", CLEAN.aborts("held back", origin="upstream"))
    key = the_incident(hub, capsys)["id"]

    assert hub("explain", key) == 0
    shown = capsys.readouterr().out
    for words in (
        "SCHEMA_CONTRACT, surely",
        "rule origin.contract of rule set 2026-1",
        "refused by the contract: field bicycle_id is missing",
        "or else",
        "root cause     bronze.repairs",
        "consequence  run-failed of repairs.clean, held: nobody is told",
        "source workshop is produced by domain fleet",
        "fleet-data is reached through fleet-pager",
        "repairs, earnings",
        "silver.repairs",
        "fleet-pager, triggered: sent at",
    ):
        assert words in shown


def test_how_much_more_is_touched_than_is_named_is_said(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    script = run("x/all").reads("x")
    world.at("04:10", reduce(lambda made, n: made.writes(f"x.{n}"), range(6_000), script))
    world.at("04:20", run("x/load").writes("x").fails("no space left on device"))
    key = the_incident(hub, capsys)["id"]

    hub("explain", key)
    assert re.search(r"held back .* and 59\d\d more", capsys.readouterr().out)
    hub("incidents", "export", key.removeprefix("incident:"))
    shown = capsys.readouterr().out
    assert "made from what broke: 6000" in shown
    assert "- and 5950 more" in shown
    hub("explain", key, "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["datasetsCount"], found["heldBackCount"]) == (6_000, 6_001)
    assert len(found["datasets"]) == len(found["heldBack"]) == MAX_NAMED


def test_merges_and_holds_are_explained_in_words(
    hub: Command, world: Scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    costs = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
    total = run("finance/earnings.sum").reads("silver.repairs").writes("gold.earnings")
    world.at("04:10", costs.fails("no such table: costs"), total.fails("no such table: costs"))
    world.at("04:10:30", CLEAN.fails("syntax error at or near"))
    world.at("04:20", CLEAN)
    world.at("04:30", costs.fails("no such table: costs"))
    hub("incidents", "ls", "--all", "--json")
    found = {each["id"].rpartition(":")[2]: each for each in json.loads(capsys.readouterr().out)}
    again, merged, root = sorted(found, key=lambda key: -int(key.rpartition("-")[2]))

    hub("explain", root)
    shown = capsys.readouterr().out
    assert f"came together  {merged} turned out to be part of this" in shown
    assert "run-failed of earnings.sum, held until its own next run" in shown
    assert f"earnings.costs failed again after the root had healed: {again}" in shown
    hub("explain", merged)
    assert f"attached to    {root}, which explains it" in capsys.readouterr().out
    hub("explain", again)
    assert f"held as a consequence of {root}, whose root has healed" in capsys.readouterr().out


def test_there_is_nothing_to_explain_about_an_unknown_incident(
    hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub("explain", "INC-404") == 2
    assert "no incident INC-404" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("incidents", "ls"),
        ("incidents", "show", "INC-1"),
        ("slo",),
        ("dlq", "ls"),
        ("silence", "ls"),
        ("fingerprint",),
        ("rebuild", "--verify"),
        ("retention", "plan"),
        ("gate", "check", "dataset:lake:gold.x"),
        ("silence", "add", "domain=x", "--for", "1h", "--comment", "why"),
        ("dlq", "replay", "x", "--yes"),
        ("alias", "apart", "dataset:a:b", "dataset:a:c"),
        ("bridge", "mirror", "marquez", "--to", "http://localhost:1", "--once"),
    ],
)
def test_of_a_store_that_is_not_there_it_is_not_said_that_nothing_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    missing = tmp_path / "hub.db"

    assert run_to_exit(lambda: root([*command, "--database", f"sqlite:///{missing}"])) == 3

    assert "there is no store at" in capsys.readouterr().err
    assert not missing.exists()


def test_what_is_declared_is_told_without_a_store_to_tell_how_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "hub.db"

    assert run_to_exit(lambda: root(["products", "--database", f"sqlite:///{missing}"])) == 0

    assert capsys.readouterr().out == "nothing\n"
    assert not missing.exists()
    assert not missing.exists()


def given(monkeypatch: pytest.MonkeyPatch, *lines: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines))))


def test_failures_are_classified_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"message": "No space left on device", "exception": "OSError", "producer": "python"},
        {"message": "ORA-01017: invalid username/password; logon denied"},
        {"message": "it broke", "exception": "OperationalError", "sqlstate": "40P01"},
        {"message": "it broke", "code": "42501"},
        {"message": "it broke", "http_status": 503},
        {"message": "it broke", "exit_code": 137},
        {},
    ]
    first, *others = (json.dumps(line).encode() for line in lines)
    given(monkeypatch, BOM_UTF8 + first, *others)

    assert run_to_exit(lambda: root(["classify", "-"])) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["class"], each["owner"]) for each in answers] == [
        ("INFRA_CAPACITY", "platform"),
        ("ACCESS", "governance"),
        ("INFRA_CONCURRENCY", "platform"),
        ("ACCESS", "governance"),
        ("SOURCE_UNAVAILABLE", "source-system"),
        ("INFRA_COMPUTE", "platform"),
        ("UNKNOWN", "platform"),
    ]
    assert all(
        set(each) == {"class", "owner", "rule", "confidence", "evidence"} for each in answers
    )


def test_each_line_is_answered_in_its_place_and_the_unreadable_ones_say_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(
        monkeypatch,
        b'{"message": "Permission denied for caf\xe9"}',
        b"[]",
        b"",
        b'{"message": 5, "exception": ["x"], "producer": null}',
        b'{"a":' * 5_000,
        b'{"message": "' + b"x" * 17 * 2**20 + b'"}',
        b'{"message": "\\u0000\\u001b[31mNo space left on device"}',
    )

    assert run_to_exit(lambda: root(["classify"])) == 2
    told = capsys.readouterr()
    answers = [json.loads(line) for line in told.out.splitlines()]
    assert [each["class"] for each in answers] == [
        *("ACCESS", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "INFRA_CAPACITY"),
    ]
    assert answers[1]["evidence"].startswith("line 2 is no JSON object")
    assert answers[2]["evidence"] == "line 3 is empty"
    assert answers[5]["evidence"] == "line 6 is longer than 16 MiB"
    assert "line 2 is no JSON object" in told.err
    assert "and 3 more like it" in told.err
    assert all(each.isprintable() for each in answers[6]["evidence"])


def test_who_is_not_told_yet_is_explained_with_the_reason(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(
        CreateSilence(
            matchers=(parse_matcher("domain=fleet"),),
            owner="ada",
            comment="we know",
            starts_at=world.now,
            ends_at=world.now + 7_200_000_000,
        )
    )
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    key = the_incident(hub, capsys)["id"]
    hub("explain", key)

    because = "ada has silenced it until 2026-11-23 06:00 UTC: we know"
    assert f"  not told yet   fleet-pager: {because}" in capsys.readouterr().out
    hub("explain", key, "--json")
    [hold] = json.loads(capsys.readouterr().out)["holds"]
    assert (hold["kind"], hold["until"]) == ("SILENCE", "2026-11-23T06:00:00.000000Z")


def test_what_only_the_catch_all_owns_is_explained_as_such(
    world: Scenario, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    world.at("04:10", run("elsewhere/x").writes("wild:y").fails("syntax error at or near"))
    hub("explain", the_incident(hub, capsys)["id"])

    assert "name an owner under `owners` in domains.yaml" in capsys.readouterr().out


FILES = {
    "domains.yaml": """
        platform: {team: data-platform, receiver: platform-pager}
        domains:
          - {domain: fleet, team: fleet-data, receiver: fleet-pager}
        owners:
          - {match: "wild:*", team: tamers, receiver: fleet-pager}
    """,
    "receivers.yaml": """
        receivers:
          - {receiver: platform-pager, notifier: console}
          - {receiver: fleet-pager, notifier: console, hours: office}
        route:
          routes:
            - {match: {class: LOGIC}, matchers: ["namespace~wild*"], receiver: owner, wait: 1m}
    """,
    "oncall.yaml": """
        hours:
          - {hours: office, from: "09:00", until: "17:00"}
    """,
}


COUNTS = """
    product: counts
    domain: fleet
    datasets:
      - {namespace: wild, name: counted}
    slos:
      - {slo: counted-whole, volume: {dataset: "wild:counted", min: 100}}
"""


@pytest.fixture
def rehearse(
    hub: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[dict[str, Any]]]:
    """Ask what would come of a run's events."""
    for name, text in FILES.items():
        (tmp_path / "config" / name).write_text(dedent(text))

    def ask(script: RunScript, at: str) -> list[dict[str, Any]]:
        events = tmp_path / "events.ndjson"
        events.write_bytes(b"\n".join(script.events(1_795_400_000_000_000, 1)))
        assert hub("explain", "--event", str(events), "--at", at, "--json") == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    return ask


WILD = run("wild/nightly").writes("wild:x").fails("syntax error at or near")


def test_a_dry_run_says_who_would_be_told_and_by_which_route(
    rehearse: Callable[..., list[dict[str, Any]]], world: Scenario
) -> None:
    with world.store.database.read() as connection:
        before = world.store.journal.head(connection)
    [found] = rehearse(WILD, "2026-11-23T10:00:00Z")

    assert found["owner"]["name"] == "tamers"
    assert found["explanation"]["path"][-2:] == [
        "wild:x, which fits wild:*, is owned by tamers",
        "tamers is reached through fleet-pager by the route for class LOGIC and namespace~wild*",
    ]
    assert [(each["receiver"], each["reason"]) for each in found["notifications"]] == [
        ("fleet-pager", "triggered")
    ]
    with world.store.database.read() as connection:
        assert world.store.journal.head(connection) == before


@pytest.mark.parametrize("route", ["wait: 1m", "wait: 90s, hours: office", "continue: true"])
@pytest.mark.parametrize(
    "script",
    [
        WILD,
        WILD.fails("No space left on device"),
        WILD.fails("boom"),
        run("wild/count").writes("wild:counted", rows=5),
    ],
    ids=["its own", "the platform's", "unknown", "too few rows"],
)
@pytest.mark.parametrize("restless", [False, True], ids=["in hours", "at night"])
def test_a_dry_run_and_a_simulation_of_the_same_events_tell_the_same(
    hub: Command,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    route: str,
    script: RunScript,
    *,
    restless: bool,
) -> None:
    for name, text in {**FILES, "products/counts.yaml": COUNTS}.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text).replace("wait: 1m", route))
    at = f"2026-11-23T{'03' if restless else '10'}:00:00Z"
    moment = int(datetime.fromisoformat(at).timestamp()) * 1_000_000
    scripts = (script, run("other/reader").reads("wild:x").fails("no such table: x"))
    events = tmp_path / "events.ndjson"
    bodies = [body for n, each in enumerate(scripts) for body in each.events(moment, n)]
    events.write_bytes(b"\n".join(bodies))

    assert hub("explain", "--event", str(events), "--at", at, "--json") == 0
    explained = json.loads(capsys.readouterr().out)
    config = str(tmp_path / "config")
    command = ["simulate", "--events", str(events), "--config", config]
    assert run_to_exit(lambda: root(command)) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert sorted(
        (sent["sentAt"], sent["reason"], sent["receiver"], *what_is(each), each["owner"]["name"])
        for each in explained
        for sent in each["notifications"]
    ) == sorted(
        (each["at"], each["reason"], each["receiver"], *what_is(each, each), each["owner"])
        for each in told
    )
    assert told or all(each["holds"] for each in explained)


def what_is(found: dict[str, Any], why: dict[str, Any] | None = None) -> tuple[object, ...]:
    """Return which incident it is, what it is, and why it goes where it goes."""
    why = why or found["explanation"]
    root = found["root"] if isinstance(found["root"], str) else found["root"]["id"]
    return found["class"], root, why["rule"], why["confidence"], why["evidence"], why["path"]


def test_a_dry_run_heeds_hours_and_silences(
    rehearse: Callable[..., list[dict[str, Any]]], world: Scenario
) -> None:
    [night] = rehearse(WILD, "2026-11-23T03:00:00Z")
    assert [each["by"] for each in night["holds"]] == ["office"]
    world.submit(
        CreateSilence(
            matchers=(parse_matcher("namespace=wild"),),
            owner="ada",
            comment="we know",
            starts_at=world.now,
            ends_at=world.now + 86_400_000_000,
        )
    )
    [silenced] = rehearse(WILD, "2026-11-23T10:00:00Z")
    assert [each["kind"] for each in silenced["holds"]] == ["SILENCE"]
    assert silenced["notifications"] == []


def test_a_dry_run_of_what_passes_tells_nobody(
    rehearse: Callable[..., list[dict[str, Any]]],
) -> None:
    assert rehearse(CLEAN, "2026-11-23T10:00:00Z") == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "name an incident, or a file of events"),
        (("INC-1", "--event", "x"), "name an incident, or a file of events"),
        (("--event", "no-such-file"), "no-such-file cannot be read: No such file"),
        (("--event", "-", "--at", "soon"), "'soon' is no time"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(
    args: tuple[str, ...], said: str, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub("explain", *args) == 2
    assert said in capsys.readouterr().err
