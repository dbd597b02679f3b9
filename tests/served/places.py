"""Places that a hub in a process of its own sends pages to, and runs that it is told of."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from hub.testing.receiving import Answer, Receiver, answering
from hub.testing.scenario import RunScript

PATIENCE = 60


class Place:
    """A receiver that can hold its answer until a hub has been killed."""

    def __init__(self, rules: Callable[[str, dict[str, str], bytes], Answer]) -> None:
        self.has_come = threading.Event()
        self.is_held: Callable[[str, dict[str, Any]], bool] = lambda _path, _body: False
        self._rules = rules
        self.server = Receiver(self._answer)

    def hold(self, which: Callable[[str, dict[str, Any]], bool]) -> None:
        """Leave the next request of a kind without an answer."""
        self.has_come.clear()
        self.is_held = which

    def let_go(self) -> None:
        self.is_held = lambda _path, _body: False

    def bodies(self, path: str = "") -> list[dict[str, Any]]:
        return [json.loads(body) for at, _headers, body in self.server.requests if path in at]

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        given = self._rules(path, headers, body)
        if not self.is_held(path, json.loads(body)):
            self.has_come.set()
            return given

        def silence(_handler: BaseHTTPRequestHandler) -> None:
            self.has_come.set()
            self.server.closing.wait(PATIENCE)

        return silence


def taking(_path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    return answering(200)


def happen(url: str, script: RunScript, number: int) -> None:
    """Tell a hub of a run that has ended just now."""
    now = datetime.now(UTC)
    for body in script.events(int(now.timestamp() * 1_000_000), number):
        answer = httpx.post(f"{url}/api/v1/lineage", content=body, timeout=PATIENCE)
        assert answer.status_code == 201


def until(found: Callable[[], bool]) -> None:
    """Wait until something is so."""
    waiting = threading.Event()
    for _time in range(PATIENCE * 20):
        if found():
            return
        waiting.wait(0.05)
    pytest.fail("it has not come to that")
