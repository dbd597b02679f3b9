"""What people type to run products, and to see how they and the plugins stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from tests.runtime.conftest import PRODUCT, Command, Shown
from tests.runtime.mesh import scan_lines


def test_a_run_prints_what_each_step_came_to(
    hub: Command, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub("run", "scans") == 0
    [header, line] = capsys.readouterr().out.splitlines()
    assert header.split()[:5] == ["step", "state", "in", "out", "refused"]
    assert line.split()[:5] == ["scans.scan_files", "COMPLETE", "3", "1", "2"]
    [result] = shown("run", "scans.scan_files")
    assert (result["state"], result["rows_in"]) == ("COMPLETE", 0)


def test_a_broken_contract_is_a_finding_and_a_broken_lake_is_unreachable(
    hub: Command, folder: Path
) -> None:
    (folder / "landing" / "a.csv").write_text(scan_lines(1).replace("depot", "station"))
    assert hub("run", "scans") == 1
    (folder / ".hub").mkdir(exist_ok=True)
    (folder / ".hub" / "lake").rmdir()
    (folder / ".hub" / "lake").write_text("a file where the folder should be")
    assert hub("run", "scans") == 3


def test_an_unknown_product_is_a_mistake_with_a_suggestion(
    hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub("run", "scan") == 2
    assert "did you mean scans?" in capsys.readouterr().err


def test_products_show_how_their_last_runs_ended(hub: Command, shown: Shown, folder: Path) -> None:
    [before] = shown("products")
    assert (before["name"], before["state"]) == ("scans", "NEVER RUN")
    hub("run", "scans")
    [after] = shown("products")
    assert (after["state"], after["steps"][0]["state"]) == ("COMPLETE", "COMPLETE")
    assert after["steps"][0]["endedAt"].endswith("Z")
    (folder / "landing" / "b.csv").write_text(scan_lines(9).replace("depot", "station"))
    hub("run", "scans")
    assert shown("products")[0]["state"] == "FAIL"


def test_a_secret_that_was_written_down_is_masked(shown: Shown, folder: Path) -> None:
    options = 'options: {path: "landing/*.csv", password: hunter2}'
    written = PRODUCT.replace('options: {path: "landing/*.csv"}', options)
    (folder / "products" / "scans.yaml").write_text(written)
    assert "hunter2" not in str(shown("products"))


def test_plugins_are_shown_with_what_they_provide(capsys: pytest.CaptureFixture[str]) -> None:
    run_to_exit(lambda: root(["plugins", "--json"]))
    states = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert ["lake", "delta"] in states["lake-delta"]["provides"]
    assert (states["lake-delta"]["state"], states["lake-delta"]["error"]) == ("loaded", None)
