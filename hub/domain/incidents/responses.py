"""Responses: what is done about incidents: opening, revising, telling, resolving them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from hub.domain.catalog import Owner
from hub.domain.failures.failure import FailureClass, RunnerUp
from hub.domain.incidents.causes import speaks
from hub.domain.incidents.decisions import ClassCorrected, Decision, IncidentChanged, IncidentOpened
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.incident import (
    BlastRadius,
    Explanation,
    Incident,
    IncidentState,
    Ownership,
    Pace,
    Role,
    Said,
    Telling,
)
from hub.domain.incidents.routing import (
    Found,
    Place,
    find_owner,
    labels_of,
    owner_named,
    place_of,
    route,
    tier_of,
)
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.incidents.telling import (
    RESOLVED,
    SECOND,
    attend,
    on_duty,
    plan,
    settled,
    tell_again,
    wants_the_end,
)
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, parse_node_id

# A signal that does not say why, or where, waits for what the runs around it may still say.
UNSURE_WAIT_MICROS: Final = 30_000_000
# A run that its scheduler tries again may yet pass. Airflow waits a third of that, unless told.
RETRY_WAIT_MICROS: Final = 900_000_000
_NOTHING: Final = Said()


def open_incident(desk: Desk, new: Signal, incident_id: str) -> Iterator[Decision]:
    """Say what follows when nothing that is open explains a signal."""
    incident = _describe(desk, new, incident_id)
    yield IncidentOpened(at=desk.now, incident=incident, signal=new.id)
    if incident.notify_at is not None and incident.notify_at <= desk.now:
        yield from attend(desk, incident)


def revise(desk: Desk, incident: Incident, signal: Signal) -> Iterator[Decision]:
    """Describe an open incident anew after a signal that tells more of it, or is its root."""
    fresh = _describe(desk, signal, incident.id, incident.explanation.said)
    reason = f"{incident.failure_class} became {fresh.failure_class}: {signal.title}"
    yield from _hand_on(desk, incident, fresh, "reclassified", reason)


def date(desk: Desk, incident: Incident) -> Iterator[Decision]:
    """Say when an open incident began, if its roots are others by now than they were."""
    onset = _onset(desk, incident)
    if onset != incident.onset_at:
        changed = structs.replace(incident, onset_at=onset)
        reason = f"it began at {format_instant(onset)}"
        yield IncidentChanged(at=desk.now, incident=changed, change="dated", reason=reason)


def _onset(desk: Desk, incident: Incident) -> int:
    """Return when the first of an incident's roots began, by event time."""
    held = desk.book.of(incident.id)
    roots = (each.signal.first_at for each in held if each.roles[incident.id] is Role.ROOT)
    return min(roots, default=incident.onset_at)


def reassign(
    desk: Desk, incident: Incident, owner: Owner, *, actor: str, reason: str
) -> list[Decision]:
    """Say what follows when somebody hands an incident to another team."""
    words = _in_words(f"{actor} hands it to {owner.name}", reason)
    why = incident.explanation
    said = structs.replace(why.said, owner=owner, assigned=words)
    labels = why.labels | {"owner": owner.name, "owner_kind": owner.kind.value}
    also = desk.also_called(incident.root, why.job)
    ownership = route(desk.catalog, Found(owner, [words]), labels, also)
    fresh = structs.replace(
        incident,
        owner=owner,
        explanation=structs.replace(
            why,
            path=ownership.path,
            receivers=ownership.receivers,
            pace=ownership.pace,
            labels=labels,
            is_caught=False,
            said=said,
        ),
    )
    return [*_hand_on(desk, incident, fresh, "reassigned", words, actor=actor)]


def reclassify(
    desk: Desk, incident: Incident, failure_class: FailureClass, *, actor: str, reason: str
) -> list[Decision]:
    """Say what follows when somebody says of which class an incident is."""
    words = _in_words(f"{actor} says that it is {failure_class}", reason)
    said = structs.replace(incident.explanation.said, failure_class=failure_class, classified=words)
    fresh = _describe(desk, _root_signal(desk, incident), incident.id, said)
    fresh = structs.replace(fresh, title=incident.title, root=incident.root, run=incident.run)
    return [*_hand_on(desk, incident, fresh, "reclassified", words, actor=actor)]


