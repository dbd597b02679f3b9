"""Lineage of runs: which run wrote the version that a run read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.datasets import version_shapes
from hub.api.rest.marquez.identifiers import job_uuid, job_version_uuid
from hub.api.rest.marquez.runs import STATES, told_runs
from hub.api.rest.marquez.times import written
from hub.api.rest.marquez.versions import (
    Read,
    find_version,
    names_of,
    version_ids,
    versions_read_by,
)
from hub.domain.names import NodeId
from hub.queries.datasets import DatasetRow, datasets_of_sets, find_datasets
from hub.queries.marquez.runs import children_of, likely_readers
from hub.queries.marquez.versions import Version, written_after
from hub.queries.run_events import said_of
from hub.queries.runs import RunRow, runs_by_id

Shape = dict[str, Any]

# Of one answer.
_MAX_RUNS: Final = 1_000


class _Found(Struct):
    """Runs by the store's ids, what each read and wrote, and from where they were reached."""

    runs: dict[int, RunRow] = field(default_factory=dict)
    reads: dict[int, list[Read]] = field(default_factory=dict)
    hops: dict[int, int] = field(default_factory=dict)


def get_upstream_runs(asking: Asking) -> Shape:
    """Answer ``GET /runlineage/upstream``."""
    run = asking.run(asking.required("runId"))
    found = _Found()
    _walk_up(asking, found, [run], asking.depth())
    every = [each for reads in found.reads.values() for each in reads]
    ids = version_ids(asking, [each.version for each in every], names_of(every))
    writers = runs_by_id(asking.connection, _writers(every))
    members = datasets_of_sets(asking.connection, _sets(found.runs.values()))
    ordered = sorted(found.runs.values(), key=lambda row: (found.hops[row.id], row.job, row.id))
    return {
        "runs": [
            {
                "job": _job(row, members),
                "run": {
                    "id": row.run_id,
                    "start": written(row.started_at),
                    "end": written(row.ended_at),
                    "status": STATES.get(row.state or "NEW", "NEW"),
                },
                "inputs": [
                    {
                        **each.dataset.key._asdict(),
                        "version": ids[each.version],
                        "producedByRunId": writers[each.version.run_id].run_id
                        if each.version.run_id is not None
                        else None,
                    }
                    for each in found.reads.get(row.id, ())
                ],
            }
            for row in ordered
        ]
    }


def get_run_graph(asking: Asking, start: RunRow | tuple[DatasetRow, Version]) -> Shape:
    """Return runs and versions around a run, or around what wrote a version, as a graph.

    With ``aggregateToParentRun`` a run that another one started counts as that other one.
    """
    is_folded = asking.flag("aggregateToParentRun")
    if isinstance(start, RunRow):
        runs = [start]
    else:
        key = start[1].run_id
        runs = list(runs_by_id(asking.connection, [key] if key is not None else []).values())
    found = _Found()
    begin = _with_children(asking, runs) if is_folded else runs
    _walk_up(asking, found, begin, asking.depth())
    _walk_down(asking, found, begin, asking.depth())
    into = _parents(asking, found) if is_folded else dict(found.runs)
    return {"graph": _graph(asking, found, into)}


def version_named(asking: Asking, node: NodeId, version: str) -> tuple[DatasetRow, Version]:
    """Return the version of a dataset that a node id names."""
    row = find_datasets(asking.connection, [node.dataset])[node.dataset]
    return row, find_version(asking, row, version)


def _walk_up(asking: Asking, found: _Found, begin: Collection[RunRow], depth: int) -> None:
    frontier = list(begin)
    for hop in range(depth + 1):
        fresh = _keep(asking, found, frontier, hop)
        reads = [each for row in fresh for each in found.reads[row.id]]
        if not reads:
            return
        frontier = list(runs_by_id(asking.connection, _writers(reads)).values())


def _walk_down(asking: Asking, found: _Found, begin: Collection[RunRow], depth: int) -> None:
    frontier = list(begin)
    for hop in range(1, depth + 1):
        wrote = {
            Version(each.id, row.id, row.ended_at or row.last_event_at or 0, None)
            for row in frontier
            for each in _outputs(asking, [row]).get(row.id, ())
        }
        likely: dict[int, RunRow] = {}
        for version in wrote:
            until = written_after(asking.connection, version)
            for row in likely_readers(asking.connection, version, until):
                likely[row.id] = row
        rows = [row for row in likely.values() if row.id not in found.runs]
        reads = _reads(asking, rows)
        keys = {(version.dataset_id, version.run_id) for version in wrote}
        readers = [
            row
            for row in rows
            if any((each.dataset.id, each.version.run_id) in keys for each in reads[row.id])
        ]
        frontier = _keep(asking, found, readers, hop)
        if not frontier:
            return


def _keep(asking: Asking, found: _Found, rows: Iterable[RunRow], hop: int) -> list[RunRow]:
    """Add runs that are not known yet, with what they read; return those."""
    fresh = {row.id: row for row in rows if row.id not in found.runs}
    kept = list(fresh.values())[: _MAX_RUNS - len(found.runs)]
    found.runs |= {row.id: row for row in kept}
    found.hops |= {row.id: hop for row in kept}
    found.reads |= _reads(asking, kept)
    return kept


