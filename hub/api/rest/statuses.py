"""HTTP statuses: the one map from what went wrong to what a client is told."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter
from starlette.responses import JSONResponse, Response

from hub.domain.errors import (
    CallerError,
    Conflict,
    HubError,
    InfrastructureError,
    NotAuthorised,
    NotFound,
    Refused,
    TooLarge,
    UnsupportedEncoding,
)

REFUSED: Final = Counter("hub_requests_refused", "Requests that were refused", ["status"])

# The first class that fits decides, so subclasses come first. Never 429: OpenLineage's clients
# drop an event at the first one, but repeat it after a 503.
_STATUSES: Final[tuple[tuple[type[HubError], int], ...]] = (
    (UnsupportedEncoding, 415),
    (NotAuthorised, 401),
    (NotFound, 404),
    (TooLarge, 413),
    (Conflict, 409),
    (Refused, 403),
    (CallerError, 400),
    (InfrastructureError, 503),
    (HubError, 500),
)


def status_of(error: HubError) -> int:
    """Return the HTTP status of a class of errors."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def error_response(error: HubError) -> Response:
    """Say in JSON what went wrong and, where somebody can act, what to do about it; count it."""
    headers: dict[str, str] = {}
    if isinstance(error, InfrastructureError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, NotAuthorised):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, UnsupportedEncoding):
        headers["Accept-Encoding"] = "gzip, identity"
    content = {"error": error.message} | ({"fix": error.fix} if error.fix else {})
    status = status_of(error)
    REFUSED.labels(status).inc()
    return JSONResponse(content, status_code=status, headers=headers)
