"""Who may talk to the hub: decided once, in front of every endpoint, for HTTP and WebSocket alike.

With keys configured every request needs one; without, the hub listens on the loopback interface
only, and a request must be meant for it: a page in somebody's browser can send requests to the
loopback interface too, under a host name of its own (DNS rebinding) or with its own origin.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.rest.statuses import error_response
from hub.domain.errors import CallerError, NotAuthorised, Refused
from hub.settings import ApiKey

OPEN_PATHS: Final = frozenset({"/livez", "/readyz"})
# Their key is their signature, which their endpoint looks at.
_SIGNED: Final = re.compile(r"/act/[^/]+/[a-z]+")
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Access:
    """An ASGI application that lets through only what may pass; deny is the default.

    ``scope["state"]["holder"]`` becomes the name of the key's holder (``local`` without keys).
    """

    def __init__(
        self, app: ASGIApp, *, keys: Iterable[ApiKey], allowed_hosts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._keys = [(key.name, key.sha256.encode()) for key in keys]
        self._hosts = LOOPBACK_HOSTS | set(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        if scope["type"] != "lifespan" and not _is_open(scope["path"]):
            try:
                holder = self.holder(scope["headers"])
            except CallerError as error:
                await _refuse(error, scope, receive, send)
                return
            scope.setdefault("state", {})["holder"] = holder
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is there to be answered

    def holder(self, given: Iterable[tuple[bytes, bytes]]) -> str:
        """Return whose request it is that has these headers.

        Raises:
            CallerError: it may not pass.

        """
        headers = dict(given)
        if not self._keys:
            return self._local(headers)
        scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
        digest = sha256(secret.strip()).hexdigest().encode()
        # All keys are compared, so that the time taken does not tell which one came near.
        matches = [name for name, expected in self._keys if compare_digest(digest, expected)]
        if scheme.lower() != b"bearer" or not matches:
            raise NotAuthorised("a valid API key is needed: Authorization: Bearer KEY")
        return matches[0]

    def _local(self, headers: dict[bytes, bytes]) -> str:
        host = _host_of(b"//" + headers.get(b"host", b"localhost"))
        if host not in self._hosts:
            raise Refused(
                f"this hub has no API keys and does not answer for the host {host!r}",
                fix="name it in serve.allowed_hosts, or configure API keys",
            )
        origin = headers.get(b"origin")
        if origin is not None and _host_of(origin) not in self._hosts:
            raise Refused(
                "this hub has no API keys and takes no requests from other origins",
                fix="name their host in serve.allowed_hosts, or configure API keys",
            )
        return "local"


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or _SIGNED.fullmatch(path) is not None


@lru_cache(maxsize=64)
def _host_of(url: bytes) -> str:
    try:
        return urlsplit(url.decode("latin-1")).hostname or ""
    except ValueError:
        return ""


async def _refuse(error: CallerError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # What opens a WebSocket is a request as well: it gets the answer that any other would.
        await receive()
    await error_response(error)(scope, receive, send)
