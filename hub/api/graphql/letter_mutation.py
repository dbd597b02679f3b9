"""What operators can ask for dead letters: another try, or never again."""

from __future__ import annotations

import strawberry

from hub.api.graphql.dead_letters import DeadLetter, find_dead_letters
from hub.api.graphql.described import mutation
from hub.api.graphql.enums import NodeKind
from hub.api.graphql.filters import DeadLetterFilter, chosen_dead_letters
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Long
from hub.api.graphql.user_errors import UserError, errors_of, user_error
from hub.domain.commands import DiscardDeadLetters, OnLetters, ReplayDeadLetters
from hub.domain.errors import CallerError, InvalidInput, NotFound
from hub.domain.names import NodeId, parse_node_id
from hub.flow.replay import plan_replay
from hub.queries.dead_letters import ids_of_dead_letters
from hub.store.dead_letters import OPEN, Chosen, StoredLetter, find_letters

MAX_AT_ONCE = 1_000
_IDS = f"These, whatever their state; {MAX_AT_ONCE:,} at most."
_FILTER = f"All of these that are open; more than {MAX_AT_ONCE:,} are refused."
_DRY_RUN = "Only say what would be done."
_KEY = "Makes a repeat known as one: it gets the first answer, and changes nothing."


@strawberry.input
class ReplayDeadLettersInput:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_IDS)
    filter: DeadLetterFilter | None = strawberry.field(default=None, description=_FILTER)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class DiscardDeadLettersInput:
    reason: str = strawberry.field(description="Why they are not to come back.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_IDS)
    filter: DeadLetterFilter | None = strawberry.field(default=None, description=_FILTER)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type
class DeadLettersPayload:
    plan: list[str] = strawberry.field(description="What is done, in words.")
    dead_letters: list[DeadLetter] = strawberry.field(
        description="Those that were chosen, as they are now."
    )
    message: str | None = strawberry.field(description="What came of it, in words.")
    position: Long | None = strawberry.field(
        description="The command's, in the journal; none of a dry run."
    )
    errors: list[UserError]


@strawberry.type
class LetterMutation:
    @mutation
    def replay_dead_letters(
        self,
        info: Reading,
        input: ReplayDeadLettersInput,  # noqa: A002 - as every mutation's
    ) -> DeadLettersPayload:
        """Send dead letters through today's code: what passes is resolved, the rest stays open."""
        reads = info.context
        try:
            chosen = _choose(reads, input.ids, input.filter)
        except CallerError as error:
            return _refused(error)
        plan = list(plan_replay(chosen, reads.catalog).explain())
        command = ReplayDeadLetters(
            letters=tuple(each.id for each in chosen),
            client_key=input.client_key,
            actor=reads.actor,
        )
        return _payload(reads, plan, command, is_dry=input.dry_run)

    @mutation
    def discard_dead_letters(
        self,
        info: Reading,
        input: DiscardDeadLettersInput,  # noqa: A002 - as every mutation's
    ) -> DeadLettersPayload:
        """Say that open dead letters are not to come back; they are kept, with the reason."""
        reads = info.context
        try:
            if not input.reason.strip():
                raise InvalidInput("say why, in reason")
            chosen = _choose(reads, input.ids, input.filter)
        except CallerError as error:
            return _refused(error)
        count = sum(each.state == OPEN for each in chosen)
        plan = [f"{count} of {len(chosen)} are open, and marked as discarded"]
        command = DiscardDeadLetters(
            letters=tuple(each.id for each in chosen),
            reason=input.reason,
            client_key=input.client_key,
            actor=reads.actor,
        )
        return _payload(reads, plan, command, is_dry=input.dry_run)


def _choose(
    reads: Reads, ids: list[strawberry.ID] | None, said: DeadLetterFilter | None
) -> list[StoredLetter]:
    if (ids is None) == (said is None):
        raise InvalidInput("say which letters, either by ids or by filter")
    if ids is None:
        chosen = chosen_dead_letters(said, states=(OPEN,))
        keys = ids_of_dead_letters(reads.connection, chosen, limit=MAX_AT_ONCE + 1)
    else:
        keys = list(dict.fromkeys(map(_key, ids)))
    if len(keys) > MAX_AT_ONCE:
        message = f"these are more than {MAX_AT_ONCE:,} dead letters"
        raise InvalidInput(message, fix="narrow the choice, and ask again for the rest")
    found = find_letters(reads.connection, Chosen(ids=tuple(keys))) if keys else []
    if unknown := set(keys).difference(each.id for each in found):
        raise NotFound(f"there is no dead letter {min(unknown)!r}")
    return found


def _key(text: str) -> str:
    if ":" not in text:
        return text
    node = parse_node_id(text)
    if node.kind is not NodeKind.DEAD_LETTER:
        raise InvalidInput(f"{text!r} names no dead letter")
    return node.parts[0]


def _payload(
    reads: Reads, plan: list[str], command: OnLetters, *, is_dry: bool
) -> DeadLettersPayload:
    answer = None if is_dry or not command.letters else reads.submit(command)
    reads.renew()
    nodes = [NodeId(NodeKind.DEAD_LETTER, (key,)) for key in command.letters]
    return DeadLettersPayload(
        plan=plan,
        dead_letters=list(find_dead_letters(reads, nodes).values()),
        message=answer.message if answer else None,
        position=Long(answer.position) if answer else None,
        errors=errors_of(answer) if answer else [],
    )


def _refused(error: CallerError) -> DeadLettersPayload:
    errors = [user_error(error, ["input"])]
    return DeadLettersPayload(plan=[], dead_letters=[], message=None, position=None, errors=errors)
