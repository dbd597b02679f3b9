"""Correlation: what a new signal means, given the incidents that are open.

One page per root cause: a run around a failing run, a dataset made from a broken one, and the
same trouble seen twice belong to one incident, whichever of them is told first. Only what nothing
explains is a root; and what a new root explains is its consequence from then on.

Each decision is to be applied to the book before the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final

from msgspec import structs

from hub.domain.failures.failure import SAME_INPUT, is_of_data, is_theirs, of_many, of_one_input
from hub.domain.incidents.book import IncidentBook, OpenSignal
from hub.domain.incidents.causes import (
    Tie,
    count_jobs,
    find_alike,
    find_causes,
    find_effects,
    find_healed,
    is_around,
    is_as_urgent,
    is_nobodys,
    shared_input,
)
from hub.domain.incidents.decisions import Decision, IncidentNoted, RootHealed, SignalAttached
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.flapping import fail_again, find_flapping, hold_open
from hub.domain.incidents.holding import HISTORY, is_history
from hub.domain.incidents.incident import Incident, Role
from hub.domain.incidents.responses import (
    date,
    hasten,
    merge,
    open_incident,
    open_past,
    resolve,
    revise,
)
from hub.domain.incidents.signals import Signal
from hub.domain.incidents.telling import attend
from hub.domain.names import NodeKind, parse_node_id

_NAMED: Final = 3


def decide_raised(desk: Desk, held: OpenSignal, incident_id: str) -> Iterator[Decision]:
    """Say what a signal means; ``incident_id`` is used when it opens an incident."""
    new = held.signal
    causes = find_causes(desk.book, desk.lineage, new, desk.now)
    if causes:
        yield from _follow(desk, held, causes)
    elif is_nobodys(new):
        return
    elif (over := find_healed(desk.book, desk.lineage, new)) is not None:
        yield _attach(desk, new, over.incident, Role.CONSEQUENCE, over.reason, over.cause)
        return
    else:
        yield from _lead(desk, new, incident_id)
    for key in [key for key, role in held.roles.items() if role is Role.ROOT]:
        yield from date(desk, desk.book.incidents[key])
    yield from _wait_no_longer(desk, new)


def decide_over(
    desk: Desk, held: OpenSignal, incident_id: str, passed_at: int
) -> Iterator[Decision]:
    """Say what a failure means that is told after what passed since: nobody is to act on it.

    Where nothing explains it, it is a turn of what flaps, as if it had been told in its time.
    ``passed_at`` is the event time of what passed.
    """
    new = held.signal
    subjects = desk.lineage.names_of(new.subject)
    known = (root.signal.id for over in desk.book.healed_about(subjects) for root in over.roots)
    causes = find_causes(desk.book, desk.lineage, new, desk.now)
    is_explained = any(tie.held.signal.onset_at <= passed_at for tie in causes)
    if is_explained or is_nobodys(new) or new.id in known:
        return
    if find_healed(desk.book, desk.lineage, new) is None:
        yield from open_past(desk, new, incident_id)


def decide_cleared(
    desk: Desk, held: OpenSignal, reason: str, passed_at: int | None
) -> Iterator[Decision]:
    """Say what follows when a signal has cleared: an incident without lasting roots is over."""
    for key in [key for key, role in held.roles.items() if role is Role.ROOT]:
        healed = RootHealed(at=desk.now, incident=key, signal=held.signal.id, healed_at=passed_at)
        if desk.book.lasting(key):
            yield healed
            continue
        waiting = _waiting(desk.book, key)
        incident, told = desk.book.incidents[key], f"{reason}{waiting}"
        flapping = find_flapping(desk, incident) if passed_at else None
        if flapping:
            yield healed
            yield from hold_open(desk, incident, flapping, told)
        else:
            yield from resolve(desk, incident, told, actor=None, healed_at=passed_at)


def _follow(desk: Desk, held: OpenSignal, causes: Sequence[Tie]) -> Iterator[Decision]:
    """Attach what is explained, with all that it explains, to the incidents that explain it."""
    new = held.signal
    homes: dict[str, tuple[Role, Tie]] = {}
    for tie in causes:
        for key, role in tie.held.roles.items():
            # Seen again is another root only where the first one is.
            joins = Role.ROOT if tie.role is role is Role.ROOT else Role.CONSEQUENCE
            if tie.role is Role.CONSEQUENCE or role is Role.ROOT:
                homes.setdefault(key, (joins, tie))
    effects = find_effects(desk.book, desk.lineage, new, is_explained=True)
    alike = find_alike(desk.book, desk.lineage, new, desk.now)
    is_shared = bool(alike) and alike[0] is causes[0].held
    if is_shared:
        effects += (Tie(held, Role.CONSEQUENCE, causes[0].reason) for held in alike[1:])
    for key, (role, tie) in homes.items():
        yield _attach(desk, new, key, role, tie.reason, tie.held.signal.id)
        yield from _learn(desk, key, tie, new)
        if role is Role.ROOT:
            yield from _precede(desk, key, new, effects)
            yield from fail_again(desk, desk.book.incidents[key])
        yield from _make_present(desk, key)
    home = next(iter(homes))
    reasons = _reasons(effects)
    for key in _explained_whole(desk.book, new, effects, without=homes):
        yield from _absorb(desk, key, home, reasons, new)
    for key in homes:
        yield from _spread(desk, key, effects, new)
    if is_shared:
        yield from _share(desk, desk.book.incidents[home], [*alike, held])


def _share(desk: Desk, incident: Incident, roots: Sequence[OpenSignal]) -> Iterator[Decision]:
    """What many jobs have alike is no fault of theirs: it is below all of them."""
    first = roots[0].signal
    if is_of_data(first.verdict):
        yield from _blame_input(desk, incident, roots)
        return
    is_told_so = incident.failure_class is first.verdict.failure_class
    if is_told_so and is_theirs(first.verdict):
        jobs = count_jobs(desk.lineage, (each.signal for each in roots))
        verdict = of_many(first.verdict, jobs)
        yield from revise(desk, incident, structs.replace(first, verdict=verdict))


def _blame_input(desk: Desk, incident: Incident, roots: Sequence[OpenSignal]) -> Iterator[Decision]:
    """What many jobs say alike of data that all of them read is up to whoever makes that."""
    if incident.explanation.verdict.rule == SAME_INPUT:
        # What reads another input that others of them read too hands it on to nobody.
        return
    *others, last = roots
    shared = shared_input(desk.lineage, last.signal, others)
    if shared is None or incident.root in desk.lineage.names_of(shared):
        return
    first, name = roots[0].signal, _name(shared)
    jobs = count_jobs(desk.lineage, (each.signal for each in roots))
    verdict = of_one_input(first.verdict, jobs, name)
    yield from revise(
        desk,
        incident,
        structs.replace(
            first,
            title=f"{jobs} jobs that read {name} fail alike: {first.title}",
            verdict=verdict,
            datasets=(shared,),
            job=None,
            product=None,
            step=None,
            source=None,
            owners=(),
        ),
    )


def _lead(desk: Desk, new: Signal, incident_id: str) -> Iterator[Decision]:
    """Make a signal the root of what it explains, of the oldest incident or of a new one.

    A page is none of a ticket: whoever was told of that would hear no more than that it changed.
    """
    effects = find_effects(desk.book, desk.lineage, new, is_explained=False)
    explained = _explained_whole(desk.book, new, effects, without=())
    severities = ((key, desk.book.incidents[key].severity) for key in explained)
    oldest = next((key for key, known in severities if is_as_urgent(known, new.severity)), None)
    if oldest is not None:
        home = oldest
        explained.remove(home)
        incident = desk.book.incidents[home]
        yield _attach(desk, new, home, Role.ROOT, "what is open came of this")
        for tie in effects:
            if tie.held.roles.get(home) is Role.ROOT:
                yield _attach(desk, tie.held.signal, home, Role.CONSEQUENCE, tie.reason, new.id)
        inner = [tie.held.signal for tie in effects if is_around(tie.held.signal, new)]
        yield from revise(desk, incident, _completed(new, inner))
    else:
        home = incident_id
        yield from open_incident(desk, new, incident_id)
        yield from _note_hold(desk, new, home)
    reasons = _reasons(effects)
    for key in explained:
        yield from _absorb(desk, key, home, reasons, new)
    yield from _spread(desk, home, effects, new)


def _spread(desk: Desk, key: str, effects: Iterable[Tie], new: Signal) -> Iterator[Decision]:
    """Attach to an incident what comes of a signal in it, and of that in turn.

    What comes of two roots belongs to both, whichever of them or of what is between is told last.
    """
    found = [(tie, new) for tie in effects]
    for tie, cause in found:
        held = tie.held
        if key in held.roles or not held.roles or held.is_root:
            continue
        yield _attach(desk, held.signal, key, Role.CONSEQUENCE, tie.reason, cause.id)
        further = find_effects(desk.book, desk.lineage, held.signal, is_explained=True)
        found += [(each, held.signal) for each in further]


def _make_present(desk: Desk, key: str) -> Iterator[Decision]:
    """Of what was history, and still goes on, people are told."""
    incident = desk.book.incidents[key]
    was_history = any(hold.by == HISTORY for hold in incident.telling.held)
    if was_history and not is_history(desk, incident):
        yield from attend(desk, incident)


def _precede(desk: Desk, key: str, new: Signal, effects: Iterable[Tie]) -> Iterator[Decision]:
    """Of two roots of one trouble the one upstream is where it began."""
    later = [tie for tie in effects if tie.held.roles.get(key) is Role.ROOT]
    for tie in later:
        yield _attach(desk, tie.held.signal, key, Role.CONSEQUENCE, tie.reason, new.id)
    incident = desk.book.incidents[key]
    if any(_is_root_of(incident, tie.held.signal) for tie in later):
        yield from revise(desk, incident, new)


def _is_root_of(incident: Incident, signal: Signal) -> bool:
    return incident.root == (signal.datasets[0] if signal.datasets else signal.subject)


def _explained_whole(
    book: IncidentBook, new: Signal, effects: Iterable[Tie], *, without: Collection[str]
) -> list[str]:
    """Return the incidents whose lasting roots are explained, the oldest first.

    Of one run, or of a run and those inside it, one root is enough; else every root must be.
    """
    explained: dict[str, list[Signal]] = {}
    for tie in effects:
        for key, role in tie.held.roles.items():
            if role is Role.ROOT and key not in without:
                explained.setdefault(key, []).append(tie.held.signal)
    found = [
        book.incidents[key]
        for key, roots in explained.items()
        if len(roots) == len(book.lasting(key)) or any(is_around(root, new) for root in roots)
    ]
    return [each.id for each in sorted(found, key=attrgetter("age"))]


def _absorb(
    desk: Desk, key: str, home: str, reasons: Mapping[str, str], new: Signal
) -> Iterator[Decision]:
    """Attach all of an incident's signals to the one in which a new one explains it."""
    first = min(desk.book.lasting(key).values(), key=attrgetter("came"))
    reason = reasons.get(first.signal.id, "")
    for each in desk.book.of(key):
        if home not in each.roles and not each.is_cleared:
            tied = reasons.get(each.signal.id, reason)
            cause = new.id if each.signal.id in reasons else each.causes.get(key, new.id)
            yield _attach(desk, each.signal, home, Role.CONSEQUENCE, tied, cause)
    yield from merge(desk, desk.book.incidents[key], home, reason)
    told = f"{key} turned out to be part of this: {reason}"
    yield IncidentNoted(at=desk.now, incident=home, kind="merged", message=told)


