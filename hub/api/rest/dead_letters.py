"""``POST /api/v1/dead-letters``: refused records, from runners on other machines."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api.rest.receiving import Receiver
from hub.api.rest.statuses import error_response
from hub.domain.deadletters import entry_of, read_letters
from hub.domain.errors import HubError
from hub.flow.ingest import Intake

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def dead_letter_route(intake: Intake, receiver: Receiver) -> Route:
    """Return the route; it answers once the letters are durable."""

    async def take(request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        try:
            body = await receiver.body(request.scope, request.receive)
            letters = read_letters(body)
            appended = await intake.accept([entry_of(letter) for letter in letters])
        except HubError as error:
            return error_response(error)
        repeats = sum(each.is_repeat for each in appended)
        return JSONResponse({"received": len(letters), "repeats": repeats}, status_code=201)

    # Every method comes here: what this route does not match would be taken for a page.
    return Route("/api/v1/dead-letters", take, methods=_METHODS)
