"""What things are called on pages, and which thing a path names.

Names hold slashes and colons; links encode them, and a path that somebody typed without encoding
is split wherever the hub knows something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, NodeKind, parse_node_id


def label_of(node: NodeId | str) -> str:
    """Return how a node is called where there is little room."""
    try:
        kind, parts = parse_node_id(node) if isinstance(node, str) else node
    except InvalidInput:
        return str(node)
    if kind is NodeKind.RUN:
        return f"{parts[1]} ({parts[2]})"
    return parts[-1] if len(parts) < 3 else ".".join(parts[1:])  # noqa: PLR2004 - a field's parts


def namings(segments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each namespace and name that segments can stand for, the well encoded one first."""
    for cut in range(1, len(segments)):
        namespace, name = "/".join(segments[:cut]), "/".join(segments[cut:])
        if namespace and name:
            yield namespace, name
