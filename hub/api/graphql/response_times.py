"""How incidents went: percentiles of times, by groups, with all that would flatter them apart."""

from __future__ import annotations

import strawberry

from hub.api.graphql.described import field
from hub.api.graphql.enums import Bucket, GroupBy
from hub.api.graphql.reads import Reading
from hub.api.graphql.scalars import Instant
from hub.domain.errors import InvalidInput
from hub.domain.incidents import courses
from hub.queries.response_times import response_times


@strawberry.type(
    description="Percentiles of durations in seconds, by the nearest rank. Durations that are not"
    " over count as long as they have lasted: a figure that may still grow is a lower bound."
)
class Durations:
    n: int
    open: int = strawberry.field(description="How many of the n are not over.")
    p50: float | None
    p90: float | None
    p50_is_lower_bound: bool
    p90_is_lower_bound: bool


@strawberry.type(description="How many of how many.")
class Share:
    count: int
    n: int
    share: float | None = strawberry.field(description="Null of none.")


@strawberry.type(description="Incidents that are counted apart, and how long they took to recover.")
class BucketCount:
    bucket: Bucket
    n: int
    mttr: Durations


@strawberry.type(description="How often somebody was asked in a week, or in a part of one.")
class OnCallWeek:
    begins: Instant = strawberry.field(description="A Monday, UTC.")
    pages: int


@strawberry.type(
    description="How often a receiver was asked to act at once: tickets are not in it. The weeks of"
    " who is in a rota are those on call; a rota has all, and what its people were asked then."
)
class OnCallLoad:
    receiver: str
    is_rota: bool
    pages: int
    per_week: float = strawberry.field(description="Of the time on call; a day at least.")
    p50: int = strawberry.field(description="Pages a week, by the nearest rank.")
    p90: int
    max: int
    weeks: list[OnCallWeek]


@strawberry.type(description="What is counted of the incidents of one group.")
class ResponseTimes:
    key: str
    n: int = strawberry.field(description="Incidents that somebody acted on, or may act on.")
    open: int
    mttd: Durations = strawberry.field(description="From onset to opened.")
    delivery: Durations = strawberry.field(
        description="From opened to the first notification that a channel accepted."
    )
    mtta: Durations = strawberry.field(
        description="From that notification to what a person did first."
    )
    mttr: Durations = strawberry.field(description="From onset to recovered.")
    recovery: Durations = strawberry.field(description="From opened to recovered.")
    mitigation: Durations = strawberry.field(
        description="From onset to mitigated, of those of which somebody says when."
    )
    buckets: list[BucketCount]
    misrouted: Share = strawberry.field(
        description="Over, and first told to somebody else than who owned them at last."
    )
    handovers: int = strawberry.field(description="Changes of owner once somebody was told.")
    actionable: Share = strawberry.field(
        description="Over, and somebody acted on them, of all that somebody was told of."
    )
    suppression_precision: Share = strawberry.field(
        description="Consequences that passed once the root had healed, of all that ran again."
    )
    pages: int
    pages_per_week: float
    on_call: list[OnCallLoad]


@strawberry.type
class ResponseTimesQuery:
    @field
    def response_times(
        self,
        info: Reading,
        group_by: GroupBy | None = None,
        since: Instant | None = None,
        until: Instant | None = None,
    ) -> list[ResponseTimes]:
        """How incidents went that were opened from since on and before until, by groups.

        Without groupBy all in one. Those that turned out to be part of another are not counted.
        """
        reads = info.context
        if since is not None and until is not None and until <= since:
            raise InvalidInput("until is not after since", fix="give the later of the two as until")
        found = response_times(
            reads.connection,
            by=group_by,
            since=since,
            until=until,
            now=reads.now,
            rotas=reads.catalog.rotas,
        )
        return [_made(each) for each in found]


def _made(each: courses.Report) -> ResponseTimes:
    return ResponseTimes(
        key=each.key,
        n=each.n,
        open=each.open,
        mttd=_durations(each.mttd),
        delivery=_durations(each.delivery),
        mtta=_durations(each.mtta),
        mttr=_durations(each.mttr),
        recovery=_durations(each.recovery),
        mitigation=_durations(each.mitigation),
        buckets=[
            BucketCount(bucket=one.bucket, n=one.n, mttr=_durations(one.recovery))
            for one in each.buckets
        ],
        misrouted=_share(each.misrouted),
        handovers=each.handovers,
        actionable=_share(each.actionable),
        suppression_precision=_share(each.held_back),
        pages=each.pages,
        pages_per_week=each.pages_per_week,
        on_call=[
            OnCallLoad(
                receiver=one.receiver,
                is_rota=one.is_rota,
                pages=one.pages,
                per_week=one.per_week,
                p50=one.p50,
                p90=one.p90,
                max=one.most,
                weeks=[OnCallWeek(begins=Instant(w.begins), pages=w.pages) for w in one.weeks],
            )
            for one in each.on_call
        ],
    )


def _durations(times: courses.Times) -> Durations:
    return Durations(
        n=times.n,
        open=times.open,
        p50=None if times.p50 is None else times.p50.seconds,
        p90=None if times.p90 is None else times.p90.seconds,
        p50_is_lower_bound=times.p50 is not None and times.p50.is_lower_bound,
        p90_is_lower_bound=times.p90 is not None and times.p90.is_lower_bound,
    )


def _share(each: courses.Share) -> Share:
    return Share(count=each.count, n=each.n, share=each.share)
