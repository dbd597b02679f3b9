"""HTTP connections that cannot be held for nothing: heads are small, and requests come soon."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.api.rest.statuses import REFUSED

MAX_HEAD_BYTES: Final = 64 << 10
# From a request's first byte, or from the connection's beginning: time for its head, and for all
# of it. The largest body comes within that over two megabits a second.
HEAD_SECONDS: Final = 30
REQUEST_SECONDS: Final = 180


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP connection, closed where a request outgrows its limits or is never finished.

    What has been received whole has as much time as it takes. How long a connection may idle
    between requests is uvicorn's own limit.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the base class' own
        super().__init__(*args, **kwargs)
        # None while nothing of a request is awaited.
        self._begun_at: float | None = None
        self._is_in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._begun_at = self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun_at = self.loop.time()
        self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._begun_at = None
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                message = f"the request's head is larger than {MAX_HEAD_BYTES:,} bytes"
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, message)

    def close_if_overdue(self, now: float) -> None:
        """Close the connection if a request on it should have been here by now."""
        limit = HEAD_SECONDS if self._is_in_head else REQUEST_SECONDS
        if self._begun_at is not None and self._begun_at + limit < now:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"no whole request came within {limit} s")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as the rest of the hub refuses."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        if self.transport.is_closing():
            return
        REFUSED.labels(status.value).inc()
        # Nothing may be written between the pieces of another answer.
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            body = msgspec.json.encode({"error": message})
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
