"""After ``kill -9`` anywhere: no row lost or doubled, and every run that began has an end."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.domain.catalog import Step
from hub.domain.errors import Conflict
from hub.runtime.open_runs import OpenRun, OpenRuns
from hub.runtime.work import Tally
from tests.machine import ROOT
from tests.runtime.conftest import MakeMesh
from tests.runtime.killed import POINTS
from tests.runtime.mesh import Mesh, scan_lines, scans_lane

Kill = Callable[[Mesh, str], None]
TERMINAL = {"COMPLETE", "FAIL", "ABORT"}


@pytest.fixture
def kill(sqlite_url: str) -> Kill:
    """Run the lane in a process that dies at a point."""

    def run(mesh: Mesh, point: str) -> None:
        command = [sys.executable, "-m", "tests.runtime.killed"]
        done = subprocess.run(
            [*command, str(mesh.folder), sqlite_url, point], cwd=ROOT, check=False
        )
        assert done.returncode == -9

    return run


def ends(mesh: Mesh) -> dict[str, list[str]]:
    """Return the terminal events of each run that has started."""
    started = [each["run"]["runId"] for each in mesh.events if each["eventType"] == "START"]
    said: dict[str, list[str]] = {run: [] for run in started}
    for each in mesh.events:
        if each["eventType"] in TERMINAL:
            said[each["run"]["runId"]].append(each["eventType"])
    return said


@pytest.mark.parametrize("point", POINTS)
def test_the_next_run_loses_nothing_doubles_nothing_and_ends_the_killed_one(
    make_mesh: MakeMesh, kill: Kill, point: str
) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2) + "3,west,1,2026-01-01T00:00:00Z\n")
    kill(mesh, point)
    mesh.land("b.csv", scan_lines(4))
    [result] = mesh.run()

    assert result.state == "COMPLETE"
    assert sorted(row["id"] for row in mesh.rows("bronze.scans")) == [1, 2, 4]
    keys = Counter((row["_origin"], row["_sequence"]) for row in mesh.rows("bronze.scans"))
    assert set(keys.values()) == {1}
    assert len(mesh.letters) == 1
    assert all(ends(mesh).values()), "every run that began has ended"
    assert not list((mesh.folder / "runs").glob("*.run"))


def test_a_run_that_died_before_its_report_is_reported_from_what_the_lake_holds(
    make_mesh: MakeMesh, kill: Kill
) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2) + "3,west,1,2026-01-01T00:00:00Z\n")
    kill(mesh, "committed")
    mesh.run()
    first = mesh.events[1]["run"]["runId"]
    [end] = [
        each
        for each in mesh.events
        if each["run"]["runId"] == first and each["eventType"] in TERMINAL
    ]
    assert end["eventType"] == "COMPLETE"
    assert end["run"]["facets"]["hub_step"]["recovered"] is True
    measured = end["outputs"][0]["outputFacets"]["hub_measures"]
    assert (measured["rows_in"], measured["rows_out"], measured["rows_refused"]) == (3, 2, 1)


def test_a_run_that_died_before_its_commit_is_aborted(make_mesh: MakeMesh, kill: Kill) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1))
    kill(mesh, "started")
    mesh.run()
    first = mesh.events[1]["run"]["runId"]
    assert ends(mesh)[first] == ["ABORT"]
    aborted = [each for each in mesh.events if each["run"]["runId"] == first][-1]
    failure = aborted["run"]["facets"]["hub_failure"]
    assert failure["exceptions"][0]["type"] == "hub.runtime.failures.RunnerDied"


def test_an_interrupted_run_says_so_and_keeps_what_it_has_committed(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    mesh.land("a.csv", scan_lines(1, 2))

    def interrupt(_step: Step, _tally: Tally) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mesh.runner.run("scans", on_progress=interrupt)
    assert mesh.said("scans.scan_files") == ["START", "ABORT"]
    assert mesh.said("scans") == ["START", "ABORT"]
    mesh.land("b.csv", scan_lines(3))
    mesh.run()
    assert mesh.said("scans.scan_files") == ["START", "ABORT", "START", "COMPLETE"]
    assert sorted(row["id"] for row in mesh.rows("bronze.scans")) == [1, 2, 3]


def test_a_run_that_goes_on_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    runs = OpenRuns(tmp_path)
    begun = OpenRun(run_id="1", product="p", started_at=0)
    with runs.hold(begun):
        assert list(OpenRuns(tmp_path).abandoned()) == []
    assert list(OpenRuns(tmp_path).abandoned()) == []


def test_a_run_whose_report_failed_is_reported_later(tmp_path: Path) -> None:
    runs = OpenRuns(tmp_path)
    begun = OpenRun(run_id="1", product="p", started_at=0)
    with pytest.raises(ZeroDivisionError), runs.hold(begun):
        raise ZeroDivisionError
    assert list(OpenRuns(tmp_path).abandoned()) == [begun]
    assert list(OpenRuns(tmp_path).abandoned()) == []


def test_a_step_runs_once_at_a_time(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane())
    with (
        OpenRuns(mesh.folder / "runs").alone("scans.scan_files"),
        pytest.raises(Conflict, match=r"scans\.scan_files is being run"),
    ):
        mesh.run()
    assert mesh.events == []
