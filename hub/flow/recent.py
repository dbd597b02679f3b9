"""What project has read last, for the stages behind it in the same thread.

Every stage keeps a position of its own and could read the journal itself. But mostly it follows
project at once: then it takes the same entries over, and the events in them that project has read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hub.domain.openlineage.events import Event, EventParser, Unusable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.entries import Entry
    from hub.store.journal import Journal


class RecentEntries:
    """The entries of the last batch, and their events. Not safe to share between threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        # What the runs of a job repeat is read once.
        self._parser = EventParser()
        self._entries: Sequence[Entry] = ()
        self._events: Mapping[int, Event | Unusable] = {}

    def keep(self, entries: Sequence[Entry], events: Mapping[int, Event | Unusable]) -> None:
        """Keep consecutive entries, which are durable, and what their events were read as."""
        self._entries, self._events = entries, events

    def read(
        self, connection: Connection, *, after: int, until: int, limit: int
    ) -> Sequence[Entry]:
        """Return up to ``limit`` entries that follow a position, up to another one, in order."""
        limit = min(limit, until - after)
        if limit <= 0:
            return ()
        held = self._entries
        start = after + 1 - held[0].position if held else -1
        if 0 <= start < len(held):
            return held[start : start + limit]
        return self._journal.read(connection, after=after, limit=limit)

    def event(self, entry: Entry) -> Event | Unusable:
        """Return what an entry's event says."""
        found = self._events.get(entry.position)
        return self._parser.read(entry.body) if found is None else found
