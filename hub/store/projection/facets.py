"""Facets in force, and the typed rows that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import Raw
from sqlalchemy import Table

from hub.domain.facets import read_job_type, read_owners, read_schema, read_symlinks, read_tags
from hub.domain.names import DatasetName, JobName
from hub.domain.runs import Order
from hub.store.projection.batch import Batch, Mention
from hub.store.projection.columns import KnownFields
from hub.store.projection.containers import Container, FacetValue, Schema
from hub.store.projection.memory import Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_rows,
    put_rows,
    select_in,
    update_rows,
)
from hub.store.tables import facet, field, job, owner, schema_version, symlink, tag

DATASET: Final = "dataset"
JOB: Final = "job"

# Larger bodies stay in the journal only.
_MAX_BODY_BYTES: Final = 1 << 20


class _Owner(NamedTuple):
    """What a facet is attached to: a dataset or job, by id."""

    kind: str
    id: int


class _Winner(NamedTuple):
    """A facet that is now in force."""

    owner: _Owner
    name: str
    order: Order
    value: FacetValue


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
    """Let the batch's facets compete with those in force, and write those that win."""
    said: dict[_Owner, dict[Container, Mention]] = {}
    said.update((_Owner(DATASET, datasets[name]), each) for name, each in batch.datasets.items())
    said.update((_Owner(JOB, jobs[name]), each) for name, each in batch.jobs.items())
    _recall(writing, [key for key in said if key not in writing.memory.facets])
    moved: list[RowValues] = []
    changed: list[_Winner] = []
    for key, contents in said.items():
        held = writing.memory.facets[key]
        for winner in _winners(key, contents):
            before = held.get(winner.name)
            if before is not None and before >= winner.order:
                continue
            held[winner.name] = winner.order
            if before is not None and before.digest == winner.order.digest:
                moved.append((winner.order.event_time, winner.order.rank, *key, winner.name))
            else:
                changed.append(winner)
    update_rows(writing.connection, facet, ("event_time", "rank"), moved)
    put_rows(writing.connection, facet, [_row(winner) for winner in changed])
    for derivation in _DERIVATIONS:
        _derive(writing, derivation, changed)
    _write_job_types(writing, changed)


def write_schema_versions(
    writing: Writing, batch: Batch, datasets: Mapping[DatasetName, int]
) -> KnownFields:
    """Write which schemas each dataset has had, with the first and last time of each.

    Return the fields of those that are new.
    """
    spans: dict[tuple[int, bytes], tuple[int, int]] = {}
    schemas: dict[tuple[int, bytes], Schema] = {}
    known_at: dict[tuple[int, bytes], int] = {}
    for name, contents in batch.datasets.items():
        for container, mention in contents.items():
            if container.schema is not None:
                key = datasets[name], container.schema.digest
                schemas[key] = container.schema
                known_at[key] = min(mention.known_at, known_at.get(key, mention.known_at))
                spans[key] = _wider((mention.first_at, mention.last_at), spans.get(key))
    known = writing.memory.schemas
    missing = [key for key in spans if key not in known]
    statement = (
        "SELECT dataset_id, digest, first_seen, last_seen"
        " FROM schema_version WHERE (dataset_id, digest) IN"
    )
    for dataset_id, digest, first, last in select_in(writing.connection, statement, missing):
        known[dataset_id, bytes(digest)] = first, last
    new = [(*key, *span, schemas[key].body) for key, span in spans.items() if key not in known]
    wider = {key: _wider(span, known[key]) for key, span in spans.items() if key in known}
    moved = [(*span, *key) for key, span in wider.items() if span != known[key]]
    insert_rows(writing.connection, schema_version, new)
    update_rows(writing.connection, schema_version, ("first_seen", "last_seen"), moved)
    known.update(spans | wider)
    fields: KnownFields = {}
    for dataset_id, digest, *_ in new:
        at = known_at[dataset_id, digest]
        for each in schemas[dataset_id, digest].fields:
            node = dataset_id, each.name
            fields[node] = min(at, fields.get(node, at))
    return fields


def _wider(span: tuple[int, int], other: tuple[int, int] | None) -> tuple[int, int]:
    return (min(span[0], other[0]), max(span[1], other[1])) if other else span


def _recall(writing: Writing, owners: list[_Owner]) -> None:
    known = writing.memory.facets
    known.update((key, {}) for key in owners)
    statement = (
        "SELECT owner_kind, owner_id, name, event_time, rank, digest"
        " FROM facet WHERE (owner_kind, owner_id) IN"
    )
    for kind, key, name, event_time, rank, digest in select_in(
        writing.connection, statement, owners
    ):
        known[kind, key][name] = Order(event_time, rank, bytes(digest))


def _winners(key: _Owner, contents: Mapping[Container, Mention]) -> Iterator[_Winner]:
    best: dict[str, _Winner] = {}
    for container, mention in contents.items():
        for name, value in container.facets.items():
            order = Order(mention.last_at, mention.rank, value.digest)
            held = best.get(name)
            if held is None or held.order < order:
                best[name] = _Winner(key, name, order, value)
    yield from best.values()


def _row(winner: _Winner) -> RowValues:
    value = winner.value
    is_kept = not value.is_deleted and len(value.body) <= _MAX_BODY_BYTES
    body = value.body if is_kept else None
    return (*winner.owner, winner.name, *winner.order, value.is_deleted, body)


def _derive(writing: Writing, derivation: _Derivation, changed: Iterable[_Winner]) -> None:
    subject = derivation.kind, derivation.facet
    winners = [each for each in changed if (each.owner.kind, each.name) == subject]
    keys = [each.owner[-len(derivation.key) :] for each in winners]
    delete_rows(writing.connection, derivation.table, derivation.key, keys)
    rows = [
        row
        for each in winners
        if not each.value.is_deleted
        for row in derivation.rows(each.owner, Raw(each.value.body))
    ]
    insert_rows(writing.connection, derivation.table, rows)


def _write_job_types(writing: Writing, changed: Iterable[_Winner]) -> None:
    rows = []
    for each in changed:
        if (each.owner.kind, each.name) == (JOB, "jobType"):
            said = None if each.value.is_deleted else read_job_type(Raw(each.value.body))
            rows.append((*(said or (None, None, None)), each.owner.id))
    columns = ("processing_type", "integration", "job_type")
    update_rows(writing.connection, job, columns, rows)


def _field_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    for ordinal, each in enumerate(read_schema(raw)):
        yield key.id, each.name, ordinal, each.type, each.description


def _owner_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((*key, *each) for each in read_owners(raw))


def _tag_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((*key, *each) for each in read_tags(raw))


def _symlink_rows(key: _Owner, raw: Raw) -> Iterable[RowValues]:
    return ((key.id, *each.dataset, each.type) for each in read_symlinks(raw))


_ENTITY: Final = ("entity_kind", "entity_id")
_DERIVATIONS: Final = (
    _Derivation(DATASET, "schema", field, ("dataset_id",), _field_rows),
    _Derivation(DATASET, "symlinks", symlink, ("dataset_id",), _symlink_rows),
    *(_Derivation(kind, "ownership", owner, _ENTITY, _owner_rows) for kind in (DATASET, JOB)),
    *(_Derivation(kind, "tags", tag, _ENTITY, _tag_rows) for kind in (DATASET, JOB)),
)
