"""The stage: each signal and command in the order of the journal, and first notifications due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from hub.domain.catalog import Catalog
from hub.domain.commands import CreateSilence, ExpireSilence, decode_command
from hub.domain.duty.silences import Silences
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.causes import HEALTHY_GAP, Lineage
from hub.domain.incidents.correlation import decide_cleared, decide_raised
from hub.domain.incidents.decisions import (
    Decision,
    IncidentChanged,
    IncidentOpened,
    NotificationFailed,
    SignalAttached,
    SignalCleared,
    SignalRaised,
    decode_decision,
    encode_decision,
)
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.incident import Incident, Role
from hub.domain.incidents.responses import decide_due, measure_again, reroute, widen
from hub.domain.incidents.signals import Signal
from hub.domain.incidents.telling import attend, fall_back
from hub.flow.backlog import PROJECT, Ahead, Backlog, told_until
from hub.flow.collector import collector_held
from hub.flow.recent import RecentEntries
from hub.flow.route.measures import count
from hub.flow.route.obeying import obey
from hub.flow.turns import Turns
from hub.graph.foresight import Foresight
from hub.graph.neighbourhood import Neighbourhood
from hub.store import incident_book, outbox, tracking
from hub.store.silences import load_silences, made_by

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.graph.identities import Identities
    from hub.graph.index import LineageIndex
    from hub.store.opening import Store

_BATCH: Final = 4_096
# From so many signals on it pays to look at what is between all of them.
_STORM: Final = 16

_Told: TypeAlias = tuple[Entry, Decision | None]


class Route:
    """Decides on the open incidents, which it keeps in memory."""

    name = "route"

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], int],
        index: LineageIndex,
        recent: RecentEntries | None = None,
    ) -> None:
        """Prepare the stage; ``catalog`` returns what is declared now, ``clock`` µs UTC.

        ``recent`` is what project leaves, where it is of the same thread.
        """
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._index = index
        self._recent = recent or RecentEntries(store.journal)
        self._book: IncidentBook | None = None
        self._silences = Silences()
        # By what those who wait were last looked at; of names, while anybody waits.
        self._applied: Catalog | None = None
        self._names: Identities | None = None
        self._known_head: int | None = None
        self._turns = Turns(self.name, clock=clock)

    def step(self) -> bool:
        """Decide on what is projected and new, and on notifications that have become due."""
        return self._guarded(self._read)

    def decide_ahead(self, backlog: Backlog) -> bool:
        """As ``step``, also on what is about incidents, projected, and waits behind what is not.

        Raises:
            Conflict: another process has decided on some of it.

        """

        def read(connection: Connection, position: int) -> Ahead:
            until = told_until(connection)
            ahead = backlog.read(connection, after=position)
            told = [each for each in ahead.entries if each.position <= until]
            return Ahead(told, max(position, min(until, ahead.reached)))

        return self._guarded(read)

    def _guarded(self, read: Callable[[Connection, int], Ahead]) -> bool:
        try:
            with collector_held():
                return self._step(read)
        except BaseException:
            # Decisions that were not committed are in the book: it is read back from the store.
            self._forget()
            raise

    def _forget(self) -> None:
        self._book = self._names = None
        self._known_head = None

    def _read(self, connection: Connection, position: int) -> Ahead:
        until = tracking.position(connection, PROJECT)
        entries = self._recent.read(connection, after=position, until=until, limit=_BATCH)
        return Ahead(entries, entries[-1].position if entries else position)

    def _step(self, read: Callable[[Connection, int], Ahead]) -> bool:
        now = self._clock()
        with self._store.database.read() as connection:
            if self._turns.are_anothers(connection):
                self._forget()
                return False
            position = tracking.position(connection, self.name)
            book = self._open_book(connection)
            if book is None:
                return False
            entries, reached = read(connection, position)
            catalog = self._catalog()
            told = [(entry, _decision_of(entry)) for entry in entries]
            raised = [each.signal for _, each in told if isinstance(each, SignalRaised)]
            around = Neighbourhood(connection, self._index, catalog)
            desk = Desk(book, catalog, foresee(around, book, raised), now, self._silences)
            is_new = self._applied is not catalog
            decisions = list(_decide(desk, connection, told, has_new_files=is_new))
            if entries:
                decisions += self._look_at_renamed(desk, around)
            self._applied = catalog
        if not entries and not decisions:
            return False
        self._commit(decisions, position, reached, now)
        return True

    def _look_at_renamed(self, desk: Desk, around: Neighbourhood) -> list[Decision]:
        """Look again at whom what is called otherwise by now may hold, or may be held as."""
        before, self._names = self._names, around.identities if desk.book.waiting() else None
        if before is None or self._names is None or before is self._names:
            return []
        waiting: list[Incident] = []
        for each in desk.book.incidents.values():
            if _is_renamed(each, before, self._names):
                waiting += [each] if each.telling.held else []
                waiting += desk.book.waiting_for(each.id)
        unique = {each.id: each for each in waiting}
        return list(_attend(desk, sorted(unique.values(), key=attrgetter("age"))))

    @property
    def next_at(self) -> int | None:
        """When the clock alone makes work, as far as the book in memory tells."""
        return self._book.next_due_at if self._book is not None else None

    def _open_book(self, connection: Connection) -> IncidentBook | None:
        """Return the book; None while decisions of an earlier process are not projected yet."""
        if self._book is None:
            if self._known_head is None:
                self._known_head = self._store.journal.head(connection)
            if told_until(connection) < self._known_head:
                return None
            now = self._clock()
            self._book = incident_book.load_book(connection, now=now)
            self._silences = Silences(load_silences(connection, now=now))
            self._applied = None
        return self._book

    def _commit(self, decisions: Sequence[Decision], position: int, to: int, now: int) -> None:
        new = [NewEntry(EntryKind.DECISION, encode_decision(each)) for each in decisions]
        with self._store.database.write() as connection:
            self._turns.take(connection)
            tracking.advance(connection, self.name, expected=position, to=to)
            self._store.journal.append(new, recorded_at=now, connection=connection)
        self._turns.is_over()
        count(decisions)


def _is_renamed(incident: Incident, before: Identities, now: Identities) -> bool:
    """Whether what an incident is about is called otherwise than before."""
    named = filter(None, (incident.root, incident.explanation.job))
    return any(before.called(each) != now.called(each) for each in named)


def apply(book: IncidentBook, decision: Decision) -> None:
    """Change the book by a decision: by nothing else does it change."""
    if isinstance(decision, IncidentOpened):
        book.put(decision.incident)
        book.attach(decision.signal, decision.incident.id, Role.ROOT)
    elif isinstance(decision, SignalAttached):
        book.attach(decision.signal, decision.incident, decision.role, decision.cause)
    elif isinstance(decision, IncidentChanged):
        book.put(decision.incident)


def foresee(around: Neighbourhood, book: IncidentBook, raised: Sequence[Signal]) -> Lineage:
    """Return lineage for decisions on signals; of a storm, what ties it is found out at once."""
    if len(raised) < _STORM:
        return around
    broken = {*book.broken()}.union(*(each.datasets for each in raised))
    read = {*book.read()}.union(*(each.inputs for each in raised))
    return Foresight(around, broken, read, HEALTHY_GAP + 1)


def _decide(
    desk: Desk, connection: Connection, told: Iterable[_Told], *, has_new_files: bool
) -> Iterator[Decision]:
    """Decide on entries, on those whom new files send elsewhere or let go, on what is due."""
    joined: dict[str, None] = {}
    for entry, decision in told:
        for each in _carry_out(desk, _decide_entry(desk, connection, entry, decision)):
            if isinstance(each, SignalAttached):
                joined[each.incident] = None
            yield each
    # Once for all that has joined: in a storm that is many.
    for incident in (desk.book.incidents.get(key) for key in joined):
        yield from _carry_out(desk, widen(desk, incident)) if incident else ()
    if has_new_files:
        for incident in desk.book.triggered():
            yield from _carry_out(desk, reroute(desk, incident))
        yield from _attend(desk, desk.book.waiting())
    for incident in desk.book.due(desk.now):
        yield from _carry_out(desk, measure_again(desk, incident))
    yield from _carry_out(desk, decide_due(desk))


def _carry_out(desk: Desk, decisions: Iterable[Decision]) -> Iterator[Decision]:
    """Apply decisions, and look again at whom a changed incident may hold."""
    for decision in decisions:
        apply(desk.book, decision)
        yield decision
        if isinstance(decision, IncidentChanged):
            yield from _attend(desk, desk.book.waiting_for(decision.incident.id))


def _attend(desk: Desk, incidents: Iterable[Incident]) -> Iterator[Decision]:
    for incident in incidents:
        yield from _carry_out(desk, attend(desk, incident))


def _decision_of(entry: Entry) -> Decision | None:
    return decode_decision(entry.body) if entry.kind is EntryKind.DECISION else None


def _decide_entry(
    desk: Desk, connection: Connection, entry: Entry, decision: Decision | None
) -> Iterable[Decision]:
    if entry.kind is EntryKind.COMMAND:
        return _obey(desk, connection, entry)
    if isinstance(decision, SignalRaised):
        return _take_signal(desk, decision, entry.position)
    if isinstance(decision, SignalCleared):
        held = desk.book.clear(decision.signal, decision.passed_at)
        if held is not None:
            return decide_cleared(desk, held, decision.reason, decision.passed_at)
    if isinstance(decision, NotificationFailed):
        planned = outbox.find_planned(connection, decision.id)
        was_told = outbox.was_told(connection, decision.incident, decision.receiver)
        may_know = decision.may_have_arrived
        return fall_back(desk, planned, was_told=was_told, may_know=may_know)
    return ()


def _obey(desk: Desk, connection: Connection, entry: Entry) -> Iterable[Decision]:
    """Carry out a command; on silences project answers, and what they mean for others is ours."""
    command = decode_command(entry.body)
    if isinstance(command, CreateSilence):
        desk.silences.put(made_by(command, entry.position))
        return ()
    if isinstance(command, ExpireSilence):
        desk.silences.expire(command.silence, entry.recorded_at)
        waiting = desk.book.waiting_for(command.silence)
        return (decision for each in waiting for decision in attend(desk, each))
    return obey(desk, connection, command, entry.position)


def _take_signal(desk: Desk, raised: SignalRaised, position: int) -> Iterator[Decision]:
    book, signal = desk.book, raised.signal
    if signal.id in book.signals:
        return
    held = book.add(signal)
    yield from decide_raised(desk, held, f"INC-{position}")
    if not held.roles:
        book.forget(signal.id)
