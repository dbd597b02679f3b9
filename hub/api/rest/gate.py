"""``POST /api/v1/gate``: whether a product may read data now, for runners on other machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api.rest.receiving import Receiver
from hub.api.rest.statuses import error_response
from hub.domain.catalog import TIER_OF_MOST
from hub.domain.errors import HubError, InvalidInput

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class _Question(Struct, forbid_unknown_fields=True):
    node: Annotated[str, msgspec.Meta(max_length=4_096)]
    tier: Annotated[int, msgspec.Meta(ge=1, le=99)] = TIER_OF_MOST


_READ: Final = msgspec.json.Decoder(_Question)


def gate_route(objections: Callable[[str, int], list[str]], receiver: Receiver) -> Route:
    """Return the route; ``objections`` is given a node id and the tier of who would read it."""

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        try:
            asked = _read(await receiver.body(request.scope, request.receive))
            reasons = await run_in_threadpool(objections, asked.node, asked.tier)
        except HubError as error:
            return error_response(error)
        told = {"node": asked.node, "tier": asked.tier, "open": not reasons, "reasons": reasons}
        return JSONResponse(told)

    # Every method comes here: what this route does not match would be taken for a page.
    return Route("/api/v1/gate", answer, methods=_METHODS)


def _read(body: bytes) -> _Question:
    try:
        return _READ.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fix = 'send {"node": "dataset:NAMESPACE:NAME", "tier": 1}'
        raise InvalidInput(f"the body asks for no gate: {error}", fix=fix) from error
