"""HTTP connections that cannot be held for nothing, and on which single events come in cheaply.

Heads are small, and requests come soon. What posts one event is taken straight from its connection
(ADR 19); everything else is an ASGI request.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hub.api.rest.lineage import Answer, DirectIntake
from hub.api.rest.statuses import REFUSED

MAX_HEAD_BYTES: Final = 64 << 10
# From a request's first byte, or from the connection's beginning: time for its head, and for all
# of it. The largest body comes within that over two megabits a second.
HEAD_SECONDS: Final = 30
REQUEST_SECONDS: Final = 180
_ASKING_MORE: Final = frozenset({b"content-encoding", b"transfer-encoding", b"upgrade"})


class _Unheard:
    """What the base class tells of a request's progress, where nobody waits for it."""

    def set(self) -> None:
        """Do nothing."""


class _Direct:
    """A request that is taken directly; the base class meets it where it has its own cycles."""

    message_event: Final = _Unheard()

    def __init__(self) -> None:
        self.body = b""
        self.more_body = True
        self.keep_alive = True
        self.disconnected = self.response_started = self.response_complete = False


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP connection, closed where a request outgrows its limits or is never finished.

    What has been received whole has as much time as it takes. ``direct`` takes the requests that
    need no ASGI, where there is one.
    """

    def __init__(self, *args: Any, direct: DirectIntake | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - the base class' own
        super().__init__(*args, **kwargs)
        self._taker = direct
        # The request that is being received, where it is a direct one.
        self._direct: _Direct | None = None
        # Since when the connection has idled after a request. One look at all of them now and then
        # costs less than the base class' timer for each.
        self._idle_since: float | None = None
        # None while nothing of a request is awaited.
        self._begun_at: float | None = None
        self._is_in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._begun_at = self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._idle_since = None
        self._begun_at = self.loop.time()
        self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._taker is not None and self._is_direct(self._taker):
            self._direct = _Direct()
            self.cycle = self._direct  # type: ignore[assignment]  # it stands in for one
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._begun_at = None
        super().on_message_complete()
        if self._taker is not None and self._direct is not None:
            request, self._direct = self._direct, None
            self._taker.take(self.headers, request.body, partial(self._answer, request))

    def on_response_complete(self) -> None:
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            self._idle_since = self.loop.time()

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
        if self._idle_since is not None and self._idle_since + self.timeout_keep_alive < now:
            self.transport.close()
        elif self._begun_at is not None and self._begun_at + limit < now:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"no whole request came within {limit} s")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as the rest of the hub refuses."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _is_direct(self, taker: DirectIntake) -> bool:
        """Whether a request's head asks for nothing but to take a small body now."""
        if self.url != taker.path or self.parser.get_method() != b"POST":
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        if (
            self.expect_100_continue
            or self.flow.write_paused
            or not self.parser.should_keep_alive()
        ):
            return False
        length = b""
        for name, value in self.headers:
            if name == b"content-length":
                length = value
            elif name in _ASKING_MORE:
                return False
        return length.isdigit() and int(length) <= taker.max_body_bytes

    def _answer(self, request: _Direct, answer: Answer) -> None:
        request.response_started = request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        headers = [*self.server_state.default_headers, *answer.headers]
        if not request.keep_alive:
            headers.append((b"connection", b"close"))
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[answer.status], lines, answer.body))
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

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
