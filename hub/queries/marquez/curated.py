"""Namespaces, sources and tags: what events name, and what people have said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, literal, select, true, union, union_all

from hub.queries.marquez.lists import Slice, Span, spans_of_namespaces
from hub.queries.moments import NOW
from hub.queries.namespaces import holds_anything
from hub.store.dialect import among, ids_named
from hub.store.tables import (
    data_source,
    dataset,
    hidden_thing,
    job,
    namespace,
    namespace_note,
    source_note,
    tag,
    tag_note,
    tagging,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Select, Subquery, Table

    from hub.queries.moments import Moment

DEFAULT_NAMESPACE = "default"


class NotedNamespace(NamedTuple):
    """A namespace; ``owner`` is null where nobody has said whose it is."""

    name: str
    owner: str | None
    description: str | None
    first_seen: int
    last_seen: int
    is_hidden: bool


class NotedSource(NamedTuple):
    """Where data is kept. ``type`` is null where nobody has said it."""

    name: str
    type: str | None
    uri: str | None
    description: str | None
    first_seen: int
    last_seen: int


class NotedTag(NamedTuple):
    """A tag, with what it means."""

    name: str
    description: str | None


def slice_namespaces(
    connection: Connection, wanted: Slice, *, moment: Moment = NOW
) -> list[NotedNamespace]:
    """Return namespaces by name, hidden ones too: of the past, those that were known by then."""
    names = _namespaces(moment)
    statement = select(names.c.name).order_by(names.c.name)
    found = connection.scalars(statement.limit(wanted.limit).offset(wanted.offset)).all()
    return _described(connection, found, moment)


def find_namespace(
    connection: Connection, name: str, *, moment: Moment = NOW
) -> NotedNamespace | None:
    """Return a namespace that events, or people, have named, or had by then."""
    names = _namespaces(moment)
    found = connection.scalars(select(names.c.name).where(names.c.name == name)).all()
    return next(iter(_described(connection, found, moment)), None)


def slice_sources(
    connection: Connection, wanted: Slice, *, named: str | None = None
) -> list[NotedSource]:
    """Return sources by name, or the one that is ``named``."""
    columns = data_source.c
    told = (
        select(
            columns.name,
            func.max(columns.uri).label("uri"),
            func.min(dataset.c.first_seen).label("first_seen"),
            func.max(dataset.c.last_seen).label("last_seen"),
        )
        .join(dataset, dataset.c.id == columns.dataset_id)
        .group_by(columns.name)
    )
    if named is not None:
        told = told.where(columns.name == named)
    of_events = told.subquery()
    note = source_note.c
    names = union(select(of_events.c.name), select(note.source)).subquery()
    statement = (
        select(
            names.c.name,
            note.type,
            func.coalesce(note.connection_url, of_events.c.uri),
            note.description,
            note.noted_at,
            note.changed_at,
            of_events.c.first_seen,
            of_events.c.last_seen,
        )
        .outerjoin(source_note, note.source == names.c.name)
        .outerjoin(of_events, of_events.c.name == names.c.name)
        .order_by(names.c.name)
    )
    if named is not None:
        statement = statement.where(names.c.name == named)
    found = connection.execute(statement.limit(wanted.limit).offset(wanted.offset))
    return [
        NotedSource(
            name,
            kind,
            uri,
            description,
            *_span(Span(noted, changed) if noted is not None else None, first, last),
        )
        for name, kind, uri, description, noted, changed, first, last in found
    ]


def slice_tags(connection: Connection, wanted: Slice) -> list[NotedTag]:
    """Return tags by name: those that are described, and those that are in use."""
    given = select(tagging.c.tag.label("name")).where(tagging.c.removed.is_(False))
    names = union(select(tag.c.name), given, select(tag_note.c.tag.label("name"))).subquery()
    statement = (
        select(names.c.name, tag_note.c.description)
        .outerjoin(tag_note, tag_note.c.tag == names.c.name)
        .order_by(names.c.name)
    )
    found = connection.execute(statement.limit(wanted.limit).offset(wanted.offset))
    return [NotedTag._make(row) for row in found]


def hidden_among(
    connection: Connection, kind: str, names: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return those of ``names``, of datasets or jobs, that somebody has taken out of sight."""
    if not names:
        return set()
    columns = hidden_thing.c
    statement = select(columns.namespace, columns.name).where(
        columns.kind == kind, columns.namespace.in_({space for space, _ in names})
    )
    found = {(space, name) for space, name in connection.execute(statement)}
    return found.intersection(names)


