"""A receiver over HTTP on this machine, for the tests of notifiers."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]
# What an API answers to a path, headers and a body, by its own rules.
Rules = Callable[[str, dict[str, str], bytes], Answer]


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Return an answer with a status, a body and headers (``_`` in names stands for ``-``)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def accepting(_path: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Accept whatever comes."""
    return answering(202)


class Receiver:
    """Keeps what it gets; gives the answers that it is told, then those of its rules."""

    def __init__(self, rules: Rules = accepting) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[Answer] = []
        self.closing = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = (self.path, dict(self.headers), body)
                outer.requests.append(request)
                answer = outer.answers.pop(0) if outer.answers else rules(*request)
                try:
                    answer(self)
                except OSError:
                    """The notifier has hung up, as it may."""

            do_PUT = do_POST  # noqa: N815 - the name that the server calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}/pages"

    def close(self) -> None:
        """Stop listening; answers that wait for ``closing`` go on."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the last request."""
        return self.requests[-1][1]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the last request."""
        decoded: dict[str, Any] = json.loads(self.requests[-1][2])
        return decoded
