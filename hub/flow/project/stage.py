"""The stage itself: a batch of entries, in one transaction with the stage's own position.

An event that cannot be used becomes a dead letter and harms no other. What cannot be used is
found before anything is written; should writing fail all the same, the batch is halved until the
one event that does it stands alone, and that one becomes a dead letter too.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import structlog
from msgspec.structs import replace
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.domain.deadletters import NewDeadLetter, quarantined, read_letter
from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import Conflict, InfrastructureError
from hub.domain.incidents.decisions import (
    DeadLettersReplayed,
    LineageInferred,
    decode_decision,
    encode_decision,
    released_by,
)
from hub.domain.openlineage.events import Event, EventParser, Unusable, complaints, read_event
from hub.flow.backlog import OPERATIONS, PROJECT
from hub.flow.collector import collector_held
from hub.flow.project.measures import observe
from hub.flow.recent import RecentEntries
from hub.store import tracking
from hub.store.curation import show_again
from hub.store.dead_letters import put_letters
from hub.store.opening import Store
from hub.store.operations import RETIREMENT, is_of_incidents, write_operation
from hub.store.projection.batch import InferenceDraft, Place, Told
from hub.store.projection.writer import LineageWriter

_log = structlog.get_logger(__name__)

# What is written at once while events come in: as long as that takes, they wait.
BATCH: Final = 2_000
# As many times that while none do: nobody waits, and what a job repeats is written once a batch.
_UNDISTURBED: Final = 2
# For as many batches none has come in then: during a single one whoever has some may have waited.
_STILL: Final = 2
# What comes first is compared with the store, what repeats it with what is remembered.
_FIRST_BATCH: Final = 1_000
_INFERENCE: Final = b'"lineage-inferred"'
_PROJECTED: Final = Counter("hub_projected_entries", "Journal entries projected", ["kind"])
_QUARANTINED: Final = Counter("hub_quarantined_events", "Events that could not be used")

# To name a member of an enumeration is to look it up, and these are asked for with every entry.
_EVENT: Final = EntryKind.EVENT
_DEAD_LETTER: Final = EntryKind.DEAD_LETTER
_DECISION: Final = EntryKind.DECISION

_Letter = tuple[int, int, NewDeadLetter]
# By position.
_Read = Mapping[int, Event | Unusable]


class Project:
    """Projects every kind of entry. Insensitive to order and repetition of events."""

    name = PROJECT

    def __init__(
        self,
        store: Store,
        *,
        source: Store | None = None,
        until: int | None = None,
        batch: int = BATCH,
        recent: RecentEntries | None = None,
    ) -> None:
        """Project into ``store`` what its journal has, up to ``batch`` entries at once.

        While none come in, more are taken at once. A rebuild reads another store's journal
        (``source``) and stops after a position. What was read is left in ``recent`` for the
        stages that follow.
        """
        self._store = store
        self._source = source or store
        self._until = until
        self._most = batch
        self._parser = EventParser()
        self._recent = recent
        self._lineage = LineageWriter()
        self._is_warm = False
        self._generation = 0
        self._reached = 0
        self._head = 0
        self._still = 0

    def step(self) -> bool:
        """Project the next batch; tell whether there was one."""
        with self._store.database.read() as connection:
            position = tracking.position(connection, self.name)
            generation = tracking.resets(connection, self.name)
        if generation != self._generation or position != self._reached:
            # Somebody has exchanged the rows, or written more of them; what is remembered is old.
            self._lineage.forget()
            self._is_warm = False
            self._generation = generation
            self._reached = position
        with collector_held():
            return self._batch(position)

    def _batch(self, position: int) -> bool:
        with self._source.database.read() as connection:
            most = self._at_once(self._source.journal.head(connection))
            limit = most if self._until is None else min(most, self._until - position)
            entries = self._source.journal.read_blocks(connection, after=position, limit=limit)
        if self._until is not None:
            entries = entries[: self._until - position]
        if not entries:
            self._leave((), {})
            return False
        events = {
            entry.position: self._parser.read(entry.body)
            for entry in entries
            if entry.kind is _EVENT
        }
        self._leave(entries, events)
        written: list[Told] = []
        for part in _parts(entries):
            written += self._project(position, part, events)
            self._reached = position = part[-1].position
        for kind, count in Counts(entry.kind for entry in entries).items():
            _PROJECTED.labels(kind.value).inc(count)
        if self._source is self._store:
            observe(told.event for told in written)
        self._is_warm = True
        return True

    def _at_once(self, head: int) -> int:
        """Return how many entries to take at once, with the journal's last position."""
        self._still = self._still + 1 if head == self._head else 0
        self._head = head
        if not self._is_warm:
            return min(self._most, _FIRST_BATCH)
        is_undisturbed = self._still >= _STILL or self._source is not self._store
        return self._most * _UNDISTURBED if is_undisturbed else self._most

    def _leave(self, entries: Sequence[Entry], events: _Read) -> None:
        """Leave what was read to the stages that follow; nothing, when they have had their turn."""
        if self._recent is not None:
            self._recent.keep(entries, events)

    def _project(self, position: int, entries: Sequence[Entry], read: _Read) -> list[Told]:
        """Write entries; return the events that could be used."""
        try:
            return self._write(position, entries, read, reason=None)
        except (Conflict, InfrastructureError):
            raise
        except Exception as error:
            if len(entries) == 1:
                [entry] = entries
                if entry.kind is not _EVENT and not _released_by(entry):
                    raise
                _log.exception("event_not_projected", position=entry.position)
                reason = f"the hub cannot project it: {error}"
                return self._write(position, [_still_refused(entry, reason)], read, reason=reason)
            middle = _middle(entries)
            first = self._project(position, entries[:middle], read)
            return first + self._project(entries[middle - 1].position, entries[middle:], read)

    def _write(
        self, position: int, entries: Sequence[Entry], read: _Read, *, reason: str | None
    ) -> list[Told]:
        """Write entries; with a ``reason`` their events are quarantined for it."""
        last = entries[-1].position
        events, letters = _sort(entries, read, reason)
        others = [each for each in entries if each.kind is not _EVENT]
        decisions = [each for each in others if each.kind is _DECISION]
        events += self._released(decisions, last)
        batch = self._lineage.gather(events, _inferences(decisions, last))
        try:
            with self._store.database.write() as connection:
                written_until = self._advance(connection, position, last)
                if events or batch.inferences:
                    self._lineage.write(connection, batch)
                put_letters(connection, letters)
                for entry in others:
                    if entry.kind is _DEAD_LETTER:
                        continue
                    if entry.position > written_until or not is_of_incidents(entry):
                        write_operation(connection, entry)
                show_again(connection, ((told.place.told_at, told.event) for told in events))
        except BaseException:
            self._lineage.forget()
            raise
        if _retires(entries[0]):
            self._lineage.forget()
        return events

    def _advance(self, connection: Connection, position: int, to: int) -> int:
        """Move to a position; return up to which one what is about incidents was written before."""
        tracking.advance(connection, self.name, expected=position, to=to)
        written_until = tracking.position(connection, OPERATIONS)
        further = max(written_until, to)
        tracking.advance(connection, OPERATIONS, expected=written_until, to=further)
        if tracking.resets(connection, self.name) != self._generation:
            raise Conflict("the projection has been rebuilt in the meantime")
        return written_until

    def _released(self, decisions: Sequence[Entry], last: int) -> list[Told]:
        """Return the events that were quarantined once and can be used by now."""
        places = [_place(each, last, at) for each in decisions for at in _released_by(each)]
        if not places:
            return []
        with self._source.database.read() as connection:
            found = self._source.journal.read_at(connection, [each.position for each in places])
        events = [
            (place, read_event(entry.body)) for place, entry in zip(places, found, strict=True)
        ]
        return [Told(place, event) for place, event in events if not isinstance(event, Unusable)]


