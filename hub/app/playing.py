"""What a simulation plays: events of files at the times that they give, or a hub's own history."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final, Protocol

from hub.app.knowing import Past
from hub.domain.commands import (
    AcknowledgeIncident,
    CreateSilence,
    ExpireSilence,
    OnNames,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
    decode_command,
    entry_of,
)
from hub.domain.curation import decode_curation
from hub.domain.duty.silences import Silence, position_of, silence_id
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.errors import InvalidInput
from hub.domain.instants import format_instant
from hub.domain.openlineage.events import read_event
from hub.store.incident_book import find_incident
from hub.store.journal import recorded_at
from hub.store.silences import find_silence

if TYPE_CHECKING:
    from hub.domain.incidents.incident import Incident
    from hub.store.opening import Store

# Events further apart than this are a clock gone wrong: it would stop at all deadlines between.
MAX_YEARS: Final = 3
_YEAR: Final = 366 * 86_400 * 1_000_000
_UNKNOWN: Final = -(1 << 63)
_READ: Final = 1_000
_TAKEN_IN: Final = (EntryKind.EVENT, EntryKind.DEAD_LETTER)
_PLAYED: Final = (
    OnNames,
    AcknowledgeIncident,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)


class Happenings(Protocol):
    """What came in, and when; ``len`` is how much there is, about."""

    first_at: int
    last_at: int

    def __len__(self) -> int:
        """Return how much there is, about."""

    def instants(self) -> Iterator[tuple[int, Sequence[NewEntry]]]:
        """Yield times, microseconds UTC, with what came in then; they never go down."""

    def meant(self, incident: str) -> Incident | None:
        """Return what a command that came in meant by the id of an incident."""


class EventFile:
    """Events in the order of their times, kept in a file; the same time keeps the order given.

    One whose time cannot be read has that of the one before it.
    """

    def __init__(self, events: Iterable[bytes], *, since: int | None = None) -> None:
        """Take in those that are not from before ``since``.

        Raises:
            InvalidInput: there are none with a time, or they lie years apart.

        """
        self._file = TemporaryFile(prefix="hub-simulate-")  # noqa: SIM115 - closed by ``close``
        self._times = array("q")
        self._ends = array("q", [0])
        try:
            for body in events:
                self._file.write(body)
                self._ends.append(self._ends[-1] + len(body))
                self._times.append(self._time_of(body))
            order = self._sorted()
        except BaseException:
            self.close()
            raise
        self._order = order if since is None else [i for i in order if self._times[i] >= since]
        if not self._order:
            self.close()
            raise _nothing()
        self.first_at, self.last_at = (self._times[self._order[place]] for place in (0, -1))

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self._order)

    def instants(self) -> Iterator[tuple[int, Sequence[NewEntry]]]:
        """Yield each time, microseconds UTC, with what happened then."""
        for at, indexes in groupby(self._order, key=self._times.__getitem__):
            yield at, [NewEntry(EntryKind.EVENT, self._body(index)) for index in indexes]

    def meant(self, incident: str) -> Incident | None:
        """Return nothing: events name no incidents."""
        del incident
        return None

    def close(self) -> None:
        """Forget them."""
        self._file.close()

    def _time_of(self, body: bytes) -> int:
        at = read_event(body).event_time
        if at is not None:
            return at
        return self._times[-1] if self._times else _UNKNOWN

    def _sorted(self) -> Sequence[int]:
        known = [at for at in self._times if at != _UNKNOWN]
        if not known:
            raise _nothing()
        first, last = min(known), max(known)
        if last - first > MAX_YEARS * _YEAR:
            found = f"{format_instant(first)} and {format_instant(last)}"
            message = f"the events lie between {found}, more than {MAX_YEARS} years apart"
            raise InvalidInput(message, fix="leave out those whose eventTime is wrong")
        for index, at in enumerate(self._times):
            if at != _UNKNOWN:
                break
            self._times[index] = first
        return array("q", sorted(range(len(self._times)), key=self._times.__getitem__))

    def _body(self, index: int) -> bytes:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return self._file.read(end - start)


class History:
    """What a hub's journal has taken in, at the times at which it came in.

    Of what people did there: what they said of names, tags and owners; silences as they came to be;
    and whom they handed incidents to, what they said that
    they are, that they saw to them, or that they were over.
    """

    def __init__(self, store: Store, *, since: int | None = None) -> None:
        """Prepare to read what came in since an instant, up to what is there now.

        Raises:
            InvalidInput: nothing ever came in.

        """
        self._store = store
        with store.database.read() as connection:
            self._after = 0 if since is None else store.journal.position_at(connection, since - 1)
            self._head = store.journal.head(connection)
            if not self._head:
                raise _nothing()
            first_at = recorded_at(connection, 1)
            last_at = recorded_at(connection, self._head)
        self.first_at = since if since is not None and self._after else first_at
        self.last_at = max(self.first_at, last_at)

    def before(self) -> Past | None:
        """Return what there was before; None where that is nothing."""
        return Past(self._store, self._after) if self._after else None

    def __len__(self) -> int:
        """Return how many entries the journal has of that time."""
        return self._head - self._after

    def instants(self) -> Iterator[tuple[int, Sequence[NewEntry]]]:
        """Yield each time, microseconds UTC, with what came in then."""
        now = self.first_at
        # A command may be about an incident that what came in at the same time began.
        alike = groupby(self._entries(), key=lambda e: (e.recorded_at, e.kind is EntryKind.COMMAND))
        for (at, _is_command), entries in alike:
            # A clock that was set back did not turn back what had happened.
            now = max(now, at)
            new = [played for each in entries if (played := self._played(each)) is not None]
            if new:
                yield now, new

    def meant(self, incident: str) -> Incident | None:
        """Return the incident of that id in the hub whose history this is."""
        with self._store.database.read() as connection:
            return find_incident(connection, incident)

    def _played(self, entry: Entry) -> NewEntry | None:
        """Return what is played of an entry; None where that is nothing."""
        same = NewEntry(entry.kind, entry.body)
        if entry.kind is not EntryKind.COMMAND:
            return same if entry.kind in _TAKEN_IN else None
        command = decode_command(entry.body)
        if isinstance(command, CreateSilence):
            made = self._silence(silence_id(entry.position))
            return None if made is None else _as_it_came_to_be(made)
        if isinstance(command, ExpireSilence):
            # What came to be since ends when it is to from the beginning.
            ended = self._silence(command.silence)
            return same if ended is not None and position_of(ended.id) <= self._after else None
        is_played = isinstance(command, _PLAYED) or decode_curation(entry.body) is not None
        return same if is_played else None

    def _silence(self, key: str) -> Silence | None:
        with self._store.database.read() as connection:
            return find_silence(connection, key)

    def _entries(self) -> Iterator[Entry]:
        position = self._after
        while position < self._head:
            limit = min(_READ, self._head - position)
            with self._store.database.read() as connection:
                entries = self._store.journal.read(connection, after=position, limit=limit)
            if not entries:
                return
            yield from entries
            position = entries[-1].position


class AtOnce:
    """Events that happen at one instant."""

    def __init__(self, events: Sequence[bytes], *, at: int) -> None:
        """Prepare them; ``at`` is microseconds UTC."""
        self.first_at = self.last_at = at
        self._entries = [NewEntry(EntryKind.EVENT, body) for body in events]

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._entries)

    def instants(self) -> Iterator[tuple[int, Sequence[NewEntry]]]:
        """Yield the instant, microseconds UTC, with all that happens then."""
        yield self.first_at, self._entries

    def meant(self, incident: str) -> Incident | None:
        """Return nothing: events name no incidents."""
        del incident
        return None


def _as_it_came_to_be(made: Silence) -> NewEntry | None:
    """Return the command that makes a silence that ends when this one did.

    None for one that never began.
    """
    if made.until <= made.starts_at:
        return None
    return entry_of(
        CreateSilence(
            matchers=made.matchers,
            owner=made.owner,
            comment=made.comment,
            starts_at=made.starts_at,
            ends_at=made.until,
        )
    )


def _nothing() -> InvalidInput:
    message = "no event says when it happened in that time: there is nothing to simulate"
    return InvalidInput(message, fix="give OpenLineage events with an eventTime, or a hub's store")
