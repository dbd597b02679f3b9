"""Namespaces, datasets and jobs: their ids, and when they were first and last seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from sqlalchemy import Table

from hub.domain.names import DatasetName, JobName
from hub.store.projection.batch import Batch, Span
from hub.store.projection.memory import Seen, Writing
from hub.store.projection.rows import RowValues, insert_rows, matching, select_in, update_rows
from hub.store.tables import dataset, job, namespace

_Name = TypeVar("_Name", DatasetName, JobName)

_FIND_NAMESPACES: Final = matching("name, id", "namespace", ("name",))
_SPAN: Final = ("first_seen", "last_seen", "first_position")


def write_datasets(writing: Writing, batch: Batch) -> dict[DatasetName, int]:
    """Write every dataset that the batch names, as itself or as the source of a field."""
    spans: dict[DatasetName, Span] = {}
    for name, contents in batch.datasets.items():
        for container, mention in contents.items():
            span = mention.span
            for each in (name, *container.sources):
                _widen(spans, each, span)
    return _write(writing, dataset, writing.memory.datasets, spans)


def write_inferred_datasets(writing: Writing, batch: Batch) -> dict[DatasetName, int]:
    """Write every dataset that inferences name; one that nothing else has named has no times."""
    spans: dict[DatasetName, Span] = {}
    for each in batch.inferences:
        for name in each.datasets:
            _widen(spans, name, Span(None, None, each.place.told_at))
    return _write(writing, dataset, writing.memory.datasets, spans)


def write_jobs(writing: Writing, batch: Batch) -> dict[JobName, int]:
    """Write every job that the batch names, also as a parent's or as one that is waited for."""
    spans: dict[JobName, Span] = {}
    for (_, *elders), told_at in batch.families.jobs.items():
        for elder in elders:
            _widen(spans, elder, Span(None, None, told_at))
    for job_name, edges in batch.dependencies.items():
        for each, told in edges.items():
            for end in (job_name, each.other):
                _widen(spans, end, Span(None, None, told.position))
    for inferred in batch.inferences:
        _widen(spans, inferred.job, Span(None, None, inferred.place.told_at))
    for name, contents in batch.jobs.items():
        for mention in contents.values():
            _widen(spans, name, mention.span)
    return _write(writing, job, writing.memory.jobs, spans)


def _widen(spans: dict[_Name, Span], name: _Name, span: Span) -> None:
    known = spans.get(name)
    spans[name] = span if known is None else known.widened(span)


def _row(span: Span) -> RowValues:
    return span.first_at, span.last_at, span.position


def _write(
    writing: Writing, table: Table, known: dict[_Name, Seen], spans: Mapping[_Name, Span]
) -> dict[_Name, int]:
    _recall(writing, table, known, [name for name in spans if name not in known])
    new: list[RowValues] = []
    moved: list[RowValues] = []
    span: Span
    wider: Span
    for name, span in spans.items():
        seen = known.get(name)
        if seen is None:
            seen = known[name] = Seen(writing.new_id(table), span)
            namespace_id = writing.memory.namespaces[name.namespace]
            new.append((seen.id, namespace_id, name.name, *_row(span)))
            continue
        wider = seen.span.widened(span)
        if wider != seen.span:
            seen.span = wider
            moved.append((*_row(wider), seen.id))
    insert_rows(writing.connection, table, new, ("id", "namespace_id", "name", *_SPAN))
    update_rows(writing.connection, table, _SPAN, moved)
    return {name: known[name].id for name in spans}


def _recall(writing: Writing, table: Table, known: dict[_Name, Seen], names: list[_Name]) -> None:
    """Read what the store has of names that are not remembered."""
    _write_namespaces(writing, {name.namespace for name in names})
    ids = writing.memory.namespaces
    by_key = {(ids[name.namespace], name.name): name for name in names}
    columns = f"namespace_id, name, id, {', '.join(_SPAN)}"
    statement = matching(columns, table.name, ("namespace_id", "name"))
    for namespace_id, name, key, *span in select_in(writing.connection, statement, by_key):
        known[by_key[namespace_id, name]] = Seen(key, Span(*span))


def _write_namespaces(writing: Writing, names: Iterable[str]) -> None:
    known = writing.memory.namespaces
    missing = [(name,) for name in names if name not in known]
    known.update(map(tuple, select_in(writing.connection, _FIND_NAMESPACES, missing)))
    new = [(writing.new_id(namespace), name) for (name,) in missing if name not in known]
    insert_rows(writing.connection, namespace, new)
    known.update((name, key) for key, name in new)
