"""The demo is run as a newcomer would, and must make of its five faults what they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from examples.demo.faults import FAULTS

ROOT = Path(__file__).parents[2]


@pytest.mark.needs("odbc")
@pytest.mark.timeout(300)
def test_each_fault_becomes_one_incident_for_its_owner(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        "from examples.demo.__main__ import main; sys.exit(main())"
    )
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "--once",
            "--port",
            "0",
            "--folder",
            str(tmp_path / "mesh"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    document = json.loads((tmp_path / "demo.json").read_text())
    assert document["records"] >= 200_000
    assert document["dead_letters"] >= 1
    found = {(i["class"], i["owner"], i["owner_kind"], i["root"]) for i in document["incidents"]}
    expected = {(f.failure_class, f.owner, f.owner_kind, f.root) for f in FAULTS}
    assert found == expected
    assert len(document["incidents"]) == len(FAULTS)
    for incident in document["incidents"]:
        assert incident["receiver"]
        assert incident["products"]
        assert incident["reason"]
        assert "held_back" in incident
