"""Responses: what is done about incidents: opening, revising, telling, resolving them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct, structs

from hub.domain.book import IncidentBook
from hub.domain.catalog import Catalog
from hub.domain.causes import Lineage, speaks
from hub.domain.decisions import Decision, IncidentChanged, IncidentOpened, NotificationPlanned
from hub.domain.incidents import (
    BlastRadius,
    Explanation,
    Incident,
    IncidentState,
    Ownership,
    Telling,
)
from hub.domain.pages import page_of, summary_of
from hub.domain.routing import find_owner, labels_of, place_of, route
from hub.domain.signals import Signal, SignalKind

# A signal that does not say why, or where, waits for what the runs around it may still say.
UNSURE_WAIT_MICROS: Final = 30_000_000
_SECOND: Final = 1_000_000


class Desk(Struct, frozen=True):
    """What correlation works with: the book, what is declared, lineage, and the clock's value."""

    book: IncidentBook
    catalog: Catalog
    lineage: Lineage
    now: int


def open_incident(desk: Desk, new: Signal, incident_id: str) -> Iterator[Decision]:
    """Say what follows when nothing that is open explains a signal."""
    incident = _describe(desk, new, incident_id)
    yield IncidentOpened(at=desk.now, incident=incident, signal=new.id)
    if incident.notify_at is not None and incident.notify_at <= desk.now:
        yield from _notify(desk, incident)


def revise(desk: Desk, incident: Incident, signal: Signal) -> Iterator[Decision]:
    """Describe an open incident anew after a signal that tells more of it, or is its root."""
    fresh = _describe(desk, signal, incident.id)
    waited = incident.notify_at
    is_waiting = waited is not None
    before, after = set(incident.explanation.receivers), set(fresh.explanation.receivers)
    told = set(incident.telling.told)
    changed = structs.replace(
        fresh,
        version=incident.version + 1,
        state=incident.state,
        opened_at=incident.opened_at,
        onset_at=incident.onset_at,
        acknowledged_at=incident.acknowledged_at,
        # What it waited for has come.
        notify_at=None if waited is None else min(waited, fresh.notify_at or 0),
        telling=incident.telling if is_waiting else Telling(tuple(sorted(told & after))),
    )
    if not is_waiting and after - before:
        # Whoever saw to it did so for others.
        changed = structs.replace(
            changed,
            state=IncidentState.TRIGGERED,
            acknowledged_at=None,
            telling=Telling(tuple(sorted(after))),
        )
    reason = f"{incident.failure_class} became {changed.failure_class}: {signal.title}"
    yield IncidentChanged(at=desk.now, incident=changed, change="reclassified", reason=reason)
    if is_waiting:
        return
    if changed.state is IncidentState.TRIGGERED:
        yield from _plan(desk, changed, "changed", sorted(after & told))
    yield from _plan(desk, changed, "triggered", sorted(set(changed.telling.told) - told))
    over = structs.replace(changed, state=IncidentState.RESOLVED, resolved_at=desk.now)
    handed = {"handed_to": changed.owner.name}
    yield from _plan(desk, over, "resolved", sorted(told - after), more=handed)


def hasten(desk: Desk, incident: Incident, reason: str) -> Iterator[Decision]:
    """Say that an incident waits no longer than any other for its first notification."""
    wait = incident.explanation.wait_seconds * _SECOND
    due = max(desk.now, incident.opened_at + wait)
    if incident.notify_at is not None and due < incident.notify_at:
        changed = structs.replace(incident, notify_at=due)
        yield IncidentChanged(at=desk.now, incident=changed, change="due", reason=reason)


def merge(desk: Desk, incident: Incident, into: str, reason: str) -> list[Decision]:
    """Say what follows when an incident turns out to be part of another one."""
    changed = desk.book.changed(
        incident.id,
        state=IncidentState.RESOLVED,
        resolved_at=desk.now,
        notify_at=None,
        merged_into=into,
    )
    told = f"attached to {into}: {reason}"
    return [
        IncidentChanged(at=desk.now, incident=changed, change="merged", reason=told),
        *_tell_again(desk, changed, "resolved"),
    ]


def acknowledge(desk: Desk, incident: Incident, actor: str) -> list[Decision]:
    """Say what follows when somebody sees to an incident."""
    if incident.state is IncidentState.ACKNOWLEDGED:
        return []
    changed = desk.book.changed(
        incident.id,
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=desk.now,
        notify_at=None,
    )
    reason = f"{actor} sees to it"
    return [
        IncidentChanged(
            at=desk.now, incident=changed, change="acknowledged", reason=reason, actor=actor
        ),
        *_tell_again(desk, changed, "acknowledged"),
    ]


