from __future__ import annotations

import json
import random
import threading
from pathlib import Path

import httpx
import pytest

from hub.flow.project import project_all, verify
from hub.store.opening import open_store
from tests.served.hubs import served

ROUNDS = 20
SENDERS = 4
LEAST = 15


class Sender(threading.Thread):
    """Sends events, one after the other, until its hub dies; remembers what was acknowledged."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self.url = url
        self.label = name
        self.acknowledged: list[str] = []
        self.has_enough = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.url) as client:
            number = 0
            while True:
                run_id = f"{self.label}-{number}"
                number += 1
                try:
                    answer = client.post("/api/v1/lineage", json=event(run_id))
                except httpx.TransportError:
                    break
                if answer.status_code == 201:
                    self.acknowledged.append(run_id)
                if len(self.acknowledged) >= LEAST:
                    self.has_enough.set()
        self.has_enough.set()


def event(run_id: str) -> dict[str, object]:
    return {
        "eventTime": "2026-01-01T00:00:00Z",
        "eventType": random.Random(run_id).choice(["START", "COMPLETE", "FAIL"]),
        "run": {"runId": run_id},
        "job": {"namespace": "killed", "name": f"job-{hash(run_id) % 7}"},
        "inputs": [{"namespace": "killed", "name": "in"}],
        "outputs": [{"namespace": "killed", "name": "out"}],
    }


@pytest.mark.timeout(300)
def test_what_was_acknowledged_is_there_once_however_often_the_hub_is_killed(
    tmp_path: Path,
) -> None:
    acknowledged: list[str] = []
    for kill in range(ROUNDS):
        with served(tmp_path) as (url, process):
            senders = [Sender(url, f"{kill}-{n}") for n in range(SENDERS)]
            for sender in senders:
                sender.start()
            for sender in senders:
                assert sender.has_enough.wait(60)
            process.kill()
            for sender in senders:
                sender.join()
                acknowledged += sender.acknowledged
    assert len(acknowledged) >= ROUNDS * SENDERS * LEAST

    store = open_store(f"sqlite:///{tmp_path}/hub.db")
    try:
        with store.database.read() as connection:
            stored = [
                json.loads(entry.body)["run"]["runId"]
                for after in range(0, store.journal.head(connection), 1_000)
                for entry in store.journal.read(connection, after=after, limit=1_000)
                if entry.kind == "event"
            ]
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored)
        project_all(store)
        assert verify(store) == []
    finally:
        store.close()
