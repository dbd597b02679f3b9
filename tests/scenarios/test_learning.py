"""What people correct is kept, and proposes rules that hold once somebody puts them into a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.commands import DecideRule, ReclassifyIncident, ResolveIncident
from hub.domain.failures.failure import FailureClass
from hub.queries.corrections import list_corrections, proposed_rules
from hub.queries.incidents import IncidentFilter, list_incidents
from hub.queries.pages import PageRequest
from hub.settings.rule_files import load_rules
from hub.store.opening import Store
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
MESSAGE = "flux capacitor {} is not aligned, token=hunter2"
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def correct(
    world: Scenario,
    *numbers: int,
    to: FailureClass = FailureClass.CONFIG,
    message: str = MESSAGE,
) -> list[str]:
    """Let a job fail at each hour, and say what that was; return the incidents."""
    incidents = []
    for number in numbers:
        world.at(f"{number:02}:10", CLEAN.fails(message.format(number)))
        with world.store.database.read() as connection:
            key = list_incidents(connection, PageRequest(1), IncidentFilter()).rows[0].id
        world.submit(ReclassifyIncident(incident=key, failure_class=to, actor="ada"))
        world.submit(ResolveIncident(incident=key, actor="ada"))
        incidents.append(key)
    return incidents


def proposals(store: Store, *, decided: bool = False) -> list[tuple[str, bool | None]]:
    with store.database.read() as connection:
        found = proposed_rules(connection, decided=decided)
    return [(each.proposal.id, each.is_accepted) for each in found]


def test_a_correction_is_kept_with_what_the_run_said_redacted(world: Scenario) -> None:
    [incident] = correct(world, 5)

    with world.store.database.read() as connection:
        [found] = list_corrections(connection, PageRequest(10)).rows
    assert (found.incident_id, found.failure_class, found.actor) == (incident, "CONFIG", "ada")
    assert found.message == "flux capacitor 5 is not aligned, token=…"
    assert found.ruled_class != "CONFIG"


def test_equal_corrections_propose_a_rule_until_somebody_decides(world: Scenario) -> None:
    incidents = correct(world, 5, 6)
    assert proposals(world.store) == []
    incidents += correct(world, 7)

    with world.store.database.read() as connection:
        [found] = proposed_rules(connection)
    assert found.proposal.incidents == tuple(sorted(incidents))
    assert found.proposal.failure_class is FailureClass.CONFIG
    key = found.proposal.id
    assert world.submit(DecideRule(proposal=key, accept=False, actor="bob")).code == "OK"
    assert proposals(world.store) == []
    assert proposals(world.store, decided=True) == [(key, False)]


def test_nothing_is_applied_unseen(world: Scenario) -> None:
    correct(world, 5, 6, 7)
    world.at("08:10", CLEAN.fails(MESSAGE.format(8)))

    with world.store.database.read() as connection:
        last = list_incidents(connection, PageRequest(1), IncidentFilter()).rows[0]
    assert last.failure_class != "CONFIG"


def test_people_who_disagree_propose_nothing(world: Scenario) -> None:
    correct(world, 5, 6, 7)
    correct(world, 8, to=FailureClass.LOGIC)

    assert proposals(world.store) == []


def test_a_rule_that_would_overrule_what_people_said_of_another_error_is_not_proposed(
    world: Scenario,
) -> None:
    refused = MESSAGE + ", permission refused"
    correct(world, 5, 6, 7)
    [plain] = proposals(world.store)
    correct(world, 8, message=refused, to=FailureClass.ACCESS)
    assert proposals(world.store) == []

    correct(world, 9, 10, message=refused, to=FailureClass.ACCESS)
    [other] = proposals(world.store)
    assert other != plain


def test_of_one_incident_the_last_word_counts(world: Scenario) -> None:
    world.at("05:10", CLEAN.fails(MESSAGE.format(5)))
    with world.store.database.read() as connection:
        key = list_incidents(connection, PageRequest(1), IncidentFilter()).rows[0].id
    for failure_class in (FailureClass.ACCESS, FailureClass.CONFIG):
        command = ReclassifyIncident(incident=key, failure_class=failure_class, actor="ada")
        world.submit(command)

    with world.store.database.read() as connection:
        [found] = list_corrections(connection, PageRequest(10)).rows
    assert found.failure_class == "CONFIG"


def test_a_rule_that_is_taken_up_is_a_file_by_which_the_next_one_is_classified(
    world: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correct(world, 5, 6, 7)
    [(key, _)] = proposals(world.store)
    options = ["--database", world.store.database.url, "--config", str(tmp_path)]

    def hub(*args: str) -> int:
        return run_to_exit(lambda: root([*args, *options]))

    assert hub("incidents", "rules", "accept", key, "--out", str(tmp_path)) == 0
    [rule] = load_rules(tmp_path)
    assert rule.failure_class is FailureClass.CONFIG
    assert hub("incidents", "rules") == 0
    assert "nothing" in capsys.readouterr().out
    lines = tmp_path / "failures.jsonl"
    lines.write_text(json.dumps({"message": MESSAGE.format(99), "producer": "scenario"}))
    assert run_to_exit(lambda: root(["classify", str(lines), "--config", str(tmp_path)])) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["class"], said["rule"], said["owner"]) == (
        "CONFIG",
        f"written.{rule.name}",
        "platform",
    )


def test_what_is_decided_about_a_rule_is_told_to_programs(
    world: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correct(world, 5, 6, 7)
    [(key, _)] = proposals(world.store)
    options = ["--json", "--database", world.store.database.url, "--config", str(tmp_path)]

    def told(*args: str) -> dict[str, Any]:
        assert run_to_exit(lambda: root(["incidents", "rules", *args, *options])) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    assert told("reject", key) == {"id": key, "isAccepted": False}
    printed = told("accept", key)
    written = told("accept", key, "--out", str(tmp_path))
    assert printed == {**written, "path": None}
    assert (written["id"], written["isAccepted"]) == (key, True)
    [rule] = load_rules(tmp_path)
    assert written["path"] == f"{tmp_path}/rules/{Path(written['path']).name}"
    assert rule.name in written["file"]


def test_corrections_are_lines_to_test_with(
    world: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [incident] = correct(world, 5)
    options = ["--database", world.store.database.url, "--config", str(tmp_path)]

    assert run_to_exit(lambda: root(["classify", "--fixtures", *options])) == 0
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["message"], line["class"], line["incident"]) == (
        "flux capacitor 5 is not aligned, token=…",
        "CONFIG",
        f"incident:{incident}",
    )


def test_there_is_no_deciding_about_what_is_not_proposed(world: Scenario, tmp_path: Path) -> None:
    options = ["--database", world.store.database.url, "--config", str(tmp_path)]

    assert run_to_exit(lambda: root(["incidents", "rules", "reject", "nope", *options])) == 2
