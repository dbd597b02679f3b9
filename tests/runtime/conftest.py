"""Fixtures of the runtime's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.catalog import Step
from hub.store.opening import Store
from tests.runtime.mesh import SCANS_CONTRACT, Mesh, scan_lines

MakeMesh = Callable[..., Mesh]
Command = Callable[..., int]
Shown = Callable[..., Any]

DOMAINS = """
domains:
  - {domain: rail, team: rail-team}
sources:
  - {source: scanners, domain: rail, team: scanner-desk}
"""
PRODUCT = """
product: scans
domain: rail
steps:
  - step: scan_files
    lane: files
    source: scanners
    options: {path: "landing/*.csv"}
    contract: scans
    event_time: at
    writes: bronze.scans
"""
# One record of an unknown depot, and one that is no line of the file.
BAD_LINES = "2,west,1.5,2026-01-01T00:00:00Z\n3,north\n"


@pytest.fixture
def make_mesh(tmp_path: Path, sqlite_store: Store) -> MakeMesh:
    """Make a mesh of steps; keyword arguments are contracts by id."""

    def make(*steps: Step, **contracts: str) -> Mesh:
        return Mesh(tmp_path, sqlite_store, *steps, **contracts)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration folder with one product."""
    made = tmp_path / "mesh"
    for name, content in (
        ("domains.yaml", DOMAINS),
        ("products/scans.yaml", PRODUCT),
        ("contracts/scans.odcs.yaml", SCANS_CONTRACT),
        ("landing/a.csv", scan_lines(1) + BAD_LINES),
    ):
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return made


@pytest.fixture
def hub(folder: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command of the hub on that folder; return its exit code."""
    # It would tie the loggers of this process to the captured stderr of one test.
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    options = ["--database", sqlite_url, "--config", str(folder)]
    return lambda *args: run_to_exit(lambda: root([*args, *options]))


@pytest.fixture
def shown(hub: Command, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Run a command with --json, and return what it prints."""

    def run(*args: str) -> Any:  # noqa: ANN401 - whatever JSON it is
        capsys.readouterr()
        hub(*args, "--json")
        return json.loads(capsys.readouterr().out)

    return run
