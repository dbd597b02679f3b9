import logging
import re
import socket
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hub_notify_webhook.payload import MAX_BYTES
from hub_notify_webhook.webhook import Webhook
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

README = Path(__file__).parent.parent / "README.md"
NOW = 1_795_424_400.5


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def send(
    receiver: Receiver,
    notification: Notification | None = None,
    **options: object,
) -> None:
    webhook = Webhook(clock=lambda: NOW)
    webhook.send(notification or a_notification(), {"url": receiver.url, **options})


class TestWebhook(NotifierConformance):
    def notifier(self) -> Webhook:
        return Webhook()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"url": receiver.url, "secret": "s3cret"}


def test_a_notification_arrives_in_alertmanagers_shape(receiver: Receiver) -> None:
    send(receiver)

    body = receiver.body
    [item] = body["alerts"]
    assert (body["version"], body["status"]) == ("4", "firing")
    assert body["notification_reason"] == "triggered"
    assert body["groupKey"] == body["dedup_key"] == item["fingerprint"]
    assert body["commonLabels"]["owner"] == "fleet-data"
    assert item["endsAt"].startswith("0001-")
    assert body["hub"] == a_notification().body
    assert body["truncated"] == []


def test_alertmanagers_links_lead_to_the_hub_and_to_the_incident(receiver: Receiver) -> None:
    links = {"hub": "https://hub.example", "incident": "https://hub.example/incidents/INC-7"}
    told = a_notification()
    send(receiver, structs.replace(told, body={**told.body, "links": links}))

    [item] = receiver.body["alerts"]
    assert receiver.body["externalURL"] == links["hub"]
    assert item["generatorURL"] == links["incident"]


def test_without_a_public_address_alertmanagers_links_are_empty(receiver: Receiver) -> None:
    send(receiver)

    [item] = receiver.body["alerts"]
    assert receiver.body["externalURL"] == item["generatorURL"] == ""


def test_the_end_of_an_incident_is_told_under_the_same_key(receiver: Receiver) -> None:
    send(receiver)
    first, key = receiver.body, receiver.headers["Hub-Dedup-Key"]
    send(receiver, a_notification(reason="resolved"))

    assert receiver.body["status"] == "resolved"
    assert receiver.body["alerts"][0]["endsAt"] > first["alerts"][0]["startsAt"]
    assert receiver.body["groupKey"] == first["groupKey"]
    assert receiver.headers["Hub-Dedup-Key"] == key == first["dedup_key"]
    assert receiver.body["notification_id"] != first["notification_id"]


def test_a_repeat_has_the_same_idempotency_key_and_says_so(receiver: Receiver) -> None:
    send(receiver)
    send(receiver, a_notification(is_repeat=True))

    keys = {headers["Idempotency-Key"] for _path, headers, _body in receiver.requests}
    assert keys == {a_notification().id}
    assert receiver.body["is_repeat"] is True


def test_the_readme_shows_how_to_verify_a_signature(receiver: Receiver) -> None:
    send(receiver, secret="s3cret")
    headers, body = receiver.headers, receiver.requests[-1][2]
    [shown] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(shown, names)  # noqa: S102 - the README's own example
    verify = names["is_from_the_hub"]

    assert verify("s3cret", headers, body, now=NOW)
    assert not verify("other", headers, body, now=NOW)
    assert not verify("s3cret", headers, body + b" ", now=NOW)
    assert not verify("s3cret", headers, body, now=NOW + 3600), "an old one is sent again"
    assert not verify("s3cret", {**headers, "Hub-Timestamp": str(int(NOW + 3600))}, body, now=NOW)


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    send(receiver)

    assert "Hub-Signature" not in receiver.headers


def test_configured_headers_are_sent_and_cannot_replace_ours(receiver: Receiver) -> None:
    send(receiver, headers={"X-Team": "fleet", "idempotency-key": "mine", "User-Agent": "ours"})

    assert receiver.headers["X-Team"] == "fleet"
    assert receiver.headers["User-Agent"] == "ours"
    names = [name.lower() for name in receiver.headers]
    assert names.count("idempotency-key") == 1
    assert a_notification().id in receiver.headers.values()


def test_a_user_in_the_url_is_sent_as_basic_authorization(receiver: Receiver) -> None:
    send(receiver, url=f"http://hub:pass@{receiver.address}/pages?team=a%20b")

    assert receiver.requests[-1][0] == "/pages?team=a%20b"
    assert receiver.headers["Authorization"] == "Basic aHViOnBhc3M="
    assert receiver.headers["Host"] == receiver.address


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")

    send(receiver)

    assert len(receiver.requests) == 1


def test_a_page_that_is_too_large_is_cut_and_says_where(receiver: Receiver) -> None:
    notification = a_notification(a_vast_incident())

    send(receiver, notification)

    assert len(receiver.requests[-1][2]) <= MAX_BYTES
    assert receiver.body["truncated"] == ["title", "products"]
    assert receiver.body["hub"]["products"] == notification.body["products"][:12]
    assert receiver.body["hub"]["title"].endswith("…")


def test_a_page_that_cannot_be_cut_is_refused(receiver: Receiver) -> None:
    vast = {f"field_{number}": "x" * 500 for number in range(1000)}
    notification = a_notification()

    with pytest.raises(InvalidInput, match="even when cut"):
        send(receiver, structs.replace(notification, body={**notification.body, **vast}))
    assert receiver.requests == []


