"""What is one hop away from a dataset or a job, and how that came to be known."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from hub.api.graphql.batches import ThingBatch
from hub.api.graphql.dependencies import JobControl
from hub.api.graphql.described import field
from hub.api.graphql.enums import SqlOutcome
from hub.api.graphql.nodes import Reference, references
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant
from hub.api.graphql.timelines import DatasetHistory
from hub.domain.names import dataset_id
from hub.graph.closure import Direction
from hub.queries.dataset_details import Neighbours as Counts
from hub.queries.datasets import DatasetRow
from hub.queries.declarations import declarations_of
from hub.queries.flows import Flow as FlowRow
from hub.queries.flows import flows_of_datasets, flows_of_jobs
from hub.queries.jobs import JobRow
from hub.queries.moments import Moment
from hub.queries.sql_readings import sql_readings_of
from hub.queries.things import neighbours_of


@strawberry.type(description="A dataset that data flows from or to, and how that is known.")
class Flow:
    dataset: Reference
    origin: str = strawberry.field(
        description="OBSERVED, DECLARED or INFERRED, the first of them that it is; over a job,"
        " the less sure of what that reads and writes."
    )
    confidence: float | None = strawberry.field(
        description="How sure it is, from 0 to 1, where it is INFERRED from SQL."
    )


@strawberry.type(description="What one source declares that a job reads and writes.")
class JobDeclaration:
    source: str = strawberry.field(
        description="The program that its producer names, without a version; empty if none."
    )
    last_said_at: Instant = strawberry.field(description="Event time.")
    reads: list[Reference]
    writes: list[Reference]


@strawberry.type(description="What became of a job's SQL, of which lineage is lacking.")
class JobSqlReading:
    outcome: SqlOutcome
    dialect: str | None = strawberry.field(description="That it was read in; null is standard SQL.")
    reader: str | None = strawberry.field(description="The plug that read it, or failed to.")
    message: str | None = strawberry.field(description="Why there is no lineage from it.")
    line: int | None = strawberry.field(description="Where it could not be read, from 1.")
    column: int | None = strawberry.field(description="Where in the line, from 1.")


@strawberry.type(description="The datasets that are one hop away.")
class Neighbours:
    row: strawberry.Private[DatasetRow]
    batch: strawberry.Private[ThingBatch[DatasetRow]]

    @field
    def upstream(self) -> int:
        """How many there are that it is made from."""
        return self._counts().upstream

    @field
    def downstream(self) -> int:
        """How many there are that are made from it."""
        return self._counts().downstream

    @field
    def sources(self) -> list[Flow]:
        """What it is made from, by namespace and name, 1,000 at most."""
        return self._flows(Direction.UPSTREAM)

    @field
    def targets(self) -> list[Flow]:
        """What is made from it, by namespace and name, 1,000 at most."""
        return self._flows(Direction.DOWNSTREAM)

    def _flows(self, way: Direction) -> list[Flow]:
        return self.batch.once(_of_datasets, way, self.batch.moment)[self.row.id]

    def _counts(self) -> Counts:
        return self.batch.once(_counts_of_datasets, self.batch.moment)[self.row.id]


@strawberry.type
class DatasetFlows(DatasetHistory):
    """The fields of a dataset that tell of those beside it."""

    @field
    def neighbours(self) -> Neighbours:
        """The datasets that it is made from directly, and those that are made from it."""
        return Neighbours(row=self.row, batch=self.batch)


@strawberry.type
class JobFlows(JobControl):
    """The fields of a job that tell how its inputs and outputs are known."""

    @field
    def reads(self) -> list[Flow]:
        """What it or a statement of it reads, each with how that is known."""
        return self.batch.once(_of_jobs, "in", self.batch.moment)[self.row.id]

    @field
    def writes(self) -> list[Flow]:
        """What it or a statement of it writes, each with how that is known."""
        return self.batch.once(_of_jobs, "out", self.batch.moment)[self.row.id]

    @field
    def declarations(self) -> list[JobDeclaration]:
        """What each source declares of it, by source: files, or a producer's JobEvents."""
        return self.batch.once(_declarations, self.batch.moment)[self.row.id]

    @field
    def sql_reading(self) -> JobSqlReading | None:
        """What became of its SQL as it is now, where its producer does not say all lineage.

        Null too where nothing has read it yet.
        """
        return self.batch.once(_sql_readings).get(self.row.id)


def _declarations(
    reads: Reads, rows: tuple[JobRow, ...], moment: Moment
) -> dict[int, list[JobDeclaration]]:
    ids = [row.id for row in rows]
    found = declarations_of(reads.connection, reads.identities, ids, moment)
    said = (each for declared in found.values() for each in declared)
    named = references(
        reads, sorted({dataset_id(name) for each in said for name in (*each.reads, *each.writes)})
    )
    return {
        key: [
            JobDeclaration(
                source=each.source,
                last_said_at=Instant(each.last_said),
                reads=[named[dataset_id(name)] for name in each.reads],
                writes=[named[dataset_id(name)] for name in each.writes],
            )
            for each in declared
        ]
        for key, declared in found.items()
    }


def _sql_readings(reads: Reads, rows: tuple[JobRow, ...]) -> dict[int, JobSqlReading]:
    ids = [row.id for row in rows]
    found = sql_readings_of(reads.connection, reads.identities.jobs, ids)
    return {key: JobSqlReading(**each._asdict()) for key, each in found.items()}


def _counts_of_datasets(
    reads: Reads, rows: tuple[DatasetRow, ...], moment: Moment
) -> dict[int, Counts]:
    ids = [row.id for row in rows]
    return neighbours_of(reads.connection, reads.lineage, ids, moment=moment)


def _of_datasets(
    reads: Reads, rows: tuple[DatasetRow, ...], way: Direction, moment: Moment
) -> dict[int, list[Flow]]:
    ids = [row.id for row in rows]
    return _make(reads, flows_of_datasets(reads.connection, reads.identities, ids, way, moment))


def _of_jobs(
    reads: Reads, rows: tuple[JobRow, ...], side: str, moment: Moment
) -> dict[int, list[Flow]]:
    ids = [row.id for row in rows]
    return _make(reads, flows_of_jobs(reads.connection, reads.identities, ids, side, moment))


def _make(reads: Reads, found: dict[int, list[FlowRow]]) -> dict[int, list[Flow]]:
    named = references(reads, sorted(_ids(each for rows in found.values() for each in rows)))
    return {
        key: [
            Flow(dataset=named[dataset_id(each.dataset)], **each.surety._asdict()) for each in rows
        ]
        for key, rows in found.items()
    }


def _ids(rows: Iterable[FlowRow]) -> set[str]:
    return {dataset_id(each.dataset) for each in rows}
