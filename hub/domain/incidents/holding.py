"""Holding: why a notification waits, and until when.

In this order: history, a silence, a maintenance window, an incident that inhibits this one, hours.
What says that something is over or seen to is never held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from hub.domain.duty.calendars import opens_at, spans_at
from hub.domain.duty.matching import all_hold
from hub.domain.incidents.incident import Hold, HoldKind, Incident
from hub.domain.incidents.inhibitors import Rules
from hub.domain.incidents.signals import SignalKind
from hub.domain.instants import format_instant, format_span

if TYPE_CHECKING:
    from hub.domain.duty.plans import Hours
    from hub.domain.incidents.desk import Desk

INCIDENT: str = "incident"
RECEIVER: str = "receiver"
# What failed longer before the hub was told of it is history: an import of it wakes nobody.
HISTORY_MICROS: Final = 30 * 86_400_000_000
HISTORY: Final = "history"
# What is late, refused or lost is so when the hub finds it, however long ago it began.
_OF_THE_PAST: Final = (SignalKind.RUN_FAILED, SignalKind.CHECK_FAILED)


def find_hold(desk: Desk, incident: Incident, target: str, receiver: str) -> Hold | None:
    """Return what keeps a receiver from being told of an incident now.

    ``target`` is what the route names: the receiver, or the rota that it is on call for.
    """
    labels = {**incident.explanation.labels, INCIDENT: incident.id, RECEIVER: receiver}
    return next(_holds(desk, incident, labels, target), None)


def is_history(desk: Desk, incident: Incident) -> bool:
    """Return whether all that an incident consists of was over long before it was opened."""
    held = desk.book.of(incident.id)
    latest = incident.opened_at - HISTORY_MICROS
    return bool(held) and all(
        each.signal.kind in _OF_THE_PAST and each.signal.onset_at < latest for each in held
    )


def _holds(desk: Desk, incident: Incident, labels: dict[str, str], target: str) -> Iterator[Hold]:
    receiver = labels[RECEIVER]
    if is_history(desk, incident):
        age = format_span(incident.opened_at - incident.onset_at)
        reason = f"it failed {age} before the hub was told: nobody is told of history"
        yield Hold(receiver, HoldKind.HISTORY, HISTORY, None, reason)
    also = desk.also_called(incident.root, incident.explanation.job)
    for silence in desk.silences.matching(labels, desk.now, also):
        reason = (
            f"{silence.owner} has silenced it until {_instant(silence.until)}: {silence.comment}"
        )
        yield Hold(receiver, HoldKind.SILENCE, silence.id, silence.until, reason)
    for window in desk.catalog.windows:
        if all_hold(window.matchers, labels, also):
            for span in spans_at(window.calendar, desk.now):
                comment = f": {window.comment}" if window.comment else ""
                reason = f"maintenance {window.name} lasts until {_instant(span.end)}{comment}"
                yield Hold(receiver, HoldKind.MAINTENANCE, window.name, span.end, reason)
    rules = Rules(desk.catalog.inhibitions, desk.lineage.names, desk.also_called)
    for number, inhibition in enumerate(rules.inhibitions):
        source = desk.book.inhibitors.oldest(rules, number, incident)
        if source is not None:
            reason = f"{source.id} is open, and inhibits it by the rule {inhibition.name}"
            yield Hold(receiver, HoldKind.INHIBITION, source.id, None, reason)
    for hours in _hours(desk, incident, target, receiver):
        opens = opens_at(hours, desk.now)
        if opens is not None and not (hours.unless and all_hold(hours.unless, labels, also)):
            reason = f"{receiver} is told within the hours {hours.name}: from {_instant(opens)} on"
            yield Hold(receiver, HoldKind.HOURS, hours.name, opens, reason)


def _hours(desk: Desk, incident: Incident, target: str, receiver: str) -> Iterator[Hours]:
    """Yield the hours of the receiver, and of the route that led to it."""
    declared = desk.catalog.receivers.get(receiver)
    names = (declared.hours if declared else None, incident.explanation.pace.hours.get(target))
    for name in dict.fromkeys(filter(None, names)):
        if name in desk.catalog.hours:
            yield desk.catalog.hours[name]


def _instant(at: int) -> str:
    return f"{format_instant(at)[:16].replace('T', ' ')} UTC"
