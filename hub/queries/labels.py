"""What producers attach to a dataset or a job: owners, tags and other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Raw
from sqlalchemy import and_, bindparam, func, select

from hub.domain.openlineage.facets import read_owners, read_tags
from hub.queries.facet_contents import facets_of
from hub.queries.moments import NOW
from hub.queries.selections import IDS, Grouped, group, made_once
from hub.store.dialect import among
from hub.store.tables import dataset, job, namespace, owner, symlink, tag, tagging, tagging_history

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Select, Table

    from hub.queries.facet_contents import Entity
    from hub.queries.moments import Moment


# The source of a tag that somebody has put on a thing.
GIVEN: Final = "USER"


class OwnerRow(NamedTuple):
    """An owner that a producer names; ``type`` may be empty."""

    name: str
    type: str


class TagRow(NamedTuple):
    """A label; ``field`` is empty where the whole dataset or job has it."""

    field: str
    name: str
    value: str | None
    source: str | None


class SymlinkRow(NamedTuple):
    """Another name of a dataset."""

    namespace: str
    name: str
    type: str | None


def owners_of(
    connection: Connection, ids: Collection[int], *, entity: Entity, moment: Moment = NOW
) -> Grouped[OwnerRow]:
    """Return who owns each dataset or job, as producers say, or had said then."""
    if not moment.is_now:
        said = _said_then(connection, ids, entity, moment, "ownership")
        return {key: [OwnerRow(*each) for each in read_owners(raw)] for key, raw in said}
    statement = (
        select(owner.c.entity_id, owner.c.name, owner.c.type)
        .where(owner.c.entity_kind == entity, among(owner.c.entity_id, ids))
        .order_by(owner.c.entity_id, owner.c.name, owner.c.type)
    )
    return group(connection.execute(statement), OwnerRow)


def tags_of(
    connection: Connection, ids: Collection[int], *, entity: Entity, moment: Moment = NOW
) -> Grouped[TagRow]:
    """Return the tags of each dataset or job, those of its fields included.

    They are what producers say, or had said then, with what people have added and taken off.
    """
    given = {"ids": ids, "entity": entity}
    if moment.is_now:
        found = group(connection.execute(_TAGS, given), TagRow)
        by_hand = connection.execute(_TAGGINGS[entity], given)
    else:
        said = _said_then(connection, ids, entity, moment, "tags")
        found = {key: sorted(TagRow(*each) for each in read_tags(raw)) for key, raw in said}
        by_hand = connection.execute(_taggings_then(entity, moment), given)
    for key, field, name, removed in by_hand:
        kept = [row for row in found.get(key, ()) if (row.field, row.name) != (field, name)]
        # What a producer says is kept where somebody has said the same.
        if not removed and len(kept) == len(found.get(key, ())):
            kept.append(TagRow(field, name, None, GIVEN))
            found[key] = sorted(kept)
        elif removed:
            found[key] = kept
    return found


def _taggings(thing: Table) -> Select[Any]:
    """Select which tags somebody has put on each dataset or job, or taken off."""
    is_of = and_(tagging.c.namespace == namespace.c.name, tagging.c.name == thing.c.name)
    return (
        select(thing.c.id, tagging.c.field, tagging.c.tag, tagging.c.removed)
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .join(tagging, is_of)
        .where(tagging.c.kind == bindparam("entity"), among(thing.c.id, IDS))
    )


@made_once
def _taggings_then(entity: Entity, moment: Moment) -> Select[Any]:
    """Select what somebody had last said of each tag of each dataset or job."""
    thing, said = _THINGS[entity], tagging_history.c
    is_of = and_(said.namespace == namespace.c.name, said.name == thing.c.name)
    last = func.row_number().over(
        partition_by=(thing.c.id, said.field, said.tag), order_by=said.position.desc()
    )
    ranked = (
        select(thing.c.id, said.field, said.tag, said.removed, last.label("place"))
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .join(tagging_history, is_of)
        .where(
            said.kind == bindparam("entity"),
            among(thing.c.id, IDS),
            moment.within(said.said_at),
            moment.knows(said.position),
        )
        .subquery()
    )
    columns = [each for each in ranked.c if each.name != "place"]
    return select(*columns).where(ranked.c.place == 1)


_THINGS: Final[dict[Entity, Table]] = {"dataset": dataset, "job": job}
_TAGS: Final = (
    select(tag.c.entity_id, tag.c.field, tag.c.name, tag.c.value, tag.c.source)
    .where(tag.c.entity_kind == bindparam("entity"), among(tag.c.entity_id, IDS))
    .order_by(tag.c.entity_id, tag.c.field, tag.c.name)
)
_TAGGINGS: Final = {entity: _taggings(thing) for entity, thing in _THINGS.items()}


def _said_then(
    connection: Connection, ids: Collection[int], entity: Entity, moment: Moment, name: str
) -> Iterator[tuple[int, Raw]]:
    """Yield what a facet of each dataset or job said; nothing where it was too large to be kept."""
    found = facets_of(connection, ids, entity=entity, moment=moment, names=frozenset({name}))
    for key, facets in found.items():
        body = facets[name].body
        if body is not None:
            yield key, Raw(body)


def symlinks_of(connection: Connection, datasets: Collection[int]) -> Grouped[SymlinkRow]:
    """Return the other names of each dataset."""
    statement = (
        select(symlink.c.dataset_id, symlink.c.namespace, symlink.c.name, symlink.c.type)
        .where(symlink.c.dataset_id.in_(datasets))
        .order_by(symlink.c.dataset_id, symlink.c.namespace, symlink.c.name)
    )
    return group(connection.execute(statement), SymlinkRow)
