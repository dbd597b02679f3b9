"""The hub's REST API as bridges see it: over HTTP, or in this process on a store of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
from starlette.types import ASGIApp

from hub import telemetry
from hub.app.hub import Hub
from hub.app.serving import endpoints
from hub.domain.errors import NotAuthorised, Unreachable
from hub.settings import Loaded
from hub.spi.bridge import Reply

_ATTEMPTS: Final = 10
_LONGEST_WAIT_SECONDS: Final = 30.0
_TIMEOUT_SECONDS: Final = 120.0


class RestHub:
    """See ``hub.spi.bridge.HubApi``."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Content-Type": "application/json"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self._url = url
        self._sleep = sleep
        self._client = httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, transport=transport
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, after: int | None = None
    ) -> Reply:
        """Return the answer to a request."""
        headers = {} if after is None else {"Hub-After-Position": str(after)}
        wait = 1.0
        for _attempt in range(_ATTEMPTS):
            try:
                answer = self._client.request(method, path, content=body, headers=headers)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                message = f"the hub at {self._url} cannot be reached: {error}"
                raise Unreachable(message, fix="check that it runs, and --url") from error
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise NotAuthorised("the hub wants another API key", fix="set HUB_API_KEY")
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                position = answer.headers.get("Hub-Position", "")
                at = int(position) if position.isdigit() else None
                return Reply(answer.status_code, answer.content, at, answer.headers.get("Location"))
            said = answer.headers.get("Retry-After", "")
            self._sleep(min(float(said) if said.isdigit() else wait, _LONGEST_WAIT_SECONDS))
            wait *= 2
        message = f"the hub at {self._url} still answers 503 after {_ATTEMPTS} attempts"
        raise Unreachable(message, fix="see its /readyz, and go on later")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class InProcess(httpx.BaseTransport):
    """Hands requests to an application in this process, one at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app)
        self._runner = asyncio.Runner()
        # An interrupt closes from one thread while a bridge asks from another.
        self._turn = threading.Lock()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Run the application until it has answered."""
        with self._turn:
            if self._is_closed:
                raise httpx.ConnectError("the hub has been closed")
            return self._runner.run(self._answer(request))

    def close(self) -> None:
        """End the loop, once the last request is answered."""
        with self._turn:
            self._is_closed = True
            self._runner.close()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@contextmanager
def local_hub(loaded: Loaded) -> Iterator[RestHub]:
    """Yield the API of a hub on the store, for a hub that does not run. It sends no pages."""
    telemetry.configure_logging()
    hub = Hub(loaded)
    try:
        hub.start(intake=True, stages=True, delivers=False)
        api = RestHub("http://localhost", transport=InProcess(endpoints(hub)))
        try:
            yield api
        finally:
            api.close()
    finally:
        hub.stop()