def reroute(desk: Desk, incident: Incident) -> Iterator[Decision]:
    """Say what follows for an open incident when the files name other receivers for its owner.

    Its labels stay as they were found, so that only the files make a difference.
    """
    owner = owner_named(desk.catalog, incident.owner.name)
    if owner is None or owner.kind is not incident.owner.kind:
        return
    yield from _route_anew(desk, incident, owner, "by the files as they are now")


def _route_anew(desk: Desk, incident: Incident, owner: Owner, because: str) -> Iterator[Decision]:
    """Tell whom the routes name by now, and no more those whom they do not, at the pace of now."""
    why = incident.explanation
    also = desk.also_called(incident.root, why.job)
    routed = route(desk.catalog, Found(owner, []), why.labels, also)
    if set(routed.receivers) == set(why.receivers):
        if routed.pace != why.pace:
            yield from _pace_anew(desk, incident, routed.pace, because)
        return
    path = tuple(dict.fromkeys([*why.path, *routed.path]))
    changed = structs.replace(why, path=path, receivers=routed.receivers, pace=routed.pace)
    fresh = structs.replace(incident, owner=owner, explanation=changed)
    told = ", ".join(routed.receivers) or "nobody"
    yield from _hand_on(desk, incident, fresh, "rerouted", f"{because}: {told}")


def _pace_anew(desk: Desk, incident: Incident, pace: Pace, because: str) -> Iterator[Decision]:
    """Tell the same receivers at another pace; who waits for the first page goes on waiting."""
    why = structs.replace(incident.explanation, pace=pace)
    changed = structs.replace(incident, explanation=why)
    reason = f"{because}: the same receivers, at another pace"
    yield IncidentChanged(at=desk.now, incident=changed, change="rerouted", reason=reason)
    if changed.telling.first_at is not None or changed.telling.held:
        yield from attend(desk, changed)


def correction(
    desk: Desk, incident: Incident, failure_class: FailureClass, *, actor: str
) -> ClassCorrected:
    """Return what is to be learnt from it that somebody gave an incident another class."""
    signal = _root_signal(desk, incident)
    return ClassCorrected(
        at=desk.now,
        incident=incident.id,
        actor=actor,
        failure_class=failure_class,
        ruled=signal.verdict.failure_class,
        rule=signal.verdict.rule,
        message=signal.message,
        exception=signal.exception,
        producer=signal.producer,
        signature=signal.signature if signal.message else "",
    )


def _in_words(said: str, reason: str) -> str:
    return f"{said}: {reason}" if reason else said


def _root_signal(desk: Desk, incident: Incident) -> Signal:
    """Return a signal that an incident is about, with what was found out about it since."""
    held = desk.book.of(incident.id)
    roots = [each.signal for each in held if each.roles[incident.id] is Role.ROOT]
    first = (roots or [each.signal for each in held])[0]
    why, root = incident.explanation, parse_node_id(incident.root)
    is_placed = root.kind is NodeKind.DATASET
    return structs.replace(
        first,
        datasets=first.datasets or ((incident.root,) if is_placed else ()),
        product=first.product or why.product,
        step=first.step or why.step,
        source=first.source or why.source,
    )


def _hand_on(
    desk: Desk,
    incident: Incident,
    fresh: Incident,
    change: str,
    reason: str,
    *,
    actor: str | None = None,
) -> Iterator[Decision]:
    """Put a fresh description in place of an incident's, and tell those whom that concerns."""
    before, after = incident.explanation.receivers, fresh.explanation.receivers
    telling, waited = incident.telling, incident.notify_at
    has_news = telling.has_news or _gist(fresh) != _gist(incident)
    changed = structs.replace(
        fresh,
        version=incident.version + 1,
        state=incident.state,
        opened_at=incident.opened_at,
        onset_at=_onset(desk, incident),
        acknowledged_at=incident.acknowledged_at,
        notify_at=waited,
        telling=telling,
        flapping=incident.flapping,
    )
    is_waiting = waited is not None and telling.first_at is None and not telling.held
    if is_waiting:
        # What it waited for has come.
        soonest = min(waited or 0, fresh.notify_at or 0)
        changed = structs.replace(changed, notify_at=soonest)
    elif set(after) - set(before):
        # Whoever saw to it did so for others.
        changed = structs.replace(
            changed,
            state=IncidentState.TRIGGERED,
            acknowledged_at=None,
            telling=_handed(desk, telling, after, has_news=has_news),
        )
    else:
        gone = _receivers(desk, set(before) - set(after))
        kept = tuple(each for each in telling.told if each not in gone)
        asked = tuple(each for each in telling.asked if each in after or each not in before)
        telling = structs.replace(telling, told=kept, asked=asked, has_news=has_news and bool(kept))
        changed = structs.replace(changed, telling=telling)
    yield IncidentChanged(at=desk.now, incident=changed, change=change, reason=reason, actor=actor)
    if is_waiting:
        return
    yield from attend(desk, changed)
    over = structs.replace(changed, state=IncidentState.RESOLVED, resolved_at=desk.now)
    for receiver in sorted(set(incident.telling.told) - set(changed.telling.told)):
        if wants_the_end(desk, receiver):
            yield plan(desk, over, RESOLVED, receiver, more={"handed_to": changed.owner.name})


