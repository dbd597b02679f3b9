"""What evaluate remembers between batches: the signals that have not cleared, and the SLOs.

It is read back from the store when a process starts or has lost a race, and changes only with
decisions that are being committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct, field

from hub.domain.catalog import Catalog, Clock, Slo, SloKind
from hub.domain.dues import Dues
from hub.domain.identity.things import Name
from hub.domain.incidents.signals import Signal
from hub.domain.names import DatasetName, JobName, RunName, parse_node_id
from hub.domain.openlineage.facets import Timetable
from hub.domain.slos.arrivals import Arrival, Arrivals, Tally
from hub.domain.slos.slo import SloState
from hub.flow.evaluate.open_signals import OpenSignals
from hub.graph.identities import NOBODY, Identities
from hub.store.natural_keys import find_dataset, find_datasets, find_job, find_jobs

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Of a job whose every run is named anew, the last runs are those of the newest names.
_MOST_NAMES: Final = 50
_NameT = TypeVar("_NameT", bound=Name)


class Watch(Struct):
    """An SLO under watch.

    ``state`` is None until it is first judged, at ``known_at`` (microseconds UTC); ``detail`` says
    why it stood so when this process last judged it. It has had its ``objective`` since
    ``declared_at``: what was before it was judged by another, which ``is_new`` until that is noted.
    What is read by other threads is only ever replaced.
    """

    slo: Slo
    dataset: str
    known_at: int
    objective: str
    declared_at: int
    is_new: bool
    state: SloState | None = None
    detail: str | None = None
    arrivals: Arrivals = Arrivals()
    # What the last runs brought, the oldest first; as many as the SLO looks at.
    history: list[Arrival] = field(default_factory=list)
    # What was counted of the last runs, the oldest first; as many as the SLO looks at.
    counted: list[Tally] = field(default_factory=list)
    # When the last dead letters came, by their ids; one more than there may be.
    letters: dict[str, int] = field(default_factory=dict)
    # When the job runs, as its scheduler last said.
    timetable: Timetable | None = None
    # When it came to be bad, and good, as far back as its budget looks; at least the last.
    changes: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether time counts against its budget as it stands.

        What has a deadline is good until the first one has passed.
        """
        if self.state is not SloState.NO_DATA:
            return self.state is SloState.BREACHED
        budget = self.slo.budget
        return budget is not None and budget.is_bad_unknown and not self.slo.has_deadline

    @property
    def served_at(self) -> int | None:
        """When what it waits for last came: rows, or on the clock of runs one that passed."""
        is_of_runs = self.slo.clock is Clock.PROCESSING
        return self.arrivals.ran_at if is_of_runs else self.arrivals.published_at

    def change(self, state: SloState, told_at: int, now: int) -> int:
        """Note how it stands by now, since an instant; return what is noted.

        What was before its objective was declared stays as good, or as bad, as it was.
        """
        last = self.changes[-1][0] if self.changes else told_at
        since = max(min(told_at, now), last, self.declared_at)
        if self.changes and since == last:
            del self.changes[-1]
        self.state, self.is_new = state, False
        self.changes.append((since, self.is_bad))
        oldest = now - self.slo.budget.longest if self.slo.budget else now
        while len(self.changes) > 1 and self.changes[1][0] <= oldest:
            del self.changes[0]
        return since

    def forget(self) -> None:
        """Forget what goes by names, and can be read back."""
        self.arrivals, self.timetable = Arrivals(), None
        self.history, self.counted = [], []

    def take_letter(self, letter: str, at: int) -> None:
        """Take note of a record that was refused; told of once more, it is the same."""
        self.letters.setdefault(letter, at)
        while len(self.letters) > self.slo.at_most + 1:
            del self.letters[next(iter(self.letters))]

    def count(self, tally: Tally) -> None:
        """Take note of how much of one more run was as it is to be."""
        self.counted = [*self.counted, tally][-self.slo.window_runs :]

    def take(self, arrived: Arrival) -> None:
        """Take note of what a run brought."""
        if self.slo.kind in (SloKind.FRESHNESS, SloKind.PUNCTUALITY):
            self.arrivals = self.arrivals.with_arrival(arrived)
        # Only completeness is mended by what computes the past.
        is_of_now = self.slo.kind is SloKind.COMPLETENESS or not arrived.is_backfill
        if is_of_now and not (self.slo.is_of_rows and arrived.rows is None):
            history = sorted([*self.history, arrived], key=attrgetter("published_at"))
            self.history = history[-self.slo.remembers :] if self.slo.remembers else []