def _learn(desk: Desk, key: str, tie: Tie, new: Signal) -> Iterator[Decision]:
    """The run around may say what the run inside did not: what it was to write."""
    inner, incident = tie.held.signal, desk.book.incidents[key]
    is_root = tie.held.roles.get(key) is Role.ROOT
    is_placeless = parse_node_id(incident.root).kind is NodeKind.JOB
    if is_root and is_placeless and new.datasets and is_around(inner, new):
        yield from revise(desk, incident, _completed(inner, [new]))


def _completed(signal: Signal, others: Iterable[Signal]) -> Signal:
    """Return a signal with what it lacks and the runs around or inside it say."""
    for other in others:
        signal = structs.replace(
            signal,
            datasets=signal.datasets or other.datasets,
            inputs=signal.inputs or other.inputs,
            owners=signal.owners or other.owners,
            product=signal.product or other.product,
            source=signal.source or other.source,
        )
    return signal


def _wait_no_longer(desk: Desk, new: Signal) -> Iterator[Decision]:
    """The outermost run has ended: nothing more will be said of the failures inside it."""
    if not new.is_retried:
        yield from _tried_enough(desk, new)
    if new.parents or new.run is None:
        return
    inside = desk.book.inside(new.run)
    for key in dict.fromkeys(key for held in inside for key in held.roles):
        yield from hasten(desk, desk.book.incidents[key], "the run around it has ended too")


