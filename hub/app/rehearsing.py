"""Rehearsing: what would come of events, by the stages themselves, on a store that is thrown away.

Nothing is sent, and nothing is written anywhere else. The catalog is the one in the files, and
silences are those of the store; what the store knows of lineage and open incidents is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from tempfile import TemporaryDirectory

from msgspec import structs

from hub.domain.catalog import Catalog
from hub.domain.commands import CreateSilence, entry_of
from hub.domain.duty.silences import Silence
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import InvalidInput
from hub.flow.consumer import run_until_idle
from hub.flow.evaluate import Evaluate, Judge
from hub.flow.project import Project
from hub.flow.route import Route
from hub.graph.index import LineageIndex
from hub.host import Host, Kind
from hub.settings import Loaded, load_catalog
from hub.settings.rule_files import load_rules
from hub.spi.classifier import Classifier
from hub.store import schema
from hub.store.database import Database
from hub.store.opening import Store, open_store
from hub.store.silences import load_silences

MAX_EVENTS = 10_000
# As many deadlines as are waited for; a page waits for very few.
_DEADLINES = 1_000


@contextmanager
def rehearse(loaded: Loaded, events: Iterable[bytes], *, now: int) -> Iterator[Store]:
    """Let events happen at ``now`` (µs UTC), wait for the first pages; yield the store of then.

    Raises:
        InvalidInput: there are none, or more than ``MAX_EVENTS``; or the catalog is broken.

    """
    bodies = list(islice(events, MAX_EVENTS + 1))
    if not bodies:
        raise InvalidInput("there is no event to explain")
    if len(bodies) > MAX_EVENTS:
        raise InvalidInput(
            f"there are more than {MAX_EVENTS:,} events", fix="explain fewer of them"
        )
    catalog, rules = load_catalog(loaded), load_rules(loaded.folder)
    silences = _silences(loaded, now)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/rehearsal.db")
        try:
            judge = Judge(_classifiers(), written=lambda: rules)
            commands = [*_as_commands(silences)]
            _play(store, _without_promises(catalog), judge, commands, bodies, now=now)
            yield store
        finally:
            store.close()


def _play(
    store: Store,
    catalog: Catalog,
    judge: Judge,
    commands: Sequence[NewEntry],
    bodies: Sequence[bytes],
    *,
    now: int,
) -> None:
    moment = now
    index = LineageIndex(lambda: catalog.naming)
    evaluate = Evaluate(store, lambda: catalog, clock=lambda: moment, judge=judge, index=index)
    route = Route(store, lambda: catalog, clock=lambda: moment, index=index)
    entries = [*commands, *(NewEntry(EntryKind.EVENT, body) for body in bodies)]
    store.journal.append(entries, recorded_at=now)
    for _count in range(_DEADLINES):
        run_until_idle([Project(store), evaluate, route])
        due = route.first_pages_at
        if due is None:
            return
        moment = max(moment, due)


def _classifiers() -> list[Classifier]:
    host = Host.load()
    return [host.classifier(name).api for name in host.names(Kind.CLASSIFIER)]


def _silences(loaded: Loaded, now: int) -> list[Silence]:
    database = Database(loaded.settings.database)
    try:
        with database.read() as connection:
            is_there = schema.revision(connection) == schema.HEAD
            return load_silences(connection, now=now) if is_there else []
    finally:
        database.close()


def _as_commands(silences: Iterable[Silence]) -> Iterator[NewEntry]:
    for each in silences:
        if each.expired_at is None:
            yield entry_of(
                CreateSilence(
                    matchers=each.matchers,
                    owner=each.owner,
                    comment=each.comment,
                    starts_at=each.starts_at,
                    ends_at=each.ends_at,
                )
            )


def _without_promises(catalog: Catalog) -> Catalog:
    """Return the catalog without objectives: here they would all lack data."""
    products = {name: structs.replace(each, slos=()) for name, each in catalog.products.items()}
    return structs.replace(catalog, products=products)
