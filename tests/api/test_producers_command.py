"""``hub producers`` against a store."""

from __future__ import annotations

import json

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.names import DatasetName
from hub.flow.project import project_all
from hub.store.opening import open_store
from hub.testing.builders import run_event
from tests.small_world import LOAD, append

PRODUCER = "https://example.test/producer"


@pytest.fixture
def url(sqlite_url: str) -> str:
    store = open_store(sqlite_url)
    for number in range(4):
        start = run_event(LOAD, f"{number}", at=1, event_type="START")
        end = run_event(LOAD, f"{number}", at=2, inputs=[DatasetName("n", "a")])
        append(store, *((start, end) if number else (end,)))
    project_all(store)
    store.close()
    return sqlite_url


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["producers", *args]))


def test_all_are_listed_with_what_they_break_and_omit(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--database", url) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["producer", "version", "runs", "breaks", "omits"]
    omitted = "NO_JOB_TYPE 100%, NO_NOMINAL_TIME 100%, NO_PARENT 100%"
    assert line.split(maxsplit=4) == [PRODUCER, "4", "ENDED_WITHOUT_START", "25%", omitted]


def test_one_is_shown_with_what_to_do_and_runs_to_look_at(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(PRODUCER, "--database", url) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{PRODUCER}, 4 runs\n\nENDED_WITHOUT_START: ")
    assert "a run ended that had not started, 1 of 4 runs" in said
    assert "To do: Send START when the run begins" in said
    assert "run:j:load:0" in said


def test_programs_get_json(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--database", url) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["uri"], found["runCount"]) == (PRODUCER, 4)
    assert found["faults"][0]["examples"] == [{"id": "run:j:load:0"}]


def test_who_is_not_known_is_said_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nobody", "--database", url) == 2
    assert "no producer nobody has told of a run" in capsys.readouterr().err
