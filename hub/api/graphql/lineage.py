"""Lineage: a closure as nodes and edges, computed in one go."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.estate import Job, jobs_by_row
from hub.api.graphql.lineage_nodes import NamedNode
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.graph.closure import Closure, ClosureEdge, ClosureNode
from hub.queries.jobs import jobs_by_id
from hub.queries.lineage import EdgeFacts, Ends, edge_facts, ends_of
from hub.queries.moments import Moment


@strawberry.type(
    description="A dataset, a job or a field in an answer, or a product, a domain or a namespace"
    " that some are folded into."
)
class LineageNode(NamedNode):
    row: strawberry.Private[ClosureNode]

    @field
    def hops(self) -> int:
        """How far it is, or the nearest of it, from the node asked about."""
        return self.row.hops

    @field
    def hidden(self) -> int:
        """Its direct neighbours that were left out."""
        return self.row.hidden

    @field
    def members(self) -> int:
        """How many datasets, jobs and fields are folded into it; 1 where it is one itself."""
        return self.row.members


@strawberry.type(description="A way in which a job makes one field out of another.")
class Dependence:
    kind: str | None = strawberry.field(description="DIRECT or INDIRECT, where it was said.")
    subtype: str | None
    masking: bool
    description: str | None = strawberry.field(description="In words; it may be cut.")
    job: Job | None


@strawberry.type(description="Data flows from source to target, both ids of nodes in the answer.")
class LineageEdge:
    source: strawberry.ID
    target: strawberry.ID
    row: strawberry.Private[ClosureEdge]
    batch: strawberry.Private[Batch[Closure]]

    @field
    def origin(self) -> str | None:
        """OBSERVED, DECLARED or INFERRED, the first of them that it is.

        Null between a dataset as a whole and its fields, and where it leads over hidden nodes.
        """
        return self.row.origin

    @field
    def through(self) -> int:
        """Over how few nodes it leads that the filter hides; 0 where it is an edge itself."""
        return self.row.through

    @field
    def count(self) -> int:
        """How many edges are folded into it; 1 where it is one itself."""
        return self.row.count

    @field
    def confidence(self) -> float | None:
        """How sure it is, from 0 to 1, where it is INFERRED from SQL."""
        said = self._facts()
        return said.confidence if said else None

    @field
    def first_seen(self) -> Instant | None:
        """When it was first named (event time); null where knownAt was asked for."""
        said = self._facts()
        return maybe_instant(said.first_seen if said else None)

    @field
    def last_seen(self) -> Instant | None:
        """When it was last named (event time); null where knownAt was asked for."""
        said = self._facts()
        return maybe_instant(said.last_seen if said else None)

    @field
    def closed_at(self) -> Instant | None:
        """When runs stopped naming it (event time); null while it holds."""
        said = self._facts()
        return maybe_instant(said.closed_at if said else None)

    @field
    def dependences(self) -> list[Dependence]:
        """How the target is made from the source; of fields only."""
        said = self._facts()
        jobs = self.batch.once(_jobs_of_dependences, self.batch)
        return [
            Dependence(
                kind=each.kind or None,
                subtype=each.subtype or None,
                masking=each.masking,
                description=each.description or None,
                job=jobs.get(each.job_id),
            )
            for each in (said.dependences if said else ())
        ]

    def _facts(self) -> EdgeFacts | None:
        return None if self.row.through else self.batch.once(_facts).get(ends_of(self.row))


class Picture:
    """A closure as of a moment, whose nodes and edges load in company."""

    def __init__(self, reads: Reads, closure: Closure, then: Moment) -> None:
        self.closure = closure
        self._of_nodes = Batch(reads, (node.id for node in closure.nodes), then)
        self._of_edges = Batch(reads, (closure,))

    def nodes(self, chosen: Iterable[ClosureNode] | None = None) -> list[LineageNode]:
        """Return its nodes in order, or some of them."""
        rows = self.closure.nodes if chosen is None else chosen
        return [LineageNode(named=each.id, row=each, batch=self._of_nodes) for each in rows]

    def edges(self, chosen: Iterable[ClosureEdge] | None = None) -> list[LineageEdge]:
        """Return what flows between those nodes, or some of it."""
        ids = {node: strawberry.ID(str(node.id)) for node in self.closure.nodes}
        return [
            LineageEdge(
                source=ids[each.source], target=ids[each.target], row=each, batch=self._of_edges
            )
            for each in (self.closure.edges if chosen is None else chosen)
        ]


@strawberry.type(description="What is up or down of a node.")
class Lineage:
    picture: strawberry.Private[Picture]
    truncated: bool = strawberry.field(description="Whether depth or limit left anything out.")
    limited: bool = strawberry.field(
        description="Whether it was the limit that did: a greater depth would show no more."
    )
    hidden: int = strawberry.field(
        description="How many nodes were left out: one hop further, or by the filter."
    )
    filtered: int = strawberry.field(description="How many of them the filter left out.")

    @field
    def nodes(self) -> list[LineageNode]:
        """The node that was asked about first, then what is around it."""
        return self.picture.nodes()

    @field
    def edges(self) -> list[LineageEdge]:
        """What flows between those nodes."""
        return self.picture.edges()


@strawberry.type(description="The shortest way on which data flows from one node to another.")
class LineagePath:
    picture: strawberry.Private[Picture]
    hops: int = strawberry.field(description="How long it is, from dataset to dataset.")

    @field
    def nodes(self) -> list[LineageNode]:
        """The nodes on the way, in order."""
        return self.picture.nodes()

    @field
    def edges(self) -> list[LineageEdge]:
        """What joins them, in order."""
        return self.picture.edges()


def make_lineage(reads: Reads, closure: Closure, then: Moment) -> Lineage:
    """Return a closure, as of a moment."""
    return Lineage(
        picture=Picture(reads, closure, then),
        truncated=closure.is_truncated,
        limited=closure.is_limited,
        hidden=closure.hidden,
        filtered=closure.filtered,
    )


def make_path(reads: Reads, way: Closure, then: Moment) -> LineagePath:
    """Return a way, as of a moment."""
    return LineagePath(picture=Picture(reads, way, then), hops=way.nodes[-1].hops)


def _facts(reads: Reads, closures: tuple[Closure, ...]) -> dict[Ends, EdgeFacts]:
    return edge_facts(reads.connection, closures[0])


def _jobs_of_dependences(
    reads: Reads, _closures: tuple[Closure, ...], batch: Batch[Closure]
) -> dict[int, Job]:
    said = batch.once(_facts).values()
    ids = {each.job_id for facts in said for each in facts.dependences}
    return jobs_by_row(reads, jobs_by_id(reads.connection, ids).values())
