"""Reporting over HTTP: what may be repeated is, and the caller waits as long as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from hub.domain.deadletters import NewDeadLetter, read_letters
from hub.domain.errors import InvalidInput, NotAuthorised, Pressed, Unreachable
from hub.runtime.report import HttpReporter


class Desk:
    """An HTTP server that answers as it is told, and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.received: list[tuple[str, bytes, str | None]] = []
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.received.append((self.path, body, self.headers.get("Authorization")))
                status, headers = desk.answers.pop(0) if desk.answers else (201, {})
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def waited() -> list[float]:
    """How long the reporter was made to wait, in order."""
    return []


@pytest.fixture
def reporter(desk: Desk, waited: list[float]) -> Iterator[HttpReporter]:
    made = HttpReporter(desk.url, api_key="k3y", sleep=waited.append)
    yield made
    made.close()


def test_an_event_goes_out_as_it_is_with_the_key(desk: Desk, reporter: HttpReporter) -> None:
    reporter.emit(b'{"eventType": "START"}')
    assert desk.received == [("/api/v1/lineage", b'{"eventType": "START"}', "Bearer k3y")]


def test_letters_go_out_as_the_hub_reads_them(desk: Desk, reporter: HttpReporter) -> None:
    letter = NewDeadLetter(
        stage="bronze",
        product="p",
        step="s",
        encoding="avro",
        payload=b"\xff\x00",
        rule="undecodable",
        reasons=("it is no record",),
    )
    reporter.dead_letter([letter])
    [(path, body, _)] = desk.received
    assert path == "/api/v1/dead-letters"
    assert read_letters(body) == [letter]


def test_a_pressed_hub_is_asked_again_after_the_time_that_it_says(
    desk: Desk, reporter: HttpReporter, waited: list[float]
) -> None:
    desk.answers = [(503, {"Retry-After": "7"}), (503, {"Retry-After": "7"})]
    reporter.emit(b"{}")
    assert waited == [7, 7]
    assert len(desk.received) == 3


def test_a_hub_that_stays_pressed_is_given_up(desk: Desk, reporter: HttpReporter) -> None:
    desk.answers = [(503, {})] * 10
    with pytest.raises(Pressed, match="answers 503"):
        reporter.emit(b"{}")


@pytest.mark.parametrize(("status", "kind"), [(400, InvalidInput), (401, NotAuthorised)])
def test_a_refusal_is_not_repeated(
    desk: Desk, reporter: HttpReporter, status: int, kind: type[Exception]
) -> None:
    desk.answers = [(status, {})]
    with pytest.raises(kind, match=f"answers {status}"):
        reporter.emit(b"{}")
    assert len(desk.received) == 1


def test_a_refusal_says_what_the_hub_says_and_what_to_do() -> None:
    answer = httpx.Response(400, json={"error": "'x' is no node id", "fix": "write a better one"})
    reporter = HttpReporter("http://hub", transport=httpx.MockTransport(lambda _request: answer))
    with pytest.raises(InvalidInput, match="answers 400: 'x' is no node id") as caught:
        reporter.objections("x", 1)
    assert caught.value.fix == "write a better one"


def test_where_nobody_listens_the_error_says_what_to_check(waited: list[float]) -> None:
    reporter = HttpReporter("http://127.0.0.1:9", sleep=waited.append)
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:9 cannot be reached") as caught:
        reporter.emit(b"{}")
    assert caught.value.fix == "check --url, and that `hub serve` runs there"
    assert waited == sorted(waited)
    reporter.close()
