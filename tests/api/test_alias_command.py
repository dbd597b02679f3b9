"""``hub alias`` decides which names of a store mean one thing, and shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.store.opening import open_store
from hub.testing.builders import run_event

A, B, C = (DatasetName("s", name) for name in "abc")


@pytest.fixture
def url(sqlite_url: str) -> str:
    """A store whose events are not projected yet."""
    store = open_store(sqlite_url)
    event = run_event(JobName("j", "load"), "1", at=1_000_000, inputs=[A], outputs=[B, C])
    store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=0)
    store.close()
    return sqlite_url


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["alias", *args]))


def said(capsys: pytest.CaptureFixture[str], *args: str) -> Any:  # noqa: ANN401 - any JSON
    assert run(*args, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_names_are_joined_shown_and_parted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = "--database", url
    assert run("add", "dataset:s:b", "dataset:s:c", "--reason", "one table", *place) == 0
    assert "is another name of" in capsys.readouterr().out
    found = said(capsys, "ls", "dataset:s:b", *place)
    assert found["id"] == "dataset:s:c"
    [alias] = found["aliases"]
    assert (alias["name"], alias["provenance"]) == ("b", "OPERATOR")
    assert (alias["reason"], bool(alias["approvedBy"])) == ("one table", True)
    [ruling] = said(capsys, "ls", *place)
    assert (ruling["first"]["id"], ruling["apart"]) == ("dataset:s:b", False)
    assert said(capsys, "apart", "dataset:s:c", "dataset:s:b", *place)["message"]
    assert said(capsys, "ls", "dataset:s:b", *place)["aliases"] == []
    assert run("rm", "dataset:s:b", "dataset:s:c", *place) == 0
    capsys.readouterr()
    assert said(capsys, "ls", *place) == []


def test_tables_say_what_is_one_and_what_is_not(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = "--database", url
    run("add", "dataset:s:b", "dataset:s:c", *place)
    run("apart", "dataset:s:a", "dataset:s:c", *place)
    capsys.readouterr()
    assert run("ls", *place) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["dataset:s:b", "is", "dataset:s:c"]
    assert lines[2].split()[:4] == ["dataset:s:a", "is", "not", "dataset:s:c"]
    assert run("ls", "dataset:s:c", *place) == 0
    assert "OPERATOR" in capsys.readouterr().out


@pytest.mark.parametrize(
    "args",
    [
        ("add", "dataset:s:b", "dataset:s:b"),
        ("add", "dataset:s:b", "job:j:load"),
        ("apart", "dataset:s:b", "dataset:s:nope"),
        ("rm", "dataset:s:b", "dataset:s:c"),
        ("ls", "dataset:s:nope"),
    ],
)
def test_nonsense_is_refused_with_what_is_wrong(
    args: tuple[str, ...], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*args, "--database", url) == 2
    assert "error: " in capsys.readouterr().err
