"""``GET /lineage``: what hangs together with a job or a dataset, as a graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.datasets import dataset_nodes
from hub.api.rest.marquez.jobs import job_nodes
from hub.api.rest.marquez.problems import coded, not_found
from hub.api.rest.marquez.run_lineage import get_run_graph, version_named
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, NodeKind
from hub.graph.around import walk_around
from hub.graph.closure import id_of, node_of
from hub.graph.index import dataset_node, job_node
from hub.graph.view import NOW
from hub.queries.datasets import datasets_by_id
from hub.queries.jobs import jobs_by_id
from hub.queries.marquez.curated import hidden_among
from hub.queries.nodes import resolve_node
from hub.store import natural_keys

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
    try:
        node = resolve_node(
            asking.connection, ours, asking.sources.lineage.identities(asking.connection)
        )
        if _exists(asking, node):
            return Named(node)
    except InvalidInput as error:
        if "several" in error.message:
            raise coded(400, error.message) from None
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
    lineage = asking.sources.lineage.datasets(asking.connection)
    start = node_of(asking.connection, lineage.identities, found.node, None) or 0
    view = lineage.seen(NOW)
    around = walk_around(view, start, asking.depth(), _MAX_JOBS)
    nodes, ends = set(around.nodes.tolist()), around.pairs.tolist()
    datasets = _shown_datasets(asking, [node // 2 for node in nodes if node % 2 == 0])
    jobs = _shown_jobs(asking, [node // 2 for node in nodes if node % 2])
    graph = _graph(datasets | jobs, ends)
    return {"graph": graph} | ({"hidden": around.hidden} if around.hidden else {})


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


def _shown_datasets(asking: Asking, ids: Collection[int]) -> dict[int, tuple[str, str, Shape]]:
    found = datasets_by_id(asking.connection, ids)
    hidden = hidden_among(asking.connection, "dataset", {row.key for row in found.values()})
    rows = [row for row in found.values() if row.key not in hidden]
    shapes = dataset_nodes(asking, rows)
    return {
        dataset_node(row.id): (f"dataset:{row.namespace}:{row.name}", "DATASET", shapes[row.id])
        for row in rows
    }


def _shown_jobs(asking: Asking, ids: Collection[int]) -> dict[int, tuple[str, str, Shape]]:
    found = jobs_by_id(asking.connection, ids)
    hidden = hidden_among(asking.connection, "job", {row.key for row in found.values()})
    rows = [row for row in found.values() if row.key not in hidden]
    shapes = job_nodes(asking, rows)
    return {
        job_node(row.id): (f"job:{row.namespace}:{row.name}", "JOB", shapes[row.id]) for row in rows
    }


def _exists(asking: Asking, node: NodeId) -> bool:
    if asking.sources.lineage.identities(asking.connection).find(node) is not None:
        return node.kind is not NodeKind.FIELD or _has_field(asking, node)
    if node.kind is NodeKind.JOB:
        return natural_keys.find_job(asking.connection, node.job) is not None
    if node.kind is NodeKind.FIELD:
        return _has_field(asking, node)
    return natural_keys.find_dataset(asking.connection, node.dataset) is not None


def _has_field(asking: Asking, node: NodeId) -> bool:
    things = asking.sources.lineage.identities(asking.connection).datasets
    dataset = id_of(asking.connection, things, node, None)
    keys = things.ids([dataset]) if dataset is not None else []
    return bool(natural_keys.find_fields(asking.connection, keys, node.parts[2]))
