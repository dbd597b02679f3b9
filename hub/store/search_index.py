"""Writing the search index: what the projected tables say of things, as texts to be found.

Called by the stage ``index``, and by a rebuild. Only the name of a thing never changes: so what is
new is known by the store's ids, which grow, and the rest is read again when somebody has said more.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import Raw
from sqlalchemy import delete, exists, func, insert, select

from hub.domain.openlineage.descriptions import read_documentation
from hub.domain.search import MAX_DESCRIPTION, SearchKind, SearchPart, normal_name, normal_phrase
from hub.store.dialect import among, table_of_names
from hub.store.tables import (
    column_node,
    dataset,
    facet,
    facet_content,
    is_in_force,
    job,
    namespace,
    owner,
    search_posting,
    search_text,
    tag,
    tagging,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection, Table

    from hub.store.database import Database

# The name under which the stage keeps its position.
CONSUMER: Final = "index"

# Of each kind, in one transaction: others wait for it with writing, a tenth of a second at most.
NEW_AT_ONCE: Final = 1_000

# The facets that have texts.
_FACETS: Final = ("documentation", "ownership", "tags")
# The contents of facets, by name.
Digests: TypeAlias = "tuple[tuple[str, bytes], ...]"

_DIGEST_BYTES: Final = 16
_KEYS_A_STATEMENT: Final = 500
_THINGS: Final[dict[SearchKind, Table]] = {
    SearchKind.DATASET: dataset,
    SearchKind.JOB: job,
    SearchKind.FIELD: column_node,
}


class _Posting(NamedTuple):
    """That a thing can be found by a text, in its normal form."""

    thing_id: int
    part: SearchPart
    text: str


def index_new(connection: Connection, limit: int) -> bool:
    """Index things that have none of their texts yet; tell whether there may be more of them.

    At most ``limit`` of each kind. Calls must not overlap.
    """
    has_more = False
    for kind, table in _THINGS.items():
        of_kind = search_posting.c.kind == kind
        last = connection.scalar(select(func.max(search_posting.c.thing_id)).where(of_kind))
        statement = select(table.c.id, table.c.name).where(table.c.id > (last or 0))
        rows = connection.execute(statement.order_by(table.c.id).limit(limit)).all()
        if not rows:
            continue
        # One without a letter has a text too, or it would be new for ever.
        names = {_Posting(key, SearchPart.NAME, normal_name(name)) for key, name in rows}
        _add(connection, kind, names | _labels(connection, kind, [row.id for row in rows]))
        has_more |= len(rows) == limit
    return has_more


def index_all(database: Database) -> None:
    """Index everything that is projected; of what is indexed already, only what is new."""
    has_more = True
    while has_more:
        with database.write() as connection:
            has_more = index_new(connection, NEW_AT_ONCE)


def index_again(
    connection: Connection, kind: SearchKind, names: Collection[tuple[str, str]]
) -> None:
    """Index again what is said of datasets or jobs; those that are not indexed yet are new."""
    ids = _ids_of(connection, _THINGS[kind], names)
    statement = (
        select(search_posting.c.thing_id, search_posting.c.part, search_text)
        .join(search_text, search_text.c.id == search_posting.c.text_id)
        .where(
            search_posting.c.kind == kind,
            among(search_posting.c.thing_id, ids),
            search_posting.c.part != SearchPart.NAME,
        )
    )
    held = {
        _Posting(row.thing_id, row.part, row.text): row.id for row in connection.execute(statement)
    }
    said = _labels(connection, kind, ids)
    _add(connection, kind, said - held.keys())
    gone = [(key, each) for each, key in held.items() if each not in said]
    for key, each in gone:
        connection.execute(
            delete(search_posting).where(
                search_posting.c.text_id == key,
                search_posting.c.kind == kind,
                search_posting.c.thing_id == each.thing_id,
                search_posting.c.part == each.part,
            )
        )
    _drop_texts(connection, {key for key, _ in gone})


def digests_in_force(
    connection: Connection, kind: SearchKind, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Digests]:
    """Return by which contents of facets datasets or jobs are found besides their names."""
    if not names:
        return {}
    table, wanted = _THINGS[kind], table_of_names(names)
    statement = (
        select(wanted.c.namespace, wanted.c.name, facet.c.name, facet.c.digest)
        .join(namespace, namespace.c.name == wanted.c.namespace)
        .join(table, (table.c.namespace_id == namespace.c.id) & (table.c.name == wanted.c.name))
        .join(facet, (facet.c.owner_kind == kind) & (facet.c.owner_id == table.c.id))
        .where(facet.c.name.in_(_FACETS))
        .order_by(facet.c.name)
    )
    found: dict[tuple[str, str], Digests] = {}
    for space, name, *said in connection.execute(statement):
        key = space, name
        found[key] = (*found.get(key, ()), (said[0], bytes(said[1])))
    return found


def _labels(connection: Connection, kind: SearchKind, ids: Sequence[int]) -> set[_Posting]:
    """Return what is said of datasets or jobs besides their names; nothing is of fields alone."""
    if kind is SearchKind.FIELD or not ids:
        return set()
    said = [
        *((*each, SearchPart.OWNER) for each in _owners(connection, kind, ids)),
        *((*each, SearchPart.TAG) for each in _tags(connection, kind, ids)),
        *((*each, SearchPart.DESCRIPTION) for each in _descriptions(connection, kind, ids)),
    ]
    postings = (_Posting(key, part, normal_phrase(text)) for key, text, part in said)
    return {each for each in postings if each.text}


def _owners(
    connection: Connection, kind: SearchKind, ids: Sequence[int]
) -> Iterable[tuple[int, str]]:
    statement = select(owner.c.entity_id, owner.c.name).where(
        owner.c.entity_kind == kind, among(owner.c.entity_id, ids)
    )
    return ((key, name) for key, name in connection.execute(statement))


def _tags(connection: Connection, kind: SearchKind, ids: Sequence[int]) -> set[tuple[int, str]]:
    """Return the tags of things and of their fields: as producers say, and people correct.

    Those with a value are found with it and without.
    """
    said = select(tag.c.entity_id, tag.c.field, tag.c.name, tag.c.value).where(
        tag.c.entity_kind == kind, among(tag.c.entity_id, ids)
    )
    tags = {(key, field, name): value for key, field, name, value in connection.execute(said)}
    thing = _THINGS[kind]
    given = (
        select(thing.c.id, tagging.c.field, tagging.c.tag, tagging.c.removed)
        .join(namespace, namespace.c.id == thing.c.namespace_id)
        .join(
            tagging,
            (tagging.c.namespace == namespace.c.name) & (tagging.c.name == thing.c.name),
        )
        .where(tagging.c.kind == kind, among(thing.c.id, ids))
    )
    for key, field, name, is_removed in connection.execute(given):
        if is_removed:
            tags.pop((key, field, name), None)
        else:
            tags.setdefault((key, field, name), None)
    texts = {(key, name) for key, _, name in tags}
    return texts | {(key, f"{name} {value}") for (key, _, name), value in tags.items() if value}


def _descriptions(
    connection: Connection, kind: SearchKind, ids: Sequence[int]
) -> Iterable[tuple[int, str]]:
    statement = (
        select(facet.c.owner_id, facet_content.c.body)
        .join(facet_content, is_in_force(facet_content))
        .where(
            facet.c.owner_kind == kind,
            among(facet.c.owner_id, ids),
            facet.c.name == "documentation",
        )
    )
    for key, body in connection.execute(statement):
        found = read_documentation(Raw(body)) if body else None
        if found is not None:
            yield key, found.description[:MAX_DESCRIPTION]


def _ids_of(connection: Connection, table: Table, names: Collection[tuple[str, str]]) -> list[int]:
    wanted = table_of_names(names)
    statement = (
        select(table.c.id)
        .join(namespace, namespace.c.id == table.c.namespace_id)
        .join(wanted, (wanted.c.namespace == namespace.c.name) & (wanted.c.name == table.c.name))
    )
    return list(connection.scalars(statement))


def _add(connection: Connection, kind: SearchKind, postings: Collection[_Posting]) -> None:
    ids = _text_ids(connection, {each.text for each in postings})
    rows = [
        {"text_id": ids[text], "kind": kind, "thing_id": thing_id, "part": part}
        for thing_id, part, text in postings
    ]
    if rows:
        connection.execute(insert(search_posting), rows)


def _text_ids(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """Return the ids of texts; those that are new are added."""
    wanted = {_digest(text): text for text in texts}
    digests = sorted(wanted)
    found: dict[str, int] = {}
    for at in range(0, len(digests), _KEYS_A_STATEMENT):
        some = digests[at : at + _KEYS_A_STATEMENT]
        statement = select(search_text.c.digest, search_text.c.id)
        rows = connection.execute(statement.where(search_text.c.digest.in_(some)))
        found.update((wanted[bytes(digest)], key) for digest, key in rows)
    last = connection.scalar(select(func.max(search_text.c.id))) or 0
    new = [each for each in wanted.items() if each[1] not in found]
    rows_of_new = [
        {"id": key, "digest": digest, "text": text}
        for key, (digest, text) in enumerate(sorted(new), last + 1)
    ]
    if rows_of_new:
        connection.execute(insert(search_text), rows_of_new)
    return found | {str(row["text"]): int(str(row["id"])) for row in rows_of_new}


def _drop_texts(connection: Connection, ids: Collection[int]) -> None:
    """Remove those of some texts that nothing has any more."""
    if ids:
        is_held = exists().where(search_posting.c.text_id == search_text.c.id)
        connection.execute(delete(search_text).where(among(search_text.c.id, ids), ~is_held))


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
