"""What signed links lead to: a page that asks, and acts only once somebody has pressed its button.

Whoever merely looks at a link, as previews in chats and mail scanners do, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from hub.api.web.app import HEADERS
from hub.api.web.rendering import Page, render
from hub.domain.catalog import Catalog
from hub.domain.commands import (
    OK,
    PENDING,
    AcknowledgeIncident,
    Answer,
    Command,
    ReassignIncident,
    ReclassifyIncident,
    ResolveIncident,
)
from hub.domain.duty.silences import MAX_TEXT
from hub.domain.errors import HubError, InvalidInput, NotFound, Refused
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.links import Action, Link, read_link
from hub.domain.incidents.routing import owner_named
from hub.flow.commands import silence_command
from hub.queries.incidents import IncidentRow, incidents_by_id
from hub.store.database import Database

_MAX_BYTES: Final = 16_384
_HOUR: Final = 3_600_000_000
_LASTS: Final = (1, 4, 24, 72)
_ASKED: Final = {
    Action.ACKNOWLEDGE: ("Acknowledge", "Say that you see to it: nobody else is called."),
    Action.RESOLVE: ("Resolve", "Say that it is over."),
    Action.REASSIGN: ("Reassign", "Hand it to another team, which is told."),
    Action.RECLASSIFY: ("Reclassify", "Say what it is: it goes to whoever mends those."),
    Action.SILENCE: ("Silence", "Tell nobody about it for a while; then whoever is due is told."),
}


class ActionSources(NamedTuple):
    """What acting needs. ``secret`` returns what links are signed with."""

    database: Database
    secret: Callable[[], bytes]
    catalog: Callable[[], Catalog]
    clock: Callable[[], int]
    submit: Callable[[Command], Answer]


class ActionPages:
    """An ASGI application for ``/act/INCIDENT/ACTION``."""

    def __init__(self, sources: ActionSources) -> None:
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, or act."""
        request = Request(scope, receive)
        body = b""
        if request.method == "POST":
            async for piece in request.stream():
                body += piece
                if len(body) > _MAX_BYTES:
                    break
        response = await to_thread.run_sync(self._respond, request, body)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    def _respond(self, request: Request, body: bytes) -> Response:
        try:
            return self._html(self._page(request, body))
        except Refused as error:
            return self._failed("That link leads nowhere", error, 403)
        except NotFound as error:
            return self._failed("Not found", error, 404)
        except InvalidInput as error:
            return self._failed("That cannot be done", error, 400)

    def _page(self, request: Request, body: bytes) -> Page:
        sources, params = self._sources, request.path_params
        link = read_link(
            params["incident"],
            params["action"],
            request.query_params,
            secret=sources.secret(),
            now=sources.clock(),
        )
        row = self._incident(link.incident)
        if request.method != "POST":
            return self._asking(link, row)
        if len(body) > _MAX_BYTES:
            raise InvalidInput(f"the form has more than {_MAX_BYTES} bytes")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=10))
        answer = sources.submit(self._command(link, form, row.version))
        return _done(link, self._incident(link.incident), answer)

    def _incident(self, key: str) -> IncidentRow:
        with self._sources.database.read() as connection:
            row = incidents_by_id(connection, [key]).get(key)
        if row is None:
            raise NotFound(f"there is no incident {key}")
        return row

    def _asking(self, link: Link, row: IncidentRow) -> Page:
        title, means = _ASKED[link.action]
        catalog = self._sources.catalog()
        values: dict[str, Any] = {
            "row": row,
            "action": link.action.value,
            "button": title,
            "means": means,
            "title": f"{title} {row.id}?",
            "teams": ["platform", "governance", *catalog.domains],
            "classes": [each.value for each in FailureClass],
            "lasts": _LASTS,
        }
        return Page("action.html", values)

    def _command(self, link: Link, form: Mapping[str, str], version: int) -> Command:
        actor = f"somebody whom {link.receiver} reached"
        reason = form.get("reason", "").strip()[:MAX_TEXT]
        # Pressed twice, it is done once; but what has changed since may be done again.
        key = f"link:{link.signature(self._sources.secret())}:{version}"
        if link.action is Action.ACKNOWLEDGE:
            return AcknowledgeIncident(incident=link.incident, actor=actor, client_key=key)
        if link.action is Action.RESOLVE:
            return ResolveIncident(
                incident=link.incident, reason=reason, actor=actor, client_key=key
            )
        if link.action is Action.REASSIGN:
            owner = form.get("owner", "")
            if owner_named(self._sources.catalog(), owner) is None:
                raise InvalidInput(f"no team or domain {owner!r} is declared")
            return ReassignIncident(incident=link.incident, owner=owner, reason=reason, actor=actor)
        if link.action is Action.RECLASSIFY:
            failure_class = _class_named(form.get("class", ""))
            return ReclassifyIncident(
                incident=link.incident, failure_class=failure_class, reason=reason, actor=actor
            )
        return self._silence(link, form, actor, reason)

    def _silence(self, link: Link, form: Mapping[str, str], actor: str, reason: str) -> Command:
        hours = form.get("hours", "")
        if hours not in map(str, _LASTS):
            raise InvalidInput(f"{hours!r} is none of the hours to choose from")
        now = self._sources.clock()
        return silence_command(
            [f"incident={link.incident}"],
            owner=actor,
            comment=reason or "asked for by a link in a page",
            starts_at=now,
            ends_at=now + int(hours) * _HOUR,
            now=now,
            catalog=self._sources.catalog(),
            actor=actor,
        )

    def _failed(self, title: str, error: HubError, status: int) -> Response:
        values = {"title": title, "message": error.message, "fix": error.fix}
        return self._html(Page("error.html", values, status))

    def _html(self, page: Page) -> HTMLResponse:
        return HTMLResponse(render(page, now=self._sources.clock()), page.status)


def _class_named(text: str) -> FailureClass:
    try:
        return FailureClass(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no class to choose from") from None


def _done(link: Link, row: IncidentRow, answer: Answer) -> Page:
    said = {
        OK: f"{row.id} is {row.state}, and {row.owner_name or 'nobody'} owns it.",
        PENDING: "The hub has taken it, and has not done it yet.",
    }
    if link.action is Action.SILENCE and answer.code == OK:
        said[OK] = f"{answer.subject} keeps the pages of {row.id} back."
    message = said.get(answer.code, answer.message or answer.code)
    title = f"{row.id}: done" if answer.code == OK else f"{row.id}: {answer.code.lower()}"
    status = 200 if answer.code in said else 409
    return Page("acted.html", {"title": title, "message": message}, status)
