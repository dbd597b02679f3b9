"""The surface as an ASGI application. It routes on the path as it came: names hold slashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

import msgspec
from anyio import to_thread
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from hub.api.after_position import HEADER, read_header, wait_until_passed
from hub.api.raw_path import raw_path_of, segments_of
from hub.api.rest.marquez.asking import Asking, MarquezSources
from hub.api.rest.marquez.problems import (
    Problem,
    bad_parameter,
    coded,
    problem_response,
    unprocessable,
)
from hub.api.rest.marquez.routes import READS, Matched, Read, match
from hub.api.rest.marquez.writes import WRITES, Plan, Write
from hub.domain.errors import HubError
from hub.domain.openlineage.events import repaired, usable_name
from hub.queries.positions import Positions, positions

_MAX_QUERY_BYTES: Final = 16_384
_MAX_PARAMETERS: Final = 100
_OF_THE_PAST: Final = ("asOf", "knownAt")
_PREFIX: Final = ["api", "v1"]
_BELOW: Final = "/api/v1/"
_ROUTES: Final = {pattern: {"GET", "HEAD"} for pattern in READS}
for _method, _pattern in WRITES:
    _ROUTES.setdefault(_pattern, set()).add(_method)
_PATTERNS: Final = sorted((each.split("/") for each in _ROUTES), key=lambda each: each.count("*"))


class MarquezApp:
    """Answers what is below ``/api/v1`` and taken by no other endpoint."""

    def __init__(self, sources: MarquezSources) -> None:
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with JSON, whatever happens."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except (Problem, HubError) as error:
            response = problem_response(error)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        matched = _matched(request)
        if request.method not in _ROUTES[matched.pattern]:
            return _not_allowed(matched)
        position = read_header(request.headers.get(HEADER))
        if position is not None:
            await self._wait(position)
        asking = _Asked(matched, request)
        asking.refuse_past()
        if request.method not in ("GET", "HEAD"):
            return await self._write(WRITES[request.method, matched.pattern], asking)
        content = await to_thread.run_sync(self._answer, READS[matched.pattern], asking)
        return _json(content)

    async def _write(self, plan: Plan, asked: _Asked) -> Response:
        """Append what a write says, wait until it is projected, and answer with what it made."""
        asked.body = await self._sources.receiver.body(asked.request.scope, asked.request.receive)
        written = await to_thread.run_sync(self._plan, plan, asked)
        appended = await self._sources.intake.accept(written.arrivals)
        position = appended[-1].position
        await self._wait(position)
        content = await to_thread.run_sync(self._answer, written.answer, asked)
        return _json(content, written.status, {**written.headers, "Hub-Position": str(position)})

    async def _wait(self, position: int) -> None:
        self._sources.hurry()
        await wait_until_passed(position, self._positions, decided=False)

    def _plan(self, plan: Plan, asked: _Asked) -> Write:
        for name in asked.matched.names:
            if not usable_name(name):
                raise unprocessable("names in the path must not be blank, nor very long")
        with self._sources.database.read() as connection:
            return plan(asked.asking(connection, self._sources))

    def _answer(self, read: Read, asked: _Asked) -> bytes:
        with self._sources.database.read() as connection:
            return msgspec.json.encode(read(asked.asking(connection, self._sources)))

    def _positions(self) -> Positions:
        with self._sources.database.read() as connection:
            return positions(connection, self._sources.journal)


class MarquezRoute(BaseRoute):
    """Leads everything below ``/api/v1`` to the surface; a Mount stops at a name's newline."""

    def __init__(self, sources: MarquezSources) -> None:
        self._app = MarquezApp(sources)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for the surface."""
        is_ours = scope["type"] == "http" and scope["path"].startswith(_BELOW)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the surface answer."""
        await self._app(scope, receive, send)


class _Asked:
    """A request on its way to one route or another."""

    def __init__(self, matched: Matched, request: Request) -> None:
        self.matched = matched
        self.request = request
        self.body = b""
        self._query = _query(request)
        self._actor = request.scope.get("state", {}).get("holder", "local")

    def refuse_past(self) -> None:
        """Refuse what asks of the past: the present must not pass for it."""
        for name in _OF_THE_PAST:
            if name in self._query:
                raise bad_parameter(name, "is for GraphQL: this API tells of the present alone")

    def asking(self, connection: Connection, sources: MarquezSources) -> Asking:
        """Return the request with a snapshot to answer it from."""
        names, query = self.matched.names, self._query
        return Asking(connection, sources, names, query, self.body, self._actor)


def _json(content: bytes, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    return Response(content, status, headers, media_type="application/json")


def _matched(request: Request) -> Matched:
    segments = segments_of(raw_path_of(request.scope))
    if segments and not segments[-1]:
        segments.pop()
    found = match(segments[len(_PREFIX) :], _PATTERNS) if segments[:2] == _PREFIX else None
    if found is None:
        raise coded(404, "HTTP 404 Not Found")
    if not found.pattern.startswith("namespaces/"):
        return found
    # Those of a namespace and of what is in it are kept as producers' are.
    return found._replace(names=(*map(repaired, found.names[:2]), *found.names[2:]))


def _query(request: Request) -> dict[str, list[str]]:
    text = request.scope["query_string"][:_MAX_QUERY_BYTES].decode("latin-1")
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise coded(400, f"there are more than {_MAX_PARAMETERS} parameters") from None


def _not_allowed(matched: Matched) -> Response:
    response = problem_response(coded(405, "HTTP 405 Method Not Allowed"))
    response.headers["Allow"] = ", ".join(sorted(_ROUTES[matched.pattern]))
    return response
