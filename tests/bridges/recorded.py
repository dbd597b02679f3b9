"""A server that answers as the recorded Marquez did, and its database as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from hub.domain.openlineage.events import parse_time
from tests.bridges import world
from tests.bridges.record import COLUMNS, RECORDING, Recording

_RECORDING: Recording = json.loads(RECORDING.read_text("utf-8"))
_ROOT = "/api/v1"
# Later than any time that the hub knows.
_NEVER = 1 << 62
# What it answered to events; to all others it would have answered that they are kept.
_ANSWERS = {
    each.body: status
    for each, status in zip(world.requests(), _RECORDING["writes"], strict=True)
    if isinstance(each.body, bytes)
}


class RecordedMarquez:
    """What the server knows and has seen.

    ``outages`` are statuses to answer with before anything else, one a request. ``is_broken``
    makes its database fail. ``moved`` are paths of jobs that it knows under another.
    """

    def __init__(self) -> None:
        self.lists = dict(_RECORDING["lists"])
        self.unlisted_events = _RECORDING["counted"] - len(self.lists["/events/lineage"])
        self.outages: list[int] = []
        self.is_broken = False
        self.moved: dict[str, str] = {}
        self.key: str | None = None
        self.asked: list[str] = []
        self.events: list[bytes] = []
        self.url = ""

    def answer(self, method: str, target: str, body: bytes, key: str | None) -> tuple[int, Any]:
        """Return status and body."""
        self.asked.append(f"{method} {target}")
        if self.key is not None and key != f"Bearer {self.key}":
            return 401, {"code": 401}
        if self.outages:
            return self.outages.pop(0), f"no, {key}"
        if self.is_broken:
            return 500, None
        path, query = urlsplit(target).path.removeprefix(_ROOT), parse_qs(urlsplit(target).query)
        if method == "POST" and path == "/lineage":
            self.events.append(body)
            return _ANSWERS.get(body, 201), None
        if method != "GET" or path not in self.lists.keys() | self.moved.keys():
            return 404, {"code": 404, "message": "HTTP 404 Not Found"}
        return self._listed(path, {name: values[-1] for name, values in query.items()})

    def place(self, target: str) -> str:
        """Return where a job is that goes by another name."""
        path, _, query = target.removeprefix(_ROOT).partition("?")
        return f"{self.url}{_ROOT}{self.moved.get(path, path)}?{query}"

    def _listed(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path in self.moved:
            return 301, None
        found = self.lists[path]
        if path == "/events/lineage":
            after = _at(query.get("after", "1970-01-01T00:00:00Z"))
            before = _at(query.get("before", "2030-01-01T00:00:00Z"))
            found = [each for each in found if after <= _at(each["eventTime"]) < before]
        offset, limit = int(query.get("offset", "0")), int(query.get("limit", "100"))
        shown = found[offset : offset + limit]
        if None in shown:
            return 500, {"code": 500, "message": "There was an error processing your request."}
        member = "events" if path == "/events/lineage" else path.rpartition("/")[2]
        unlisted = self.unlisted_events if member == "events" else 0
        return 200, {member: shown, "totalCount": len(found) + unlisted}


@contextmanager
def recorded_marquez() -> Iterator[RecordedMarquez]:
    """Serve the recording on this machine."""
    marquez = RecordedMarquez()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body at once: else the client acknowledges the one, late

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                # Its sender was killed meanwhile: a server takes no half of an event.
                self.close_connection = True
                return
            key = self.headers.get("Authorization")
            status, told = marquez.answer(self.command, self.path, body, key)
            content = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            if status == 301:
                self.send_header("Location", marquez.place(self.path))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        marquez.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield marquez
        finally:
            server.shutdown()
            thread.join()


def restore_database(connection: psycopg.Connection) -> None:
    """Make the tables that the bridge reads, with what was in them."""
    for table, columns in COLUMNS.items():
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} ({declared})")
        casts = ", ".join(f"%s::{kind}" for kind in columns.values())
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} VALUES ({casts})",  # noqa: S608 - our own names
                _RECORDING["rows"][table],
            )


def _at(text: str) -> int:
    when = parse_time(text)
    return _NEVER if when is None else when.at
