"""Facets as their producers wrote them, and how those of a whole list are loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

import strawberry
from msgspec import Raw

from hub.api.graphql.batches import ThingBatch
from hub.api.graphql.scalars import Instant, Json, Long
from hub.domain.errors import InvalidInput
from hub.domain.openlineage.descriptions import producer_of
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.domain.openlineage.lenient import members_of, text_of
from hub.queries.facet_contents import Entity, FacetRow, dropped_of, facets_of
from hub.queries.run_reports import Said
from hub.queries.things import newest_of_each

_ReadT = TypeVar("_ReadT")

MAX_NAMES = 50
Names = Annotated[
    list[str] | None, strawberry.argument(description="Only those with these keys, 50 at most.")
]


@strawberry.type(description="A facet, as its producer wrote it.")
class Facet:
    name: str = strawberry.field(description="Its key.")
    producer: str | None
    schema_url: str | None = strawberry.field(name="schemaURL")
    body: Json
    updated_at: Instant = strawberry.field(description="When it was last said (event time).")


@strawberry.type(description="A facet that is too large to be shown; its event is kept whole.")
class DroppedFacet:
    name: str
    bytes: Long


def facets_in_force(
    batch: ThingBatch[Any], key: int, entity: Entity, names: frozenset[str] | None
) -> Mapping[str, FacetRow]:
    """Return the facets of one dataset or job, loaded for its whole list."""
    found = batch.of_all_names(
        facets_of, join=newest_of_each, entity=entity, moment=batch.moment, names=names
    )
    return found.get(key, {})


def dropped_facets(batch: ThingBatch[Any], key: int, entity: Entity) -> list[DroppedFacet]:
    """Return the facets of one dataset or job that are too large, loaded for its whole list."""
    found = batch.of_all_names(dropped_of, join=newest_of_each, entity=entity, moment=batch.moment)
    return make_dropped(found.get(key, {}))


def read_facet(
    facets: Mapping[str, FacetRow | Said], name: str, read: Callable[[Raw], _ReadT]
) -> _ReadT | None:
    """Return what a facet says; None where there is none, or it was too large to be kept."""
    found = facets.get(name)
    raw = body_of(found) if found is not None else None
    return None if raw is None else read(raw)


def body_of(content: FacetRow | Said) -> Raw | None:
    """Return a facet's JSON, if it is not too large."""
    if isinstance(content, FacetRow):
        return None if content.body is None else Raw(content.body)
    return None if len(content.raw) > MAX_FACET_BYTES else content.raw


def make_facets(
    found: Mapping[str, FacetRow | Said], names: Iterable[str] | None = None
) -> list[Facet]:
    """Return facets by key, all or those that are asked for, without those that are too large.

    Raises:
        InvalidInput: too many are asked for.

    """
    chosen = wanted(names)
    return [
        _facet(name, content, raw)
        for name, content in sorted(found.items())
        if (chosen is None or name in chosen) and (raw := body_of(content)) is not None
    ]


def make_dropped(found: Mapping[str, FacetRow | Said]) -> list[DroppedFacet]:
    """Return the facets that are too large, by key."""
    return [
        DroppedFacet(name=name, bytes=Long(_size(content)))
        for name, content in sorted(found.items())
        if body_of(content) is None
    ]


def wanted(names: Iterable[str] | None) -> frozenset[str] | None:
    """Return the keys that are asked for; None for all.

    Raises:
        InvalidInput: they are too many.

    """
    if names is None:
        return None
    chosen = frozenset(names)
    if len(chosen) > MAX_NAMES:
        raise InvalidInput(f"names: {len(chosen)} are more than {MAX_NAMES}")
    return chosen


def _facet(name: str, content: FacetRow | Said, raw: Raw) -> Facet:
    said_at = content.said_at if isinstance(content, FacetRow) else content.order.event_time
    event_producer = content.producer if isinstance(content, Said) else None
    return Facet(
        name=name,
        producer=producer_of(raw) or event_producer,
        schema_url=text_of(members_of(raw).get("_schemaURL")),
        body=Json(raw),
        updated_at=Instant(said_at),
    )


def _size(content: FacetRow | Said) -> int:
    return content.size if isinstance(content, FacetRow) else len(content.raw)
