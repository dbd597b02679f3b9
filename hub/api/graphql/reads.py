"""What resolvers read from: one consistent snapshot of the store for each operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Protocol

import strawberry
from sqlalchemy import Connection

from hub.api.graphql.enums import NodeKind
from hub.domain.catalog import Catalog
from hub.domain.commands import Answer, Command
from hub.domain.errors import Refused
from hub.domain.names import NodeId
from hub.graph.identities import Identities
from hub.graph.index import LineageIndex
from hub.queries.expected import Expected
from hub.queries.slos import SloReading, not_read
from hub.store.database import Database
from hub.store.journal import Journal


class Explaining(Protocol):
    """Says what would come of events."""

    def __call__(self, events: Sequence[bytes], *, now: int) -> Sequence[Expected]:
        """Return that for each incident, of events that happen at an instant (µs UTC).

        Raises:
            HubError: they cannot be explained, or not now.

        """


def explains_nothing(events: Sequence[bytes], *, now: int) -> Sequence[Expected]:
    """Refuse: whoever asks a store in its own process rehearses there.

    Raises:
        Refused: always.

    """
    del events, now
    raise Refused("only a running hub explains events here", fix="use `hub explain --event`")


class Sources(NamedTuple):
    """What the composition root gives.

    ``catalog`` returns the files' current value, ``clock`` microseconds UTC. ``submit`` appends
    a command and waits, for two seconds at most, until its answer is projected. ``hurry`` tells the
    stages that somebody waits for them, ``reading`` tells how an SLO stands as of now, ``explain``
    what would come of events.
    """

    database: Database
    journal: Journal
    lineage: LineageIndex
    catalog: Callable[[], Catalog]
    clock: Callable[[], int]
    submit: Callable[[Command], Answer]
    hurry: Callable[[], None] = lambda: None
    reading: SloReading = not_read
    explain: Explaining = explains_nothing


# Finds things of one kind by their node ids; what is not known is left out.
Finder = Callable[["Reads", Sequence[NodeId]], Mapping[NodeId, Any]]


class Reads:
    """The snapshot of one operation. Not safe to share between threads; close it."""

    def __init__(self, sources: Sources, finders: Mapping[NodeKind, Finder], actor: str) -> None:
        self.actor = actor
        self.journal = sources.journal
        self.lineage = sources.lineage
        self.catalog = sources.catalog()
        self.now = sources.clock()
        self.submit = sources.submit
        self.reading = sources.reading
        self.explain = sources.explain
        self._database = sources.database
        self._finders = finders
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._identities: Identities | None = None

    @property
    def connection(self) -> Connection:
        """The connection that the snapshot is read with; opened when it is first needed."""
        if self._connection is None:
            self._connection = self._open.enter_context(self._database.read())
        return self._connection

    @property
    def identities(self) -> Identities:
        """Which names are one thing."""
        if self._identities is None:
            self._identities = self.lineage.identities(self.connection)
        return self._identities

    def find_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Any]:
        """Return the objects that ``ids`` name, as far as the hub knows them."""
        found: dict[NodeId, Any] = {}
        for kind in dict.fromkeys(node.kind for node in ids):
            if kind in self._finders:
                found |= self._finders[kind](self, [node for node in ids if node.kind is kind])
        return found

    def renew(self) -> None:
        """Let go of the snapshot: what is read from now on includes what has been written."""
        self._open.close()
        self._connection = self._identities = None

    def close(self) -> None:
        """Let go of the snapshot."""
        self._open.close()


# What every root resolver is given; the operation's snapshot is its context.
Reading = strawberry.Info[Reads, None]
