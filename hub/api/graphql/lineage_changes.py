"""What has changed in lineage between two instants."""

from __future__ import annotations

import strawberry

from hub.api.graphql.described import field
from hub.api.graphql.lineage import Lineage, LineageEdge, LineageNode, make_lineage
from hub.api.graphql.reads import Reads
from hub.graph.closure import Closure
from hub.queries.lineage_changes import Changes
from hub.queries.moments import Moment


@strawberry.type(description="An edge that is there at both instants, and is not the same.")
class LineageEdgeChange:
    before: LineageEdge
    after: LineageEdge


@strawberry.type(description="What has changed in what is up or down of a node.")
class LineageDiff:
    changes: strawberry.Private[Changes]
    before: Lineage | None = strawberry.field(
        description="What there was at the first instant; null where no event had named the node."
    )
    after: Lineage | None = strawberry.field(description="What there was at the second.")

    @field
    def truncated(self) -> bool:
        """Whether depth or limit left anything out, so that more may have changed."""
        return any(each.truncated for each in (self.before, self.after) if each)

    @field
    def limited(self) -> bool:
        """Whether it was the limit that did: a greater depth would show no more."""
        return any(each.limited for each in (self.before, self.after) if each)

    @field
    def added_nodes(self) -> list[LineageNode]:
        """The nodes that are there at the second instant only."""
        return self.after.picture.nodes(self.changes.added_nodes) if self.after else []

    @field
    def removed_nodes(self) -> list[LineageNode]:
        """The nodes that are there at the first instant only."""
        return self.before.picture.nodes(self.changes.removed_nodes) if self.before else []

    @field
    def added_edges(self) -> list[LineageEdge]:
        """The edges that are there at the second instant only."""
        return self.after.picture.edges(self.changes.added_edges) if self.after else []

    @field
    def removed_edges(self) -> list[LineageEdge]:
        """The edges that are there at the first instant only."""
        return self.before.picture.edges(self.changes.removed_edges) if self.before else []

    @field
    def changed_edges(self) -> list[LineageEdgeChange]:
        """The edges that are there at both, with another origin, through or count."""
        if self.before is None or self.after is None:
            return []
        pairs = self.changes.changed_edges
        before = self.before.picture.edges(pair.before for pair in pairs)
        after = self.after.picture.edges(pair.after for pair in pairs)
        return [
            LineageEdgeChange(before=was, after=is_now)
            for was, is_now in zip(before, after, strict=True)
        ]


def make_diff(
    reads: Reads,
    closures: tuple[Closure | None, Closure | None],
    moments: tuple[Moment, Moment],
) -> LineageDiff:
    """Return what two closures differ in, each as of its moment."""
    before, after = (
        None if closure is None else make_lineage(reads, closure, then)
        for closure, then in zip(closures, moments, strict=True)
    )
    return LineageDiff(changes=Changes(*closures), before=before, after=after)
