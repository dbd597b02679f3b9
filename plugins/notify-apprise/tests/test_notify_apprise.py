import json
import logging
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hub_notify_apprise.sending import Service

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

# Of the library's, on Pythons before 3.13.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

_MOST = 32_768
_KINDS = ("info", "success", "warning", "failure")


def json_service(path: str, _headers: dict[str, str], body: bytes) -> Answer:
    """Answer as a service of apprise's own ``json`` form that has limits and a secret path."""
    if path != "/s3cret-path/":
        return answering(404, b"no such room: s3cret-path")
    told = json.loads(body)
    if not told["message"] or told["type"] not in _KINDS:
        return answering(400, b"no message")
    if len(told["message"]) > _MOST or len(told["title"]) > 250:
        return answering(413, b"too long")
    return answering(200)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(json_service)
    yield server
    server.close()


class Log(logging.Handler):
    """What reaches the hub's own log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def log() -> Iterator[Log]:
    root, made = logging.getLogger(), Log()
    level = root.level
    root.addHandler(made)
    root.setLevel(logging.DEBUG)
    yield made
    root.removeHandler(made)
    root.setLevel(level)


def url_of(receiver: Receiver) -> str:
    return f"json://hub:s3cret-password@{receiver.address}/s3cret-path/"


def send(receiver: Receiver, told: Notification | None = None, **options: object) -> None:
    Service().send(told or a_notification(), {"url": url_of(receiver), **options})


class TestApprise(NotifierConformance):
    def notifier(self) -> Service:
        return Service()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"url": url_of(receiver)}


def test_a_message_says_what_is_broken_why_and_whose_it_is(receiver: Receiver) -> None:
    send(receiver)

    assert receiver.body["title"] == "NEW page for fleet-pager"
    assert receiver.body["type"] == "failure"
    for words in ("bicycle_id is missing", "fleet-data (domain)", "dedup key: INC-7-"):
        assert words in receiver.body["message"]


def test_the_end_is_good_news(receiver: Receiver) -> None:
    send(receiver, a_notification(reason="resolved"))

    assert receiver.body["title"].startswith("RESOLVED")
    assert receiver.body["type"] == "success"


def test_a_repeat_says_that_it_may_be_one(receiver: Receiver) -> None:
    send(receiver, a_notification(is_repeat=True))

    assert "(may be a repeat)" in receiver.body["title"]


def test_nothing_waits_between_messages_and_long_ones_are_one(receiver: Receiver) -> None:
    started = time.thread_time()
    for _time in range(5):
        send(receiver, a_notification(a_vast_incident()))

    assert len(receiver.requests) == 5
    # Its pace of old would have been 5.5 s for each after the first; this is the thread's own work.
    assert time.thread_time() - started < 5.0


def test_its_pace_is_taken_from_it(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def slept(seconds: float) -> None:
        pytest.fail(f"it would wait for {seconds} s")

    monkeypatch.setattr("apprise.url.time.sleep", slept)
    for _time in range(3):
        send(receiver)

    assert len(receiver.requests) == 3


@pytest.mark.parametrize(
    ("status", "raises"), [(429, Unreachable), (503, Unreachable), (403, InvalidInput)]
)
def test_what_it_only_logs_is_an_error_with_its_reason(
    receiver: Receiver, status: int, raises: type[HubError]
) -> None:
    receiver.answers = [answering(status)]

    with pytest.raises(raises, match=str(status)) as raised:
        send(receiver)
    assert raised.value.fix
    assert getattr(raised.value, "may_have_arrived", False) is (status == 503)


def test_it_tries_once_whatever_the_url_asks_for(receiver: Receiver) -> None:
    receiver.answers = [answering(500)] * 5
    with pytest.raises(Unreachable):
        send(receiver, url=f"{url_of(receiver)}?retry=4&wait=1")

    assert len(receiver.requests) == 1


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers = [answering(307, Location=f"http://{receiver.address}/s3cret-path/")]
    with pytest.raises(HubError):
        send(receiver, url=f"{url_of(receiver)}?redirect=yes")

    assert len(receiver.requests) == 1


def test_silence_may_mean_that_it_arrived(receiver: Receiver) -> None:
    def silence(_handler: BaseHTTPRequestHandler) -> None:
        receiver.closing.wait(60)

    receiver.answers = [silence]
    with pytest.raises(Unreachable) as raised:
        send(receiver, timeout_seconds=0.05)
    assert raised.value.may_have_arrived


def test_nobody_listening_is_tried_again() -> None:
    with pytest.raises(Unreachable, match="was not told"):
        Service().send(a_notification(), {"url": "json://127.0.0.1:1/s3cret-path/"})


def test_no_part_of_the_url_is_told_or_logged(receiver: Receiver, log: Log) -> None:
    receiver.answers = [answering(403, b"not with s3cret-password on s3cret-path")]
    with pytest.raises(HubError) as raised:
        send(receiver)

    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in "".join(log.lines)


def test_nothing_is_kept_on_the_disk(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    send(receiver)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "s3cret"},
        {"url": "nosuch://s3cret"},
        {"url": "json://"},
        {"url": ["json://s3cret"]},
        {"url": "json://127.0.0.1/s3cret", "timeout_seconds": 0},
        {"url": "json://127.0.0.1/s3cret", "urls": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(
    options: dict[str, Any], log: Log
) -> None:
    with pytest.raises(InvalidInput) as raised:
        Service().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in "".join(log.lines)
