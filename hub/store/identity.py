"""What says that two names are one thing: read back whole, with a number that tells of news.

Written by ``project``: from events with their facets, and from what operators command.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import Raw
from sqlalchemy import and_, delete, func, select

from hub.domain.commands import KeepApart, WithdrawRuling
from hub.domain.identity.things import Link, Pair, Provenance, pair
from hub.domain.names import NodeKind
from hub.domain.openlineage.facets import DBT_NODE, is_of_session, is_own_name, read_dbt_target
from hub.store import dialect, tracking
from hub.store.tables import (
    dataset,
    facet,
    facet_content,
    facet_span,
    identity_ruling,
    is_in_force,
    is_span,
    job,
    job_alias,
    lifecycle,
    namespace,
    ruling_history,
    store_meta,
    symlink,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection

    from hub.domain.commands import OnNames
    from hub.domain.entries import Entry
    from hub.domain.identity.things import Name

# What a rebuild makes again out of commands.
IDENTITY_TABLES: Final = (identity_ruling, ruling_history)
RENAME: Final = "RENAME"
CREATE: Final = "CREATE"
_PROJECT: Final = "project"
_REVISION: Final = "revision of identity"


class Ruling(NamedTuple):
    """What an operator says of two names: that they are one, or that they are ``apart``."""

    kind: NodeKind
    alias: Name
    name: Name
    is_apart: bool
    reason: str
    actor: str
    said_at: int
    position: int

    def as_link(self) -> Link:
        """Return the link of two names that are one."""
        return Link(
            self.alias,
            self.name,
            Provenance.OPERATOR,
            self.reason,
            self.said_at,
            self.actor,
            self.position,
        )


class Renamed(NamedTuple):
    """That a dataset was renamed, and when its old name was first given to something else then."""

    name: Name
    before: Name
    said_at: int
    renewed_at: int | None


class Said(NamedTuple):
    """All that is said of the names of datasets, or of those of jobs."""

    links: list[Link]
    apart: frozenset[Pair]


class Mark(NamedTuple):
    """How much of the store is known. ``generation`` counts rebuilds, which hand out new ids."""

    generation: int
    revision: int
    last_dataset: int
    last_job: int

    def covers(self, other: Mark) -> bool:
        """Whether nothing of ``other`` lacks."""
        is_same = self.generation == other.generation
        return is_same and all(own >= its for own, its in zip(self, other, strict=True))


_MARK: Final = select(
    *(
        select(store_meta.c.value).where(store_meta.c.name == name).scalar_subquery()
        for name in (tracking.resets_of(_PROJECT), _REVISION)
    ),
    *(select(func.max(table.c.id)).scalar_subquery() for table in (dataset, job)),
)


def mark(connection: Connection) -> Mark:
    """Return how much there is to know."""
    found = connection.execute(_MARK).one()
    return Mark(*(int(each or 0) for each in found))


def revision(connection: Connection) -> int:
    """Return a number that grows whenever anything here may have changed."""
    where = store_meta.c.name == _REVISION
    return int(connection.scalar(select(store_meta.c.value).where(where)) or 0)


def touch(connection: Connection) -> None:
    """Say that something here may have changed."""
    value = str(revision(connection) + 1).encode()
    statement = dialect.insert(connection, store_meta).values(name=_REVISION, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def write_ruling(connection: Connection, command: OnNames, entry: Entry) -> None:
    """Write what an operator says of two names, in place of what was said of them before."""
    digest = _digest(command.kind, pair(command.first, command.second))
    _remember(connection, command, entry)
    connection.execute(delete(identity_ruling).where(identity_ruling.c.digest == digest))
    if not isinstance(command, WithdrawRuling):
        row = {
            "digest": digest,
            "kind": command.kind.value,
            "alias_namespace": command.first[0],
            "alias_name": command.first[1],
            "namespace": command.second[0],
            "name": command.second[1],
            "apart": isinstance(command, KeepApart),
            "reason": command.reason,
            "actor": command.actor,
            "said_at": entry.recorded_at,
            "position": entry.position,
        }
        connection.execute(identity_ruling.insert(), row)
    touch(connection)


def _remember(connection: Connection, command: OnNames, entry: Entry) -> None:
    """Write what an operator says otherwise than before, for what is told of names over time."""
    before = find_ruling(connection, command.kind, command.first, command.second)
    is_withdrawn = isinstance(command, WithdrawRuling)
    is_apart = isinstance(command, KeepApart)
    if is_withdrawn:
        if before is None:
            return
        is_apart = before.is_apart
    elif before is not None and before.is_apart == is_apart:
        return
    row = {
        "position": entry.position,
        "kind": command.kind.value,
        "alias_namespace": command.first[0],
        "alias_name": command.first[1],
        "namespace": command.second[0],
        "name": command.second[1],
        "apart": is_apart,
        "withdrawn": is_withdrawn,
        "actor": command.actor,
        "said_at": entry.recorded_at,
    }
    connection.execute(ruling_history.insert(), row)


def find_ruling(connection: Connection, kind: NodeKind, one: Name, other: Name) -> Ruling | None:
    """Return what an operator has last said of two names, unless it was withdrawn."""
    where = identity_ruling.c.digest == _digest(kind, pair(one, other))
    return next(_rulings(connection, where), None)


def read_rulings(connection: Connection) -> list[Ruling]:
    """Return all that operators say, in the order in which they said it."""
    return [*_rulings(connection)]


def read_said(connection: Connection) -> dict[NodeKind, Said]:
    """Return all that events and operators say of names, of datasets and of jobs."""
    words = read_rulings(connection)
    from_events = {
        NodeKind.DATASET: [*_symlinks(connection), *_renames(connection)],
        NodeKind.JOB: [*_job_aliases(connection)],
    }
    return {
        kind: Said(
            [*links, *(w.as_link() for w in words if w.kind is kind and not w.is_apart)],
            frozenset(pair(w.alias, w.name) for w in words if w.kind is kind and w.is_apart),
        )
        for kind, links in from_events.items()
    }


def _rulings(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Ruling]:
    columns = [each for each in identity_ruling.columns if each.name != "digest"]
    statement = select(*columns).where(*where).order_by(identity_ruling.c.position)
    for kind, alias_space, alias, space, name, *rest in connection.execute(statement):
        yield Ruling(NodeKind(kind), (alias_space, alias), (space, name), *rest)


def _symlinks(connection: Connection) -> Iterator[Link]:
    is_it = and_(facet.c.owner_id == symlink.c.dataset_id, _is("dataset", "symlinks"))
    statement = (
        select(
            namespace.c.name,
            dataset.c.name,
            symlink.c.namespace,
            symlink.c.name,
            symlink.c.type,
            facet_span.c.first_seen,
        )
        .select_from(symlink)
        .join(dataset, dataset.c.id == symlink.c.dataset_id)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .outerjoin(facet, is_it)
        .outerjoin(facet_content, is_in_force(facet_content))
        .outerjoin(facet_span, is_span)
    )
    for space, name, other_space, other, kind, since in connection.execute(statement):
        if is_of_session(other):
            continue
        reason = f"a symlink of type {kind}" if kind else "a symlink"
        yield Link((other_space, other), (space, name), Provenance.SYMLINK, reason, since)


def _renames(connection: Connection) -> Iterator[Link]:
    """Yield the renames after which the old name was not given to something else."""
    for each in read_renames(connection):
        if each.renewed_at is None:
            yield Link(each.before, each.name, Provenance.RENAME, "renamed", each.said_at)


def read_renames(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Renamed]:
    """Yield which datasets were renamed, whatever became of their old names."""
    later, before, its_namespace = lifecycle.alias(), dataset.alias(), namespace.alias()
    renewed_at = (
        select(func.min(later.c.said_at))
        .join(before, before.c.id == later.c.dataset_id)
        .join(its_namespace, its_namespace.c.id == before.c.namespace_id)
        .where(
            its_namespace.c.name == lifecycle.c.namespace,
            before.c.name == lifecycle.c.name,
            later.c.change.in_((CREATE, RENAME)),
            later.c.said_at > lifecycle.c.said_at,
        )
        .correlate(lifecycle)
        .scalar_subquery()
    )
    statement = (
        select(
            namespace.c.name,
            dataset.c.name,
            lifecycle.c.namespace,
            lifecycle.c.name,
            lifecycle.c.said_at,
            renewed_at,
        )
        .select_from(lifecycle)
        .join(dataset, dataset.c.id == lifecycle.c.dataset_id)
        .join(namespace, namespace.c.id == dataset.c.namespace_id)
        .where(lifecycle.c.change == RENAME, *where)
    )
    for space, name, old_space, old, *times in connection.execute(statement):
        yield Renamed((space, name), (old_space, old), *times)


class _Called(NamedTuple):
    """What a job's producer calls it in all modes, since when, and where what it makes is built."""

    job: Name
    stable: Name
    since: int | None
    target: tuple[str, str] | None


