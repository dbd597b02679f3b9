"""What answers about lineage name: datasets, jobs and fields."""

from __future__ import annotations

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.estate import Dataset, Job
from hub.api.graphql.finding import find_datasets, find_jobs
from hub.api.graphql.reads import Reads
from hub.domain.belonging import whole_of
from hub.domain.names import NodeId
from hub.queries.moments import Moment


@strawberry.type
class NamedNode:
    """The fields that a node's name answers; the batch is of all the nodes of an answer."""

    named: strawberry.Private[NodeId]
    batch: strawberry.Private[Batch[NodeId]]

    @field
    def id(self) -> strawberry.ID:
        """Its global id."""
        return strawberry.ID(str(self.named))

    @field
    def kind(self) -> NodeKind:
        """Which of them it is."""
        return self.named.kind

    @field
    def namespace(self) -> str:
        """Of a field: its dataset's namespace; of what others are folded into: its name."""
        return self.named.parts[0]

    @field
    def name(self) -> str:
        """Of a field: its dataset's name."""
        return self.named.parts[:2][-1]

    def _field(self) -> str | None:
        return self.named.parts[2] if self.named.kind is NodeKind.FIELD else None

    field_name: str | None = strawberry.field(resolver=_field, name="field")

    @field
    def dataset(self) -> Dataset | None:
        """The dataset that it is, or is a field of."""
        return self.batch.once(_datasets, self.batch.moment).get(self.named.parts[:2])

    @field
    def job(self) -> Job | None:
        """The job that it is."""
        return self.batch.once(_jobs, self.batch.moment).get(self.named)


def _datasets(
    reads: Reads, nodes: tuple[NodeId, ...], then: Moment
) -> dict[tuple[str, ...], Dataset]:
    wholes = map(whole_of, nodes)
    ids = {node for node in wholes if node.kind is NodeKind.DATASET}
    return {node.parts: found for node, found in find_datasets(reads, [*ids], then).items()}


def _jobs(reads: Reads, nodes: tuple[NodeId, ...], then: Moment) -> dict[NodeId, Job]:
    return find_jobs(reads, [node for node in nodes if node.kind is NodeKind.JOB], then)
