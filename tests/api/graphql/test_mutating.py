"""Commands go in with who asked; what goes wrong comes back as data."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.commands import (
    AcknowledgeIncident,
    AmendIncident,
    Answer,
    DiscardDeadLetters,
    PublishContract,
    ReplayDeadLetters,
    ResolveIncident,
)
from hub.domain.incidents.courses import Amendment, Outcome
from hub.domain.names import NodeKind, node_id
from tests.api.graphql.conftest import Client
from tests.estates import incident_node, make_letter

ACKNOWLEDGE = """mutation ($input: AcknowledgeIncidentInput!) { acknowledgeIncident(input: $input) {
    incident { id state version } position errors { code message path } } }"""
RESOLVE = """mutation ($input: ResolveIncidentInput!) { resolveIncident(input: $input) {
    incident { id } position errors { code message path } } }"""
PUBLISH = """mutation ($input: PublishContractInput!) { publishContract(input: $input) {
    contract { id version body } position errors { code message path } } }"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: scans
version: 1.0.0
status: active
name: Scans
domain: logistics
dataProduct: scans
"""


async def test_an_incident_is_acknowledged_by_whoever_asks(client: Client) -> None:
    client.answer = Answer("OK", 41)
    given = {"id": incident_node(1), "expectedVersion": 1, "clientKey": "k"}
    payload = (await client.read(ACKNOWLEDGE, input=given))["acknowledgeIncident"]
    assert payload["incident"]["id"] == incident_node(1)
    assert (payload["position"], payload["errors"]) == (41, [])
    assert client.submitted == [
        AcknowledgeIncident(
            incident="incident-001", expected_version=1, client_key="k", actor="local"
        )
    ]


async def test_an_incident_is_resolved_with_a_reason(client: Client) -> None:
    given = {"id": "incident-002", "reason": "it was a drill"}
    payload = (await client.read(RESOLVE, input=given))["resolveIncident"]
    assert payload["errors"] == []
    [command] = client.submitted
    assert isinstance(command, ResolveIncident)
    assert (command.incident, command.reason) == ("incident-002", "it was a drill")


AMEND = """mutation ($input: AmendIncidentInput!) { amendIncident(input: $input) {
    incident { id onsetAt observedOnsetAt outcome note } errors { code message path } } }"""


async def test_somebody_says_how_an_incident_went(client: Client) -> None:
    given = {"id": "incident-001", "onsetAt": "1970-01-01T00:00:00.5Z", "outcome": "PLANNED"}
    payload = (await client.read(AMEND, input=given))["amendIncident"]
    assert payload["errors"] == []
    [command] = client.submitted
    assert isinstance(command, AmendIncident)
    assert command.said == Amendment(onset_at=500_000, outcome=Outcome.PLANNED)


async def test_an_amendment_says_something(client: Client) -> None:
    payload = (await client.read(AMEND, input={"id": "incident-001"}))["amendIncident"]
    assert [error["code"] for error in payload["errors"]] == ["INVALID_INPUT"]
    assert client.submitted == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"id": "incident:nope"}, "NOT_FOUND"),
        ({"id": "nope"}, "NOT_FOUND"),
        ({"id": "dataset:a:b"}, "INVALID_INPUT"),
        ({"id": incident_node(1), "expectedVersion": 7}, "CONFLICT"),
    ],
)
async def test_what_cannot_be_is_refused_before_it_is_journaled(
    given: dict[str, Any], code: str, client: Client
) -> None:
    for mutation in (ACKNOWLEDGE, RESOLVE):
        [payload] = (await client.read(mutation, input=given)).values()
        assert [error["code"] for error in payload["errors"]] == [code]
        assert payload["errors"][0]["path"] == ["input", "id"]
        assert payload["position"] is None
    assert client.submitted == []


@pytest.mark.parametrize("code", ["CONFLICT", "PENDING", "NOT_FOUND"])
async def test_what_came_of_a_command_is_said(code: str, client: Client) -> None:
    client.answer = Answer(code, 41, "because")
    given = {"id": incident_node(1)}
    payload = (await client.read(ACKNOWLEDGE, input=given))["acknowledgeIncident"]
    assert payload["errors"] == [{"code": code, "message": "because", "path": ["input"]}]
    assert payload["position"] == 41


async def test_a_contract_is_published_as_it_was_written(client: Client) -> None:
    payload = (await client.read(PUBLISH, input={"document": CONTRACT}))["publishContract"]
    assert payload["errors"] == []
    [command] = client.submitted
    assert isinstance(command, PublishContract)
    assert (command.contract_id, command.version) == ("scans", "1.0.0")
    assert (command.document, command.product) == (CONTRACT, "scans")


@pytest.mark.parametrize("document", ["", "a: [", "id: x", "- 1", "5"])
async def test_a_document_that_is_no_contract_is_refused(document: str, client: Client) -> None:
    payload = (await client.read(PUBLISH, input={"document": document}))["publishContract"]
    [error] = payload["errors"]
    assert error["code"] == "INVALID_INPUT"
    assert error["path"] == ["input", "document"]
    assert client.submitted == []


async def test_a_version_is_published_once(client: Client) -> None:
    other = CONTRACT.replace("id: scans", "id: contract-001")
    payload = (await client.read(PUBLISH, input={"document": other}))["publishContract"]
    assert [error["code"] for error in payload["errors"]] == ["CONFLICT"]


REPLAY = """mutation ($input: ReplayDeadLettersInput!) { done: replayDeadLetters(input: $input) {
    plan deadLetters { id state } message position errors { code message path } } }"""
DISCARD = """mutation ($input: DiscardDeadLettersInput!) { done: discardDeadLetters(input: $input) {
    plan deadLetters { id state } message position errors { code message path } } }"""


def letter_node(number: int) -> str:
    return node_id(NodeKind.DEAD_LETTER, make_letter(number).id)


async def test_dead_letters_are_replayed_by_id_or_by_filter(client: Client) -> None:
    client.answer = Answer("OK", 41, "1 resolved, 0 refused again")
    by_id = {"ids": [letter_node(1), make_letter(1).id], "clientKey": "k"}
    for given in (by_id, {"filter": {"product": "product001"}}):
        payload = (await client.read(REPLAY, input=given))["done"]
        assert payload["deadLetters"] == [{"id": letter_node(1), "state": "open"}]
        assert (payload["position"], payload["message"]) == (41, "1 resolved, 0 refused again")
        assert "product001.step" in payload["plan"][0]
    letters = (make_letter(1).id,)
    assert client.submitted == [
        ReplayDeadLetters(letters=letters, client_key="k", actor="local"),
        ReplayDeadLetters(letters=letters, actor="local"),
    ]


async def test_a_dry_run_says_what_would_be_done_and_asks_for_nothing(client: Client) -> None:
    for mutation, more in ((REPLAY, {}), (DISCARD, {"reason": "a test"})):
        given = {"filter": {}, "dryRun": True, **more}
        payload = (await client.read(mutation, input=given))["done"]
        assert payload["plan"]
        assert (len(payload["deadLetters"]), payload["position"], payload["errors"]) == (
            3,
            None,
            [],
        )
    assert client.submitted == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"ids": [], "filter": {}}, "INVALID_INPUT"),
        ({"ids": ["dead-letter:nope"]}, "NOT_FOUND"),
        ({"ids": ["dataset:a:b"]}, "INVALID_INPUT"),
        ({"ids": [f"{number:024x}" for number in range(1_001)]}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_chosen_is_an_error_of_the_payload(
    client: Client, given: dict[str, Any], code: str
) -> None:
    for mutation, more in ((REPLAY, {}), (DISCARD, {"reason": "a test"})):
        payload = (await client.read(mutation, input=given | more))["done"]
        assert [(each["code"], each["path"]) for each in payload["errors"]] == [(code, ["input"])]
        assert payload["deadLetters"] == []
    assert client.submitted == []


async def test_a_letter_is_discarded_for_a_reason(client: Client) -> None:
    given = {"ids": [letter_node(2)], "reason": "a test of ours"}
    assert (await client.read(DISCARD, input=given))["done"]["errors"] == []
    letters = (make_letter(2).id,)
    [command] = client.submitted
    assert command == DiscardDeadLetters(letters=letters, reason="a test of ours", actor="local")
    [error] = (await client.read(DISCARD, input=given | {"reason": " "}))["done"]["errors"]
    assert error["code"] == "INVALID_INPUT"
