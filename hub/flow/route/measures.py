"""What is counted of decisions about incidents, and of what came of notifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter

from hub.domain.errors import HubError, InvariantBroken, PluginFailed, Refused, Unreachable
from hub.domain.incidents.decisions import (
    Decision,
    IncidentOpened,
    NotificationHeld,
    NotificationPlanned,
)

_OPENED: Final = Counter("hub_incidents_opened", "Incidents opened", ["class", "owner_kind"])
_CAUGHT: Final = Counter("hub_incidents_caught", "Incidents that nobody is declared to own")
_PLANNED: Final = Counter("hub_notifications_planned", "Notifications planned", ["reason"])
_HELD: Final = Counter("hub_notifications_held", "Notifications held back", ["kind"])
_FAILED: Final = Counter(
    "hub_notifications_failed", "Notifications given up", ["receiver", "cause"]
)
_CAUSES: Final = {
    Unreachable: "unreachable",
    PluginFailed: "plugin",
    InvariantBroken: "defect",
    Refused: "needless",
}


def count(decisions: Iterable[Decision]) -> None:
    """Count decisions that are committed."""
    for decision in decisions:
        if isinstance(decision, IncidentOpened):
            opened = decision.incident
            _OPENED.labels(opened.failure_class.value, opened.owner.kind.value).inc()
            if opened.explanation.is_caught:
                _CAUGHT.inc()
        elif isinstance(decision, NotificationPlanned):
            _PLANNED.labels(decision.reason).inc()
        elif isinstance(decision, NotificationHeld):
            _HELD.labels(decision.hold.kind.value).inc()


def count_failure(receiver: str, error: HubError) -> None:
    """Count a notification that a receiver is not told any more."""
    _FAILED.labels(receiver, _CAUSES.get(type(error), "refused")).inc()
