"""Receivers are served side by side: over real connections, and when the hub ends or is killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hub.domain.entries import EntryKind
from hub.domain.incidents.decisions import NotificationSent, decode_decision
from hub.store.opening import open_store
from hub.testing.receiving import Answer, answering
from hub.testing.scenario import run
from tests.served.hubs import kill_with_children, served
from tests.served.places import PATIENCE, Place, happen, taking, until

DOMAINS = """
platform: {team: data-platform, receiver: phone}
domains:
  - {domain: fleet, team: fleet-data, receiver: phone}
  - {domain: finance, team: finance-data, receiver: desk}
"""
FLEET = run("fleet/repairs.clean").writes("silver.repairs").fails("syntax error")
FINANCE = run("finance/payments.load").writes("bronze.payments").fails("syntax error")


def configure(folder: Path, **places: Place) -> None:
    (folder / "domains.yaml").write_text(DOMAINS)
    receivers = [
        {"receiver": name, "notifier": "webhook", "options": {"url": place.server.url}}
        for name, place in places.items()
    ]
    told = {"receivers": receivers, "route": {"wait": "0s"}}
    (folder / "receivers.yaml").write_text(json.dumps(told))


def sent(folder: Path) -> list[tuple[str, int]]:
    """Whom the hub has noted to have told, at which attempt, in order."""
    store = open_store(f"sqlite:///{folder}/hub.db")
    with closing(store), store.database.read() as connection:
        entries = store.journal.read(connection, after=0, limit=10_000)
    decisions = [decode_decision(each.body) for each in entries if each.kind is EntryKind.DECISION]
    noted = [each for each in decisions if isinstance(each, NotificationSent)]
    return [(each.receiver, each.attempts) for each in noted]


@pytest.mark.timeout(300)
def test_a_receiver_that_answers_only_after_another_was_told_is_told_at_the_first_attempt(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    desk = make(taking)

    def after_the_desk(_path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            assert desk.has_come.wait(PATIENCE)
            answering(200)(handler)

        return answer

    phone = make(after_the_desk)
    configure(tmp_path, phone=phone, desk=desk)
    with served(tmp_path) as (url, process):
        happen(url, FLEET, 1)
        assert phone.has_come.wait(PATIENCE)
        happen(url, FINANCE, 2)
        assert desk.has_come.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0

    assert sorted(sent(tmp_path)) == [("desk", 1), ("phone", 1)]
    assert [len(place.bodies()) for place in (phone, desk)] == [1, 1]


@pytest.mark.timeout(300)
def test_killed_while_several_receivers_hang_each_is_told_again_under_its_key(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    places = {"phone": make(taking), "desk": make(taking)}
    configure(tmp_path, **places)
    for place in places.values():
        place.hold(lambda _path, _body: True)
    with served(tmp_path) as (url, process):
        happen(url, FLEET, 1)
        happen(url, FINANCE, 2)
        for place in places.values():
            assert place.has_come.wait(PATIENCE)
        kill_with_children(process)
    for place in places.values():
        place.let_go()
    with served(tmp_path):
        until(lambda: all(len(place.bodies()) > 1 for place in places.values()))

    told = {name: place.bodies() for name, place in places.items()}
    for first, *again in told.values():
        assert not first["is_repeat"]
        assert all(each["is_repeat"] for each in again)
        assert {_keys(each) for each in again} == {_keys(first)}
    assert _keys(told["phone"][0]) != _keys(told["desk"][0])


def _keys(body: dict[str, Any]) -> tuple[str, str]:
    return body["dedup_key"], body["notification_id"]
