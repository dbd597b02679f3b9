"""``hub silence`` and ``hub incidents reassign|reclassify`` act on a store, and say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.entries import EntryKind, NewEntry
from hub.store.opening import open_store
from hub.testing.scenario import run as script

FAILS = script("fleet/repairs.clean").writes("silver.repairs").fails("syntax error at or near")


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> tuple[str, ...]:
    """A store with a failure in it, and who there is."""
    store = open_store(sqlite_url)
    entries = [NewEntry(EntryKind.EVENT, body) for body in FAILS.events(1_000_000_000_000, 1)]
    store.journal.append(entries, recorded_at=1_000_000_000_000)
    store.close()
    (tmp_path / "domains.yaml").write_text(
        "platform: {team: data-platform}\n"
        "domains:\n"
        "  - {domain: fleet, team: fleet-data}\n"
        "  - {domain: finance, team: finance-data}\n"
    )
    return "--database", sqlite_url, "--config", str(tmp_path)


def run(*args: str) -> int:
    return run_to_exit(lambda: root([*args]))


def said(capsys: pytest.CaptureFixture[str], *args: str) -> Any:  # noqa: ANN401 - any JSON
    run(*args, "--json")
    return json.loads(capsys.readouterr().out)


def test_a_silence_is_added_listed_and_ended(
    place: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    add = ("silence", "add", "domain=fleet", "--for", "2h", "--comment", "we know")
    key = said(capsys, *add, "--owner", "ada", *place)["id"]
    [found] = said(capsys, "silence", "ls", *place)
    assert (found["id"], found["state"], found["owner"]) == (key, "ACTIVE", "ada")
    assert run("silence", "ls", *place) == 0
    assert "domain=fleet" in capsys.readouterr().out
    assert key.startswith("silence:SIL-")
    assert run("silence", "expire", key, *place) == 0
    assert f"{key.removeprefix('silence:')} is over" in capsys.readouterr().out
    assert said(capsys, "silence", "ls", *place) == []
    [over] = said(capsys, "silence", "ls", "--all", *place)
    assert (over["state"], bool(over["expiredAt"])) == ("OVER", True)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("domain=fleet",), "say how long it lasts"),
        (("domain=fleet", "--for", "2h", "--until", "2030-01-01T00:00:00Z"), "say how long"),
        (("domain=fleet", "--for", "soon"), "'soon' is no duration"),
        (("domain=fleet", "--until", "soon"), "'soon' is no time"),
        (("colour=red", "--for", "2h"), "'colour' is no label"),
        (("severity=error", "--for", "2h"), "no severity is 'error': it is one of critical, page"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(
    args: tuple[str, ...], said: str, place: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("silence", "add", *args, "--comment", "x", *place) == 2
    assert said in capsys.readouterr().err


def test_a_silence_that_is_unknown_cannot_be_ended(
    place: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("silence", "expire", "SIL-404", *place) == 2
    assert "there is no silence SIL-404" in capsys.readouterr().err


def test_an_incident_is_handed_on_and_named_anew(
    place: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    # Any command brings the store up to date first.
    run("silence", "expire", "SIL-404", *place)
    capsys.readouterr()
    [found] = said(capsys, "incidents", *place)
    handed = said(capsys, "incidents", "reassign", found["id"], "finance", *place)
    assert handed["owner"]["name"] == "finance-data"
    named = said(capsys, "incidents", "reclassify", found["id"], "CONFIG", *place)
    assert (named["class"], named["owner"]["name"]) == ("CONFIG", "finance-data")
    assert run("incidents", "reassign", found["id"], "nobody", *place) == 2
    assert "no team or domain nobody is declared" in capsys.readouterr().err
