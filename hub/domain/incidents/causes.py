"""Causes: which of two violations explains the other, whichever of them was told first.

Four things tie signals together: runs inside runs, the same job again, the same trouble from below
the data, and lineage. Each is asked in both directions, so that what comes of a burst does not
depend on the order in which it arrives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from hub.domain.catalog import OwnerKind, Severity
from hub.domain.failures.failure import BY_WORDS, FailureClass, is_of_data
from hub.domain.incidents.book import IncidentBook, OpenSignal
from hub.domain.incidents.incident import Role
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import NodeKind, job_id, parse_node_id, parse_run_id

# How many datasets may lie between a broken one and a failing one, and be healthy themselves.
HEALTHY_GAP: Final = 2
# For as long after an incident opened, the same infrastructure trouble elsewhere is the same.
SAME_TROUBLE_MICROS: Final = 600_000_000
# So many jobs that say the same have one trouble, though none of them is below the data.
_MANY: Final = 3
# What has passed that long after a failure upstream does without its data: a turn of a daily job.
DONE_WITHOUT_MICROS: Final = 86_400_000_000
# Clocks of machines, and producers that stamp what is over, disagree by less.
SKEW_MICROS: Final = 60_000_000
# A verdict below this says nothing: the runs around it may still say more.
UNSURE: Final = 0.3
# The rule by which data is late although its lane ran well.
SILENT_SOURCE: Final = "context.silent-source"


class Downstream(NamedTuple):
    """Datasets, each once whatever it is called.

    ``names`` are node ids, of those that are declared first where not all are named; ``more`` is
    how many are not. ``products`` are the names of the data products that any of all is part of.
    """

    names: tuple[str, ...] = ()
    more: int = 0
    products: tuple[str, ...] = ()


class Lineage(Protocol):
    """What the search for causes asks of lineage; names are dataset node ids."""

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterable[tuple[str, int]]:
        """Yield what ``datasets`` are made from, with the distance, the nearest first.

        ``reads`` are one hop away, whether lineage says so or not.
        """

    def downstream(self, datasets: Sequence[str], known: Sequence[str] = ()) -> Downstream:
        """Return what is ``known``, and all that is made from ``datasets``."""

    def beside(self, names: Sequence[str], datasets: Sequence[str]) -> frozenset[str]:
        """Return those of ``names`` that are neither ``datasets`` nor made from them."""

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterable[tuple[str, int]]:
        """Yield what is made from ``datasets``, with the distance, the nearest first."""

    def names_of(self, node: str) -> tuple[str, ...]:
        """Return all that a dataset or a job is called, as it was given and then otherwise."""

    @property
    def names(self) -> object:
        """Another object whenever something has got, or lost, another name."""


class Tie(Struct, frozen=True):
    """A signal in the book that a new one has to do with.

    ``role`` is that of the one explained, and ``reason`` says in words what ties them.
    """

    held: OpenSignal
    role: Role
    reason: str


def find_causes(book: IncidentBook, lineage: Lineage, new: Signal, now: int) -> list[Tie]:
    """Return what in the book explains a new signal, by the first way that explains anything."""
    return (
        _runs_that_explain(book, new)
        or _same_subject(book, lineage, new)
        or _own_runs(book, lineage, new)
        or _same_trouble(book, lineage, new, now)
        or _broken_upstream(book, lineage, new)
    )


def find_effects(
    book: IncidentBook, lineage: Lineage, new: Signal, *, is_explained: bool
) -> list[Tie]:
    """Return what in the book a new signal explains; ``is_explained``: it has a cause itself."""
    found = list(_runs_explained_by(book, new, is_explained=is_explained))
    known = {tie.held.signal.id for tie in found}
    found += [tie for tie in _broken_by(book, lineage, new) if tie.held.signal.id not in known]
    return found


class Past(NamedTuple):
    """What explains a run and has healed by now, be it for its root; of which incident, and why."""

    incident: str
    cause: str
    reason: str


def is_as_urgent(known: Severity, new: Severity) -> bool:
    """Whether who was told of one need not be told of the other: a page does not join a ticket."""
    return known is not Severity.TICKET or new is Severity.TICKET


def find_healed(book: IncidentBook, lineage: Lineage, new: Signal) -> Past | None:
    """Return what has healed by now and explains a run which began before."""
    around = _held_runs(book, new)
    if around is not None:
        return around
    distances = dict(_upstream_of(lineage, new)) if book.healed or book.incidents else {}
    own = lineage.names_of(new.subject)
    candidates = [
        (healed_at, incident, root)
        for healed_at, incident, root in _healed_roots(book, distances)
        # A job that fails after it has passed fails for itself, whenever that run began.
        if new.begun_at < healed_at and root.subject not in own
    ]
    for _, incident, root in sorted(candidates, key=itemgetter(0), reverse=True):
        for broken in (name for name in root.datasets if name in distances):
            if _explains(lineage, root, new, distances[broken]):
                return Past(incident, root.id, f"it began before {_short(broken)} had healed")
    return None


def _held_runs(book: IncidentBook, new: Signal) -> Past | None:
    """Return what holds back a run that explains a new signal, or is one with it."""
    for over, held in book.held_around(new):
        if new.run in held.parents and _part_explains(held, new):
            return Past(over.incident.id, held.id, _AROUND)
        if held.run in new.parents and _whole_explains(held, new, is_explained=True):
            return Past(over.incident.id, held.id, _INSIDE)
    return None


def _healed_roots(
    book: IncidentBook, datasets: Collection[str]
) -> Iterator[tuple[int, str, Signal]]:
    """Yield when what broke the datasets healed, with its incident, be that over or not."""
    for over in book.healed_at(datasets):
        for root, healed_at in over.roots:
            if healed_at is not None:
                yield healed_at, over.incident.id, root
    for held in book.mended_at(datasets):
        for key, role in held.roles.items():
            if role is Role.ROOT and held.healed_at is not None:
                yield held.healed_at, key, held.signal


def speaks(signal: Signal) -> bool:
    """Whether a signal says why; that nobody knows, however sure, says nothing."""
    verdict = signal.verdict
    return verdict.confidence >= UNSURE and verdict.failure_class is not FailureClass.UNKNOWN


def is_nobodys(signal: Signal) -> bool:
    """Whether nobody needs to act on a signal by itself."""
    return signal.verdict.owner_kind is OwnerKind.NONE


def is_around(one: Signal, other: Signal) -> bool:
    """Whether two signals are of one run, or of a run and one inside it."""
    is_same = one.run is not None and one.run == other.run
    return is_same or one.run in other.parents or other.run in one.parents


def in_time(cause: Signal, effect: Signal) -> bool:
    """Whether a cause began before its effect was there; what is late goes on being late."""
    latest = effect.onset_at + SKEW_MICROS
    return cause.onset_at <= latest or cause.begun_at <= latest or effect.kind in _STANDING


def _runs_that_explain(book: IncidentBook, new: Signal) -> list[Tie]:
    found: list[Tie] = []
    if new.run is None:
        return found
    for each in book.around(new):
        old = each.signal
        if old.run is None:
            continue
        if new.run == old.run and old.kind is not SignalKind.RUN_LOST:
            found.append(Tie(each, Role.CONSEQUENCE, "seen in the same run"))
        elif new.run in old.parents and _part_explains(old, new):
            found.append(Tie(each, Role.CONSEQUENCE, _AROUND))
        elif old.run in new.parents and _whole_explains(old, new, is_explained=not each.is_root):
            found.append(Tie(each, Role.CONSEQUENCE, _INSIDE))
    return found


def _runs_explained_by(book: IncidentBook, new: Signal, *, is_explained: bool) -> Iterator[Tie]:
    if new.run is None:
        return
    for each in book.around(new):
        old = each.signal
        if old.run == new.run and old.kind is SignalKind.RUN_LOST:
            yield Tie(each, Role.CONSEQUENCE, "how it ended was told after all")
        elif old.run in new.parents and _part_explains(new, old):
            yield Tie(each, Role.CONSEQUENCE, _AROUND)
        elif new.run in old.parents and _whole_explains(new, old, is_explained=is_explained):
            yield Tie(each, Role.CONSEQUENCE, _INSIDE)


def _part_explains(part: Signal, whole: Signal) -> bool:
    """A run fails because a run inside it did, unless only the run around says why."""
    return speaks(part) or not speaks(whole)


def _whole_explains(whole: Signal, part: Signal, *, is_explained: bool) -> bool:
    """Whether a run says why a run inside it failed, which does not.

    A part with data of its own is a failure of its own where the whole speaks of another part.
    """
    return speaks(whole) and not speaks(part) and not (is_explained and part.datasets)


def _same_subject(book: IncidentBook, lineage: Lineage, new: Signal) -> list[Tie]:
    names = lineage.names_of(new.subject)
    found = [(each, _AGAIN) for name in names for each in book.about(name)]
    found += [(each, _NOT_SETTLED) for name in names for each in book.settling_about(name)]
    for each, reason in found:
        for key, role in (
            each.roles.items() if is_as_urgent(each.signal.severity, new.severity) else ()
        ):
            if role is Role.ROOT and _is_like(book.incidents[key].failure_class, new):
                return [Tie(each, Role.ROOT, reason)]
    return []


def _own_runs(book: IncidentBook, lineage: Lineage, new: Signal) -> list[Tie]:
    """That too few runs of a job pass says no more than the failure that somebody sees to.

    A ticket is for what they do in the long run.
    """
    if new.kind is not SignalKind.AVAILABILITY or new.severity is Severity.TICKET or not new.job:
        return []
    about = [each for name in lineage.names_of(new.job) for each in book.about(name)]
    failed = (each for each in about if each.is_root and each.signal.run is not None)
    return [Tie(each, Role.CONSEQUENCE, "its last run has failed") for each in failed]


def _same_trouble(book: IncidentBook, lineage: Lineage, new: Signal, now: int) -> list[Tie]:
    """The same words from below the data, or on many jobs, within minutes: one trouble."""
    alike = _alike(book, lineage, new, now)
    return [Tie(alike[0], Role.ROOT, "the same trouble in another place")] if alike else []


def find_alike(book: IncidentBook, lineage: Lineage, new: Signal, now: int) -> Sequence[OpenSignal]:
    """Return the open roots, the first in front, that say what a new signal says, if many do."""
    return _alike(book, lineage, new, now) if new.takes_many else ()


def count_jobs(lineage: Lineage, signals: Iterable[Signal]) -> int:
    """Return how many jobs signals are of, each of whatever names."""
    return len({_job_of(lineage, each) for each in signals})


def _job_of(lineage: Lineage, signal: Signal) -> str | None:
    """Return the job of a signal, by one name whatever it is called."""
    return signal.job and min(lineage.names_of(signal.job))


def _alike(book: IncidentBook, lineage: Lineage, new: Signal, now: int) -> Sequence[OpenSignal]:
    trouble = new.trouble
    if trouble is None:
        return ()
    troubled = book.troubled(trouble, since=now - SAME_TROUBLE_MICROS)
    found = [held for held in troubled if is_as_urgent(held.signal.severity, new.severity)]
    if not found or not new.takes_many:
        return found
    if is_of_data(new.verdict):
        shared = shared_input(lineage, new, found)
        return [held for held in found if _reads(lineage, held.signal, shared)] if shared else ()
    # What jobs have alike that read the same data may come of those.
    strangers = [held for held in found if set(new.inputs).isdisjoint(held.signal.inputs)]
    jobs = count_jobs(lineage, [*(held.signal for held in strangers), new])
    return strangers if jobs >= _MANY else ()


def shared_input(lineage: Lineage, new: Signal, alike: Iterable[OpenSignal]) -> str | None:
    """Return what a run that failed reads with most others that say the same, if they are many."""
    called = {name: each for each in new.inputs for name in lineage.names_of(each)}
    jobs = {each: {_job_of(lineage, new)} for each in new.inputs}
    for held in alike:
        job = _job_of(lineage, held.signal)
        for name in called.keys() & {*held.signal.inputs}:
            jobs[called[name]].add(job)
    most = max(jobs, key=lambda each: len(jobs[each]), default=None)
    return most if most is not None and len(jobs[most]) >= _MANY else None


def _reads(lineage: Lineage, signal: Signal, dataset: str) -> bool:
    return not set(lineage.names_of(dataset)).isdisjoint(signal.inputs)


def _broken_upstream(book: IncidentBook, lineage: Lineage, new: Signal) -> list[Tie]:
    """Something that this is made from is broken: every incident with a root near enough.

    What comes of an incident already needs no other reason to.
    """
    found: list[Tie] = []
    if not book.incidents:
        return found
    explained: set[str] = set()
    for dataset, distance in _upstream_of(lineage, new):
        for each in book.breaking(dataset):
            if (
                not explained.issuperset(each.roles)
                and not is_around(each.signal, new)
                and _explains(lineage, each.signal, new, distance)
            ):
                role = Role.CONSEQUENCE if distance else _role_beside(each, new)
                found.append(Tie(each, role, _where(dataset, distance)))
                if role is Role.CONSEQUENCE:
                    explained.update(each.roles)
    return found


def _broken_by(book: IncidentBook, lineage: Lineage, new: Signal) -> Iterator[Tie]:
    """What is made from what this breaks."""
    if not new.datasets or not book.incidents:
        return
    distances = dict.fromkeys(_called(lineage, new.datasets), 0)
    for name, distance in lineage.made_from(new.datasets, HEALTHY_GAP + 1):
        distances.setdefault(name, distance)
    read = [name for name, distance in distances.items() if distance <= HEALTHY_GAP]
    for each in book.touching(distances, read):
        old = each.signal
        if is_around(old, new):
            continue
        found = {distances[name] for name in _made_by(old) if name in distances}
        found |= {0 for name in old.datasets if distances.get(name) == 0}
        found |= {distances[name] + 1 for name in old.inputs if name in distances}
        # Of two of one rank on one dataset, the one that came first explains the other.
        before = (hops for hops in sorted(found) if hops or _rank(new) < _rank(old))
        nearest = next((hops for hops in before if _explains(lineage, new, old, hops)), None)
        if nearest is not None:
            yield Tie(each, Role.CONSEQUENCE, _where(new.datasets[0], nearest))


def _upstream_of(lineage: Lineage, new: Signal) -> list[tuple[str, int]]:
    found = [(name, 0) for name in _called(lineage, new.datasets)]
    found += lineage.upstream(_made_by(new), HEALTHY_GAP + 1, reads=new.inputs)
    return found


def _made_by(signal: Signal) -> Sequence[str]:
    """Return the datasets of a signal of which all counts that they are made from.

    Who else writes what a run was to write may read what has nothing to do with that.
    """
    if not signal.inputs:
        return signal.datasets
    return [name for name in signal.datasets if name in signal.inputs]


def _called(lineage: Lineage, datasets: Iterable[str]) -> Iterator[str]:
    """Yield all names of datasets: what is in the book may know them by others."""
    return (name for each in datasets for name in lineage.names_of(each))


def _explains(lineage: Lineage, cause: Signal, effect: Signal, distance: int) -> bool:
    """Whether one signal explains another that is so many datasets down from what it broke."""
    if not _may_cause(cause, effect, distance):
        return False
    if distance:
        return in_time(cause, effect)
    if not _fits(cause, effect) or _are_strangers(lineage, cause, effect):
        return False
    return _is_seen_twice(cause, effect) or in_time(cause, effect)


def _may_cause(cause: Signal, effect: Signal, distance: int) -> bool:
    if not is_as_urgent(cause.severity, effect.severity):
        return False
    if distance and _has_done_without(cause, effect):
        return False
    failure_class = effect.verdict.failure_class
    # Missing or broken data fills no disk: only the same trouble explains such.
    if cause.verdict.failure_class is failure_class:
        return True
    if effect.kind is SignalKind.RUN_MISSING or effect.kind in _STANDING or not speaks(effect):
        return True
    # Words may guess at what is below the data; what is broken upstream is known.
    is_guess = effect.verdict.rule == BY_WORDS
    is_below = failure_class.is_infrastructure and not is_guess
    return not (is_below or effect.is_of_a_source)


def _has_done_without(cause: Signal, effect: Signal) -> bool:
    """Whether a job has passed long after something upstream failed: that is not why it fails."""
    return effect.passed_at is not None and effect.passed_at >= cause.onset_at + DONE_WITHOUT_MICROS


def _fits(cause: Signal, effect: Signal) -> bool:
    """Whether one violation of a dataset explains another of the same dataset.

    A run that could not write it explains checks that fail and data that is late, never the other
    way round. A source that was silent while its lane ran well has nothing to do with either.
    """
    if _rank(cause) > _rank(effect):
        return False
    return not (effect.verdict.rule == SILENT_SOURCE and cause.kind is SignalKind.RUN_FAILED)


def _are_strangers(lineage: Lineage, one: Signal, other: Signal) -> bool:
    """Whether two jobs fail to write one dataset, and have nothing else to do with each other.

    They have where one reads what the other left broken, where one starts the other, and where both
    say the same. What failed for want of its data came of something, whatever that is.
    """
    if one.job is None or other.job is None or _rank(other) or is_nobodys(other):
        return False
    if _say_the_same(one, other):
        return False
    if not set(_called(lineage, one.datasets)).isdisjoint(other.inputs):
        return False
    mine, theirs = set(lineage.names_of(one.job)), set(lineage.names_of(other.job))
    return mine.isdisjoint(_starting(other)) and theirs.isdisjoint(_starting(one))


def _starting(signal: Signal) -> Iterator[str]:
    """Yield the job of a signal, and those that start it."""
    if signal.job is not None:
        yield signal.job
    yield from (job_id(parse_run_id(each).run.job) for each in signal.parents)


def _rank(signal: Signal) -> int:
    if signal.kind in _STANDING:
        return 2
    return 1 if signal.checks else 0


def _role_beside(held: OpenSignal, new: Signal) -> Role:
    """What is one cause seen twice is another root of it; all else comes of what is held."""
    return Role.ROOT if held.is_root and _is_seen_twice(held.signal, new) else Role.CONSEQUENCE


def _is_seen_twice(one: Signal, other: Signal) -> bool:
    """Whether two signals of one dataset have one cause: two failed checks, or the same words."""
    is_alike = _rank(one) == _rank(other) and other.kind not in _STANDING
    is_same = one.verdict.failure_class is other.verdict.failure_class
    return is_alike and is_same and (bool(_rank(one)) or _say_the_same(one, other))


def _say_the_same(one: Signal, other: Signal) -> bool:
    return one.signature != "" and one.signature == other.signature


def _is_like(failure_class: FailureClass, new: Signal) -> bool:
    """Whether a repeated failure has the same owner, so that nobody else need be told."""
    both = (failure_class, new.verdict.failure_class)
    return both[0].owner_kind is both[1].owner_kind or FailureClass.UNKNOWN in both


_AGAIN: Final = "it happened again"
_NOT_SETTLED: Final = "it fails again, and had not settled"
_AROUND: Final = "the run around the one that failed"
_INSIDE: Final = "a run inside the one that says why"
# Objectives that are missed until they are met again.
_STANDING: Final = frozenset(
    {
        SignalKind.FRESHNESS,
        SignalKind.QUALITY,
        SignalKind.VOLUME,
        SignalKind.COMPLETENESS,
        SignalKind.AVAILABILITY,
        SignalKind.LATENCY,
    }
)


@lru_cache(maxsize=4_096)
def _where(dataset: str, distance: int) -> str:
    name = _short(dataset)
    if distance == 0:
        return f"{name} itself is broken"
    between = distance - 1
    hops = "directly" if not between else f"over {between} healthy dataset{'s' * (between > 1)}"
    return f"{name} is broken, and this is made from it {hops}"


def _short(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else node
