"""Whose things came to be, and how they were tagged: by producers, and by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw
from sqlalchemy import and_, select

from hub.domain.errors import InvalidInput
from hub.domain.openlineage.facets import read_owners, read_tags
from hub.queries.happenings import (
    Happening,
    HappeningKind,
    LabelChange,
    place_of,
)
from hub.queries.selections import Grouped, group, newest
from hub.store.dialect import among
from hub.store.tables import dataset, facet_version, job, namespace, tagging_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.queries.facet_contents import Entity
    from hub.queries.moments import Moment
    from hub.queries.pages import PageRequest


# A tagging by hand stands among contents of facets by its position, theirs by their digest.
_PLACE_BYTES: Final = 8
_LAST: Final = (1 << 63) - 1


class _Said(NamedTuple):
    """A content of a facet, since when it was said, and which labels it has."""

    at: int
    digest: bytes
    labels: list[str]


def label_changes(
    connection: Connection,
    entity: Entity,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
) -> list[Grouped[Happening]]:
    """Return when the producers of datasets or jobs first named others as owners, or other tags.

    Each content counts from when it was first said. One that is too large to be kept has no labels.
    """
    return [_changes(connection, entity, ids, request, moment, kind) for kind in (_OWNERS, _TAGS)]


def tags_given(
    connection: Connection,
    entity: Entity,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
) -> Grouped[Happening]:
    """Return when people put tags on datasets or jobs, and took them off (the hub's clock)."""
    thing = job if entity == "job" else dataset
    said = tagging_history.c
    is_of = and_(said.namespace == namespace.c.name, said.name == thing.c.name)
    given = (
        select(thing.c.id, *(said[name] for name in _Tagging._fields))
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .join(tagging_history, is_of)
        .where(said.kind == entity)
        .subquery()
    )
    place = place_of(request, HappeningKind.TAGS_CHANGED)
    statement = newest(
        [*given.c],
        by=(given.c.said_at, given.c.position),
        parents=ids,
        at_most=request.first + 1,
        after=place and (place[0], _position_above(str(place[1]))),
        only=lambda table: and_(moment.within(table.c.said_at), moment.knows(table.c.position)),
    )
    found = group(connection.execute(statement), _Tagging)
    return {key: [each.as_happening() for each in rows] for key, rows in found.items()}


class _Tagging(NamedTuple):
    """That somebody put a tag on something, or took it off."""

    said_at: int
    position: int
    field: str
    tag: str
    removed: bool
    actor: str

    def as_happening(self) -> Happening:
        tags = [_label(self.field, self.tag)]
        added, removed = ([], tags) if self.removed else (tags, [])
        ties = (self.position.to_bytes(_PLACE_BYTES, "big").hex(),)
        change = LabelChange(added, removed, self.actor)
        return Happening(self.said_at, HappeningKind.TAGS_CHANGED, ties, change)


def _position_above(tie: str) -> int:
    """Return the least position that does not come before a place that is a digest's, or one's."""
    digest = _digest(tie)
    place = int.from_bytes(digest[:_PLACE_BYTES].ljust(_PLACE_BYTES, b"\0"), "big")
    return min(place + (len(digest) > _PLACE_BYTES), _LAST)


class _Kind(NamedTuple):
    kind: HappeningKind
    facet: str
    read: Callable[[Raw], list[str]]


def _owners(raw: Raw) -> list[str]:
    return [f"{each.name} ({each.type})" if each.type else each.name for each in read_owners(raw)]


def _tags(raw: Raw) -> list[str]:
    return [_label(each.field, each.name, each.value) for each in read_tags(raw)]


def _label(field: str, name: str, value: str | None = None) -> str:
    return f"{field + ': ' if field else ''}{name}{'=' + value if value else ''}"


_OWNERS: Final = _Kind(HappeningKind.OWNERS_CHANGED, "ownership", _owners)
_TAGS: Final = _Kind(HappeningKind.TAGS_CHANGED, "tags", _tags)


def _changes(
    connection: Connection,
    entity: Entity,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
    kind: _Kind,
) -> Grouped[Happening]:
    version = facet_version.c
    # One more than a page has, and the one before that, from which it differs.
    at_most = request.first + 2

    def is_of_kind(table: FromClause) -> ColumnElement[bool]:
        # Which owners: or SQLite reads the contents of all before it looks whose they are.
        is_it = among(table.c.owner_id, ids), table.c.name == kind.facet
        return and_(table.c.owner_kind == entity, *is_it, moment.sees(table))

    place = place_of(request, kind.kind)
    after: Any = place and (place[0], _digest(str(place[1])))
    statement = newest(
        (version.owner_id, version.first_seen, version.digest, version.body),
        by=(version.first_seen, version.digest),
        parents=ids,
        at_most=at_most,
        after=after,
        only=is_of_kind,
    )

    def said(at: int, digest: bytes, body: bytes | None) -> _Said:
        return _Said(at, bytes(digest), [] if body is None else kind.read(Raw(body)))

    found = group(connection.execute(statement), said)
    return {key: _differences(rows, kind.kind, at_most) for key, rows in found.items()}


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise InvalidInput("after: the cursor belongs to another list") from error


def _differences(newest_first: list[_Said], kind: HappeningKind, at_most: int) -> list[Happening]:
    rows = newest_first
    if len(rows) < at_most:
        rows = [*rows, _Said(0, b"", [])]
    return [
        Happening(
            after.at,
            kind,
            (after.digest.hex(),),
            LabelChange(
                added=[each for each in after.labels if each not in was.labels],
                removed=[each for each in was.labels if each not in after.labels],
            ),
        )
        for after, was in pairwise(rows)
    ]
