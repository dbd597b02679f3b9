"""The surface as an ASGI application. It routes on the path as it came: names hold slashes."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

import msgspec
from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.api.after_position import HEADER, read_header, wait_until_passed
from hub.api.raw_path import raw_path_of, segments_of
from hub.api.rest.marquez.asking import Asking, MarquezSources
from hub.api.rest.marquez.problems import Problem, coded, problem_response
from hub.api.rest.marquez.routes import READS, Matched, Read, match
from hub.domain.errors import HubError
from hub.queries.positions import Positions, positions

_MAX_QUERY_BYTES: Final = 16_384
_MAX_PARAMETERS: Final = 100
_PREFIX: Final = ["api", "v1"]
_PATTERNS: Final = sorted((pattern.split("/") for pattern in READS), key=lambda p: p.count("*"))


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
        read = READS.get(matched.pattern)
        if request.method not in ("GET", "HEAD") or read is None:
            return _not_allowed(matched)
        position = read_header(request.headers.get(HEADER))
        if position is not None:
            self._sources.hurry()
            await wait_until_passed(position, self._positions, decided=False)
        content = await to_thread.run_sync(self._read, read, matched, request)
        return Response(content, media_type="application/json")

    def _read(self, read: Read, matched: Matched, request: Request) -> bytes:
        with self._sources.database.read() as connection:
            asking = Asking(connection, self._sources, matched.names, _query(request))
            return msgspec.json.encode(read(asking))

    def _positions(self) -> Positions:
        with self._sources.database.read() as connection:
            return positions(connection, self._sources.journal)


def _matched(request: Request) -> Matched:
    segments = segments_of(raw_path_of(request.scope))
    if segments and not segments[-1]:
        segments.pop()
    found = match(segments[len(_PREFIX) :], _PATTERNS) if segments[:2] == _PREFIX else None
    if found is None:
        raise coded(404, "HTTP 404 Not Found")
    return found


def _query(request: Request) -> dict[str, list[str]]:
    text = request.scope["query_string"][:_MAX_QUERY_BYTES].decode("latin-1")
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise coded(400, f"there are more than {_MAX_PARAMETERS} parameters") from None


def _not_allowed(_matched: Matched) -> Response:
    response = problem_response(coded(405, "HTTP 405 Method Not Allowed"))
    response.headers["Allow"] = "GET, HEAD"
    return response
