"""Incidents: what one root cause is to the people who mend it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from hub.domain.catalog import Owner, Severity
from hub.domain.failures import FailureClass, Verdict


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


class Telling(Struct, frozen=True):
    """Who knows of an incident: ``told`` are the receivers that have been, or are to be at once."""

    told: tuple[str, ...] = ()


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
    is to be told; ``telling`` says who has been. ``version`` counts changes of state, for commands
    to name. ``healed_at`` is the event time of what passed and so ended it; ``merged_into`` names
    the incident that it turned out to be part of.
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
    telling: Telling = Telling()
    healed_at: int | None = None
    merged_into: str | None = None

    @property
    def dedup_key(self) -> str:
        """The key that all notifications of the incident share."""
        return f"{self.id}-{self.onset_at}"

    @property
    def age(self) -> tuple[int, int]:
        """What sorts incidents by when they were opened, the oldest first."""
        return self.opened_at, int(self.id.rpartition("-")[2])
