"""Simulating: what came in is played on a virtual clock, through the stages that also work live.

Nothing is sent, and the store is one that nobody sees. What a receiver would have been told comes
out, when it would have been told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field, structs

from hub.app.hub import Hub
from hub.domain.commands import CreateSilence, OnIncident, decode_command, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.holding import INCIDENT
from hub.domain.instants import format_instant
from hub.flow.compact import Compact
from hub.flow.consumer import run_until_idle
from hub.flow.evaluate import Evaluate
from hub.flow.index import Index
from hub.flow.route import Deliverer, Route
from hub.flow.virtual_time import VirtualClock, VirtualTime
from hub.queries.incidents import incidents_by_id, open_incidents, signals_of
from hub.store import incident_book, outbox
from hub.store.opening import open_store

if TYPE_CHECKING:
    from hub.app.knowing import Beginning
    from hub.app.live_catalog import LiveCatalog
    from hub.app.playing import Happenings
    from hub.domain.incidents.incident import Incident
    from hub.queries.incidents import IncidentRow
    from hub.settings import Loaded
    from hub.spi.notifier import Notification
    from hub.store.opening import Store

# What they do changes no decision.
_UNHEARD: Final = (Index, Compact)


class Told(Struct, frozen=True, kw_only=True):
    """A notification that would have been sent, and when. Names of things are node ids.

    ``datasets`` are those that are broken, then all that is made from them; ``path`` are the steps
    that led to the owner and the receiver, in words. ``changes`` and ``similar`` are as on pages.
    """

    at: str
    reason: str
    incident: str
    failure_class: str = field(name="class")
    owner: str
    owner_kind: str
    receiver: str
    severity: str
    root: str
    datasets: tuple[str, ...]
    products: tuple[str, ...]
    summary: str
    rule: str
    confidence: float
    evidence: str
    path: tuple[str, ...]
    changes: tuple[str, ...]
    similar: tuple[str, ...]


def _ignore(_done: int) -> None:
    """Nobody wants to know."""


def simulate(
    loaded: Loaded,
    played: Happenings,
    *,
    known: Beginning | None = None,
    until: int | None = None,
    on_progress: Callable[[int], None] = _ignore,
) -> Iterator[Told]:
    """Yield what receivers would have been told of what came in, under a catalog, in order.

    It begins with what is ``known``, where anything is.

    What came in after ``until`` (microseconds UTC) is not played. Without it time ends with the
    last of it, and with the first notifications that then wait for their time. ``on_progress`` is
    told how much has been played.
    """
    # What comes in first is taken in before what is due at that time, as everything after it is.
    at = played.first_at if known is None else played.first_at - 1
    with simulation(loaded, at=at, known=known) as hub:
        yield from hub.play(played, until=until, on_progress=on_progress)


class Simulation:
    """A hub without threads, whose receivers take everything and tell nobody."""

    def __init__(self, hub: Hub, clock: VirtualClock) -> None:
        self._hub = hub
        self._clock = clock
        self._began_at = clock.now
        self._told: list[Told] = []
        deciding = [each for each in hub.stages() if not isinstance(each, _UNHEARD)]
        self._timed = [each for each in deciding if isinstance(each, (Evaluate, Route))]
        deliverer = Deliverer(
            hub.store,
            hub.catalog,
            clock=clock,
            notifier=lambda _receiver: self,
            complete=hub.complete,
        )
        self._stages = [*deciding, deliverer]
        self._time = VirtualTime(clock, settle=self._settle, dues=self._dues)
        hub.publish_contracts()
        self._settle()

    @property
    def store(self) -> Store:
        """What the hub knows by now; it goes with the simulation."""
        return self._hub.store

    def play(
        self,
        played: Happenings,
        *,
        until: int | None = None,
        on_progress: Callable[[int], None] = _ignore,
    ) -> Iterator[Told]:
        """As ``simulate``."""
        done = 0
        for at, entries in played.instants():
            if until is not None and at > until:
                break
            yield from self._take(at, entries, played.meant)
            done += len(entries)
            on_progress(done)
        yield from self._finish(until)

    def _take(
        self,
        at: int,
        entries: Sequence[NewEntry],
        meant: Callable[[str], Incident | None],
    ) -> Iterator[Told]:
        """Let time pass until something comes in, and take it in before a deadline at that time.

        What was done about an incident is done about the one here that was open before, or began
        with the same run, or else at the same root, and then at the same time if there is one.
        """
        self._time.pass_until(at - 1)
        self._clock.now = at
        reader = self._hub.reader
        known = (self._as_known_here(each, meant) for each in entries)
        new = [
            reader.read(each.body) if each.kind is EntryKind.EVENT else each
            for each in known
            if each is not None
        ]
        self._hub.store.journal.append(new, recorded_at=at)
        self._settle()
        yield from self._new()

    def _as_known_here(
        self, entry: NewEntry, meant: Callable[[str], Incident | None]
    ) -> NewEntry | None:
        command = decode_command(entry.body) if entry.kind is EntryKind.COMMAND else None
        if isinstance(command, OnIncident):
            here = self._incident_here(command.incident, meant)
            changes = {"incident": here, "expected_version": None, "client_key": None}
            return None if here is None else entry_of(structs.replace(command, **changes))
        if isinstance(command, CreateSilence):
            named = {each.value for each in command.matchers if each.label == INCIDENT}
            here_by = {each: self._incident_here(each, meant) for each in named}
            if None in here_by.values():
                return None
            matchers = tuple(
                structs.replace(each, value=here_by[each.value]) if each.label == INCIDENT else each
                for each in command.matchers
            )
            return entry_of(structs.replace(command, matchers=matchers))
        return entry

    def _incident_here(self, key: str, meant: Callable[[str], Incident | None]) -> str | None:
        there = meant(key)
        if there is None:
            return None
        with self._hub.store.database.read() as connection:
            here = open_incidents(connection)

        def likeness(each: IncidentRow) -> tuple[bool, ...]:
            is_it = each.id == key and there.opened_at < self._began_at
            has_run, has_root = bool(each.run) and each.run == there.run, each.root == there.root
            return is_it, has_run, has_root and each.onset_at == there.onset_at, has_root

        found = max(here, key=likeness, default=None)
        return found.id if found is not None and any(likeness(found)) else None

    def _finish(self, until: int | None) -> Iterator[Told]:
        """Let time pass until an instant, or until nobody waits to be told for the first time."""
        with self._hub.store.database.read() as connection:
            book = incident_book.load_book(connection, now=self._clock.now)
        waiting = (
            each.notify_at
            for each in book.incidents.values()
            if each.notify_at is not None and each.telling.first_at is None
            if not each.telling.held
        )
        end = max(waiting, default=self._clock.now) if until is None else until
        self._time.pass_until(end)
        yield from self._new()

    def send(self, notification: Notification, options: Mapping[str, Any]) -> None:
        """Take a notification; see ``hub.spi.notifier.Notifier``."""
        del options
        body = notification.body
        self._told.append(
            Told(
                at=format_instant(self._clock.now),
                reason=notification.reason,
                incident=body["incident"],
                failure_class=body["class"],
                owner=body["owner"]["name"],
                owner_kind=body["owner"]["kind"],
                receiver=notification.receiver,
                severity=notification.severity,
                root=body["root"],
                datasets=self._datasets(body["incident"]),
                products=tuple(body["products"]),
                summary=notification.summary,
                rule=body["rule"],
                confidence=body["confidence"],
                evidence=body["evidence"],
                path=tuple(body["path"]),
                changes=tuple(body["changes"]),
                similar=tuple(body["similar"]),
            )
        )

    def _datasets(self, incident: str) -> tuple[str, ...]:
        with self._hub.store.database.read() as connection:
            signals = signals_of(connection, [incident])[incident]
            blast = incidents_by_id(connection, [incident])[incident].explanation.blast
        broken = (signal.dataset for signal in signals if signal.dataset is not None)
        return tuple(dict.fromkeys([*broken, *blast.datasets]))

    def _settle(self) -> None:
        run_until_idle(self._stages)

    def _dues(self) -> list[int | None]:
        with self._hub.store.database.read() as connection:
            return [
                *(each.next_at for each in self._timed),
                outbox.next_due_at(connection, after=self._clock()),
            ]

    def _new(self) -> list[Told]:
        told, self._told = self._told, []
        return told


@contextmanager
def simulation(
    loaded: Loaded,
    *,
    at: int,
    known: Beginning | None = None,
    catalog: LiveCatalog | None = None,
) -> Iterator[Simulation]:
    """Yield a simulation from an instant on, with a store of its own, which goes with it.

    It begins with what is ``known``, where anything is. ``catalog``: unless that of the files.
    """
    clock = VirtualClock(at)
    with TemporaryDirectory(prefix="hub-simulate-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        try:
            if known is None:
                hub = Hub(loaded, clock=clock, store=store, catalog=catalog)
            else:
                store = known.lend(store.database, now=at)
                hub = Hub(loaded, clock=clock, store=store, catalog=catalog, judges=known.is_about)
            yield Simulation(hub, clock)
        finally:
            store.close()
