"""``GET /lineage``: what hangs together with a job or a dataset, as a graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.datasets import dataset_nodes
from hub.api.rest.marquez.jobs import DataOfJobs, job_nodes
from hub.api.rest.marquez.problems import coded, not_found
from hub.api.rest.marquez.run_lineage import get_run_graph, version_named
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, NodeKind
from hub.domain.openlineage.events import repaired
from hub.graph.around import Surroundings, walk_around
from hub.graph.closure import node_of
from hub.graph.index import dataset_node, job_node
from hub.graph.view import NOW
from hub.queries.datasets import MAX_LISTED, DatasetRow, datasets_by_id
from hub.queries.jobs import jobs_by_id
from hub.queries.marquez.curated import hidden_by_id
from hub.queries.nodes import find_node

Shape = dict[str, Any]

# Of one answer. Larger neighbourhoods are cut.
_MAX_JOBS: Final = 2_000
_VERSIONED: Final = re.compile(r"(.+)#([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_NAMES: Final = {NodeKind.DATASET: "Dataset", NodeKind.JOB: "Job", NodeKind.FIELD: "Field"}


class Named(NamedTuple):
    """What a node id of Marquez's names, and the version of it where it names one."""

    node: NodeId
    version: str | None = None


def named(asking: Asking, text: str) -> Named:
    """Return what a node id names: it is split at its colons wherever the hub knows something."""
    ours = text.replace("datasetField:", "field:", 1) if text.startswith("datasetField:") else text
    if ours.partition(":")[0] not in ("dataset", "job", "field"):
        kinds = "'dataset', 'datasetField', 'job' or 'run'"
        raise coded(400, f"node ID ({text}) must start with {kinds}")
    for spelled in (ours, ":".join(map(repaired, ours.split(":")))):
        try:
            node = find_node(asking.connection, spelled, asking.identities)
        except InvalidInput as error:
            raise coded(400, error.message) from None
        if node is not None:
            return Named(node)
    versioned = _VERSIONED.fullmatch(text)
    if versioned is not None:
        found = named(asking, versioned[1])
        return Named(found.node, versioned[2].lower())
    kind, _, name = ours.partition(":")
    raise not_found(_NAMES[NodeKind(kind)], name.rpartition(":")[2])


def get_lineage(asking: Asking) -> Shape:
    """Return the graph around a job or a dataset."""
    text = asking.required("nodeId")
    if text.startswith("run:"):
        return get_run_graph(asking, asking.run(text.removeprefix("run:")))
    found = named(asking, text)
    if found.version is not None and found.node.kind is NodeKind.DATASET:
        return get_run_graph(asking, version_named(asking, found.node, found.version))
    if found.node.kind is NodeKind.FIELD:
        raise coded(404, f"Node '{found.node}' must be of type dataset or job!")
    start = node_of(asking.connection, asking.identities, found.node, None) or 0
    lineage = asking.sources.lineage.datasets(asking.connection, known=asking.identities)
    around = walk_around(lineage.seen(NOW), start, asking.depth(), _MAX_JOBS)
    shapes = _shown(asking, around)
    if start in shapes:
        shapes[start] = _as_asked(found.node, shapes[start])
    graph = _graph(shapes, around.pairs.tolist())
    return {"graph": graph} | ({"hidden": around.hidden} if around.hidden else {})


def _as_asked(node: NodeId, shape: tuple[str, str, Shape]) -> tuple[str, str, Shape]:
    """Return a node under the name of its that was asked for: the Web UI looks for that id."""
    name = {"namespace": node.parts[0], "name": node.parts[1]}
    return f"{node.kind}:{':'.join(name.values())}", shape[1], shape[2] | {"id": name} | name


def _graph(shapes: dict[int, tuple[str, str, Shape]], pairs: Collection[list[int]]) -> list[Shape]:
    in_edges: dict[int, list[Shape]] = defaultdict(list)
    out_edges: dict[int, list[Shape]] = defaultdict(list)
    for source, target in pairs:
        if source in shapes and target in shapes:
            edge = {"origin": shapes[source][0], "destination": shapes[target][0]}
            in_edges[target].append(edge)
            out_edges[source].append(edge)
    ordered = sorted(shapes.items(), key=lambda each: each[1][0])
    return [
        {
            "id": name,
            "type": kind,
            "data": data,
            "inEdges": sorted(in_edges[node], key=_ends),
            "outEdges": sorted(out_edges[node], key=_ends),
        }
        for node, (name, kind, data) in ordered
    ]


def _ends(edge: Shape) -> tuple[str, str]:
    return edge["origin"], edge["destination"]


def _shown(asking: Asking, around: Surroundings) -> dict[int, tuple[str, str, Shape]]:
    """Return the name, the kind and the data of each node that nobody has taken out of sight."""
    nodes = around.nodes.tolist()
    datasets = datasets_by_id(asking.connection, [node // 2 for node in nodes if node % 2 == 0])
    jobs = jobs_by_id(asking.connection, [node // 2 for node in nodes if node % 2])
    hidden_datasets, hidden_jobs = hidden_by_id(asking.connection, datasets=datasets, jobs=jobs)
    shown_datasets = [row for row in datasets.values() if row.id not in hidden_datasets]
    shown_jobs = [row for row in jobs.values() if row.id not in hidden_jobs]
    shapes = dataset_nodes(asking, shown_datasets)
    found = {
        dataset_node(row.id): (f"dataset:{row.namespace}:{row.name}", "DATASET", shapes[row.id])
        for row in shown_datasets
    }
    shapes = job_nodes(asking, shown_jobs, _data_of_jobs(around, datasets))
    return found | {
        job_node(row.id): (f"job:{row.namespace}:{row.name}", "JOB", shapes[row.id])
        for row in shown_jobs
    }


def _data_of_jobs(around: Surroundings, datasets: Mapping[int, DatasetRow]) -> DataOfJobs:
    """Return what the jobs of a graph read and write: the graph has all of it."""
    inputs: dict[int, list[DatasetRow]] = defaultdict(list)
    outputs: dict[int, list[DatasetRow]] = defaultdict(list)
    for source, target in around.pairs.tolist():
        job, dataset, side = (target, source, inputs) if target % 2 else (source, target, outputs)
        if dataset // 2 in datasets:
            side[job // 2].append(datasets[dataset // 2])
    return DataOfJobs(
        *(
            {
                job: sorted(rows, key=lambda row: row.sort_key)[:MAX_LISTED]
                for job, rows in side.items()
            }
            for side in (inputs, outputs)
        )
    )
