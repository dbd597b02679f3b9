"""Producers: what sends events, and what each of them omits or breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from hub.domain.openlineage.conformance import FAULTS, KEPT_FAULTS, NEVER_ENDED, producer_name
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.queries.runs import IS_LOST, OF_DECISIONS
from hub.queries.selections import by_key, newest
from hub.store.projection.tallies import ENDED, RUNS
from hub.store.tables import producer, producer_tally, run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from hub.domain.openlineage.conformance import Fault, ProducerName
    from hub.queries.pages import Key

# How many of a producer's runs, the latest first, are looked through for examples.
_LOOKED_AT: Final = 1_000
EXAMPLES: Final = 3

_BITS: Final = {fault.code: 1 << place for place, fault in enumerate(KEPT_FAULTS)}


class ProducerRow(NamedTuple):
    """A producer that has told of runs. ``id`` is the store's; ``runs`` how many it told of."""

    id: int
    uri: str
    runs: int

    @property
    def known_as(self) -> ProducerName:
        """The program and version that its URI names."""
        return producer_name(self.uri)

    @property
    def sort_key(self) -> Key:
        """Producers are listed by URI."""
        return (self.uri,)


class Tally(NamedTuple):
    """In how many of a producer's ``runs`` a fault is, and in how many of them it could be."""

    fault: Fault
    runs: int
    of: int

    @property
    def share(self) -> float:
        """The part of those that it is in, from 0 to 1."""
        return self.runs / self.of if self.of else 0.0


_ALL_RUNS: Final = producer_tally.alias("all_runs")
_PRODUCERS: Final = (
    select(producer.c.id, producer.c.name, _ALL_RUNS.c.runs)
    .join(_ALL_RUNS, (_ALL_RUNS.c.producer_id == producer.c.id) & (_ALL_RUNS.c.kind == RUNS))
    .where(_ALL_RUNS.c.runs > 0)
)


def list_producers(connection: Connection, request: PageRequest) -> Page[ProducerRow]:
    """Return a page of producers, by URI."""
    statement = _PRODUCERS.order_by(producer.c.name)
    if request.after is not None:
        statement = statement.where(follows((producer.c.name,), request.after))
    return fetch(connection, statement, request, ProducerRow._make)


def count_producers(connection: Connection) -> int:
    """Return how many producers have told of runs."""
    statement = select(func.count()).select_from(_PRODUCERS.subquery())
    return connection.execute(statement).scalar_one()


def find_producers(connection: Connection, uris: Collection[str]) -> list[ProducerRow]:
    """Return the producers that have one of the URIs."""
    found = connection.execute(_PRODUCERS.where(producer.c.name.in_(uris)))
    return [ProducerRow._make(row) for row in found]


def faults_of(connection: Connection, producers: Collection[int]) -> dict[int, list[Tally]]:
    """Return what each producer omits and breaks: what it has got wrong first, the most first."""
    statement = select(producer_tally).where(producer_tally.c.producer_id.in_(producers))
    counts: dict[int, dict[str, int]] = {key: {} for key in producers}
    for key, kind, runs in connection.execute(statement):
        counts[key][kind] = runs
    for key, lost in _lost(connection, producers).items():
        counts[key][NEVER_ENDED.code] = lost
    return {key: sorted(_tallies(found), key=_worst_first) for key, found in counts.items()}


def examples_of(
    connection: Connection, producers: Collection[int]
) -> dict[int, dict[str, list[int]]]:
    """Return by producer and fault some runs that have it, of those told of lately."""
    found: dict[int, dict[str, list[int]]] = {key: {} for key in producers}
    is_lost = select(run.c.producer_id, run.c.id).select_from(OF_DECISIONS).where(IS_LOST)
    lost = is_lost.where(run.c.producer_id.in_(producers)).order_by(run.c.id.desc())
    for key, example in connection.execute(lost.limit(_LOOKED_AT)):
        _add(found[key], NEVER_ENDED.code, example)
    faulty = newest(
        (run.c.producer_id, run.c.id, run.c.faults),
        by=(run.c.id,),
        parents=producers,
        at_most=_LOOKED_AT,
        only=lambda runs: runs.c.faults != 0,
    )
    for key, example, faults in connection.execute(faulty):
        for code, bit in _BITS.items():
            if faults & bit:
                _add(found[key], code, example)
    return found


def _add(examples: dict[str, list[int]], code: str, example: int) -> None:
    chosen = examples.setdefault(code, [])
    if len(chosen) < EXAMPLES:
        chosen.append(example)


def _lost(connection: Connection, producers: Collection[int]) -> dict[int, int]:
    statement = (
        select(run.c.producer_id, func.count())
        .select_from(OF_DECISIONS)
        .where(IS_LOST, run.c.producer_id.in_(producers))
        .group_by(run.c.producer_id)
    )
    return by_key(connection.execute(statement))


def _tallies(counts: dict[str, int]) -> Iterator[Tally]:
    for fault in FAULTS:
        count = counts.get(fault.code, 0)
        if count:
            yield Tally(fault, count, counts.get(ENDED if fault.is_omission else RUNS, 0))


def _worst_first(tally: Tally) -> tuple[bool, int, str]:
    return tally.fault.is_omission, -tally.runs, tally.fault.code