def _gist(incident: Incident) -> tuple[object, ...]:
    """Return that of which those who know of an incident are told anew when it changes."""
    owner, verdict = incident.owner, incident.explanation.verdict
    return verdict.failure_class, owner.name, owner.kind, incident.root


def _handed(desk: Desk, telling: Telling, receivers: Iterable[str], *, has_news: bool) -> Telling:
    """Return who knows of an incident among its new receivers; its escalation begins anew."""
    asked = tuple(each for each in telling.asked if each in receivers)
    near = _receivers(desk, asked)
    told = tuple(each for each in telling.told if each in near)
    first_at = desk.now if told else None
    return Telling(told, asked, first_at, telling.last_at, has_news=has_news and bool(told))


def _receivers(desk: Desk, targets: Iterable[str]) -> set[str]:
    return {on_duty(desk, each) for each in targets}


def hasten(desk: Desk, incident: Incident, reason: str) -> Iterator[Decision]:
    """Say that an incident waits no longer than any other for its first notification."""
    wait = incident.explanation.pace.wait_seconds * SECOND
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
        telling=settled(incident.telling),
        merged_into=into,
    )
    told = f"attached to {into}: {reason}"
    return [
        IncidentChanged(at=desk.now, incident=changed, change="merged", reason=told),
        *tell_again(desk, changed, RESOLVED),
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
        telling=settled(incident.telling),
    )
    reason = f"{actor} sees to it"
    return [
        IncidentChanged(
            at=desk.now, incident=changed, change="acknowledged", reason=reason, actor=actor
        ),
        *tell_again(desk, changed, "acknowledged"),
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
        telling=settled(incident.telling),
    )
    return [
        IncidentChanged(
            at=desk.now, incident=changed, change="resolved", reason=reason, actor=actor
        ),
        *tell_again(desk, changed, RESOLVED),
    ]


def decide_due(desk: Desk) -> list[Decision]:
    """Say what is due to be told of incidents, and which are over since they have settled."""
    return [decision for incident in desk.book.due(desk.now) for decision in _due(desk, incident)]


def _due(desk: Desk, incident: Incident) -> Iterable[Decision]:
    flapping = incident.flapping
    if flapping is None or flapping.settles_at is None:
        return attend(desk, incident)
    reason = "it has kept passing: it has settled"
    return resolve(desk, incident, reason, actor=None, healed_at=flapping.passed_at)


def _describe(desk: Desk, signal: Signal, incident_id: str, said: Said = _NOTHING) -> Incident:
    signal = _as_classified(signal, said)
    root = signal.datasets[0] if signal.datasets else signal.subject
    place = place_of(desk.catalog, signal, desk.lineage.names_of)
    found = find_owner(desk.catalog, signal, place)
    if said.owner is not None:
        found = Found(said.owner, [*found.path, f"but {said.assigned}"])
    blast = _blast(desk, signal, place.product.name if place.product else None)
    labels = labels_of(desk.catalog, signal, place, found.owner, blast.products)
    ownership = route(desk.catalog, found, labels, desk.also_called(root, signal.job))
    wait = ownership.pace.wait_seconds * SECOND
    if signal.parents and not (speaks(signal) and signal.datasets):
        # The runs around it may know more, and end within moments.
        wait = max(wait, UNSURE_WAIT_MICROS)
    if signal.is_retried:
        wait = max(wait, RETRY_WAIT_MICROS)
    return Incident(
        id=incident_id,
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=signal.verdict.failure_class,
        owner=ownership.owner,
        severity=signal.severity,
        title=signal.title,
        root=root,
        run=signal.run,
        onset_at=signal.first_at,
        opened_at=desk.now,
        notify_at=desk.now + wait,
        explanation=structs.replace(_explain(signal, place, ownership, blast, labels), said=said),
    )


