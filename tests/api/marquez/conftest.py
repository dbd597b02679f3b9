"""The surface over a real store, in process: what is sent is projected before it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.api.rest.lineage import LineageIntake
from hub.api.rest.marquez.app import MarquezRoute
from hub.api.rest.marquez.asking import MarquezSources
from hub.api.rest.receiving import Receiver
from hub.flow.consumer import Stage, run_until_idle
from hub.flow.ingest import EventReader, Intake, JournalAppender
from hub.flow.project import Project
from hub.graph.index import LineageIndex
from hub.store.opening import Store
from tests.api.marquez import bakery
from tests.stores import no_inference

# A Wednesday noon, when the bakery has been open for two days.
NOON = bakery.MONDAY + 2 * bakery.DAY + 8 * 60 * bakery.MINUTE
_MAX_BODY = 1 << 20


class Surface:
    """Asks an application in this process."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._stages: list[Stage] = [Project(store), no_inference(store)]
        ticks = count(NOON, 1_000_000)
        reader = EventReader(b"a secret of this store")
        receiver = Receiver(max_body_bytes=_MAX_BODY, max_bytes_at_once=4 * _MAX_BODY)
        self.intake = Intake(
            JournalAppender(store.journal, reader),
            clock=lambda: next(ticks),
            max_pending_bytes=4 * _MAX_BODY,
            on_commit=self.settle,
        )
        self.index = LineageIndex()
        sources = MarquezSources(
            database=store.database,
            journal=store.journal,
            lineage=self.index,
            intake=self.intake,
            receiver=receiver,
            clock=lambda: next(ticks),
        )
        self.app = LineageIntake(
            Starlette(routes=[MarquezRoute(sources)]),
            intake=self.intake,
            receiver=receiver,
        )
        # A defect must fail the test, not become an answer.
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1")

    async def send(self, *events: bytes) -> None:
        """Send events, and wait until they are projected."""
        answer = await self.http.post("/lineage/batch", content=b"[%s]" % b",".join(events))
        assert answer.json()["summary"]["successful"] == len(events), answer.text
        self.settle()

    def settle(self) -> None:
        """Wait until everything that has been sent is projected."""
        run_until_idle(self._stages)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        **request: Any,  # noqa: ANN401 - as httpx takes it
    ) -> Any:  # noqa: ANN401 - JSON
        """Return the body of an answer that must have a status."""
        answer = await self.http.request(method, path, **request)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json()

    async def get(self, path: str, *, status: int = 200, **params: object) -> Any:  # noqa: ANN401 - JSON
        """Read something."""
        return await self.ask("GET", path, status=status, params=params or None)


@pytest.fixture
async def surface(store: Store) -> AsyncIterator[Surface]:
    """An empty hub's surface; the test runs once per kind of database."""
    opened = Surface(store)
    opened.intake.start()
    yield opened
    await opened.http.aclose()
    opened.intake.stop()


@pytest.fixture
async def bakery_surface(surface: Surface) -> Surface:
    """The surface of a hub that knows the bakery."""
    await surface.send(*bakery.events())
    return surface
