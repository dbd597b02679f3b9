"""Which datasets jobs and datasets have their data from and pass it to, and how surely."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import bindparam, case, select

from hub.domain.lineage.surety import INFERRED, Surety
from hub.domain.names import DatasetName
from hub.graph.closure import Direction
from hub.queries.datasets import MAX_LISTED, datasets_by_id
from hub.queries.jobs import statements_of
from hub.queries.lineage import confidence_of
from hub.queries.selections import IDS, made_once
from hub.store.dialect import among

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Select

    from hub.graph.identities import Identities
    from hub.queries.moments import Moment

# The surest way in which each dataset or job is known to be next, by the store's ids.
_Next: TypeAlias = dict[int, Surety]


class Flow(NamedTuple):
    """A dataset that data flows from or to, and how that came to be known."""

    dataset: DatasetName
    surety: Surety


def flows_of_jobs(
    connection: Connection, known: Identities, jobs: Collection[int], side: str, moment: Moment
) -> dict[int, list[Flow]]:
    """Return what each job or a statement of it reads (side "in") or writes ("out"), by name."""
    within = _with_statements(connection, known, jobs, moment)
    apart = _of_jobs(connection, known, {*chain.from_iterable(within.values())}, side, moment)
    found: dict[int, _Next] = {key: {} for key in jobs}
    for key, those in within.items():
        for dataset, surety in chain.from_iterable(apart[each].items() for each in those):
            _keep_surest(found[key], dataset, surety)
    return _named(connection, known, found)


def flows_of_datasets(
    connection: Connection,
    known: Identities,
    datasets: Collection[int],
    way: Direction,
    moment: Moment,
) -> dict[int, list[Flow]]:
    """Return what each dataset is made from (UPSTREAM), or what is made from it, by name.

    A way is as sure as the less sure of what a job reads and writes, and of several the surest
    counts.
    """
    near, far = ("out", "in") if way is Direction.UPSTREAM else ("in", "out")
    around: dict[int, _Next] = {key: {} for key in datasets}
    ids = known.datasets.ids(datasets)
    for job, dataset, surety in _edges(connection, "dataset_id", ids, near, moment):
        _keep_surest(around[known.datasets.key(dataset)], known.jobs.key(job), surety)
    jobs = {job for each in around.values() for job in each}
    beyond = _of_jobs(connection, known, jobs, far, moment)
    found: dict[int, _Next] = {key: {} for key in datasets}
    for key, each in around.items():
        for job, surety in each.items():
            for other, further in beyond[job].items():
                if other != key:
                    _keep_surest(found[key], other, min(surety, further, key=_strength))
    return _named(connection, known, found)


def _with_statements(
    connection: Connection, known: Identities, jobs: Collection[int], moment: Moment
) -> dict[int, set[int]]:
    """Return each job with its statements."""
    things = known.jobs
    under = statements_of(connection, things.ids(jobs), moment)
    return {
        key: {key, *(things.key(each) for own in things.ids([key]) for each in under.get(own, ()))}
        for key in jobs
    }


def _of_jobs(
    connection: Connection, known: Identities, jobs: Collection[int], side: str, moment: Moment
) -> dict[int, _Next]:
    found: dict[int, _Next] = {key: {} for key in jobs}
    for job, dataset, surety in _edges(connection, "job_id", known.jobs.ids(jobs), side, moment):
        _keep_surest(found[known.jobs.key(job)], known.datasets.key(dataset), surety)
    return found


def _keep_surest(held: _Next, key: int, surety: Surety) -> None:
    held[key] = max(held.get(key, surety), surety, key=_strength)


def _strength(surety: Surety) -> float:
    return surety.strength


def _named(
    connection: Connection, known: Identities, found: dict[int, _Next]
) -> dict[int, list[Flow]]:
    rows = datasets_by_id(connection, {key for each in found.values() for key in each})
    names = {key: DatasetName(*known.datasets.shown(row.key)) for key, row in rows.items()}
    return {
        key: sorted(Flow(names[other], surety) for other, surety in each.items())[:MAX_LISTED]
        for key, each in found.items()
    }


def _edges(
    connection: Connection, by: str, ids: Collection[int], side: str, moment: Moment
) -> Iterator[tuple[int, int, Surety]]:
    """Yield the jobs and datasets of edges on a side that holds then."""
    rows = connection.execute(_statement(by, moment), {"ids": ids, "side": side})
    return ((job, dataset, Surety(*said)) for job, dataset, *said in rows)


@made_once
def _statement(by: str, moment: Moment) -> Select[Any]:
    edges = moment.edges()
    confidence = case((edges.c.origin == INFERRED, confidence_of(edges)))
    return select(edges.c.job_id, edges.c.dataset_id, edges.c.origin, confidence).where(
        among(edges.c[by], IDS), edges.c.side == bindparam("side"), moment.holds(edges)
    )
