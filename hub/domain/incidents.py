"""Incidents: what one root cause is to the people who mend it.

The book holds the open incidents and their signals. ``decide`` (in ``correlation``) reads it and
says what a signal means; applying that decision is the only way in which the book changes, so a
replay of the decisions makes the same book.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field, structs

from hub.domain.catalog import Owner, Severity
from hub.domain.failures import FailureClass, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.domain.signals import Signal


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
    """Who owns an incident, which receivers are told, and the steps that led there, in words."""

    owner: Owner
    receivers: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


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
    is to be told. ``version`` counts changes of state, for commands to name.
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

    @property
    def dedup_key(self) -> str:
        """The key that all notifications of the incident share."""
        return f"{self.id}-{self.onset_at}"


class OpenSignal(Struct):
    """A signal in the book: its incident and role, and whether it has cleared."""

    signal: Signal
    incident: str | None = None
    role: Role | None = None
    is_cleared: bool = False


class IncidentBook(Struct):
    """The incidents that are not resolved, with every signal of theirs."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    signals: dict[str, OpenSignal] = field(default_factory=dict)

    def of(self, incident: str) -> list[OpenSignal]:
        """Return the signals of an incident, in the order in which they came."""
        return [held for held in self.signals.values() if held.incident == incident]

    def lasting(self, incident: str) -> Iterable[OpenSignal]:
        """Yield the roots of an incident that have not cleared."""
        return (h for h in self.of(incident) if h.role is Role.ROOT and not h.is_cleared)

    def put(self, incident: Incident) -> None:
        """Enter an incident, or a change of it; a resolved one leaves with its signals."""
        if incident.state is IncidentState.RESOLVED:
            self.incidents.pop(incident.id, None)
            self.signals = {k: h for k, h in self.signals.items() if h.incident != incident.id}
        else:
            self.incidents[incident.id] = incident

    def attach(self, signal: str, incident: str, role: Role) -> None:
        """Give a signal to an incident."""
        if signal in self.signals:
            self.signals[signal].incident = incident
            self.signals[signal].role = role

    def clear(self, signal: str) -> OpenSignal | None:
        """Mark a signal as cleared, and return it; one that is nobody's is forgotten."""
        held = self.signals.get(signal)
        if held is None:
            return None
        held.is_cleared = True
        if held.incident is None:
            del self.signals[signal]
        return held

    def changed(self, incident: str, **changes: object) -> Incident:
        """Return an incident with changes and the next version; the book stays as it is."""
        found = self.incidents[incident]
        return structs.replace(found, version=found.version + 1, **changes)
