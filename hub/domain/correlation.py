"""Correlation: what a new signal means, given the incidents that are open.

One page per root cause: a run around a failing run, a dataset made from a broken one, and the
same trouble seen twice belong to the incident that is open already. Only what none of these
explains opens an incident of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import structs

from hub.domain.catalog import OwnerKind, Severity
from hub.domain.decisions import Decision, IncidentChanged, SignalAttached
from hub.domain.failures import FailureClass, Verdict
from hub.domain.incidents import (
    Incident,
    IncidentBook,
    OpenSignal,
    Role,
)
from hub.domain.names import NodeKind, parse_node_id
from hub.domain.responses import UNSURE, Desk, open_incident, resolve, revise
from hub.domain.signals import Signal, SignalKind

# How many datasets may lie between a broken one and a failing one, and be healthy themselves.
HEALTHY_GAP: Final = 2
# For as long after an incident opened, the same infrastructure trouble elsewhere is the same.
SAME_TROUBLE_MICROS: Final = 600_000_000


def decide_raised(desk: Desk, held: OpenSignal, incident_id: str) -> list[Decision]:
    """Say what a signal means; ``incident_id`` is used when it opens an incident."""
    new = held.signal
    for find in (_around_runs, _same_subject, _same_trouble, _broken_upstream):
        attached = list(find(desk, new))
        if attached:
            return attached
    if _is_nobodys(new):
        return []
    return list(open_incident(desk, new, incident_id))


def decide_cleared(desk: Desk, signal: str, reason: str) -> list[Decision]:
    """Say what follows when a signal has cleared: an incident without lasting roots is over."""
    held = desk.book.signals.get(signal)
    incident = desk.book.incidents.get(held.incident or "") if held else None
    if held is None or incident is None or held.role is not Role.ROOT:
        return []
    if any(each.signal.id != signal for each in desk.book.lasting(incident.id)):
        return []
    return resolve(desk, incident, reason, actor=None)


def _around_runs(desk: Desk, new: Signal) -> Iterator[Decision]:
    """A run fails because a run inside it failed: they are one failure, the innermost's."""
    if new.run is None:
        return
    for held in _open_signals(desk.book):
        old = held.signal
        if old.run is None or old.id == new.id:
            continue
        if new.run == old.run:
            yield _attach(desk, new, held, Role.CONSEQUENCE, "seen in the same run")
            return
        if new.run in old.parents:
            reason = "the run around the one that failed"
            yield _attach(desk, new, held, Role.CONSEQUENCE, reason)
            learnt = list(_learn(desk, held, new))
            yield from learnt or _wait_no_longer(desk, new)
            return
        if old.run in new.parents and held.role is Role.ROOT:
            yield _attach(desk, new, held, Role.ROOT, "the run inside that failed first")
            yield SignalAttached(
                at=desk.now,
                signal=old.id,
                incident=str(held.incident),
                role=Role.CONSEQUENCE,
                reason="the run around the one that failed",
            )
            yield from _reroot(desk, held, new)
            return


def _same_subject(desk: Desk, new: Signal) -> Iterator[Decision]:
    for held in _open_signals(desk.book):
        incident = desk.book.incidents[str(held.incident)]
        is_same = held.signal.subject == new.subject and held.role is Role.ROOT
        if is_same and _is_like(incident, new):
            yield _attach(desk, new, held, Role.ROOT, "it happened again")
            return


def _same_trouble(desk: Desk, new: Signal) -> Iterator[Decision]:
    """The same words from below the data, on other jobs, within minutes: one trouble."""
    if new.verdict.failure_class not in _SHARED:
        return
    signature = _signature(new.verdict)
    for held in _open_signals(desk.book):
        incident = desk.book.incidents[str(held.incident)]
        is_recent = desk.now - incident.opened_at <= SAME_TROUBLE_MICROS
        if is_recent and held.role is Role.ROOT and _signature(held.signal.verdict) == signature:
            yield _attach(desk, new, held, Role.ROOT, "the same trouble in another place")
            return


def _broken_upstream(desk: Desk, new: Signal) -> Iterator[Decision]:
    """Something that this is made from is broken: attach to every root that is nearest to it."""
    broken = _broken_datasets(desk.book)
    told: set[str] = set()
    for dataset, distance in _neighbourhood(desk, new):
        for held in broken.get(dataset, ()):
            incident = desk.book.incidents[str(held.incident)]
            if incident.id in told or not _may_cause(incident, new):
                continue
            told.add(incident.id)
            yield _attach(desk, new, held, _role_at(new, held, distance), _where(dataset, distance))


def _neighbourhood(desk: Desk, new: Signal) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    near = [*((d, 0) for d in new.datasets), *((d, 1) for d in new.inputs)]
    far = [
        *desk.lineage.upstream(new.datasets, HEALTHY_GAP + 1),
        *((d, hops + 1) for d, hops in desk.lineage.upstream(new.inputs, HEALTHY_GAP)),
    ]
    for dataset, distance in sorted([*near, *far], key=lambda found: found[1]):
        if dataset not in seen:
            seen.add(dataset)
            yield dataset, distance


