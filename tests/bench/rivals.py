"""Plain JSON and stock Strawberry over a hub's store, for ``tests.bench.graphql`` to compare with.

``python -m tests.bench.rivals DATABASE QUESTION`` prints the port that it listens on.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig

from hub.api.graphql.query import FINDERS, Query
from hub.api.graphql.reads import Reads, Sources
from hub.api.graphql.scalars import SCALARS
from hub.domain.catalog import Catalog
from hub.graph.index import LineageIndex
from hub.store.opening import open_store


class _Closing(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield
        self.execution_context.context.close()


class _Stock(GraphQL[Reads, None]):
    def __init__(self, sources: Sources, *extensions: type[SchemaExtension]) -> None:
        config = StrawberryConfig(scalar_map=SCALARS)
        super().__init__(
            strawberry.Schema(query=Query, config=config, extensions=[_Closing, *extensions])
        )
        self._sources = sources

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Reads:
        del request, response
        return Reads(self._sources, FINDERS, "local")


def main(arguments: Iterable[str]) -> None:
    """Serve until somebody ends the process."""
    database, question = arguments
    store = open_store(database)
    sources = Sources(
        database=store.database,
        journal=store.journal,
        lineage=LineageIndex(),
        catalog=Catalog,
        clock=lambda: 0,
        submit=lambda command: (_ for _ in ()).throw(AssertionError(command)),
    )
    stock = _Stock(sources)
    data = {"data": _answer(stock.schema, sources, json.loads(Path(question).read_text("utf-8")))}

    async def plain(_request: Request) -> Response:
        return JSONResponse(data)

    app = Starlette(
        routes=[
            Route("/plain", plain, methods=["POST"]),
            Route("/stock", stock),
            Route("/cached", _Stock(sources, ParserCache, ValidationCache)),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_config=None)
    uvicorn.Server(config).run(sockets=[listener])


def _answer(schema: Any, sources: Sources, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - Strawberry's
    with closing(Reads(sources, FINDERS, "local")) as reads:
        result = schema.execute_sync(
            asked["query"], variable_values=asked["variables"], context_value=reads
        )
    found: dict[str, Any] = result.data
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
