"""The in-process reporter: what a runner in this process says goes straight into the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.domain.deadletters import NewDeadLetter, entry_of
from hub.domain.entries import NewEntry
from hub.flow.ingest import EventReader
from hub.store.journal import Journal


class JournalReporter:
    """See ``hub.spi.reporter.Reporter``. ``on_commit`` is called after every append."""

    def __init__(
        self,
        journal: Journal,
        reader: EventReader,
        *,
        clock: Callable[[], int],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._on_commit = on_commit

    def emit(self, event: bytes) -> None:
        """Append one event, scrubbed and keyed as the intake does it."""
        self._append([self._reader.read(event)])

    def dead_letter(self, letters: Sequence[NewDeadLetter]) -> None:
        """Append refused records."""
        self._append([entry_of(letter) for letter in letters])

    def _append(self, entries: list[NewEntry]) -> None:
        self._journal.append(entries, recorded_at=self._clock())
        self._on_commit()