@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_receiver_that_is_pressed_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.answers = [answering(status)]

    with pytest.raises(Unreachable, match=str(status)) as raised:
        send(receiver)
    assert not raised.value.may_have_arrived
    assert raised.value.retry_after_seconds == 1

    send(receiver)
    assert len(receiver.requests) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_receiver_in_trouble_may_have_taken_it(receiver: Receiver, status: int) -> None:
    receiver.answers = [answering(status)]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.may_have_arrived


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 1),
        ("7", 7),
        ("86400", 300),
        ("9" * 5000, 300),
        (formatdate(NOW + 40, usegmt=True), 40),
        (formatdate(NOW - 40, usegmt=True), 1),
        ("Mon, 01 Jan 2029 00:00:00", 300),
        ("-3", 1),
        ("soon", 1),
        ("²", 1),
    ],
)
def test_the_receiver_says_when_to_try_again(receiver: Receiver, value: str, seconds: int) -> None:
    receiver.answers = [answering(503, Retry_After=value)]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert abs(raised.value.retry_after_seconds - seconds) <= 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 418])
def test_a_refusal_is_final(receiver: Receiver, status: int) -> None:
    receiver.answers = [answering(status, b'{"error": "no such team"}')]

    with pytest.raises(InvalidInput, match=f"answered {status}.*no such team") as raised:
        send(receiver)
    assert raised.value.fix


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = [answering(status, Location="/elsewhere")]

    with pytest.raises(InvalidInput, match=str(status)) as raised:
        send(receiver)
    assert "redirects are not followed" in str(raised.value.fix)
    assert [path for path, _headers, _body in receiver.requests] == ["/pages"]


def endless(status: int, receiver: Receiver) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()
        while not receiver.closing.is_set():
            handler.wfile.write(b"no " * 100_000)

    return answer


def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answers = [endless(200, receiver), endless(400, receiver), endless(500, receiver)]

    send(receiver)
    with pytest.raises(InvalidInput, match="no no no") as raised:
        send(receiver)
    with pytest.raises(Unreachable):
        send(receiver)
    assert len(raised.value.message) < 300


def test_a_refusal_whose_words_do_not_come_is_still_one(receiver: Receiver) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(400)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        receiver.closing.wait(60)

    receiver.answers = [answer]

    with pytest.raises(InvalidInput) as raised:
        send(receiver, timeout_seconds=0.2)
    assert raised.value.message == "receiver fleet-pager answered 400"


def test_no_answer_in_time_means_that_it_may_have_arrived(receiver: Receiver) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        receiver.closing.wait(60)

    receiver.answers = [answer]

    with pytest.raises(Unreachable, match="ReadTimeout") as raised:
        send(receiver, timeout_seconds=0.2)
    assert raised.value.may_have_arrived


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_an_answer_that_is_none_means_that_it_may_have_arrived(
    receiver: Receiver, said: bytes
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)
        handler.close_connection = True

    receiver.answers = [answer]

    with pytest.raises(Unreachable, match="RemoteProtocolError") as raised:
        send(receiver)
    assert raised.value.may_have_arrived


def test_a_closed_port_means_that_nothing_arrived(free_port: int) -> None:
    options = {"url": f"http://127.0.0.1:{free_port}/pages"}

    with pytest.raises(Unreachable, match="ConnectError") as raised:
        Webhook().send(a_notification(), options)
    assert not raised.value.may_have_arrived


def test_a_port_that_speaks_no_tls_means_that_nothing_arrived(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match="ConnectError") as raised:
        send(receiver, url=f"https://{receiver.address}/pages")
    assert not raised.value.may_have_arrived


@pytest.mark.parametrize("status", [202, 403, 500])
def test_no_secret_is_logged_or_told(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = ("signing-s3cret", "bearer-s3cret", "user-s3cret", "path-s3cret", "query-s3cret")
    url = f"http://hub:{secrets[2]}@{receiver.address}/{secrets[3]}?key={secrets[4]}"
    told = ""

    def echo(handler: BaseHTTPRequestHandler) -> None:
        answering(status, f"{url} {handler.headers} {secrets}".encode())(handler)

    receiver.answers = [echo]
    with caplog.at_level(logging.DEBUG):
        try:
            send(receiver, url=url, secret=secrets[0], headers={"X-Token": secrets[1]})
        except HubError as error:
            told = f"{error} {error.__cause__}"

    assert status == 202 or str(status) in told
    assert [secret for secret in secrets if secret in told + caplog.text] == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "ftp://127.0.0.1/s3cret"},
        {"url": "file:///s3cret"},
        {"url": "/s3cret"},
        {"url": "http://"},
        {"url": "http://127.0.0.1:s3cret/"},
        {"url": "http://127.0.0.1/\ns3cret"},
        {"url": 7},
        {"url": "http://127.0.0.1/", "retries": "s3cret"},
        {"url": "http://127.0.0.1/", "secret": ""},
        {"url": "http://127.0.0.1/", "timeout_seconds": 0},
        {"url": "http://127.0.0.1/", "timeout_seconds": 3600},
        {"url": "http://127.0.0.1/", "timeout_seconds": float("nan")},
        {"url": "http://127.0.0.1/", "headers": {"X-A": "a\r\nX-B: s3cret"}},
        {"url": "http://127.0.0.1/", "headers": {"X-A": "s3crét"}},
        {"url": "http://127.0.0.1/", "headers": {"X A": "s3cret"}},
        {"url": "http://127.0.0.1/", "headers": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        Webhook().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cr" not in str(raised.value)
