"""What can be followed as it happens. Each event is read from the store after it is projected."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import closing
from typing import TypeVar

import strawberry
from anyio import to_thread

from hub.api.graphql.dead_letters import DeadLetter, make_dead_letters
from hub.api.graphql.described import subscription
from hub.api.graphql.estate import Run, make_runs
from hub.api.graphql.incidents import Incident, make_incidents
from hub.api.graphql.reads import Reads
from hub.api.graphql.sessions import Session, Subscribing
from hub.domain.entries import Entry, EntryKind
from hub.domain.incidents.decisions import RunLost, decode_decision
from hub.domain.names import RunName, job_id, parse_node_id
from hub.domain.openlineage.events import RunEvent, read_event
from hub.queries.dead_letters import DeadLetterRow, dead_letters_since
from hub.queries.incidents import IncidentRow, incidents_since
from hub.queries.runs import RunRow, find_runs

RowT = TypeVar("RowT")
NodeT = TypeVar("NodeT")

# How many changes are read at once; a journal entry at most makes one.
_LIMIT = 500


@strawberry.type
class Subscription:
    @subscription
    async def incident_changed(self, info: Subscribing) -> AsyncGenerator[Incident, None]:
        """An incident was opened, or something happened to it."""

        def changed(reads: Reads, after: int, until: int) -> tuple[Sequence[IncidentRow], int]:
            found = incidents_since(reads.connection, after, limit=_LIMIT)
            return found, found[-1].position if len(found) == _LIMIT else until

        async for each in _follow(info.context, changed, make_incidents):
            yield each

    @subscription
    async def dead_letter_added(self, info: Subscribing) -> AsyncGenerator[DeadLetter, None]:
        """A record was refused."""

        def added(reads: Reads, after: int, until: int) -> tuple[Sequence[DeadLetterRow], int]:
            found = dead_letters_since(reads.connection, after, limit=_LIMIT)
            return found, found[-1].position if len(found) == _LIMIT else until

        async for each in _follow(info.context, added, make_dead_letters):
            yield each

    @subscription
    async def run_changed(
        self, info: Subscribing, job: strawberry.ID | None = None
    ) -> AsyncGenerator[Run, None]:
        """A run was heard of, or is lost; several events of one run may be told at once."""

        def changed(reads: Reads, after: int, until: int) -> tuple[Sequence[RunRow], int]:
            entries = reads.journal.read(reads.connection, after=after, limit=until - after)
            names = [each for each in map(_run_of, entries) if each is not None]
            wanted = [name for name in dict.fromkeys(names) if job in (None, job_id(name.job))]
            found = find_runs(reads.connection, wanted) if wanted else {}
            last = entries[-1].position if entries else until
            return [found[name] for name in wanted if name in found], last

        async for each in _follow(info.context, changed, make_runs):
            yield each


async def _follow(
    session: Session,
    read: Callable[[Reads, int, int], tuple[Sequence[RowT], int]],
    make: Callable[[Reads, Sequence[RowT]], list[NodeT]],
) -> AsyncGenerator[NodeT, None]:
    """Yield what changes from now on; ``read`` says how far in the journal it has come."""

    def load(after: int, until: int) -> tuple[Sequence[RowT], int]:
        with closing(session.open()) as reads:
            return read(reads, after, until)

    at = await session.changes.position()
    while True:
        until = await session.changes.past(at)
        while at < until:
            rows, at = await to_thread.run_sync(load, at, until)
            for row in rows:
                # The event's fields are read from this snapshot while it is executed.
                with closing(session.open()) as reads:
                    yield make(reads, [row])[0]


def _run_of(entry: Entry) -> RunName | None:
    if entry.kind is EntryKind.DECISION:
        decision = decode_decision(entry.body)
        return parse_node_id(decision.run).run if isinstance(decision, RunLost) else None
    if entry.kind is not EntryKind.EVENT:
        return None
    event = read_event(entry.body)
    return event.run if isinstance(event, RunEvent) else None
