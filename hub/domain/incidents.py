"""Incidents: what one root cause is to the people who mend it.

The book holds the open incidents and their signals. ``decide`` (in ``correlation``) reads it and
says what a signal means; applying that decision is the only way in which the book changes, so a
replay of the decisions makes the same book.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field, structs

from hub.domain.catalog import Owner, Severity
from hub.domain.failures import FailureClass, Verdict

if TYPE_CHECKING:
    from hub.domain.signals import Signal

# A week's job has its next run within that time of the incident that held it back.
REMEMBERED_MICROS: Final = 8 * 86_400_000_000


class IncidentState(StrEnum):
    """Where an incident is: nobody has said that they see to it, somebody has, or it is over."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Role(StrEnum):
    """What a signal is in its incident: it stays open while a root lasts, not for consequences."""

    ROOT = "root"
    CONSEQUENCE = "consequence"


class Ownership(Struct, frozen=True):
    """Who owns an incident, which receivers are told, and the steps that led there, in words.

    ``wait_seconds`` is how long the first notification waits for a nearer root.
    """

    owner: Owner
    receivers: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    wait_seconds: int = 0


class BlastRadius(Struct, frozen=True):
    """What an incident touches.

    ``datasets`` are node ids of all that is made from the broken ones, ``held_back`` those that
    get no new data meanwhile, ``products`` the names of the data products of both.
    """

    datasets: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """Why an incident is what it is, and whose."""

    verdict: Verdict
    path: tuple[str, ...]
    receivers: tuple[str, ...]
    wait_seconds: int = 0
    blast: BlastRadius = BlastRadius()
    product: str | None = None
    step: str | None = None
    source: str | None = None
    domain: str | None = None
    slo: str | None = None
    kind: str = ""


class Incident(Struct, frozen=True, kw_only=True):
    """One root cause. Instants are microseconds UTC.

    ``root`` is the node id of the job or dataset where it began, ``run`` that of the failing run.
    ``notify_at`` is when the first notification is due; None once it is planned, or when nobody
    is to be told. ``version`` counts changes of state, for commands to name. ``healed_at`` is the
    event time of what passed and so ended it; ``merged_into`` names the incident that it turned
    out to be part of.
    """

    id: str
    version: int
    state: IncidentState
    failure_class: FailureClass
    owner: Owner
    severity: Severity
    title: str
    root: str
    onset_at: int
    opened_at: int
    explanation: Explanation
    run: str | None = None
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    notify_at: int | None = None
    healed_at: int | None = None
    merged_into: str | None = None

    @property
    def dedup_key(self) -> str:
        """The key that all notifications of the incident share."""
        return f"{self.id}-{self.onset_at}"


class OpenSignal(Struct):
    """A signal in the book: what it is in which open incidents, and whether it has cleared."""

    signal: Signal
    roles: dict[str, Role] = field(default_factory=dict)
    is_cleared: bool = False

    @property
    def is_root(self) -> bool:
        """Whether it is a root of an open incident."""
        return Role.ROOT in self.roles.values()


class Healed(Struct, frozen=True):
    """An incident that is over, with its roots, and what was held back as their consequence."""

    incident: Incident
    roots: tuple[Signal, ...]
    consequences: tuple[Signal, ...]


class IncidentBook(Struct):
    """The incidents that are not resolved, with every signal of theirs; and those over lately."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    signals: dict[str, OpenSignal] = field(default_factory=dict)
    healed: dict[str, Healed] = field(default_factory=dict)

    def of(self, incident: str) -> list[OpenSignal]:
        """Return the signals of an incident, in the order in which they came."""
        return [held for held in self.signals.values() if incident in held.roles]

    def lasting(self, incident: str) -> list[OpenSignal]:
        """Return the roots of an incident that have not cleared."""
        return [h for h in self.of(incident) if h.roles[incident] is Role.ROOT and not h.is_cleared]

    def open_signals(self) -> list[OpenSignal]:
        """Return the signals of open incidents that have not cleared, in the order they came."""
        return [held for held in self.signals.values() if held.roles and not held.is_cleared]

    def put(self, incident: Incident) -> None:
        """Enter an incident, or a change of it; a resolved one leaves with its signals."""
        if incident.state is not IncidentState.RESOLVED:
            self.incidents[incident.id] = incident
            return
        self.incidents.pop(incident.id, None)
        self._remember(incident)
        for held in self.of(incident.id):
            del held.roles[incident.id]
            if not held.roles:
                del self.signals[held.signal.id]

    def attach(self, signal: str, incident: str, role: Role) -> None:
        """Give a signal to an incident, or another role in it; one that is over holds it back."""
        if incident in self.incidents and signal in self.signals:
            self.signals[signal].roles[incident] = role
        elif incident in self.healed:
            held = self.signals.pop(signal, None)
            over = self.healed[incident]
            if held is not None:
                consequences = (*over.consequences, held.signal)
                self.healed[incident] = structs.replace(over, consequences=consequences)

    def clear(self, signal: str) -> OpenSignal | None:
        """Mark a signal as cleared, and return it; one that is nobody's is forgotten."""
        for key, over in self.healed.items():
            rest = tuple(each for each in over.consequences if each.id != signal)
            if len(rest) < len(over.consequences):
                self.healed[key] = structs.replace(over, consequences=rest)
        held = self.signals.get(signal)
        if held is None:
            return None
        held.is_cleared = True
        if not held.roles:
            del self.signals[signal]
        return held

    def changed(self, incident: str, **changes: object) -> Incident:
        """Return an incident with changes and the next version; the book stays as it is."""
        found = self.incidents[incident]
        return structs.replace(found, version=found.version + 1, **changes)

    def _remember(self, incident: Incident) -> None:
        """Keep what a late consequence would be known by, for as long as one may come."""
        at = incident.resolved_at or 0
        self.healed = {
            key: over
            for key, over in self.healed.items()
            if (over.incident.resolved_at or 0) > at - REMEMBERED_MICROS
        }
        if incident.merged_into is not None:
            return
        mine = self.of(incident.id)
        self.healed[incident.id] = Healed(
            incident,
            tuple(h.signal for h in mine if h.roles[incident.id] is Role.ROOT),
            tuple(
                h.signal
                for h in mine
                if h.roles[incident.id] is Role.CONSEQUENCE and not h.is_cleared
            ),
        )
