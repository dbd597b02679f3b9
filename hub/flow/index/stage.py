"""The stage itself: what entries may have changed of things, once those are projected.

New things need no entry to be found. Of others the entries tell only whose texts to read again;
what they are, the tables say: so neither order nor repetition matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jsonschema_rs import RegexOptions, validator_for
from msgspec import Struct, field

from hub.domain.curation import Curated, TagThing, decode_curation
from hub.domain.entries import Entry, EntryKind
from hub.domain.incidents.decisions import released_by
from hub.domain.openlineage.events import (
    DatasetEvent,
    DatasetUse,
    RunEvent,
    Unusable,
    facets_of,
)
from hub.domain.openlineage.facets import forwarded_in
from hub.domain.search import SearchKind
from hub.flow.recent import RecentEntries
from hub.store import tracking
from hub.store.search_index import (
    CONSUMER,
    NEW_AT_ONCE,
    digests_in_force,
    index_again,
    index_new,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.opening import Store
    from hub.store.search_index import Digests

_BATCH: Final = 4_096
_PROJECT: Final = "project"
# The facets that have texts; a letter in JSON may be escaped. It runs over every event, so in the
# engine that ``hub.domain.scrub`` uses, for its reasons.
_has_texts: Final = validator_for(
    {"pattern": r'"(?:documentation|ownership|tags)"|\\u00'}, pattern_options=RegexOptions()
).is_valid
_MAX_REMEMBERED: Final = 100_000
_WRITES_A_STEP: Final = 10

_Thing = tuple[SearchKind, tuple[str, str]]


class _Changed(Struct):
    """Things of which something is said, perhaps the same as before; and those that people tag."""

    things: set[_Thing] = field(default_factory=set)
    tagged: set[_Thing] = field(default_factory=set)


class Index:
    """Follows ``project``, and keeps the search index as the projected tables are."""

    name = CONSUMER

    def __init__(self, store: Store, *, recent: RecentEntries | None = None) -> None:
        """Prepare the stage; ``recent`` is what project leaves, where it is of the same thread."""
        self._store = store
        self._recent = recent or RecentEntries(store.journal)
        # What was in force when a thing was indexed last, while nobody else has indexed since.
        self._indexed: dict[_Thing, Digests] = {}
        self._left_at = 0

    def step(self) -> bool:
        """Index what the next entries that are projected have changed."""
        try:
            return self._step()
        except BaseException:
            self._indexed.clear()
            raise

    def _step(self) -> bool:
        with self._store.database.read() as connection:
            position = tracking.position(connection, self.name)
            projected = tracking.position(connection, _PROJECT)
            entries = self._recent.read(connection, after=position, until=projected, limit=_BATCH)
            if not entries:
                return False
            changed = self._changed(connection, entries)
        if position != self._left_at or len(self._indexed) > _MAX_REMEMBERED:
            self._indexed.clear()
        reached = entries[-1].position
        if any(self._write(changed, position, reached) for _ in range(_WRITES_A_STEP)):
            self._left_at = reached
        return True

    def _write(self, changed: _Changed, position: int, reached: int) -> bool:
        """Write some of what is new, or else what has changed; tell whether that was all."""
        with self._store.database.write() as connection:
            # Whoever holds the position is the only one who indexes.
            tracking.advance(connection, self.name, expected=position, to=position)
            if index_new(connection, NEW_AT_ONCE):
                return False
            for kind in (SearchKind.DATASET, SearchKind.JOB):
                self._index_again(connection, kind, changed)
            tracking.advance(connection, self.name, expected=position, to=reached)
        return True

    def _index_again(self, connection: Connection, kind: SearchKind, changed: _Changed) -> None:
        said = [name for each, name in changed.things if each is kind]
        in_force = {
            (kind, name): digests
            for name, digests in digests_in_force(connection, kind, said).items()
            if self._indexed.get((kind, name)) != digests
        }
        tagged = (name for each, name in changed.tagged if each is kind)
        names = {*tagged, *(name for _, name in in_force)}
        if names:
            index_again(connection, kind, names)
        self._indexed |= in_force

    def _changed(self, connection: Connection, entries: Sequence[Entry]) -> _Changed:
        changed = _Changed()
        released: list[int] = []
        for entry in entries:
            if entry.kind is EntryKind.EVENT:
                self._note_event(entry, changed)
            elif entry.kind is EntryKind.COMMAND:
                _note_tag(entry.body, changed)
            elif entry.kind is EntryKind.DECISION:
                released += released_by(entry.body)
        for entry in self._store.journal.read_at(connection, released):
            self._note_event(entry, changed)
        return changed

    def _note_event(self, entry: Entry, changed: _Changed) -> None:
        if not _has_texts(entry.body.decode("latin-1")):
            return
        event = self._recent.event(entry)
        if isinstance(event, Unusable):
            return
        if isinstance(event, DatasetEvent):
            uses: tuple[DatasetUse, ...] = (event.dataset,)
        else:
            changed.things.add((SearchKind.JOB, event.job))
            if isinstance(event, RunEvent):
                forwarded = forwarded_in(facets_of(event.run_facets))
                jobs = (each.run.job for each in forwarded)
                changed.things.update((SearchKind.JOB, job) for job in jobs)
            uses = (*event.inputs, *event.outputs)
        changed.things.update((SearchKind.DATASET, use.name) for use in uses)


def _note_tag(body: bytes, changed: _Changed) -> None:
    command = decode_curation(body)
    if isinstance(command, TagThing) and command.kind in (Curated.DATASET, Curated.JOB):
        changed.tagged.add((SearchKind(command.kind), (command.namespace, command.name)))
