"""Connections on which a request is never finished, with the clock moved instead of waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from hub.app.connections import HEAD_SECONDS, REQUEST_SECONDS, Connection

KEEP_ALIVE_SECONDS = 10 * REQUEST_SECONDS
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body; or, asked for /early, before it is all here."""
    if scope["path"] == "/early":
        await StreamingResponse(aiter_once(b"early"))(scope, receive, send)
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def aiter_once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


class Listening:
    """Connections of ours on a socket, whose time can be moved."""

    def __init__(self, address: Path) -> None:
        self.address = str(address)
        self.opened = self.accepted = self.sent = self.received = 0
        self.changed = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        self.state = ServerState()
        self.config = uvicorn.Config(
            echo,
            http=Connection,
            lifespan="off",
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )

    def accept(self) -> Connection:
        """Make the server's end of a connection, which tells what arrives."""
        listening = self

        class Told(Connection):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
                super().connection_made(transport)
                listening.accepted += 1
                listening.changed.set()

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                listening.received += len(data)
                listening.changed.set()

        return Told(self.config, self.state, {})

    async def connect(self, sent: bytes) -> Pair:
        """Open a connection, and send something on it."""
        self.opened += 1
        reader, writer = await asyncio.open_unix_connection(self.address)
        self.writers.append(writer)
        self.send(writer, sent)
        return reader, writer

    def send(self, writer: asyncio.StreamWriter, sent: bytes) -> None:
        """Send something more."""
        writer.write(sent)
        self.sent += len(sent)

    async def later(self, seconds: float) -> None:
        """Have all connections looked at as if so much time had passed since what was sent."""
        while self.accepted < self.opened or self.received < self.sent:
            self.changed.clear()
            await self.changed.wait()
        for each in list(self.state.connections):
            assert isinstance(each, Connection)
            each.close_if_overdue(asyncio.get_running_loop().time() + seconds)


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncIterator[Listening]:
    made = Listening(tmp_path / "socket")
    server = await asyncio.get_running_loop().create_unix_server(made.accept, made.address)
    yield made
    server.close()
    for writer in made.writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_head_that_does_not_come_is_not_waited_for(listening: Listening) -> None:
    for sent in (b"", b"GET / HT"):
        reader, _ = await listening.connect(sent)
        await listening.later(HEAD_SECONDS - 1)
        await listening.later(HEAD_SECONDS + 1)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_does_not_come_is_not_waited_for(listening: Listening) -> None:
    reader, _ = await listening.connect(POST + b"1")
    await listening.later(REQUEST_SECONDS + 1)
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_has_longer_than_a_head(listening: Listening) -> None:
    reader, writer = await listening.connect(POST + b"1")
    await listening.later(HEAD_SECONDS + 1)
    listening.send(writer, b"2345")
    assert (await reader.readuntil(b"12345")).startswith(b"HTTP/1.1 200 ")


async def test_a_connection_may_rest_between_requests_for_a_while(
    listening: Listening,
) -> None:
    reader, writer = await listening.connect(b"")
    for _ in range(2):
        listening.send(writer, POST + b"12345")
        await reader.readuntil(b"12345")
        await listening.later(KEEP_ALIVE_SECONDS - 1)
    await listening.later(KEEP_ALIVE_SECONDS + 1)
    assert await reader.read() == b""


async def test_an_answer_that_has_begun_is_not_followed_by_another(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    reader, _ = await listening.connect(POST.replace(b"/ ", b"/early ", 1) + b"1")
    await reader.readuntil(b"early")
    await listening.later(REQUEST_SECONDS + 1)
    assert b"408" not in await reader.read()
