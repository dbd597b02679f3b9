"""The projection against a naive one, which upserts each thing that an event names.

Both are given the same events and measured in processor time, the database server's included:
how long a disk takes to be sure is another bench's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from hub.flow.ingest import EventReader
from hub.flow.project import project_all
from hub.store.database import Database
from hub.store.opening import open_store
from tests.bench.databases import POSTGRESQL, SQLITE, Place, places
from tests.bench.events import run_events
from tests.bench.naive import project_naively

# Enough that most runs do again what their jobs have done before, as in life.
EVENTS: Final = {SQLITE: 20_000, POSTGRESQL: 4_000}
ROUNDS: Final = 3
_AN_APPEND: Final = 1_000


def measure() -> dict[str, float]:
    """Return events a CPU second of both, medians of rounds, and their ratio."""
    figures: dict[str, float] = {}
    with places() as found:
        for place in found:
            events = list(run_events(EVENTS[place.kind], seed=1))
            rounds = [(_ours(place, events), _naive(place, events)) for _ in range(ROUNDS)]
            ours, naive = (median(spent) for spent in zip(*rounds, strict=True))
            figures |= {
                f"{place.kind}_events_per_cpu_second": len(events) / ours,
                f"{place.kind}_naive_events_per_cpu_second": len(events) / naive,
                f"{place.kind}_times_naive": naive / ours,
            }
    return figures


def _ours(place: Place, events: Sequence[bytes]) -> float:
    store = open_store(place.empty_store())
    reader = EventReader(b"a secret of this store")
    for start in range(0, len(events), _AN_APPEND):
        entries = [reader.read(event) for event in events[start : start + _AN_APPEND]]
        store.journal.append(entries, recorded_at=1)
    try:
        return _spent(place, lambda: project_all(store))
    finally:
        store.close()


def _naive(place: Place, events: Sequence[bytes]) -> float:
    database = Database(place.empty_store())
    try:
        return _spent(place, lambda: project_naively(database, events))
    finally:
        database.close()


def _spent(place: Place, work: Callable[[], None]) -> float:
    begun = place.cpu_seconds()
    work()
    return place.cpu_seconds() - begun