def _tried_enough(desk: Desk, new: Signal) -> Iterator[Decision]:
    """What waited for another attempt has failed in the last one too."""
    known = chain.from_iterable(map(desk.book.about, desk.lineage.names_of(new.subject)))
    earlier = (each for each in known if each.signal.is_retried)
    for key in dict.fromkeys(key for held in earlier for key in held.roles):
        yield from hasten(desk, desk.book.incidents[key], "its last attempt has failed too")


def _note_hold(desk: Desk, new: Signal, incident_id: str) -> Iterator[Decision]:
    """What was held as a consequence of a root that has healed, and still fails, is its own."""
    holding = chain.from_iterable(map(desk.book.holding, desk.lineage.names_of(new.subject)))
    for over in holding:
        old = over.incident.id
        held = f"it was held as a consequence of {old}, whose root has healed since"
        yield IncidentNoted(at=desk.now, incident=incident_id, kind="held", message=held)
        failed = f"{_name(new.subject)} failed again after the root had healed: {incident_id}"
        yield IncidentNoted(at=desk.now, incident=old, kind="released", message=failed)


def _waiting(book: IncidentBook, incident: str) -> str:
    """Return in words which consequences wait for their own next run."""
    held = [each for each in book.of(incident) if each.roles[incident] is Role.CONSEQUENCE]
    names = list(dict.fromkeys(_name(h.signal.subject) for h in held if not h.is_cleared))
    if not names:
        return ""
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"; held until their own next run: {listed}"


def _reasons(effects: Iterable[Tie]) -> dict[str, str]:
    """Return what ties each signal, by id."""
    return {tie.held.signal.id: tie.reason for tie in effects}


def _attach(
    desk: Desk, signal: Signal, incident: str, role: Role, reason: str, cause: str | None = None
) -> SignalAttached:
    return SignalAttached(
        at=desk.now,
        signal=signal.id,
        incident=incident,
        role=role,
        reason=reason,
        cause=cause,
    )


def _name(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else parsed.parts[-1]