def _job_aliases(connection: Connection) -> Iterator[Link]:
    """Yield what producers call jobs; a job that tests something is not what it tests.

    A node that is built in several places, in production and for a test of a change, is as many
    jobs: one of them is what runs under the stable name, if that says where it builds.
    """
    by_stable: defaultdict[Name, list[_Called]] = defaultdict(list)
    for each in _called(connection):
        by_stable[each.stable].append(each)
    for stable, jobs in by_stable.items():
        told = [each for each in jobs if each.target is not None]
        if all(each.target == told[0].target for each in told):
            yield from (_as_link(each, stable) for each in jobs)
            continue
        names = {each.target: each.job for each in sorted(told, key=_job, reverse=True)}
        names |= {each.target: stable for each in told if each.job == stable}
        yield from (_as_link(each, names[each.target]) for each in told)


def _job(called: _Called) -> Name:
    return called.job


def _as_link(called: _Called, name: Name) -> Link:
    reason = "what its producer calls it in every mode"
    return Link(called.job, name, Provenance.PRODUCER, reason, called.since)


def _called(connection: Connection) -> Iterator[_Called]:
    is_it = and_(facet.c.owner_id == job_alias.c.job_id, _is("job", DBT_NODE))
    said = facet_span.c.first_seen, facet_content.c.body
    statement = (
        select(namespace.c.name, job.c.name, job_alias.c.name, job.c.job_type, *said)
        .select_from(job_alias)
        .join(job, job.c.id == job_alias.c.job_id)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .outerjoin(facet, is_it)
        .outerjoin(facet_content, is_in_force(facet_content))
        .outerjoin(facet_span, is_span)
    )
    for space, name, alias, job_type, since, body in connection.execute(statement):
        if is_own_name(alias, job_type):
            target = None if body is None else read_dbt_target(Raw(body))
            yield _Called((space, name), (space, alias), since, target)


def _is(kind: str, name: str) -> ColumnElement[bool]:
    return and_(facet.c.owner_kind == kind, facet.c.name == name)


def _digest(kind: NodeKind, names: Pair) -> bytes:
    return blake2b(msgspec.json.encode((kind.value, names)), digest_size=16).digest()
