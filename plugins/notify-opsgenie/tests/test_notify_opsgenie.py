import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hub_notify_opsgenie.opsgenie import Opsgenie
from msgspec import structs

from hub.domain.errors import HubError, InvalidInput, Unreachable
from hub.spi.notifier import Notification
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_vast_incident
from hub.testing.pages import a_notification
from hub.testing.receiving import Answer, Receiver, answering

KEY = "01234567-89ab-cdef-0123-456789s3cret"
_LIMITS = {"message": 130, "alias": 512, "description": 15_000, "entity": 512, "source": 100}


class Team:
    """Answers as Opsgenie does, and keeps its alerts by their alias."""

    def __init__(self) -> None:
        self.alerts: dict[str, dict[str, Any]] = {}

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        content = json.loads(body)
        if headers.get("Authorization") != f"GenieKey {KEY}":
            return _refusal(401, "Could not authenticate")
        if fault := _fault(content):
            return _refusal(422, fault)
        if path == "/v2/alerts":
            if not content.get("message"):
                return _refusal(422, "Message can not be empty")
            alert = self.alerts.setdefault(content["alias"], {**content, "count": 0, "did": []})
            alert["count"] += 1
            return answering(202, b'{"result":"Request will be processed"}')
        asked = urlsplit(path)
        _, _, _, alias, what = asked.path.split("/")
        if parse_qs(asked.query) != {"identifierType": ["alias"]}:
            return _refusal(422, "identifierType")
        # The real one answers 202 to what names no alert, too.
        alert = self.alerts.setdefault(unquote(alias), {"did": []})
        alert["did"].append(what)
        alert |= {name: content[name] for name in ("message", "description") if name in content}
        return answering(202, b'{"result":"Request will be processed"}')


def _fault(content: dict[str, Any]) -> str | None:
    for name, limit in _LIMITS.items():
        if len(content.get(name, "")) > limit:
            return f"{name} can not be longer than {limit}"
    if content.get("priority", "P3") not in ("P1", "P2", "P3", "P4", "P5"):
        return "priority"
    if len(content.get("tags", [])) > 20 or any(len(tag) > 50 for tag in content.get("tags", [])):
        return "tags"
    if not all(isinstance(value, str) for value in content.get("details", {}).values()):
        return "details"
    if sum(len(key) + len(value) for key, value in content.get("details", {}).items()) > 8_000:
        return "details"
    return "note" if len(content.get("note", "")) > 25_000 else None


def _refusal(status: int, message: str) -> Answer:
    return answering(status, json.dumps({"message": message}).encode())


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def receiver(team: Team) -> Iterator[Receiver]:
    server = Receiver(team)
    yield server
    server.close()


def send(receiver: Receiver, told: Notification | None = None, **options: object) -> None:
    given = {"api_key": KEY, "url": f"http://{receiver.address}", **options}
    Opsgenie().send(told or a_notification(), given)


class TestOpsgenie(NotifierConformance):
    def notifier(self) -> Opsgenie:
        return Opsgenie()

    @pytest.fixture
    def options(self, receiver: Receiver) -> Mapping[str, Any]:
        return {"api_key": KEY, "url": f"http://{receiver.address}/"}


def test_an_incident_is_one_alert_until_it_is_closed(receiver: Receiver, team: Team) -> None:
    for reason in ("triggered", "repeated", "escalated", "acknowledged", "resolved"):
        send(receiver, a_notification(reason=reason))

    [(alias, alert)] = team.alerts.items()
    assert alias == a_notification().dedup_key
    assert alert["count"] == 3
    assert alert["did"] == ["acknowledge", "close"]


def test_an_alert_says_what_is_broken_why_and_whose_it_is(receiver: Receiver, team: Team) -> None:
    send(receiver, responders=[{"type": "team", "name": "fleet"}])

    [alert] = team.alerts.values()
    assert alert["message"] == a_notification().summary
    assert (alert["priority"], alert["entity"]) == ("P2", "dataset:lake:bronze.repairs")
    assert alert["tags"] == ["SCHEMA_CONTRACT", "fleet-data"]
    assert "field bicycle_id is missing" in alert["description"]
    assert "domain fleet is owned by fleet-data" in alert["description"]
    assert alert["responders"] == [{"type": "team", "name": "fleet"}]


def test_news_replace_what_the_alert_says(receiver: Receiver, team: Team) -> None:
    send(receiver)
    send(receiver, structs.replace(a_notification(reason="changed"), summary="ACCESS: no rights"))

    [alert] = team.alerts.values()
    assert alert["message"] == "ACCESS: no rights"
    assert alert["did"] == ["message", "description", "notes"]


def test_very_much_is_cut_with_what_matters_most_first(receiver: Receiver, team: Team) -> None:
    send(receiver, a_notification(a_vast_incident()))

    [alert] = team.alerts.values()
    assert len(alert["message"]) == 130
    assert alert["message"].endswith("…")
    assert "and 19995 more" in alert["description"]


def test_a_repeat_says_so_under_the_same_alias(receiver: Receiver, team: Team) -> None:
    send(receiver)
    send(receiver, a_notification(is_repeat=True))

    assert len(team.alerts) == 1
    assert "may be a repeat" in receiver.body["note"]


@pytest.mark.parametrize(("status", "seconds"), [(429, 20), (500, 1), (503, 1)])
def test_pressed_it_is_tried_again_when_opsgenie_says(
    receiver: Receiver, status: int, seconds: int
) -> None:
    headers = {"Retry_After": "20"} if status == 429 else {}
    receiver.answers = [answering(status, **headers)]

    with pytest.raises(Unreachable) as raised:
        send(receiver)
    assert raised.value.retry_after_seconds == seconds


def test_what_opsgenie_refuses_is_final_and_in_its_words(receiver: Receiver) -> None:
    with pytest.raises(InvalidInput, match=r"401.*Could not authenticate"):
        send(receiver, api_key="another-key")


def test_the_key_is_neither_logged_nor_told(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [answering(422, f"{KEY} is yours".encode())]
    with caplog.at_level(logging.DEBUG), pytest.raises(HubError) as raised:
        send(receiver)

    assert KEY not in str(raised.value) + caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"api_key": "s3cret"},
        {"api_key": f"{KEY}\n"},
        {"api_key": KEY, "region": "s3cret"},
        {"api_key": KEY, "url": "s3cret"},
        {"api_key": KEY, "timeout_seconds": 10},
        {"api_key": KEY, "responders": "s3cret"},
        {"api_key": KEY, "team": "s3cret"},
    ],
    ids=str,
)
def test_wrong_options_are_refused_without_repeating_them(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        Opsgenie().send(a_notification(), options)

    assert raised.value.fix
    assert "s3cret" not in str(raised.value)
