"""Runs a lane in a process of its own, which dies by ``kill -9`` at one point of its reporting.

python -m tests.runtime.killed FOLDER STORE_URL POINT
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from hub.app.reporting import JournalReporter
from hub.domain.deadletters import NewDeadLetter
from hub.runtime.open_runs import OpenRuns
from hub.runtime.runner import Runner
from hub.store.opening import open_store
from tests.runtime.mesh import Mesh, scans_lane

# When to die: once the step's START is stored; once its dead letters are; when its rows are in
# the lake and its end is not reported yet; when that is reported and nobody knows it here.
POINTS = ("started", "refused", "committed", "reported")


class DyingReporter:
    """Reports into the journal up to a point."""

    def __init__(self, reporter: JournalReporter, point: str) -> None:
        self._reporter = reporter
        self._point = point

    def emit(self, event: bytes) -> None:
        said = json.loads(event)
        is_step, kind = said["job"]["name"] == "scans.scan_files", said["eventType"]
        if self._point == "committed" and is_step and kind == "COMPLETE":
            die()
        self._reporter.emit(event)
        if is_step and (self._point, kind) in {("started", "START"), ("reported", "COMPLETE")}:
            die()

    def dead_letter(self, letters: Sequence[NewDeadLetter]) -> None:
        self._reporter.dead_letter(letters)
        if self._point == "refused":
            die()


def die() -> None:
    """End this process as an operating system does that is out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, url: str, point: str) -> None:
    """Run the lane until it dies."""
    mesh = Mesh(Path(folder), open_store(url), scans_lane())
    mesh.runs = 100
    mesh.reporter = DyingReporter(mesh.reporter, point)  # type: ignore[assignment]  # a Reporter too
    Runner(mesh.tools, OpenRuns(mesh.folder / "runs"), mesh.new_run_id).run("scans")


if __name__ == "__main__":
    main(*sys.argv[1:])
