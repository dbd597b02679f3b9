"""From what arrived to what is in the journal: the last step of the intake, wherever it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from hub.domain.entries import Appended, NewEntry
from hub.flow.ingest.bodies import EventReader, Received
from hub.store.journal import Journal

# A received event is made an entry where it is appended; the hub's own entries come as they are.
Arrival: TypeAlias = Received | NewEntry


class Appender(Protocol):
    """What the intake writes with, in this process or in another."""

    def append(self, arrivals: Sequence[Arrival], *, recorded_at: int) -> list[Appended]:
        """Append all that arrived or nothing; return once it is durable.

        Raises:
            StoreUnavailable: the store failed.

        """


class JournalAppender:
    """Appends to a journal."""

    def __init__(self, journal: Journal, reader: EventReader) -> None:
        self._journal = journal
        self._reader = reader

    def append(self, arrivals: Sequence[Arrival], *, recorded_at: int) -> list[Appended]:
        """See :class:`Appender`."""
        entries = [
            self._reader.entry(each) if isinstance(each, Received) else each for each in arrivals
        ]
        return self._journal.append(entries, recorded_at=recorded_at)
