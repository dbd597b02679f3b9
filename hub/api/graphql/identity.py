"""Which names mean one thing, and what operators have said of that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import strawberry

from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.nodes import Reference, references
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Instant, Long
from hub.domain.names import NodeId
from hub.queries.pages import page_request
from hub.queries.rulings import RulingRow, count_rulings, list_rulings


@strawberry.type(description="What an operator says of two names: the last word about the two.")
class IdentityRuling:
    first: Reference = strawberry.field(description="Where they are one, the alias.")
    second: Reference = strawberry.field(description="Where they are one, the name to be shown.")
    apart: bool = strawberry.field(description="Whether they are kept apart; else they are one.")
    reason: str
    actor: str
    said_at: Instant
    position: Long = strawberry.field(description="The command's, in the journal.")


@strawberry.type
class IdentityQuery:
    @field
    def identity_rulings(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[IdentityRuling]:
        """What operators have said of names and not withdrawn, in the order of saying."""
        reads, request = info.context, page_request(first, after)
        page = list_rulings(reads.connection, request)
        return connect(
            page, partial(make_rulings, reads), request, partial(count_rulings, reads.connection)
        )


def make_rulings(reads: Reads, rows: Sequence[RulingRow]) -> list[IdentityRuling]:
    """Return rulings whose names are followed together."""
    ends = [
        tuple(str(NodeId(NodeKind(row.kind), (*name,))) for name in (row.alias, row.shown))
        for row in rows
    ]
    named = references(reads, [each for pair in ends for each in pair])
    return [
        IdentityRuling(
            first=named[one],
            second=named[other],
            apart=row.apart,
            reason=row.reason,
            actor=row.actor,
            said_at=Instant(row.said_at),
            position=Long(row.position),
        )
        for row, (one, other) in zip(rows, ends, strict=True)
    ]
