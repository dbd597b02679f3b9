"""Global ids, and how one thing refers to another without the whole of it."""

from __future__ import annotations

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.reads import Reads
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, parse_node_id


@strawberry.interface(
    description="Anything with a global id: KIND:PART:PART…, with ':' inside a part as %3A."
)
class Node:
    id: strawberry.ID


@strawberry.type(description="A thing by name. It need not be known to the hub.")
class Reference:
    id: strawberry.ID
    kind: NodeKind | None = strawberry.field(description="Null where the name is no node id.")
    namespace: str | None
    name: str
    batch: strawberry.Private[Batch[str]]

    @field
    def node(self) -> Node | None:
        """The thing itself; null where the hub does not know it."""
        return self.batch.once(_find_nodes).get(str(self.id))


def references(reads: Reads, ids: list[str]) -> dict[str, Reference]:
    """Return references by node id, to be followed together."""
    batch = Batch(reads, dict.fromkeys(ids))
    return {each: _reference(each, batch) for each in batch.rows}


def _reference(text: str, batch: Batch[str]) -> Reference:
    try:
        node = parse_node_id(text)
    except InvalidInput:
        node = None
    if node is None:
        kind, namespace, name = None, None, text
    else:
        kind, name = node.kind, node.parts[-1]
        namespace = node.parts[0] if len(node.parts) > 1 else None
    return Reference(id=strawberry.ID(text), kind=kind, namespace=namespace, name=name, batch=batch)


def _find_nodes(reads: Reads, ids: tuple[str, ...]) -> dict[str, Node]:
    wanted: list[NodeId] = []
    for text in ids:
        try:
            wanted.append(parse_node_id(text))
        except InvalidInput:
            continue
    return {str(node): found for node, found in reads.find_nodes(wanted).items()}