def resolve(
    desk: Desk, incident: Incident, reason: str, *, actor: str | None, healed_at: int | None = None
) -> list[Decision]:
    """Say what follows when an incident is over, by itself or by somebody's word."""
    changed = desk.book.changed(
        incident.id,
        state=IncidentState.RESOLVED,
        resolved_at=desk.now,
        healed_at=healed_at,
        notify_at=None,
    )
    return [
        IncidentChanged(
            at=desk.now, incident=changed, change="resolved", reason=reason, actor=actor
        ),
        *_tell_again(desk, changed, "resolved"),
    ]


def decide_due(desk: Desk) -> list[Decision]:
    """Say which incidents are due for their first notification."""
    return [
        decision for incident in desk.book.due(desk.now) for decision in _notify(desk, incident)
    ]


def _describe(desk: Desk, signal: Signal, incident_id: str) -> Incident:
    owner, path = find_owner(desk.catalog, signal)
    place = place_of(desk.catalog, signal)
    ownership = route(desk.catalog, owner, labels_of(signal, owner, place), path)
    wait = ownership.wait_seconds * _SECOND
    if signal.parents and not (speaks(signal) and signal.datasets):
        # The runs around it may know more, and end within moments.
        wait = max(wait, UNSURE_WAIT_MICROS)
    return Incident(
        id=incident_id,
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=signal.verdict.failure_class,
        owner=ownership.owner,
        severity=signal.severity,
        title=signal.title,
        root=signal.datasets[0] if signal.datasets else signal.subject,
        run=signal.run,
        onset_at=signal.onset_at,
        opened_at=desk.now,
        notify_at=desk.now + wait,
        explanation=_explain(desk, signal, ownership),
    )


def _explain(desk: Desk, signal: Signal, ownership: Ownership) -> Explanation:
    place = place_of(desk.catalog, signal)
    return Explanation(
        verdict=signal.verdict,
        path=ownership.path,
        receivers=ownership.receivers,
        wait_seconds=ownership.wait_seconds,
        blast=_blast(desk, signal, place.product.name if place.product else None),
        product=place.product.name if place.product else signal.product,
        step=place.step.name if place.step else signal.step,
        source=place.source.name if place.source else signal.source,
        domain=place.domain.name if place.domain else None,
        slo=signal.slo,
        kind=signal.kind.value,
    )


def _blast(desk: Desk, signal: Signal, product: str | None) -> BlastRadius:
    """What is made from the broken datasets; held back is what waits for the failed run."""
    if signal.kind is SignalKind.DEAD_LETTERS:
        return BlastRadius(products=(product,) if product else ())
    below = tuple(dict.fromkeys(desk.lineage.downstream(signal.datasets)))
    stops = signal.kind in (SignalKind.RUN_FAILED, SignalKind.RUN_LOST, SignalKind.FRESHNESS)
    held_back = (*signal.datasets, *below) if stops else ()
    products = [product] if product else []
    products += [found.name for each in below if (found := desk.catalog.product_at(each))]
    return BlastRadius(below, held_back, tuple(dict.fromkeys(products)))


def _notify(desk: Desk, incident: Incident) -> Iterator[Decision]:
    receivers = incident.explanation.receivers
    told = structs.replace(incident, notify_at=None, telling=Telling(receivers))
    yield IncidentChanged(
        at=desk.now, incident=told, change="notified", reason="the first notification is planned"
    )
    yield from _plan(desk, told, "triggered", receivers)


def _tell_again(desk: Desk, changed: Incident, reason: str) -> Iterator[NotificationPlanned]:
    """Tell those who have been told; an incident over before its first notification stays quiet."""
    yield from _plan(desk, changed, reason, changed.telling.told)


def _plan(
    desk: Desk,
    incident: Incident,
    reason: str,
    receivers: Iterable[str],
    *,
    more: Mapping[str, object] | None = None,
) -> Iterator[NotificationPlanned]:
    for receiver in receivers:
        yield NotificationPlanned(
            at=desk.now,
            id=f"{incident.id}.{incident.version}.{reason}.{receiver}",
            incident=incident.id,
            receiver=receiver,
            reason=reason,
            dedup_key=incident.dedup_key,
            summary=summary_of(incident),
            severity=incident.severity.value,
            body=page_of(incident) | dict(more or {}),
            due_at=desk.now,
        )