def _broken_datasets(book: IncidentBook) -> dict[str, list[OpenSignal]]:
    broken: dict[str, list[OpenSignal]] = {}
    for held in _open_signals(book):
        for dataset in held.signal.datasets:
            broken.setdefault(dataset, []).append(held)
    return broken


def _open_signals(book: IncidentBook) -> Iterator[OpenSignal]:
    """Yield the signals of open incidents that have not cleared."""
    for held in book.signals.values():
        if not held.is_cleared and held.incident in book.incidents:
            yield held


def _may_cause(incident: Incident, new: Signal) -> bool:
    if incident.severity is Severity.TICKET and new.severity is Severity.PAGE:
        return False
    if new.verdict.failure_class.is_infrastructure:
        # Missing or broken data fills no disk: only the same trouble explains this one.
        return incident.failure_class is new.verdict.failure_class
    return True


def _role_at(new: Signal, held: OpenSignal, distance: int) -> Role:
    """Two failed checks of one dataset are one cause seen twice; all else is a consequence."""
    is_check = new.kind in (SignalKind.CHECK_FAILED, SignalKind.RUN_FAILED)
    is_same = held.signal.verdict.failure_class is new.verdict.failure_class
    if distance == 0 and held.role is Role.ROOT and is_check and is_same:
        return Role.ROOT
    return Role.CONSEQUENCE


def _is_like(incident: Incident, new: Signal) -> bool:
    """Whether a repeated failure has the same owner, so that nobody else need be told."""
    both = (incident.failure_class, new.verdict.failure_class)
    return both[0].owner_kind is both[1].owner_kind or FailureClass.UNKNOWN in both


def _attach(desk: Desk, new: Signal, to: OpenSignal, role: Role, reason: str) -> SignalAttached:
    return SignalAttached(
        at=desk.now, signal=new.id, incident=str(to.incident), role=role, reason=reason
    )


def _learn(desk: Desk, held: OpenSignal, new: Signal) -> Iterator[Decision]:
    """The run around may say what the run inside did not: why it failed, what it was to write."""
    inner = held.signal
    incident = desk.book.incidents[str(held.incident)]
    knows_why = incident.explanation.verdict.confidence >= UNSURE
    says_why = not knows_why and new.verdict.confidence >= UNSURE and not _is_nobodys(new)
    says_where = parse_node_id(incident.root).kind is NodeKind.JOB and bool(new.datasets)
    if not (says_why or says_where):
        return
    merged = structs.replace(
        inner,
        verdict=new.verdict if says_why else incident.explanation.verdict,
        title=new.title if says_why else incident.title,
        datasets=inner.datasets or new.datasets,
        inputs=inner.inputs or new.inputs,
        owners=inner.owners or new.owners,
        product=inner.product or new.product,
        source=inner.source or new.source,
    )
    yield from revise(desk, incident, merged)


def _wait_no_longer(desk: Desk, new: Signal) -> Iterator[Decision]:
    """The outermost run has ended: nothing more will be said of the failures inside it."""
    if new.parents:
        return
    inside = [h for h in _open_signals(desk.book) if new.run in h.signal.parents]
    for key in dict.fromkeys(str(held.incident) for held in inside):
        incident = desk.book.incidents[key]
        if incident.notify_at is not None:
            due = structs.replace(incident, notify_at=desk.now)
            reason = "the run around it has ended too"
            yield IncidentChanged(at=desk.now, incident=due, change="due", reason=reason)


def _is_nobodys(signal: Signal) -> bool:
    return signal.verdict.owner_kind is OwnerKind.NONE


def _reroot(desk: Desk, held: OpenSignal, new: Signal) -> Iterator[Decision]:
    incident = desk.book.incidents[str(held.incident)]
    knows_less = new.verdict.confidence < min(UNSURE, incident.explanation.verdict.confidence)
    verdict = incident.explanation.verdict if knows_less else new.verdict
    yield from revise(desk, incident, structs.replace(new, verdict=verdict))


_SHARED: Final = (
    FailureClass.INFRA_CAPACITY,
    FailureClass.INFRA_COMPUTE,
    FailureClass.INFRA_NETWORK,
)
_VARYING: Final = re.compile(r"0x[0-9a-f]+|\d+|['\"«»][^'\"«»]*['\"«»]|/[\w./-]+", re.IGNORECASE)


def _signature(verdict: Verdict) -> tuple[str, str, str]:
    """Return what is the same about the same trouble: its words without names and numbers."""
    host = " ".join(re.findall(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?", verdict.evidence))
    bare = _VARYING.sub("#", verdict.evidence) if verdict.failure_class not in _HOSTED else host
    return verdict.failure_class, verdict.rule, bare


# Two hosts that refuse connections are two troubles, however alike the words are.
_HOSTED: Final = (FailureClass.INFRA_NETWORK,)


def _where(dataset: str, distance: int) -> str:
    node = parse_node_id(dataset)
    name = node.parts[1] if node.kind is NodeKind.DATASET else dataset
    if distance == 0:
        return f"{name} itself is broken"
    between = distance - 1
    hops = "directly" if not between else f"over {between} healthy dataset{'s' * (between > 1)}"
    return f"{name} is broken, and this is made from it {hops}"
