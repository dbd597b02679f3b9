import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from hub_notify_webhook.webhook import Webhook, signature

from hub.domain.errors import InvalidInput, Unreachable
from hub.testing.pages import a_notification


class Server:
    """A receiver that keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 202
        self.hold: Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((dict(self.headers), body))
                if outer.hold is not None:
                    outer.hold.wait(10)
                self.send_response(outer.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/pages"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def last(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.requests[-1][1])
        return decoded


@pytest.fixture
def server() -> Iterator[Server]:
    receiver = Server()
    yield receiver
    receiver.close()


def test_a_notification_arrives_in_alertmanagers_shape(server: Server) -> None:
    Webhook().send(a_notification(), {"url": server.url})

    body = server.last
    [item] = body["alerts"]
    assert (body["version"], body["status"], body["notification_reason"]) == (
        "4",
        "firing",
        "triggered",
    )
    assert body["groupKey"] == body["dedup_key"] == item["fingerprint"]
    assert body["commonLabels"]["owner"] == "fleet-data"
    assert body["hub"]["path"]
    assert item["startsAt"] < "2999"


def test_the_end_of_an_incident_is_told_under_the_same_key(server: Server) -> None:
    webhook = Webhook()
    webhook.send(a_notification(), {"url": server.url})
    first = server.last
    webhook.send(a_notification(reason="resolved"), {"url": server.url})

    assert server.last["status"] == "resolved"
    assert server.last["groupKey"] == first["groupKey"]
    assert server.last["notification_id"] != first["notification_id"]


def test_a_repeat_has_the_same_idempotency_key_and_says_so(server: Server) -> None:
    webhook = Webhook()
    webhook.send(a_notification(), {"url": server.url})
    webhook.send(a_notification(is_repeat=True), {"url": server.url})

    keys = {headers["Idempotency-Key"] for headers, _body in server.requests}
    assert len(keys) == 1
    assert server.last["is_repeat"] is True


def test_a_secret_signs_the_body(server: Server) -> None:
    Webhook().send(a_notification(), {"url": server.url, "secret": "s3cret"})

    headers, body = server.requests[-1]
    assert headers["Hub-Signature"] == f"sha256={signature('s3cret', body)}"


def test_headers_are_sent_as_configured(server: Server) -> None:
    Webhook().send(a_notification(), {"url": server.url, "headers": {"X-Team": "fleet"}})

    assert server.requests[-1][0]["X-Team"] == "fleet"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_receiver_in_trouble_is_tried_again(server: Server, status: int) -> None:
    server.status = status

    with pytest.raises(Unreachable, match=str(status)) as raised:
        Webhook().send(a_notification(), {"url": server.url})
    assert not raised.value.may_have_arrived


@pytest.mark.parametrize("status", [301, 400, 401, 404])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(server: Server, status: int) -> None:
    server.status = status

    with pytest.raises(InvalidInput, match=str(status)):
        Webhook().send(a_notification(), {"url": server.url})
    assert len(server.requests) == 1


def test_a_closed_port_means_that_nothing_arrived() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/token-in-url"
        with pytest.raises(Unreachable) as raised:
            Webhook().send(a_notification(), {"url": url})

    assert not raised.value.may_have_arrived
    assert "token-in-url" not in str(raised.value)


def test_no_answer_in_time_means_that_it_may_have_arrived(server: Server) -> None:
    server.hold = Event()

    with pytest.raises(Unreachable) as raised:
        Webhook().send(a_notification(), {"url": server.url, "timeout_seconds": 0.2})
    server.hold.set()
    assert raised.value.may_have_arrived


@pytest.mark.parametrize("options", [{}, {"url": "ftp://x"}, {"url": "http://x", "retries": 3}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Webhook().send(a_notification(), options)
