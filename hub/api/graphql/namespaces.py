"""Namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.nodes import Node
from hub.api.graphql.reads import Reads
from hub.domain.names import NodeId, node_id
from hub.queries import namespaces as namespace_rows
from hub.queries.moments import NOW, Moment
from hub.queries.namespaces import NamespaceRow


@strawberry.type(description="A namespace, as producers name them.")
class Namespace(Node):
    row: strawberry.Private[NamespaceRow]
    batch: strawberry.Private[Batch[NamespaceRow]]
    name: str

    @field
    def dataset_count(self) -> int:
        """How many datasets are in it."""
        return self._contents().datasets

    @field
    def job_count(self) -> int:
        """How many jobs are in it."""
        return self._contents().jobs

    def _contents(self) -> namespace_rows.Contents:
        moment = self.batch.moment
        return self.batch.by_id(namespace_rows.contents_of, moment=moment)[self.row.id]


def make_namespaces(
    reads: Reads, found: Iterable[NamespaceRow], moment: Moment = NOW
) -> list[Namespace]:
    """Return namespaces that load in company."""
    batch = Batch(reads, found, moment)
    return [
        Namespace(
            id=strawberry.ID(node_id(NodeKind.NAMESPACE, row.name)),
            row=row,
            batch=batch,
            name=row.name,
        )
        for row in batch.rows
    ]


def find_namespaces(
    reads: Reads, ids: Sequence[NodeId], moment: Moment = NOW
) -> dict[NodeId, Namespace]:
    """Return the namespaces among ``ids`` that exist, or did then."""
    names = [node.parts[0] for node in ids]
    found = namespace_rows.find_namespaces(reads.connection, names, moment=moment)
    made = make_namespaces(reads, found, moment)
    return {NodeId(NodeKind.NAMESPACE, (each.name,)): each for each in made}
