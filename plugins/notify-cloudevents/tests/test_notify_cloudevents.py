import asyncio
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import nats
import pytest
from hub_notify_cloudevents.cloudevents import CloudEvents
from hub_notify_cloudevents.event import CONTENT_TYPE, MAX_BYTES
from nats.js.api import RetentionPolicy, StreamConfig

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

_ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")


def complaint(headers: Mapping[str, str], body: bytes) -> str | None:
    """Say what is wrong with an event by CloudEvents 1.0.2; None where nothing is."""
    event = json.loads(body)
    named = [event.get(name) for name in ("id", "source", "type")]
    attributes = {name: value for name, value in event.items() if name != "data"}
    laws = {
        "no structured event": headers.get("Content-Type") == CONTENT_TYPE,
        "larger than intermediaries must forward": len(body) <= MAX_BYTES,
        "another version": event.get("specversion") == "1.0",
        "a required attribute is missing": all(each and isinstance(each, str) for each in named),
        "time has no zone": datetime.fromisoformat(event["time"]).utcoffset() is not None,
        "an attribute's name is none": all(map(_ATTRIBUTE.fullmatch, attributes)),
        "a value is none": all(isinstance(each, str | bool | int) for each in attributes.values()),
    }
    return next((law for law, is_kept in laws.items() if not is_kept), None)


class Consumer:
    """Takes events as a careful consumer does: by source and id, once."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], dict[str, Any]] = {}

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path != "/events":
            return answering(404)
        if (wrong := complaint(headers, body)) is not None:
            return answering(400, wrong.encode())
        event = json.loads(body)
        self.events.setdefault((event["source"], event["id"]), event)
        return answering(202)


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
def receiver(consumer: Consumer) -> Iterator[Receiver]:
    server = Receiver(consumer)
    yield server
    server.close()


def send(receiver: Receiver, told: Notification | None = None, **options: object) -> None:
    given = {"url": f"http://{receiver.address}/events", **options}
    CloudEvents().send(told or a_notification(), given)


class TestCloudEvents(NotifierConformance):
    def notifier(self) -> CloudEvents:
        return CloudEvents()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"url": f"http://{receiver.address}/events"}


def test_each_step_of_an_incident_is_an_event_of_its_own_type(
    receiver: Receiver, consumer: Consumer
) -> None:
    for reason in ("triggered", "acknowledged", "resolved"):
        send(receiver, a_notification(reason=reason), source="urn:hub:berlin")

    told = list(consumer.events.values())
    kinds = ["triggered", "acknowledged", "resolved"]
    assert [each["type"] for each in told] == [f"hub.incident.{kind}" for kind in kinds]
    assert {(each["source"], each["subject"]) for each in told} == {("urn:hub:berlin", "INC-7")}
    assert {each["dedupkey"] for each in told} == {a_notification().dedup_key}
    assert told[-1]["time"] == a_notification(reason="resolved").body["resolved_at"]
    assert told[0]["data"]["evidence"] == "refused by the contract: field bicycle_id is missing"


def test_a_repeat_has_the_id_of_what_it_repeats_and_says_so(
    receiver: Receiver, consumer: Consumer
) -> None:
    send(receiver)
    send(receiver, a_notification(is_repeat=True))

    assert len(consumer.events) == 1
    assert receiver.body["repeat"] is True


def test_what_is_cut_is_named(receiver: Receiver) -> None:
    send(receiver, a_notification(a_vast_incident()))

    assert "products" in receiver.body["data"]["truncated"]
    assert len(receiver.requests[-1][2]) <= MAX_BYTES


def test_pressed_it_is_tried_again_and_refused_it_is_not(receiver: Receiver) -> None:
    receiver.answers = [answering(429, Retry_After="9"), answering(410, b"gone for good")]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.retry_after_seconds == 9
    assert not raised.value.may_have_arrived
    with pytest.raises(InvalidInput, match="gone for good"):
        send(receiver)


def test_silence_may_mean_that_it_arrived(receiver: Receiver) -> None:
    def silence(_handler: BaseHTTPRequestHandler) -> None:
        receiver.closing.wait(60)

    receiver.answers = [silence]

    with pytest.raises(Unreachable) as raised:
        send(receiver, timeout_seconds=0.05)
    assert raised.value.may_have_arrived


@pytest.mark.parametrize(
    ("user", "options", "header"),
    [
        ("hub:s3cret-password@", {}, "Basic aHViOnMzY3JldC1wYXNzd29yZA=="),
        ("", {"token": "s3cret-token"}, "Bearer s3cret-token"),
    ],
)
def test_who_the_hub_is_goes_with_the_request_and_nowhere_else(
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    user: str,
    options: dict[str, Any],
    header: str,
) -> None:
    receiver.answers = [answering(403, b"not with s3cret-password, nor with s3cret-token")]
    with caplog.at_level(logging.DEBUG), pytest.raises(HubError) as raised:
        send(receiver, url=f"http://{user}{receiver.address}/events", **options)

    assert receiver.headers["Authorization"] == header
    own = options.get("token", "s3cret-password")
    assert own not in str(raised.value) + caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "s3cret"},
        {"url": "ftp://s3cret"},
        {"url": "nats://"},
        {"url": "http://127.0.0.1/", "source": "s3cret with spaces"},
        {"url": "nats://127.0.0.1/", "subject": "s3cret.>"},
        {"url": "nats://127.0.0.1/", "subject": "s3cret\r\nPUB x"},
        {"url": "http://127.0.0.1/", "token": "s3cret\r\nX: y"},
        {"url": "http://127.0.0.1/", "token": ""},
        {"url": "http://127.0.0.1/", "timeout_seconds": 0},
        {"url": "http://127.0.0.1/", "user": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        CloudEvents().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)


class Stream:
    """A NATS server with JetStream, and one stream that takes the hub's incidents."""

    def __init__(self, url: str) -> None:
        self.url = url

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        return asyncio.run(self._messages())

    def limit(self, size: int) -> None:
        """Have the stream refuse larger messages."""
        asyncio.run(self._configure(size))

    async def _configure(self, size: int) -> None:
        client = await nats.connect(self.url)
        config = StreamConfig(
            name="INCIDENTS",
            subjects=["hub.incidents"],
            retention=RetentionPolicy.LIMITS,
            max_msg_size=size,
        )
        stream = client.jetstream()
        await (stream.add_stream(config) if size < 0 else stream.update_stream(config))
        await client.close()

    async def _messages(self) -> list[tuple[dict[str, str], bytes]]:
        client = await nats.connect(self.url)
        stream = client.jetstream()
        count = (await stream.stream_info("INCIDENTS")).state.messages
        found = [await stream.get_msg("INCIDENTS", seq) for seq in range(1, count + 1)]
        await client.close()
        return [(dict(each.headers or {}), each.data or b"") for each in found]


