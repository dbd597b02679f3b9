"""What people corrected, and the rules that are proposed because of it: never applied unseen."""

from __future__ import annotations

import strawberry

from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.described import field, mutation
from hub.api.graphql.enums import FailureClass, NodeKind
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Instant, Long
from hub.api.graphql.user_errors import UserError, errors_of, user_error
from hub.domain.commands import DecideRule
from hub.domain.errors import CallerError, NotFound
from hub.domain.instants import format_instant
from hub.domain.names import node_id
from hub.queries.corrections import (
    CorrectionRow,
    Proposed,
    count_corrections,
    find_proposed,
    list_corrections,
    proposed_rules,
)
from hub.queries.pages import page_request
from hub.settings.rule_files import rule_text

_KEY = "Makes a repeat known as one: it gets the first answer, and changes nothing."


@strawberry.type(description="A failure with the class that somebody gave it: a line to test with.")
class Correction:
    incident: strawberry.ID
    message: str = strawberry.field(description="What the failed run said, redacted.")
    exception: str
    producer: str
    failure_class: FailureClass = strawberry.field(name="class", description="What somebody said.")
    ruled_class: FailureClass = strawberry.field(description="What the rules had said.")
    rule: str
    actor: str
    corrected_at: Instant


@strawberry.type(
    description="A rule that equal corrections propose. It holds once it is in a file."
)
class ProposedRule:
    id: strawberry.ID
    name: str
    failure_class: FailureClass = strawberry.field(name="class")
    message: str = strawberry.field(description="A regular expression.")
    producer: str | None
    example: str
    incidents: list[strawberry.ID]
    corrected_by: list[str]
    is_accepted: bool | None = strawberry.field(description="Null while nobody has decided.")
    decided_by: str | None
    reason: str | None
    file: str = strawberry.field(
        description="What rules/DATE.yaml of the configuration would say, dated today."
    )


@strawberry.input
class DecideRuleInput:
    id: strawberry.ID
    accept: bool
    reason: str = ""
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type
class ProposedRulePayload:
    rule: ProposedRule | None
    position: Long | None = strawberry.field(description="The command's, in the journal.")
    errors: list[UserError]


@strawberry.type
class CorrectionQuery:
    @field
    def corrections(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Correction]:
        """What people said of the class of incidents, in the order in which they said it."""
        reads, request = info.context, page_request(first, after)
        page = list_corrections(reads.connection, request)
        return connect(
            page,
            lambda rows: [_correction(row) for row in rows],
            request,
            lambda: count_corrections(reads.connection),
        )

    @field
    def proposed_rules(self, info: Reading, *, decided: bool = False) -> list[ProposedRule]:
        """Rules that at least three equal corrections of the same error propose.

        Those that somebody has decided about only with decided.
        """
        reads = info.context
        return [
            _proposed(reads, each) for each in proposed_rules(reads.connection, decided=decided)
        ]


@strawberry.type
class CorrectionMutation:
    @mutation
    def decide_rule(
        self,
        info: Reading,
        input: DecideRuleInput,  # noqa: A002 - as every mutation's
    ) -> ProposedRulePayload:
        """Take up a proposed rule, or reject it for good; it holds once its file is in rules/."""
        reads = info.context
        try:
            _demand(reads, input.id)
        except CallerError as error:
            errors = [user_error(error, ["input", "id"])]
            return ProposedRulePayload(rule=None, position=None, errors=errors)
        command = DecideRule(
            proposal=input.id,
            accept=input.accept,
            reason=input.reason,
            client_key=input.client_key,
            actor=reads.actor,
        )
        answer = reads.submit(command)
        reads.renew()
        found = find_proposed(reads.connection, input.id)
        return ProposedRulePayload(
            rule=None if found is None else _proposed(reads, found),
            position=Long(answer.position),
            errors=errors_of(answer),
        )


def _demand(reads: Reads, proposal: str) -> Proposed:
    found = find_proposed(reads.connection, proposal)
    if found is None:
        message = f"no rule {proposal} is proposed"
        raise NotFound(message, fix="proposedRules lists them")
    return found


def _correction(row: CorrectionRow) -> Correction:
    return Correction(
        incident=strawberry.ID(node_id(NodeKind.INCIDENT, row.incident_id)),
        message=row.message,
        exception=row.exception,
        producer=row.producer,
        failure_class=FailureClass(row.failure_class),
        ruled_class=FailureClass(row.ruled_class),
        rule=row.rule,
        actor=row.actor,
        corrected_at=Instant(row.at),
    )


def _proposed(reads: Reads, each: Proposed) -> ProposedRule:
    proposal = each.proposal
    rule = proposal.rule(format_instant(reads.now)[:10])
    return ProposedRule(
        id=strawberry.ID(proposal.id),
        name=rule.name,
        failure_class=proposal.failure_class,
        message=proposal.message,
        producer=rule.producer,
        example=proposal.example,
        incidents=[strawberry.ID(node_id(NodeKind.INCIDENT, key)) for key in proposal.incidents],
        corrected_by=[*proposal.actors],
        is_accepted=each.is_accepted,
        decided_by=each.decided_by,
        reason=each.reason,
        file=rule_text(rule, proposal.because),
    )
