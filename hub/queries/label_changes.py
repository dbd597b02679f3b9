"""What producers came to call things, and whose they came to be: owners, tags, names over time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw
from sqlalchemy import and_

from hub.domain.errors import InvalidInput
from hub.domain.openlineage.facets import read_owners, read_tags
from hub.queries.happenings import (
    Happening,
    HappeningKind,
    LabelChange,
    NameJoined,
    before,
    place_of,
)
from hub.queries.selections import Grouped, group, newest
from hub.store.tables import facet_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.graph.identities import Things
    from hub.queries.facet_contents import Entity
    from hub.queries.moments import Moment
    from hub.queries.pages import PageRequest


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


def names_joined(
    things: Things, ids: Sequence[int], request: PageRequest, moment: Moment
) -> Grouped[Happening]:
    """Return when it was first said, of the names that things have now, that they are theirs.

    What an operator says comes at the time of the hub's clock.
    """
    found: Grouped[Happening] = {}
    bounds = [at for at in (moment.as_of, moment.known_at) if at is not None]
    for key in ids:
        known = things.with_id(key)
        happenings = [
            Happening(
                link.since,
                HappeningKind.NAME_JOINED,
                (*link.alias, f"{link.provenance.value} {' '.join(link.name)}"),
                NameJoined(" ".join(link.alias), link.provenance.value, link.reason),
            )
            for link in (known.thing.links if known else ())
            if link.since is not None and link.since <= min([link.since, *bounds])
        ]
        found[key] = before(happenings, request)
    return found


class _Kind(NamedTuple):
    kind: HappeningKind
    facet: str
    read: Callable[[Raw], list[str]]


def _owners(raw: Raw) -> list[str]:
    return [f"{each.name} ({each.type})" if each.type else each.name for each in read_owners(raw)]


def _tags(raw: Raw) -> list[str]:
    return [
        f"{each.field + ': ' if each.field else ''}{each.name}"
        f"{'=' + each.value if each.value else ''}"
        for each in read_tags(raw)
    ]


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
        is_it = table.c.owner_kind == entity, table.c.name == kind.facet
        return and_(*is_it, moment.sees(table))

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
