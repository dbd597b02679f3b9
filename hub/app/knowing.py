"""What a hub knows, or knew once: where a simulation begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Protocol

from hub.domain.catalog import SloKind
from hub.domain.names import DatasetName, JobName, NodeKind, parse_node_id
from hub.domain.openlineage.events import Unusable, read_event
from hub.flow.project import project_behind
from hub.graph.index import LineageIndex
from hub.store import schema
from hub.store.borrowing import Around, begin_behind, borrow, take_as_judged
from hub.store.database import Database, is_missing
from hub.store.journal import Journal
from hub.store.natural_keys import find_datasets, find_jobs
from hub.store.nearby import Things, Ties
from hub.store.opening import Store
from hub.store.projection.batch import Place, Told
from hub.store.projection.writer import LineageWriter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet

    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog, Slo

_ANYWHERE = Place(0, 0, 0)


class Beginning(Protocol):
    """What a simulation begins with."""

    def is_about(self, slo: Slo) -> bool:
        """Whether there is what an SLO can be judged by."""

    def lend(self, database: Database, *, now: int) -> Store:
        """Let an empty database know as much, up to now."""


class Past:
    """A store as it was after a position of its journal: what it knew by then, and had decided."""

    def __init__(self, origin: Store, position: int) -> None:
        self._origin = origin
        self._position = position

    def is_about(self, slo: Slo) -> bool:
        """As ``Beginning``: every one."""
        del slo
        return True

    def lend(self, database: Database, *, now: int) -> Store:
        """As ``Beginning``. What is in the journal up to there is projected again."""
        store = begin_behind(self._origin, database, self._position)
        project_behind(store, self._origin, self._position)
        with database.write() as connection:
            take_as_judged(connection, self._position, now=now)
        return store


class Known:
    """A store, and what of it is about what some events name."""

    def __init__(self, origin: Store, catalog: Catalog, events: Iterable[bytes]) -> None:
        self._origin = origin
        self._catalog = catalog
        self.unjudged = 0
        self._index = LineageIndex(lambda: catalog)
        named = LineageWriter().gather(
            Told(_ANYWHERE, event)
            for event in map(read_event, events)
            if not isinstance(event, Unusable)
        )
        self._runs = frozenset({*named.runs, *named.families.runs})
        jobs = {*named.jobs, *(each.job for each in self._runs)}
        steps = [step for step in catalog.steps if catalog.job(step) in jobs]
        declared = (catalog.dataset(name) for s in steps for name in (*s.reads, s.writes))
        with origin.database.read() as connection:
            known = self._identities = self._index.identities(connection)
            self._jobs = {JobName(*n) for each in jobs for n in known.jobs.names_of(each)}
            self._datasets = {
                DatasetName(*name)
                for each in (*named.datasets, *declared)
                for name in known.datasets.names_of(each)
            }

    def is_about(self, slo: Slo) -> bool:
        """Whether an SLO is about what is named; what was refused is told of by no event."""
        if slo.kind is SloKind.DEAD_LETTERS:
            return False
        return slo.job in self._jobs or self._catalog.dataset(slo.dataset) in self._datasets

    def lend(self, database: Database, *, now: int) -> Store:
        """Let an empty database know as much, up to now."""
        with self._origin.database.read() as connection:
            store, until = borrow(
                connection, self._origin, database, self._around(connection), now=now
            )
            self.unjudged = self._origin.journal.head(connection) - until
            return store

    def _around(self, connection: Connection) -> Around:
        catalog = self._catalog
        slos = tuple(filter(self.is_about, catalog.slos))
        watched = {catalog.dataset(slo.dataset) for slo in slos}
        writers = (catalog.writer(each) for each in watched)
        running = {slo.job for slo in slos if slo.job is not None}
        running.update(catalog.job(step) for step in writers if step is not None)
        ties = self._ties(connection)
        return Around(
            jobs=frozenset(find_jobs(connection, self._jobs).values()),
            datasets=frozenset(find_datasets(connection, self._datasets).values()),
            judged=Things(
                ties.alike(NodeKind.JOB, {*find_jobs(connection, running).values()}),
                ties.alike(NodeKind.DATASET, {*find_datasets(connection, watched).values()}),
            ),
            runs=self._runs,
            slos=slos,
            ties=ties,
        )

    def _ties(self, connection: Connection) -> Ties:
        makes = self._catalog.makes
        nodes = sorted({*makes, *self._catalog.made_from})
        names = {node: parse_node_id(node).dataset for node in nodes}
        found = find_datasets(connection, {*names.values()})
        unnamed = count(-1, -1)
        ids = {node: found.get(name) or next(unnamed) for node, name in names.items()}

        def by_id(declared: Mapping[str, Collection[str]]) -> dict[int, set[int]]:
            return {ids[node]: {ids[far] for far in fars} for node, fars in declared.items()}

        return Ties(self._alike, by_id(makes), by_id(self._catalog.made_from))

    def _alike(self, kind: NodeKind, keys: AbstractSet[int]) -> AbstractSet[int]:
        return {*self._identities.of(kind).ids(keys)}


@contextmanager
def current_store(url: str) -> Iterator[Store | None]:
    """Yield the store at ``url`` as it is; None where there is none that this hub can read."""
    if is_missing(url):
        yield None
        return
    database = Database(url)
    try:
        with database.read() as connection:
            is_current = schema.is_current(connection)
        yield Store(database, Journal(database)) if is_current else None
    finally:
        database.close()
