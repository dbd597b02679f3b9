"""Commands that take long: JSON for programs, and how far they have come for whoever watches."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.store import schema
from hub.store.database import Database
from tests.served.hubs import MAIN

Command = Callable[..., int]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    options = ["--database", f"sqlite:///{tmp_path}/hub.db", "--config", str(tmp_path)]
    return lambda *args: run_to_exit(lambda: root([*args, *options]))


def test_what_a_migration_came_to_is_told_to_programs(
    hub: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Database(f"sqlite:///{tmp_path}/hub.db").masked_url
    for before in (None, schema.HEAD):
        assert hub("migrate", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told == {"store": store, "before": before, "after": schema.HEAD}
    assert hub("migrate") == 0
    assert capsys.readouterr().out == f"{store}: {schema.HEAD} -> {schema.HEAD}\n"


@pytest.mark.parametrize(("command", "what"), [("fingerprint", "tables"), ("doctor", "checks")])
def test_on_a_terminal_a_command_shows_how_far_it_has_come(
    tmp_path: Path, command: str, what: str
) -> None:
    answers, terminal = pty.openpty()
    asked = [*MAIN, command, "--json", "--config", str(tmp_path)]
    environment = os.environ | {"HUB_DATABASE": f"sqlite:///{tmp_path}/hub.db", "TERM": "xterm"}
    made = [*MAIN, "migrate", "--config", str(tmp_path)]
    subprocess.run(made, stdout=subprocess.DEVNULL, check=True, env=environment, timeout=60)
    done = subprocess.run(
        asked, stdout=subprocess.PIPE, stderr=terminal, check=False, env=environment, timeout=60
    )
    os.close(terminal)
    shown = b""
    while piece := _read(answers):
        shown += piece
    os.close(answers)
    assert what.encode() in shown
    assert json.loads(done.stdout) is not None


def _read(answers: int) -> bytes:
    try:
        return os.read(answers, 1 << 16)
    except OSError:  # the other side is closed
        return b""
