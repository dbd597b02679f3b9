import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from hub_notify_alertmanager.alertmanager import Alertmanager
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

NOW = 1_795_425_000.5
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
Key = tuple[tuple[str, str], ...]


class Alerts:
    """Answers as Alertmanager does, and keeps its alerts by their labels."""

    def __init__(self) -> None:
        self.by_labels: dict[Key, dict[str, Any]] = {}

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path != "/api/v2/alerts" or headers["Content-Type"] != "application/json":
            return answering(404)
        for alert in json.loads(body):
            labels = alert["labels"]
            if not labels or not all(_NAME.fullmatch(name) for name in labels):
                return answering(400, b"invalid label set: invalid name")
            if not all(isinstance(text, str) for text in alert["annotations"].values()):
                return answering(400, b"annotations must be strings")
            if _time(alert["endsAt"]) < _time(alert["startsAt"]):
                return answering(400, b"start time must be before end time")
            self.by_labels[tuple(sorted(labels.items()))] = alert
        return answering(200)

    @property
    def firing(self) -> list[dict[str, Any]]:
        now = datetime.fromtimestamp(NOW + 1).astimezone()
        return [each for each in self.by_labels.values() if _time(each["endsAt"]) > now]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def receiver(alerts: Alerts) -> Iterator[Receiver]:
    server = Receiver(alerts)
    yield server
    server.close()


def send(receiver: Receiver, told: Notification | None = None, **options: object) -> str:
    given = {"url": f"http://{receiver.address}", **options}
    return Alertmanager(clock=lambda: NOW).send(told or a_notification(), given)


class TestAlertmanager(NotifierConformance):
    def notifier(self) -> Alertmanager:
        return Alertmanager()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"url": f"http://{receiver.address}/"}


def test_an_incident_is_one_alert_that_fires_until_it_is_over(
    receiver: Receiver, alerts: Alerts
) -> None:
    for reason in ("triggered", "repeated", "escalated", "acknowledged"):
        send(receiver, a_notification(reason=reason))
    [alert] = alerts.firing
    assert alert["labels"]["alertname"] == "SCHEMA_CONTRACT"
    assert alert["labels"]["owner"] == "fleet-data"
    assert alert["startsAt"] == a_notification().body["onset_at"]
    assert "bicycle_id is missing" in alert["annotations"]["evidence"]

    send(receiver, a_notification(reason="resolved"))

    assert len(alerts.by_labels) == 1
    assert alerts.firing == []


@pytest.mark.parametrize("reason", ["resolved", "changed"])
def test_what_is_over_before_it_began_by_the_clock_of_its_producer_ends(
    receiver: Receiver, alerts: Alerts, reason: str
) -> None:
    told = a_notification()
    began = structs.replace(told, body={**told.body, "onset_at": "2026-11-23T09:10:50.000000Z"})
    earlier = send(receiver, began)
    owner = {"name": "payments", "kind": "domain"}
    changed = {"resolved_at": "2026-11-23T09:10:30.000000Z"} if reason == "resolved" else {}
    changed |= {"owner": owner} if reason == "changed" else {}
    body = {**began.body, **changed}
    send(receiver, structs.replace(began, reason=reason, body=body, earlier=earlier))

    ends = {each["labels"]["owner"]: each["endsAt"] for each in alerts.by_labels.values()}
    assert ends["fleet-data"] == "2026-11-23T09:10:50.000000Z"


def test_where_labels_change_the_alert_under_the_old_ones_ends(
    receiver: Receiver, alerts: Alerts
) -> None:
    receipt = send(receiver)
    news = a_notification(reason="changed")
    owner = {"name": "payments", "kind": "domain"}
    news = structs.replace(news, body={**news.body, "owner": owner}, earlier=receipt)
    again = send(receiver, news)

    assert again != receipt
    [alert] = alerts.firing
    assert alert["labels"]["owner"] == "payments"
    assert len(alerts.by_labels) == 2

    send(receiver, structs.replace(news, earlier=again))
    assert len(receiver.body) == 1


def test_a_repeat_is_the_same_alert_and_says_so(receiver: Receiver, alerts: Alerts) -> None:
    send(receiver)
    send(receiver, a_notification(is_repeat=True))

    [alert] = alerts.by_labels.values()
    assert "may be a repeat" in alert["annotations"]["heading"]


def test_a_receipt_of_another_notifier_says_nothing(receiver: Receiver) -> None:
    send(receiver, structs.replace(a_notification(), earlier="C01 1500000000.000001"))

    assert len(receiver.body) == 1


def test_labels_of_the_receiver_are_added(receiver: Receiver, alerts: Alerts) -> None:
    send(receiver, labels={"cluster": "lake"})

    [alert] = alerts.firing
    assert alert["labels"]["cluster"] == "lake"


def test_links_of_the_page_are_annotations(receiver: Receiver, alerts: Alerts) -> None:
    link = "https://hub.example/incidents/INC-7"
    told = a_notification()
    send(receiver, structs.replace(told, body={**told.body, "links": {"incident": link}}))

    [alert] = alerts.firing
    assert alert["generatorURL"] == alert["annotations"]["link_incident"] == link


def test_pressed_it_is_tried_again_and_refused_it_is_not(receiver: Receiver) -> None:
    receiver.answers = [answering(503, Retry_After="9"), answering(400, b"bad label")]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.retry_after_seconds == 9
    with pytest.raises(InvalidInput, match="bad label"):
        send(receiver)


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
    options: dict[str, str],
    header: str,
) -> None:
    receiver.answers = [answering(403, b"not with s3cret-password, nor with s3cret-token")]
    with caplog.at_level(logging.DEBUG), pytest.raises(HubError) as raised:
        send(receiver, url=f"http://{user}{receiver.address}", **options)

    assert receiver.headers["Authorization"] == header
    own = options.get("token", "s3cret-password")
    assert own not in str(raised.value) + caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "s3cret"},
        {"url": "http://127.0.0.1/", "labels": {"a-b": "s3cret"}},
        {"url": "http://127.0.0.1/", "labels": "s3cret"},
        {"url": "http://127.0.0.1/", "token": "s3cret\r\nX: y"},
        {"url": "http://127.0.0.1/", "token": ""},
        {"url": "http://127.0.0.1/", "timeout_seconds": 0},
        {"url": "http://127.0.0.1/", "user": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        Alertmanager().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
