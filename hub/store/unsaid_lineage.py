"""What the stage ``infer`` asks of the projection: jobs whose SQL is known and lineage is not.

It asks what events have said by now, and nothing of what was inferred: so what follows from it is
the same whatever the order in which they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw
from sqlalchemy import BindParameter, bindparam, func, select, union

from hub.domain.lineage.inference import Text
from hub.domain.lineage.surety import INFERRED
from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.descriptions import read_sql
from hub.store.dialect import among
from hub.store.natural_keys import dataset_names, job_names
from hub.store.tables import (
    column_edge,
    column_node,
    dataset,
    edge,
    facet_version,
    field,
    inference,
    job_parent,
    namespace,
    symlink,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

# How many texts of a job are read, the newest ones.
_MAX_TEXTS: Final = 20
_IN: Final = "in"

# What an inference says: from when on, its digest, and how sure it is.
Stored = frozenset[tuple[int, bytes, float]]


class Unsaid(NamedTuple):
    """A job with SQL, and what its producer says, so that the rest can be read from the SQL.

    ``id`` is the store's. ``since`` is when any SQL of the job was first said, ``stored`` what is
    inferred so far.
    ``made`` are the outputs of which its producer says which fields they are made from. ``nearby``
    are datasets of the jobs whose runs start its runs, and of the others that those start.
    ``called`` is what symlinks say that all of these are called besides.
    """

    id: int
    job: JobName
    texts: tuple[Text, ...]
    since: int
    stored: Stored
    called: Mapping[DatasetName, Sequence[DatasetName]]
    inputs: frozenset[DatasetName]
    outputs: frozenset[DatasetName]
    made: frozenset[DatasetName]
    nearby: frozenset[DatasetName]

    @property
    def is_all_said(self) -> bool:
        """Whether there is nothing left to be inferred."""
        return bool(self.inputs and self.outputs) and self.made >= self.outputs


def unsaid_of(connection: Connection, ids: Collection[int]) -> list[Unsaid]:
    """Return what is known of jobs, by the store's ids; those without SQL are left out."""
    jobs = {"jobs": list(ids)}
    texts: dict[int, list[Text]] = {}
    since: dict[int, int] = {}
    for job_id, first, body, digest, *seen in connection.execute(_TEXTS, jobs):
        said = read_sql(Raw(body)) if body else None
        text = Text(bytes(digest), *seen, *(said or (None, None)))
        texts.setdefault(job_id, []).append(text)
        since[job_id] = first
    if not texts:
        return []
    said_edges = connection.execute(_EDGES, jobs).all()
    made = connection.execute(_MADE, jobs).all()
    parents = connection.execute(_PARENTS, jobs).all()
    above = {"parents": list({row.parent_id for row in parents})}
    nearby = _grouped(connection.execute(_NEARBY, above)) if parents else {}
    around: dict[int, set[int]] = {}
    for job_id, parent_id in parents:
        around.setdefault(job_id, set()).update(nearby.get(parent_id, ()))
    inputs = _grouped((row.job_id, row.dataset_id) for row in said_edges if row.side == _IN)
    outputs = _grouped((row.job_id, row.dataset_id) for row in said_edges if row.side != _IN)
    made_of = _grouped(made)
    sides = (inputs, outputs, made_of, around)
    near: set[int] = set().union(*(keys for side in sides for keys in side.values()))
    names = dataset_names(connection, near)
    links: dict[DatasetName, list[DatasetName]] = {}
    for key, *link in connection.execute(_LINKS.where(among(symlink.c.dataset_id, near))):
        links.setdefault(names[key], []).append(DatasetName(*link))
    called = job_names(connection, texts)
    stored: dict[int, set[tuple[int, bytes, float]]] = {}
    for job_id, at, digest, confidence in connection.execute(_STORED, jobs):
        stored.setdefault(job_id, set()).add((at, bytes(digest), confidence))
    found = []
    for job_id, own in sorted(texts.items()):
        named = [frozenset(names[key] for key in side.get(job_id, ())) for side in sides]
        infers = frozenset(stored.get(job_id, ()))
        found.append(
            Unsaid(job_id, called[job_id], tuple(own), since[job_id], infers, links, *named)
        )
    return found


def fields_of(
    connection: Connection, names: Collection[DatasetName]
) -> dict[DatasetName, list[str]]:
    """Return the names of the fields of datasets, as far as their schema is known."""
    found: dict[DatasetName, list[str]] = {}
    by_space: dict[str, list[str]] = {}
    for name in names:
        by_space.setdefault(name.namespace, []).append(name.name)
    for space, within in by_space.items():
        for name, each in connection.execute(_FIELDS, {"space": space, "names": within}):
            found.setdefault(DatasetName(space, name), []).append(each)
    return found


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found


# Made once, as these are asked all the time.
_JOBS: Final[BindParameter[Any]] = bindparam("jobs", expanding=True)
_ABOVE: Final[BindParameter[Any]] = bindparam("parents", expanding=True)
_ranked = (
    select(
        facet_version,
        func.min(facet_version.c.first_seen)
        .over(partition_by=facet_version.c.owner_id)
        .label("since"),
        func.row_number()
        .over(
            partition_by=facet_version.c.owner_id,
            order_by=(
                facet_version.c.last_seen.desc(),
                facet_version.c.rank.desc(),
                facet_version.c.digest.desc(),
            ),
        )
        .label("number"),
    )
    .where(
        facet_version.c.owner_kind == "job",
        facet_version.c.name == "sql",
        facet_version.c.owner_id.in_(_JOBS),
    )
    .subquery()
    .c
)
_TEXTS: Final = select(
    _ranked.owner_id,
    _ranked.since,
    _ranked.body,
    _ranked.digest,
    _ranked.first_seen,
    _ranked.last_seen,
    _ranked.rank,
).where(_ranked.number <= _MAX_TEXTS)
_EDGES: Final = (
    select(edge.c.job_id, edge.c.side, edge.c.dataset_id)
    .where(edge.c.job_id.in_(_JOBS), edge.c.origin != INFERRED)
    .distinct()
)
_MADE: Final = (
    select(column_edge.c.job_id, column_node.c.dataset_id)
    .join(column_node, column_node.c.id == column_edge.c.target_id)
    .where(column_edge.c.job_id.in_(_JOBS), column_edge.c.origin != INFERRED)
    .distinct()
)
_PARENTS: Final = (
    select(job_parent.c.job_id, job_parent.c.parent_id)
    .where(job_parent.c.job_id.in_(_JOBS))
    .distinct()
)
_NEARBY: Final = union(
    select(edge.c.job_id, edge.c.dataset_id).where(
        edge.c.job_id.in_(_ABOVE), edge.c.origin != INFERRED
    ),
    select(job_parent.c.parent_id, edge.c.dataset_id)
    .join(edge, edge.c.job_id == job_parent.c.job_id)
    .where(job_parent.c.parent_id.in_(_ABOVE), edge.c.origin != INFERRED),
)
_LINKS: Final = select(symlink.c.dataset_id, symlink.c.namespace, symlink.c.name)
_STORED: Final = select(
    inference.c.job_id, inference.c.event_time, inference.c.digest, inference.c.confidence
).where(inference.c.job_id.in_(_JOBS))
_FIELDS: Final = (
    select(dataset.c.name, field.c.name)
    .join(dataset, dataset.c.id == field.c.dataset_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(
        namespace.c.name == bindparam("space"),
        dataset.c.name.in_(bindparam("names", expanding=True)),
    )
    .order_by(field.c.dataset_id, field.c.ordinal)
)
