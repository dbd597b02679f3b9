"""GraphQL over HTTP and WebSocket.

POST with a JSON body, or the ``graphql-transport-ws`` protocol; nothing else. Who may ask has
been decided in front, for both alike.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from hub.api.after_position import HEADER, read_header, wait_until_passed
from hub.api.graphql.changes import Changes
from hub.api.graphql.compiled.asked import Unanswered
from hub.api.graphql.documents import Document
from hub.api.graphql.execution import on_snapshot
from hub.api.graphql.failing import graphql_error
from hub.api.graphql.messages import read_message
from hub.api.graphql.posts import MAX_BODY_BYTES, Post, read_post
from hub.api.graphql.query import FINDERS
from hub.api.graphql.reads import Reads, Sources
from hub.api.graphql.schema import HubSchema, build_schema
from hub.api.graphql.sessions import Session
from hub.domain.errors import HubError
from hub.queries.positions import Positions, positions

_MAX_SUBSCRIPTIONS = 50
_INIT_TIMEOUT = timedelta(seconds=10)
_ENCODER = msgspec.json.Encoder()
_METHOD_NOT_ALLOWED = PlainTextResponse(
    "POST a JSON object: {query, variables, operationName}", 405, headers={"Allow": "POST"}
)


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
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        if scope["method"] != "POST":
            await _METHOD_NOT_ALLOWED(scope, receive, send)
            return
        received = await read_post(scope, receive)
        answer = await self._answer(received.post, Request(scope)) if received.post else None
        if answer is None:
            await super().__call__(scope, _bounded(received.again), send)
        else:
            await Response(answer, media_type="application/json")(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Session:
        """Return a session for whoever the access check has let in."""
        del response
        return self._session(request)

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
            document = self._document(request_data.query or "")
            await self._wait(request, document)
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

    async def _answer(self, post: Post, request: Request) -> bytes | None:
        """Answer by a compiled operation; None where that cannot be done."""
        document = self._document(post.query)
        operation = document.compiled(post.operation_name) if document else None
        if document is None or operation is None:
            return None
        try:
            await self._wait(request, document)
        except HubError as error:
            return _ENCODER.encode({"data": None, "errors": [graphql_error(error).formatted]})

        def answer(reads: Reads) -> bytes:
            return _ENCODER.encode({"data": operation.answer(reads, post.variables or {})})

        try:
            return await on_snapshot(self._session(request), answer)
        except Unanswered:
            return None

    def _document(self, text: str) -> Document | None:
        try:
            return self.schema.documents.read(text)
        except (GraphQLError, RecursionError):
            return None

    def _session(self, request: HTTPConnection) -> Session:
        actor = request.scope.get("state", {}).get("holder", "local")
        return Session(self._sources, FINDERS, self._changes, actor)

    async def _wait(self, request: Request, document: Document | None) -> None:
        position = read_header(request.headers.get(HEADER))
        if position is not None:
            self._sources.hurry()
            await wait_until_passed(
                position,
                self._positions,
                decided=document is not None and document.reads_decisions,
                indexed=document is not None and document.reads_index,
            )

    def parse_json(self, data: str | bytes) -> Any:  # noqa: ANN401 - the base class' signature
        """Return the JSON object of a request."""
        try:
            value = msgspec.json.decode(data, type=dict[str, Any])
        except msgspec.ValidationError as error:
            raise HTTPException(
                400, "the body is no JSON object: write {query, variables}"
            ) from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise HTTPException(400, "the body is no JSON") from error
        if not isinstance(value.get("operationName"), str | None):
            raise HTTPException(400, "operationName is neither a string nor null")
        return value

    def decode_json(self, data: str | bytes) -> object:
        """Decode a message of a WebSocket."""
        return read_message(data)

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
        if received > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
        return message

    return receive_bounded
