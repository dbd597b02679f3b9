"""The writer of lineage: batches in, rows out, one transaction each."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from hub.store.projection.batch import Batch, InferenceDraft, Told, gather
from hub.store.projection.columns import ensure_column_sets
from hub.store.projection.containers import Containers
from hub.store.projection.dependencies import write_dependencies
from hub.store.projection.edges import write_declarations, write_edges
from hub.store.projection.facets import write_facets, write_schema_versions
from hub.store.projection.inferences import write_inferences
from hub.store.projection.measures import write_measures
from hub.store.projection.memory import Memory, Writing
from hub.store.projection.runs import write_runs
from hub.store.projection.sayings import write_sayings
from hub.store.projection.sets import name_by_id
from hub.store.projection.things import write_datasets, write_inferred_datasets, write_jobs


class LineageWriter:
    """Writes what events say. It remembers rows between batches; see ``forget``."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._containers = Containers()

    def gather(self, events: Iterable[Told], inferences: Iterable[InferenceDraft] = ()) -> Batch:
        """Merge events and inferences; needs no store."""
        batch = gather(events, self._containers)
        batch.inferences.extend(inferences)
        return batch

    def write(self, connection: Connection, batch: Batch) -> None:
        """Merge a batch into the tables. If the transaction fails, ``forget`` must follow."""
        self._memory.trim()
        writing = Writing(connection, self._memory)
        datasets = write_datasets(writing, batch)
        jobs = write_jobs(writing, batch)
        fields = write_schema_versions(writing, batch, datasets)
        ensure_column_sets(writing, batch, datasets, jobs, fields)
        named = name_by_id(batch.usages, datasets, jobs, self._memory)
        write_facets(writing, batch, datasets, jobs)
        write_sayings(writing, batch, datasets, jobs)
        changes = write_runs(writing, batch, named, jobs)
        write_measures(writing, changes, datasets)
        write_dependencies(writing, batch, jobs)
        write_declarations(writing, batch, named, jobs)
        write_edges(writing, changes, named)
        if batch.inferences:
            write_inferences(writing, batch, write_inferred_datasets(writing, batch), jobs)

    def forget(self) -> None:
        """Forget what was remembered: the transaction that made it true was rolled back."""
        self._memory = Memory()
