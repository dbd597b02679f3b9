"""What evaluate remembers between batches: the signals that have not cleared, and the SLOs.

It is read back from the store when a process starts or has lost a race, and changes only with
decisions that are being committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from msgspec import Struct, field

from hub.domain.catalog import Catalog, Slo
from hub.domain.failures import FailureClass
from hub.domain.names import JobName, RunName, job_id
from hub.domain.signals import Signal, SignalKind
from hub.domain.slo import Arrivals, SloState

_OF_RUNS: Final = (SignalKind.RUN_FAILED, SignalKind.RUN_LOST)


class Watch(Struct):
    """An SLO under watch. Instants are microseconds UTC.

    ``state`` is None until it is first judged, at ``known_at``; ``next_at`` is when the clock
    alone can change it.
    """

    slo: Slo
    dataset: str
    known_at: int
    state: SloState | None = None
    arrivals: Arrivals | None = None
    next_at: int | None = None


class Silences(Struct):
    """When to look next whether a run that has not ended is still heard of."""

    due_at: dict[RunName, int] = field(default_factory=dict)
    heap: list[tuple[int, RunName]] = field(default_factory=list)

    @property
    def next_at(self) -> int | None:
        """When the first is due."""
        while self.heap and self.due_at.get(self.heap[0][1]) != self.heap[0][0]:
            heappop(self.heap)
        return self.heap[0][0] if self.heap else None

    def watch(self, run: RunName, due_at: int) -> None:
        """Look at a run at an instant, unless that is to be done anyway."""
        if run not in self.due_at:
            self.due_at[run] = due_at
            heappush(self.heap, (due_at, run))

    def forget(self, run: RunName) -> None:
        """Look at a run no more: it has ended."""
        self.due_at.pop(run, None)

    def pop(self, now: int) -> RunName | None:
        """Return the next run that is due."""
        due_at = self.next_at
        if due_at is None or due_at > now:
            return None
        _due_at, run = heappop(self.heap)
        del self.due_at[run]
        return run


class Memory(Struct):
    """Open signals by id, watches by the name of their SLO, and runs that have not ended."""

    catalog: Catalog
    silences: Silences = field(default_factory=Silences)
    signals: dict[str, Signal] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)

    @property
    def next_at(self) -> int | None:
        """When the clock alone can next change something."""
        dues = [watch.next_at for watch in self.watches.values()]
        return min((at for at in (*dues, self.silences.next_at) if at is not None), default=None)

    def of_job(self, name: JobName) -> Iterator[Signal]:
        """Yield the failed and lost runs of a job, and of the jobs that are parts of it.

        Producers name a part after its whole (a task after its DAG, a query after its task), so a
        whole that passed has passed in its parts. Not so with steps of our own: a product may be
        run in part.
        """
        whole = job_id(name)
        for signal in self.signals.values():
            if signal.kind in _OF_RUNS and signal.job is not None:
                is_same = signal.job == whole
                if is_same or (signal.step is None and signal.job.startswith(f"{whole}.")):
                    yield signal

    def of_slo(self, name: str) -> list[Signal]:
        """Return the open signals of an SLO."""
        return [signal for signal in self.signals.values() if signal.slo == name]

    def of_letters(self, product: str, step: str, rule: str) -> list[Signal]:
        """Return the open signals about dead letters of one cause."""
        wanted = (product, step, rule)
        return [s for s in self.signals.values() if (s.product, s.step, s.rule) == wanted]

    def failed_run(self, run: str) -> bool:
        """Whether a run has an open signal, other than that it was lost."""
        lost = SignalKind.RUN_LOST
        return any(s.run == run and s.kind is not lost for s in self.signals.values())

    def lost_run(self, run: str) -> list[Signal]:
        """Return the open signals that a run was lost."""
        lost = SignalKind.RUN_LOST
        return [s for s in self.signals.values() if s.run == run and s.kind is lost]

    def broken(self) -> dict[str, Signal]:
        """Return the datasets that an open signal leaves missing, stale or broken."""
        return {
            dataset: signal
            for signal in self.signals.values()
            for dataset in signal.datasets
            if signal.verdict.failure_class is not FailureClass.CANCELLED
        }

    def watching(self, dataset: str) -> list[Watch]:
        """Return the watches on a dataset."""
        return [watch for watch in self.watches.values() if watch.dataset == dataset]