class Memory(Struct):
    """What is declared, and what is open, under watch, and due.

    ``quiet``: when to look next whether a run that has not ended is still heard of. ``due``:
    when the clock alone can change an SLO, by its name; at once where it was never judged.
    """

    catalog: Catalog
    signals: OpenSignals
    quiet: Dues[RunName] = field(default_factory=Dues)
    due: Dues[str] = field(default_factory=Dues)
    watches: dict[str, Watch] = field(default_factory=dict)
    # Whether an SLO is about what runs find in a field: each run that passes asks.
    has_fields: bool = False
    # Which names are one thing, as of the last batch.
    identities: Identities = NOBODY
    # SLOs that nobody declares any more, and breaches of what SLOs are no longer about.
    withdrawn: list[str] = field(default_factory=list)
    undeclared: list[Signal] = field(default_factory=list)
    # Failures of jobs that may have passed under a name that is theirs by now.
    renamed: list[tuple[Signal, JobName]] = field(default_factory=list)
    _by_dataset: dict[DatasetName, list[Watch]] = field(default_factory=dict)
    # All that a dataset is called, by the id that stands for it: each event asks, of thousands.
    _names: dict[int, tuple[DatasetName, ...]] = field(default_factory=dict)
    _by_job: dict[JobName, list[Watch]] = field(default_factory=dict)

    @property
    def next_at(self) -> int | None:
        """When the clock alone can next change something."""
        dues = (self.due.next_at, self.quiet.next_at)
        return min((at for at in dues if at is not None), default=None)

    def watch(self, watch: Watch, now: int) -> None:
        """Keep an SLO under watch, and judge it when the clock next speaks."""
        self.watches[watch.slo.name] = watch
        self.has_fields = self.has_fields or watch.slo.of_field is not None
        if (job := self.job_watched(watch.slo)) is not None:
            self._by_job.setdefault(job, []).append(watch)
        else:
            dataset = parse_node_id(watch.dataset).dataset
            self._by_dataset.setdefault(dataset, []).append(watch)
        self.due.put(watch.slo.name, now)

    def job_watched(self, slo: Slo) -> JobName | None:
        """Return the job whose runs are to begin, or to pass, where an SLO is about that."""
        if not slo.is_about_runs or slo.job is not None:
            return slo.job
        step = self.catalog.writer(self.catalog.dataset(slo.dataset))
        return self.catalog.job(step) if step else None

    def watching_job(self, job: JobName) -> list[Watch]:
        """Return the watches on a job's runs, under whichever of its names."""
        found: list[Watch] = []
        for name in self.names_of_job(job) if self._by_job else ():
            found += self._by_job.get(name, ())
        return found

    def watching(self, dataset: DatasetName) -> list[Watch]:
        """Return the watches on a dataset, under whichever of its names."""
        found: list[Watch] = []
        for name in self.names_of(dataset):
            found += self._by_dataset.get(name, ())
        return found

    def names_of(self, dataset: DatasetName) -> tuple[DatasetName, ...]:
        """Return all that a dataset is called."""
        known = self.identities.datasets.find(dataset)
        if known is None:
            return (dataset,)
        names = self._names.get(known.key)
        if names is None:
            names = self._names[known.key] = tuple(map(DatasetName._make, known.thing.names))
        return names

    def recognise(self, identities: Identities) -> None:
        """Take note of which names are one thing by now."""
        self.identities, self._names = identities, {}

    def names_of_job(self, job: JobName) -> tuple[JobName, ...]:
        """Return all that a job is called."""
        if not self.identities.jobs.known:
            return (job,)
        return tuple(JobName(*name) for name in self.identities.jobs.names_of(job))

    def job_keys(self, connection: Connection, job: JobName) -> tuple[int, ...]:
        """Return the store's ids of all that a job is called, that of its own name first."""
        names = self.names_of_job(job)
        if len(names) > 1:
            return _own_first(job, find_jobs(connection, names))
        key = find_job(connection, job)
        return () if key is None else (key,)

    def dataset_keys(self, connection: Connection, dataset: DatasetName) -> tuple[int, ...]:
        """Return the store's ids of all that a dataset is called, likewise."""
        names = self.names_of(dataset)
        if len(names) > 1:
            return _own_first(dataset, find_datasets(connection, names))
        key = find_dataset(connection, dataset)
        return () if key is None else (key,)

    def every_dataset_key(self, connection: Connection, dataset: DatasetName) -> tuple[int, ...]:
        """Return the store's ids of all that a dataset is called, however many."""
        known = self.identities.datasets.find(dataset)
        if known is not None:
            return known.ids
        key = find_dataset(connection, dataset)
        return () if key is None else (key,)

    def called(self, watch: Watch, identities: Identities) -> tuple[Name, ...]:
        """Return all that a job or a dataset under watch is called, by some state of names."""
        job = self.job_watched(watch.slo)
        if job is not None:
            return identities.jobs.names_of(job)
        return identities.datasets.names_of(parse_node_id(watch.dataset).dataset)

    def failed_elsewhere(self, before: Identities) -> list[tuple[Signal, JobName]]:
        """Return the failed and lost runs of jobs that have other names than before."""
        was, now = before.jobs, self.identities.jobs
        return [
            (signal, job)
            for signal, job in self.signals.of_runs()
            if now.find(job) and now.names_of(job) != was.names_of(job)
        ]


def _own_first(name: _NameT, found: Mapping[_NameT, int]) -> tuple[int, ...]:
    """Return the ids of what something is called: of the name itself first, then the newest."""
    own = [found[name]] if name in found else []
    newest = sorted(found.values(), reverse=True)
    return tuple(dict.fromkeys([*own, *newest]))[:_MOST_NAMES]
