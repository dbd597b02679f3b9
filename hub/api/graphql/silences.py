"""Silences: what nobody is to be told about for a while, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import strawberry

from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.described import field, mutation
from hub.api.graphql.enums import SilenceState
from hub.api.graphql.nodes import Node
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Instant, Long, maybe_instant
from hub.api.graphql.user_errors import UserError, errors_of, user_error
from hub.domain.commands import Command, ExpireSilence
from hub.domain.errors import CallerError, NotFound
from hub.domain.names import NodeId, NodeKind, node_id
from hub.flow.commands import silence_command
from hub.queries.pages import page_request
from hub.queries.silences import SilenceRow, count_silences, list_silences, silences_by_id

_PREFIX = f"{NodeKind.SILENCE}:"
_KEY = "Makes a repeat known as one: it gets the first answer, and changes nothing."


@strawberry.type(description="A wish not to be told about something until it ends.")
class Silence(Node):
    state: SilenceState
    matchers: list[str] = strawberry.field(
        description="What it is about, such as domain=finance: all must hold."
    )
    owner: str = strawberry.field(description="Who answers for it.")
    comment: str
    created_by: str
    starts_at: Instant
    ends_at: Instant
    expired_at: Instant | None = strawberry.field(description="When somebody ended it early.")


@strawberry.input
class CreateSilenceInput:
    matchers: list[str] = strawberry.field(
        description="label=value, label!=value, label~glob or label!~glob; all must hold."
    )
    owner: str = strawberry.field(description="Who answers for it.")
    comment: str = strawberry.field(description="Why, for whoever waits to be told.")
    ends_at: Instant = strawberry.field(description="When it ends; a year after its start at most.")
    starts_at: Instant | None = strawberry.field(
        default=None, description="When it begins; now, unless given."
    )
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class ExpireSilenceInput:
    id: strawberry.ID = strawberry.field(description="Its global id, or the part after the colon.")
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type
class SilencePayload:
    silence: Silence | None
    position: Long | None = strawberry.field(description="The command's, in the journal.")
    errors: list[UserError]


@strawberry.type
class SilenceQuery:
    @field
    def silences(
        self,
        info: Reading,
        *,
        over: bool = False,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Silence]:
        """The silences that are in force or will be, the first to end first.

        With `over` those too that have ended.
        """
        reads, request = info.context, page_request(first, after)
        page = list_silences(reads.connection, request, now=reads.now, over=over)
        count = partial(count_silences, reads.connection, now=reads.now, over=over)
        return connect(page, partial(_make_silences, reads), request, count)


@strawberry.type
class SilenceMutation:
    @mutation
    def create_silence(
        self,
        info: Reading,
        input: CreateSilenceInput,  # noqa: A002 - as every mutation's
    ) -> SilencePayload:
        """Say that nobody is to be told about something for a while.

        That something is over, or seen to, is told all the same; what is still broken when the
        silence ends is paged then.
        """
        reads = info.context
        try:
            command = silence_command(
                input.matchers,
                owner=input.owner,
                comment=input.comment,
                starts_at=reads.now if input.starts_at is None else input.starts_at,
                ends_at=input.ends_at,
                now=reads.now,
                catalog=reads.catalog,
                actor=reads.actor,
                client_key=input.client_key,
            )
        except CallerError as error:
            return _refused(error, "input")
        return _submit(reads, command)

    @mutation
    def expire_silence(
        self,
        info: Reading,
        input: ExpireSilenceInput,  # noqa: A002 - as every mutation's
    ) -> SilencePayload:
        """End a silence before its time: what it held back and is still broken is paged now."""
        reads = info.context
        key = input.id.removeprefix(_PREFIX)
        if not silences_by_id(reads.connection, [key]):
            error = NotFound(f"there is no silence {input.id!r}", fix="`hub silence ls` lists them")
            return _refused(error, "input", "id")
        command = ExpireSilence(silence=key, actor=reads.actor, client_key=input.client_key)
        return _submit(reads, command)


def _submit(reads: Reads, command: Command) -> SilencePayload:
    answer = reads.submit(command)
    reads.renew()
    found = silences_by_id(reads.connection, [answer.subject or ""])
    return SilencePayload(
        silence=next((_silence(row, reads.now) for row in found.values()), None),
        position=Long(answer.position),
        errors=errors_of(answer),
    )


def _refused(error: CallerError, *path: str) -> SilencePayload:
    return SilencePayload(silence=None, position=None, errors=[user_error(error, [*path])])


def find_silences(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, Silence]:
    """Return the silences among ``ids``."""
    found = silences_by_id(reads.connection, [node.parts[0] for node in ids])
    return {
        NodeId(NodeKind.SILENCE, (key,)): _silence(row, reads.now) for key, row in found.items()
    }


def _make_silences(reads: Reads, rows: Sequence[SilenceRow]) -> list[Silence]:
    return [_silence(row, reads.now) for row in rows]


def _silence(row: SilenceRow, now: int) -> Silence:
    return Silence(
        id=strawberry.ID(node_id(NodeKind.SILENCE, row.id)),
        state=SilenceState(row.state_at(now)),
        matchers=[str(each) for each in row.matchers],
        owner=row.owner,
        comment=row.comment,
        created_by=row.created_by,
        starts_at=Instant(row.starts_at),
        ends_at=Instant(row.ends_at),
        expired_at=maybe_instant(row.expired_at),
    )
