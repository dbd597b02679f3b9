"""Rehearsing: what would come of events if they happened at one instant; a simulation of that.

The catalog is the one in the files, and silences are those of the store; what the store knows of
lineage and open incidents is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from hub.app.playing import AtOnce
from hub.app.simulating import simulation
from hub.domain.errors import InvalidInput
from hub.store import schema
from hub.store.database import Database
from hub.store.silences import load_silences

if TYPE_CHECKING:
    from hub.domain.duty.silences import Silence
    from hub.settings import Loaded
    from hub.store.opening import Store

MAX_EVENTS: Final = 10_000


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
    played = AtOnce(bodies, _silences(loaded, now), at=now)
    with simulation(loaded, at=now) as hub:
        # Whom it tells, the store knows.
        for _told in hub.play(played):
            pass
        yield hub.store


def _silences(loaded: Loaded, now: int) -> list[Silence]:
    with closing(Database(loaded.settings.database)) as database, database.read() as connection:
        is_there = schema.revision(connection) == schema.HEAD
        return load_silences(connection, now=now) if is_there else []
