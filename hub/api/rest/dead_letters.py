"""``POST /api/v1/dead-letters``: refused records, from runners on other machines."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api.rest.receiving import Receiver
from hub.api.rest.statuses import error_response
from hub.domain.deadletters import entry_of, read_letters
from hub.domain.errors import HubError
from hub.flow.ingest import Intake


def dead_letter_route(intake: Intake, receiver: Receiver) -> Route:
    """Return the route; it answers once the letters are durable."""

    async def take(request: Request) -> Response:
        try:
            body = await receiver.body(request.scope, request.receive)
            letters = read_letters(body)
            appended = await intake.accept([entry_of(letter) for letter in letters])
        except HubError as error:
            return error_response(error)
        repeats = sum(each.is_repeat for each in appended)
        return JSONResponse({"received": len(letters), "repeats": repeats}, status_code=201)

    return Route("/api/v1/dead-letters", take, methods=["POST"])
