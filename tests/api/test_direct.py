"""Events taken straight from their connections are answered as over ASGI, and in their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from hub.api.rest.access import Access
from hub.api.rest.lineage import Answer, DirectIntake, Headers, LineageIntake
from hub.api.rest.receiving import Receiver
from hub.app.connections import Connection
from hub.domain.entries import Appended, EntryKind, NewEntry
from hub.domain.errors import StoreUnavailable
from hub.flow.ingest import EventReader, Intake, JournalAppender, receive
from hub.settings import ApiKey
from hub.store.opening import Store
from tests.api.intake import NOW, bodies
from tests.api.test_bad_input import NO_JSON_OBJECT, nested

READER = EventReader(b"a secret of this store")
KEY = ApiKey("ci", sha256(b"s3cret").hexdigest())
EVENT = b'{"eventTime": "2026-11-23T09:00:00Z", "eventType": "START", "run": {"runId": "%d"}}'


class Counting(DirectIntake):
    """Counts the events that come to it."""

    taken = 0

    def take(self, headers: Headers, body: bytes, answer: Callable[[Answer], None]) -> None:
        self.taken += 1
        super().take(headers, body, answer)


class Served:
    """An intake on a socket, on which single events are taken directly or over ASGI."""

    def __init__(
        self, intake: Intake, address: Path, *, direct: bool, keys: Sequence[ApiKey]
    ) -> None:
        receiver = Receiver(max_body_bytes=1 << 20, max_bytes_at_once=1 << 20)
        behind = PlainTextResponse("behind the intake")
        app = LineageIntake(behind, intake=intake, receiver=receiver)
        guarded = Access(app, keys=keys)
        self.address = str(address)
        self.state = ServerState()
        self.direct = Counting(access=guarded, intake=intake)
        self._config = uvicorn.Config(guarded, lifespan="off", log_config=None)
        self._given = self.direct if direct else None
        self.changed = asyncio.Event()
        self.connections: list[Connection] = []

    def accept(self) -> Connection:
        """Make the server's end of a connection, which tells what happens to it."""
        changed = self.changed

        class Told(Connection):
            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                changed.set()

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                changed.set()

        made = Told(self._config, self.state, {}, direct=self._given)
        self.connections.append(made)
        return made

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        while not holds():
            self.changed.clear()
            await self.changed.wait()

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self.address)

    async def exchange(self, sent: bytes) -> bytes:
        """Send something, and return all that comes until the end of the connection."""
        reader, writer = await self.open()
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer


@asynccontextmanager
async def serving(
    store: Store,
    folder: Path,
    *,
    direct: bool = True,
    keys: Sequence[ApiKey] = (),
    starts: bool = True,
) -> AsyncIterator[tuple[Served, Intake]]:
    intake = Intake(
        JournalAppender(store.journal, READER), clock=lambda: NOW, max_pending_bytes=1 << 20
    )
    made = Served(intake, folder / f"socket-{direct}", direct=direct, keys=keys)
    server = await asyncio.get_running_loop().create_unix_server(made.accept, made.address)
    if starts:
        intake.start()
    try:
        yield made, intake
    finally:
        server.close()
        for each in made.connections:
            each.transport.close()
        intake.stop()
        await asyncio.sleep(0)


def post(body: bytes, *headers: str, path: str = "/api/v1/lineage") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


# A second request, which is the last: so that the first can be one that keeps its connection.
LAST = b"POST /api/v1/nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


REQUESTS = {
    **{
        f"body: {name}": post(body)
        for name, body in NO_JSON_OBJECT.items()
        if len(body) <= DirectIntake.max_body_bytes
    },
    "an event": post(EVENT % 1),
    "an event with spaces around it": post(b" \r\n" + EVENT % 1 + b"\n"),
    "too deep": post(nested(2_000)),
    "a secret": post(b'{"job": {"facets": {"x": {"password": "hunter22"}}}}'),
    "a key": post(EVENT % 1, "Authorization: Bearer s3cret"),
    "a wrong key": post(EVENT % 1, "Authorization: Bearer wrong"),
    "another origin": post(EVENT % 1, "Origin: http://evil.example"),
    "another host": post(EVENT % 1).replace(b"localhost", b"evil.example"),
}


