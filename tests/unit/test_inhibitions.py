"""Who inhibits an incident is found as by going through all that is open, and without doing so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.catalog import Catalog, Owner, OwnerKind
from hub.domain.duty.matching import Also, Matcher, Op, all_hold, share
from hub.domain.duty.plans import Inhibition
from hub.domain.identity.things import Name, Thing
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.holding import find_hold
from hub.domain.incidents.incident import Flapping, Incident, IncidentState
from hub.domain.names import NodeKind, node_id
from hub.graph.identities import Identities, Known, Things
from hub.testing.pages import an_incident
from tests.scanned import DrawnLineage

NOBODY = Owner("nobody", OwnerKind.DOMAIN)
SPACES, WORDS = ("lake", "s3", "elsewhere"), ("a", "b")
NAMES = st.tuples(st.sampled_from(SPACES), st.sampled_from(WORDS))
LABELS = ("dataset", "job", "namespace", "domain")
VALUES = {"namespace": (*SPACES, ""), "domain": ("fleet", "finance", "")}
Groups = list[list[Name]]


class NamedLineage(DrawnLineage):
    """What has several names, and no lineage. ``asked`` counts questions for other names."""

    def __init__(self, datasets: Groups, jobs: Groups) -> None:
        super().__init__({})
        self._known = Identities(1, _things(datasets), _things(jobs))
        self.asked = 0

    def names_of(self, node: str) -> tuple[str, ...]:
        self.asked += 1
        return self._known.called(node)

    @property
    def names(self) -> object:
        return self._known


def _things(groups: Groups) -> Things:
    return Things(
        Known(Thing(names[0], tuple(names), ()), n, (n,)) for n, names in enumerate(groups)
    )


def incident(number: int, dataset: Name | None, job: Name, domain: str) -> Incident:
    root = node_id(NodeKind.DATASET, *dataset) if dataset else node_id(NodeKind.JOB, *job)
    named = {"dataset": dataset[1] if dataset else "", "job": job[1], "domain": domain}
    labels = named | {"namespace": (dataset or job)[0]}
    known = an_incident()
    why = structs.replace(
        known.explanation,
        job=node_id(NodeKind.JOB, *job),
        labels={name: value for name, value in labels.items() if value},
    )
    return structs.replace(known, id=f"INC-{number}", root=root, explanation=why)


Drawn = tuple[Name | None, Name, str]
INCIDENT = st.tuples(st.none() | NAMES, NAMES, st.sampled_from(VALUES["domain"]))


@st.composite
def groups(draw: st.DrawFn) -> Groups:
    """Names that mean one thing; each name is in one group at most."""
    names = draw(st.permutations([(space, word) for space in SPACES for word in WORDS]))
    sizes = draw(st.lists(st.integers(2, 3), max_size=2))
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [list(names[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


@st.composite
def matchers(draw: st.DrawFn) -> tuple[Matcher, ...]:
    found = []
    for label in draw(st.lists(st.sampled_from(LABELS), max_size=2)):
        value = draw(st.sampled_from((*VALUES.get(label, WORDS), "*")))
        found.append(Matcher(label, draw(st.sampled_from([Op.IS, Op.IS, *Op])), value))
    return tuple(found)


# What is named inhibits what is not, or anything does.
RULES = st.builds(
    Inhibition,
    name=st.just("rule"),
    source=st.tuples(
        st.builds(Matcher, st.just("dataset"), st.just(Op.IS), st.sampled_from(WORDS))
    ),
    target=st.just(()),
) | st.builds(
    Inhibition,
    name=st.just("rule"),
    source=matchers(),
    target=matchers(),
    equal=st.lists(st.sampled_from(LABELS), max_size=2).map(tuple),
)


def held_by(desk: Desk, incident: Incident) -> str | None:
    hold = find_hold(desk, incident, "pager", "pager")
    return None if hold is None else hold.by


def scanned(desk: Desk, incident: Incident) -> str | None:
    """Return what holds an incident, by going through all that is open."""
    [rule] = desk.catalog.inhibitions

    def fits(matchers: tuple[Matcher, ...], each: Incident) -> bool:
        return all_hold(matchers, each.explanation.labels, called(each))

    def called(each: Incident) -> Also:
        return desk.also_called(each.root, each.explanation.job)

    def is_equal(label: str, other: Incident) -> bool:
        both = [(each.explanation.labels, called(each)) for each in (incident, other)]
        return share(label, *both)

    found = [
        other
        for other in desk.book.incidents.values()
        if other.id != incident.id
        if not other.is_settling
        if fits(rule.source, other)
        if fits(rule.target, incident)
        if not (fits(rule.source, incident) and fits(rule.target, other))
        if all(is_equal(label, other) for label in rule.equal)
    ]
    first = min(found, key=lambda each: each.age, default=None)
    return None if first is None else first.id


# What happens to an incident: it changes its labels, is over, settles, or is told of again.
CHANGES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["new", "over", "settles", "same"]), INCIDENT),
    max_size=6,
)


@given(st.lists(INCIDENT, min_size=1, max_size=8), CHANGES, groups(), groups(), RULES)
def test_the_same_inhibits_as_by_going_through_all_that_is_open(
    drawn: list[Drawn],
    changes: list[tuple[int, str, Drawn]],
    datasets: Groups,
    jobs: Groups,
    rule: Inhibition,
) -> None:
    book, lineage = IncidentBook(), NamedLineage(datasets, jobs)
    catalog = Catalog(platform=NOBODY, inhibitions=(rule,))
    for number, each in enumerate(drawn):
        book.put(incident(number, *each))
    for number, change, described in [(0, "same", drawn[0]), *changes]:
        fresh = incident(number, *described)
        if change == "over":
            fresh = structs.replace(fresh, state=IncidentState.RESOLVED, resolved_at=1)
        elif change == "settles":
            fresh = structs.replace(fresh, flapping=Flapping(3, 1, 1, 9))
        if change != "same" and (change != "over" or fresh.id in book.incidents):
            book.put(fresh)
        desk = Desk(book, catalog, lineage, 0)
        for open_now in book.incidents.values():
            assert held_by(desk, open_now) == scanned(desk, open_now)


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("label", ["dataset", "namespace", "domain"])
def test_a_broad_rule_does_not_go_through_all_that_is_open_for_each_that_is_held(
    label: str, op: Op
) -> None:
    numbers = range(300)
    book = IncidentBook()
    for n in numbers:
        book.put(incident(n, ("lake", f"t{n}"), ("n", f"t{n}"), "fleet" if n % 2 else "finance"))
    lineage = NamedLineage([[("lake", f"t{n}"), ("s3", f"u{n}")] for n in numbers], [])
    source = Matcher(label, op, {"dataset": "u*", "namespace": "s*", "domain": "f*"}[label])
    target = Matcher("domain", Op.IS, "fleet")
    rule = Inhibition(name="rule", source=(source,), target=(target,))
    catalog = Catalog(platform=NOBODY, inhibitions=(rule,))
    found = {}
    for each in book.incidents.values():
        # Each is held in a moment of its own.
        found[each.id] = held_by(Desk(book, catalog, lineage, 0), each)
    assert lineage.asked < 10 * len(numbers)

    desk = Desk(book, catalog, lineage, 0)
    assert found == {each.id: scanned(desk, each) for each in book.incidents.values()}
