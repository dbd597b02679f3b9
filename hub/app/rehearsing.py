"""Rehearsing: what would come of events if they happened at one instant; a simulation of that.

The catalog is the one in the files; what the store knows of what they name is what it begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.app.knowing import Known, current_store
from hub.app.playing import AtOnce
from hub.app.simulating import simulation
from hub.domain.errors import InvalidInput
from hub.queries.incidents import touched_since
from hub.settings import load_catalog

if TYPE_CHECKING:
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
def rehearse(loaded: Loaded, events: Iterable[bytes], *, now: int) -> Iterator[Rehearsal]:
    """Let events happen at ``now`` (µs UTC), wait for the first pages; yield what came of it.

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
    catalog = load_catalog(loaded)
    with ExitStack() as stack:
        origin = stack.enter_context(current_store(loaded.settings.database))
        known = Known(origin, catalog, bodies) if origin is not None else None
        hub = stack.enter_context(simulation(loaded, at=now, known=known))
        with hub.store.database.read() as connection:
            position = hub.store.journal.head(connection)
        # Whom it tells, the store knows.
        for _told in hub.play(AtOnce(bodies, at=now)):
            pass
        with hub.store.database.read() as connection:
            touched = touched_since(connection, position)
        yield Rehearsal(hub.store, position, touched, origin, known.unjudged if known else 0)
