"""``hub retention`` against a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.store.opening import open_store
from tests.store.test_retention import compacted, daily, names_of_runs

SETTINGS = """
[retention]
archive = "kept"
runs_days = 1
journal_days = 1
least_runs = 20
"""


@pytest.fixture
def options(sqlite_url: str, tmp_path: Path) -> list[str]:
    (tmp_path / "hub.toml").write_text(SETTINGS)
    store = open_store(sqlite_url)
    daily(store, 1)
    compacted(store)
    store.close()
    return ["--database", sqlite_url, "--config", str(tmp_path)]


def run(*args: str) -> int:
    return run_to_exit(lambda: root(list(args)))


def test_a_plan_can_be_read_by_people_and_programs(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("retention", "plan", *options) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.split() == ["table", "namespace", "before", "goes", "bytes", "oldest", "newest"]
    assert "kept in run of j: 40, as it is among its job's newest" in others
    assert run("retention", "plan", "--json", *options) == 0
    found = json.loads(capsys.readouterr().out)["tables"]
    assert {each["table"]: each["goes"] for each in found}["run"] == 10


def test_a_dry_run_changes_nothing(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("retention", "apply", "--dry-run", "--json", *options) == 0
    assert {each["table"] for each in json.loads(capsys.readouterr().out)["tables"]} >= {"journal"}
    assert not (tmp_path / "kept").exists()


def test_it_asks_before_anything_leaves(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("retention", "apply", *options) == 2
    assert "say --yes" in capsys.readouterr().err
    assert not (tmp_path / "kept").exists()


def test_what_has_left_is_told_and_a_rebuild_finds_it(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("retention", "apply", "--yes", "--json", *options) == 0
    gone = json.loads(capsys.readouterr().out)
    assert gone["runs"] == 10
    names = {"runs", "incidents", "dead_letters", "superseded", "sayings", "entries"}
    assert gone.keys() == names
    assert gone["entries"] > 0
    assert run("rebuild", "--verify", *options) == 0
    assert run("rebuild", *options) == 0
    store = open_store(options[1])
    assert len(names_of_runs(store)) == 40
    store.close()
    (tmp_path / "kept").rename(tmp_path / "lost")
    capsys.readouterr()
    assert run("rebuild", *options) == 1
    assert "the archive lacks" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["least_runs = 19", "runs_days = -1", 'namespaces = ["a"]'])
def test_settings_that_make_no_sense_are_refused(
    setting: str, sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hub.toml").write_text(f"[retention]\n{setting}\n")
    options = ["--database", sqlite_url, "--config", str(tmp_path)]
    assert run("retention", "apply", "--yes", *options) == 2
    assert "hub.toml:2" in capsys.readouterr().err


def test_fewer_days_than_routing_looks_back_are_refused(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hub.toml").write_text("[retention]\nincidents_days = 8\n")
    options = ["--database", sqlite_url, "--config", str(tmp_path)]
    assert run("retention", "plan", *options) == 2
    assert "retention: incidents_days: 0 (for ever) or 9 at least" in capsys.readouterr().err
