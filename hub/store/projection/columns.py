"""Fields as nodes of lineage, and which of them each job makes out of which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from hub.domain.names import DatasetName, JobName
from hub.store.projection.batch import Batch, InferenceDraft
from hub.store.projection.containers import Columns
from hub.store.projection.memory import ColumnEnds, ColumnSetKey, Writing
from hub.store.projection.rows import insert_rows, matching, select_in
from hub.store.tables import column_dependency, column_node

_FIND_NODES: Final = matching("dataset_id, name, id", "column_node", ("dataset_id", "name"))
_DEPENDENCY: Final = (
    *("job_id", "source_id", "target_id"),
    *("kind", "subtype", "masking", "description"),
)
_FIND_DEPENDENCIES: Final = matching(
    f"id, {', '.join(_DEPENDENCY)}", "column_dependency", _DEPENDENCY
)
_FIND_ENDS: Final = matching("id, job_id, source_id, target_id", "column_dependency", ("id",))


# Fields as (dataset id, name), and the position of the first entry that told of each.
ToldFields = dict[tuple[int, str], int]


class _Said(NamedTuple):
    """What a job says of the columns of one of its outputs, and where it was told first."""

    job_id: int
    dataset_id: int
    columns: Columns
    position: int


def column_set_key(job_id: int, dataset_id: int, columns: Columns) -> ColumnSetKey:
    """Return what a set of columns is remembered by."""
    return job_id, dataset_id, columns.digest


class _Dependency(NamedTuple):
    job_id: int
    source_id: int
    target_id: int
    kind: str
    subtype: str
    masking: bool
    description: str


def _ensure_column_nodes(writing: Writing, nodes: ToldFields) -> None:
    """Give every field an id of its own, and remember it."""
    known = writing.memory.column_nodes
    missing = [node for node in nodes if node not in known]
    for dataset_id, name, key in select_in(writing.connection, _FIND_NODES, missing):
        known[dataset_id, name] = key
    rows = []
    for node in missing:
        if node not in known:
            known[node] = writing.new_id(column_node)
            rows.append((known[node], *node, nodes[node]))
    insert_rows(writing.connection, column_node, rows)


def ensure_column_sets(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
    fields: ToldFields,
) -> None:
    """Give every dependency an id, and remember which ones each facet stands for.

    ``fields`` are others that are to be nodes too.
    """
    known = writing.memory.column_sets
    missing: dict[ColumnSetKey, _Said] = {}
    nodes = dict(fields)
    for usage, told in batch.usages.items():
        position = told.position
        for output, columns in usage.outputs.columns:
            each = _Said(jobs[usage.job], datasets[output], columns, position)
            key = column_set_key(each.job_id, each.dataset_id, columns)
            if key in known or (key in missing and missing[key].position <= position):
                continue
            missing[key] = each
            for node in _nodes(each, datasets):
                nodes[node] = min(position, nodes.get(node, position))
    _ensure_column_nodes(writing, nodes)
    wanted = {key: _dependencies(writing, each, datasets) for key, each in missing.items()}
    ids = _ensure_dependencies(writing, {one for each in wanted.values() for one in each})
    known.update((key, frozenset(ids[one] for one in each)) for key, each in wanted.items())


def ensure_inferred_columns(
    writing: Writing,
    said: Iterable[InferenceDraft],
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> list[frozenset[int]]:
    """Return the ids of the dependencies that each part of each inference says, in order."""
    told: ToldFields = {}
    ends = []
    for draft in said:
        for part in draft.said:
            pairs = [
                (
                    (datasets[each.source], each.source_field),
                    (datasets[each.target], each.target_field),
                )
                for each in part.fields
            ]
            ends.append((jobs[draft.job], pairs))
            told.update((node, draft.place.told_at) for pair in pairs for node in pair)
    _ensure_column_nodes(writing, told)
    nodes = writing.memory.column_nodes
    wanted = [
        {
            _Dependency(
                *(job_id, nodes[source], nodes[target], "DIRECT", ""),
                masking=False,
                description="",
            )
            for source, target in pairs
        }
        for job_id, pairs in ends
    ]
    ids = _ensure_dependencies(writing, {one for each in wanted for one in each})
    return [frozenset(ids[one] for one in each) for each in wanted]


def recall_column_ends(writing: Writing, ids: Collection[int]) -> dict[int, ColumnEnds]:
    """Return the job, source and target of dependencies."""
    known = writing.memory.column_ends
    missing = [(key,) for key in ids if key not in known]
    for key, *ends in select_in(writing.connection, _FIND_ENDS, missing):
        known[key] = ColumnEnds(*ends)
    return {key: known[key] for key in ids}


def _nodes(said: _Said, datasets: Mapping[DatasetName, int]) -> Iterable[tuple[int, str]]:
    for each in said.columns.dependencies:
        yield datasets[each.source.dataset], each.source.field
        yield said.dataset_id, each.target


def _dependencies(
    writing: Writing, said: _Said, datasets: Mapping[DatasetName, int]
) -> list[_Dependency]:
    nodes = writing.memory.column_nodes
    return [
        _Dependency(
            said.job_id,
            nodes[datasets[each.source.dataset], each.source.field],
            nodes[said.dataset_id, each.target],
            each.kind,
            each.subtype,
            each.masking,
            each.description,
        )
        for each in said.columns.dependencies
    ]


def _ensure_dependencies(
    writing: Writing, wanted: Collection[_Dependency]
) -> dict[_Dependency, int]:
    found = {}
    for key, *parts in select_in(writing.connection, _FIND_DEPENDENCIES, wanted):
        found[_Dependency(*parts)] = key
    rows = []
    for one in wanted:
        if one not in found:
            found[one] = writing.new_id(column_dependency)
            rows.append((found[one], *one))
    insert_rows(writing.connection, column_dependency, rows)
    ends = writing.memory.column_ends
    ends.update((key, ColumnEnds(*one[:3])) for one, key in found.items())
    return found
