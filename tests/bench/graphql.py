"""A thousand nodes with five scalars each over HTTP: the hub, plain JSON, and stock Strawberry.

Plain is Starlette's ``JSONResponse`` of the very same data, hence of the same bytes. Stock is
Strawberry's own application and executor over the same types and the same store, without caches
and with those for parsing and validation; plain and stock run in a process of their own
(``tests.bench.rivals``). All take turns over one connection each; figures are medians.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx

from hub.domain.names import DatasetName, dataset_id
from tests.bench.served import Served, served

ROUNDS = 60
# As many as ROUNDS would make the slowest take most of the time.
STOCK_EVERY = 3
LAYERS = 10
WIDTH = 50

_NAMESPACE = "postgres://db.example:5432"
_SOURCE = DatasetName(_NAMESPACE, "shop.public.source")


class Question(NamedTuple):
    """Something to ask, whose answer has a thousand nodes with five scalars each."""

    query: str
    variables: dict[str, str]

    def body(self) -> bytes:
        """Return it as it is sent."""
        return json.dumps(self._asdict()).encode()


QUESTIONS = {
    "lineage": Question(
        "query ($node: ID!) { lineage(node: $node, direction: DOWNSTREAM, depth: 10) {"
        " nodes { id kind namespace name hops } } }",
        {"node": dataset_id(_SOURCE)},
    ),
    "lists": Question(
        "query {"
        + " ".join(
            f"part{n}: datasets(first: 100) {{ nodes {{ id namespace name firstSeen lastSeen }} }}"
            for n in range(10)
        )
        + " }",
        {},
    ),
}


def measure() -> dict[str, float]:
    """Return p50 in milliseconds of each, and the ratios."""
    figures: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/hub.db"
        with served(url) as hub:
            fill(hub.port)
            hub.wait_until_idle()
            for name, question in QUESTIONS.items():
                with _rivals(url, Path(folder) / "question.json", question) as port:
                    figures |= {
                        f"{name}_{figure}": value
                        for figure, value in _compare(hub, port, question).items()
                    }
    return figures


def fill(port: int) -> None:
    """Send one completed run of each job of an estate in layers, all of it below one dataset."""
    events = list(_events())
    url = f"http://127.0.0.1:{port}/api/v1/lineage/batch"
    for start in range(0, len(events), 100):
        httpx.post(url, json=events[start : start + 100], timeout=60).raise_for_status()


def _events() -> Iterator[dict[str, object]]:
    for number in range(LAYERS * WIDTH):
        layer, place = divmod(number, WIDTH)
        reads = [_SOURCE]
        if layer:
            reads = [_dataset(layer, (place + step) % WIDTH) for step in range(3)]
        yield {
            "eventTime": f"2026-11-23T09:{layer:02}:{place:02}Z",
            "eventType": "COMPLETE",
            "producer": "https://hub.example/bench",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": f"01a20833-c5f9-7cce-9cf5-{number:012x}"},
            "job": {"namespace": "nightly", "name": f"shop.job_{number:04}"},
            "inputs": [name._asdict() for name in reads],
            "outputs": [_dataset(layer + 1, place)._asdict()],
        }


def _dataset(layer: int, place: int) -> DatasetName:
    return DatasetName(_NAMESPACE, f"shop.public.layer_{layer:02}_{place:02}")


@contextmanager
def _rivals(database: str, file: Path, question: Question) -> Iterator[int]:
    file.write_bytes(question.body())
    command = [sys.executable, "-m", "tests.bench.rivals", database, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(30)


def _compare(hub: Served, rivals: int, question: Question) -> dict[str, float]:
    ours = _Client(hub.port, "/graphql", question.body())
    plain, stock, cached = (
        _Client(rivals, path, question.body()) for path in ("/plain", "/stock", "/cached")
    )
    answers = [client.ask() for client in (ours, plain, stock, cached)]
    if len(set(answers)) != 1:
        raise AssertionError("the answers differ")
    for number in range(ROUNDS):
        for client in (ours, plain):
            client.time()
        if number % STOCK_EVERY == 0:
            stock.time()
            cached.time()
    return {
        "answer_kb": len(answers[0]) / 1000,
        "hub_p50_ms": ours.p50(),
        "plain_p50_ms": plain.p50(),
        "stock_p50_ms": stock.p50(),
        "stock_cached_p50_ms": cached.p50(),
        "hub_over_plain": ours.p50() / plain.p50(),
        "stock_over_hub": stock.p50() / ours.p50(),
        "stock_cached_over_hub": cached.p50() / ours.p50(),
    }


class _Client:
    """One connection that is kept alive."""

    def __init__(self, port: int, path: str, body: bytes) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._path = path
        self._body = body
        self._seconds: list[float] = []

    def ask(self) -> bytes:
        """Return the answer."""
        headers = {"content-type": "application/json"}
        self._connection.request("POST", self._path, self._body, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise AssertionError(body)
        return body

    def time(self) -> None:
        """Ask once more, and note how long it took."""
        began = time.perf_counter()
        self.ask()
        self._seconds.append(time.perf_counter() - began)

    def p50(self) -> float:
        """Return the median in milliseconds."""
        return median(self._seconds) * 1000
