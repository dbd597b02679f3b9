"""What goes wrong, as Marquez's clients know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from hub.api.rest.statuses import status_of
from hub.domain.errors import HubError, InfrastructureError


class Problem(Exception):
    """Ends a request with a status, a body and headers."""

    def __init__(
        self, status: int, content: dict[str, Any], headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(str(content))
        self.status = status
        self.content = content
        self.headers = headers


def not_found(what: str, name: str) -> Problem:
    """Return what tells that a thing does not exist."""
    return coded(404, f"{what} '{name}' not found.")


def coded(status: int, message: str) -> Problem:
    """Return a problem that is told in one sentence."""
    return Problem(status, {"code": status, "message": message})


def bad_parameter(name: str, complaint: str) -> Problem:
    """Return what tells that a parameter of the query cannot be used."""
    return Problem(400, {"errors": [f"query param {name} {complaint}"]})


def unprocessable(*complaints: str) -> Problem:
    """Return what tells that a body cannot be used, each complaint with the place in it."""
    return Problem(422, {"errors": list(complaints)})


def problem_response(error: Problem | HubError) -> Response:
    """Say what went wrong."""
    if isinstance(error, Problem):
        return JSONResponse(error.content, error.status, error.headers)
    headers: dict[str, str] = {}
    if isinstance(error, InfrastructureError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    status = status_of(error)
    return JSONResponse({"code": status, "message": str(error)}, status, headers)
