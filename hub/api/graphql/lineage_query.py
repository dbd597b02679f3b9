"""Root fields over lineage."""

from __future__ import annotations

from typing import Annotated

import strawberry
from msgspec.structs import replace

from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.described import field
from hub.api.graphql.enums import Clock, Direction, Level
from hub.api.graphql.filters import LineageFilter, chosen_lineage
from hub.api.graphql.lineage import Lineage, LineagePath, make_lineage, make_path
from hub.api.graphql.lineage_changes import LineageDiff, make_diff
from hub.api.graphql.lineage_impact import Impact, make_impact
from hub.api.graphql.lineage_runs import RunLineage, make_run_lineage
from hub.api.graphql.reads import Reading
from hub.api.graphql.scalars import Instant
from hub.graph.closure import DEFAULT_DEPTH, DEFAULT_LIMIT, Extent
from hub.graph.paths import find_path
from hub.queries.lineage_answers import find_lineage, natural_level, resolve_start
from hub.queries.lineage_changes import two_moments
from hub.queries.lineage_impact import find_impact
from hub.queries.lineage_runs import (
    DEFAULT_RUN_DEPTH,
    DEFAULT_RUNS,
    RunExtent,
    find_run_lineage,
    run_at,
)
from hub.queries.moments import Moment
from hub.queries.nodes import resolve_node, resolve_run

LevelOf = Annotated[Level | None, strawberry.argument(description="That of the node, unless said.")]
PathLevel = Annotated[
    Level | None,
    strawberry.argument(description="DATASET or FIELD: where one of them is a field, unless said."),
]
Limit = Annotated[
    int, strawberry.argument(description="Bounds the nodes; what it leaves out is counted.")
]
RunLimit = Annotated[
    int, strawberry.argument(description="Bounds the runs; what it leaves out is counted.")
]


@strawberry.type
class LineageQuery:
    @field
    def lineage(  # noqa: PLR0913, PLR0917 - each is an argument of the field
        self,
        info: Reading,
        node: strawberry.ID,
        direction: Direction = Direction.BOTH,
        depth: int = DEFAULT_DEPTH,
        level: LevelOf = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: Limit = DEFAULT_LIMIT,
        filter: LineageFilter | None = None,  # noqa: A002 - the argument's public name
    ) -> Lineage | None:
        """What is up or down of a dataset, a job or a field; null where no event has named it.

        Of the past, where none had by then. Also of a product or a domain. depth counts hops from
        dataset to dataset; jobs are among the nodes. What the filter hides is passed through: see
        through.
        """
        reads = info.context
        start = resolve_start(reads.connection, node, reads.identities)
        then = moment_of(reads, as_of, known_at)
        extent = Extent(
            direction=direction,
            depth=depth,
            level=level or natural_level(start),
            as_of=as_of,
            known_at=then.position,
            limit=limit,
        )
        chosen = chosen_lineage(filter)
        closure = find_lineage(
            reads.connection, reads.lineage, reads.catalog, start, extent, then, chosen
        )
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
        start = resolve_node(reads.connection, node, reads.identities)
        then = moment_of(reads, as_of, known_at)
        extent = Extent(
            direction=Direction.DOWNSTREAM,
            # No way to a node is longer than there are nodes.
            depth=limit if depth is None else depth,
            level=level or natural_level(start),
            as_of=as_of,
            known_at=then.position,
            limit=limit,
        )
        found = find_impact(reads.connection, reads.lineage, reads.catalog, start, extent, then)
        return None if found is None else make_impact(reads, found, then)

    @field
    def lineage_path(
        self,
        info: Reading,
        from_: Annotated[strawberry.ID, strawberry.argument(name="from")],
        to: strawberry.ID,
        level: PathLevel = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> LineagePath | None:
        """The shortest way on which data flows from one node to another; null where there is none.

        Between datasets and jobs, or between fields.
        """
        reads = info.context
        source, target = (
            resolve_node(reads.connection, node, reads.identities) for node in (from_, to)
        )
        then = moment_of(reads, as_of, known_at)
        levels = {natural_level(source), natural_level(target)}
        natural = Level.FIELD if Level.FIELD in levels else Level.DATASET
        extent = Extent(level=level or natural, as_of=as_of, known_at=then.position)
        way = find_path(reads.connection, reads.lineage, source, target, extent)
        return None if way is None else make_path(reads, way, then)

    @field
    def lineage_diff(  # noqa: PLR0913, PLR0917 - each is an argument of the field
        self,
        info: Reading,
        node: strawberry.ID,
        from_: Annotated[Instant, strawberry.argument(name="from")],
        to: Annotated[Instant | None, strawberry.argument(description="Now, unless said.")] = None,
        clock: Clock = Clock.EVENT,
        direction: Direction = Direction.BOTH,
        depth: int = DEFAULT_DEPTH,
        level: LevelOf = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: Limit = DEFAULT_LIMIT,
        filter: LineageFilter | None = None,  # noqa: A002 - the argument's public name
    ) -> LineageDiff | None:
        """What has changed in lineage between two instants of a clock; null where none is known.

        The other clock stands still: asOf with KNOWLEDGE, knownAt with EVENT.
        """
        reads = info.context
        start = resolve_start(reads.connection, node, reads.identities)
        still = Moment(as_of, known_at)
        moments = two_moments(reads.connection, reads.journal, clock, (from_, to), still)
        extent = Extent(
            direction=direction, depth=depth, level=level or natural_level(start), limit=limit
        )
        chosen = chosen_lineage(filter)
        before, after = (
            find_lineage(
                reads.connection,
                reads.lineage,
                reads.catalog,
                start,
                replace(extent, as_of=then.as_of, known_at=then.position),
                then,
                chosen,
            )
            for then in moments
        )
        return make_diff(reads, (before, after), moments) if before or after else None

    @field
    def run_lineage(
        self,
        info: Reading,
        run: strawberry.ID,
        direction: Direction = Direction.BOTH,
        depth: int = DEFAULT_RUN_DEPTH,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: RunLimit = DEFAULT_RUNS,
    ) -> RunLineage | None:
        """Which runs had written what a run read, and which read what it wrote; null if unknown.

        depth counts runs.
        """
        reads = info.context
        then = moment_of(reads, as_of, known_at)
        start = run_at(reads.connection, resolve_run(reads.connection, run).run, then)
        if start is None:
            return None
        extent = RunExtent(direction, depth, limit)
        things = reads.identities.datasets
        found = find_run_lineage(reads.connection, reads.journal, start, extent, then, things)
        return make_run_lineage(reads, found, then)
