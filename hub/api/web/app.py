"""The pages as an ASGI application. It routes on the path as it came: names hold slashes."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from hub.api.after_position import HEADER, read_header, wait_until_passed
from hub.api.raw_path import raw_path_of, segments_of
from hub.api.web import views
from hub.api.web.rendering import Document, Page, render
from hub.api.web.response_times import response_times
from hub.api.web.views import Asking, WebSources
from hub.domain.errors import HubError, InfrastructureError, InvalidInput, NotFound
from hub.queries.positions import Positions, positions

View = Callable[[Asking], Page | Document]

_VIEWS: Final[dict[str, View]] = {
    "": views.overview,
    "incidents": views.incidents,
    "response-times": response_times,
    "slos": views.slos,
    "dead-letters": views.dead_letters,
    "producers": views.producers,
    "health": views.health,
}
# Pages of one thing, which the rest of the path names.
_VIEWS_OF_ONE: Final[dict[str, View]] = {
    "incidents": views.incident,
    "postmortems": views.postmortem,
    "datasets": views.dataset,
    "jobs": views.job,
    "products": views.product,
}
_STYLE: Final = "style.css"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_MAX_QUERY_BYTES: Final = 4_096


class WebApp:
    """An ASGI application for everything that no other endpoint takes."""

    def __init__(self, sources: WebSources) -> None:
        self._sources = sources
        self._style = (files("hub.api.web") / "static" / _STYLE).read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, whatever happens."""
        response = await self._respond(Request(scope))
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("pages are only read", 405, {"Allow": "GET, HEAD"})
        if request.scope["path"] == f"/{_STYLE}":
            return Response(self._style, media_type="text/css")
        try:
            position = read_header(request.headers.get(HEADER))
            if position is not None:
                await wait_until_passed(position, self._positions, decided=True, indexed=True)
            return await to_thread.run_sync(self._page, request)
        except HubError as error:
            return self._failed(error)

    def _page(self, request: Request) -> Response:
        name, *rest = segments_of(raw_path_of(request.scope))
        view = _VIEWS_OF_ONE.get(name) if any(rest) else _VIEWS.get(name)
        if view is None:
            raise NotFound("there is no such page")
        query = dict(parse_qsl(request.scope["query_string"][:_MAX_QUERY_BYTES].decode("latin-1")))
        with self._sources.database.read() as connection:
            page = view(Asking(connection, self._sources, rest, query))
            if isinstance(page, Document):
                return Response(page.text, media_type=page.media_type)
            return self._html(page)

    def _failed(self, error: HubError) -> Response:
        if isinstance(error, NotFound):
            status, title = 404, "Not found"
        elif isinstance(error, InvalidInput):
            status, title = 400, "That is no question"
        elif isinstance(error, InfrastructureError):
            status, title = 503, "Not now"
        else:
            raise error
        values = {"title": title, "message": error.message, "fix": error.fix}
        response = self._html(Page("error.html", values, status))
        if isinstance(error, InfrastructureError):
            response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response

    def _html(self, page: Page) -> HTMLResponse:
        return HTMLResponse(render(page, now=self._sources.clock()), page.status)

    def _positions(self) -> Positions:
        with self._sources.database.read() as connection:
            return positions(connection, self._sources.journal)