@pytest.mark.parametrize("keys", [[], [KEY]], ids=["open", "keyed"])
@pytest.mark.parametrize("name", REQUESTS)
async def test_an_event_is_answered_and_kept_as_over_asgi(
    sqlite_store: Store, tmp_path: Path, name: str, keys: list[ApiKey]
) -> None:
    # The same twice: a repeat changes nothing, so that both find and leave the same store.
    answers = []
    for direct in (True, False):
        async with serving(sqlite_store, tmp_path, direct=direct, keys=keys) as (served, _):
            served.state.default_headers = [(b"date", b"then")]
            answers.append(await served.exchange(REQUESTS[name] + LAST))
            assert served.direct.taken == direct
    assert answers[0] == answers[1]
    assert b" 500 " not in answers[0]
    assert len(bodies(sqlite_store)) == (b" 201 " in answers[0])
    assert not any(b"hunter22" in body for body in bodies(sqlite_store))


@pytest.mark.parametrize(
    "request_",
    [
        post(EVENT % 1, "Content-Encoding: identity"),
        post(EVENT % 1, "Connection: close"),
        post(EVENT % 1, path="/api/v1/lineage/"),
        post(b'{"a": "%s"}' % (b"x" * (64 << 10))),
        post(EVENT % 1).replace(b"POST", b"PUT"),
        post(EVENT % 1).replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
async def test_whatever_asks_for_more_goes_over_asgi(
    sqlite_store: Store, tmp_path: Path, request_: bytes
) -> None:
    async with serving(sqlite_store, tmp_path) as (served, _):
        answer = await served.exchange(request_ + LAST)
        assert served.direct.taken == 0
    assert answer.startswith((b"HTTP/1.1 201 ", b"HTTP/1.1 405 "))


async def test_requests_that_come_at_once_are_answered_in_their_order(
    sqlite_store: Store, tmp_path: Path
) -> None:
    async with serving(sqlite_store, tmp_path) as (served, _):
        sent = post(EVENT % 1) + post(b"[]", path="/api/v1/lineage/batch") + post(EVENT % 2) + LAST
        answer = await served.exchange(sent)
    heads = [part.split(b"\r\n")[0] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert heads == [b"201 Created", b"200 OK", b"201 Created", b"200 OK"]
    assert len(bodies(sqlite_store)) == 2


async def test_a_body_that_comes_in_pieces_is_taken_whole(
    sqlite_store: Store, tmp_path: Path
) -> None:
    async with serving(sqlite_store, tmp_path) as (served, _):
        reader, writer = await served.open()
        for byte in post(EVENT % 1):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await reader.readuntil(b"\r\n\r\n")
        assert served.direct.taken == 1
        writer.close()
    assert bodies(sqlite_store) == [EVENT % 1]


async def test_a_client_that_goes_before_its_answer_leaves_its_event(
    sqlite_store: Store, tmp_path: Path
) -> None:
    async with serving(sqlite_store, tmp_path, starts=False) as (served, intake):
        _, writer = await served.open()
        writer.write(post(EVENT % 1))
        await served.until(lambda: served.direct.taken)
        writer.close()
        await served.until(lambda: not served.state.connections)
        intake.start()
    assert bodies(sqlite_store) == [EVENT % 1]


async def test_a_hub_that_stops_answers_what_it_took_and_closes(
    sqlite_store: Store, tmp_path: Path
) -> None:
    async with serving(sqlite_store, tmp_path, starts=False) as (served, intake):
        answering = asyncio.ensure_future(served.exchange(post(EVENT % 1)))
        await served.until(lambda: served.direct.taken)
        [connection] = served.connections
        connection.shutdown()
        intake.start()
        answer = await answering
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"connection: close\r\n" in answer


class Failing:
    """Appends nothing."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def append(self, arrivals: object, *, recorded_at: int) -> list[Appended]:
        del arrivals, recorded_at
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreUnavailable("no disk", fix="buy one"), b" 503 "), (RuntimeError("a defect"), b" 500 ")],
)
async def test_what_could_not_be_kept_is_not_acknowledged(
    tmp_path: Path, error: Exception, status: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.api.rest.lineage._log", _Quiet())
    intake = Intake(Failing(error), clock=lambda: NOW, max_pending_bytes=1 << 20)
    served = Served(intake, tmp_path / "socket", direct=True, keys=[])
    server = await asyncio.get_running_loop().create_unix_server(served.accept, served.address)
    intake.start()
    answer = await served.exchange(post(EVENT % 1) + LAST)
    assert status in answer.partition(b"\r\n")[0] + b" "
    assert served.direct.taken == 1
    server.close()
    intake.stop()


class _Quiet:
    def error(self, *_args: object, **_fields: object) -> None:
        """Say nothing."""


def test_what_the_hub_appends_itself_may_come_with_what_it_received(sqlite_store: Store) -> None:
    received = receive(EVENT % 1)
    own = NewEntry(EntryKind.COMMAND, b"{}")
    appended = JournalAppender(sqlite_store.journal, READER).append([received, own], recorded_at=1)
    assert [each.position for each in appended] == [1, 2]
