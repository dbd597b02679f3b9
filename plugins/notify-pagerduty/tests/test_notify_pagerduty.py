import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from hub_notify_pagerduty.pagerduty import PagerDuty
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

KEY = "R0123456789abcdefghijABCDEFGHIJK"
_SEVERITIES = ("critical", "error", "warning", "info")
_OF_CHANGES = {"routing_key", "payload", "links", "images"}
_TEXTS = ("summary", "source", "component", "group", "class")


def complaints(body: bytes) -> Iterator[str]:
    """Yield what the real API complains about."""
    if len(body) > 512_000:
        yield "event is larger than 512 KB"
    event = json.loads(body)
    if event.get("routing_key") != KEY:
        yield "Invalid routing key"
    action = event.get("event_action")
    if action not in ("trigger", "acknowledge", "resolve"):
        yield "'event_action' is invalid"
    if action != "trigger" and not event.get("dedup_key"):
        yield "'dedup_key' is missing"
    if len(event.get("dedup_key", "")) > 255:
        yield "'dedup_key' is too long"
    if action == "trigger":
        yield from _payload_complaints(event.get("payload", {}))
    for link in event.get("links", []):
        if not link.get("href", "").startswith(("http://", "https://")):
            yield "'links' is invalid"


def change_complaints(body: bytes) -> Iterator[str]:
    """Yield what the real API complains about in a change event."""
    if len(body) > 512_000:
        yield "event is larger than 512 KB"
    event = json.loads(body)
    if event.get("routing_key") != KEY:
        yield "Invalid routing key"
    yield from (f"{name!r} is not allowed" for name in {*event} - _OF_CHANGES)
    payload = event.get("payload", {})
    if not payload.get("summary"):
        yield "'payload.summary' is missing or blank"
    if len(payload.get("summary", "")) > 1_024:
        yield "'payload.summary' is too long"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "'payload.custom_details' must be an object"
    if datetime.fromisoformat(payload["timestamp"]).tzinfo is None:
        yield "'payload.timestamp' is invalid"
    for link in event.get("links", []):
        if not link.get("href", "").startswith(("http://", "https://")):
            yield "'links' is invalid"


def _payload_complaints(payload: dict[str, Any]) -> Iterator[str]:
    for name in ("summary", "source", "severity"):
        if not payload.get(name):
            yield f"'payload.{name}' is missing or blank"
    if len(payload.get("summary", "")) > 1_024:
        yield "'payload.summary' is too long"
    if payload.get("severity") not in _SEVERITIES:
        yield "'payload.severity' is invalid"
    for name in _TEXTS:
        if not isinstance(payload.get(name, ""), str):
            yield f"'payload.{name}' must be a string"


def rules(path: str, headers: dict[str, str], body: bytes) -> Answer:
    found = list(complaints(body) if path == "/v2/enqueue" else change_complaints(body))
    if (
        path not in ("/v2/enqueue", "/v2/change/enqueue")
        or headers["Content-Type"] != "application/json"
    ):
        return answering(404)
    if found:
        refusal = {"status": "invalid event", "message": "Event object is invalid", "errors": found}
        return answering(400, json.dumps(refusal).encode())
    return answering(202, b'{"status":"success","message":"Event processed"}')


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(rules)
    yield server
    server.close()


def send(
    receiver: Receiver, notification: Notification | None = None, **options: object
) -> dict[str, Any]:
    url = f"http://{receiver.address}"
    given = {"routing_key": KEY, "url": url, **options}
    PagerDuty().send(notification or a_notification(), given)
    return receiver.body


class TestPagerDuty(NotifierConformance):
    def notifier(self) -> PagerDuty:
        return PagerDuty()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"routing_key": KEY, "url": f"http://{receiver.address}/"}


def test_an_incident_is_triggered_acknowledged_and_resolved_under_one_key(
    receiver: Receiver,
) -> None:
    events = [
        send(receiver, a_notification(reason=reason))
        for reason in ("triggered", "changed", "escalated", "acknowledged", "resolved")
    ]

    actions = [event["event_action"] for event in events]
    assert actions == ["trigger", "trigger", "trigger", "acknowledge", "resolve"]
    assert {event["dedup_key"] for event in events} == {a_notification().dedup_key}


def test_a_trigger_says_what_is_broken_why_and_whose_it_is(receiver: Receiver) -> None:
    payload = send(receiver)["payload"]

    assert payload["summary"] == a_notification().summary
    assert payload["source"] == "dataset:lake:bronze.repairs"
    assert (payload["severity"], payload["class"]) == ("error", "SCHEMA_CONTRACT")
    assert (payload["component"], payload["group"]) == ("load", "repairs")
    assert payload["timestamp"] == a_notification().body["onset_at"]
    details = payload["custom_details"]
    assert "bicycle_id is missing" in details["evidence"]
    assert "domain fleet is owned by fleet-data" in details["why you"]
    assert details["page"] == a_notification().body


def test_what_belongs_to_nothing_leaves_out_what_it_would_belong_to(receiver: Receiver) -> None:
    alone = dict.fromkeys(("step", "source", "product", "domain"))
    body = {**a_notification().body, **alone}

    payload = send(receiver, structs.replace(a_notification(), body=body))["payload"]

    assert not {"component", "group"} & payload.keys()


@pytest.mark.parametrize(
    ("severity", "shown"), [("critical", "critical"), ("page", "error"), ("ticket", "warning")]
)
def test_severities_are_those_of_pagerduty(receiver: Receiver, severity: str, shown: str) -> None:
    told = send(receiver, structs.replace(a_notification(), severity=severity))

    assert told["payload"]["severity"] == shown


