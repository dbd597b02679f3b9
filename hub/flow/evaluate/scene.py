"""One batch being evaluated: what it may look at, and what it has decided so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from hub.domain.incidents.decisions import Decision, SignalCleared, SignalRaised
from hub.domain.names import DatasetName, JobName, RunName, dataset_id
from hub.domain.openlineage.changes import brings_data
from hub.domain.openlineage.leases import LeasePolicy
from hub.flow.evaluate.judging import Judge
from hub.flow.evaluate.memory import Memory
from hub.graph.neighbourhood import Neighbourhood
from hub.store import incident_book, run_context

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.incidents.signals import Signal
    from hub.domain.observations import Observation
    from hub.domain.slos.arrivals import Arrival
    from hub.flow.evaluate.memory import Watch
    from hub.store.journal import Journal


class Told(NamedTuple):
    """What told something of a quality SLO, and of when."""

    at: int
    by: RunName | DatasetName


class Scene(Struct):
    """The store as one snapshot, the memory, and the decisions of this batch, at one instant."""

    connection: Connection
    journal: Journal
    memory: Memory
    judge: Judge
    neighbourhood: Neighbourhood
    now: int
    leases: LeasePolicy
    decisions: list[Decision] = field(default_factory=list)
    told: dict[str, list[Told]] = field(default_factory=dict)
    _jobs: dict[JobName, tuple[int, ...]] = field(default_factory=dict)

    @property
    def catalog(self) -> Catalog:
        """What is declared."""
        return self.memory.catalog

    def job_keys(self, job: JobName) -> tuple[int, ...]:
        """Return the store's ids of all that a job is called."""
        found = self._jobs.get(job)
        if found is None:
            found = self._jobs[job] = self.memory.job_keys(self.connection, job)
        return found

    def dataset_keys(self, dataset: DatasetName | None) -> tuple[int, ...]:
        """Return the store's ids of all that a dataset is called."""
        return () if dataset is None else self.memory.dataset_keys(self.connection, dataset)

    def ids_of(self, datasets: Iterable[DatasetName]) -> tuple[str, ...]:
        """Return the node ids of datasets, by the names that they go by."""
        return tuple(dict.fromkeys(dataset_id(self._called(each)) for each in datasets))

    def _called(self, dataset: DatasetName) -> DatasetName:
        """Return the name that a dataset goes by: as it is declared, else as it is shown."""
        names = self.memory.names_of(dataset)
        declared = self.catalog.products_by_dataset if len(names) > 1 else ()
        shown = DatasetName(*self.memory.identities.datasets.shown(dataset))
        return next((name for name in names if name in declared), shown)

    def arrival_in(self, seen: Observation, names: Collection[DatasetName]) -> Arrival | None:
        """Return what a run brought of a dataset of such names, by all that its events have said.

        What it does to one that it only renames or drops may be told when it begins, and never
        again.
        """
        changed = run_context.changed_by(self.connection, seen.run)
        return seen.arrival_in([name for name in names if brings_data(changed.get(name))])

    def quality_told(self, watch: Watch, *, at: int, by: RunName | DatasetName) -> None:
        """Take note that something tells how good data was at an instant."""
        self.told.setdefault(watch.slo.name, []).append(Told(at, by))

    def raise_signal(self, signal: Signal) -> None:
        """Decide that something was observed."""
        self.memory.signals.add(signal)
        self.decisions.append(SignalRaised(at=self.now, signal=signal))

    def raise_passed(self, signal: Signal, passed_at: int) -> None:
        """Decide that something was observed, and is over, as was known before; see above."""
        if not incident_book.is_raised(self.connection, signal.id):
            self.decisions.append(SignalRaised(at=self.now, signal=signal, passed_at=passed_at))
            reason = "what passed after it was told before"
            self.clear_signal(signal, reason, passed_at=passed_at)

    def clear_signal(
        self, signal: Signal, reason: str, *, by: str | None = None, passed_at: int | None = None
    ) -> None:
        """Decide that something is over; see ``SignalCleared``."""
        self.memory.signals.drop(signal)
        cleared = SignalCleared(
            at=self.now, signal=signal.id, reason=reason, by=by, passed_at=passed_at
        )
        self.decisions.append(cleared)
