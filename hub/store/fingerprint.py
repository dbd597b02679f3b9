"""One hash of everything that ``project`` derives from OpenLineage events alone.

Rows are hashed by natural keys, each by itself, and summed: so the hash does not depend on ids,
on the order of rows, nor on anything that depends on when an event came. Left out are positions,
revisions, and the sets that only save space (see DESIGN's list in ADR 1).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec
from sqlalchemy import Connection, text

DIGEST_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * DIGEST_BYTES)
_FETCH: Final = 5_000

_DATASET: Final = "dn.name, d.name"
_JOB: Final = "jn.name, j.name"
_OF_DATASET: Final = "JOIN dataset d ON d.id = {ref} JOIN namespace dn ON dn.id = d.namespace_id"
_OF_JOB: Final = "JOIN job j ON j.id = {ref} JOIN namespace jn ON jn.id = j.namespace_id"
_OF_RUN: Final = "JOIN run r ON r.id = {ref} " + _OF_JOB.format(ref="r.job_id")


def _of_dataset(columns: str, table: str) -> str:
    joined = _OF_DATASET.format(ref="t.dataset_id")
    return f"SELECT {_DATASET}, {columns} FROM {table} t {joined}"  # noqa: S608 - names of ours


def _of_run_and_dataset(columns: str, table: str) -> str:
    joined = f"{_OF_DATASET.format(ref='t.dataset_id')} {_OF_RUN.format(ref='t.run_id')}"
    return f"SELECT {_JOB}, r.run_id, {_DATASET}, {columns} FROM {table} t {joined}"  # noqa: S608 - names of ours


def _of_entity(columns: str, table: str, kind: str, prefix: str) -> str:
    """Rows that belong to a dataset or a job, by ``kind``."""
    name, join = (_DATASET, _OF_DATASET) if kind == "dataset" else (_JOB, _OF_JOB)
    joined = join.format(ref=f"t.{prefix}_id")
    where = f"WHERE t.{prefix}_kind = '{kind}'"
    return f"SELECT t.{prefix}_kind, {name}, {columns} FROM {table} t {joined} {where}"  # noqa: S608 - names of ours


_RUN_COLUMNS: Final = (
    "r.run_id, r.state, r.attempt, r.started_at, r.ended_at, r.first_event_at, r.last_event_at,"
    " r.nominal_start_at, r.nominal_end_at, r.producer, r.error_message"
)
_EDGE_COLUMNS: Final = "t.origin, t.ordinal, t.opened_at, t.closed_at, t.first_seen, t.last_seen"
_FIELD_ENDS: Final = (
    "JOIN column_node s ON s.id = t.source_id JOIN column_node g ON g.id = t.target_id"
    " JOIN dataset sd ON sd.id = s.dataset_id JOIN namespace sn ON sn.id = sd.namespace_id"
    " JOIN dataset gd ON gd.id = g.dataset_id JOIN namespace gn ON gn.id = gd.namespace_id"
)
_ASSERTION_COLUMNS: Final = (
    "t.ordinal, t.assertion, t.field, t.success, t.severity, t.name, t.expected, t.actual,"
    " t.event_time"
)

# What each table says, with names in place of ids.
QUERIES: Final[dict[str, tuple[str, ...]]] = {
    "namespace": ("SELECT name FROM namespace",),
    "dataset": (
        (
            "SELECT n.name, d.name, d.first_seen, d.last_seen"
            " FROM dataset d JOIN namespace n ON n.id = d.namespace_id"
        ),
    ),
    "job": (
        (
            "SELECT n.name, j.name, j.processing_type, j.integration, j.job_type, j.first_seen,"
            " j.last_seen FROM job j JOIN namespace n ON n.id = j.namespace_id"
        ),
    ),
    "run": (
        (
            f"SELECT {_JOB}, {_RUN_COLUMNS}, p.run_id, o.run_id FROM run r"  # noqa: S608 - names of ours
            f" {_OF_JOB.format(ref='r.job_id')}"
            " LEFT JOIN run p ON p.id = r.parent_id LEFT JOIN run o ON o.id = r.root_id"
        ),
    ),
    "run_event": (
        (
            f"SELECT {_JOB}, r.run_id, t.event_time, t.digest, t.event_type FROM run_event t"  # noqa: S608 - names of ours
            f" {_OF_RUN.format(ref='t.run_id')}"
        ),
    ),
    "edge": (
        (
            f"SELECT {_JOB}, t.side, {_DATASET}, {_EDGE_COLUMNS} FROM edge t"  # noqa: S608 - names of ours
            f" {_OF_JOB.format(ref='t.job_id')} {_OF_DATASET.format(ref='t.dataset_id')}"
        ),
    ),
    "column_edge": (
        (
            f"SELECT {_JOB}, sn.name, sd.name, s.name, gn.name, gd.name, g.name, c.kind, c.subtype,"  # noqa: S608 - names of ours
            f" c.masking, {_EDGE_COLUMNS} FROM column_edge t"
            f" JOIN column_dependency c ON c.id = t.dependency_id"
            f" {_OF_JOB.format(ref='t.job_id')} {_FIELD_ENDS}"
        ),
    ),
    "facet": tuple(
        _of_entity("t.name, t.event_time, t.rank, t.digest, t.deleted", "facet", kind, "owner")
        for kind in ("dataset", "job")
    ),
    "field": (_of_dataset("t.name, t.ordinal, t.type, t.description", "field"),),
    "schema_version": (
        _of_dataset("t.digest, t.first_seen, t.last_seen, t.fields", "schema_version"),
    ),
    "dataset_version": (
        _of_run_and_dataset("t.written_at, t.version, t.schema_digest", "dataset_version"),
    ),
    "owner": tuple(
        _of_entity("t.name, t.type", "owner", kind, "entity") for kind in ("dataset", "job")
    ),
    "tag": tuple(
        _of_entity("t.field, t.name, t.value, t.source", "tag", kind, "entity")
        for kind in ("dataset", "job")
    ),
    "symlink": (_of_dataset("t.namespace, t.name, t.type", "symlink"),),
    "quality_assertion": (_of_run_and_dataset(_ASSERTION_COLUMNS, "quality_assertion"),),
    "dataset_metric": (
        _of_run_and_dataset(
            "t.side, t.rows, t.bytes, t.files, t.updated_at, t.null_ratio, t.event_time",
            "dataset_metric",
        ),
    ),
}


def fingerprint_tables(connection: Connection) -> dict[str, str]:
    """Return a digest of each table's content, as hex."""
    return {
        name: _digest(connection, name, queries).to_bytes(DIGEST_BYTES, "big").hex()
        for name, queries in QUERIES.items()
    }


def combine(tables: dict[str, str]) -> str:
    """Return one digest of all tables' digests."""
    return blake2b(
        msgspec.json.encode(sorted(tables.items())), digest_size=DIGEST_BYTES
    ).hexdigest()


def _digest(connection: Connection, name: str, queries: tuple[str, ...]) -> int:
    total = 0
    for query in queries:
        rows = connection.execute(text(query), execution_options={"yield_per": _FETCH})
        for row in rows:
            plain = [_plain(value) for value in row]
            encoded = msgspec.msgpack.encode([name, *plain])
            digest = blake2b(encoded, digest_size=DIGEST_BYTES).digest()
            total = (total + int.from_bytes(digest, "big")) % _MODULUS
    return total


def _plain(value: object) -> object:
    """Return a value as both databases give it: booleans are numbers in one of them."""
    if isinstance(value, bool):
        return int(value)
    return bytes(value) if isinstance(value, memoryview) else value
