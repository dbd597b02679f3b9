"""Missing events are failures: a served hub pages for what nobody tells it of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.domain.instants import format_instant
from hub.testing.receiving import Receiver
from hub.testing.scenario import RunScript, run
from tests.served.hubs import served
from tests.served.places import taking, until
from tests.served.test_killed_pages import asked

DOMAINS = """
platform: {team: data-platform, receiver: phone}
domains: [{domain: fleet, team: fleet-data, receiver: phone}]
sources: [{source: workshop, domain: fleet, team: workshop-it, receiver: phone}]
"""
SETTINGS = """
[runs]
least_lease_seconds = 1
first_lease_seconds = 1
"""
PRODUCT = """
product: repairs
domain: fleet
steps: [{step: load, lane: files, source: workshop, writes: bronze.repairs}]
slos:
"""
SILENT = """
  - slo: in-time
    freshness: {dataset: bronze.repairs, within: 2s}
"""
PUNCTUAL = """
  - slo: begins
    punctuality: {dataset: bronze.repairs, usual: true, of_last: 15}
    severity: page
"""
LOAD = run("fleet/repairs.load")
INCIDENTS = "{ incidents { nodes { state class owner { name } root { name } } } }"
STANDING = "{ slos { nodes { name state detail } } }"


@pytest.fixture
def phone() -> Iterator[Receiver]:
    receiver = Receiver(taking)
    yield receiver
    receiver.close()


def configure(folder: Path, phone: Receiver, slos: str) -> None:
    (folder / "products").mkdir()
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "hub.toml").write_text(SETTINGS)
    (folder / "products" / "repairs.yaml").write_text(
        PRODUCT + slos if slos else PRODUCT + "  []\n"
    )
    receiver = {"receiver": "phone", "notifier": "webhook", "options": {"url": phone.url}}
    told = {"receivers": [receiver], "route": {"wait": "0s"}}
    (folder / "receivers.yaml").write_text(json.dumps(told))


def micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def tell(url: str, *bodies: bytes) -> None:
    for body in bodies:
        answer = httpx.post(f"{url}/api/v1/lineage", content=body, timeout=60)
        assert answer.status_code == 201


def pages(phone: Receiver, reason: str) -> list[dict[str, Any]]:
    bodies = [json.loads(body) for _path, _headers, body in phone.requests]
    return [each for each in bodies if each["notification_reason"] == reason]


def heard(phone: Receiver, reason: str) -> Callable[[], bool]:
    return lambda: bool(pages(phone, reason))


def the_incident(url: str) -> tuple[str, str, str]:
    [found] = asked(url, INCIDENTS)["incidents"]["nodes"]
    return found["state"], found["class"], found["owner"]["name"]


def ended(script: RunScript, at: datetime, number: int) -> list[bytes]:
    return script.events(micros(at), number)


@pytest.mark.timeout(300)
def test_a_run_that_never_ends_is_paged_and_over_with_the_next_that_passes(
    tmp_path: Path, phone: Receiver
) -> None:
    configure(tmp_path, phone, "")
    with served(tmp_path) as (url, _process):
        tell(url, ended(LOAD, datetime.now(UTC), 1)[0])
        until(heard(phone, "triggered"))
        assert the_incident(url) == ("TRIGGERED", "INFRA_COMPUTE", "data-platform")
        tell(url, *ended(LOAD.writes("bronze.repairs", rows=3), datetime.now(UTC), 2))
        until(heard(phone, "resolved"))
    assert len(pages(phone, "triggered")) == 1


@pytest.mark.timeout(300)
def test_a_run_that_never_begins_is_paged_and_over_when_it_does(
    tmp_path: Path, phone: Receiver
) -> None:
    configure(tmp_path, phone, PUNCTUAL)
    with served(tmp_path) as (url, _process):
        now = datetime.now(UTC)
        # What is usual is known with the fifteenth, and it is two seconds between them.
        for number in range(15):
            tell(url, *ended(LOAD, now - timedelta(seconds=2 * (14 - number)), number))
        until(heard(phone, "triggered"))
        assert the_incident(url) == ("TRIGGERED", "INFRA_COMPUTE", "data-platform")
        [slo] = asked(url, STANDING)["slos"]["nodes"]
        assert slo["state"] == "BREACHED"
        assert "no run has begun for" in slo["detail"]
        tell(url, *ended(LOAD, datetime.now(UTC), 40))
        until(heard(phone, "resolved"))
    assert len(pages(phone, "triggered")) == 1


@pytest.mark.timeout(300)
def test_a_source_that_goes_silent_is_paged_to_who_keeps_it(
    tmp_path: Path, phone: Receiver
) -> None:
    configure(tmp_path, phone, SILENT)
    with served(tmp_path) as (url, _process):
        now = datetime.now(UTC)
        newest = format_instant(micros(now))
        tell(url, *ended(LOAD.writes("bronze.repairs", rows=3, newest=newest), now, 1))
        tell(url, *ended(LOAD.writes("bronze.repairs", rows=0), now + timedelta(seconds=1), 2))
        until(heard(phone, "triggered"))
        assert the_incident(url) == ("TRIGGERED", "SOURCE_UNAVAILABLE", "workshop-it")
        [slo] = asked(url, STANDING)["slos"]["nodes"]
        assert slo["state"] == "BREACHED"
        later = datetime.now(UTC)
        newest = format_instant(micros(later))
        tell(url, *ended(LOAD.writes("bronze.repairs", rows=3, newest=newest), later, 3))
        until(heard(phone, "resolved"))
    assert len(pages(phone, "triggered")) >= 1
