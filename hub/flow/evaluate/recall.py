"""Reading back what has been evaluated: for a process that begins, or judges nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from hub.domain.catalog import SloKind
from hub.domain.names import DatasetName, JobName, dataset_id, parse_node_id
from hub.domain.observations import observe_run
from hub.domain.openlineage.events import RunEvent, facets_of, read_event
from hub.domain.openlineage.facets import timetable_of
from hub.domain.slos.arrivals import Arrival, Tally
from hub.domain.slos.objectives import objective_key
from hub.domain.slos.slo import SloState
from hub.flow.evaluate.memory import Watch
from hub.store import run_context, slo_context
from hub.store.natural_keys import find_datasets, find_jobs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Slo
    from hub.domain.entries import Entry
    from hub.flow.evaluate.memory import Memory
    from hub.graph.identities import Identities
    from hub.store.journal import Journal
    from hub.store.slo_context import KnownSlo, Write


class Recall(NamedTuple):
    """The store as one snapshot, evaluated ``until`` a position, for a memory at an instant."""

    connection: Connection
    journal: Journal
    memory: Memory
    until: int
    now: int

    def watch(self, slo: Slo, known: KnownSlo | None) -> Watch:
        """Return the watch on an SLO, which is ``known`` to stand so where it has been judged."""
        objective = objective_key(slo)
        is_new = known is None or known.objective != objective
        watch = Watch(
            slo=slo,
            dataset=dataset_id(self.memory.catalog.dataset(slo.dataset)),
            known_at=known.known_at if known else self.now,
            objective=objective,
            declared_at=self.now if known is None or is_new else known.declared_at,
            is_new=is_new,
            state=SloState(known.state) if known else None,
        )
        self._fill(watch)
        return watch

    def anew(self, watch: Watch) -> None:
        """Forget what is known of what an SLO is about, and read it back by its names of now."""
        watch.forget()
        self._fill(watch)

    def is_stale(self, watch: Watch, before: Identities) -> bool:
        """Whether what an SLO is about has other names than before that tell something of it.

        A name that comes with what is to be evaluated next tells nothing yet: each new partition
        of a dataset is one.
        """
        was, now = (self.memory.called(watch, each) for each in (before, self.memory.identities))
        if was == now:
            return False
        lost, new = set(was) - set(now), set(now) - set(was)
        if lost:
            return True
        if self.memory.job_watched(watch.slo) is not None:
            jobs = [JobName(*name) for name in new]
            return bool(find_jobs(self.connection, jobs, known_at=self.until))
        datasets = [DatasetName(*name) for name in new]
        return bool(find_datasets(self.connection, datasets, known_at=self.until))

    def _fill(self, watch: Watch) -> None:
        slo, memory = watch.slo, self.memory
        job = memory.job_watched(slo)
        if slo.measured is not None:
            called = map(dataset_id, self._names(watch))
            watch.counted = slo_context.last_counts(
                self.connection, slo.name, slo.measured, [*called], limit=slo.window_runs
            )
        elif slo.of_field is not None:
            self._nulls(watch, slo.of_field)
        elif job is not None and slo.kind is SloKind.PUNCTUALITY:
            self._runs(watch, memory.job_keys(self.connection, job))
        elif slo.kind is SloKind.DEAD_LETTERS:
            self._letters(watch)
        elif slo.remembers or slo.kind is SloKind.FRESHNESS:
            self._writes(watch)

    def _names(self, watch: Watch) -> tuple[DatasetName, ...]:
        return self.memory.names_of(parse_node_id(watch.dataset).dataset)

    def _keys(self, watch: Watch) -> tuple[int, ...]:
        dataset = parse_node_id(watch.dataset).dataset
        return self.memory.every_dataset_key(self.connection, dataset)

    def _nulls(self, watch: Watch, field: str) -> None:
        """Read back which share of a field's values runs have found null."""
        counted = slo_context.last_counted(self.connection, self._keys(watch))
        past = {position for position in counted if position <= self.until}
        entries = self.journal.read_at(self.connection, sorted(past))
        for shares in _nulls_told(entries, self._names(watch)):
            if field in shares:
                watch.count(Tally(1 - shares[field], 1))

    def _writes(self, watch: Watch) -> None:
        """Read back what runs brought that has been evaluated already."""
        names, keys = self._names(watch), self._keys(watch)
        asked = {"now": self.now, "until": self.until}
        last = slo_context.last_writes(self.connection, keys, **asked)
        writes, arrived = last.found, self._arrivals(last.found, names)
        if _may_hide(arrived, last.unread_at):
            many = max(slo_context.FEW_WRITES, slo_context.MANY_WRITES // len(keys))
            writes = slo_context.last_writes(self.connection, keys, **asked, limit=many).found
        if watch.slo.remembers:
            writes += slo_context.last_passed(
                self.connection,
                keys,
                **asked,
                limit=watch.slo.remembers,
                among=_looked_at(watch.slo),
            )
        for each in self._arrivals(writes, names) if len(writes) > len(arrived) else arrived:
            watch.take(each)

    def _arrivals(self, writes: Iterable[Write], names: Collection[DatasetName]) -> list[Arrival]:
        """Return what writes of a dataset of such names brought."""
        past = {write.position: write.is_past for write in writes}
        # Of what ended at one instant, what was told later comes later.
        entries = self.journal.read_at(self.connection, sorted(past))
        return arrivals_told(((each, past[each.position]) for each in entries), names)

    def _runs(self, watch: Watch, jobs: Collection[int]) -> None:
        """Read back when runs of a job began; of what it is called, the ids."""
        limit = watch.slo.remembers + 1
        begun = slo_context.last_begun(self.connection, jobs, now=self.now, limit=limit)
        for each in reversed(begun):
            watch.take(Arrival(published_at=each.at))
        last = [each.position for each in begun[:1]]
        for entry in self.journal.read_at(self.connection, last):
            event = read_event(entry.body)
            if isinstance(event, RunEvent):
                watch.timetable = timetable_of(facets_of(event.run_facets))

    def _letters(self, watch: Watch) -> None:
        """Read back which records were refused last."""
        catalog = self.memory.catalog
        step = catalog.writer(catalog.dataset(watch.slo.dataset))
        if step is not None:
            limit = watch.slo.at_most + 1
            found = run_context.last_letters(self.connection, step.product, step.name, limit=limit)
            for key, at in reversed(found):
                watch.take_letter(key, at)


def _looked_at(slo: Slo) -> slo_context.Passed:
    if slo.kind is SloKind.COMPLETENESS:
        return slo_context.Passed.ALL
    return slo_context.Passed.COUNTED if slo.is_of_rows else slo_context.Passed.PRESENT


def _may_hide(arrived: Iterable[Arrival], unread_at: int | None) -> bool:
    """Whether something of a later turn, or with newer records, may have come before.

    What was written until an instant has neither of after it.
    """
    if unread_at is None:
        return False
    present = [each for each in arrived if not each.is_backfill]
    clocks = ([each.nominal_at for each in present], [each.newest_at for each in present])
    latest = (max((at for at in each if at is not None), default=unread_at) for each in clocks)
    return any(at < unread_at for at in latest)


def arrivals_told(
    entries: Iterable[tuple[Entry, bool]], names: Collection[DatasetName]
) -> list[Arrival]:
    """Return what the events of the last writes of a dataset of such names say, the oldest first.

    With each: whether it is of a run that only computes anew what was there. Those come last.
    """
    came = []
    for entry, is_past in entries:
        event = read_event(entry.body)
        if isinstance(event, RunEvent):
            seen = observe_run(event, received_at=entry.recorded_at)
            if (arrived := seen.arrival_in(names)) is not None:
                is_backfill = arrived.is_backfill or is_past
                came.append(structs.replace(arrived, is_backfill=is_backfill))
    return sorted(came, key=lambda each: (each.is_backfill, each.published_at))


def _nulls_told(
    entries: Iterable[Entry], names: Collection[DatasetName]
) -> Iterator[dict[str, float]]:
    """Yield which shares of a dataset's fields runs have found null, the oldest first."""
    events = ((read_event(entry.body), entry.recorded_at) for entry in entries)
    runs = [
        observe_run(event, received_at=at) for event, at in events if isinstance(event, RunEvent)
    ]
    return (seen.nulls_in(names) for seen in sorted(runs, key=attrgetter("at")))
