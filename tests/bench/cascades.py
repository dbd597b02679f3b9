"""A thousand failures at once among 100,000 datasets: which of them are taken for where it began.

Several roots fail, and with each the most of what is made from it, some of it over a healthy
dataset in between; failures elsewhere that have to do with nothing are the noise. All are told in
no order. It is known which is which, so what the hub makes of them can be counted.

``cpu_ms`` is that of all decisions, with the texts that they say and the blast radius of each root.
Part of it is ``root_finding_cpu_ms``, from signals to which of them are roots: ``names_cpu_ms`` to
find their datasets by name, ``ways_cpu_ms`` to follow lineage between all of them in the graph in
memory, ``weighing_cpu_ms`` to weigh for each what may explain it. Each is the median of several
attempts, which know nothing of one another but what a hub that runs keeps in memory anyway.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from hub.domain.catalog import Catalog
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.book import IncidentBook
from hub.domain.incidents.causes import HEALTHY_GAP, Lineage, find_causes
from hub.domain.incidents.correlation import decide_raised
from hub.domain.incidents.decisions import SignalRaised
from hub.domain.incidents.desk import Desk
from hub.domain.incidents.incident import Role
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import DatasetName, JobName, RunName, dataset_id, job_id, run_id
from hub.flow.collector import collector_held
from hub.flow.evaluate.storms import by_onset
from hub.flow.route.stage import apply, foresee
from hub.graph.index import LineageIndex
from hub.graph.neighbourhood import Neighbourhood
from hub.store.opening import open_store
from tests.bench import lineage

ROOTS: Final = 20
FAILING: Final = 1_000
NOISE: Final = 50
HEALTHY: Final = 0.2
ATTEMPTS: Final = 9
MINUTE: Final = 60_000_000

_Near = Mapping[int, Sequence[int]]


class Storm(NamedTuple):
    """What fails, with the minute in which it does; and which of it is where it began."""

    failing: dict[int, int]
    roots: frozenset[int]
    noise: frozenset[int]


class Finding(NamedTuple):
    """The seconds that it takes to look up names, to follow lineage, and to weigh."""

    names: float
    ways: float
    weighing: float


def measure() -> dict[str, float]:
    """Return which share of the roots was found, and what that cost."""
    chosen = random.Random(4)
    edges = list(lineage.edges_of(chosen))
    reads, makes = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for made, side, read in edges:
        if side == "in":
            reads[made].append(read)
            makes[read].append(made)
    storm = _storm(chosen, reads, makes)
    signals = [_signal(number, minute, reads) for number, minute in storm.failing.items()]
    chosen.shuffle(signals)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        with store.database.write() as connection:
            lineage.insert_edges(connection, edges)
        index = LineageIndex()
        with store.database.read() as connection:
            # A hub that runs has read what it calls things: that is no part of a decision.
            list(Neighbourhood(connection, index, Catalog()).upstream([_name(lineage.DATASETS)], 1))
            told, decided, found = _told(signals), [], []
            # As route does.
            with collector_held():
                for _attempt in range(ATTEMPTS):
                    book = IncidentBook()
                    around = Neighbourhood(connection, index, Catalog())
                    begun = time.thread_time()
                    _decide(book, foresee(around, book, told), told)
                    decided.append(time.thread_time() - begun)
                    found.append(_find(book, Neighbourhood(connection, index, Catalog()), told))
        store.close()
    taken = {each.signal.datasets[0] for each in book.signals.values() if each.is_root}
    others = taken - _names({*storm.roots, *storm.noise})
    return {
        "signals": len(signals),
        "roots_found": len(taken & _names(storm.roots)) / len(storm.roots),
        "noise_apart": len(taken & _names(storm.noise)) / len(storm.noise),
        "taken_for_roots": len(others),
        "incidents": len(book.incidents),
        "cpu_ms": _median_ms(decided),
        "root_finding_cpu_ms": _median_ms(map(sum, found)),
        "names_cpu_ms": _median_ms(each.names for each in found),
        "ways_cpu_ms": _median_ms(each.ways for each in found),
        "weighing_cpu_ms": _median_ms(each.weighing for each in found),
    }


def _median_ms(seconds: Iterable[float]) -> float:
    return median(seconds) * 1_000


def _told(signals: Iterable[Signal]) -> list[Signal]:
    raised = by_onset(SignalRaised(at=signal.onset_at, signal=signal) for signal in signals)
    return [each.signal for each in raised if isinstance(each, SignalRaised)]


def _decide(book: IncidentBook, near: Lineage, told: Iterable[Signal]) -> None:
    for number, signal in enumerate(told):
        desk = Desk(book, Catalog(), near, signal.onset_at)
        for decision in decide_raised(desk, book.add(signal), f"INC-{number}"):
            apply(book, decision)


def _find(decided: IncidentBook, around: Neighbourhood, told: Sequence[Signal]) -> Finding:
    """Find the causes of a storm again, with the incidents that it opened."""
    names = dict.fromkeys(name for each in told for name in (*each.datasets, *each.inputs))
    book = IncidentBook()
    begun = time.thread_time()
    around.number([*names])
    named = time.thread_time()
    near = foresee(around, book, told)
    followed = time.thread_time()
    for signal in told:
        causes = find_causes(book, near, signal, signal.onset_at)
        book.add(signal)
        if causes:
            key, role = next(iter(causes[0].held.roles)), Role.CONSEQUENCE
        else:
            key, role = next(iter(decided.signals[signal.id].roles)), Role.ROOT
            book.put(decided.incidents[key])
        book.attach(signal.id, key, role)
    return Finding(named - begun, followed - named, time.thread_time() - followed)


def _storm(chosen: random.Random, reads: _Near, makes: _Near) -> Storm:
    failing: dict[int, int] = {}
    roots: set[int] = set()
    while len(roots) < ROOTS:
        root = chosen.randrange(1, lineage.DATASETS)
        cascade = _cascade(chosen, root, makes)
        is_apart = not failing.keys() & (_near(cascade, reads) | _near(cascade, makes))
        if len(cascade) == FAILING // ROOTS and is_apart:
            failing |= cascade
            roots.add(root)
    noise: set[int] = set()
    while len(noise) < NOISE:
        number = chosen.randrange(1, lineage.DATASETS)
        if not failing.keys() & (_near([number], reads) | _near([number], makes)):
            failing[number] = 0
            noise.add(number)
    return Storm(failing, frozenset(roots), frozenset(noise))


def _cascade(chosen: random.Random, root: int, makes: _Near) -> dict[int, int]:
    """Return what fails after a root, each a minute after what it is made from."""
    failing, frontier = {root: 0}, [(root, 0, 0)]
    while frontier and len(failing) < FAILING // ROOTS:
        at, minute, gap = frontier.pop(0)
        for made in makes[at]:
            if made in failing or len(failing) == FAILING // ROOTS:
                continue
            if chosen.random() >= HEALTHY:
                failing[made] = minute + 1
                frontier.append((made, minute + 1, 0))
            elif gap < HEALTHY_GAP:
                frontier.append((made, minute + 1, gap + 1))
    return failing


def _near(numbers: Iterable[int], behind: _Near) -> set[int]:
    """Return datasets with all that may explain them, or that they may explain."""
    found = set(numbers)
    for _hop in range(HEALTHY_GAP + 1):
        found |= {far for number in found for far in behind[number]}
    return found


def _signal(number: int, minute: int, reads: _Near) -> Signal:
    verdict = Verdict(
        failure_class=FailureClass.LOGIC,
        rule="exception:KeyError",
        rule_set="2026-11",
        evidence="KeyError: 'id'",
        confidence=0.9,
    )
    job = JobName("bench", f"job-{number}")
    at = 1_000_000 * MINUTE + minute * MINUTE
    return Signal(
        id=f"signal-{number}",
        kind=SignalKind.RUN_FAILED,
        subject=job_id(job),
        title=f"{job.name} failed",
        verdict=verdict,
        onset_at=at,
        job=job_id(job),
        run=run_id(RunName(job, "1")),
        datasets=(_name(number),),
        inputs=tuple(_name(read) for read in reads[number]),
    )


def _name(number: int) -> str:
    return dataset_id(DatasetName("bench", f"dataset-{number}"))


def _names(numbers: Iterable[int]) -> set[str]:
    return {_name(number) for number in numbers}
