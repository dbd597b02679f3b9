"""What operators can ask for. What goes wrong is data: each payload lists its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import strawberry
from msgspec.structs import replace

from hub.api.graphql.corrections import CorrectionMutation
from hub.api.graphql.described import mutation
from hub.api.graphql.enums import FailureClass, NodeKind, Outcome
from hub.api.graphql.identity_mutation import IdentityMutation
from hub.api.graphql.incidents import Incident, find_incidents
from hub.api.graphql.letter_mutation import LetterMutation
from hub.api.graphql.products import Contract, find_contracts
from hub.api.graphql.reads import Reading, Reads
from hub.api.graphql.scalars import Instant, Long
from hub.api.graphql.silences import SilenceMutation
from hub.api.graphql.user_errors import UserError, errors_of, user_error
from hub.domain.commands import (
    AcknowledgeIncident,
    AmendIncident,
    OnIncident,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)
from hub.domain.errors import CallerError, Conflict, HubError, InvalidInput, NotFound
from hub.domain.incidents.courses import Amendment
from hub.domain.incidents.routing import owner_named
from hub.domain.names import NodeId, parse_node_id
from hub.flow.commands import contract_command
from hub.queries.budgets import check_publishing

_KEY = "Makes a repeat known as one: it gets the first answer, and changes nothing."
_OUTCOME = "What it was in the end; what was none of ours is counted apart."
_NOTE = "What mended it, for whoever meets its like."
_VERSION = "The version that you have seen; another one since then is a CONFLICT."


@strawberry.input
class AcknowledgeIncidentInput:
    id: strawberry.ID
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class ResolveIncidentInput:
    id: strawberry.ID
    reason: str = strawberry.field(default="", description="Why it is over, for the timeline.")
    outcome: Outcome | None = strawberry.field(default=None, description=_OUTCOME)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class AmendIncidentInput:
    id: strawberry.ID
    onset_at: Instant | None = strawberry.field(
        default=None, description="When it began, where that is known better than was observed."
    )
    mitigated_at: Instant | None = strawberry.field(
        default=None, description="When its consumers were served again, though not by a pass."
    )
    outcome: Outcome | None = strawberry.field(default=None, description=_OUTCOME)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    reason: str = strawberry.field(default="", description="Why, for the timeline.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class ReassignIncidentInput:
    id: strawberry.ID
    owner: str = strawberry.field(description="A declared team, by its name or its domain's.")
    reason: str = strawberry.field(default="", description="Why, for the timeline.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class ReclassifyIncidentInput:
    id: strawberry.ID
    failure_class: FailureClass = strawberry.field(name="class")
    reason: str = strawberry.field(default="", description="Why, for the timeline.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    client_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input
class PublishContractInput:
    document: str = strawberry.field(description="An ODCS document: YAML or JSON.")
    despite: str | None = strawberry.field(
        default=None,
        description="Why it is published although a spent error budget freezes it; kept with it.",
    )
    client_key: str | None = strawberry.field(default=None, description=_KEY)


_Addressed: TypeAlias = (
    AcknowledgeIncidentInput
    | AmendIncidentInput
    | ReassignIncidentInput
    | ReclassifyIncidentInput
    | ResolveIncidentInput
)


@strawberry.type
class IncidentPayload:
    incident: Incident | None
    position: Long | None = strawberry.field(description="The command's, in the journal.")
    errors: list[UserError]


@strawberry.type
class PublishContractPayload:
    contract: Contract | None
    position: Long | None = strawberry.field(description="The contract's, in the journal.")
    errors: list[UserError]


@strawberry.type
class Mutation(LetterMutation, IdentityMutation, SilenceMutation, CorrectionMutation):
    @mutation
    def acknowledge_incident(
        self,
        info: Reading,
        input: AcknowledgeIncidentInput,  # noqa: A002 - as every mutation's
    ) -> IncidentPayload:
        """Say that somebody sees to an incident."""
        return _decided(info.context, input, lambda key: AcknowledgeIncident(incident=key))

    @mutation
    def resolve_incident(
        self,
        info: Reading,
        input: ResolveIncidentInput,  # noqa: A002 - as every mutation's
    ) -> IncidentPayload:
        """Say that an incident is over."""
        said = Amendment(outcome=input.outcome, note=input.note)
        return _decided(
            info.context,
            input,
            lambda key: ResolveIncident(incident=key, reason=input.reason, said=said),
        )

    @mutation
    def amend_incident(
        self,
        info: Reading,
        input: AmendIncidentInput,  # noqa: A002 - as every mutation's
    ) -> IncidentPayload:
        """Say more of how an incident went, whether it is over or not; it stays in the timeline.

        What is null leaves what was said before.
        """
        said = Amendment(
            onset_at=input.onset_at,
            mitigated_at=input.mitigated_at,
            outcome=input.outcome,
            note=input.note,
        )
        if said == Amendment():
            return _refused(InvalidInput("say something: onsetAt, mitigatedAt, outcome or note"))
        return _decided(
            info.context,
            input,
            lambda key: AmendIncident(incident=key, said=said, reason=input.reason),
        )

    @mutation
    def reassign_incident(
        self,
        info: Reading,
        input: ReassignIncidentInput,  # noqa: A002 - as every mutation's
    ) -> IncidentPayload:
        """Hand an incident to another team, which is told; it stays theirs whatever comes to light.

        Those who were told before hear that it is not theirs any more.
        """
        reads, owner = info.context, input.owner

        def reassigned(key: str) -> ReassignIncident:
            _check_owner(reads, owner)
            return ReassignIncident(incident=key, owner=owner, reason=input.reason)

        return _decided(reads, input, reassigned)

    @mutation
    def reclassify_incident(
        self,
        info: Reading,
        input: ReclassifyIncidentInput,  # noqa: A002 - as every mutation's
    ) -> IncidentPayload:
        """Say of which class an incident is: it goes to whoever mends those, unless handed over."""
        return _decided(
            info.context,
            input,
            lambda key: ReclassifyIncident(
                incident=key, failure_class=input.failure_class, reason=input.reason
            ),
        )

    @mutation
    def publish_contract(
        self,
        info: Reading,
        input: PublishContractInput,  # noqa: A002 - as every mutation's
    ) -> PublishContractPayload:
        """Publish a version of a data contract; a version is published once."""
        reads = info.context
        try:
            command = contract_command(
                input.document,
                name="document",
                client_key=input.client_key,
                actor=reads.actor,
                despite=input.despite,
            )
            names = reads.identities.called
            check_publishing(reads.connection, reads.catalog, command, reads.now, names)
        except CallerError as error:
            errors = [user_error(error, ["input", "document"])]
            return PublishContractPayload(contract=None, position=None, errors=errors)
        answer = reads.submit(command)
        reads.renew()
        node = NodeId(NodeKind.CONTRACT, (command.contract_id, command.version))
        return PublishContractPayload(
            contract=find_contracts(reads, [node]).get(node),
            position=Long(answer.position),
            errors=errors_of(answer),
        )


def _incident_key(text: str) -> str:
    if ":" not in text:
        return text
    node = parse_node_id(text)
    if node.kind is not NodeKind.INCIDENT:
        raise InvalidInput(f"{text!r} names no incident")
    return node.parts[0]


def _check_incident(reads: Reads, key: str, expected_version: int | None) -> None:
    """Refuse early. A repeat under a client key is left to route, which answers as it did first."""
    found = _find_incident(reads, key)
    if found is None:
        raise NotFound(f"there is no incident {key!r}")
    if expected_version not in (None, found.version):
        raise Conflict(f"incident {key} is at version {found.version}, not {expected_version}")


def _check_owner(reads: Reads, owner: str) -> None:
    if owner_named(reads.catalog, owner) is None:
        message = f"no team or domain {owner!r} is declared"
        raise NotFound(message, fix="name a team or a domain of domains.yaml")


def _find_incident(reads: Reads, key: str) -> Incident | None:
    node = NodeId(NodeKind.INCIDENT, (key,))
    return find_incidents(reads, [node]).get(node)


def _decided(
    reads: Reads, given: _Addressed, command: Callable[[str], OnIncident]
) -> IncidentPayload:
    """Carry out a command about an incident, made of its bare key; ``command`` may refuse."""
    version, client_key = given.expected_version, given.client_key
    try:
        key = _incident_key(given.id)
        _check_incident(reads, key, None if client_key else version)
        wanted = command(key)
    except CallerError as error:
        return _refused(error)
    answer = reads.submit(
        replace(wanted, expected_version=version, client_key=client_key, actor=reads.actor)
    )
    reads.renew()
    return IncidentPayload(
        incident=_find_incident(reads, key),
        position=Long(answer.position),
        errors=errors_of(answer),
    )


def _refused(error: HubError) -> IncidentPayload:
    return IncidentPayload(
        incident=None, position=None, errors=[user_error(error, ["input", "id"])]
    )
