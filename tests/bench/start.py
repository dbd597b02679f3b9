"""How long a new hub takes until it says that it listens, and what it holds when nobody asks.

From the call of ``hub serve``, on a new store.
The quickest of several starts counts: what makes another one longer is the machine's other work.
"""

from __future__ import annotations

import resource
import subprocess
import time
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx

from tests.bench.served import HUB, served

ROUNDS = 5
_REST_SECONDS = 2


class _Start(NamedTuple):
    seconds: float
    cpu_seconds: float
    memory_mb: float


def measure() -> dict[str, float]:
    """Return how long a start takes, and what a hub that nobody uses holds."""
    starts = [_start() for _ in range(ROUNDS)]
    return {
        "start_to_ready_seconds": min(start.seconds for start in starts),
        "start_cpu_seconds": min(start.cpu_seconds for start in starts),
        "slowest_start_seconds": max(start.seconds for start in starts),
        "idle_memory_mb": max(start.memory_mb for start in starts),
        "help_cpu_seconds": min(_help() for _ in range(ROUNDS)),
    }


def _start() -> _Start:
    with TemporaryDirectory() as folder, served(f"sqlite:///{folder}/hub.db") as hub:
        cpu = hub.cpu_seconds()
        httpx.get(f"http://127.0.0.1:{hub.port}/readyz", timeout=60).raise_for_status()
        time.sleep(_REST_SECONDS)
        return _Start(hub.start_seconds, cpu, hub.resident_mb())


def _help() -> float:
    """Return the processor time that it takes to say which commands there are."""
    before = _children_cpu_seconds()
    subprocess.run([HUB, "--help"], check=True, stdout=subprocess.DEVNULL)
    return _children_cpu_seconds() - before


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
