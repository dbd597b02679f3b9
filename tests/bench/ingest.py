"""Durable, acknowledged ingest of 5 kB events against the limit of what it is stored on.

Of a disk the limit is a file that 100 events at a time are appended to, with ``fdatasync`` after
each; of PostgreSQL it is a binary COPY of 100 at a time. The hub is a real ``hub serve`` with its
stages projecting meanwhile; this process is its client, over 64 keep-alive connections for single
events and 8 for batches of 100. What is compared takes turns.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import psycopg
import uvloop

from tests.bench.databases import places
from tests.bench.events import run_events
from tests.bench.served import Served, served

ROUNDS = 3
RAW_EVENTS = 20_000
SINGLES = 10_000
BATCHED = 20_000
COPIED = 10_000
GROUP = 100
SINGLE_CONNECTIONS = 64
BATCH_CONNECTIONS = 8


class _Measure(NamedTuple):
    """Events a second, and the microseconds of processor time that each cost."""

    rate: float
    server: float = 0.0
    client: float = 0.0


def measure() -> dict[str, float]:
    """Return rates, costs and the ratios to the limits; medians of the rounds."""
    return _measure_sqlite() | _measure_postgresql()


def _measure_sqlite() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        events = run_events(ROUNDS * (SINGLES + BATCHED), seed=1)
        raw_events = list(run_events(RAW_EVENTS, seed=2))
        with served(f"sqlite:///{folder}/hub.db") as hub:
            rounds = [_round(hub, Path(folder), raw_events, events) for _ in range(ROUNDS)]
    raw, single, batched = (
        _Measure(*(median(values) for values in zip(*measures, strict=True)))
        for measures in zip(*rounds, strict=True)
    )
    return {
        "raw_events_per_second": raw.rate,
        "single_events_per_second": single.rate,
        "single_server_us_per_event": single.server,
        "single_client_us_per_event": single.client,
        "batched_events_per_second": batched.rate,
        "batched_server_us_per_event": batched.server,
        "batched_client_us_per_event": batched.client,
        "single_over_raw": single.rate / raw.rate,
        "batched_over_raw": batched.rate / raw.rate,
    }


def _round(
    hub: Served, folder: Path, raw_events: Sequence[bytes], events: Iterator[bytes]
) -> tuple[_Measure, _Measure, _Measure]:
    raw = _Measure(_append_raw(folder / "raw", raw_events))
    singles = [_request("/api/v1/lineage", event) for event in islice(events, SINGLES)]
    single = _post(hub, singles, SINGLE_CONNECTIONS, events=SINGLES)
    hub.wait_until_idle()
    batched = _post(hub, _batches(events, BATCHED), BATCH_CONNECTIONS, events=BATCHED)
    hub.wait_until_idle()
    return raw, single, batched


def _measure_postgresql() -> dict[str, float]:
    with places() as found:
        if len(found) == 1:
            return {}
        url = found[1].empty_store()
        raw_events = list(run_events(COPIED, seed=2))
        events = run_events(ROUNDS * COPIED, seed=1)
        with (
            served(url) as hub,
            psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection,
        ):
            rounds = []
            for _ in range(ROUNDS):
                copied = _copy(connection, raw_events)
                batched = _post(hub, _batches(events, COPIED), BATCH_CONNECTIONS, events=COPIED)
                rounds.append((copied, batched.rate, batched.rate / copied))
                hub.wait_until_idle()
    copied, rate, ratio = (median(values) for values in zip(*rounds, strict=True))
    return {
        "postgresql_copied_events_per_second": copied,
        "postgresql_batched_events_per_second": rate,
        "postgresql_batched_over_copied": ratio,
    }


def _copy(connection: psycopg.Connection, events: Sequence[bytes]) -> float:
    connection.execute("DROP TABLE IF EXISTS copied")
    connection.execute("CREATE TABLE copied (id bigint PRIMARY KEY, body bytea)")
    began = time.perf_counter()
    for start in range(0, len(events), GROUP):
        statement = "COPY copied (id, body) FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["int8", "bytea"])
            for number, event in enumerate(events[start : start + GROUP], start):
                copy.write_row((number, event))
    return len(events) / (time.perf_counter() - began)


def _batches(events: Iterator[bytes], count: int) -> list[bytes]:
    return [
        _request("/api/v1/lineage/batch", b"[%s]" % b",".join(islice(events, GROUP)))
        for _ in range(count // GROUP)
    ]


def _append_raw(path: Path, events: Sequence[bytes]) -> float:
    began = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(events), GROUP):
            file.write(b"".join(events[start : start + GROUP]))
            os.fdatasync(file.fileno())
    return len(events) / (time.perf_counter() - began)


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _post(hub: Served, requests: list[bytes], connections: int, *, events: int) -> _Measure:
    server, client, began = hub.cpu_seconds(), time.process_time(), time.perf_counter()
    uvloop.run(_post_all(hub.port, requests, connections))
    seconds = time.perf_counter() - began
    return _Measure(
        events / seconds,
        (hub.cpu_seconds() - server) / events * 1e6,
        (time.process_time() - client) / events * 1e6,
    )


async def _post_all(port: int, requests: list[bytes], connections: int) -> None:
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    pairs = [
        await loop.create_connection(lambda: _Client(waiting), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.done for _, client in pairs))


class _Client(asyncio.Protocol):
    """Sends the next request once the last is answered, as lean as a client can be."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.partition(b"content-length: ")[2].split(b"\r")[0]):
            return
        if not head.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")):
            self.done.set_exception(AssertionError(self._received))
            return
        self._received = b""
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:30} {value:12.3f}")
