"""Root fields over lineage."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.described import field
from hub.api.graphql.enums import Direction, Level, NodeKind
from hub.api.graphql.lineage import Lineage, make_lineage
from hub.api.graphql.lineage_impact import Impact, make_impact
from hub.api.graphql.reads import Reading, Reads
from hub.domain.names import NodeId
from hub.graph.closure import DEFAULT_DEPTH, DEFAULT_LIMIT, Extent, find_closure
from hub.queries.lineage_impact import find_impact
from hub.queries.nodes import resolve_node

LevelOf = Annotated[
    Level | None, strawberry.argument(description="FIELD for a field, else DATASET, unless said.")
]
Limit = Annotated[
    int, strawberry.argument(description="Bounds the nodes; what it leaves out is counted.")
]


@strawberry.type
class LineageQuery:
    @field
    def lineage(
        self,
        info: Reading,
        node: strawberry.ID,
        direction: Direction = Direction.BOTH,
        depth: int = DEFAULT_DEPTH,
        level: LevelOf = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Lineage | None:
        """What is up or down of a dataset, a job or a field; null where no event has named it.

        depth counts hops from dataset to dataset; jobs are among the nodes.
        """
        reads = info.context
        start = _resolve(reads, node)
        then = moment_of(reads, as_of, known_at)
        extent = Extent(
            direction=direction,
            depth=depth,
            level=level or _natural(start),
            as_of=as_of,
            known_at=then.position,
            limit=limit,
        )
        closure = find_closure(reads.connection, reads.lineage, start, extent)
        return None if closure is None else make_lineage(reads, closure, then)

    @field
    def impact(
        self,
        info: Reading,
        node: strawberry.ID,
        depth: int | None = None,
        level: LevelOf = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Impact | None:
        """Who depends on a dataset or a field, by consumer; null where no event has named it.

        Without depth, all that is downstream.
        """
        reads = info.context
        start = _resolve(reads, node)
        then = moment_of(reads, as_of, known_at)
        extent = Extent(
            direction=Direction.DOWNSTREAM,
            # No way to a node is longer than there are nodes.
            depth=limit if depth is None else depth,
            level=level or _natural(start),
            as_of=as_of,
            known_at=then.position,
            limit=limit,
        )
        found = find_impact(reads.connection, reads.lineage, reads.catalog, start, extent, then)
        return None if found is None else make_impact(reads, found, then)


def _resolve(reads: Reads, node: str) -> NodeId:
    return resolve_node(reads.connection, node)


def _natural(start: NodeId) -> Level:
    return Level.FIELD if start.kind is NodeKind.FIELD else Level.DATASET
