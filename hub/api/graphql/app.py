"""GraphQL over HTTP and WebSocket.

POST with a JSON body, or the ``graphql-transport-ws`` protocol; nothing else. Who may ask has
been decided in front, for both alike.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from hub.api.after_position import HEADER, read_header, wait_until_passed
from hub.api.graphql.changes import Changes
from hub.api.graphql.failing import graphql_error
from hub.api.graphql.limits import MAX_TOKENS
from hub.api.graphql.query import FINDERS
from hub.api.graphql.reads import Sources
from hub.api.graphql.schema import HubSchema, build_schema
from hub.api.graphql.sessions import Session
from hub.domain.errors import HubError
from hub.queries.positions import Positions, positions

_MAX_BODY_BYTES = 1 << 20
_MAX_SUBSCRIPTIONS = 50
_INIT_TIMEOUT = timedelta(seconds=10)

# What evaluate and route decide after the event that it is about has been projected.
_DECIDED = frozenset({"Incident", "Notification", "Signal", "Slo"})


class GraphQLApp(GraphQL[Session, None]):
    """An ASGI application for one path."""

    schema: HubSchema

    def __init__(self, sources: Sources) -> None:
        super().__init__(
            schema=build_schema(),
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_INIT_TIMEOUT,
            max_subscriptions_per_connection=_MAX_SUBSCRIPTIONS,
        )
        self._sources = sources
        self._changes = Changes(lambda: self._positions().projected)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or talk over a WebSocket."""
        bounded = receive if scope["type"] == "websocket" else _bounded(receive)
        await super().__call__(scope, bounded, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Session:
        """Return a session for whoever the access check has let in."""
        del response
        actor = request.scope.get("state", {}).get("holder", "local")
        return Session(self._sources, FINDERS, self._changes, actor)

    async def execute_operation(  # type: ignore[override]  # batches and streams are switched off
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData,
        context: Session,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult:
        """Execute one operation, after the position that the request names."""
        try:
            position = read_header(request.headers.get(HEADER))
            if position is not None:
                self._sources.hurry()
                is_decided = _reads_decisions(self.schema.graphql_core, request_data.query)
                await wait_until_passed(position, self._positions, decided=is_decided)
        except HubError as error:
            return ExecutionResult(data=None, errors=[graphql_error(error)])
        return await self.execute_single(
            request=request,
            request_adapter=request_adapter,
            request_data=request_data,
            context=context,
            root_value=root_value,
            sub_response=sub_response,
        )

    def parse_json(self, data: str | bytes) -> Any:  # noqa: ANN401 - the base class' signature
        """Return the JSON object of a request."""
        try:
            value = self.decode_json(data)
        except json.JSONDecodeError as error:
            raise HTTPException(400, "the body is no JSON") from error
        if not isinstance(value, dict):
            raise HTTPException(400, "the body is no JSON object: write {query, variables}")
        if not isinstance(value.get("operationName"), str | None):
            raise HTTPException(400, "operationName is neither a string nor null")
        return value

    def decode_json(self, data: str | bytes) -> object:
        """Decode a request or a message; what is no JSON raises as the standard library does."""
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error

    def encode_json(self, data: object) -> str:
        """Encode an answer; as text, because the protocol has text messages."""
        return msgspec.json.encode(data).decode()

    def _positions(self) -> Positions:
        with self._sources.database.read() as connection:
            return positions(connection, self._sources.journal)


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > _MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is longer than {_MAX_BODY_BYTES} bytes")
        return message

    return receive_bounded


def _reads_decisions(schema: GraphQLSchema, query: str | None) -> bool:
    """Whether an operation reads what evaluate and route decide; not if it is no operation."""
    try:
        document = parse(query or "", max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError):
        return False
    info = TypeInfo(schema)
    finder = _DecisionFinder(info)
    visit(document, TypeInfoVisitor(info, finder))
    return finder.has_found


class _DecisionFinder(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.has_found = False

    def enter_field(self, _node: FieldNode, *_: object) -> None:
        for kind in (self._info.get_type(), self._info.get_parent_type()):
            name = get_named_type(kind).name if kind else ""
            if name.removesuffix("Connection") in _DECIDED:
                self.has_found = True