def _as_classified(signal: Signal, said: Said) -> Signal:
    """Return a signal with the class that somebody has given it, if somebody has."""
    if said.failure_class is None:
        return signal
    by_rule = signal.verdict
    verdict = structs.replace(
        by_rule,
        failure_class=said.failure_class,
        rule="operator",
        evidence=said.classified,
        confidence=1.0,
        runner_up=RunnerUp(by_rule.failure_class, by_rule.rule, by_rule.confidence),
    )
    return structs.replace(signal, verdict=verdict)


def _explain(
    signal: Signal, place: Place, ownership: Ownership, blast: BlastRadius, labels: dict[str, str]
) -> Explanation:
    return Explanation(
        verdict=signal.verdict,
        path=ownership.path,
        receivers=ownership.receivers,
        pace=ownership.pace,
        labels=labels,
        is_caught=ownership.is_caught,
        blast=blast,
        product=place.product.name if place.product else signal.product,
        step=place.step.name if place.step else signal.step,
        source=place.source.name if place.source else signal.source,
        domain=place.domain.name if place.domain else None,
        slo=signal.slo,
        kind=signal.kind.value,
        job=signal.job,
        signature=signal.signature,
    )


# After which the data does not go on.
_STOPPING: Final = (
    SignalKind.RUN_FAILED,
    SignalKind.RUN_LOST,
    SignalKind.RUN_MISSING,
    SignalKind.FRESHNESS,
)


def _blast(desk: Desk, signal: Signal, product: str | None) -> BlastRadius:
    """What is made from the broken datasets; held back is what waits for the failed run."""
    if signal.kind is SignalKind.DEAD_LETTERS:
        return BlastRadius(products=(product,) if product else ())
    below = _each_once(desk, desk.lineage.downstream(signal.datasets))
    stops = signal.kind in _STOPPING
    held_back = _each_once(desk, (*signal.datasets, *below)) if stops else ()
    products = [product] if product else []
    products += [found.name for each in below if (found := desk.catalog.product_at(each))]
    return BlastRadius(below, held_back, tuple(dict.fromkeys(products)))


def widen(desk: Desk, incident: Incident) -> Iterator[Decision]:
    """Count among what an incident touches what has attached to it, and what is made from that.

    Its lineage may have been told after the incident was opened, and another root has its own.
    """
    why, blast = incident.explanation, incident.explanation.blast
    known = {incident.root, *blast.datasets, *blast.held_back}
    held = [each.signal for each in desk.book.of(incident.id)]
    names = desk.lineage.names_of
    late = [
        each for each in held if any(known.isdisjoint(names(dataset)) for dataset in each.datasets)
    ]
    if not late:
        return
    own = _each_once(desk, (name for each in late for name in each.datasets))
    stopped = _each_once(
        desk, (n for each in late if each.kind in _STOPPING for n in each.datasets)
    )
    datasets = _each_once(desk, [*blast.datasets, *own, *desk.lineage.downstream(own)])
    products = (desk.catalog.product_at(name) for name in datasets)
    wide = BlastRadius(
        datasets,
        _each_once(desk, [*blast.held_back, *stopped, *desk.lineage.downstream(stopped)]),
        tuple(dict.fromkeys([*blast.products, *(each.name for each in products if each)])),
    )
    labels = why.labels | tier_of(desk.catalog, wide.products)
    changed = structs.replace(incident, explanation=structs.replace(why, blast=wide, labels=labels))
    told = f"{late[0].title}: it touches {len(datasets)} datasets by now"
    yield IncidentChanged(at=desk.now, incident=changed, change="widened", reason=told)
    if labels != why.labels and incident.state is IncidentState.TRIGGERED:
        because = f"it touches what is of tier {labels['tier']}"
        rerouted = [*_route_anew(desk, changed, incident.owner, because)]
        # What held back the lower tier may not mean this one.
        yield from rerouted or (attend(desk, changed) if changed.telling.held else ())


def _each_once(desk: Desk, names: Iterable[str]) -> tuple[str, ...]:
    """Return datasets each by one of its names: the one that is declared, if any of them is."""
    found: dict[str, str] = {}
    for name in names:
        thing = min(desk.lineage.names_of(name))
        if thing not in found or desk.catalog.product_at(name) is not None:
            found[thing] = name
    return tuple(found.values())
