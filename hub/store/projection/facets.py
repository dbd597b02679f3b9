"""What facets have contained, which contents are in force, and the typed rows that follow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy import Table, case

from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.descriptions import read_data_source, read_lifecycle
from hub.domain.openlineage.facets import (
    DBT_NODE,
    read_job_type,
    read_owners,
    read_schema,
    read_stable_name,
    read_symlinks,
    read_tags,
)
from hub.domain.openlineage.lenient import label_of
from hub.store import dialect, identity, inference_dues
from hub.store.packing import pack
from hub.store.projection.batch import Batch, Mention, Span
from hub.store.projection.columns import ToldFields
from hub.store.projection.containers import LIFECYCLE, SQL, Container, FacetValue, Schema
from hub.store.projection.memory import Content, Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_rows,
    matching,
    put_rows,
    select_in,
    update_rows,
)
from hub.store.tables import (
    data_source,
    facet,
    facet_content,
    facet_span,
    field,
    job,
    job_alias,
    lifecycle,
    owner,
    schema_version,
    symlink,
    symlink_told,
    tag,
)

DATASET: Final = "dataset"
JOB: Final = "job"

_SYMLINKS: Final = "symlinks"
# Facets of datasets by which SQL is understood.
_FOR_INFERENCE: Final = {"schema": inference_dues.FIELDS, _SYMLINKS: inference_dues.NAMES}
# Facets that say what else a thing is called.
_OF_IDENTITY: Final = frozenset({(DATASET, _SYMLINKS), (JOB, DBT_NODE)})

_TIMES: Final = ("first_seen", "last_seen", "rank", "first_position")
_CONTENT: Final = ", ".join(
    ("c.digest", *(f"s.{column}" for column in _TIMES), "s.id", "c.partial")
)
# VALUES has columns named column1, column2… on SQLite and PostgreSQL alike.
_FIND_IN_FORCE: Final = f"""
SELECT f.owner_kind, f.owner_id, f.name, {_CONTENT}
FROM {{keys}} AS t
JOIN facet f ON f.owner_kind = t.column1 AND f.owner_id = t.column2
JOIN facet_content c ON c.owner_kind = f.owner_kind AND c.owner_id = f.owner_id
  AND c.name = f.name AND c.digest = f.digest
JOIN facet_span s ON s.id = c.span_id
"""  # noqa: S608 - columns of ours
_FIND_CONTENTS: Final = f"""
SELECT c.owner_kind, c.owner_id, c.name, {_CONTENT}
FROM {{keys}} AS t
JOIN facet_content c ON c.owner_kind = t.column1 AND c.owner_id = t.column2
  AND c.name = t.column3 AND c.digest = t.column4
JOIN facet_span s ON s.id = c.span_id
"""  # noqa: S608 - columns of ours
_FIND_SCHEMAS: Final = matching(
    "dataset_id, digest, first_seen, last_seen, first_position",
    "schema_version",
    ("dataset_id", "digest"),
)


class _Owner(NamedTuple):
    """What a facet is attached to: a dataset or job, by id."""

    kind: str
    id: int


class _Said(NamedTuple):
    """One content of a facet, as the batch says it."""

    content: Content
    value: FacetValue


class _Winner(NamedTuple):
    """A facet whose content in force is another one now."""

    owner: _Owner
    name: str
    value: FacetValue


class _Rows:
    """What is to be written: contents that are new, and when those that are stored were said."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._contents: list[RowValues] = []
        self._spans: list[RowValues] = []
        self._moved: list[RowValues] = []

    def add(self, facet: tuple[_Owner, str], said: _Said) -> Content:
        """Add a content that its facet has not had; return it as it is stored."""
        (owner, name), (content, value) = facet, said
        span_id = self._writing.new_id(facet_span)
        packed = value.is_deleted, value.is_partial, value.size, pack(value.body)
        self._contents.append((*owner, name, content.digest, span_id, *packed))
        self._spans.append((span_id, *_times(content)))
        return replace(content, span_id=span_id)

    def move(self, content: Content) -> None:
        """Have it written when a content was said that is stored."""
        self._moved.append((*_times(content), content.span_id))

    def write(self) -> None:
        """Write all."""
        connection = self._writing.connection
        insert_rows(connection, facet_content, self._contents)
        insert_rows(connection, facet_span, self._spans)
        update_rows(connection, facet_span, _TIMES, self._moved)


