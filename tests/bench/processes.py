"""What processes cost, those included that they have started."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children, ended ones included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # a child that ended since its parent named it counts with that one
        return 0.0
    own = sum(map(int, fields[11:15])) / _TICKS
    return own + sum(cpu_seconds(child) for child in children(pid))


def resident_mb(pid: int) -> float:
    """Return the memory that a process and its children hold."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
    return own + sum(resident_mb(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except FileNotFoundError:
        return []
