"""From sending a failure to its page's arrival, while 5,000 other events a second come in.

A real ``hub serve`` without waits is offered events at a steady rate; among them now and then a run
that fails, each of a job of its own. Its page arrives at a webhook of this process. Where the hub
takes in less than it is offered, events wait for a connection: that is not yet their receipt.
``python -m tests.bench.paging 1000`` offers as many events a second instead.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Final, cast

import uvloop

from tests.bench.events import run_events
from tests.bench.served import Served, served

RATE: Final = 5_000
SECONDS: Final = 10
# Failures a second, and in how many slices a second's events are sent.
FAILURES: Final = 5
SLICES: Final = 100
CONNECTIONS: Final = 64
# From when on nothing more is waited for, in seconds after the last event.
_PATIENCE: Final = 30
_WRONG: Final = (b'"FAIL"', b'"ABORT"', b'"success":false', b'"success": false')
_PAGED: Final = re.compile(rb"job-[0-9]+")
_ACCEPTED: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def measure(rate: int = RATE) -> dict[str, float]:
    """Return milliseconds to a page, and what was taken in meanwhile."""
    with TemporaryDirectory() as folder:
        return uvloop.run(_measure(Path(folder), rate))


async def _measure(folder: Path, rate: int) -> dict[str, float]:
    pages = _Pages()
    loop = asyncio.get_running_loop()
    pager = await loop.create_server(lambda: _Pager(pages), "127.0.0.1", 0)
    _declare(folder, pager.sockets[0].getsockname()[1])
    with served(f"sqlite:///{folder}/hub.db", "--config", str(folder)) as hub:
        load = _Load(hub, rate)
        await load.connect()
        before = hub.cpu_seconds()
        seconds = await load.send()
        sent = load.sent
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await pages.of(len(sent))
        server = hub.cpu_seconds() - before
    pager.close()
    waits = [(pages.at[job] - at) * 1e3 for job, at in sent.items() if job in pages.at]
    cuts = quantiles(waits, n=100)
    return {
        "events_per_second": rate * SECONDS / seconds,
        "acknowledged_p99_ms": quantiles(load.acknowledged, n=100)[98] * 1e3,
        "server_us_per_event": server / (rate * SECONDS) * 1e6,
        "pages": len(sent),
        "pages_lacking": len(sent) - len(waits),
        "page_p50_ms": cuts[49],
        "page_p99_ms": cuts[98],
    }


def _declare(folder: Path, port: int) -> None:
    (folder / "hub.toml").write_text("", "utf-8")
    (folder / "domains.yaml").write_text("platform: {team: platform, receiver: pager}\n", "utf-8")
    (folder / "receivers.yaml").write_text(
        "receivers:\n"
        "  - receiver: pager\n"
        "    notifier: webhook\n"
        f"    options: {{url: 'http://127.0.0.1:{port}'}}\n"
        "route: {receiver: owner, wait: 0s}\n",
        "utf-8",
    )


def _failure(job: str) -> bytes:
    """Return the event of a run that fails for a reason which says whose it is."""
    facet = {"_producer": "https://bench", "_schemaURL": "https://bench"}
    # Numbers do not tell errors apart, and what many jobs say alike is one trouble.
    name = job.translate(str.maketrans("0123456789", "abcdefghij"))
    error = {"message": f"NameError: name '{name}' is not defined", "programmingLanguage": "PYTHON"}
    event = {
        "eventType": "FAIL",
        "eventTime": datetime.now(UTC).isoformat(),
        "producer": "https://bench",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": f"{job}-run", "facets": {"errorMessage": facet | error}},
        "job": {"namespace": "paged", "name": job},
        "outputs": [{"namespace": "paged", "name": f"{job}.out"}],
    }
    return json.dumps(event).encode()


def _healthy_events(rate: int) -> Iterator[bytes]:
    return (
        event
        for event in run_events(2 * rate * SECONDS, seed=1)
        if not any(wrong in event for wrong in _WRONG)
    )


class _Load:
    """Sends at a steady rate, whatever the answers take."""

    def __init__(self, hub: Served, rate: int) -> None:
        self._hub = hub
        self._rate = rate
        self._waiting: deque[tuple[float, bytes, str | None]] = deque()
        self._idle: list[_Client] = []
        self._unanswered = SECONDS * (rate + FAILURES)
        self._all_answered = asyncio.Event()
        self.acknowledged: list[float] = []
        # When each failing job's event was sent.
        self.sent: dict[str, float] = {}

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._hub.port)

    async def send(self) -> float:
        """Return the seconds until all were acknowledged."""
        healthy = _healthy_events(self._rate)
        began = time.perf_counter()
        for number in range(SECONDS * SLICES):
            await asyncio.sleep(max(0.0, began + number / SLICES - time.perf_counter()))
            for _ in range(self._rate // SLICES):
                self._offer(next(healthy))
            if number % (SLICES // FAILURES) == 0:
                self._offer(_failure(f"job-{number}"), f"job-{number}")
        await self._all_answered.wait()
        return time.perf_counter() - began

    def _offer(self, event: bytes, failing: str | None = None) -> None:
        self._waiting.append((time.perf_counter(), event, failing))
        if self._idle:
            self._post(self._idle.pop())

    def _post(self, client: _Client) -> None:
        offered_at, event, failing = self._waiting.popleft()
        if failing is not None:
            self.sent[failing] = time.perf_counter()
        client.post(offered_at, event)

    def answered(self, client: _Client, offered_at: float) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._all_answered.set()
        self.acknowledged.append(time.perf_counter() - offered_at)
        if self._waiting:
            self._post(client)
        else:
            self._idle.append(client)

    def connected(self, client: _Client) -> None:
        self._idle.append(client)


class _Client(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load = load
        self._offered_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._load.connected(self)

    def post(self, offered_at: float, event: bytes) -> None:
        self._offered_at = offered_at
        head = b"POST /api/v1/lineage HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(event) + event)

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 201") or not data.endswith(b"\r\n\r\n"):
            raise AssertionError(data)
        self._load.answered(self, self._offered_at)


class _Pages:
    """When the first page of each job came."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._changed = asyncio.Event()

    def note(self, job: str) -> None:
        self.at.setdefault(job, time.perf_counter())
        self._changed.set()

    async def of(self, count: int) -> None:
        """Wait for the pages of so many jobs."""
        while len(self.at) < count:
            self._changed.clear()
            await self._changed.wait()


class _Pager(asyncio.Protocol):
    """A webhook that notes what it gets."""

    def __init__(self, pages: _Pages) -> None:
        self._pages = pages
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r")[0]
        if not end or len(body) < int(length or 0):
            return
        self._received = b""
        if paged := _PAGED.search(body):
            self._pages.note(paged[0].decode())
        self._transport.write(_ACCEPTED)


if __name__ == "__main__":
    for name, value in measure(*map(int, sys.argv[1:])).items():
        print(f"{name:24} {value:12.3f}")