def _middle(entries: Sequence[Entry]) -> int:
    """Return where to halve a batch: between blocks while it has several, so that all do alike."""
    half = len(entries) // 2
    ends = (n for n, each in enumerate(entries[:-1], 1) if each.position == each.block_end)
    return min(ends, key=lambda n: abs(n - half), default=half)


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Yield a batch in parts: what comes before something is retired knows it, the rest does not.

    So it is the same wherever a batch begins and ends.
    """
    start = 0
    for place, entry in enumerate(entries):
        if _retires(entry):
            yield from filter(None, (entries[start:place], entries[place : place + 1]))
            start = place + 1
    yield from filter(None, (entries[start:],))


def _retires(entry: Entry) -> bool:
    return entry.kind is _DECISION and RETIREMENT in entry.body


def _place(entry: Entry, last: int, position: int) -> Place:
    """Return the place of the event at a position that an entry told, in a batch up to ``last``."""
    return Place(position, entry.position, min(entry.block_end, last))


def _inferences(decisions: Sequence[Entry], last: int) -> list[InferenceDraft]:
    return [
        InferenceDraft(_place(entry, last, entry.position), decision.job, decision.said)
        for entry in decisions
        if _INFERENCE in entry.body
        for decision in [decode_decision(entry.body)]
        if isinstance(decision, LineageInferred)
    ]


def _released_by(entry: Entry) -> list[int]:
    """Return the positions of the events that an entry releases from quarantine."""
    return released_by(entry.body) if entry.kind is _DECISION else []


def _still_refused(entry: Entry, reason: str) -> Entry:
    """Return an entry that releases an event as one that could not."""
    if entry.kind is _EVENT:
        return entry
    decision = decode_decision(entry.body)
    assert isinstance(decision, DeadLettersReplayed)  # noqa: S101 - nothing else releases events
    outcomes = tuple(
        replace(each, resolved=False, reasons=(reason,), event=None) for each in decision.outcomes
    )
    return replace(entry, body=encode_decision(replace(decision, outcomes=outcomes)))


def _sort(
    entries: Sequence[Entry], read: _Read, reason: str | None
) -> tuple[list[Told], list[_Letter]]:
    """Return the events that can be used, and the dead letters that came or are made of others."""
    events: list[Told] = []
    letters: list[_Letter] = []
    last = entries[-1].position
    for entry in entries:
        position = entry.position
        if entry.kind is not _EVENT:
            if entry.kind is _DEAD_LETTER:
                letters.append((position, entry.recorded_at, read_letter(entry.body)))
            continue
        event = read[position]
        why = complaints(event) if reason is None else (reason,)
        if why:
            letter = quarantined(entry.body, why, position=position, at=event.event_time)
            letters.append((position, entry.recorded_at, letter))
            _QUARANTINED.inc()
        if reason is None and not isinstance(event, Unusable):
            events.append(Told(_place(entry, last, position), event))
    return events, letters
