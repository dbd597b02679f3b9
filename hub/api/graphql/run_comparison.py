"""Two runs of a job side by side."""

from __future__ import annotations

from typing import Annotated

import strawberry
from msgspec import Raw

from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.described import field
from hub.api.graphql.estate import Run, make_runs
from hub.api.graphql.reads import Reading
from hub.api.graphql.scalars import Json
from hub.domain.errors import InvalidInput
from hub.domain.names import dataset_id
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.queries.lineage_runs import run_at
from hub.queries.nodes import resolve_run
from hub.queries.run_comparison import Difference, Part, compare, last_success_before

strawberry.enum(
    Part, name="RunPart", description="What of a run differs: its job's facets, or a dataset's."
)

Earlier = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Unless said, the last that completed before b."),
]


@strawberry.type(description="One thing in which the run b differs from the run a.")
class RunDifference:
    part: Part
    dataset: strawberry.ID | None = strawberry.field(description="Of an input or output.")
    facet: str | None = strawberry.field(
        description="Its key; null where only one of the runs names the dataset."
    )
    only_in: str | None = strawberry.field(description="a or b, where only one names the dataset.")
    before: Json | None = strawberry.field(
        description="What a says; null where it says nothing, or more than 1 MiB."
    )
    after: Json | None = strawberry.field(description="What b says, likewise.")


@strawberry.type(description="In what two runs of a job differ, by what their events say.")
class RunComparison:
    a: Run
    b: Run
    differences: list[RunDifference] = strawberry.field(
        description="Of the job, then of inputs, then of outputs."
    )


@strawberry.type
class RunComparisonQuery:
    @field
    def compare_runs(
        self,
        info: Reading,
        b: strawberry.ID,
        a: Earlier = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> RunComparison | None:
        """In what the run b differs from the run a of its job; null where one is not known.

        Of the past, by what their events had said.
        """
        reads, then = info.context, moment_of(info.context, as_of, known_at)
        after = run_at(reads.connection, resolve_run(reads.connection, b).run, then)
        if after is None:
            return None
        things = reads.identities.jobs
        before = (
            last_success_before(reads.connection, after, things, then)
            if a is None
            else run_at(reads.connection, resolve_run(reads.connection, a).run, then)
        )
        if before is None:
            return None
        if things.key(before.job_id) != things.key(after.job_id):
            raise InvalidInput("compareRuns: a and b are runs of two jobs; name two of one job")
        by_id = {each.row.id: each for each in make_runs(reads, [before, after], then)}
        differences = compare(
            reads.connection, reads.journal, before, after, then, reads.identities.datasets
        )
        return RunComparison(
            a=by_id[before.id], b=by_id[after.id], differences=[*map(_made, differences)]
        )


def _made(each: Difference) -> RunDifference:
    sides = {None: None, True: "b", False: "a"}
    return RunDifference(
        part=each.part,
        dataset=strawberry.ID(dataset_id(each.dataset)) if each.dataset else None,
        facet=each.facet,
        only_in=sides[each.only_in_second],
        before=_shown(each.before),
        after=_shown(each.after),
    )


def _shown(raw: Raw | None) -> Json | None:
    return None if raw is None or len(raw) > MAX_FACET_BYTES else Json(raw)
