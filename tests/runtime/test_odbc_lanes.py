"""A driver that misbehaves costs the run that met it, and the hub knows what it was."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.domain.catalog import Step
from hub.domain.failures.classification import Classifier
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.failures.rules_2026_12_02 import RULES
from hub.domain.observations import observe_run
from hub.domain.openlineage.events import RunEvent, read_event
from tests.runtime.conftest import MakeMesh
from tests.runtime.mesh import Mesh, scan_lines, scans_lane

pytestmark = pytest.mark.needs("odbc")

# Reads a column as arrow-odbc cannot bear it: Rust panics, and takes the process with it.
PANIC = """
import sys
if "hub_lane_odbc.child" in sys.orig_argv:
    import pyarrow as pa
    from arrow_odbc.connect import Connection
    read = Connection.read_arrow_batches
    def panicking(self, query, **options):
        if "union all" in query:
            options["schema"] = pa.schema([("at", pa.timestamp("us", "UTC"))])
        return read(self, query, **options)
    Connection.read_arrow_batches = panicking
"""


def tariffs(folder: Path, **options: Any) -> Step:  # noqa: ANN401 - options are of many types
    connection = f"Driver=SQLite3;Database={folder / 'cabinet.db'}"
    return Step(
        name="tariffs",
        product="scans",
        lane="odbc",
        source="scanners",
        writes="bronze.tariffs",
        options={"connection": connection, "table": "tariffs", **options},
    )


def execute(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "cabinet.db")) as database, database:
        database.execute(statement)


@pytest.fixture
def cabinet(tmp_path: Path) -> Path:
    execute(tmp_path, "create table tariffs (at timestamp)")
    execute(tmp_path, "insert into tariffs values ('2026-01-01 10:00:00.5')")
    return tmp_path


def verdict(mesh: Mesh, job: str) -> Verdict:
    event = read_event(json.dumps(mesh.last(job)).encode())
    assert isinstance(event, RunEvent)
    return Classifier(RULES).judge(observe_run(event).failure)


def test_a_crash_costs_one_run(
    make_mesh: MakeMesh, cabinet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = make_mesh(tariffs(cabinet), scans_lane())
    mesh.land("a.csv", scan_lines(1, 2))
    (cabinet / "sitecustomize.py").write_text(PANIC)
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(cabinet))
        states = {each.step: each.state for each in mesh.run()}

    assert states == {"tariffs": "FAIL", "scan_files": "COMPLETE"}
    assert len(mesh.rows("bronze.scans")) == 2
    found = verdict(mesh, "scans.tariffs")
    assert (found.failure_class, found.evidence) == (FailureClass.INFRA_COMPUTE, "signal ABRT")
    assert {each.step: each.state for each in mesh.run()}["tariffs"] == "COMPLETE"
    assert len(mesh.rows("bronze.tariffs")) == 1


def test_a_driver_that_wants_too_much_is_the_platform_s(make_mesh: MakeMesh, cabinet: Path) -> None:
    execute(cabinet, "create table notes (note text)")
    execute(cabinet, "insert into notes values (hex(zeroblob(4000000)))")
    hungry = {"table": "notes", "max_text_bytes": 10_000_000, "memory_bytes": 1 << 24}
    mesh = make_mesh(tariffs(cabinet, **hungry))

    [result] = mesh.run()

    assert result.state == "FAIL"
    assert verdict(mesh, "scans.tariffs").failure_class is FailureClass.INFRA_COMPUTE


def test_a_missing_driver_is_a_matter_of_configuration(make_mesh: MakeMesh, cabinet: Path) -> None:
    mesh = make_mesh(tariffs(cabinet, connection="Driver=NoSuchDriver"))

    mesh.run()

    assert verdict(mesh, "scans.tariffs").failure_class is FailureClass.CONFIG


def test_a_value_of_another_type_becomes_a_dead_letter(make_mesh: MakeMesh, cabinet: Path) -> None:
    execute(cabinet, "insert into tariffs values ('soon')")
    mesh = make_mesh(tariffs(cabinet))

    [result] = mesh.run()

    assert (result.state, result.rows_in, result.rows_out) == ("COMPLETE", 2, 1)
    [letter] = mesh.letters
    assert letter.reasons == ("at: 'soon' is no timestamp",)
