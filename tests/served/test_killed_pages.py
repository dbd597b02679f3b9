"""A hub that is killed at the worst of moments tells everybody, under one key, and says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.testing.receiving import Answer, answering
from hub.testing.scenario import run
from tests.served.hubs import kill_with_children, served
from tests.served.places import PATIENCE, Place, happen, taking, until

ROUNDS = 4
DOMAINS = """
platform: {team: data-platform, receiver: phone}
domains:
  - {domain: fleet, team: fleet-data, receiver: phone}
"""
CLEAN = run("fleet/repairs.clean").writes("silver.repairs")
ACKNOWLEDGE = """mutation ($input: AcknowledgeIncidentInput!) { acknowledgeIncident(input: $input) {
    incident { state } errors { code } } }"""
SILENCE = """mutation ($input: CreateSilenceInput!) { createSilence(input: $input) {
    silence { id } errors { code } } }"""
INCIDENTS = "{ incidents { nodes { id state } } }"
SILENCES = "{ silences { nodes { id comment } } }"


def asked(url: str, query: str, **variables: object) -> dict[str, Any]:
    answer = httpx.post(
        f"{url}/graphql", json={"query": query, "variables": variables}, timeout=PATIENCE
    )
    data: dict[str, Any] = answer.json()["data"]
    return data


def configure(folder: Path, notifier: str, **options: str) -> None:
    (folder / "domains.yaml").write_text(DOMAINS)
    receiver = {"receiver": "phone", "notifier": notifier, "options": options}
    told = {"receivers": [receiver], "route": {"wait": "0s"}}
    (folder / "receivers.yaml").write_text(json.dumps(told))


@pytest.mark.timeout(300)
def test_killed_between_sending_and_noting_it_sends_again_under_the_same_key_and_says_so(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    place = make(taking)
    configure(tmp_path, "webhook", url=place.server.url)
    place.hold(lambda _path, _body: True)
    with served(tmp_path) as (url, process):
        happen(url, CLEAN.fails("syntax error"), 1)
        assert place.has_come.wait(PATIENCE)
        kill_with_children(process)
    place.let_go()
    with served(tmp_path):
        until(lambda: len(place.bodies()) > 1)

    first, *again = place.bodies()
    assert not first["is_repeat"]
    assert {each["is_repeat"] for each in again} == {True}
    assert {each["dedup_key"] for each in again} == {first["dedup_key"]}
    assert {each["notification_id"] for each in again} == {first["notification_id"]}


@pytest.mark.timeout(300)
def test_killed_between_decision_and_sending_it_sends_after_all(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    configure(tmp_path, "webhook", url="http://127.0.0.1:1/")
    with served(tmp_path) as (url, process):
        happen(url, CLEAN.fails("syntax error"), 1)
        until(lambda: "notification_postponed" in (tmp_path / "hub.log").read_text())
        kill_with_children(process)
    place = make(taking)
    configure(tmp_path, "webhook", url=place.server.url)
    with served(tmp_path):
        assert place.has_come.wait(PATIENCE)

    [told] = place.bodies()
    assert told["notification_reason"] == "triggered"
    assert not told["is_repeat"]


@pytest.mark.timeout(300)
def test_killed_while_a_message_is_edited_there_is_one_message_and_it_says_that_it_is_over(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    channel: dict[str, str] = {}

    def slack(path: str, _headers: dict[str, str], body: bytes) -> Answer:
        content = json.loads(body)
        ts = content.get("ts", f"1500000000.{len(channel):06}")
        channel[ts] = content["text"]
        answer = {"ok": True, "channel": "C0123456789", "ts": ts}
        return answering(200, json.dumps(answer).encode())

    place = make(slack)
    options = {"token": "xoxb-1", "channel": "C0123456789"}
    configure(tmp_path, "slack", url=f"http://{place.server.address}/api", **options)
    with served(tmp_path) as (url, process):
        happen(url, CLEAN.fails("syntax error"), 1)
        assert place.has_come.wait(PATIENCE)
        place.hold(lambda path, _body: path.endswith("chat.update"))
        happen(url, CLEAN, 2)
        assert place.has_come.wait(PATIENCE)
        kill_with_children(process)
    place.let_go()
    with served(tmp_path):
        until(lambda: len(place.bodies("chat.update")) > 1)

    [text] = channel.values()
    assert text.startswith("RESOLVED")
    assert "may be a repeat" in text
    assert len(place.bodies("chat.postMessage")) == 1


@pytest.mark.timeout(300)
def test_no_acknowledged_silence_or_acknowledgement_is_lost(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    place = make(taking)
    configure(tmp_path, "webhook", url=place.server.url)
    ends = (datetime.now(UTC) + timedelta(hours=4)).isoformat()
    silences = []
    with served(tmp_path) as (url, process):
        happen(url, CLEAN.fails("syntax error"), 1)
        assert place.has_come.wait(PATIENCE)
        [incident] = asked(url, INCIDENTS)["incidents"]["nodes"]
        done = asked(url, ACKNOWLEDGE, input={"id": incident["id"]})["acknowledgeIncident"]
        kill_with_children(process)
    assert done["errors"] == []
    for number in range(ROUNDS):
        with served(tmp_path) as (url, process):
            given = {"matchers": ["domain=fleet"], "owner": "ada", "endsAt": ends}
            made = asked(url, SILENCE, input={**given, "comment": f"number {number}"})
            kill_with_children(process)
        assert made["createSilence"]["errors"] == []
        silences.append(f"number {number}")

    with served(tmp_path) as (url, _process):
        [after] = asked(url, INCIDENTS)["incidents"]["nodes"]
        assert after["state"] == "ACKNOWLEDGED"
        kept = [each["comment"] for each in asked(url, SILENCES)["silences"]["nodes"]]
        assert sorted(kept) == silences
        until(lambda: len(place.bodies()) > 1)

    reasons = [each["notification_reason"] for each in place.bodies()]
    assert set(reasons) == {"triggered", "acknowledged"}
    assert len({each["dedup_key"] for each in place.bodies()}) == 1


@pytest.mark.timeout(300)
def test_killed_in_the_middle_of_a_backlog_it_pages_each_failure_under_one_key(
    tmp_path: Path, make: Callable[..., Place]
) -> None:
    place = make(taking)
    configure(tmp_path, "webhook", url=place.server.url)
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    failing = {f"fleet/broken_{number}" for number in range(6)}
    with served(tmp_path) as (url, process):
        for number, job in enumerate(sorted(failing)):
            noise = [run(f"fleet/job_{number}_{at}").writes(f"silver.t{at}") for at in range(400)]
            broken = run(job).writes(f"silver.broken_{number}").fails("syntax error")
            scripts = [*noise[:200], broken, *noise[200:]]
            events = [body for each in scripts for body in each.events(now, number)]
            batch = b"[" + b",".join(events) + b"]"
            answer = httpx.post(f"{url}/api/v1/lineage/batch", content=batch, timeout=PATIENCE)
            assert answer.json()["summary"]["failed"] == 0
        assert place.has_come.wait(PATIENCE)
        kill_with_children(process)
    with served(tmp_path):
        until(lambda: len({each["dedup_key"] for each in place.bodies()}) >= len(failing))

    told: dict[str, list[dict[str, Any]]] = {}
    for body in place.bodies():
        told.setdefault(body["dedup_key"], []).append(body)
    assert len(told) == len(failing)
    for first, *again in told.values():
        assert {each["notification_id"] for each in again} <= {first["notification_id"]}
        assert all(each["is_repeat"] for each in again)
