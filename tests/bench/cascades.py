"""A thousand failures at once among 100,000 datasets: which of them are taken for where it began.

Several roots fail, and with each the most of what is made from it, some of it over a healthy
dataset in between; failures elsewhere that have to do with nothing are the noise. All are told in
no order. It is known which is which, so what the hub makes of them can be counted.

``cpu_ms`` is that of all decisions, with the texts that they say and the blast radius of each root.
Part of it is ``root_finding_cpu_ms``, from signals to which of them are roots: ``names_cpu_ms`` to
ask the store for their datasets by name, ``ways_cpu_ms`` to follow lineage between all of them in
the graph in memory, ``weighing_cpu_ms`` to weigh for each what may explain it.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
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
ATTEMPTS: Final = 5
MINUTE: Final = 60_000_000

_Near = Mapping[int, Sequence[int]]


class Storm(NamedTuple):
    """What fails, with the minute in which it does; and which of it is where it began."""

    failing: dict[int, int]
    roots: frozenset[int]
    noise: frozenset[int]


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
            index.datasets(connection)
            book = IncidentBook()
            # A hub that runs has read what it calls things: that is no part of a decision.
            list(Neighbourhood(connection, index, Catalog()).upstream([_name(lineage.DATASETS)], 1))
            told = _told(signals)
            # As route does.
            with collector_held():
                begun = time.thread_time()
                near = foresee(Neighbourhood(connection, index, Catalog()), book, told)
                _decide(book, near, told)
                spent = time.thread_time() - begun
                around = Neighbourhood(connection, index, Catalog())
                names, ways, weighing = _find(book, around, told)
        store.close()
    taken = {each.signal.datasets[0] for each in book.signals.values() if each.is_root}
    others = taken - _names({*storm.roots, *storm.noise})
    return {
        "signals": len(signals),
        "roots_found": len(taken & _names(storm.roots)) / len(storm.roots),
        "noise_apart": len(taken & _names(storm.noise)) / len(storm.noise),
        "taken_for_roots": len(others),
        "incidents": len(book.incidents),
        "cpu_ms": spent * 1_000,
        "names_cpu_ms": names * 1_000,
        "root_finding_cpu_ms": (names + ways + weighing) * 1_000,
        "ways_cpu_ms": ways * 1_000,
        "weighing_cpu_ms": weighing * 1_000,
    }


def _told(signals: Iterable[Signal]) -> list[Signal]:
    raised = by_onset(SignalRaised(at=signal.onset_at, signal=signal) for signal in signals)
    return [each.signal for each in raised if isinstance(each, SignalRaised)]


def _decide(book: IncidentBook, near: Lineage, told: Iterable[Signal]) -> None:
    for number, signal in enumerate(told):
        desk = Desk(book, Catalog(), near, signal.onset_at)
        for decision in decide_raised(desk, book.add(signal), f"INC-{number}"):
            apply(book, decision)


def _find(
    decided: IncidentBook, around: Neighbourhood, told: Sequence[Signal]
) -> tuple[float, float, float]:
    """Find the causes of a storm again, with the incidents that it opened; return what it takes.

    To look up names, which is done once, to follow lineage, and to weigh. Of several attempts at
    these two the quickest counts: what else the machine does is no part of it.
    """
    names = dict.fromkeys(name for each in told for name in (*each.datasets, *each.inputs))
    begun = time.thread_time()
    around.number([*names])
    numbered = time.thread_time() - begun
    spent = []
    for _attempt in range(ATTEMPTS):
        begun = time.thread_time()
        book = IncidentBook()
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
        spent.append((followed - begun, time.thread_time() - followed))
    return numbered, *min(spent, key=sum)


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
