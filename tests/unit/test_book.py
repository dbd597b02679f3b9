"""The book answers from its indexes what going through all that is open would answer."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.catalog import Catalog, Owner, OwnerKind, Receiver, Severity
from hub.domain.failures.failure import FailureClass, Verdict, signature_of
from hub.domain.incidents.book import REMEMBERED_MICROS, IncidentBook
from hub.domain.incidents.causes import find_causes
from hub.domain.incidents.correlation import decide_cleared, decide_raised
from hub.domain.incidents.decisions import Decision, encode_decision
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.incident import Explanation, Flapping, Incident, IncidentState, Role
from hub.domain.incidents.responses import acknowledge, decide_due, resolve
from hub.domain.incidents.signals import Signal, SignalKind
from hub.flow.route.stage import apply
from tests.scanned import DrawnLineage, ScannedBook

SECOND = 1_000_000
START = 10**15
NAMES = tuple(f"dataset:lake:{name}" for name in "abcdef")
# A diamond, a chain behind it, and a corner of its own.
A, B, C, D, E, F = NAMES
MADE_FROM = {B: (A,), C: (A,), D: (B, C), E: (D,), F: ()}
RUNS = tuple(f"run:n:j:{number}" for number in range(4))
NOBODY = Owner("nobody", OwnerKind.DOMAIN)
MESH = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "pager"),
    receivers={"pager": Receiver("pager", "mailbox")},
)

CLASSES = (FailureClass.LOGIC, FailureClass.INFRA_CAPACITY, FailureClass.INFRA_NETWORK)
VERDICTS = st.builds(
    Verdict,
    failure_class=st.sampled_from(CLASSES) | st.sampled_from(FailureClass),
    rule=st.just("rule"),
    rule_set=st.just("set"),
    evidence=st.sampled_from(["disk 1 is full", "disk 2 is full", "no answer from a.org"]),
    confidence=st.sampled_from([0.1, 0.9]),
)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    """Return a signal at one dataset; its id is given where it is raised."""
    dataset = draw(st.sampled_from(NAMES))
    kind = draw(st.just(SignalKind.RUN_FAILED) | st.sampled_from(SignalKind))
    is_of_run = kind in (SignalKind.RUN_FAILED, SignalKind.RUN_LOST)
    at = START + draw(st.integers(-100, 100)) * SECOND
    return Signal(
        id="",
        kind=kind,
        subject=f"job:n:{dataset[-1]}" if is_of_run else dataset,
        title="title",
        verdict=draw(VERDICTS),
        onset_at=at,
        started_at=draw(st.sampled_from([None, at - 30 * SECOND])),
        severity=draw(st.sampled_from(Severity)),
        run=draw(st.none() | st.sampled_from(RUNS)),
        parents=draw(st.lists(st.sampled_from(RUNS), max_size=2, unique=True).map(tuple)),
        datasets=draw(st.sampled_from([(dataset,), (dataset,), ()])),
        inputs=draw(st.sampled_from([MADE_FROM.get(dataset, ()), ()])),
        checks=draw(st.sampled_from([(), ("check",)])),
    )


class Step(NamedTuple):
    """Something that happens: which kind of thing, to which of those there are, and how."""

    kind: str
    which: int
    role: Role
    after: int
    signal: Signal


def steps(*kinds: str) -> st.SearchStrategy[list[Step]]:
    # Now and then so much later that what is over is forgotten.
    after = st.sampled_from([0, 0, 0, SECOND, SECOND, 400 * SECOND, REMEMBERED_MICROS // 2])
    step = st.builds(
        Step,
        kind=st.sampled_from(kinds),
        which=st.integers(0, 20),
        role=st.sampled_from(Role),
        after=after,
        signal=signals(),
    )
    # By itself a list is short; much of what may go wrong needs a crowd.
    return st.lists(step, max_size=20) | st.lists(step, min_size=20, max_size=60)


ENTRIES = steps(
    *("add", "add", "open", "wait", "flap", "attach", "attach", "clear", "resolve", "forget")
)
HAPPENINGS = steps("raise", "raise", "raise", "raise", "clear", "acknowledge", "resolve", "due")


@given(ENTRIES)
def test_all_is_found_that_going_through_everything_would_find(entries: list[Step]) -> None:
    book, scanned, now = IncidentBook(), ScannedBook(), START
    for number, step in enumerate(entries):
        now += step.after
        enter(book, step, number, now)
        enter(scanned, step, number, now)

    assert book.signals == scanned.signals
    assert book.healed == scanned.healed
    for incident in [*book.incidents, "INC-0"]:
        assert book.of(incident) == scanned.of(incident)
        assert book.lasting(incident) == scanned.lasting(incident)
    for run in RUNS:
        assert book.inside(run) == scanned.inside(run)
    for dataset in NAMES:
        assert list(book.breaking(dataset)) == list(scanned.breaking(dataset))
    for new in (step.signal for step in entries):
        assert list(book.about(new.subject)) == list(scanned.about(new.subject))
        assert book.holding(new.subject) == scanned.holding(new.subject)
        assert book.healed_at(new.datasets) == scanned.healed_at(new.datasets)
        assert book.healed_about([new.subject]) == scanned.healed_about([new.subject])
        assert book.settling_about(new.subject) == scanned.settling_about(new.subject)
        assert book.mended_at(new.datasets) == scanned.mended_at(new.datasets)
        assert book.around(new) == scanned.around(new)
        names = new.datasets, new.inputs
        assert book.touching(*names) == scanned.touching(*names)
    for since in {START, *(incident.opened_at + 1 for incident in book.incidents.values())}:
        for trouble in filter(None, (step.signal.trouble for step in entries)):
            found = scanned.troubled(trouble, since=since)
            assert book.troubled(trouble, since=since) == found
    assert book.next_due_at == scanned.next_due_at
    for at in (now, now + 10 * SECOND, now):
        assert book.due(at) == scanned.due(at)


@given(ENTRIES)
def test_what_is_over_leaves_nothing_behind(entries: list[Step]) -> None:
    book, now = IncidentBook(), START
    for number, step in enumerate(entries):
        now += step.after
        enter(book, step, number, now)
    for incident in list(book.incidents.values()):
        book.put(over(incident, now))
    for signal in list(book.signals):
        book.forget(signal)
    last = an_incident("INC-999", now + 2 * REMEMBERED_MICROS)
    book.put(over(last, last.opened_at))

    assert list(book.healed) == ["INC-999"]
    left = {name for name, held in vars(book).items() if isinstance(held, dict) and held}
    assert left == {"_healed"}


@given(HAPPENINGS)
def test_the_same_is_decided_as_by_going_through_everything(happenings: list[Step]) -> None:
    assert decided(IncidentBook(), happenings) == decided(ScannedBook(), happenings)


def test_the_oldest_incident_is_told_first() -> None:
    book = IncidentBook()
    for number, wait in ((9, 5), (10, 1), (11, 3)):
        incident = an_incident(f"INC-{number}", START + number)
        book.put(an_incident(incident.id, incident.opened_at, notify_at=START + wait * SECOND))

    assert [each.id for each in book.due(START + 3 * SECOND)] == ["INC-10", "INC-11"]
    assert [each.id for each in book.due(START + 9 * SECOND)] == ["INC-9", "INC-10", "INC-11"]


def test_a_root_that_broke_no_dataset_explains_nothing_once_it_has_cleared() -> None:
    root, inside = (
        Signal(
            id=name,
            kind=SignalKind.RUN_FAILED,
            subject=f"job:n:{name}",
            title="title",
            verdict=said(FailureClass.LOGIC, "late"),
            onset_at=START,
        )
        for name in ("root", "inside")
    )
    book = IncidentBook()
    for signal in (root, inside):
        book.add(signal)
    book.put(an_incident("INC-1", START))
    book.attach("root", "INC-1", Role.ROOT)
    book.attach("inside", "INC-1", Role.CONSEQUENCE, cause="root")
    assert [held.signal.id for held in book.about("job:n:inside")] == ["inside"]

    book.clear("root")

    assert not book.about("job:n:inside")


def test_a_page_does_not_join_a_ticket_that_is_held_open() -> None:
    ticket = Signal(
        id="ticket",
        kind=SignalKind.FRESHNESS,
        subject=A,
        title="title",
        verdict=said(FailureClass.LOGIC, "late"),
        onset_at=START,
        severity=Severity.TICKET,
        datasets=(A,),
    )
    book = IncidentBook()
    book.add(ticket)
    book.put(an_incident("INC-1", START))
    book.attach("ticket", "INC-1", Role.ROOT)
    book.clear("ticket")
    flapping = Flapping(turns=3, turn=SECOND, passed_at=START, settles_at=START + SECOND)
    book.put(book.changed("INC-1", flapping=flapping))
    page = structs.replace(ticket, id="page", severity=Severity.PAGE)

    assert [tie.held.signal for tie in find_causes(book, DrawnLineage({}), ticket, START)] == [
        ticket
    ]
    assert find_causes(book, DrawnLineage({}), page, START) == []


@pytest.mark.parametrize("failure_class", FailureClass)
def test_only_what_machines_share_is_the_same_trouble_elsewhere(
    failure_class: FailureClass,
) -> None:
    is_shared = failure_class in (
        FailureClass.INFRA_CAPACITY,
        FailureClass.INFRA_COMPUTE,
        FailureClass.INFRA_NETWORK,
    )

    assert (signature_of(said(failure_class, "disk 1 is full")) is not None) == is_shared


def test_a_trouble_is_known_by_its_words_and_that_of_a_network_by_its_host() -> None:
    def are_one(failure_class: FailureClass, *words: str) -> bool:
        return len({signature_of(said(failure_class, each)) for each in words}) == 1

    assert are_one(FailureClass.INFRA_CAPACITY, "disk 1 is full", "disk 2 is full")
    assert not are_one(FailureClass.INFRA_CAPACITY, "disk 1 is full", "disk 1 is slow")
    assert are_one(FailureClass.INFRA_NETWORK, "no answer from a.org:1", "a.org:1 refused")
    assert not are_one(FailureClass.INFRA_NETWORK, "a.org:1 refused", "b.org:1 refused")


def enter(book: IncidentBook, step: Step, number: int, now: int) -> None:
    """Change a book in one way, as far as there is anything to change."""
    signal, incident = nth(book.signals, step.which), nth(book.incidents, step.which)
    over_or_not = nth([*book.incidents, *book.healed], step.which)
    if step.kind == "add":
        book.add(with_id(step.signal, f"s{number}"))
    elif step.kind == "open":
        wait = None if step.role is Role.ROOT else now + step.which * SECOND
        book.put(an_incident(f"INC-{number}", now, notify_at=wait))
    elif step.kind == "wait" and incident:
        book.put(book.changed(incident, notify_at=now + step.which * SECOND))
    elif step.kind == "flap" and incident:
        settles_at = now + step.which * SECOND if step.which % 2 else None
        flapping = Flapping(turns=3, turn=SECOND, passed_at=now, settles_at=settles_at)
        book.put(book.changed(incident, flapping=flapping))
    elif step.kind == "attach" and signal and over_or_not:
        cause = nth(book.signals, step.which // 2)
        book.attach(signal, over_or_not, step.role, cause)
    elif step.kind == "clear" and (known := nth(held_anywhere(book), step.which)):
        book.clear(known)
    elif step.kind == "resolve" and incident:
        merged = None if step.role is Role.ROOT else "INC-1"
        book.put(over(book.incidents[incident], now, merged_into=merged))
    elif step.kind == "forget" and signal:
        book.forget(signal)


def decided(book: IncidentBook, happenings: list[Step]) -> list[bytes]:
    """Return what is decided while things happen, encoded."""
    made: list[Decision] = []
    now = START
    for number, step in enumerate(happenings):
        now += step.after
        desk = Desk(book, MESH, DrawnLineage(MADE_FROM), now)
        for decision in decisions(desk, step, number):
            apply(book, decision)
            made.append(decision)
        for signal, held in list(book.signals.items()):
            if not held.roles:
                book.forget(signal)
    return [encode_decision(each) for each in made]


def decisions(desk: Desk, step: Step, number: int) -> Iterable[Decision]:
    book = desk.book
    signal, incident = nth(held_anywhere(book), step.which), nth(book.incidents, step.which)
    if step.kind == "raise":
        held = book.add(with_id(step.signal, f"s{number}"))
        return decide_raised(desk, held, f"INC-{number}")
    if step.kind == "clear" and signal and (cleared := book.clear(signal)) is not None:
        return decide_cleared(desk, cleared, "it passed", desk.now - step.which * SECOND)
    if step.kind == "acknowledge" and incident:
        return acknowledge(desk, book.incidents[incident], "someone")
    if step.kind == "resolve" and incident:
        return resolve(desk, book.incidents[incident], "done", actor="someone")
    return decide_due(desk) if step.kind == "due" else ()


def nth(found: Iterable[str], which: int) -> str | None:
    names = list(found)
    return names[which % len(names)] if names else None


def held_anywhere(book: IncidentBook) -> list[str]:
    back = [signal for each in book.healed.values() for signal in each.consequences]
    return [*book.signals, *back]


def with_id(signal: Signal, key: str) -> Signal:
    return structs.replace(signal, id=key)


def an_incident(key: str, opened_at: int, *, notify_at: int | None = None) -> Incident:
    return Incident(
        id=key,
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=FailureClass.LOGIC,
        owner=NOBODY,
        severity=Severity.PAGE,
        title="title",
        root=A,
        onset_at=opened_at,
        opened_at=opened_at,
        notify_at=notify_at,
        explanation=Explanation(verdict=said(FailureClass.LOGIC, "boom"), path=(), receivers=()),
    )


def said(failure_class: FailureClass, words: str) -> Verdict:
    return Verdict(
        failure_class=failure_class, rule="r", rule_set="s", evidence=words, confidence=1
    )


def over(incident: Incident, at: int, *, merged_into: str | None = None) -> Incident:
    return structs.replace(
        incident, state=IncidentState.RESOLVED, resolved_at=at, merged_into=merged_into
    )
