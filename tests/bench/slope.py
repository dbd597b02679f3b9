"""Whether an event costs more when a store has many: one that has them beside a new one.

Appended and projected on SQLite, in processor time. The two stores take turns, step by step, so
that whatever else the machine does costs both alike. ``make bench`` does it with few events;
``python -m tests.bench.slope 5000000`` says what it is after as many as that.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from hub.flow.ingest import EventReader
from hub.flow.project import Project
from hub.store.opening import open_store
from tests.bench.events import run_events

EVENTS: Final = 200_000
# What is compared is the last tenth of the old store's events with the new store's second, as the
# first makes what the others repeat.
_PARTS: Final = 10
_STEP: Final = 500


def measure(events: int = EVENTS) -> dict[str, float]:
    """Return what an event costs early and late, in microseconds, and the ratio."""
    part = events // _PARTS
    with _filling() as old, _filling() as new:
        old.take(events - part, says=True)
        new.take(part)
        early, late = [], []
        for _ in range(max(1, part // _STEP)):
            early.append(new.step())
            late.append(old.step())
    return {
        "early_us_per_event": median(early),
        "late_us_per_event": median(late),
        "late_over_early": median(late) / median(early),
    }


class _Filling:
    """A store, and the events that are still to come to it."""

    def __init__(self, folder: str) -> None:
        self.store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        self._reader = EventReader(b"a secret of this store")
        self._stage = Project(self.store)
        self._events = run_events(sys.maxsize, seed=1)

    def step(self) -> float:
        """Append and project the next events; return what one cost, in microseconds."""
        batch = list(islice(self._events, _STEP))
        begun = time.process_time()
        entries = [self._reader.read(event) for event in batch]
        self.store.journal.append(entries, recorded_at=1)
        while self._stage.step():
            pass
        return (time.process_time() - begun) / len(batch) * 1e6

    def take(self, count: int, *, says: bool = False) -> None:
        """Take in events, saying after each tenth what one cost."""
        steps: list[float] = []
        for done in range(_STEP, count + 1, _STEP):
            steps.append(self.step())
            if says and done % (count // _PARTS) < _STEP:
                cost = median(steps)
                print(f"  {done:,} events: {cost:.0f} us an event", file=sys.stderr, flush=True)
                steps = []


@contextmanager
def _filling() -> Iterator[_Filling]:
    with TemporaryDirectory(prefix="hub-bench-") as folder:
        filling = _Filling(folder)
        try:
            yield filling
        finally:
            filling.store.close()


if __name__ == "__main__":
    print(measure(int(sys.argv[1])))
