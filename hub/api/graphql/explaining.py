"""What would come of events: whom they would wake, and why. Nothing is sent, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.described import by_graphql_core
from hub.api.graphql.incidents import (
    Change,
    IncidentFacts,
    Label,
    Notification,
    Signal,
    SimilarIncident,
    TimelineEntry,
    change_of,
    entry_of,
    facts_of,
    notification_of,
    signal_of,
    similar_of,
)
from hub.api.graphql.nodes import Reference, references
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Instant, Json
from hub.domain.errors import InvalidInput, TooLarge
from hub.domain.incidents.routing import Way, met_by, words_of
from hub.domain.openlineage.events import Unusable, read_event
from hub.queries.expected import Expected

MAX_EVENTS: Final = 100
MAX_BYTES: Final = 512 * 1024

Event = Annotated[
    Json, strawberry.argument(description="An OpenLineage event, or a list of some, in order.")
]
At = Annotated[
    Instant | None, strawberry.argument(description="When they would happen; now unless said.")
]


@strawberry.type(description="A route that matches an incident.")
class RouteNode:
    match: str = strawberry.field(description="What it is for, in words.")
    matched: list[Label] = strawberry.field(
        description="The labels that it looks at, as they are of the incident."
    )
    receiver: str = strawberry.field(
        description="Whom it names: owner is the receiver of whoever owns the incident."
    )


@strawberry.type(
    description="A way through the routes, from the outermost to the deepest one that matches, and"
    " the pace there."
)
class RouteTaken:
    nodes: list[RouteNode]
    receiver: str
    wait_seconds: int = strawberry.field(description="Before the first notification.")
    interval_seconds: int = strawberry.field(description="Between notifications of news.")
    repeat_seconds: int | None = strawberry.field(
        description="After how long it is told again, until somebody acknowledges."
    )
    escalation: str | None
    hours: str | None = strawberry.field(description="The hours in which it tells, if not always.")


@strawberry.type(
    description="What would come of events for an incident: one that they open, or that is there"
    " already. Of a new one, the id is not the one that it will have."
)
class ExpectedIncident(IncidentFacts):
    is_new: bool = strawberry.field(description="Whether the events open it.")
    comes_of_it: list[TimelineEntry] = strawberry.field(description="What would happen to it.")
    routes: list[RouteTaken] = strawberry.field(
        description="The ways that its labels take through the routes in force."
    )
    timeline: list[TimelineEntry]
    signals: list[Signal]
    notifications: list[Notification] = strawberry.field(
        description="Those that it would come to, until the first have left."
    )
    last_good_run: Reference | None
    changes: list[Change]
    similar: list[SimilarIncident]


@strawberry.type
class ExplainQuery:
    @by_graphql_core
    def explain(self, info: Reading, event: Event, at: At = None) -> list[ExpectedIncident]:
        """Who would be told of events if they happened now, and why, for each incident.

        By the catalog in force, and by what the hub has judged so far. Nothing is sent or stored.
        Takes 100 events of 512 KiB together; one such question is answered at a time.
        """
        reads = info.context
        found = reads.explain(_bodies(event), now=reads.now if at is None else at)
        return [_made(reads, each) for each in found]


def _bodies(event: object) -> list[bytes]:
    """Return events as they would have been sent.

    Raises:
        InvalidInput: there is none, or one is no event.
        TooLarge: there are too many, or they are too long.

    """
    events: Sequence[object] = event if isinstance(event, list) else [event]
    if not events:
        raise InvalidInput("event: there is no event to explain")
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"event: {len(events)} are more than {MAX_EVENTS}", fix="explain fewer")
    bodies = [msgspec.json.encode(each) for each in events]
    if sum(map(len, bodies)) > MAX_BYTES:
        raise TooLarge(f"event: together they are longer than {MAX_BYTES} bytes")
    for number, body in enumerate(bodies):
        read = read_event(body)
        if isinstance(read, Unusable):
            place = f"event[{number}]" if isinstance(event, list) else "event"
            raise InvalidInput(f"{place}: {read.reason}", fix="give OpenLineage events")
    return bodies


def _made(reads: Reads, expected: Expected) -> ExpectedIncident:
    whole = expected.whole
    row = whole.row
    good = whole.last_good
    return ExpectedIncident(
        **facts_of(row, Batch(reads, [row])),
        is_new=expected.is_new,
        comes_of_it=[*map(entry_of, expected.comes_of_it)],
        routes=[_taken(way, row.explanation.labels) for way in whole.ways],
        timeline=[*map(entry_of, whole.timeline)],
        signals=[*map(signal_of, whole.signals)],
        notifications=[*map(notification_of, expected.told)],
        last_good_run=references(reads, [good])[good] if good else None,
        changes=[*map(change_of, whole.changes)],
        similar=[*map(similar_of, whole.similar)],
    )


def _taken(way: Way, labels: Mapping[str, str]) -> RouteTaken:
    settled = way.settled
    return RouteTaken(
        nodes=[
            RouteNode(
                match=words_of(node),
                matched=[Label(name=name, value=value) for name, value in met_by(node, labels)],
                receiver=node.receiver,
            )
            for node in way.nodes
        ],
        receiver=settled.receiver,
        wait_seconds=settled.wait_seconds or 0,
        interval_seconds=settled.interval_seconds or 0,
        repeat_seconds=settled.repeat_seconds or None,
        escalation=settled.escalation,
        hours=settled.hours,
    )
