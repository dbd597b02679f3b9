"""Search: of all that is known and declared, what matches a text, the best first.

The store narrows down: texts that have enough of the grams, those nearest in length first. How well
each matches is judged by ``hub.domain.search``, so every store ranks alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, NodeKind
from hub.domain.search import (
    MAX_DESCRIPTION,
    Match,
    SearchKind,
    SearchLevel,
    SearchPart,
    Sought,
    judge,
    loose_clauses,
    normal_name,
    normal_phrase,
    read_sought,
    sure_clauses,
    weighed,
)
from hub.queries.datasets import is_there
from hub.queries.jobs import was_there
from hub.queries.lineage_then import fields_there
from hub.queries.moments import NOW
from hub.queries.pages import Page, slice_page
from hub.queries.selections import IDS
from hub.store.dialect import among, bytewise, has_grams, table_in_order
from hub.store.natural_keys import dataset_names, field_names, job_names
from hub.store.tables import dataset, job, search_posting, search_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.domain.catalog import Catalog, Domain, Product
    from hub.domain.search import Clause
    from hub.queries.moments import Moment
    from hub.queries.pages import Key, PageRequest

# A search that finds more is too wide for anybody to read.
MAX_FOUND: Final = 1_000
# How many texts are judged that match for sure, and how many that may.
_MAX_JUDGED: Final = 1_000

# A thing may be found by several of its texts.
_MAX_POSTINGS: Final = 2 * MAX_FOUND

_RANKS: Final = {kind: rank for rank, kind in enumerate(SearchKind)}
_STORED: Final = (SearchKind.DATASET, SearchKind.JOB, SearchKind.FIELD)
_PRESENT: Final = select(dataset.c.id).where(among(dataset.c.id, IDS), is_there())


class HitRow(NamedTuple):
    """A thing that was found, and what of it matched best; ``text`` is in its normal form."""

    node: NodeId
    kind: SearchKind
    points: int
    level: SearchLevel
    part: SearchPart
    text: str

    @property
    def place(self) -> tuple[str | None, str, str | None]:
        """Its namespace, its name, and the field: of one, the others are its dataset's."""
        parts = self.node.parts
        namespace = parts[0] if len(parts) > 1 else None
        field = parts[2] if self.kind is SearchKind.FIELD else None
        return namespace, parts[:2][-1], field

    @property
    def sort_key(self) -> Key:
        """Hits are listed by how well they match, then by kind and name."""
        return (-self.points, _RANKS[self.kind], "\0".join(self.node.parts))


def find(
    connection: Connection,
    catalog: Catalog,
    text: str,
    kinds: Collection[SearchKind] = (),
    *,
    moment: Moment = NOW,
) -> list[HitRow]:
    """Return what matches a text, the best first, at most ``MAX_FOUND``; without ``kinds`` of all.

    Of the past it is found by its name alone, and what is declared is not found: the index has the
    other texts as they are now.

    Raises:
        InvalidInput: the text is longer than any name, or one of ``kinds`` has no past.

    """
    wanted = frozenset(kinds or (SearchKind if moment.is_now else _STORED))
    if not moment.is_now and not wanted.issubset(_STORED):
        message = "of data products and domains only the present is known"
        raise InvalidInput(message, fix="ask for other kinds, or without asOf and knownAt")
    sought = read_sought(text)
    if sought is None:
        return []
    hits = [*_declared(catalog, sought, wanted), *_known(connection, sought, wanted, moment)]
    best: dict[NodeId, HitRow] = {}
    for hit in sorted(hits, key=lambda each: (each.sort_key, each.part, each.text)):
        best.setdefault(hit.node, hit)
    return [*best.values()][:MAX_FOUND]


def page_of(hits: Sequence[HitRow], request: PageRequest) -> Page[HitRow]:
    """Return a page of hits.

    Raises:
        InvalidInput: the cursor came from another list.

    """
    if request.after is not None and list(map(type, request.after)) != [int, int, str]:
        raise InvalidInput("after: the cursor belongs to another list")
    return slice_page(hits, request)


def _declared(catalog: Catalog, sought: Sought, kinds: frozenset[SearchKind]) -> Iterator[HitRow]:
    """Yield the data products and domains that match."""
    declared: dict[SearchKind, Iterable[Product | Domain]] = {
        SearchKind.PRODUCT: catalog.products.values(),
        SearchKind.DOMAIN: catalog.domains.values(),
    }
    for kind in declared.keys() & kinds:
        for thing in declared[kind]:
            node = NodeId(NodeKind(kind), (thing.name,))
            texts = {
                SearchPart.NAME: normal_name(thing.name),
                SearchPart.OWNER: normal_phrase(thing.owner.name if thing.owner else ""),
                SearchPart.DESCRIPTION: normal_phrase(thing.description[:MAX_DESCRIPTION]),
            }
            for part, text in texts.items():
                match = judge(sought, text) if text else None
                if match is not None:
                    yield from _hits(node, kind, part, text, match)


