"""Asking a running hub over GraphQL."""

from __future__ import annotations

from typing import Any, Final

import httpx

from hub.domain.errors import (
    HubError,
    InvalidInput,
    NotAuthorised,
    NotFound,
    TooLarge,
    Unreachable,
)
from hub.settings import client_key

_TIMEOUT_SECONDS: Final = 30
_REFUSED: Final = 401

_ERRORS: Final[dict[str, type[HubError]]] = {
    "INVALID_INPUT": InvalidInput,
    "NOT_FOUND": NotFound,
    "TOO_EXPENSIVE": InvalidInput,
    "TOO_LARGE": TooLarge,
}


def ask(url: str, query: str, variables: dict[str, object]) -> dict[str, Any]:
    """Return the data of an operation at the hub under ``url``; HUB_API_KEY is sent along.

    Raises:
        InvalidInput: the hub does not take what is asked.
        TooLarge: nor so much of it.
        NotAuthorised: the hub needs a key.
        Unreachable: there is no hub, or it cannot answer now.

    """
    key = client_key()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"query": query, "variables": variables}
    try:
        response = httpx.post(
            f"{url.rstrip('/')}/graphql", json=body, headers=headers, timeout=_TIMEOUT_SECONDS
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"no hub answers at {url}: {error}", fix="start `hub serve`") from error
    if response.status_code == _REFUSED:
        raise NotAuthorised(f"the hub at {url} needs an API key", fix="set HUB_API_KEY")
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        raise TooLarge(f"the hub at {url} answers: {response.text[:200]}", fix="ask for less")
    if response.is_error:
        raise Unreachable(f"the hub at {url} answers {response.status_code}: {response.text[:200]}")
    answer = response.json()
    for problem in answer.get("errors") or ():
        said = problem.get("extensions") or {}
        # Without a code it is GraphQL's own, of what was asked.
        kind = _ERRORS.get(said["code"], Unreachable) if "code" in said else InvalidInput
        raise kind(problem["message"], fix=said.get("fix"))
    data: dict[str, Any] = answer["data"]
    return data
