"""Who inhibits an incident is found by labels and names as by going through all that is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.catalog import Catalog, Owner, OwnerKind
from hub.domain.duty.matching import Matcher, Op
from hub.domain.duty.plans import Inhibition
from hub.domain.identity.things import Name, Thing
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.holding import find_hold
from hub.domain.incidents.incident import Incident
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

    def alike(self, _label: str, _value: str) -> Collection[str]:
        return self._known.alike(_label, _value)


class WholeBook(IncidentBook):
    """A book that says of every label that everything may have it."""

    def labelled(self, _label: str, _value: str) -> Collection[str]:
        return self.incidents.keys()


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


INCIDENTS = st.lists(
    st.tuples(st.none() | NAMES, NAMES, st.sampled_from(VALUES["domain"])), min_size=1, max_size=8
)


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


def holds(book: IncidentBook, lineage: DrawnLineage, rule: Inhibition) -> Mapping[str, str | None]:
    catalog = Catalog(platform=NOBODY, inhibitions=(rule,))
    desk = Desk(book, catalog, lineage, 0)
    found = {each.id: find_hold(desk, each, "pager", "pager") for each in book.incidents.values()}
    return {key: None if hold is None else hold.by for key, hold in found.items()}


def filled(book: IncidentBook, incidents: Sequence[Incident]) -> IncidentBook:
    for each in incidents:
        book.put(each)
    return book


@given(INCIDENTS, groups(), groups(), RULES)
def test_the_same_inhibits_as_by_going_through_all_that_is_open(
    drawn: list[tuple[Name | None, Name, str]], datasets: Groups, jobs: Groups, rule: Inhibition
) -> None:
    incidents = [incident(number, *each) for number, each in enumerate(drawn)]
    lineage = NamedLineage(datasets, jobs)
    found = holds(filled(IncidentBook(), incidents), lineage, rule)

    assert found == holds(filled(WholeBook(), incidents), lineage, rule)


def test_whoever_is_named_is_found_without_asking_what_all_that_is_open_is_called() -> None:
    numbers = range(500)
    many = [incident(n, ("lake", f"t{n}"), ("n", f"t{n}"), "") for n in numbers]
    book = filled(IncidentBook(), many)
    datasets: Groups = [[("lake", f"t{n}"), ("s3", f"u{n}")] for n in numbers]
    jobs: Groups = [[("n", f"t{n}"), ("m", f"u{n}")] for n in numbers]
    for label in ("dataset", "job"):
        lineage = NamedLineage(datasets, jobs)
        source, target = Matcher(label, Op.IS, "u7"), Matcher("dataset", Op.IS, "t9")
        rule = Inhibition(name="rule", source=(source,), target=(target,))
        desk = Desk(book, Catalog(platform=NOBODY, inhibitions=(rule,)), lineage, 0)
        hold = find_hold(desk, many[9], "pager", "pager")
        assert hold is not None
        assert hold.by == "INC-7"
        assert lineage.asked < 10