def _known(
    connection: Connection, sought: Sought, kinds: frozenset[SearchKind], moment: Moment
) -> Iterator[HitRow]:
    """Yield the datasets, jobs and fields that match."""
    parts = SearchPart if moment.is_now else (SearchPart.NAME,)
    texts = _candidates(connection, sought)
    judged = ((key, text, judge(sought, text)) for key, text in texts.items())
    matches = {key: match for key, _, match in judged if match is not None}
    ranked = sorted(matches, key=lambda key: (-matches[key].points, texts[key]))
    wanted = table_in_order(ranked)
    statement = (
        select(search_posting)
        .join(wanted, wanted.c.id == search_posting.c.text_id)
        .where(_of_kinds(kinds & {*_STORED}), search_posting.c.part.in_([*parts]))
        .order_by(wanted.c.place, *search_posting.primary_key.columns)
        .limit(_MAX_POSTINGS)
    )
    rows = connection.execute(statement).all()
    nodes = _nodes(connection, {(row.kind, row.thing_id) for row in rows}, moment)
    for row in rows:
        node = nodes.get((row.kind, row.thing_id))
        if node is not None:
            yield from _hits(node, row.kind, row.part, texts[row.text_id], matches[row.text_id])


def _of_kinds(kinds: Collection[SearchKind]) -> ColumnElement[bool]:
    """Return the condition that a posting is of one of some kinds.

    Of an expression, or a database may go through all of a kind instead of the texts in hand.
    """
    kind = search_posting.c.kind
    return func.abs(kind, type_=kind.type).in_(sorted(kinds))


def _hits(
    node: NodeId, kind: SearchKind, part: SearchPart, text: str, match: Match
) -> Iterator[HitRow]:
    points = weighed(match, part)
    if points:
        yield HitRow(node, kind, points, match.level, part, text)


def _candidates(connection: Connection, sought: Sought) -> dict[int, str]:
    """Return the texts to be judged, by the store's id."""
    found: dict[int, str] = {}
    for clauses in (sure_clauses(sought), loose_clauses(sought)):
        if clauses:
            found.update(_with_grams(connection, clauses, sought.length))
    return found


def _with_grams(
    connection: Connection, clauses: Sequence[Clause], length: int
) -> Iterable[tuple[int, str]]:
    distance = func.abs(func.length(search_text.c.text) - length)
    statement = (
        select(search_text.c.id, search_text.c.text)
        .where(has_grams(connection, clauses))
        .order_by(distance, bytewise(search_text.c.text))
        .limit(_MAX_JUDGED)
    )
    return ((row.id, row.text) for row in connection.execute(statement))


def _nodes(
    connection: Connection, things: Collection[tuple[SearchKind, int]], moment: Moment
) -> dict[tuple[SearchKind, int], NodeId]:
    """Return the node ids of datasets, jobs and fields, but for what is not there."""
    ids = {kind: [key for each, key in things if each == kind] for kind in _STORED}
    datasets, jobs, fields = _there(connection, ids, moment)
    nodes: dict[tuple[SearchKind, int], NodeId] = {}
    for key, name in dataset_names(connection, datasets).items():
        nodes[SearchKind.DATASET, key] = NodeId(NodeKind.DATASET, tuple(name))
    for key, named in job_names(connection, jobs).items():
        nodes[SearchKind.JOB, key] = NodeId(NodeKind.JOB, tuple(named))
    for key, field in field_names(connection, fields).items():
        nodes[SearchKind.FIELD, key] = NodeId(NodeKind.FIELD, (*field.dataset, field.field))
    return nodes


def _there(
    connection: Connection, ids: Mapping[SearchKind, Collection[int]], moment: Moment
) -> Iterator[Collection[int]]:
    """Yield those of some datasets, jobs and fields that were there."""
    datasets, jobs, fields = (ids[kind] for kind in _STORED)
    if moment.is_now:
        # What was inferred may have been withdrawn.
        yield connection.scalars(_PRESENT, {"ids": datasets}).all()
        yield from (jobs, fields)
        return
    was_known = among(dataset.c.id, datasets), is_there(moment)
    yield connection.scalars(select(dataset.c.id).where(*was_known)).all()
    was_named = among(job.c.id, jobs), was_there(moment)
    yield connection.scalars(select(job.c.id).where(*was_named)).all()
    yield fields_there(connection, fields, moment)
