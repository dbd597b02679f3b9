"""Holding: why a notification waits, and until when.

In this order: history, a silence, a maintenance window, an incident that inhibits this one, hours.
What says that something is over or seen to is never held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from hub.domain.duty.calendars import opens_at, spans_at
from hub.domain.duty.matching import Op, all_hold, share
from hub.domain.incidents.desk import NAMING_LABELS
from hub.domain.incidents.incident import Hold, HoldKind, Incident
from hub.domain.incidents.signals import SignalKind
from hub.domain.instants import format_instant, format_span

if TYPE_CHECKING:
    from hub.domain.duty.matching import Also
    from hub.domain.duty.plans import Hours, Inhibition
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
    for inhibition in desk.catalog.inhibitions:
        source = _inhibitor(desk, inhibition, incident, also)
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


def _inhibitor(desk: Desk, rule: Inhibition, incident: Incident, also: Also) -> Incident | None:
    """Return the oldest open incident that a rule lets hold this one back.

    Of two that both fit either side, neither holds the other (as in Alertmanager): they would wait
    for each other.
    """
    labels = incident.explanation.labels
    if not all_hold(rule.target, labels, also):
        return None
    is_source_too = all_hold(rule.source, labels, also)
    found = []
    for key in _candidates(desk, rule, labels, also):
        other = desk.book.incidents[key]
        theirs = other.explanation.labels
        theirs_also = desk.also_called(other.root, other.explanation.job)
        if (
            other.id != incident.id
            # What passes counts as healed, though it is held open (ADR 44).
            and not other.is_settling
            and all_hold(rule.source, theirs, theirs_also)
            and all(share(name, (theirs, theirs_also), (labels, also)) for name in rule.equal)
            and not (is_source_too and all_hold(rule.target, theirs, theirs_also))
        ):
            found.append(other)
    # The same one after a restart.
    return min(found, key=attrgetter("age"), default=None)


def _candidates(
    desk: Desk, rule: Inhibition, labels: dict[str, str], also: Also
) -> Collection[str]:
    """Return the incidents among which an inhibitor would be: in a storm not all of them."""
    known: list[tuple[str, tuple[str, ...]]] = [
        *((each.label, (each.value,)) for each in rule.source if each.op is Op.IS and each.value),
        *((name, (labels[name], *also.get(name, ()))) for name in rule.equal if name in labels),
    ]
    narrow = ([*_labelled(desk, *each)] for each in known)
    fewest = min(narrow, key=lambda parts: sum(map(len, parts)), default=None)
    if fewest is None:
        return desk.book.incidents.keys()
    return dict.fromkeys(chain.from_iterable(fewest)) if len(fewest) > 1 else fewest[0]


def _labelled(desk: Desk, label: str, values: Iterable[str]) -> Iterator[Collection[str]]:
    """Yield the incidents that may have one of some values in a label, by any of their names."""
    wanted = dict.fromkeys(values)
    if label in NAMING_LABELS:
        wanted |= dict.fromkeys(v for each in wanted for v in desk.lineage.alike(label, each))
    return (desk.book.labelled(label, each) for each in wanted)


def _instant(at: int) -> str:
    return f"{format_instant(at)[:16].replace('T', ' ')} UTC"
