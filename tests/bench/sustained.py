"""The rate at which a hub takes events in for as long as one likes, and shows each within a second.

A real ``hub serve`` with ``intake.max_lag_seconds`` of one is offered batches of 100 as fast as it
answers. What it cannot show in time it refuses with 503, and is sent again. The lag is looked at
twenty times a second; in the end everything acknowledged must be in the journal.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, cast

import uvloop

from hub.domain.entries import EntryKind
from hub.flow.project import Project
from hub.store import tracking
from hub.store.opening import Store, open_store
from tests.bench.events import run_events
from tests.bench.served import Served, served

SECONDS: Final = 20
# Until caches are warm and the pace is known, nothing is counted.
WARM_UP: Final = 5
GROUP: Final = 100
CONNECTIONS: Final = 4
MOST_SECONDS: Final = 1.0
# Sooner than ``Retry-After`` says: the load is to stay above what the hub can do.
_AGAIN_SECONDS: Final = 0.2
_SAMPLE_SECONDS: Final = 0.05
_HEAD: Final = (
    b"POST /api/v1/lineage/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
)


class _Sample(NamedTuple):
    """Where journal and projection were at a time, in seconds from anywhere."""

    at: float
    journal: int
    projected: int


def measure() -> dict[str, float]:
    """Return the rate, the lag meanwhile, the share refused, and what was lost."""
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/hub.db"
        Path(folder, "hub.toml").write_text(f"[intake]\nmax_lag_seconds = {MOST_SECONDS}\n")
        with served(database, "--config", folder) as hub:
            store = open_store(database)
            load = _Load(hub, store, run_events(1_000_000, seed=1))
            before = hub.cpu_seconds()
            uvloop.run(load.run())
            hub.wait_until_idle()
            spent = hub.cpu_seconds() - before
        kept = _events_kept(store)
        store.close()
    lags = _lags(load.samples)
    first = next(each for each in load.samples if each.at >= load.began + WARM_UP)
    last = load.samples[-1]
    cuts = quantiles(lags, n=100)
    return {
        "events_per_second": (last.projected - first.projected) / (last.at - first.at),
        "lag_p50_ms": cuts[49] * 1e3,
        "lag_p99_ms": cuts[98] * 1e3,
        "refused_share": load.refused / (load.refused + load.acknowledged),
        "server_us_per_event": spent / (load.acknowledged * GROUP) * 1e6,
        "lost_events": max(0, load.acknowledged * GROUP - kept),
    }


def _lags(samples: list[_Sample]) -> list[float]:
    """Return how long the newest that was projected had waited, sample by sample."""
    appended: deque[tuple[float, int]] = deque()
    lags = []
    for at, journal, projected in samples:
        appended.append((at, journal))
        while appended and appended[0][1] <= projected:
            appended.popleft()
        if at >= samples[0].at + WARM_UP:
            lags.append(at - appended[0][0] if appended else 0.0)
    return lags


def _events_kept(store: Store) -> int:
    count = position = 0
    with store.database.read() as connection:
        while entries := store.journal.read(connection, after=position, limit=4_096):
            position = entries[-1].position
            count += sum(entry.kind is EntryKind.EVENT for entry in entries)
    return count


class _Load:
    """Offers more than a hub can show in time."""

    def __init__(self, hub: Served, store: Store, events: Iterator[bytes]) -> None:
        self._hub = hub
        self._store = store
        self._events = events
        self.began = 0.0
        self.samples: list[_Sample] = []
        self.acknowledged = self.refused = 0

    async def run(self) -> None:
        self.began = time.perf_counter()
        until = self.began + SECONDS
        senders = [self._send(until) for _ in range(CONNECTIONS)]
        await asyncio.gather(self._watch(until), *senders)

    async def _send(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(_Client, "127.0.0.1", self._hub.port)
        while time.perf_counter() < until:
            body = b"[%s]" % b",".join(islice(self._events, GROUP))
            while not await client.post(body):
                self.refused += 1
                await asyncio.sleep(_AGAIN_SECONDS)
            self.acknowledged += 1

    async def _watch(self, until: float) -> None:
        while (at := time.perf_counter()) < until:
            with self._store.database.read() as connection:
                projected = tracking.position(connection, Project.name)
                self.samples.append(_Sample(at, self._store.journal.head(connection), projected))
            await asyncio.sleep(_SAMPLE_SECONDS)


class _Client(asyncio.Protocol):
    """Posts one batch after the other."""

    def __init__(self) -> None:
        self._received = b""
        self._answered: asyncio.Future[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def post(self, body: bytes) -> bool:
        """Send a batch; tell whether it was taken, or else refused for now."""
        self._answered = asyncio.get_running_loop().create_future()
        head = (
            b"POST /api/v1/lineage/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        )
        self._transport.write(head % len(body) + body)
        return await self._answered

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.partition(b"content-length: ")[2].split(b"\r")[0]):
            return
        self._received = b""
        assert self._answered is not None
        if head.startswith(b"HTTP/1.1 503") and b"retry-after" in head:
            self._answered.set_result(False)
        elif head.startswith(b"HTTP/1.1 200"):
            self._answered.set_result(True)
        else:
            self._answered.set_exception(AssertionError(head + body))


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:30} {value:12.3f}")
