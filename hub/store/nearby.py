"""What lies around jobs and datasets, as far as it can tell of what becomes of them.

That is all that is made from them, however far, what they are made from within some hops, and what
is called like any of it. It is looked for in the tables, level by level: whoever asks once does not
need the whole of lineage in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from hub.domain.names import DatasetName, NodeKind, parse_node_id
from hub.store import tables
from hub.store.dialect import among
from hub.store.natural_keys import find_datasets, find_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from sqlalchemy import Connection

# As far as a cause is looked for behind what a run reads, and one more.
_HOPS_UP: Final = 4


class Things(NamedTuple):
    """Jobs and datasets, by the store's ids."""

    jobs: AbstractSet[int]
    datasets: AbstractSet[int]

    def plus(self, more: Things) -> Things:
        """Return these and others."""
        return Things(self.jobs | more.jobs, self.datasets | more.datasets)


class Ties(NamedTuple):
    """What ties things together that no edge tells of.

    ``alike`` returns ids with those of all that the jobs, or the datasets, are called besides.
    ``makes`` has what is declared to be made from datasets, ``made_from`` the other way round; what
    no event has named has an id below zero there.
    """

    alike: Callable[[NodeKind, AbstractSet[int]], AbstractSet[int]]
    makes: Mapping[int, Collection[int]]
    made_from: Mapping[int, Collection[int]]


def things_named(connection: Connection, nodes: Iterable[str]) -> Things:
    """Return the jobs and datasets of node ids, as far as there are any."""
    parsed = [parse_node_id(each) for each in nodes]
    jobs = {each.job for each in parsed if each.kind is NodeKind.JOB}
    datasets = {each.dataset for each in parsed if each.kind is NodeKind.DATASET}
    return Things(
        frozenset(find_jobs(connection, jobs).values()),
        frozenset(find_datasets(connection, datasets).values()),
    )


def with_touched(connection: Connection, some: Things, ties: Ties) -> Things:
    """Return things with the datasets that the jobs read and write."""
    columns = tables.edge.c
    touched = connection.scalars(select(columns.dataset_id).where(among(columns.job_id, some.jobs)))
    datasets = ties.alike(NodeKind.DATASET, {*some.datasets, *touched})
    return Things(ties.alike(NodeKind.JOB, some.jobs), datasets)


def things_nearby(connection: Connection, some: Things, ties: Ties) -> Things:
    """Return things with all that lies around them."""
    some = some.plus(_relatives(connection, some.jobs))
    beginning = with_touched(connection, some, ties)
    found = beginning.plus(_follow(connection, beginning.datasets, ties, hops=_HOPS_UP))
    found = found.plus(_follow(connection, beginning.datasets, ties))
    jobs = found.jobs | _called_alike(connection, found.jobs)
    # Of each job all that it touches has a name.
    found = with_touched(connection, Things(jobs, found.datasets), ties)
    return Things(found.jobs, found.datasets | _renamed(connection, found.datasets))


def _follow(
    connection: Connection,
    datasets: AbstractSet[int],
    ties: Ties,
    *,
    hops: int | None = None,
) -> Things:
    """Return what is made from datasets, or up to so many hops away what they are made from."""
    columns, is_down = tables.edge.c, hops is None
    near, far = ("in", "out") if is_down else ("out", "in")
    declared = ties.makes if is_down else ties.made_from
    jobs: set[int] = set()
    seen: set[int] = {*datasets}
    frontier: AbstractSet[int] = datasets
    while frontier and hops != 0:
        over = select(columns.job_id).where(among(columns.dataset_id, frontier))
        found = {*connection.scalars(over.where(columns.side == near))}
        fresh = ties.alike(NodeKind.JOB, found - jobs) - jobs
        behind = select(columns.dataset_id).where(among(columns.job_id, fresh))
        found = {*connection.scalars(behind.where(columns.side == far))} if fresh else set()
        found.update(*(declared.get(each, ()) for each in frontier))
        frontier = ties.alike(NodeKind.DATASET, found - seen) - seen
        jobs |= fresh
        seen |= frontier
        hops = None if hops is None else hops - 1
    return Things(jobs, seen)


def _relatives(connection: Connection, jobs: AbstractSet[int]) -> Things:
    """Return the jobs that start some, and those that they or the same ones start.

    Whoever infers what a job reads looks at what these read.
    """
    columns = tables.job_parent.c
    above = {*connection.scalars(select(columns.parent_id).where(among(columns.job_id, jobs)))}
    below = select(columns.job_id).where(among(columns.parent_id, {*jobs, *above}))
    return Things({*above, *connection.scalars(below)}, frozenset())


def _called_alike(connection: Connection, jobs: AbstractSet[int]) -> set[int]:
    """Return the jobs that a producer calls by a name that it has for one of some."""
    columns = tables.job_alias.c
    names = {*connection.scalars(select(columns.name).where(among(columns.job_id, jobs)))}
    if not names:
        return set()
    is_it = columns.name.in_(bindparam("names", expanding=True))
    return {*connection.scalars(select(columns.job_id).where(is_it), {"names": [*names]})}


def _renamed(connection: Connection, datasets: AbstractSet[int]) -> set[int]:
    """Return what has now the names that some datasets had before, by all that was said of them."""
    columns = tables.lifecycle.c
    told = select(columns.namespace, columns.name).where(among(columns.dataset_id, datasets))
    names = [DatasetName(*row) for row in connection.execute(told)]
    return {*find_datasets(connection, names).values()}
