"""The two instants that reads of the past take."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant
from hub.queries.moments import Moment, moment

AsOf = Annotated[
    Instant | None,
    strawberry.argument(description="Event time: what was true then, by all that is known now."),
]
KnownAt = Annotated[
    Instant | None, strawberry.argument(description="The hub's clock: what the hub knew then.")
]


def moment_of(reads: Reads, as_of: int | None, known_at: int | None) -> Moment:
    """Return the moment that a read is about."""
    return moment(reads.connection, reads.journal, as_of, known_at)
