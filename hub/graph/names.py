"""Names of nodes, remembered: while ids stay what they are, so do names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.names import NodeId, NodeKind
from hub.store import natural_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hub.graph.adjacency import Nodes

    Load = Callable[[Connection, Nodes], dict[int, NodeId]]

# Some tens of megabytes. Past it, all are forgotten and those in use are soon known again.
_MAX_REMEMBERED: Final = 200_000


class Names:
    """The names of nodes that were asked for before. Safe to use from any thread."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._known: dict[int, NodeId] = {}

    def of(self, connection: Connection, nodes: Nodes) -> dict[int, NodeId]:
        """Return the names of nodes, as far as they are known."""
        known = self._known
        wanted = nodes.tolist()
        found = {node: known[node] for node in wanted if node in known}
        if len(found) < len(wanted):
            is_new = [node not in found for node in wanted]
            loaded = self._load(connection, nodes[is_new])
            if len(known) + len(loaded) > _MAX_REMEMBERED:
                known = self._known = {}
            known.update(loaded)
            found |= loaded
        return found


def load_datasets_and_jobs(connection: Connection, nodes: Nodes) -> dict[int, NodeId]:
    """Return the names of datasets (even nodes) and jobs (odd ones)."""
    is_job = nodes % 2 == 1
    datasets = natural_keys.dataset_names(connection, (nodes[~is_job] // 2).tolist())
    jobs = natural_keys.job_names(connection, (nodes[is_job] // 2).tolist())
    names = {2 * key: NodeId(NodeKind.DATASET, name) for key, name in datasets.items()}
    return names | {2 * key + 1: NodeId(NodeKind.JOB, name) for key, name in jobs.items()}


def load_fields(connection: Connection, nodes: Nodes) -> dict[int, NodeId]:
    """Return the names of fields; the one that stands for a whole dataset has the dataset's."""
    found = natural_keys.field_names(connection, nodes.tolist())
    return {
        key: NodeId(NodeKind.FIELD, (*dataset, name))
        if name
        else NodeId(NodeKind.DATASET, tuple(dataset))
        for key, (dataset, name) in found.items()
    }