# By owner, facet key and digest.
_Contents = dict[_Owner, dict[str, dict[bytes, _Said]]]


class _Derivation(NamedTuple):
    """Rows that stand for a facet's content; they are replaced whole when another one wins."""

    kind: str
    facet: str
    table: Table
    key: tuple[str, ...]
    rows: Callable[[_Owner, Raw], Iterable[RowValues]]


def write_facets(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> None:
    """Write what the batch's facets contain, and which contents are in force by now."""
    mentions = {_Owner(DATASET, datasets[key]): each for key, each in batch.datasets.items()}
    mentions.update((_Owner(JOB, jobs[key]), each) for key, each in batch.said_of_jobs().items())
    in_force = writing.memory.facets
    _recall_in_force(writing, [key for key in mentions if key not in in_force])
    rows = _Rows(writing)
    said = {key: _contents(each, in_force[key], rows) for key, each in mentions.items()}
    stored = _recall_others(writing, said)
    winners: list[_Winner] = []
    texts: list[int] = []
    is_touched = False
    for key, facets in said.items():
        held = in_force[key]
        for name, contents in facets.items():
            before = held.get(name)
            if before is not None and contents.keys() == {before.digest}:
                after = _say_again(contents[before.digest].content, before, rows)
            else:
                after = _compete((key, name), contents, before, stored, rows)
            held[name] = after
            if before is not None and after.first_at < before.first_at:
                is_touched |= (key.kind, name) in _OF_IDENTITY
            if before is None or before.digest != after.digest:
                winners.append(_Winner(key, name, contents[after.digest].value))
            if name == SQL and key.kind == JOB and _turns(contents, before, after):
                texts.append(key.id)
    inference_dues.mark(writing.connection, inference_dues.JOB, texts)
    for name, kind in _FOR_INFERENCE.items():
        changed = (w.owner.id for w in winners if (w.owner.kind, w.name) == (DATASET, name))
        inference_dues.mark(writing.connection, kind, changed)
    rows.write()
    put_rows(writing.connection, facet, [(*w.owner, w.name, w.value.digest) for w in winners])
    for derivation in _DERIVATIONS:
        _derive(writing, derivation, winners)
    _write_job_types(writing, winners)
    is_touched |= any(_tells_of_identity(each, in_force) for each in winners)
    _write_told_symlinks(writing, said)
    if _write_lifecycles(writing, said) or is_touched:
        identity.touch(writing.connection)


def _say_again(said: Content, before: Content, rows: _Rows) -> Content:
    """Return a content that is stored, with the times at which it has been said by now."""
    now = before.widened(said)
    if now != before:
        rows.move(now)
    return now


def _compete(
    facet: tuple[_Owner, str],
    contents: Mapping[bytes, _Said],
    before: Content | None,
    stored: Mapping[tuple[str, int, str, bytes], Content],
    rows: _Rows,
) -> Content:
    """Return which content of a facet is in force now; add to ``rows`` what is to be written."""
    owner, name = facet
    best = before
    for digest, said in contents.items():
        known = before if before and before.digest == digest else None
        known = known or stored.get((*owner, name, digest))
        now = rows.add(facet, said) if known is None else _say_again(said.content, known, rows)
        if best is None or best.digest == digest or best.order < now.order:
            best = now
    assert best is not None  # noqa: S101 - a facet that is said has contents
    return best


def _times(content: Content) -> tuple[int, int, int, int]:
    """Return the columns of ``facet_span`` that change when a content is said again."""
    return content.first_at, content.last_at, content.rank, content.position


def _turns(contents: Collection[bytes], before: Content | None, after: Content) -> bool:
    """Whether more may have changed than when the content in force was last said."""
    return (
        before is None
        or (before.digest, before.first_at) != (after.digest, after.first_at)
        or any(digest != after.digest for digest in contents)
    )


def write_schema_versions(
    writing: Writing, batch: Batch, datasets: Mapping[DatasetName, int]
) -> ToldFields:
    """Write which schemas each dataset has had, with the first and last time of each.

    Return the fields of those that are new.
    """
    spans: dict[tuple[int, bytes], Span] = {}
    schemas: dict[tuple[int, bytes], Schema] = {}
    for name, contents in batch.datasets.items():
        for container, mention in contents.items():
            if container.schema is not None:
                key = datasets[name], container.schema.digest
                schemas[key] = container.schema
                span = mention.span
                spans[key] = spans[key].widened(span) if key in spans else span
    known = writing.memory.schemas
    missing = [key for key in spans if key not in known]
    for dataset_id, digest, *found in select_in(writing.connection, _FIND_SCHEMAS, missing):
        known[dataset_id, bytes(digest)] = Span(*found)
    new: list[RowValues] = []
    moved: list[RowValues] = []
    for key, span in spans.items():
        before = known.get(key)
        now = known[key] = span if before is None else before.widened(span)
        times = now.first_at, now.last_at, now.position
        if before is None:
            new.append((*key, *times, schemas[key].is_partial, schemas[key].body))
        elif now != before:
            moved.append((*times, *key))
    insert_rows(writing.connection, schema_version, new)
    columns = ("first_seen", "last_seen", "first_position")
    update_rows(writing.connection, schema_version, columns, moved)
    fields: ToldFields = {}
    for dataset_id, digest, *_ in new:
        position = spans[dataset_id, digest].position
        for each in schemas[dataset_id, digest].fields:
            node = dataset_id, each.name
            fields[node] = min(position, fields.get(node, position))
    return fields


def _contents(
    mentions: Mapping[Container, Mention], held: dict[str, Content], rows: _Rows
) -> dict[str, dict[bytes, _Said]]:
    """Return what is said of a thing, but for what is in force and is only said again later."""
    found: dict[str, dict[bytes, _Said]] = {}
    again: set[str] = set()
    for container, mention in mentions.items():
        first_at, last_at, rank, position = mentioned = (
            *(mention.first_at, mention.last_at),
            *(mention.rank, mention.position),
        )
        for name, value in container.facets.items():
            before = held.get(name)
            if (
                before is not None
                and before.digest == value.digest
                and before.first_at <= first_at
                and before.position <= position
                and name != LIFECYCLE
            ):
                # As nearly always; what follows comes to the same and takes longer.
                if (last_at, rank) > (before.last_at, before.rank):
                    since, span_id = before.first_at, before.span_id
                    held[name] = Content(
                        *(before.digest, since, last_at, rank, before.position),
                        *(span_id, before.is_partial),
                    )
                    again.add(name)
                continue
            content = Content(value.digest, *mentioned, is_partial=value.is_partial)
            said = found.setdefault(name, {})
            if value.digest in said:
                content = said[value.digest].content.widened(content)
            said[value.digest] = _Said(content, value)
    for name in again:
        rows.move(held[name])
    return found


def _recall_in_force(writing: Writing, owners: Iterable[_Owner]) -> None:
    known = writing.memory.facets
    missing = list(owners)
    known.update((key, {}) for key in missing)
    for kind, key, name, *content in select_in(writing.connection, _FIND_IN_FORCE, missing):
        known[kind, key][name] = _content(content)


def _recall_others(writing: Writing, said: _Contents) -> dict[tuple[str, int, str, bytes], Content]:
    """Return what is stored of the contents that are said and not in force."""
    in_force = writing.memory.facets
    wanted = [
        (*key, name, digest)
        for key, facets in said.items()
        for name, contents in facets.items()
        if (held := in_force[key].get(name)) is not None
        for digest in contents
        if digest != held.digest
    ]
    found = select_in(writing.connection, _FIND_CONTENTS, wanted)
    return {
        (kind, key, name, bytes(digest)): _content((digest, *rest))
        for kind, key, name, digest, *rest in found
    }


def _content(row: Sequence[Any]) -> Content:
    digest, *rest = row
    return Content(bytes(digest), *rest)


def _derive(writing: Writing, derivation: _Derivation, changed: Iterable[_Winner]) -> None:
    subject = derivation.kind, derivation.facet
    winners = [each for each in changed if (each.owner.kind, each.name) == subject]
    keys = [each.owner[-len(derivation.key) :] for each in winners]
    delete_rows(writing.connection, derivation.table, derivation.key, keys)
    rows = [
        row
        for each in winners
        if each.value.body is not None
        for row in derivation.rows(each.owner, Raw(each.value.body))
    ]
    insert_rows(writing.connection, derivation.table, rows)


def _write_job_types(writing: Writing, changed: Iterable[_Winner]) -> None:
    rows = []
    for each in changed:
        if (each.owner.kind, each.name) == (JOB, "jobType"):
            body = each.value.body
            said = None if body is None else read_job_type(Raw(body))
            rows.append((*(said or (None, None, None)), each.owner.id))
    columns = ("processing_type", "integration", "job_type")
    update_rows(writing.connection, job, columns, rows)


def _tells_of_identity(winner: _Winner, in_force: Mapping[Any, Mapping[str, Content]]) -> bool:
    """Whether a facet's new content may make other names one thing."""
    if winner.owner.kind == JOB and winner.name == "jobType":
        return DBT_NODE in in_force[winner.owner]
    return (winner.owner.kind, winner.name) in _OF_IDENTITY


def _write_lifecycles(writing: Writing, said: _Contents) -> bool:
    """Write when datasets were created and renamed, whatever was said of them later."""
    rows: dict[tuple[int, str, str, str], int] = {}
    for key, facets in said.items():
        for content, value in facets.get(LIFECYCLE, {}).values() if key.kind == DATASET else ():
            found = None if value.body is None else read_lifecycle(Raw(value.body))
            if found is None or found.change not in (identity.RENAME, identity.CREATE):
                continue
            before = found.previous if found.change == identity.RENAME else ("", "")
            if before is not None:
                row = key.id, found.change, *before
                rows[row] = max(content.last_at, rows.get(row, content.last_at))
    if rows:
        insert = dialect.insert(writing.connection, lifecycle)
        newest = case(
            (lifecycle.c.said_at < insert.excluded.said_at, insert.excluded.said_at),
            else_=lifecycle.c.said_at,
        )
        statement = insert.on_conflict_do_update(
            index_elements=[*lifecycle.primary_key], set_={"said_at": newest}
        )
        names = [column.name for column in lifecycle.columns]
        writing.connection.execute(
            statement, [dict(zip(names, (*row, at), strict=True)) for row, at in rows.items()]
        )
    return bool(rows)


def _write_told_symlinks(writing: Writing, said: _Contents) -> None:
    """Write what else datasets were called, whatever was said of them later."""
    rows = {
        (key.id, *each.dataset)
        for key, facets in said.items()
        for _, value in (facets.get(_SYMLINKS, {}).values() if key.kind == DATASET else ())
        if value.body is not None
        for each in read_symlinks(Raw(value.body))
    }
    if rows:
        insert = dialect.insert(writing.connection, symlink_told).on_conflict_do_nothing()
        names = [column.name for column in symlink_told.columns]
        writing.connection.execute(insert, [dict(zip(names, row, strict=True)) for row in rows])


def _alias_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    name = read_stable_name(raw)
    return () if name is None else ((key.id, name),)


def _field_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    for ordinal, each in enumerate(read_schema(raw)):
        yield key.id, each.name, ordinal, each.type, each.description


def _owner_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((*key, *each) for each in read_owners(raw))


def _tag_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((*key, *each) for each in read_tags(raw))


def _symlink_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((key.id, *each.dataset, each.type) for each in read_symlinks(raw))


def _source_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    source = read_data_source(raw)
    name = label_of(source.name) if source else None
    return () if source is None or name is None else ((key.id, name, source.uri),)


_ENTITY: Final = ("entity_kind", "entity_id")
_DERIVATIONS: Final = (
    _Derivation(DATASET, "schema", field, ("dataset_id",), _field_rows),
    _Derivation(DATASET, _SYMLINKS, symlink, ("dataset_id",), _symlink_rows),
    _Derivation(JOB, DBT_NODE, job_alias, ("job_id",), _alias_rows),
    _Derivation(DATASET, "dataSource", data_source, ("dataset_id",), _source_rows),
    *(_Derivation(kind, "ownership", owner, _ENTITY, _owner_rows) for kind in (DATASET, JOB)),
    *(_Derivation(kind, "tags", tag, _ENTITY, _tag_rows) for kind in (DATASET, JOB)),
)
