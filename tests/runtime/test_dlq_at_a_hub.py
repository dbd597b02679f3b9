"""Dead letters that a running hub is asked to replay, or to discard: with its own runner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pytest
from deltalake import DeltaTable

from hub.app.replaying import _result_of
from hub.domain.errors import Unreachable
from tests.runtime.conftest import Command, Shown
from tests.runtime.mesh import SCANS_CONTRACT
from tests.served.hubs import log_of, served

WIDER = SCANS_CONTRACT.replace("{value: south}", "{value: south}, {value: west}")


@pytest.fixture
def url(hub: Command, folder: Path, sqlite_url: str) -> Iterator[str]:
    """A hub on a store with two refused records, one of which today's contract takes."""
    assert hub("run", "scans") == 0
    (folder / "contracts" / "scans.odcs.yaml").write_text(WIDER)
    with served(folder, "--database", sqlite_url) as (url, _process):
        yield url
    assert "Traceback" not in log_of(folder)


@pytest.fixture
def asked(hub: Command, url: str, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Run a command of the hub's on the running one, and return what it prints."""
    from hub.cli.commands import root
    from hub.cli.exits import run_to_exit

    def run(*args: str) -> Any:  # noqa: ANN401 - whatever JSON it is
        capsys.readouterr()
        run_to_exit(lambda: root(["dlq", *args, "--url", url, "--json"]))
        return json.loads(capsys.readouterr().out)

    return run


def ids(folder: Path) -> list[int]:
    table = DeltaTable(folder / ".hub" / "lake" / "bronze" / "scans").to_pyarrow_table()
    return sorted(table["id"].to_pylist())


@pytest.mark.timeout(180)
def test_a_hub_replays_with_todays_contract_and_a_second_time_nothing(
    asked: Shown, folder: Path
) -> None:
    [planned] = asked("replay", "--dry-run")["plan"]
    assert planned.startswith("2 letters of ")
    assert planned.endswith(": each through today's decoder, contract and lake of scans.scan_files")
    assert {each["replays"] for each in asked("ls")} == {0}
    assert ids(folder) == [1]

    done = asked("replay")
    assert (done["resolved"], done["refused"], done["leftAlone"]) == (1, 1, 0)
    assert ids(folder) == [1, 2]
    [left] = asked("ls")
    assert (left["rule"], left["replays"]) == ("undecodable", 1)

    [resolved] = [each["id"] for each in done["outcomes"] if each["resolved"]]
    again = asked("replay", resolved)
    assert (again["resolved"], again["refused"], again["leftAlone"]) == (0, 0, 1)
    assert ids(folder) == [1, 2]


@pytest.mark.timeout(180)
def test_a_letter_that_is_discarded_at_a_hub_stays_so(asked: Shown, hub: Command) -> None:
    assert asked("discard", "--rule", "enum:depot", "--reason", "a test", "--dry-run")["plan"]
    assert len(asked("ls")) == 2
    assert asked("discard", "--rule", "enum:depot", "--reason", "a test")["discarded"] == 1
    [letter] = [each for each in asked("ls", "--all") if each["rule"] == "enum:depot"]
    assert (letter["state"], letter["discardedFor"]) == ("discarded", "local: a test")
    assert asked("replay", letter["id"])["leftAlone"] == 1
    assert asked("discard", letter["id"], "--reason", "twice")["leftAlone"] == 1
    assert asked("show", letter["id"])["discardedFor"] == "local: a test"
    assert hub("rebuild", "--verify") == 0


@pytest.mark.timeout(180)
def test_a_command_that_takes_long_is_answered_under_its_key(url: str, asked: Shown) -> None:
    mutation = """mutation ($input: ReplayDeadLettersInput!) { replayDeadLetters(input: $input) {
        position message errors { code } } }"""
    given = {"filter": {"product": "scans"}, "clientKey": "once"}
    for _ask in range(60):
        body = {"query": mutation, "variables": {"input": given}}
        answer = httpx.post(f"{url}/graphql", json=body, timeout=60).json()
        payload = answer["data"]["replayDeadLetters"]
        if not payload["errors"]:
            break
        assert payload["errors"] == [{"code": "PENDING"}]
    assert payload["message"] == "1 resolved, 1 refused again"
    assert {each["replays"] for each in asked("ls", "--all")} == {1}


def test_a_runner_that_dies_costs_its_replay_and_nothing_else() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(Unreachable, match="has ended before it was done"),
    ):
        _result_of(pool.submit(os._exit, 3))
