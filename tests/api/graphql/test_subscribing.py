"""Subscriptions over WebSocket, in the one protocol that is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from hub.domain.deadletters import entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import (
    Decision,
    IncidentChanged,
    IncidentOpened,
    SignalRaised,
    encode_decision,
)
from hub.domain.incidents.incident import IncidentState
from hub.domain.names import JobName, job_id
from hub.flow.consumer import run_until_idle
from hub.flow.project import Project
from hub.store.opening import Store
from hub.testing.builders import run_event
from tests.api.graphql.conftest import Client
from tests.estates import (
    catalog,
    dataset_name,
    incident_node,
    make_incident,
    make_letter,
    make_signal,
)

PROTOCOL = "graphql-transport-ws"
LOAD, SHIP = JobName("j", "load"), JobName("j", "ship")


@pytest.fixture
def client(sqlite_store: Store) -> Client:
    """An empty hub."""
    return Client(sqlite_store, catalog(1))


@contextmanager
def connected(client: Client) -> Iterator[WebSocketTestSession]:
    with TestClient(client.app).websocket_connect("/", [PROTOCOL]) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        yield socket


def ask(socket: WebSocketTestSession, query: str, key: str) -> None:
    socket.send_json({"id": key, "type": "subscribe", "payload": {"query": query}})


def follow(socket: WebSocketTestSession, query: str) -> None:
    """Subscribe, and come back once the server is listening."""
    ask(socket, query, "followed")
    # Each of these takes a thread as the subscription's first look did, and stands behind it.
    for key in ("1", "2", "3"):
        ask(socket, "{ hub { projectedPosition } }", key)
        assert socket.receive_json()["type"] == "next"
        assert socket.receive_json() == {"id": key, "type": "complete"}


def told(socket: WebSocketTestSession) -> dict[str, Any]:
    message = socket.receive_json()
    assert (message["id"], message["type"]) == ("followed", "next")
    assert "errors" not in message["payload"]
    data: dict[str, Any] = message["payload"]["data"]
    return data


def project(client: Client, *entries: NewEntry) -> None:
    client.store.journal.append(entries, recorded_at=1)
    run_until_idle([Project(client.store)])


def decided(decision: Decision) -> NewEntry:
    return NewEntry(EntryKind.DECISION, encode_decision(decision))


def test_an_incident_is_told_when_it_opens_and_when_it_changes(client: Client) -> None:
    opened, signal = make_incident(1, 5), make_signal(1, 5)
    acknowledged = replace(opened, version=2, state=IncidentState.ACKNOWLEDGED)
    with connected(client) as socket:
        query = "{ incidentChanged { id state root { name } timeline { kind } } }"
        follow(socket, f"subscription {query}")
        raised = decided(SignalRaised(at=5, signal=signal))
        first = decided(IncidentOpened(at=5, incident=opened, signal=signal.id))
        project(client, raised, first)
        said = told(socket)["incidentChanged"]
        assert (said["id"], said["state"]) == (incident_node(1), "TRIGGERED")
        assert said["timeline"] == [{"kind": "opened"}]
        change = IncidentChanged(at=6, incident=acknowledged, change="acknowledged", reason="a")
        project(client, decided(change))
        said = told(socket)["incidentChanged"]
        assert said["state"] == "ACKNOWLEDGED"
        assert said["timeline"] == [{"kind": "opened"}, {"kind": "acknowledged"}]


def test_a_dead_letter_is_told_when_it_comes(client: Client) -> None:
    with connected(client) as socket:
        follow(socket, "subscription { deadLetterAdded { reasons dataset { name } } }")
        project(client, entry_of(make_letter(1)))
        letter = {"reasons": ["id is required"], "dataset": {"name": dataset_name(1).name}}
        assert told(socket) == {"deadLetterAdded": letter}


def test_runs_are_told_of_one_job_or_of_all(client: Client) -> None:
    def ran(job: JobName, event_type: str, at: int) -> NewEntry:
        body = run_event(job, "r", at=at, event_type=event_type)
        return NewEntry(EntryKind.EVENT, body)

    with connected(client) as socket:
        follow(
            socket,
            f'subscription {{ runChanged(job: "{job_id(SHIP)}") {{ state job {{ name }} }} }}',
        )
        project(client, ran(LOAD, "START", 1), ran(SHIP, "START", 2))
        assert told(socket) == {"runChanged": {"state": "RUNNING", "job": {"name": "ship"}}}
        project(client, ran(LOAD, "FAIL", 3), ran(SHIP, "COMPLETE", 4))
        assert told(socket) == {"runChanged": {"state": "COMPLETE", "job": {"name": "ship"}}}


def test_a_subscription_is_limited_like_any_operation(client: Client) -> None:
    with connected(client) as socket:
        ask(socket, "subscription { incidentChanged { nope } }", "1")
        message = socket.receive_json()
        assert (message["id"], message["type"]) == ("1", "error")


@pytest.mark.parametrize("protocols", [["graphql-ws"], ["nonsense"], []])
def test_another_protocol_is_not_spoken(protocols: list[str], client: Client) -> None:
    with (
        TestClient(client.app).websocket_connect("/", protocols) as socket,
        pytest.raises(WebSocketDisconnect),
    ):
        socket.receive_json()


def test_nothing_is_told_to_who_has_not_introduced_itself(client: Client) -> None:
    with TestClient(client.app).websocket_connect("/", [PROTOCOL]) as socket:
        ask(socket, "{ hub { version } }", "1")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4401


def test_a_page_of_another_origin_is_not_let_in(client: Client) -> None:
    headers = {"origin": "https://elsewhere.test"}
    with (
        pytest.raises(WebSocketDisconnect),
        TestClient(client.app).websocket_connect("/", [PROTOCOL], headers=headers) as socket,
    ):
        socket.receive_json()
