"""Lineage of runs: which run had written what a run read."""

from __future__ import annotations

import strawberry

from hub.api.graphql import descriptions as types
from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.enums import VersionBasis
from hub.api.graphql.estate import Dataset, Run, datasets_by_row, make_runs
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.domain.names import run_id
from hub.queries import lineage_runs as found
from hub.queries.datasets import DatasetRow
from hub.queries.moments import Moment


@strawberry.type(description="A run in an answer.")
class RunLineageNode:
    row: strawberry.Private[found.LineageRun]
    datasets: strawberry.Private[Batch[DatasetRow]]
    id: strawberry.ID
    run: Run
    hops: int = strawberry.field(description="How many runs away it is from the one asked about.")
    hidden: int = strawberry.field(description="The runs beside it that were left out.")

    @field
    def unwritten(self) -> list[Dataset]:
        """What it read that no run is known to have written before."""
        made = self.datasets.once(_datasets, self.datasets.moment)
        return [made[each.dataset.id] for each in self.row.reads if each.version is None]


@strawberry.type(
    description="That the run target read what the run source had written; both are in the answer."
)
class RunLineageEdge:
    row: strawberry.Private[found.RunEdge]
    datasets: strawberry.Private[Batch[DatasetRow]]
    source: strawberry.ID
    target: strawberry.ID

    @field
    def dataset(self) -> Dataset:
        """What was written and read."""
        return self.datasets.once(_datasets, self.datasets.moment)[self.row.read.dataset.id]

    @field
    def written_at(self) -> Instant | None:
        """When source completed (event time); of a stream, when it was going on as it was read."""
        version = self.row.read.version
        return maybe_instant(version.at if version else None)

    @field
    def version(self) -> str | None:
        """What the reader's events call the version that it read."""
        return self.row.read.named

    @field
    def basis(self) -> VersionBasis | None:
        """Why that version is taken for the one that was read."""
        return self.row.read.basis

    @field
    def written_subset(self) -> types.Subset | None:
        """The part of it that source says it wrote."""
        return types.maybe(types.Subset, self.row.wrote_part)

    @field
    def read_subset(self) -> types.Subset | None:
        """The part of it that target says it read."""
        return types.maybe(types.Subset, self.row.read_part)


@strawberry.type(description="What is up or down of a run.")
class RunLineage:
    runs: list[RunLineageNode] = strawberry.field(description="The nearest first.")
    edges: list[RunLineageEdge] = strawberry.field(description="Which of them read from which.")
    truncated: bool = strawberry.field(
        description="Whether depth or limit left anything out, or not all runs were looked at."
    )
    limited: bool = strawberry.field(
        description="Whether the limit left anything out, which a greater depth would not show."
    )
    hidden: int = strawberry.field(description="How many runs one hop further were left out.")


def make_run_lineage(reads: Reads, lineage: found.RunLineage, then: Moment) -> RunLineage:
    """Return lineage of runs, as of a moment."""
    made = {each.row.id: each for each in make_runs(reads, [n.row for n in lineage.runs], then)}
    ids = {each.row.id: strawberry.ID(run_id(each.row.key)) for each in lineage.runs}
    rows = {each.dataset.id: each.dataset for node in lineage.runs for each in node.reads}
    datasets = Batch(reads, rows.values(), then)
    return RunLineage(
        runs=[
            RunLineageNode(
                row=each,
                datasets=datasets,
                id=ids[each.row.id],
                run=made[each.row.id],
                hops=each.hops,
                hidden=each.hidden,
            )
            for each in lineage.runs
        ],
        edges=[
            RunLineageEdge(
                row=each, datasets=datasets, source=ids[each.source], target=ids[each.target]
            )
            for each in lineage.edges
        ],
        truncated=lineage.is_truncated,
        limited=lineage.is_limited,
        hidden=lineage.hidden,
    )


def _datasets(reads: Reads, rows: tuple[DatasetRow, ...], then: Moment) -> dict[int, Dataset]:
    return datasets_by_row(reads, rows, then)