def test_links_of_the_page_are_links_of_the_alert(receiver: Receiver) -> None:
    links = {"incident": "https://hub.example/incidents/INC-7"}
    notification = a_notification()
    told = send(receiver, structs.replace(notification, body={**notification.body, "links": links}))

    assert told["links"] == [{"href": links["incident"], "text": "incident"}]


def test_a_repeat_says_so_under_the_same_key(receiver: Receiver) -> None:
    first = send(receiver)
    again = send(receiver, a_notification(is_repeat=True))

    assert "repeat" not in first["payload"]["custom_details"]
    assert "before" in again["payload"]["custom_details"]["repeat"]
    assert again["dedup_key"] == first["dedup_key"]


def test_a_page_that_is_too_large_is_told_in_words_alone(receiver: Receiver) -> None:
    vast = a_notification(a_vast_incident())
    body = {**vast.body, "products": vast.body["products"] * 3}
    details = send(receiver, structs.replace(vast, body=body))["payload"]["custom_details"]

    assert "page" not in details
    assert "and 59995 more" in details["touches"]


def test_a_summary_of_any_length_is_cut_to_what_pagerduty_takes(receiver: Receiver) -> None:
    long = structs.replace(a_notification(), summary="🚲" * 5_000)

    summary = send(receiver, long)["payload"]["summary"]
    assert len(summary) == 1_024
    assert summary.endswith("…")


def test_what_changed_follows_the_first_page_where_the_receiver_asks_for_it(
    receiver: Receiver,
) -> None:
    links = {"incident": "https://hub.example/incidents/INC-7"}
    changes = ["bronze.repairs: bicycle_id is gone, bike_id is new", "code: 3f2a9c1 became 77b01de"]
    notification = a_notification()
    body = {**notification.body, "links": links, "changes": changes}
    change = send(receiver, structs.replace(notification, body=body), change_events=True)

    paths = [path for path, _headers, _body in receiver.requests]
    assert paths == ["/v2/enqueue", "/v2/change/enqueue"]
    assert change["payload"]["summary"] == f"{changes[0]} (and 1 more)"
    assert change["payload"]["timestamp"] == body["onset_at"]
    assert change["payload"]["custom_details"] == {"incident": body["incident"], "changes": changes}
    assert change["links"] == [{"href": links["incident"], "text": "incident"}]


@pytest.mark.parametrize(
    ("reason", "is_repeat", "changes", "asks"),
    [
        ("triggered", False, ["code"], False),
        ("triggered", True, ["code"], True),
        ("triggered", False, [], True),
        ("repeated", False, ["code"], True),
        ("resolved", False, ["code"], True),
    ],
)
def test_what_changed_is_told_once_and_to_those_who_want_it(
    receiver: Receiver, reason: str, is_repeat: bool, changes: list[str], asks: bool
) -> None:
    notification = a_notification(reason=reason, is_repeat=is_repeat)
    body = {**notification.body, "changes": changes}
    send(receiver, structs.replace(notification, body=body), change_events=asks)

    assert [path for path, _headers, _body in receiver.requests] == ["/v2/enqueue"]


def test_however_much_has_changed_it_is_cut_to_what_pagerduty_takes(receiver: Receiver) -> None:
    notification = a_notification()
    body = {**notification.body, "changes": ["🚲" * 5_000] * 1_000}
    change = send(receiver, structs.replace(notification, body=body), change_events=True)

    assert len(change["payload"]["summary"]) == 1_024
    assert change["payload"]["summary"].endswith("… (and 999 more)")


@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_change_that_is_not_taken_costs_no_page(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [answering(202), answering(status, f"key {KEY}".encode())]
    send(receiver, change_events=True)

    assert "was not told what changed" in caplog.text
    assert KEY not in caplog.text


def test_what_pagerduty_refuses_is_final_and_in_its_words(receiver: Receiver) -> None:
    with pytest.raises(InvalidInput, match="Invalid routing key"):
        send(receiver, routing_key=KEY[::-1])


@pytest.mark.parametrize(("status", "seconds"), [(429, 17), (500, 1), (503, 1)])
def test_pressed_it_is_tried_again_when_pagerduty_says(
    receiver: Receiver, status: int, seconds: int
) -> None:
    headers = {"Retry_After": "17"} if status == 429 else {}
    receiver.answers = [answering(status, **headers)]

    with pytest.raises(Unreachable, match=str(status)) as raised:
        send(receiver)
    assert raised.value.retry_after_seconds == seconds
    assert raised.value.may_have_arrived is (status >= 500)
    send(receiver)


def test_without_an_answer_in_time_it_may_have_arrived(receiver: Receiver) -> None:
    receiver.answers = [lambda _handler: receiver.closing.wait(60) and None]

    with pytest.raises(Unreachable) as raised:
        send(receiver, timeout_seconds=0.2)
    assert raised.value.may_have_arrived


@pytest.mark.parametrize("status", [202, 400, 500])
def test_the_key_is_neither_logged_nor_told(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [answering(status, f"key {KEY} of your event".encode())]
    told = ""
    with caplog.at_level(logging.DEBUG):
        try:
            send(receiver)
        except HubError as error:
            told = str(error)

    assert KEY not in told + caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"routing_key": "s3cret"},
        {"routing_key": ""},
        {"routing_key": 7},
        {"routing_key": KEY, "region": "s3cret"},
        {"routing_key": KEY, "url": "s3cret"},
        {"routing_key": KEY, "timeout_seconds": 60},
        {"routing_key": KEY, "key": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        PagerDuty().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
    assert KEY not in str(raised.value)
