"""A real ``hub serve`` in a process of its own, and what it costs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.bench.processes import cpu_seconds, resident_mb

HUB = str(Path(sys.executable).with_name("hub"))


class Served(NamedTuple):
    """A running hub. ``start_seconds`` is from the call to the line that says it listens."""

    pid: int
    port: int
    start_seconds: float

    def cpu_seconds(self) -> float:
        """Return the processor time that the process and its children have used."""
        return cpu_seconds(self.pid)

    def resident_mb(self) -> float:
        """Return the memory that the process and its children hold."""
        return resident_mb(self.pid)

    def wait_until_idle(self) -> None:
        """Return once everything in the journal is projected."""
        query = {"query": "{ hub { journalPosition projectedPosition } }"}
        while True:
            answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json=query, timeout=60)
            found = answer.json()["data"]["hub"]
            if found["journalPosition"] == found["projectedPosition"]:
                return
            time.sleep(0.05)


@contextmanager
def served(database: str, *options: str) -> Iterator[Served]:
    """Run a hub on a port that the system chooses; stop it at the end."""
    command = [HUB, "serve", "--port", "0", "--database", database]
    began = time.perf_counter()
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        try:
            yield Served(process.pid, int(line.rpartition(":")[2]), seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
