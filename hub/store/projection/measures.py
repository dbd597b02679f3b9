"""What runs wrote and measured: dataset versions, counts, and the outcomes of tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias, TypeVar

from hub.domain.names import DatasetName
from hub.domain.openlineage.changes import FILLS, TRUNCATE, brings_data
from hub.domain.openlineage.facets import Assertion, Measures
from hub.domain.openlineage.runs import Order, RunState
from hub.store.projection.containers import LIFECYCLE, SCHEMA, VERSION
from hub.store.projection.memory import RunRow, Writing
from hub.store.projection.rows import (
    RowValues,
    delete_rows,
    insert_rows,
    matching,
    put_rows,
    select_in,
)
from hub.store.projection.runs import RunChange, wins
from hub.store.projection.sets import recall_members
from hub.store.tables import dataset_metric, dataset_version, quality_assertion

_FIND_VERSIONS: Final = matching(
    "dataset_id, run_id, written_at, version, schema_digest, change,"
    " version_order, schema_order, change_order",
    "dataset_version",
    ("dataset_id", "run_id"),
)
_FIND_METRICS: Final = matching(
    "run_id, dataset_id, side, event_time, rank, digest",
    "dataset_metric",
    ("run_id", "dataset_id", "side"),
)
_FIND_ASSERTIONS: Final = (
    matching(
        "run_id, dataset_id, event_time, rank, digest",
        "quality_assertion",
        ("run_id", "dataset_id"),
    )
    + " AND ordinal = 0"
)


_V = TypeVar("_V")


class _VersionRow(NamedTuple):
    """A row of ``dataset_version``: the same columns in the same order."""

    dataset_id: int
    run_id: int
    written_at: int | None = None
    version: str | None = None
    schema_digest: bytes | None = None
    change: str | None = None
    version_order: bytes | None = None
    schema_order: bytes | None = None
    change_order: bytes | None = None


_UNKNOWN: Final = _VersionRow(0, 0)
# Rows that are written in the order of their keys take less time.
_VERSION_KEY: Final = itemgetter(slice(2))
# What is said of a dataset outweighs what a job's SQL does to all of its datasets, but that a run
# truncates one does not say that it leaves it empty.
_BY_SQL: Final = b"\0"
_TRUNCATED: Final = b"\1"
_FILLED_BY_SQL: Final = b"\2"
_SAID: Final = b"\3"


def write_measures(
    writing: Writing, changes: list[RunChange], datasets: Mapping[DatasetName, int]
) -> None:
    """Write what the changed runs say of the data that they read and wrote."""
    _write_versions(writing, changes, datasets)
    _write_metrics(writing, changes, datasets)
    _write_assertions(writing, changes, datasets)


def _write_versions(
    writing: Writing, changes: Collection[RunChange], datasets: Mapping[DatasetName, int]
) -> None:
    sets = (row.output_set_id for each in changes for row in (each.before, each.after))
    members = recall_members(writing, sets)
    stored = {}
    old = [
        (dataset_id, each.after.id)
        for each in changes
        for dataset_id in members[each.before.output_set_id]
    ]
    for found in select_in(writing.connection, _FIND_VERSIONS, old):
        old_row = _VersionRow(*found)
        stored[old_row.dataset_id, old_row.run_id] = old_row
    rows: list[RowValues] = []
    for change in changes:
        if change.after.output_set_id is None:
            continue
        versions, schemas, lifecycles = _claims(change, datasets)
        for dataset_id in members[change.after.output_set_id]:
            key = dataset_id, change.after.id
            held = stored.get(key)
            before = held or _UNKNOWN
            version, version_order = _best(
                versions.get(dataset_id), before.version, before.version_order
            )
            schema, schema_order = _best(
                schemas.get(dataset_id), before.schema_digest, before.schema_order
            )
            done, done_order = _best(lifecycles.get(dataset_id), before.change, before.change_order)
            written_at = _written_at(change.after, done)
            said = version, schema, done, version_order, schema_order, done_order
            row = (*key, written_at, *said)
            if row != held:
                rows.append(row)
    put_rows(writing.connection, dataset_version, sorted(rows, key=_VERSION_KEY))


_Claims: TypeAlias = dict[int, tuple[bytes, _V]]


def _claims(
    change: RunChange, datasets: Mapping[DatasetName, int]
) -> tuple[_Claims[str], _Claims[bytes], _Claims[str]]:
    """Return what the run's outputs say of their version, their schema, and what was done to them.

    Each goes with its packed order.
    """
    versions: _Claims[str] = {}
    schemas: _Claims[bytes] = {}
    lifecycles: _Claims[str] = {}
    for usage, told in change.draft.usages.items():
        when, done = told.packed(), usage.container.change_by_sql
        if done is not None:
            order = _FILLED_BY_SQL if done == FILLS else _BY_SQL + when + done.encode()
            for each in usage.outputs.named:
                _claim(lifecycles, datasets[each.dataset], order, done)
        for each in usage.outputs.versioned:
            key, said = datasets[each.dataset], each.container
            if said.version is not None:
                _claim(versions, key, when + said.facets[VERSION].digest, said.version)
            if said.schema is not None:
                _claim(schemas, key, when + said.facets[SCHEMA].digest, said.schema.digest)
            if said.change is not None:
                weight = _TRUNCATED if said.change.upper() == TRUNCATE else _SAID
                order = weight + when + said.facets[LIFECYCLE].digest
                _claim(lifecycles, key, order, said.change)
    return versions, schemas, lifecycles


def _claim(claims: _Claims[_V], key: int, order: bytes, said: _V) -> None:
    if key not in claims or claims[key][0] < order:
        claims[key] = order, said


def _written_at(row: RunRow, change: str | None) -> int | None:
    return row.ended_at if row.state == RunState.COMPLETE and brings_data(change) else None


def _best(
    said: tuple[bytes, _V] | None, held: _V | None, order: bytes | None
) -> tuple[_V | None, bytes | None]:
    """Return what wins, and its packed order."""
    if said is not None and wins(said[0], order):
        return said[1], said[0]
    return held, order


def _write_metrics(
    writing: Writing, changes: Iterable[RunChange], datasets: Mapping[DatasetName, int]
) -> None:
    claims: dict[tuple[int, int, str], tuple[Order, Measures]] = {}
    old = []
    for change in changes:
        for (name, side), claim in change.draft.metrics.items():
            key = change.after.id, datasets[name], side
            claims[key] = claim
            if change.was_measured:
                old.append(key)
    stored = {}
    for run_id, dataset_id, side, at, rank, digest in select_in(
        writing.connection, _FIND_METRICS, old
    ):
        stored[run_id, dataset_id, side] = Order(at, rank, bytes(digest))
    put_rows(
        writing.connection,
        dataset_metric,
        [
            (*key, *measures, *(order.event_time, order.rank, order.digest))
            for key, (order, measures) in claims.items()
            if key not in stored or order > stored[key]
        ],
    )


def _write_assertions(
    writing: Writing, changes: Iterable[RunChange], datasets: Mapping[DatasetName, int]
) -> None:
    claims: dict[tuple[int, int], tuple[Order, tuple[Assertion, ...]]] = {}
    old = []
    for change in changes:
        for name, claim in change.draft.assertions.items():
            key = change.after.id, datasets[name]
            claims[key] = claim
            if change.was_measured:
                old.append(key)
    stored = {}
    for run_id, dataset_id, at, rank, digest in select_in(
        writing.connection, _FIND_ASSERTIONS, old
    ):
        stored[run_id, dataset_id] = Order(at, rank, bytes(digest))
    winners = {
        key: claim for key, claim in claims.items() if key not in stored or claim[0] > stored[key]
    }
    replaced = [key for key in winners if key in stored]
    delete_rows(writing.connection, quality_assertion, ("run_id", "dataset_id"), replaced)
    insert_rows(
        writing.connection,
        quality_assertion,
        [
            (*key, ordinal, *assertion, *(order.event_time, order.rank, order.digest))
            for key, (order, assertions) in winners.items()
            for ordinal, assertion in enumerate(assertions)
        ],
    )
