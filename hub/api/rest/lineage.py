"""The OpenLineage intake: bare ASGI, in front of the router, because it is the hub's busiest path.

Source: OpenLineage's API, ``POST /lineage`` and ``POST /lineage/batch``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.rest.receiving import Receiver
from hub.api.rest.statuses import error_response
from hub.domain.entries import Appended, NewEntry
from hub.domain.errors import HubError, InvalidInput
from hub.flow.ingest import EventReader, Intake, split_batch

# A body over this size is read beside the event loop, so that other requests get their turn.
_LARGE: Final = 1 << 20
_T = TypeVar("_T")

# The same path is read by others: it is Marquez's, where ``GET /lineage`` is a graph.
_READING: Final = frozenset({"GET", "HEAD"})
_METHOD_NOT_ALLOWED: Final = Response(status_code=405, headers={"Allow": "POST"})


class LineageIntake:
    """Answers the intake's two paths, with or without a slash at the end, and passes on the rest.

    A 2xx is sent only once the events are durable. Any JSON object is accepted: what cannot be
    used as it is becomes a dead letter, visible and repairable, instead of a 4xx that makes its
    producer drop it.
    """

    def __init__(
        self, app: ASGIApp, *, intake: Intake, reader: EventReader, receiver: Receiver
    ) -> None:
        self._app = app
        self._intake = intake
        self._reader = reader
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
        entry = await self._off_loop_if_large(self._reader.read, body)
        [appended] = await self._intake.accept([entry])
        return _Created(appended.position)

    async def _take_batch(self, body: bytes) -> Response:
        batch = await self._off_loop_if_large(self._read_batch, body)
        appended = await self._intake.accept(batch.entries) if batch.entries else []
        headers = {"Hub-Position": str(appended[-1].position)} if appended else {}
        content = msgspec.json.encode(batch.summary(appended))
        return Response(content, headers=headers, media_type="application/json")

    async def _off_loop_if_large(self, read: Callable[[bytes], _T], body: bytes) -> _T:
        if len(body) <= _LARGE:
            return read(body)
        return await asyncio.get_running_loop().run_in_executor(self._large_bodies, read, body)

    def _read_batch(self, body: bytes) -> _Batch:
        batch = _Batch()
        for index, element in enumerate(split_batch(body)):
            try:
                batch.entries.append(self._reader.read(element))
                batch.indexes.append(index)
            except InvalidInput as error:
                batch.failed.append(_FailedEvent(index, error.message, retriable=False))
        return batch


class _Created(Struct, frozen=True):
    """The answer to an event: nothing but its position. A Response would cost three times this."""

    position: int

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"hub-position", b"%d" % self.position), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body"})


class _FailedEvent(Struct, frozen=True):
    index: int
    reason: str
    retriable: bool


class _Batch:
    """A batch on its way: what goes to the journal, and what can be no event at all."""

    def __init__(self) -> None:
        self.entries: list[NewEntry] = []
        self.indexes: list[int] = []
        self.failed: list[_FailedEvent] = []

    def summary(self, appended: list[Appended]) -> dict[str, Any]:
        """Return OpenLineage's summary, and added to it which events are repeats."""
        repeats = [i for i, each in zip(self.indexes, appended, strict=True) if each.is_repeat]
        return {
            "status": "partial_success" if self.failed else "success",
            "summary": {
                "received": len(self.entries) + len(self.failed),
                "successful": len(self.entries),
                "failed": len(self.failed),
                "retriable": 0,
                "non_retriable": len(self.failed),
                "duplicates": len(repeats),
            },
            "failed_events": self.failed,
            "duplicate_events": repeats,
        }
