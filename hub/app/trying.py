"""Trying a receiver: a notification that says of itself that nothing is broken, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from hub.app.clock import now
from hub.domain.catalog import Owner, OwnerKind, Severity
from hub.domain.errors import NotFound
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.incident import Explanation, Incident, IncidentState
from hub.domain.incidents.pages import completed, page_of
from hub.domain.names import NodeKind, node_id
from hub.host import Host
from hub.settings import Loaded, fill_secrets, load_catalog
from hub.spi.notifier import Notification

_WORDS: Final = "this is a test: nothing is broken, and there is nothing to do"


def try_receiver(loaded: Loaded, name: str) -> Iterator[str]:
    """Send a receiver a test that triggers and one that resolves; yield each reason once accepted.

    Raises:
        NotFound: no such receiver is declared.
        HubError: it did not accept; as ``hub.spi.notifier``.

    """
    receivers = load_catalog(loaded).receivers
    receiver = receivers.get(name)
    if receiver is None:
        known = ", ".join(sorted(receivers)) or "none"
        raise NotFound(f"no receiver {name} is declared", fix=f"declared are: {known}")
    notifier = Host.load().notifier(receiver.notifier, receiver=name).api
    incident = _an_incident(name, now())
    receipt = None
    over = {"state": IncidentState.RESOLVED, "resolved_at": incident.opened_at, "version": 2}
    for reason, each in (("triggered", incident), ("resolved", structs.replace(incident, **over))):
        notification = Notification(
            id=f"{each.dedup_key}.{each.version}.{reason}.{name}",
            dedup_key=each.dedup_key,
            reason=reason,
            receiver=name,
            summary=f"TEST of receiver {name}: {_WORDS}",
            severity=each.severity.value,
            is_repeat=False,
            body=completed(page_of(each), {}),
            earlier=receipt,
        )
        # Filled each time: what a plugin does to its options is its own.
        receipt = notifier.send(notification, fill_secrets(dict(receiver.options)))
        yield reason


def _an_incident(receiver: str, at: int) -> Incident:
    verdict = Verdict(
        failure_class=FailureClass.UNKNOWN,
        rule="test",
        rule_set="test",
        evidence=_WORDS,
        confidence=1.0,
    )
    path = ("somebody asked for this test with hub notify test",)
    return Incident(
        id="INC-0",
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=verdict.failure_class,
        owner=Owner("nobody", OwnerKind.PLATFORM, receiver),
        severity=Severity.TICKET,
        title=f"test of receiver {receiver}",
        root=node_id(NodeKind.PRODUCT, "test"),
        onset_at=at,
        opened_at=at,
        explanation=Explanation(verdict=verdict, path=path, receivers=(receiver,)),
    )