def _server() -> str | None:
    """Return the server's binary: the wheel's, or the system's."""
    beside = Path(sys.executable).parent / "nats-server"
    return str(beside) if beside.exists() else shutil.which("nats-server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = _server()
    if binary is None:
        if os.environ.get("HUB_REQUIRE_ALL"):
            pytest.fail("needs nats: there is no nats-server")
        pytest.skip("needs nats: there is no nats-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("nats")
    arguments = [binary, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with subprocess.Popen([*arguments, "--auth", "s3cret-token"], stderr=subprocess.DEVNULL) as it:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"127.0.0.1:{port}"
        it.kill()


@pytest.fixture
def stream(server: str) -> Iterator[Stream]:
    made = Stream(f"nats://s3cret-token@{server}")
    made.limit(-1)
    yield made

    async def drop() -> None:
        client = await nats.connect(made.url)
        await client.jetstream().delete_stream("INCIDENTS")
        await client.close()

    asyncio.run(drop())


def publish(server: str, told: Notification | None = None, **options: object) -> None:
    given = {"url": f"nats://{server}", "token": "s3cret-token", **options}
    CloudEvents().send(told or a_notification(), given)


class TestJetStream(NotifierConformance):
    def notifier(self) -> CloudEvents:
        return CloudEvents()

    @pytest.fixture
    def options(self, server: str, stream: Stream) -> Mapping[str, Any]:
        assert stream
        return {"url": f"nats://{server}", "token": "s3cret-token"}


def test_a_stream_has_each_step_once_however_often_it_is_told(server: str, stream: Stream) -> None:
    publish(server)
    publish(server, a_notification(is_repeat=True))
    publish(server, a_notification(reason="resolved"))

    found = stream.messages()
    assert [complaint(headers, body) for headers, body in found] == [None, None]
    kinds = [json.loads(body)["type"] for _headers, body in found]
    assert kinds == ["hub.incident.triggered", "hub.incident.resolved"]


def test_a_subject_that_no_stream_takes_is_said(server: str, stream: Stream) -> None:
    assert stream
    with pytest.raises(Unreachable, match=r"no stream of JetStream takes other\.subject") as raised:
        publish(server, subject="other.subject")
    assert not raised.value.may_have_arrived


def test_what_the_stream_refuses_is_refused(server: str, stream: Stream) -> None:
    stream.limit(100)
    with pytest.raises(InvalidInput, match="message size exceeds maximum allowed"):
        publish(server)


def test_a_wrong_token_is_no_way_in_and_is_not_told(
    server: str, stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    assert stream
    with caplog.at_level(logging.DEBUG), pytest.raises(Unreachable) as raised:
        publish(server, token="s3cret-but-wrong")
    assert "s3cret" not in str(raised.value) + caplog.text


def test_where_nobody_listens_nothing_has_arrived() -> None:
    with pytest.raises(Unreachable) as raised:
        CloudEvents().send(a_notification(), {"url": "nats://127.0.0.1:1"})
    assert not raised.value.may_have_arrived
