"""What steps counted is on /metrics of the hub that they report to, wherever they ran."""

from __future__ import annotations

from prometheus_client import REGISTRY

from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import FIRST_DAY, scan_lines, scans_lane


def value(name: str, step: str = "metered", **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, {"product": "scans", "step": step, **labels})
    return found or 0.0


def test_each_boundary_is_counted_once_an_event_is_projected(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(name="metered"))
    mesh.land("a.csv", scan_lines(1, 2) + "3,west,1,2026-01-01T00:00:00Z\n")
    mesh.run()
    run_until_idle([Project(mesh.store)])

    assert value("hub_step_runs_total", state="COMPLETE") == 1
    assert value("hub_step_rows_total", boundary="in") == 3
    assert value("hub_step_rows_total", boundary="out") == 2
    assert value("hub_step_rows_total", boundary="refused") == 1
    assert value("hub_step_bytes_total", boundary="in") > 0
    assert value("hub_step_bytes_total", boundary="out") > 0
    assert value("hub_step_seconds_count") == 1
    assert value("hub_step_newest_event_time_seconds") == FIRST_DAY / 1_000_000
    assert value("hub_step_lateness_seconds") > 0


def test_a_run_that_failed_is_counted_as_one(make_mesh: MakeMesh) -> None:
    mesh = make_mesh(scans_lane(name="broken", lane="carrier-pigeon"))
    mesh.run()
    run_until_idle([Project(mesh.store)])
    assert value("hub_step_runs_total", "broken", state="FAIL") == 1
