"""Which jobs a job waits for, and which wait for it."""

from __future__ import annotations

import strawberry

from hub.api.graphql.described import field
from hub.api.graphql.enums import Direction
from hub.api.graphql.nodes import Reference, references
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant
from hub.api.graphql.timelines import JobHistory
from hub.domain.names import JobName, job_id
from hub.domain.openlineage.dependencies import UP
from hub.queries.dependencies import DependencyRow, dependencies_of
from hub.queries.jobs import JobRow, jobs_by_id
from hub.queries.moments import Moment


@strawberry.type(description="That one job waits for another, whatever data they share.")
class Dependency:
    job: Reference = strawberry.field(description="The other one.")
    direction: Direction = strawberry.field(description="UPSTREAM: the other is waited for.")
    type: str | None = strawberry.field(description="As its producer calls it.")
    sequence_rule: str | None = strawberry.field(description="In which order, as it was said.")
    status_rule: str | None = strawberry.field(description="After which ends, as it was said.")
    first_said_at: Instant = strawberry.field(description="Event time.")
    last_said_at: Instant = strawberry.field(
        description="Event time; of the past, at most the instant that is asked about."
    )


@strawberry.type
class JobControl(JobHistory):
    """The fields of a job that tell what starts it."""

    @field
    def dependencies(self, direction: Direction = Direction.BOTH) -> list[Dependency]:
        """The jobs that it waits for (UPSTREAM) and that wait for it, as runs of either say."""
        found = self.batch.once(_of_jobs, self.batch.moment)[self.row.id]
        return [each for each in found if direction in (Direction.BOTH, each.direction)]


def _of_jobs(reads: Reads, rows: tuple[JobRow, ...], moment: Moment) -> dict[int, list[Dependency]]:
    things = reads.identities.jobs
    found = dependencies_of(reads.connection, things, [row.id for row in rows], moment)
    others = {each.other for said in found.values() for each in said}
    ids = {
        key: job_id(JobName(*things.shown(row.key)))
        for key, row in jobs_by_id(reads.connection, others).items()
    }
    named = references(reads, sorted(ids.values()))
    return {
        key: [_make(each, named[ids[each.other]]) for each in said] for key, said in found.items()
    }


def _make(row: DependencyRow, other: Reference) -> Dependency:
    return Dependency(
        job=other,
        direction=Direction.UPSTREAM if row.side == UP else Direction.DOWNSTREAM,
        type=row.kind or None,
        sequence_rule=row.sequence_rule or None,
        status_rule=row.status_rule or None,
        first_said_at=Instant(row.first_said),
        last_said_at=Instant(row.last_said),
    )
