"""What evaluate remembers between batches: the signals that have not cleared, and the SLOs.

It is read back from the store when a process starts or has lost a race, and changes only with
decisions that are being committed.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from hub.domain.catalog import Catalog, Slo
from hub.domain.failures import FailureClass
from hub.domain.names import JobName, job_id
from hub.domain.signals import Signal, SignalKind
from hub.domain.slo import Arrivals, SloState


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


class Memory(Struct):
    """Open signals by id, and watches by the name of their SLO."""

    catalog: Catalog
    signals: dict[str, Signal] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)

    @property
    def next_at(self) -> int | None:
        """When the clock alone can next change something."""
        dues = (watch.next_at for watch in self.watches.values() if watch.next_at is not None)
        return min(dues, default=None)

    def of_job(self, name: JobName) -> Iterator[Signal]:
        """Yield the failed runs of a job, and of the jobs that are parts of it.

        Producers name a part after its whole (a task after its DAG, a query after its task), so a
        whole that passed has passed in its parts. Not so with steps of our own: a product may be
        run in part.
        """
        whole = job_id(name)
        for signal in self.signals.values():
            if signal.kind is SignalKind.RUN_FAILED and signal.job is not None:
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
        """Whether a run has an open signal."""
        return any(signal.run == run for signal in self.signals.values())

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
