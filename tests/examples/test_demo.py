"""The demo is run as a newcomer would, and must make of its five faults what they are."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from examples.demo.faults import BROKEN_RULE, FAULTS
from examples.demo.processes import ServedHub
from examples.demo.story import MESH
from examples.demo.summary import in_words, surprises

ROOT = Path(__file__).parents[2]


def command(folder: Path) -> list[str]:
    """How to run the demo in a folder, at any port."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        "from examples.demo.__main__ import main; sys.exit(main())"
    )
    return [sys.executable, "-u", "-c", program, "--port", "0", "--folder", str(folder / "mesh")]


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo once in a folder, as a newcomer would."""
    return subprocess.run(
        [*command(folder), "--once"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


@pytest.mark.needs("odbc")
@pytest.mark.timeout(300)
def test_each_fault_becomes_one_incident_for_its_owner(tmp_path: Path) -> None:
    told = demo(tmp_path)

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


def test_a_demo_that_is_told_to_end_leaves_no_hub_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as told:
        assert told.stdout is not None
        line = next(line for line in told.stdout if line.startswith("2. A hub serves at "))
        url = line.split()[5].rstrip(";")
        assert httpx.get(f"{url}/livez").status_code == 200
        told.send_signal(signal.SIGTERM)
        told.stdout.read()
    assert told.returncode == 128 + signal.SIGTERM
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/livez")


@pytest.mark.needs("odbc")
def test_what_the_machine_lacks_is_told_by_the_doctor_and_in_the_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odbcinst.ini").touch()
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    monkeypatch.setenv("HUB_DATABASE", f"sqlite:///{tmp_path}/hub.db")

    lacking = ServedHub(MESH, 0, {}).lacking()

    assert [each["what"] for each in lacking] == ["step members.tariffs"]
    incidents = [
        {"class": f.failure_class, "owner": f.owner, "owner_kind": f.owner_kind, "root": f.root}
        for f in FAULTS
        if f is not BROKEN_RULE
    ]
    incidents.append({**incidents[0], "root": "dataset:lake:bronze.tariffs"})
    document = {
        "records": 1,
        "dead_letters": 1,
        "slos": [],
        "incidents": incidents,
        "unavailable": lacking,
    }
    assert surprises(document) == []
    assert len(surprises({**document, "unavailable": []})) == 2
    summary = "\n".join(in_words({**document, "incidents": []}))
    assert "unavailable: step members.tariffs: this machine has no ODBC driver SQLite3" in summary
