"""Namespaces, datasets and jobs: their ids, and when they were first and last seen."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from sqlalchemy import Table

from hub.domain.names import DatasetName, JobName
from hub.store.projection.batch import Batch
from hub.store.projection.memory import Seen, Writing
from hub.store.projection.rows import RowValues, insert_rows, select_in, update_rows
from hub.store.tables import dataset, job, namespace

_Name = TypeVar("_Name", DatasetName, JobName)


class Span(NamedTuple):
    """The first and last time at which something was named; None for a mere parent.

    ``known_at`` is the position from which on the hub has known it.
    """

    first_at: int | None
    last_at: int | None
    known_at: int

    def widened(self, first_at: int | None, last_at: int | None, known_at: int) -> Span:
        """Return the span that includes both."""
        firsts = [at for at in (self.first_at, first_at) if at is not None]
        lasts = [at for at in (self.last_at, last_at) if at is not None]
        first, last = min(firsts, default=None), max(lasts, default=None)
        return Span(first, last, min(self.known_at, known_at))


_NEVER = Span(None, None, sys.maxsize)


def write_datasets(writing: Writing, batch: Batch) -> dict[DatasetName, int]:
    """Write every dataset that the batch names, as itself or as the source of a field."""
    spans: dict[DatasetName, Span] = {}
    for name, contents in batch.datasets.items():
        for container, mention in contents.items():
            for each in (name, *container.sources):
                span = spans.get(each, _NEVER)
                spans[each] = span.widened(mention.first_at, mention.last_at, mention.known_at)
    return _write(writing, dataset, writing.memory.datasets, spans)


def write_jobs(writing: Writing, batch: Batch) -> dict[JobName, int]:
    """Write every job that the batch names, as itself or as the job of a parent run."""
    spans: dict[JobName, Span] = {}
    for draft in batch.runs.values():
        for run, known_at in draft.ancestors.items():
            spans[run.job] = spans.get(run.job, _NEVER).widened(None, None, known_at)
    for name, contents in batch.jobs.items():
        for mention in contents.values():
            span = spans.get(name, _NEVER)
            spans[name] = span.widened(mention.first_at, mention.last_at, mention.known_at)
    return _write(writing, job, writing.memory.jobs, spans)


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
            seen = known[name] = Seen(writing.new_id(table), span.first_at, span.last_at)
            new.append((seen.id, writing.memory.namespaces[name.namespace], name.name, *span))
            continue
        wider = span.widened(seen.first_at, seen.last_at, span.known_at)
        if wider[:2] != (seen.first_at, seen.last_at):
            seen.first_at, seen.last_at = wider[:2]
            moved.append((*wider[:2], seen.id))
    columns = ("id", "namespace_id", "name", "first_seen", "last_seen", "known_from")
    insert_rows(writing.connection, table, new, columns)
    update_rows(writing.connection, table, ("first_seen", "last_seen"), moved)
    return {name: known[name].id for name in spans}


def _recall(writing: Writing, table: Table, known: dict[_Name, Seen], names: list[_Name]) -> None:
    """Read what the store has of names that are not remembered."""
    _write_namespaces(writing, {name.namespace for name in names})
    ids = writing.memory.namespaces
    by_key = {(ids[name.namespace], name.name): name for name in names}
    statement = (
        "SELECT namespace_id, name, id, first_seen, last_seen"  # noqa: S608 - a table of ours
        f" FROM {table.name} WHERE (namespace_id, name) IN"
    )
    for namespace_id, name, *seen in select_in(writing.connection, statement, by_key):
        known[by_key[namespace_id, name]] = Seen(*seen)


def _write_namespaces(writing: Writing, names: Iterable[str]) -> None:
    known = writing.memory.namespaces
    missing = [(name,) for name in names if name not in known]
    statement = "SELECT name, id FROM namespace WHERE (name) IN"
    known.update(map(tuple, select_in(writing.connection, statement, missing)))
    new = [(writing.new_id(namespace), name) for (name,) in missing if name not in known]
    insert_rows(writing.connection, namespace, new)
    known.update((name, key) for key, name in new)
