"""WebSockets to a served hub: who may open one, what is spoken on it, and how much may be asked."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.served import hubs

KEYS = {"HUB_AUTH__KEYS": f"ci:{sha256(b's3cret').hexdigest()}"}
HOLDER = {"Authorization": "Bearer s3cret"}
PROTOCOL = "graphql-transport-ws"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sockets")


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[str]:
    """A hub with a key."""
    with hubs.served(folder, env=KEYS) as (url, _process):
        yield url


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub without keys, for this machine alone."""
    with hubs.served(tmp_path_factory.mktemp("local")) as (url, _process):
        yield url


def opened(
    url: str,
    headers: dict[str, str] = HOLDER,
    *,
    protocol: str | None = PROTOCOL,
    host: str | None = None,
    origin: str | None = None,
) -> ClientConnection:
    place = url.removeprefix("http://")
    return connect(
        f"ws://{host or place}/graphql",
        sock=hubs.connect(url),
        additional_headers=headers,
        subprotocols=[Subprotocol(protocol)] if protocol else None,
        origin=Origin(origin) if origin else None,
    )


def refusal(url: str, headers: dict[str, str] = HOLDER, **how: str) -> tuple[int, str]:
    """Return the answer to a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused, opened(url, headers, **how):
        pass
    answer = refused.value.response
    return answer.status_code, json.loads(answer.body or b"{}").get("error", "")


def send(socket: ClientConnection, kind: str, **members: object) -> None:
    socket.send(json.dumps({"type": kind, **members}))


def heard(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(30))
    return message


def introduce(socket: ClientConnection, **payload: object) -> None:
    send(socket, "connection_init", payload=payload)
    assert heard(socket)["type"] == "connection_ack"


@contextmanager
def introduced(url: str, headers: dict[str, str] = HOLDER) -> Iterator[ClientConnection]:
    with opened(url, headers) as socket:
        introduce(socket)
        yield socket


def closing_code(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        socket.recv(30)
    return socket.close_code


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}, {"X-Key": "s3cret"}],
)
def test_without_the_key_no_socket_is_opened(guarded: str, headers: dict[str, str]) -> None:
    status, message = refusal(guarded, headers)
    assert status == 401
    assert "Authorization: Bearer KEY" in message


def test_a_key_in_the_first_message_is_no_key(guarded: str) -> None:
    # It would come too late: the handshake has been refused by then.
    assert refusal(guarded, {})[0] == 401
    # And to who has shown one already it makes no difference.
    with opened(guarded) as socket:
        introduce(socket, Authorization="Bearer wrong")


def test_whoever_has_the_key_is_answered(guarded: str) -> None:
    with introduced(guarded) as socket:
        assert socket.subprotocol == PROTOCOL
        send(socket, "subscribe", id="1", payload={"query": "{ hub { version } }"})
        assert heard(socket)["payload"]["data"]["hub"]["version"]


def test_a_key_opens_to_whatever_host_and_origin(guarded: str) -> None:
    with opened(guarded, host="hub.example", origin="https://hub.example") as socket:
        introduce(socket)


@pytest.mark.parametrize("how", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_without_keys_a_socket_must_be_meant_for_this_machine(
    local: str, how: dict[str, str]
) -> None:
    assert refusal(local, {}, **how)[0] == 403
    with opened(local, {}, origin=local) as socket:
        introduce(socket)


@pytest.mark.parametrize("protocol", ["graphql-ws", "mqtt", None])
def test_only_one_protocol_is_spoken(guarded: str, protocol: str | None) -> None:
    with opened(guarded, protocol=protocol) as socket:
        assert closing_code(socket) == 4406


def test_there_are_no_sockets_elsewhere(guarded: str) -> None:
    for path in ("/", "/incidents", "/api/v1/lineage", "/api/v1/jobs", "/livez", "/nowhere"):
        url = guarded.replace("http", "ws") + path
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=HOLDER):
            pass
        assert refused.value.response.status_code == 404


def test_who_asks_before_the_introduction_is_cut_off(guarded: str) -> None:
    with opened(guarded) as socket:
        send(socket, "subscribe", id="1", payload={"query": "{ hub { version } }"})
        assert closing_code(socket) == 4401


@pytest.mark.parametrize(
    "message",
    ["no JSON", "[]", '"text"', '{"type": 3}', "{}", '{"type": "subscribe"}', "[" * 9_999],
)
def test_what_is_no_message_ends_the_socket_and_nothing_else(
    guarded: str, folder: Path, message: str
) -> None:
    with introduced(guarded) as socket:
        socket.send(message)
        assert closing_code(socket) in {4400, 4401}
    with introduced(guarded):
        assert "Traceback" not in hubs.log_of(folder)


def test_a_message_of_more_than_a_megabyte_is_not_read(guarded: str) -> None:
    with introduced(guarded) as socket:
        send(socket, "subscribe", id="1", payload={"query": "#" * (1 << 20)})
        assert closing_code(socket) == 1009


TOO_MUCH = {
    "aliases": " ".join(f"a{n}: id" for n in range(60)),
    "depth": "job { runs { nodes { " * 6 + "id" + " } } }" * 6,
    "cost": "job { runs(first: 100) { nodes { job { runs(first: 100) { nodes { id } } } } } }" * 5,
}


@pytest.mark.parametrize("selection", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_subscription_may_ask_for_no_more_than_a_query(guarded: str, selection: str) -> None:
    with introduced(guarded) as socket:
        query = f"subscription {{ runChanged {{ {selection} }} }}"
        send(socket, "subscribe", id="1", payload={"query": query})
        answer = heard(socket)
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert answer["payload"][0]["extensions"]["code"] == "TOO_EXPENSIVE"
        send(socket, "subscribe", id="2", payload={"query": "{ hub { version } }"})
        assert heard(socket)["type"] == "next"


NO_OPERATIONS = [
    "{",
    "{ a" * 900,
    "subscription { runChanged { " + "id " * 2_000 + "} }",
    "{ nope }",
]


@pytest.mark.parametrize("query", NO_OPERATIONS)
def test_what_is_no_operation_is_answered_as_that(guarded: str, folder: Path, query: str) -> None:
    with introduced(guarded) as socket:
        send(socket, "subscribe", id="1", payload={"query": query})
        try:
            assert heard(socket)["type"] == "error"
        except ConnectionClosed:
            assert socket.close_code == 4400
    assert "Traceback" not in hubs.log_of(folder)


def test_a_socket_has_a_bounded_number_of_subscriptions(guarded: str) -> None:
    with introduced(guarded) as socket:
        for number in range(51):
            query = "subscription { incidentChanged { id } }"
            send(socket, "subscribe", id=str(number), payload={"query": query})
        answer = heard(socket)
        assert (answer["id"], answer["type"]) == ("50", "error")


def test_a_hub_ends_soon_though_somebody_follows_it(tmp_path: Path) -> None:
    with hubs.served(tmp_path) as (url, process), introduced(url, {}) as socket:
        query = "subscription { incidentChanged { id } }"
        send(socket, "subscribe", id="1", payload={"query": query})
        process.send_signal(signal.SIGTERM)
        assert closing_code(socket) in {1001, 1012}
        assert process.wait(30) == 0
    assert "Traceback" not in hubs.log_of(tmp_path)