def _reads(asking: Asking, rows: Collection[RunRow]) -> dict[int, list[Read]]:
    said = said_of(asking.connection, [row.id for row in rows], journal=asking.sources.journal)
    return versions_read_by(asking, rows, said)


def _outputs(asking: Asking, rows: Collection[RunRow]) -> dict[int, list[DatasetRow]]:
    sets = {row.output_set_id for row in rows if row.output_set_id is not None}
    members = datasets_of_sets(asking.connection, sets)
    return {row.id: members.get(row.output_set_id or 0, []) for row in rows}


def _with_children(asking: Asking, runs: Collection[RunRow]) -> list[RunRow]:
    every = {row.id: row for row in runs}
    frontier = list(every)
    while frontier and len(every) < _MAX_RUNS:
        found = children_of(asking.connection, frontier)
        frontier = [key for key in found if key not in every]
        every |= runs_by_id(asking.connection, frontier)
    return list(every.values())


def _parents(asking: Asking, found: _Found) -> dict[int, RunRow]:
    """Return for each run the one that it counts as: its parent, where it has one."""
    keys = {row.parent_id for row in found.runs.values() if row.parent_id is not None}
    parents = runs_by_id(asking.connection, keys)
    return {key: parents.get(row.parent_id or 0, row) for key, row in found.runs.items()}


class _Edge(NamedTuple):
    origin: str
    destination: str

    @property
    def shape(self) -> Shape:
        return self._asdict()


def _graph(asking: Asking, found: _Found, into: Mapping[int, RunRow]) -> list[Shape]:
    wrote = _outputs(asking, list(found.runs.values()))
    outputs = {
        (each.id, key): (each, Version(each.id, key, _end(found.runs[key]), None))
        for key, rows in wrote.items()
        for each in rows
    }
    every = {
        (each.dataset.id, each.version.run_id): (each.dataset, each.version)
        for reads in found.reads.values()
        for each in reads
    } | outputs
    names = {row.id: row.key for row, _ in every.values()}
    ids = version_ids(asking, [version for _, version in every.values()], names)
    node_ids = {
        key: f"dataset:{row.namespace}:{row.name}#{ids[version]}"
        for key, (row, version) in every.items()
    }
    edges: set[_Edge] = set()
    for key, of_run in wrote.items():
        edges |= {_Edge(_run_id(into[key]), node_ids[each.id, key]) for each in of_run}
    for key, reads in found.reads.items():
        for each in reads:
            edge = _Edge(node_ids[each.dataset.id, each.version.run_id], _run_id(into[key]))
            # What one run has made for itself leads nowhere.
            if _Edge(edge.destination, edge.origin) not in edges:
                edges.add(edge)
    nodes = _run_nodes(asking, found, into)
    for end, (row, version) in every.items():
        [shape] = version_shapes(asking, row, [version])
        nodes[node_ids[end]] = ("DATASET_VERSION", shape)
    return _linked(nodes, edges)


def _run_nodes(
    asking: Asking, found: _Found, into: Mapping[int, RunRow]
) -> dict[str, tuple[str, Shape]]:
    shown = {row.id: row for row in into.values()}
    children: dict[int, list[str]] = defaultdict(list)
    for key, row in into.items():
        if row.id != key:
            children[row.id].append(found.runs[key].run_id)
    parents = runs_by_id(
        asking.connection, {row.parent_id for row in shown.values() if row.parent_id is not None}
    )
    shapes = told_runs(asking, list(shown.values()))
    nodes = {}
    for key, row in shown.items():
        parent = parents.get(row.parent_id or 0)
        shape = {
            "uuid": row.run_id,
            **shapes[key],
            "jobUuid": job_uuid(row.key.job),
            "childRunIds": sorted(children[key]),
            "parentRunIds": [parent.run_id] if parent is not None else [],
        }
        nodes[_run_id(row)] = ("RUN", shape)
    return nodes


def _linked(nodes: Mapping[str, tuple[str, Shape]], edges: Collection[_Edge]) -> list[Shape]:
    ordered = sorted(edges)
    return [
        {
            "id": node,
            "type": kind,
            "data": data,
            "inEdges": [each.shape for each in ordered if each.destination == node],
            "outEdges": [each.shape for each in ordered if each.origin == node],
        }
        for node, (kind, data) in sorted(nodes.items())
    ]


def _run_id(row: RunRow) -> str:
    return f"run:{row.run_id}"


def _end(row: RunRow) -> int:
    return row.ended_at or row.last_event_at or 0


def _writers(reads: Iterable[Read]) -> set[int]:
    return {each.version.run_id for each in reads if each.version.run_id is not None}


def _sets(rows: Iterable[RunRow]) -> set[int]:
    return {key for row in rows for key in (row.input_set_id, row.output_set_id) if key is not None}


def _job(row: RunRow, members: Mapping[int, list[DatasetRow]]) -> Shape:
    inputs, outputs = (
        [each.key for each in members.get(key or 0, ())]
        for key in (row.input_set_id, row.output_set_id)
    )
    version = job_version_uuid(row.key.job, inputs, outputs)
    return {"namespace": row.namespace, "name": row.job, "version": version}
