"""A GraphQL application in process, over a store that counts its statements."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from hub.api.graphql.app import GraphQLApp
from hub.api.graphql.reads import Sources
from hub.domain.catalog import Catalog
from hub.domain.commands import Answer, Command
from hub.graph.index import LineageIndex
from hub.queries.expected import Expected
from hub.store.opening import Store, open_store
from tests.estates import catalog, fill

NOW = 1_800_000_000_000_000


class Client:
    """Asks a GraphQL application in this process."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store = store
        self.submitted: list[Command] = []
        self.answer = Answer("OK", 1)
        self.explained: list[tuple[Sequence[bytes], int]] = []
        self.sources = Sources(
            database=store.database,
            journal=store.journal,
            lineage=LineageIndex(lambda: catalog),
            catalog=lambda: catalog,
            clock=lambda: NOW,
            submit=self._submit,
            explain=self._explain,
        )
        self.app = GraphQLApp(self.sources)
        transport = httpx.ASGITransport(self.app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://hub")

    async def ask(
        self, query: str, *, headers: Mapping[str, str] = {}, **variables: object
    ) -> dict[str, Any]:
        """Return the whole answer to an operation."""
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body, headers=headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def errors(self, query: str, **variables: object) -> list[dict[str, Any]]:
        """Return the errors of an operation that must fail."""
        answer = await self.ask(query, headers={}, **variables)
        assert "errors" in answer, answer
        found: list[dict[str, Any]] = answer["errors"]
        return found

    async def read(self, query: str, **variables: object) -> dict[str, Any]:
        """Return the data of an operation that must succeed."""
        answer = await self.ask(query, headers={}, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collect the statements that are executed inside the block."""
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("BEGIN"):
                statements.append(statement)

        event.listen(self.store.database.engine, "before_cursor_execute", note)
        yield statements
        event.remove(self.store.database.engine, "before_cursor_execute", note)

    def _explain(self, events: Sequence[bytes], *, now: int) -> Sequence[Expected]:
        self.explained.append((events, now))
        return []

    def _submit(self, command: Command) -> Answer:
        self.submitted.append(command)
        return self.answer


@pytest.fixture
def filled(tmp_path: Path, _sqlite_template: Path) -> Iterator[Callable[[int], Client]]:
    """Open a store of a size, and ask it."""
    opened: list[Store] = []

    def open_filled(size: int) -> Client:
        path = tmp_path / f"{size}.db"
        shutil.copyfile(_sqlite_template, path)
        store = open_store(f"sqlite:///{path}")
        opened.append(store)
        fill(store, size)
        return Client(store, catalog(size))

    yield open_filled
    for store in opened:
        store.close()


@pytest.fixture
def client(filled: Callable[[int], Client]) -> Client:
    """A store with three of everything."""
    return filled(3)
