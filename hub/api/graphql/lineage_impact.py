"""Who depends on a dataset or a field, grouped by whom one has to tell."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.estate import Run, make_runs
from hub.api.graphql.incidents import Team
from hub.api.graphql.lineage_nodes import NamedNode
from hub.api.graphql.nodes import Reference, references
from hub.api.graphql.products import make_team
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.domain.names import NodeId, node_id
from hub.queries import lineage_impact as found
from hub.queries.moments import Moment
from hub.queries.runs import runs_by_id

Readings = Batch[found.Affected]


@strawberry.type(description="A dataset, a job or a field that depends on what was asked about.")
class ImpactedNode(NamedNode):
    row: strawberry.Private[found.Affected]
    readings: strawberry.Private[Readings]

    @field
    def hops(self) -> int:
        """How far it is from the node asked about."""
        return self.row.hops

    @field
    def origin(self) -> str | None:
        """How surely it depends on that: the least sure origin on the surest way.

        Null where that leads over no edge but from a dataset as a whole to its fields.
        """
        return self.row.surety.origin

    @field
    def confidence(self) -> float | None:
        """The least on the surest way, from 0 to 1, where that leads over what is INFERRED."""
        return self.row.surety.confidence

    @field
    def owners(self) -> list[str]:
        """Who owns it, as its producers say; of a field: its dataset's owners."""
        return list(self.row.owners)

    @field
    def last_read_at(self) -> Instant | None:
        """When lastReadBy ended or was last heard of (event time), then at the latest."""
        return _read_at(self.row.last_read)

    @field
    def last_read_by(self) -> Run | None:
        """The last run that read for it any of what it is made from."""
        return _read_by(self.readings, self.row.last_read)


@strawberry.type(
    description="Who has to be told: a data product where one is declared, else a domain, else a"
    " namespace."
)
class ImpactedConsumer:
    row: strawberry.Private[found.Consumer]
    nodes: strawberry.Private[list[ImpactedNode]]
    readings: strawberry.Private[Readings]
    id: strawberry.ID
    kind: NodeKind = strawberry.field(description="PRODUCT, DOMAIN or NAMESPACE.")
    name: str
    domain: Reference | None
    owner: Team | None = strawberry.field(description="The team that is declared for it.")

    @field
    def owners(self) -> list[str]:
        """Who is declared for it, then whom producers name as owners of any of it."""
        return self.row.owners

    @field
    def hops(self) -> int:
        """How far its nearest node is from the one asked about."""
        return self.row.hops

    @field
    def last_read_at(self) -> Instant | None:
        """When lastReadBy ended or was last heard of (event time), then at the latest."""
        return _read_at(self.row.last_read)

    @field
    def last_read_by(self) -> Run | None:
        """The last run that read for any of it."""
        return _read_by(self.readings, self.row.last_read)

    @field
    def jobs(self) -> list[ImpactedNode]:
        """Its jobs that depend on the node asked about, the nearest first."""
        return self._of(NodeKind.JOB)

    @field
    def datasets(self) -> list[ImpactedNode]:
        """Its datasets that do."""
        return self._of(NodeKind.DATASET)

    @field
    def fields(self) -> list[ImpactedNode]:
        """Its fields that do; only at level FIELD."""
        return self._of(NodeKind.FIELD)

    def _of(self, kind: NodeKind) -> list[ImpactedNode]:
        return [each for each in self.nodes if each.named.kind is kind]


@strawberry.type(description="Who depends on a dataset or a field.")
class Impact:
    consumers: list[ImpactedConsumer] = strawberry.field(description="The nearest first.")
    truncated: bool = strawberry.field(description="Whether depth or limit left anything out.")
    limited: bool = strawberry.field(
        description="Whether it was the limit that did: a greater depth would show no more."
    )
    hidden: int = strawberry.field(description="How many nodes one hop further were left out.")


def make_impact(reads: Reads, impact: found.Impact, then: Moment) -> Impact:
    """Return who depends on something, as of a moment."""
    affected = [each for consumer in impact.consumers for each in consumer.affected]
    batch = Batch(reads, (each.id for each in affected), then)
    readings = Batch(reads, affected, then)
    domains = references(
        reads, [_domain(each) for each in impact.consumers if each.domain is not None]
    )
    consumers = [
        ImpactedConsumer(
            row=each,
            nodes=_nodes(each.affected, batch, readings),
            readings=readings,
            id=strawberry.ID(str(each.id)),
            kind=each.id.kind,
            name=each.id.parts[0],
            domain=domains.get(_domain(each)),
            owner=make_team(each.owner) if each.owner else None,
        )
        for each in impact.consumers
    ]
    return Impact(
        consumers=consumers,
        truncated=impact.is_truncated,
        limited=impact.is_limited,
        hidden=impact.hidden,
    )


def _nodes(
    affected: Iterable[found.Affected], batch: Batch[NodeId], readings: Readings
) -> list[ImpactedNode]:
    return [
        ImpactedNode(named=each.id, batch=batch, row=each, readings=readings) for each in affected
    ]


def _domain(consumer: found.Consumer) -> str:
    return node_id(NodeKind.DOMAIN, consumer.domain.name) if consumer.domain else ""


def _read_at(reading: found.Reading | None) -> Instant | None:
    return maybe_instant(reading.at if reading else None)


def _read_by(readings: Readings, reading: found.Reading | None) -> Run | None:
    return readings.once(_runs, readings.moment).get(reading.run_id) if reading else None


def _runs(reads: Reads, affected: tuple[found.Affected, ...], then: Moment) -> dict[int, Run]:
    ids = {each.last_read.run_id for each in affected if each.last_read}
    rows = runs_by_id(reads.connection, ids).values()
    return {made.row.id: made for made in make_runs(reads, rows, then)}
