"""Whether an event costs more when a store has many: the last tenth against the second.

Appended and projected on SQLite, in processor time. ``make bench`` does it with few events;
``python -m tests.bench.slope 5000000`` says what it is after as many as that.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from hub.flow.ingest import EventReader
from hub.flow.project import Project
from hub.store.opening import Store, open_store
from tests.bench.events import run_events

EVENTS: Final = 200_000
# The first part makes what the others repeat, so it is not compared.
_PARTS: Final = 10
_STEP: Final = 500


def measure(events: int = EVENTS) -> dict[str, float]:
    """Return what an event costs early and late, in microseconds, and the ratio."""
    with TemporaryDirectory(prefix="hub-bench-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        try:
            costs = _costs(store, events)
        finally:
            store.close()
    early, late = costs[1], costs[-1]
    return {
        "early_us_per_event": early,
        "late_us_per_event": late,
        "late_over_early": late / early,
    }


def _costs(store: Store, events: int) -> list[float]:
    """Return what an event of each part costs, in the median of its steps."""
    reader = EventReader(b"a secret of this store")
    stage = Project(store)
    sent = run_events(events, seed=1)
    costs = []
    for part in range(1, _PARTS + 1):
        steps = []
        for _ in range(max(1, events // _PARTS // _STEP)):
            batch = list(islice(sent, _STEP))
            begun = time.process_time()
            store.journal.append([reader.read(event) for event in batch], recorded_at=1)
            while stage.step():
                pass
            steps.append((time.process_time() - begun) / len(batch) * 1e6)
        costs.append(median(steps))
        print(f"  {part} of {_PARTS}: {costs[-1]:.0f} us an event", file=sys.stderr, flush=True)
    return costs


if __name__ == "__main__":
    print(measure(int(sys.argv[1])))
