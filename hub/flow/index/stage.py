"""The stage itself: what entries may have changed of things, once those are projected.

New things need no entry to be found. Of others the entries tell only whose texts to read again;
what they are, the tables say: so neither order nor repetition matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from hub.domain.curation import Curated, TagThing, decode_curation
from hub.domain.decisions import DeadLettersReplayed, decode_decision
from hub.domain.entries import Entry, EntryKind
from hub.domain.events import DatasetEvent, EventParser, Unusable
from hub.domain.names import DatasetName, JobName
from hub.domain.search import SearchKind
from hub.store import tracking
from hub.store.search_index import CONSUMER, NEW_AT_ONCE, index_again, index_new

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.opening import Store

_BATCH: Final = 2_000
_PROJECT: Final = "project"
# The facets that have texts; a name in JSON may be written with escapes.
_TELLING: Final = (b'"documentation"', b'"ownership"', b'"tags"', b"\\u")
_RELEASING: Final = b'"dead-letters-replayed"'


class _Changed(Struct):
    """Things of which something may be said anew."""

    datasets: set[DatasetName] = field(default_factory=set)
    jobs: set[JobName] = field(default_factory=set)


class Index:
    """Follows ``project``, and keeps the search index as the projected tables are."""

    name = CONSUMER

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parser = EventParser()

    def step(self) -> bool:
        """Index what the next entries that are projected have changed."""
        with self._store.database.read() as connection:
            position = tracking.position(connection, self.name)
            limit = min(_BATCH, tracking.position(connection, _PROJECT) - position)
            if limit <= 0:
                return False
            entries = self._store.journal.read(connection, after=position, limit=limit)
            if not entries:
                return False
            changed = self._changed(connection, entries)
        with self._store.database.write() as connection:
            # Whoever holds the position is the only one who indexes.
            tracking.advance(connection, self.name, expected=position, to=position)
            if index_new(connection, NEW_AT_ONCE):
                return True
            if changed.datasets:
                index_again(connection, SearchKind.DATASET, changed.datasets)
            if changed.jobs:
                index_again(connection, SearchKind.JOB, changed.jobs)
            tracking.advance(connection, self.name, expected=position, to=entries[-1].position)
        return True

    def _changed(self, connection: Connection, entries: Sequence[Entry]) -> _Changed:
        changed = _Changed()
        released: list[int] = []
        for entry in entries:
            if entry.kind is EntryKind.EVENT:
                self._note_event(entry.body, changed)
            elif entry.kind is EntryKind.COMMAND:
                _note_tag(entry.body, changed)
            elif entry.kind is EntryKind.DECISION:
                released += _released_by(entry.body)
        for entry in self._store.journal.read_at(connection, released):
            self._note_event(entry.body, changed)
        return changed

    def _note_event(self, body: bytes, changed: _Changed) -> None:
        if not any(each in body for each in _TELLING):
            return
        event = self._parser.read(body)
        if isinstance(event, Unusable):
            return
        if isinstance(event, DatasetEvent):
            changed.datasets.add(event.dataset.name)
            return
        changed.jobs.add(event.job)
        changed.datasets.update(use.name for use in (*event.inputs, *event.outputs))


def _note_tag(body: bytes, changed: _Changed) -> None:
    command = decode_curation(body)
    if isinstance(command, TagThing):
        if command.kind is Curated.DATASET:
            changed.datasets.add(DatasetName(command.namespace, command.name))
        elif command.kind is Curated.JOB:
            changed.jobs.add(JobName(command.namespace, command.name))


def _released_by(body: bytes) -> list[int]:
    """Return the positions of the events that a decision releases from quarantine."""
    decision = decode_decision(body) if _RELEASING in body else None
    outcomes = decision.outcomes if isinstance(decision, DeadLettersReplayed) else ()
    return [each.event for each in outcomes if each.resolved and each.event is not None]
