"""Telling: who is told of an incident next, why and when; what must wait, and for what.

``attend`` is the one place where pages are planned: the first ones, news, repeats, escalations. It
looks at an incident when its ``notify_at`` has come, or when something that it waited for is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from hub.domain.duty.plans import Escalation
from hub.domain.duty.rotas import on_call_at
from hub.domain.incidents.decisions import (
    Decision,
    IncidentChanged,
    NotificationHeld,
    NotificationPlanned,
)
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.holding import find_hold
from hub.domain.incidents.incident import Hold, Incident, IncidentState, Telling
from hub.domain.incidents.pages import page_of, summary_of

SECOND: Final = 1_000_000
TRIGGERED: Final = "triggered"
CHANGED: Final = "changed"
ESCALATED: Final = "escalated"
REPEATED: Final = "repeated"
_INSTEAD: Final = ".instead."
# What says that something is over or seen to: never held, and to those only who know of it.
RESOLVED: Final = "resolved"
ENDINGS: Final = ("acknowledged", RESOLVED)
_WORDS: Final = {
    TRIGGERED: ("notified", "the first notification is planned"),
    CHANGED: ("notified", "those who know are told the news"),
    ESCALATED: ("escalated", "nobody has acknowledged it: the next ones are told"),
    REPEATED: ("repeated", "nobody has acknowledged it: those who know are told again"),
}


class _Call(NamedTuple):
    """Something to be told: from when on, why, and to what the routes name."""

    at: int
    reason: str
    targets: tuple[str, ...]


class _Round(Struct):
    """What one look at an incident comes to."""

    told: dict[str, str]
    held: dict[str, Hold]
    asked: list[str]
    reasons: dict[str, None]


def attend(desk: Desk, incident: Incident) -> Iterator[Decision]:
    """Plan what is due to be told of an incident, hold what must wait, say when to look again."""
    if incident.state is not IncidentState.TRIGGERED or incident.is_settling:
        return
    chain = desk.catalog.escalations.get(incident.explanation.pace.escalation or "")
    due = [call for call in _agenda(desk, incident, chain) if call.at <= desk.now]
    done = _go_round(desk, incident, due)
    telling = _after(desk, incident.telling, done, chain)
    changed = structs.replace(incident, telling=telling)
    later = [call.at for call in _agenda(desk, changed, chain) if call.at > desk.now]
    ends = [hold.until for hold in telling.held if hold.until is not None]
    changed = structs.replace(changed, notify_at=min([*later, *ends], default=None))
    if changed != incident:
        change, reason = _words(done)
        yield IncidentChanged(at=desk.now, incident=changed, change=change, reason=reason)
    known = {(hold.receiver, hold.by) for hold in incident.telling.held}
    for hold in telling.held:
        if (hold.receiver, hold.by) not in known:
            yield NotificationHeld(at=desk.now, incident=incident.id, hold=hold)
    for receiver, reason in done.told.items():
        yield plan(desk, changed, reason, receiver)


def fall_back(
    desk: Desk, planned: NotificationPlanned, *, was_told: bool, may_know: bool
) -> Iterator[Decision]:
    """Say what follows when a receiver could not be told: its fallback is told instead.

    Where that cannot be reached either, its own fallback is, each once. ``was_told`` says whether
    the receiver has ever been, or is told instead of one that has: of the end of what it never
    heard of nobody else needs to hear. ``may_know``: it may have arrived all the same, so that the
    receiver is to hear of the end.
    """
    incident = desk.book.incidents.get(planned.incident)
    if planned.reason in ENDINGS:
        if was_told or planned.instead_of is not None:
            yield from _end_instead(desk, planned)
        return
    if incident is None or planned.receiver in incident.telling.failed:
        return
    told = incident.telling.told
    telling = structs.replace(
        incident.telling,
        told=told if may_know else tuple(each for each in told if each != planned.receiver),
        failed=(*incident.telling.failed, planned.receiver),
    )
    changed = structs.replace(incident, telling=telling)
    reason = f"{planned.receiver} cannot be reached"
    yield IncidentChanged(at=desk.now, incident=changed, change="unreached", reason=reason)
    yield from attend(desk, changed)


def _end_instead(desk: Desk, planned: NotificationPlanned) -> Iterator[NotificationPlanned]:
    """Tell the fallback of a receiver of the end of an incident."""
    fallback = desk.catalog.fallback_of(planned.receiver)
    instead = fallback and on_duty(desk, fallback)
    tried = planned.id.split(_INSTEAD)[1:]
    if instead and instead not in (planned.receiver, *tried):
        yield structs.replace(
            planned,
            at=desk.now,
            due_at=desk.now,
            id=f"{planned.id}{_INSTEAD}{instead}",
            receiver=instead,
            instead_of=planned.receiver,
            summary=f"[{planned.receiver} cannot be reached] {planned.summary}",
        )


def tell_again(desk: Desk, changed: Incident, reason: str) -> Iterator[NotificationPlanned]:
    """Tell those who have been told; an incident over before its first notification stays quiet."""
    for receiver in changed.telling.told:
        if reason != RESOLVED or wants_the_end(desk, receiver):
            yield plan(desk, changed, reason, receiver)


def wants_the_end(desk: Desk, receiver: str) -> bool:
    """Whether a receiver is to be told that an incident is over."""
    declared = desk.catalog.receivers.get(receiver)
    return declared is None or declared.send_resolved


def settled(telling: Telling) -> Telling:
    """Return who knows of an incident, of which nothing more is to be told by itself."""
    return structs.replace(telling, has_news=False, held=())


def plan(
    desk: Desk,
    incident: Incident,
    reason: str,
    receiver: str,
    *,
    more: Mapping[str, object] | None = None,
) -> NotificationPlanned:
    """Plan one notification; its id is the same whenever the same thing is decided again."""
    telling = incident.telling
    number = f".{telling.repeats}" if reason == REPEATED else ""
    failed = _failed_before(desk, incident, receiver)
    cannot = f"[{failed} cannot be reached] " if failed else ""
    return NotificationPlanned(
        at=desk.now,
        id=f"{incident.id}.{incident.version}.{reason}.{receiver}{number}",
        incident=incident.id,
        receiver=receiver,
        reason=reason,
        dedup_key=incident.dedup_key,
        summary=f"{cannot}{summary_of(incident)}",
        severity=incident.severity.value,
        body=_page(incident, more or {}),
        due_at=desk.now,
        instead_of=failed,
    )


def on_duty(desk: Desk, target: str) -> str:
    """Return the receiver that a target stands for now: itself, or who is on call in a rota."""
    rota = desk.catalog.rotas.get(target)
    return target if rota is None else on_call_at(rota, desk.now)


def _agenda(desk: Desk, incident: Incident, chain: Escalation | None) -> Iterator[_Call]:
    """Yield all that is to be told yet, while nobody acknowledges."""
    why, telling = incident.explanation, incident.telling
    wanted = [*why.receivers, *_instead(desk, telling)]
    untold = tuple(dict.fromkeys(each for each in wanted if each not in telling.asked))
    if untold:
        yield _Call(incident.opened_at, TRIGGERED, untold)
    if telling.first_at is None or telling.last_at is None:
        return
    if telling.has_news:
        at = telling.last_at + why.pace.interval_seconds * SECOND
        yield _Call(at, CHANGED, telling.asked)
    for step in chain.steps[telling.steps :] if chain else ():
        new = tuple(each for each in step.receivers if each not in telling.asked)
        yield _Call(telling.first_at + step.after_seconds * SECOND, ESCALATED, new)
    if why.pace.repeat_seconds:
        yield _Call(telling.last_at + why.pace.repeat_seconds * SECOND, REPEATED, telling.asked)


def _instead(desk: Desk, telling: Telling) -> Iterator[str]:
    """Yield whom to tell for those who cannot be reached: their fallbacks, each once."""
    for failed in telling.failed:
        fallback = desk.catalog.fallback_of(failed)
        if fallback is not None and on_duty(desk, fallback) not in telling.failed:
            yield fallback


def _failed_before(desk: Desk, incident: Incident, receiver: str) -> str | None:
    """Return who could not be reached, where a receiver is told for that alone."""
    if receiver in incident.explanation.receivers:
        return None
    for failed in reversed(incident.telling.failed):
        fallback = desk.catalog.fallback_of(failed)
        if fallback is not None and receiver in (fallback, on_duty(desk, fallback)):
            return failed
    return None


def _go_round(desk: Desk, incident: Incident, due: Iterable[_Call]) -> _Round:
    """Ask of everybody who is to be told now whether they may be; each is told one thing."""
    done = _Round({}, {}, [], {})
    for call in due:
        for target in call.targets:
            receiver = on_duty(desk, target)
            if receiver in done.held:
                continue
            hold = find_hold(desk, incident, target, receiver)
            if hold is not None:
                done.held[receiver] = hold
                continue
            done.asked.append(target)
            done.told.setdefault(receiver, call.reason)
            done.reasons[call.reason] = None
        if not call.targets:
            # A step all of whose receivers know already.
            done.reasons[call.reason] = None
    return done


def _after(desk: Desk, telling: Telling, done: _Round, chain: Escalation | None) -> Telling:
    """Return how far the telling of an incident has come then."""
    held = tuple(done.held.values())
    if not done.reasons:
        return structs.replace(telling, held=held)
    asked = tuple(dict.fromkeys([*telling.asked, *done.asked]))
    steps = telling.steps
    if ESCALATED in done.reasons and chain is not None:
        first_at = telling.first_at or desk.now
        for step in chain.steps[steps:]:
            is_due = first_at + step.after_seconds * SECOND <= desk.now
            if not is_due or any(each not in asked for each in step.receivers):
                break
            steps += 1
    is_anybody_told = bool(done.told)
    return structs.replace(
        telling,
        told=tuple(dict.fromkeys([*telling.told, *done.told])),
        asked=asked,
        first_at=telling.first_at or (desk.now if is_anybody_told else None),
        last_at=desk.now if is_anybody_told else telling.last_at,
        steps=steps,
        repeats=telling.repeats + (REPEATED in done.reasons),
        has_news=telling.has_news and CHANGED not in done.reasons,
        held=held,
    )


def _words(done: _Round) -> tuple[str, str]:
    if not done.reasons:
        waits = "; ".join(hold.reason for hold in done.held.values())
        return ("waits", waits) if waits else ("due", "nobody waits for it any more")
    return _WORDS[next(iter(done.reasons))]


def _page(incident: Incident, more: Mapping[str, object]) -> dict[str, Any]:
    return page_of(incident) | dict(more)
