"""Which names came to mean one thing, and which ceased to: by operators, and by what events say.

What producers say counts from when it was first said (event time), what operators say from when
the hub was told. A ruling that two names are apart goes before what producers say of them later.
What rules of the configuration make of names leaves no trace.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from msgspec import Raw
from sqlalchemy import and_, case, exists, null, or_, select

from hub.domain.identity.things import Name, Provenance, pair
from hub.domain.names import NodeKind
from hub.domain.openlineage.facets import (
    DBT_NODE,
    is_of_session,
    is_own_name,
    read_stable_name,
    read_symlinks,
)
from hub.queries.datasets import datasets_by_id
from hub.queries.happenings import Happening, HappeningKind, NameChange, before
from hub.queries.jobs import jobs_by_id
from hub.store.dialect import among, table_of_names
from hub.store.identity import read_renames
from hub.store.tables import (
    dataset,
    facet_version,
    job,
    lifecycle,
    namespace,
    ruling_history,
    symlink_told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Row, Select

    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.pages import PageRequest
    from hub.queries.selections import Grouped

# An alias, and what it is one of.
_Link: TypeAlias = tuple[Name, Name]


class _Word(NamedTuple):
    """What somebody said of two names at an instant: that they are one, or no longer are."""

    alias: Name
    name: Name
    at: int
    is_joined: bool
    how: str
    provenance: Provenance
    actor: str | None = None


class _Ruling(NamedTuple):
    word: _Word
    position: int
    is_apart: bool


_JOINED: Final = "also known as"
_PARTED: Final = "no longer known as"


def name_changes(
    connection: Connection,
    kind: NodeKind,
    things: Things,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
) -> Grouped[Happening]:
    """Return when other names came to mean each dataset or job, and when they ceased to."""
    owners = _names_of(connection, kind, things, ids)
    rulings = _rulings(connection, kind, owners, moment)
    every = things.ids(ids)
    words = [
        *(each.word for each in rulings if _is_told(each, owners)),
        *_words_of_facets(connection, kind, every, owners, rulings, moment),
    ]
    if kind is NodeKind.DATASET:
        words += _words_of_renames(connection, every, owners, moment)
    found: Grouped[Happening] = {key: [] for key in ids}
    for word in words:
        for own, other in ((word.name, word.alias), (word.alias, word.name)):
            key = owners.get(own)
            # Where both are its names, the alias is the other one.
            if key is not None and (own == word.name or owners.get(other) != key):
                found[key].append(_happening(word, own, other))
    return {key: before(happenings, request) for key, happenings in found.items()}


def _names_of(
    connection: Connection, kind: NodeKind, things: Things, ids: Sequence[int]
) -> dict[Name, int]:
    """Return which thing has a name, for all of their names."""
    load = jobs_by_id if kind is NodeKind.JOB else datasets_by_id
    return {
        (name[0], name[1]): key
        for key, row in load(connection, ids).items()
        for name in things.names_of((row.key.namespace, row.key.name))
    }


def _happening(word: _Word, own: Name, other: Name) -> Happening:
    kind = HappeningKind.NAME_JOINED if word.is_joined else HappeningKind.NAME_PARTED
    ties = (*other, f"{word.provenance.value} {' '.join(own)}")
    change = NameChange(word.how, " ".join(other), word.provenance.value, word.actor)
    return Happening(word.at, kind, ties, change)


def _is_told(ruling: _Ruling, owners: dict[Name, int]) -> bool:
    """Whether a ruling changed anything: to keep apart no more joins only what is one since."""
    word = ruling.word
    is_freed = ruling.is_apart and word.is_joined
    return not is_freed or owners.get(word.alias) == owners.get(word.name)


def _rulings(
    connection: Connection, kind: NodeKind, names: Collection[Name], moment: Moment
) -> list[_Ruling]:
    """Return what operators had said of names, in the order in which they said it."""
    said, wanted = ruling_history.c, table_of_names(names)
    is_alias = and_(wanted.c.namespace == said.alias_namespace, wanted.c.name == said.alias_name)
    is_name = and_(wanted.c.namespace == said.namespace, wanted.c.name == said.name)
    statement = (
        select(ruling_history)
        .join(wanted, or_(is_alias, is_name))
        .where(said.kind == kind.value, moment.knows(said.position), moment.within(said.said_at))
        .order_by(said.position)
        .distinct()
    )
    return [*map(_ruling, connection.execute(statement))]


def _ruling(row: Row[Any]) -> _Ruling:
    hows = {
        (False, False): _JOINED,
        (False, True): _PARTED,
        (True, False): "kept apart from",
        (True, True): "no longer kept apart from",
    }
    word = _Word(
        (row.alias_namespace, row.alias_name),
        (row.namespace, row.name),
        row.said_at,
        row.apart == row.withdrawn,
        hows[row.apart, row.withdrawn],
        Provenance.OPERATOR,
        row.actor,
    )
    return _Ruling(word, row.position, row.apart)


def _words_of_facets(
    connection: Connection,
    kind: NodeKind,
    ids: Collection[int],
    names: Collection[Name],
    rulings: Collection[_Ruling],
    moment: Moment,
) -> Iterator[_Word]:
    """Yield which names a facet tells that its content before did not, and which no more."""
    links, provenance = _READERS[kind]
    rows = connection.execute(_contents(kind, ids, names, moment))
    for _, contents in groupby(rows, lambda row: row.owner_id):
        was: list[_Link] = []
        for row in contents:
            told = [] if row.body is None else [*links(row)]
            for is_joined, news in ((True, _besides(told, was)), (False, _besides(was, told))):
                how = _JOINED if is_joined else _PARTED
                for link in news:
                    if not _was_apart(rulings, link, row.first_position):
                        yield _Word(*link, row.first_seen, is_joined, how, provenance)
            was = told


def _besides(links: Iterable[_Link], others: Collection[_Link]) -> list[_Link]:
    return [link for link in links if link not in others and link[0] != link[1]]


def _was_apart(rulings: Iterable[_Ruling], link: _Link, position: int) -> bool:
    """Whether an operator kept two names apart when the hub was told that they are one."""
    said = [
        ruling
        for ruling in rulings
        if pair(ruling.word.alias, ruling.word.name) == pair(*link) and ruling.position < position
    ]
    return bool(said) and said[-1].is_apart and not said[-1].word.is_joined


def _contents(
    kind: NodeKind, ids: Collection[int], names: Collection[Name], moment: Moment
) -> Select[Any]:
    """Select the contents of a facet that tells names, in the order in which they came."""
    version = facet_version.c
    is_job = kind is NodeKind.JOB
    thing, facet = (job, DBT_NODE) if is_job else (dataset, "symlinks")
    is_asked = among(version.owner_id, ids)
    if not is_job:
        wanted = table_of_names(names)
        is_it = and_(
            wanted.c.namespace == symlink_told.c.namespace, wanted.c.name == symlink_told.c.name
        )
        told = select(symlink_told.c.dataset_id).join(wanted, is_it)
        is_asked = or_(is_asked, version.owner_id.in_(told))
    return (
        select(
            version.owner_id,
            namespace.c.name.label("namespace"),
            thing.c.name.label("thing"),
            job.c.job_type if is_job else null().label("job_type"),
            version.first_seen,
            version.first_position,
            case((version.deleted, None), else_=version.body).label("body"),
        )
        .join(thing, thing.c.id == version.owner_id)
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .where(
            version.owner_kind == kind.value,
            version.name == facet,
            is_asked,
            moment.sees(facet_version),
        )
        .order_by(version.owner_id, version.first_seen, version.digest)
    )


def _symlinks(row: Row[Any]) -> Iterator[_Link]:
    for each in read_symlinks(Raw(row.body)):
        if is_of_session(each.dataset.name):
            continue
        yield (each.dataset.namespace, each.dataset.name), (row.namespace, row.thing)


def _stable_name(row: Row[Any]) -> Iterator[_Link]:
    name = read_stable_name(Raw(row.body))
    if name is not None and is_own_name(name, row.job_type):
        yield (row.namespace, row.thing), (row.namespace, name)


_READERS: Final[dict[NodeKind, tuple[Callable[[Row[Any]], Iterator[_Link]], Provenance]]] = {
    NodeKind.DATASET: (_symlinks, Provenance.SYMLINK),
    NodeKind.JOB: (_stable_name, Provenance.PRODUCER),
}


def _words_of_renames(
    connection: Connection, ids: Collection[int], names: Collection[Name], moment: Moment
) -> Iterator[_Word]:
    """Yield when datasets were renamed, and when the old name was then given to something else.

    How the hub came to know of it is not kept: it knew it from then on.
    """
    wanted = table_of_names(names)
    is_wanted = exists(
        select(wanted.c.name).where(
            wanted.c.namespace == lifecycle.c.namespace, wanted.c.name == lifecycle.c.name
        )
    )
    bounds = [at for at in (moment.as_of, moment.known_at) if at is not None]
    for each in read_renames(connection, or_(among(lifecycle.c.dataset_id, ids), is_wanted)):
        times = ((each.said_at, True), (each.renewed_at, False))
        for at, is_joined in times:
            if at is not None and at <= min([at, *bounds]):
                how = _JOINED if is_joined else _PARTED
                yield _Word(each.before, each.name, at, is_joined, how, Provenance.RENAME)
