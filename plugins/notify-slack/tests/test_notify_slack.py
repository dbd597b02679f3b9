import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hub_notify_slack.slack import Slack
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident, an_odd_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

TOKEN = "xoxb-0123-s3cret"
CHANNEL = "C0123456789"


class Workspace:
    """Answers as Slack does, and keeps what a channel shows."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        content = json.loads(body)
        if path == "/hook/s3cret-path":
            error = _complaint(content)
            if error is None:
                self.messages[f"hook.{len(self.messages)}"] = content
            return answering(400, error.encode()) if error else answering(200, b"ok")
        error = None if headers.get("Authorization") == f"Bearer {TOKEN}" else "invalid_auth"
        error = error or _complaint(content)
        if content.get("channel") != CHANNEL:
            error = error or "channel_not_found"
        if error is None and path == "/api/chat.postMessage":
            return self._keep(f"1500000000.{len(self.messages):06}", content)
        if error is None and path == "/api/chat.update":
            if content["ts"] in self.messages:
                return self._keep(content["ts"], content)
            error = "message_not_found"
        return answering(
            200, json.dumps({"ok": False, "error": error or "unknown_method"}).encode()
        )

    def _keep(self, ts: str, content: dict[str, Any]) -> Answer:
        self.messages[ts] = content
        return answering(200, json.dumps({"ok": True, "channel": CHANNEL, "ts": ts}).encode())


def _complaint(content: dict[str, Any]) -> str | None:
    if not content.get("text"):
        return "no_text"
    if len(content["text"]) > 40_000:
        return "msg_too_long"
    blocks = content["blocks"]
    if not 0 < len(blocks) <= 50 or not all(map(_fits, blocks)):
        return "invalid_blocks"
    return None


def _fits(block: dict[str, Any]) -> bool:
    if block["type"] == "header":
        return block["text"]["type"] == "plain_text" and 0 < len(block["text"]["text"]) <= 150
    if block["type"] == "section":
        return 0 < len(block["text"]["text"]) <= 3_000
    if block["type"] == "actions":
        return 0 < len(block["elements"]) <= 25 and all(
            len(each["text"]["text"]) <= 75 and len(each["url"]) <= 3_000
            for each in block["elements"]
        )
    return block["type"] == "context" and 0 < len(block["elements"]) <= 10


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


@pytest.fixture
def receiver(workspace: Workspace) -> Iterator[Receiver]:
    server = Receiver(workspace)
    yield server
    server.close()


def send(
    receiver: Receiver, notification: Notification | None = None, **options: object
) -> str | None:
    given = {"token": TOKEN, "channel": CHANNEL, "url": f"http://{receiver.address}/api"}
    return Slack().send(notification or a_notification(), given | options)


def later(reason: str, earlier: str | None) -> Notification:
    return structs.replace(a_notification(reason=reason), earlier=earlier)


def shown(message: dict[str, Any]) -> str:
    texts = [block["text"]["text"] for block in message["blocks"] if "text" in block]
    return "\n".join(texts)


class TestSlackAsABot(NotifierConformance):
    def notifier(self) -> Slack:
        return Slack()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"token": TOKEN, "channel": CHANNEL, "url": f"http://{receiver.address}/api/"}


class TestSlackByAWebhook(NotifierConformance):
    def notifier(self) -> Slack:
        return Slack()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"webhook": f"http://{receiver.address}/hook/s3cret-path"}


def test_a_message_says_what_is_broken_why_and_whose_it_is(
    receiver: Receiver, workspace: Workspace
) -> None:
    send(receiver)

    [message] = workspace.messages.values()
    assert message["text"].startswith("NEW page for fleet-pager: SCHEMA_CONTRACT")
    for words in ("bicycle_id is missing", "fleet-data (domain)", "dataset:lake:bronze.repairs"):
        assert words in shown(message)


def test_one_message_is_edited_until_the_incident_is_over(
    receiver: Receiver, workspace: Workspace
) -> None:
    receipt = send(receiver)
    assert send(receiver, later("acknowledged", receipt)) is None
    assert send(receiver, later("resolved", receipt)) is None

    [message] = workspace.messages.values()
    assert "RESOLVED" in message["text"]
    assert "resolved 2026-11-23T09:10:00Z" in shown(message)


def test_news_are_answers_that_the_channel_sees(receiver: Receiver, workspace: Workspace) -> None:
    receipt = send(receiver)
    for reason in ("changed", "repeated", "escalated"):
        assert send(receiver, later(reason, receipt)) is None

    first, *answers = workspace.messages.values()
    assert "CHANGED" in first["text"]
    assert [each["text"].partition(" page")[0] for each in answers] == [
        "CHANGED",
        "STILL OPEN",
        "ESCALATED",
    ]
    assert all(each["reply_broadcast"] for each in answers)
    assert {each["thread_ts"] for each in answers} == {str(receipt).partition(" ")[2]}


def test_a_message_that_is_gone_is_written_anew(receiver: Receiver, workspace: Workspace) -> None:
    send(receiver)
    workspace.messages.clear()

    receipt = send(receiver, later("resolved", f"{CHANNEL} 1400000000.000001"))

    assert receipt == f"{CHANNEL} {next(iter(workspace.messages))}"


def test_a_receipt_of_another_notifier_says_nothing(
    receiver: Receiver, workspace: Workspace
) -> None:
    receipt = send(receiver, later("resolved", '{"owner": "fleet data"}'))

    assert receipt == f"{CHANNEL} {next(iter(workspace.messages))}"


def test_a_repeat_says_that_it_may_be_one(receiver: Receiver, workspace: Workspace) -> None:
    send(receiver)
    send(receiver, a_notification(is_repeat=True))

    first, again = workspace.messages.values()
    assert "may be a repeat" not in first["text"]
    assert "may be a repeat" in again["text"]
    assert "may be a repeat" in shown(again)


def test_an_incoming_webhook_is_written_to_and_edits_nothing(
    receiver: Receiver, workspace: Workspace
) -> None:
    options = {"webhook": f"http://{receiver.address}/hook/s3cret-path"}
    for reason in ("triggered", "resolved"):
        assert Slack().send(a_notification(reason=reason), options) is None

    assert len(workspace.messages) == 2


def test_links_of_the_page_are_buttons(receiver: Receiver, workspace: Workspace) -> None:
    links = {
        "acknowledge": "https://hub.example/act/1",
        "long": "https://hub.example/" + "x" * 3000,
    }
    told = a_notification()
    send(receiver, structs.replace(told, body={**told.body, "links": links}))

    [message] = workspace.messages.values()
    [buttons] = [each["elements"] for each in message["blocks"] if each["type"] == "actions"]
    assert [each["url"] for each in buttons] == ["https://hub.example/act/1"]


def test_what_a_producer_wrote_mentions_nobody_and_links_nowhere(
    receiver: Receiver, workspace: Workspace
) -> None:
    told = a_notification(an_odd_incident())
    evil = "<!channel> <https://evil.example|click> & <@U1>" + "&" * 5_000
    send(receiver, structs.replace(told, summary=evil, body={**told.body, "evidence": evil}))

    [message] = workspace.messages.values()
    text = message["text"] + shown(message)
    assert "<" not in text
    assert ">" not in text
    assert text.count("&") == text.count("&amp;") + text.count("&lt;") + text.count("&gt;")


def test_very_much_is_cut_with_what_matters_most_first(
    receiver: Receiver, workspace: Workspace
) -> None:
    send(receiver, a_notification(a_vast_incident()))

    [message] = workspace.messages.values()
    assert "and 19995 more" in shown(message)


@pytest.mark.parametrize(
    ("answer", "seconds", "may_have_arrived"),
    [
        (answering(429, Retry_After="30"), 30, False),
        (answering(503), 1, True),
        (answering(200, b'{"ok": false, "error": "ratelimited"}'), 1, False),
        (answering(200, b'{"ok": false, "error": "internal_error"}'), 1, True),
    ],
    ids=["429", "503", "ratelimited", "internal_error"],
)
def test_pressed_it_is_tried_again_when_slack_says(
    receiver: Receiver, answer: Answer, seconds: int, may_have_arrived: bool
) -> None:
    receiver.answers = [answer]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.retry_after_seconds == seconds
    assert raised.value.may_have_arrived is may_have_arrived


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"ok": "yes"}', b"\xff"])
def test_an_answer_that_is_not_slacks_means_that_it_may_have_arrived(
    receiver: Receiver, body: bytes
) -> None:
    receiver.answers = [answering(200, body)]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.may_have_arrived


@pytest.mark.parametrize(
    ("options", "error"),
    [({"channel": "C9"}, "channel_not_found"), ({"token": "xoxb-other"}, "invalid_auth")],
)
def test_what_slack_refuses_is_final_and_in_its_words(
    receiver: Receiver, options: dict[str, str], error: str
) -> None:
    with pytest.raises(InvalidInput, match=error) as raised:
        send(receiver, **options)
    assert raised.value.fix


@pytest.mark.parametrize("status", [200, 403, 500])
def test_neither_token_nor_webhook_are_logged_or_told(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = (TOKEN, "s3cret-path")
    receiver.answers = [
        answering(status, json.dumps({"ok": False, "error": f"no {secret}"}).encode())
        for secret in secrets
    ]
    told = ""
    with caplog.at_level(logging.DEBUG):
        for options in (
            {"token": TOKEN, "channel": CHANNEL, "url": f"http://{receiver.address}/api"},
            {"webhook": f"http://{receiver.address}/hook/s3cret-path"},
        ):
            try:
                Slack().send(a_notification(), options)
            except HubError as error:
                told += str(error)

    assert "s3cret" not in told + caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": TOKEN},
        {"channel": CHANNEL},
        {"token": TOKEN, "channel": CHANNEL, "webhook": "https://hooks.example/s3cret"},
        {"token": "s3cret\n", "channel": CHANNEL},
        {"webhook": "s3cret"},
        {"token": TOKEN, "channel": CHANNEL, "url": "s3cret"},
        {"token": TOKEN, "channel": CHANNEL, "timeout_seconds": 60},
        {"token": TOKEN, "channel": CHANNEL, "emoji": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        Slack().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
