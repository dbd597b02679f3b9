"""Answers that come before the request is all here: the rest of it is still read.

Where a server closes a connection with bytes unread, its system resets it, and a client that was
still sending sees that instead of the answer.
"""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A smaller body is here, or on its way, by the time that it can be refused.
_SMALL: Final = 64 << 10
# Beyond this a client has to live with the reset.
_MOST_BYTES: Final = 64 << 20


class Lingering:
    """An ASGI application that keeps a connection open until its client has said all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] == "http" and _is_long(scope):
            exchange = _Exchange(receive, send)
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """A request and its answer, ended only once both are complete."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_received = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_received = True
        return message

    async def send(self, message: Message) -> None:
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not is_last or self._is_received:
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        left = _MOST_BYTES
        while not self._is_received and left > 0:
            left -= len((await self.receive()).get("body", b""))
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_long(scope: Scope) -> bool:
    """Whether a body may still be coming when it is refused; not if its client asked first."""
    length = 0
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"transfer-encoding":
            length = _SMALL
        elif name == b"expect":
            return False
    return length >= _SMALL
