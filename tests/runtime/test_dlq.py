"""What people type when records were refused: see them, see why, bring them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.domain.deadletters import quarantined
from hub.domain.entries import EntryKind, NewEntry
from hub.store.dead_letters import put_letters
from hub.store.opening import open_store
from tests.runtime.conftest import PRODUCT, Command, Shown
from tests.runtime.mesh import SCANS_CONTRACT, scan_lines

WIDER = SCANS_CONTRACT.replace("{value: south}", "{value: south}, {value: west}")


def test_a_refused_record_is_listed_with_its_reasons(hub: Command, shown: Shown) -> None:
    assert hub("run", "scans") == 0
    letters = {each["rule"]: each for each in shown("dlq", "ls")}
    assert set(letters) == {"enum:depot", "undecodable"}
    letter = letters["enum:depot"]
    assert letter["reasons"] == ["depot is 'west', not one of north, south"]
    assert (letter["stage"], letter["class"], letter["state"]) == ("bronze", "DATA_QUALITY", "open")
    assert [each["rule"] for each in shown("dlq", "ls", "--rule", "undecodable")] == ["undecodable"]
    assert shown("dlq", "ls", "--source", "somebody") == []


def test_one_letter_is_shown_with_what_came_in(
    hub: Command, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    hub("run", "scans")
    [found] = shown("dlq", "ls", "--rule", "enum:depot")
    assert json.loads(shown("dlq", "show", found["id"])["payload"])["depot"] == "west"
    assert hub("dlq", "show", found["id"].removeprefix("dead-letter:")) == 0
    assert "depot is 'west', not one of north, south" in capsys.readouterr().out
    assert hub("dlq", "show", "nobody") == 2


def test_a_replay_resolves_what_passes_today_and_keeps_the_rest(
    hub: Command, shown: Shown, folder: Path
) -> None:
    hub("run", "scans")
    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    assert shown("dlq", "replay")["resolved"] == 1
    [left] = shown("dlq", "ls")
    assert (left["rule"], left["replays"]) == ("undecodable", 1)
    states = {each["rule"]: each["state"] for each in shown("dlq", "ls", "--all")}
    assert states == {"enum:depot": "resolved", "undecodable": "open"}
    assert hub("dlq", "replay") == 1


def test_a_failed_replay_leaves_todays_reasons(hub: Command, shown: Shown, folder: Path) -> None:
    hub("run", "scans")
    stricter = SCANS_CONTRACT.replace("minimum: 0", "minimum: 2")
    (folder / "contracts" / "scans.odcs.yaml").write_text(stricter)
    hub("dlq", "replay", "--rule", "enum:depot")
    [letter] = shown("dlq", "ls", "--rule", "enum:depot")
    assert letter["reasons"] == [
        "depot is 'west', not one of north, south",
        "weight is 1.5, below 2",
    ]


def test_a_dry_run_says_what_would_come_of_it_and_changes_nothing(
    hub: Command, shown: Shown, folder: Path
) -> None:
    hub("run", "scans")
    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    before = shown("dlq", "ls", "--all")
    assert shown("dlq", "replay", "--dry-run")["resolved"] == 1
    assert shown("dlq", "ls", "--all") == before


def test_a_second_replay_changes_nothing(hub: Command, shown: Shown, folder: Path) -> None:
    hub("run", "scans")
    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    [letter] = shown("dlq", "ls", "--rule", "enum:depot")
    assert shown("dlq", "replay", letter["id"])["resolved"] == 1
    again = shown("dlq", "replay", letter["id"])
    assert (again["resolved"], again["leftAlone"]) == (0, 1)


def test_a_rebuild_knows_what_became_of_every_letter(
    hub: Command, shown: Shown, folder: Path
) -> None:
    hub("run", "scans")
    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    hub("dlq", "replay")
    before = shown("dlq", "ls", "--all")
    assert hub("rebuild", "--verify") == 0
    assert hub("rebuild") == 0
    assert shown("dlq", "ls", "--all") == before


def test_examples_of_a_refused_batch_run_their_step_again(
    hub: Command, shown: Shown, folder: Path
) -> None:
    (folder / "landing" / "a.csv").write_text(scan_lines(1).replace("depot", "station"))
    assert hub("run", "scans") == 1
    [letter] = shown("dlq", "ls")
    assert letter["encoding"] == "sample"
    assert hub("dlq", "replay", "--dry-run") == 1
    (folder / "landing" / "a.csv").write_text(scan_lines(1))
    assert hub("dlq", "replay") == 0
    assert shown("dlq", "ls") == []
    assert shown("run", "scans")[0]["rows_in"] == 0


def test_a_letter_of_a_step_that_is_gone_is_left_alone(
    hub: Command, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub("run", "scans")
    (folder / "products" / "scans.yaml").write_text(PRODUCT.replace("scan_files", "other"))
    capsys.readouterr()
    assert hub("dlq", "replay") == 0
    assert "2 left alone: step scans.scan_files is not declared any more" in capsys.readouterr().err


def test_an_event_that_can_be_used_by_now_is_projected(
    hub: Command, shown: Shown, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {
        "eventType": "COMPLETE",
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "https://example.com",
        "job": {"namespace": "n", "name": "j"},
        "run": {"runId": "018f0000-0000-7000-8000-000000000001"},
        "outputs": [{"namespace": "n", "name": "released"}],
    }
    store = open_store(sqlite_url)
    body = json.dumps(event).encode()
    entry = NewEntry(EntryKind.EVENT, body)
    [appended] = store.journal.append([entry], recorded_at=1)
    # As an older hub would have left it: quarantined, and not projected.
    letter = quarantined(body, ("too new",), position=appended.position, at=None)
    with store.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO tracking VALUES ('project', 1)")
        put_letters(connection, [(appended.position, 1, letter)])
    store.close()
    assert hub("lineage", "up", "dataset:n:released") == 2
    assert shown("dlq", "replay", "--stage", "intake")["resolved"] == 1
    assert hub("lineage", "up", "dataset:n:released") == 0
    assert shown("dlq", "ls") == []


def test_what_is_discarded_is_kept_with_the_reason_and_comes_back_by_nothing(
    hub: Command, shown: Shown, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub("run", "scans")
    choice = ("--rule", "enum:depot", "--reason", "west is closed")
    assert shown("dlq", "discard", *choice, "--dry-run")["discarded"] == 1
    assert len(shown("dlq", "ls")) == 2
    assert shown("dlq", "discard", *choice)["discarded"] == 1
    assert [each["rule"] for each in shown("dlq", "ls")] == ["undecodable"]
    [letter] = [each for each in shown("dlq", "ls", "--all") if each["state"] == "discarded"]
    assert letter["discardedFor"].endswith(": west is closed")
    assert letter["resolvedAt"]

    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    assert shown("dlq", "replay", letter["id"])["leftAlone"] == 1
    assert hub("run", "scans") == 0
    states = {each["rule"]: each["state"] for each in shown("dlq", "ls", "--all")}
    assert states == {"enum:depot": "discarded", "undecodable": "open"}
    assert hub("rebuild", "--verify") == 0


def test_nothing_is_discarded_without_a_reason_or_a_choice(
    hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    hub("run", "scans")
    assert hub("dlq", "discard", "--rule", "enum:depot", "--reason", " ") == 2
    assert "a reason is needed" in capsys.readouterr().err
    assert hub("dlq", "discard", "--reason", "all of them") == 2
    assert "nothing is chosen" in capsys.readouterr().err
    assert hub("dlq", "discard", "nobody", "--reason", "whoever") == 2
    capsys.readouterr()
    assert hub("dlq", "discard", "--rule", "enum:nothing", "--reason", "whoever") == 0
    assert capsys.readouterr().out == "nothing to be done\n"
