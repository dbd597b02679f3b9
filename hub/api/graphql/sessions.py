"""Who is asking: one HTTP request, or one WebSocket with all of its operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from hub.api.graphql.changes import Changes
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.reads import Finder, Reads, Sources


class Session:
    """The context that operations start from. ``actor`` is who asks, by the key that they hold."""

    def __init__(
        self, sources: Sources, finders: Mapping[NodeKind, Finder], changes: Changes, actor: str
    ) -> None:
        self.changes = changes
        self.connection_params: dict[str, Any] = {}
        self.sources = sources
        self._finders = finders
        self._actor = actor

    def open(self) -> Reads:
        """Return a snapshot for one operation; close it."""
        return Reads(self.sources, self._finders, self._actor)


# What a subscription is given: it opens a snapshot for each event.
Subscribing = strawberry.Info[Session, None]
