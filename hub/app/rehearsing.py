"""Rehearsing: what would come of events if they happened at one instant; a simulation of that.

What the store knows of what the events name is what it begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.app.knowing import Known, current_store
from hub.app.live_catalog import LiveCatalog
from hub.app.playing import AtOnce
from hub.app.simulating import simulation
from hub.domain.errors import InvalidInput, NotFound
from hub.queries.expected import Expected, Whole, whole_incident
from hub.queries.incidents import notifications_of, timelines_of, touched_since

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog
    from hub.settings import Loaded
    from hub.store.opening import Store

MAX_EVENTS: Final = 10_000


class Rehearsal(NamedTuple):
    """The store of then, and which incidents the events open, join or end.

    They came after a ``position`` of its journal. ``origin`` is the store that is known of, which
    had so many entries ``unjudged``: those are left out.
    """

    store: Store
    position: int
    incidents: list[str]
    origin: Store | None
    unjudged: int


@contextmanager
def rehearse(
    loaded: Loaded, events: Iterable[bytes], *, now: int, catalog: LiveCatalog | None = None
) -> Iterator[Rehearsal]:
    """Let events happen at ``now`` (µs UTC), wait for the first pages; yield what came of it.

    By the ``catalog`` that is in force, or else by the one in the files.

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
    declared = catalog or LiveCatalog(loaded)
    with ExitStack() as stack:
        origin = stack.enter_context(current_store(loaded.settings.database))
        known = Known(origin, declared(), bodies) if origin is not None else None
        hub = stack.enter_context(simulation(loaded, at=now, known=known, catalog=declared))
        with hub.store.database.read() as connection:
            position = hub.store.journal.head(connection)
        # Whom it tells, the store knows.
        for _told in hub.play(AtOnce(bodies, at=now)):
            pass
        with hub.store.database.read() as connection:
            touched = touched_since(connection, position)
        yield Rehearsal(hub.store, position, touched, origin, known.unjudged if known else 0)


def expected(
    loaded: Loaded, events: Iterable[bytes], *, now: int, catalog: LiveCatalog
) -> list[Expected]:
    """Return what would come of events, by the catalog in force; see ``rehearse``."""
    with rehearse(loaded, events, now=now, catalog=catalog) as rehearsal:
        return [comes_of(rehearsal, key, catalog()) for key in rehearsal.incidents]


def comes_of(rehearsal: Rehearsal, key: str, catalog: Catalog) -> Expected:
    """Return what would come of the events of a rehearsal for one of its incidents."""
    after = rehearsal.position
    with rehearsal.store.database.read() as connection:
        found = whole_incident(connection, rehearsal.store.journal, key, catalog)
        came = timelines_of(connection, [key], after=after)[key]
        told = notifications_of(connection, [key], after=after).get(key, [])
    if found is None:
        raise NotFound(f"the events touch no incident {key}")
    there = _as_it_was(rehearsal.origin, key, catalog)
    if there is not None:
        # Of what its run changed, and of its like, only that store knows all.
        found = found._replace(
            last_good=there.last_good, changes=there.changes, similar=there.similar
        )
    return Expected(found, there is None, came, told)


def _as_it_was(origin: Store | None, key: str, catalog: Catalog) -> Whole | None:
    if origin is None:
        return None
    with origin.database.read() as connection:
        return whole_incident(connection, origin.journal, key, catalog)
