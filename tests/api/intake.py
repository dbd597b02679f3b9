"""The intake over a real store, called in process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from hub.api.rest.lineage import LineageIntake
from hub.api.rest.receiving import Receiver
from hub.flow.ingest import EventReader, Intake, JournalAppender, Lag
from hub.store.opening import Store

MAX_BODY = 32 << 20
NOW = 1_700_000_000_000_000


@asynccontextmanager
async def serving(
    store: Store,
    *,
    max_body_bytes: int = MAX_BODY,
    max_pending_bytes: int = 4 * MAX_BODY,
    on_commit: Callable[[], None] = lambda: None,
    lag: Lag | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an intake that writes to ``store``."""
    intake = Intake(
        JournalAppender(store.journal, EventReader(b"a secret of this store")),
        clock=lambda: NOW,
        max_pending_bytes=max_pending_bytes,
        on_commit=on_commit,
        lag=lag,
    )
    app = LineageIntake(
        PlainTextResponse("behind the intake"),
        intake=intake,
        receiver=Receiver(max_body_bytes=max_body_bytes, max_bytes_at_once=max_pending_bytes),
    )
    intake.start()
    try:
        async with client_of(app) as client:
            yield client
    finally:
        intake.stop()


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    """A client that calls the application without a socket."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def bodies(store: Store) -> list[bytes]:
    """Everything in the journal."""
    with store.database.read() as connection:
        return [entry.body for entry in store.journal.read(connection, after=0, limit=10_000)]
