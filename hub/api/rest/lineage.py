"""The OpenLineage intake: bare ASGI, in front of the router, because it is the hub's busiest path.

Source: OpenLineage's API, ``POST /lineage`` and ``POST /lineage/batch``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec
import structlog
from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.rest.access import Access
from hub.api.rest.receiving import Receiver
from hub.api.rest.statuses import error_response
from hub.domain.entries import Appended
from hub.domain.errors import HubError, InvalidInput
from hub.flow.ingest import Intake, Outcome, Received, receive, split_batch

# A body over this size is read beside the event loop, so that other requests get their turn.
_LARGE: Final = 1 << 20
_T = TypeVar("_T")

# The same path is read by others: it is Marquez's, where ``GET /lineage`` is a graph.
_READING: Final = frozenset({"GET", "HEAD"})
_METHOD_NOT_ALLOWED: Final = Response(status_code=405, headers={"Allow": "POST"})

_log = structlog.get_logger(__name__)

Headers: TypeAlias = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """A whole HTTP response."""

    status: int
    headers: Headers
    body: bytes = b""


class LineageIntake:
    """Answers the intake's two paths, with or without a slash at the end, and passes on the rest.

    A 2xx is sent only once the events are durable. Any JSON object is accepted: what cannot be
    used as it is becomes a dead letter, visible and repairable, instead of a 4xx that makes its
    producer drop it.
    """

    def __init__(self, app: ASGIApp, *, intake: Intake, receiver: Receiver) -> None:
        self._app = app
        self._intake = intake
        self._receiver = receiver
        # One thread: more of them would only compete for the interpreter.
        self._large_bodies = ThreadPoolExecutor(1, "large-bodies")
        self._handlers: dict[str, Callable[[bytes], Awaitable[ASGIApp]]] = {
            "/api/v1/lineage": self._take_event,
            "/api/v1/lineage/": self._take_event,
            "/api/v1/lineage/batch": self._take_batch,
            "/api/v1/lineage/batch/": self._take_batch,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the intake, or hand it to the application behind."""
        handle = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if handle is None or (scope["method"] in _READING and handle == self._take_event):
            await self._app(scope, receive, send)
            return
        response: ASGIApp = _METHOD_NOT_ALLOWED
        try:
            if scope["method"] == "POST":
                response = await handle(await self._receiver.body(scope, receive))
        except HubError as error:
            response = error_response(error)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _take_event(self, body: bytes) -> ASGIApp:
        event = await self._off_loop_if_large(receive, body)
        [appended] = await self._intake.accept([event])
        return _Created(appended.position)

    async def _take_batch(self, body: bytes) -> Response:
        batch = await self._off_loop_if_large(_read_batch, body)
        appended = await self._intake.accept(batch.events) if batch.events else []
        headers = {"Hub-Position": str(appended[-1].position)} if appended else {}
        content = msgspec.json.encode(batch.summary(appended))
        return Response(content, headers=headers, media_type="application/json")

    async def _off_loop_if_large(self, read: Callable[[bytes], _T], body: bytes) -> _T:
        if len(body) <= _LARGE:
            return read(body)
        return await asyncio.get_running_loop().run_in_executor(self._large_bodies, read, body)


def _read_batch(body: bytes) -> _Batch:
    batch = _Batch()
    for index, element in enumerate(split_batch(body)):
        try:
            batch.events.append(receive(element))
            batch.indexes.append(index)
        except InvalidInput as error:
            batch.failed.append(_FailedEvent(index, error.message, retriable=False))
    return batch


class _Created(Struct, frozen=True):
    """The answer to an event: nothing but its position. A Response would cost three times this."""

    position: int

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = _created(self.position)
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body"})


class DirectIntake:
    """Takes single events from connections themselves: ASGI would cost more than all the rest.

    Its answers are those that :class:`LineageIntake` gives.
    """

    path: Final = b"/api/v1/lineage"
    max_body_bytes: Final = 64 << 10

    def __init__(self, *, access: Access, intake: Intake) -> None:
        self._access = access
        self._intake = intake

    def take(self, headers: Headers, body: bytes, answer: Callable[[Answer], None]) -> None:
        """Take an event; ``answer`` is called once, now or later, on the loop."""

        def appended(outcome: Outcome) -> None:
            if isinstance(outcome, list):
                answer(Answer(201, _created(outcome[0].position)))
            elif isinstance(outcome, HubError):
                answer(_refusal(outcome))
            else:
                answer(_broken(outcome))

        try:
            self._access.holder(headers)
            self._intake.submit([receive(body)], appended)
        except HubError as error:
            answer(_refusal(error))
        except Exception as error:  # noqa: BLE001 - answered as ASGI would answer it
            answer(_broken(error))


def _created(position: int) -> Headers:
    return [(b"hub-position", b"%d" % position), (b"content-length", b"0")]


def _refusal(error: HubError) -> Answer:
    response = error_response(error)
    return Answer(response.status_code, response.raw_headers, bytes(response.body))


def _broken(error: Exception) -> Answer:
    _log.error("request_failed", path=DirectIntake.path.decode(), exc_info=error)
    return Answer(500, [(b"content-length", b"0")])


class _FailedEvent(Struct, frozen=True):
    index: int
    reason: str
    retriable: bool


class _Batch:
    """A batch on its way: what goes to the journal, and what can be no event at all."""

    def __init__(self) -> None:
        self.events: list[Received] = []
        self.indexes: list[int] = []
        self.failed: list[_FailedEvent] = []

    def summary(self, appended: list[Appended]) -> dict[str, Any]:
        """Return OpenLineage's summary, and added to it which events are repeats."""
        repeats = [i for i, each in zip(self.indexes, appended, strict=True) if each.is_repeat]
        return {
            "status": "partial_success" if self.failed else "success",
            "summary": {
                "received": len(self.events) + len(self.failed),
                "successful": len(self.events),
                "failed": len(self.failed),
                "retriable": 0,
                "non_retriable": len(self.failed),
                "duplicates": len(repeats),
            },
            "failed_events": self.failed,
            "duplicate_events": repeats,
        }
