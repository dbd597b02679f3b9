"""What operators can say of names: that two are one thing, or two things, or nothing any more."""

from __future__ import annotations

import strawberry

from hub.api.graphql.described import mutation
from hub.api.graphql.nodes import Node
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Long
from hub.api.graphql.user_errors import UserError, errors_of, user_error
from hub.domain.commands import ApproveAlias, KeepApart, OnNames, WithdrawRuling
from hub.domain.errors import CallerError
from hub.domain.names import NodeId
from hub.queries.rulings import make_ruling

_KEY = "Makes a repeat known as one: it gets the first answer, and changes nothing."
_NAME = "A dataset or a job, by any name that is known."
_REASON = "Why, for whoever reads it later."


@strawberry.input
class ApproveAliasInput:
    alias: strawberry.ID = strawberry.field(description=_NAME)
    of: strawberry.ID = strawberry.field(description="The name that is to be shown.")
    reason: str = strawberry.field(default="", description=_REASON)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class KeepApartInput:
    first: strawberry.ID = strawberry.field(description=_NAME)
    second: strawberry.ID = strawberry.field(description=_NAME)
    reason: str = strawberry.field(default="", description=_REASON)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class WithdrawRulingInput:
    first: strawberry.ID = strawberry.field(description=_NAME)
    second: strawberry.ID = strawberry.field(description=_NAME)
    reason: str = strawberry.field(default="", description=_REASON)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type
class IdentityPayload:
    first: Node | None = strawberry.field(description="What the first name means now.")
    second: Node | None = strawberry.field(description="What the second name means now.")
    position: Long | None = strawberry.field(description="The command's, in the journal.")
    errors: list[UserError]


@strawberry.type
class IdentityMutation:
    @mutation
    def approve_alias(
        self,
        info: Reading,
        input: ApproveAliasInput,  # noqa: A002 - as every mutation's
    ) -> IdentityPayload:
        """Say that one name is another name of what a second one means, which is to be shown."""
        names = input.alias, input.of
        return _rule(info.context, ApproveAlias, names, input.reason, input.client_key)

    @mutation
    def keep_apart(
        self,
        info: Reading,
        input: KeepApartInput,  # noqa: A002 - as every mutation's
    ) -> IdentityPayload:
        """Say that two names mean two things, whatever else says that they mean one."""
        names = input.first, input.second
        return _rule(info.context, KeepApart, names, input.reason, input.client_key)

    @mutation
    def withdraw_ruling(
        self,
        info: Reading,
        input: WithdrawRulingInput,  # noqa: A002 - as every mutation's
    ) -> IdentityPayload:
        """Take back what an operator has said of two names, whichever it was."""
        names = input.first, input.second
        return _rule(info.context, WithdrawRuling, names, input.reason, input.client_key)


def _rule(
    reads: Reads, make: type[OnNames], names: tuple[str, str], reason: str, client_key: str | None
) -> IdentityPayload:
    try:
        command = make_ruling(
            reads.connection,
            reads.identities,
            make,
            names,
            reason=reason,
            actor=reads.actor,
            client_key=client_key,
        )
    except CallerError as error:
        errors = [user_error(error, ["input"])]
        return IdentityPayload(first=None, second=None, position=None, errors=errors)
    answer = reads.submit(command)
    reads.renew()
    first, second = (NodeId(command.kind, (*name,)) for name in (command.first, command.second))
    found = reads.find_nodes([first, second])
    return IdentityPayload(
        first=found.get(first),
        second=found.get(second),
        position=Long(answer.position),
        errors=errors_of(answer),
    )
