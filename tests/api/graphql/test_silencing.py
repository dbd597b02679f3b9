"""Silences are made and ended over GraphQL; incidents are handed on and named anew."""

from __future__ import annotations

from typing import Any

import pytest

from hub.domain.commands import (
    Answer,
    CreateSilence,
    ExpireSilence,
    ReassignIncident,
    ReclassifyIncident,
    entry_of,
)
from hub.domain.duty.matching import parse_matcher
from hub.domain.entries import Entry
from hub.domain.failures.failure import FailureClass
from hub.domain.instants import format_instant
from hub.store.operations import write_operation
from tests.api.graphql.conftest import NOW, Client
from tests.estates import incident_node

CREATE = """mutation ($input: CreateSilenceInput!) { createSilence(input: $input) {
    silence { id state matchers endsAt } position errors { code message path } } }"""
EXPIRE = """mutation ($input: ExpireSilenceInput!) { expireSilence(input: $input) {
    silence { id state } position errors { code message path } } }"""
REASSIGN = """mutation ($input: ReassignIncidentInput!) { reassignIncident(input: $input) {
    incident { id } position errors { code message path } } }"""
RECLASSIFY = """mutation ($input: ReclassifyIncidentInput!) { reclassifyIncident(input: $input) {
    incident { id } position errors { code message path } } }"""
SILENCES = """query ($over: Boolean!) { silences(over: $over) { totalCount nodes {
    id state matchers owner comment createdBy startsAt endsAt expiredAt } } }"""
HOUR = 3_600_000_000
GIVEN = {
    "matchers": ["domain=fleet", "dataset~bronze.*"],
    "owner": "ada",
    "comment": "we know",
    "endsAt": format_instant(NOW + HOUR),
}


def silence(client: Client, *, starts_at: int = NOW, ends_at: int = NOW + HOUR) -> str:
    command = CreateSilence(
        matchers=(parse_matcher("domain=fleet"),),
        owner="ada",
        comment="we know",
        starts_at=starts_at,
        ends_at=ends_at,
    )
    new = entry_of(command)
    [appended] = client.store.journal.append([new], recorded_at=NOW)
    entry = Entry(appended.position, new.kind, NOW, new.body, appended.position)
    with client.store.database.write() as connection:
        write_operation(connection, entry)
    return f"SIL-{appended.position}"


async def test_a_silence_is_made_by_whoever_asks(client: Client) -> None:
    payload = (await client.read(CREATE, input=GIVEN))["createSilence"]
    assert payload["errors"] == []
    assert client.submitted == [
        CreateSilence(
            matchers=(parse_matcher("domain=fleet"), parse_matcher("dataset~bronze.*")),
            owner="ada",
            comment="we know",
            starts_at=NOW,
            ends_at=NOW + HOUR,
            actor="local",
        )
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"matchers": []}, "needs a matcher"),
        ({"matchers": ["domain"]}, "is no matcher"),
        ({"matchers": ["colour=red"]}, "'colour' is no label"),
        ({"matchers": ["environment!=prod"]}, "they would silence everything"),
        ({"matchers": ["domain~*"]}, "they would silence everything"),
        ({"matchers": ["domain=x"] * 21}, "20 matchers at most"),
        ({"owner": " "}, "needs an owner"),
        ({"comment": ""}, "needs a comment"),
        ({"comment": "x" * 1001}, "1000 characters"),
        ({"endsAt": format_instant(NOW)}, "must end after it begins"),
        ({"endsAt": format_instant(NOW + 9000 * HOUR)}, "a year at most"),
        ({"startsAt": format_instant(NOW + 2 * HOUR)}, "must end after it begins"),
    ],
)
async def test_what_is_no_sensible_silence_is_refused(
    changed: dict[str, Any], said: str, client: Client
) -> None:
    payload = (await client.read(CREATE, input={**GIVEN, **changed}))["createSilence"]
    [error] = payload["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input"])
    assert said in error["message"]
    assert client.submitted == []


async def test_silences_are_listed_with_their_state(client: Client) -> None:
    active = silence(client)
    pending = silence(client, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    ended = silence(client, starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR)
    found = (await client.read(SILENCES, over=False))["silences"]
    assert [(each["id"], each["state"]) for each in found["nodes"]] == [
        (f"silence:{active}", "ACTIVE"),
        (f"silence:{pending}", "PENDING"),
    ]
    assert found["nodes"][0]["matchers"] == ["domain=fleet"]
    every = (await client.read(SILENCES, over=True))["silences"]
    assert (every["totalCount"], every["nodes"][0]["id"]) == (3, f"silence:{ended}")
    assert every["nodes"][0]["state"] == "OVER"


async def test_a_silence_is_a_node_of_its_own(client: Client) -> None:
    key = silence(client)
    node = "query ($id: ID!) { node(id: $id) { id ... on Silence { state owner } } }"
    found = (await client.read(node, id=f"silence:{key}"))["node"]
    assert found == {"id": f"silence:{key}", "state": "ACTIVE", "owner": "ada"}
    assert (await client.read(node, id="silence:SIL-0"))["node"] is None


@pytest.mark.parametrize("prefix", ["", "silence:"])
async def test_a_silence_is_ended_by_whoever_asks(client: Client, prefix: str) -> None:
    key = silence(client)
    client.answer = Answer("OK", 41, subject=key)
    payload = (await client.read(EXPIRE, input={"id": prefix + key}))["expireSilence"]
    assert (payload["silence"]["id"], payload["errors"]) == (f"silence:{key}", [])
    assert client.submitted == [ExpireSilence(silence=key, actor="local")]


async def test_a_silence_that_does_not_exist_cannot_be_ended(client: Client) -> None:
    payload = (await client.read(EXPIRE, input={"id": "SIL-0"}))["expireSilence"]
    assert payload["errors"][0]["code"] == "NOT_FOUND"
    assert client.submitted == []


async def test_an_incident_is_handed_to_a_declared_team(client: Client) -> None:
    given = {"id": incident_node(1), "owner": "platform", "reason": "ours"}
    payload = (await client.read(REASSIGN, input=given))["reassignIncident"]
    assert payload["errors"] == []
    [command] = client.submitted
    assert isinstance(command, ReassignIncident)
    assert (command.owner, command.reason, command.actor) == ("platform", "ours", "local")


async def test_an_incident_cannot_be_handed_to_nobody(client: Client) -> None:
    given = {"id": incident_node(1), "owner": "no-such-team"}
    payload = (await client.read(REASSIGN, input=given))["reassignIncident"]
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
    assert "no-such-team" in payload["errors"][0]["message"]
    assert client.submitted == []


async def test_an_incident_is_said_to_be_of_another_class(client: Client) -> None:
    given = {"id": incident_node(1), "class": "DATA_QUALITY", "expectedVersion": 1}
    payload = (await client.read(RECLASSIFY, input=given))["reclassifyIncident"]
    assert payload["errors"] == []
    [command] = client.submitted
    assert isinstance(command, ReclassifyIncident)
    assert command.failure_class is FailureClass.DATA_QUALITY