def hidden_by_id(
    connection: Connection, *, datasets: Collection[int], jobs: Collection[int]
) -> tuple[set[int], set[int]]:
    """Return those of some datasets, and of some jobs, that somebody has taken out of sight."""
    found = connection.execute(_HIDDEN_BY_ID, {"datasets": datasets, "jobs": jobs}).all()
    hidden_datasets, hidden_jobs = (
        {key for kind, key in found if kind == each} for each in ("dataset", "job")
    )
    return hidden_datasets, hidden_jobs


def _hidden(thing: Table, ids: str) -> Select[Any]:
    is_it = and_(hidden_thing.c.namespace == namespace.c.name, hidden_thing.c.name == thing.c.name)
    return (
        select(hidden_thing.c.kind, thing.c.id)
        .select_from(thing)
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .join(hidden_thing, is_it)
        .where(hidden_thing.c.kind == str(thing.name), among(thing.c.id, ids_named(ids)))
    )


_HIDDEN_BY_ID: Final = union_all(_hidden(dataset, "datasets"), _hidden(job, "jobs"))


def _namespaces(moment: Moment) -> Subquery:
    note = namespace_note.c
    return union(
        select(namespace.c.name).where(holds_anything(moment)),
        select(note.namespace.label("name")).where(_was_before(note.noted_at, moment)),
        # Marquez has this one from the start, and its pages need one to begin with.
        select(literal(DEFAULT_NAMESPACE).label("name")),
    ).subquery()


def _was_before(told_at: ColumnElement[int], moment: Moment) -> ColumnElement[bool]:
    """Return the condition that people had said something; it is true from when it is said."""
    bounds = (at for at in (moment.as_of, moment.known_at) if at is not None)
    return and_(true(), *(told_at <= at for at in bounds))


def _described(
    connection: Connection, names: Collection[str], moment: Moment
) -> list[NotedNamespace]:
    known = select(namespace.c.id, namespace.c.name).where(namespace.c.name.in_(names))
    ids = {row.name: row.id for row in connection.execute(known)}
    spans = spans_of_namespaces(connection, ids.values())
    note, hidden = namespace_note.c, hidden_thing.c
    notes = {
        row.namespace: row
        for row in connection.execute(
            select(namespace_note).where(
                note.namespace.in_(names), _was_before(note.changed_at, moment)
            )
        )
    }
    out_of_sight = set(
        connection.scalars(
            select(hidden.namespace).where(hidden.kind == "namespace", hidden.namespace.in_(names))
        )
    )
    return [
        NotedNamespace(
            name,
            notes[name].owner if name in notes else None,
            notes[name].description if name in notes else None,
            *_span(
                Span(notes[name].noted_at, notes[name].changed_at) if name in notes else None,
                *spans.get(ids.get(name, 0), (None, None)),
            ),
            name in out_of_sight,
        )
        for name in names
    ]


def _span(noted: Span | None, first: int | None, last: int | None) -> Span:
    """Return when something was first and last heard of, by people or by events."""
    firsts = [at for at in (noted.first_seen if noted else None, first) if at is not None]
    lasts = [at for at in (noted.last_seen if noted else None, last) if at is not None]
    return Span(min(firsts, default=0), max(lasts, default=0))
