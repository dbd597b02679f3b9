"""Who depends on a dataset or a field: its consumers, whose they are, and when they last read.

A consumer is a data product where one is declared, else a domain, else a namespace.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import and_, exists, func, select

from hub.domain.belonging import Belongings, whole_of
from hub.domain.errors import InvalidInput
from hub.domain.lineage.surety import Surety
from hub.domain.names import DatasetName, NodeId, NodeKind, RunName
from hub.graph.closure import Direction, Level, find_closure
from hub.graph.surety import surest_ways
from hub.queries.datasets import find_datasets
from hub.queries.jobs import jobs_by_id
from hub.queries.labels import owners_of
from hub.queries.lineage import edge_facts, ends_of, inferred_facts, surety_of
from hub.queries.selections import by_key, newest
from hub.store.dialect import among
from hub.store.tables import io_set_member, run, run_event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.domain.catalog import Catalog, Domain, Owner
    from hub.graph.closure import Closure, Extent
    from hub.graph.identities import Identities
    from hub.graph.index import LineageIndex
    from hub.queries.facet_contents import Entity
    from hub.queries.lineage import EdgeFacts, Ends
    from hub.queries.moments import Moment


class Reading(NamedTuple):
    """That a run read something, and when it was last heard of (event time).

    Of several at one instant the run's name decides, so the order in which they came does not.
    """

    at: int
    run: RunName
    run_id: int


class Affected(Struct, frozen=True, gc=False):
    """A dataset, a job or a field that depends on what was asked about.

    ``hops`` is how far it is, ``surety`` how sure it is that it depends. ``last_read`` is the last
    run that read for it any of what it is made from: of a job, one of its own; of a dataset or
    field, one of the jobs that make it.
    """

    id: NodeId
    hops: int
    surety: Surety
    owners: tuple[str, ...]
    last_read: Reading | None


class Consumer(Struct, frozen=True):
    """Who is to be told, with all of theirs that is affected, the nearest first."""

    id: NodeId
    domain: Domain | None
    owner: Owner | None
    affected: tuple[Affected, ...]

    @property
    def hops(self) -> int:
        """How far the nearest is."""
        return self.affected[0].hops

    @property
    def owners(self) -> list[str]:
        """Who owns any of it: who is declared first, then whom producers name."""
        declared = [self.owner.name] if self.owner else []
        named = (owner for each in self.affected for owner in each.owners)
        return list(dict.fromkeys([*declared, *named]))

    @property
    def last_read(self) -> Reading | None:
        """The last run that read for any of it."""
        return _latest(each.last_read for each in self.affected)


class Impact(NamedTuple):
    """Who depends on something, the nearest first; the rest as of a closure."""

    consumers: tuple[Consumer, ...]
    is_truncated: bool
    is_limited: bool
    hidden: int


class _Dependants(NamedTuple):
    """What depends on the start: how far and how surely, and the jobs that make it (store's ids).

    ``keys`` are the store's ids of jobs and datasets, the start's among them.
    """

    hops: dict[NodeId, int]
    sureties: dict[NodeId, Surety]
    makers: dict[NodeId, set[int]]
    keys: Mapping[NodeId, Collection[int]]


def find_impact(
    connection: Connection,
    index: LineageIndex,
    catalog: Catalog,
    start: NodeId,
    extent: Extent,
    moment: Moment,
) -> Impact | None:
    """Return who is downstream of ``start``; None where no event has named it.

    Raises:
        InvalidInput: ``start`` has no lineage at that level, or a bound is out of range.

    """
    is_by_field = extent.level is Level.FIELD
    if is_by_field and start.kind is NodeKind.JOB:
        fix = "ask for one of its datasets at level FIELD, or for the job at level DATASET"
        raise InvalidInput(f"{start} is no dataset and no field", fix=fix)
    extent = replace(extent, direction=Direction.DOWNSTREAM)
    closure = find_closure(connection, index, start, extent)
    if closure is None:
        return None
    known = index.identities(connection)
    found = (_fields if is_by_field else _over_jobs)(connection, closure, known)
    datasets = _of_kind(found.keys, NodeKind.DATASET)
    makers = {job for jobs in found.makers.values() for job in jobs}
    keys = {key for each in datasets.values() for key in each}
    readings = last_readings(connection, makers, keys, moment)
    owners = {
        **_owners(connection, datasets, "dataset", moment),
        **_owners(connection, _of_kind(found.keys, NodeKind.JOB), "job", moment),
    }
    affected = [
        Affected(
            id=node,
            hops=hops,
            surety=found.sureties[node],
            owners=owners.get(whole_of(node), ()),
            last_read=_latest(readings.get(job) for job in found.makers.get(node, ())),
        )
        for node, hops in sorted(found.hops.items(), key=lambda item: (item[1], item[0]))
    ]
    belongings = Belongings(catalog, known.shown)
    consumers = _grouped(belongings, affected)
    return Impact(consumers, closure.is_truncated, closure.is_limited, closure.hidden)


def last_readings(
    connection: Connection, jobs: Collection[int], datasets: Collection[int], moment: Moment
) -> dict[int, Reading]:
    """Return each job's last run that had begun by then and reads any of ``datasets``.

    What a run reads is what is known of it now; one that was still going on had read by then.
    """
    member = io_set_member.c

    def reads(runs: FromClause) -> ColumnElement[bool]:
        is_read = (member.set_id == runs.c.input_set_id, among(member.member_id, datasets))
        return and_(exists().where(*is_read), moment.knows_run(runs.c.id))

    statement = newest(
        (run.c.job_id, run.c.anchor_at, run.c.run_id, run.c.id),
        by=(run.c.anchor_at, run.c.run_id),
        parents=jobs,
        at_most=1,
        only=reads,
    )
    bounds = [at for at in (moment.as_of, moment.known_at) if at is not None]
    found = connection.execute(statement).all()
    told = _last_told(connection, [row[3] for row in found], moment)
    names = {key: row.key for key, row in jobs_by_id(connection, [row[0] for row in found]).items()}
    return {
        job: Reading(min([told.get(key, at), *bounds]), RunName(names[job], run_id), key)
        for job, at, run_id, key in found
    }


def _last_told(connection: Connection, runs: Collection[int], moment: Moment) -> dict[int, int]:
    """Return when runs had last been heard of as the hub knew it then, where that is asked for."""
    if moment.position is None:
        return {}
    columns = run_event.c
    statement = (
        select(columns.run_id, func.max(columns.event_time))
        .where(among(columns.run_id, runs), moment.knows(columns.position))
        .group_by(columns.run_id)
    )
    return by_key(connection.execute(statement))


def _over_jobs(connection: Connection, closure: Closure, _: Identities) -> _Dependants:
    makers: defaultdict[NodeId, set[int]] = defaultdict(set)
    for edge in closure.edges:
        # A job reads for itself.
        job = edge.target if edge.target.id.kind is NodeKind.JOB else edge.source
        makers[edge.target.id].update(job.keys)
    hops = {node.id: node.hops for node in closure.nodes if node.hops}
    facts = inferred_facts(connection, closure)
    sureties = surest_ways(closure, partial(surety_of, facts))
    keys = {node.id: node.keys for node in closure.nodes}
    return _Dependants(hops, sureties, makers, keys)


def _fields(connection: Connection, closure: Closure, known: Identities) -> _Dependants:
    """Return fields with the datasets that they are of, and the jobs that make them."""
    facts = edge_facts(connection, closure)
    makers = _makers_of_fields(closure, facts)
    ways = surest_ways(closure, partial(surety_of, facts))
    rows = jobs_by_id(connection, {job for jobs in makers.values() for job in jobs})
    jobs = {key: known.shown(NodeId(NodeKind.JOB, tuple(row.key))) for key, row in rows.items()}
    hops: dict[NodeId, int] = {}
    sureties: dict[NodeId, Surety] = {}
    for node in closure.nodes:
        own = makers[node.id]
        for each in (node.id, whole_of(node.id), *(jobs[key] for key in own)) if node.hops else ():
            hops[each] = min(node.hops, hops.get(each, node.hops))
            sureties[each] = _surer(ways[node.id], sureties.get(each))
            makers[each] |= own
    names = {whole_of(node.id).dataset for node in closure.nodes}
    every = {DatasetName(*name) for each in names for name in known.datasets.names_of(each)}
    keys: defaultdict[NodeId, set[int]] = defaultdict(set)
    for row in find_datasets(connection, every).values():
        keys[known.shown(NodeId(NodeKind.DATASET, tuple(row.key)))].add(row.id)
    ids_of_jobs: defaultdict[NodeId, set[int]] = defaultdict(set)
    for key, name in jobs.items():
        ids_of_jobs[name].add(key)
    return _Dependants(hops, sureties, makers | ids_of_jobs, keys | ids_of_jobs)


def _makers_of_fields(
    closure: Closure, facts: Mapping[Ends, EdgeFacts]
) -> defaultdict[NodeId, set[int]]:
    """Return which jobs make each field; what makes a dataset as a whole makes its fields."""
    found: defaultdict[NodeId, set[int]] = defaultdict(set)
    inside = []
    for edge in closure.edges:
        said = facts.get(ends_of(edge))
        if said is not None:
            found[edge.target.id].update(each.job_id for each in said.dependences)
        elif edge.target.id.kind is NodeKind.FIELD:
            inside.append(edge)
    for edge in inside:
        found[edge.target.id] |= found[edge.source.id]
    return found


def _owners(
    connection: Connection,
    keys: Mapping[NodeId, Collection[int]],
    entity: Entity,
    moment: Moment,
) -> dict[NodeId, tuple[str, ...]]:
    every = {key for each in keys.values() for key in each}
    said = owners_of(connection, every, entity=entity, moment=moment)
    return {
        node: tuple(dict.fromkeys(row.name for key in each for row in said.get(key, ())))
        for node, each in keys.items()
    }


def _grouped(belongings: Belongings, affected: Iterable[Affected]) -> tuple[Consumer, ...]:
    groups: dict[NodeId, list[Affected]] = {}
    for each in affected:
        groups.setdefault(belongings.product_or_wider(each.id), []).append(each)
    consumers = []
    for name, members in groups.items():
        belonging = belongings.of(members[0].id)
        consumers.append(Consumer(name, belonging.domain, belonging.owner, tuple(members)))
    return tuple(sorted(consumers, key=lambda each: (each.hops, each.id)))


def _of_kind(
    keys: Mapping[NodeId, Collection[int]], kind: NodeKind
) -> dict[NodeId, Collection[int]]:
    return {node: key for node, key in keys.items() if node.kind is kind}


def _surer(one: Surety, other: Surety | None) -> Surety:
    return one if other is None else max(one, other, key=lambda each: each.strength)


def _latest(readings: Iterable[Reading | None]) -> Reading | None:
    return max((each for each in readings if each is not None), default=None)
