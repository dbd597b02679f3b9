"""The reporter for a hub on another machine, over HTTP. It spools nothing: the caller waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import httpx
import msgspec

from hub.domain.deadletters import NewDeadLetter
from hub.domain.errors import (
    HubError,
    InvalidInput,
    InvariantBroken,
    NotAuthorised,
    NotFound,
    Pressed,
    TooLarge,
    Unreachable,
)

_EVENTS = "/api/v1/lineage"
_DEAD_LETTERS = "/api/v1/dead-letters"
_GATE = "/api/v1/gate"
_ATTEMPTS = 6
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 30.0
_TIMEOUT_SECONDS = 30.0
_REFUSALS: dict[int, type[HubError]] = {401: NotAuthorised, 404: NotFound, 413: TooLarge}


class GateAnswer(msgspec.Struct):
    """What the hub says of a gate."""

    reasons: list[str]


class Said(msgspec.Struct):
    """What the hub says when it refuses."""

    error: str
    fix: str | None = None


class HttpReporter:
    """See ``hub.spi.reporter.Reporter``. Repeats what it may repeat, and waits as it is told."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Content-Type": "application/json"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self._url = url
        self._sleep = sleep
        self._client = httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, transport=transport
        )

    def emit(self, event: bytes) -> None:
        """Report one OpenLineage event.

        Raises:
            Unreachable: nobody answered, whatever was tried.
            Pressed: the hub kept on shedding load.
            InvalidInput, NotAuthorised, TooLarge: the hub refused it.

        """
        self._post(_EVENTS, event)

    def dead_letter(self, letters: Sequence[NewDeadLetter]) -> None:
        """Report records that a step refused; raises as :meth:`emit`."""
        self._post(_DEAD_LETTERS, msgspec.json.encode(letters))

    def objections(self, node: str, tier: int) -> list[str]:
        """Return why a product of a tier may not read a dataset or a product's data now.

        Raises as :meth:`emit`.
        """
        answer = self._post(_GATE, msgspec.json.encode({"node": node, "tier": tier}))
        return msgspec.json.decode(answer, type=GateAnswer).reasons

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, path: str, body: bytes) -> bytes:
        wait = _FIRST_WAIT_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._client.post(path, content=body)
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS:
                    raise Unreachable(
                        f"the hub at {self._url} cannot be reached: {error}",
                        fix="check --url, and that `hub serve` runs there",
                    ) from error
                self._sleep(wait)
            else:
                if response.is_success:
                    return response.content
                if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise self._refusal(response)
                if attempt == _ATTEMPTS:
                    raise Pressed(f"the hub at {self._url} answers {response.status_code}")
                self._sleep(_told_to_wait(response, wait))
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        raise InvariantBroken("the last attempt raises")

    def _refusal(self, response: httpx.Response) -> HubError:
        kind = _REFUSALS.get(response.status_code, InvalidInput)
        said = _said(response)
        message = f"the hub at {self._url} answers {response.status_code}: {said.error}"
        return kind(message, fix="set HUB_API_KEY" if kind is NotAuthorised else said.fix)


def _said(response: httpx.Response) -> Said:
    try:
        return msgspec.json.decode(response.content, type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Said(response.text[:500])


def _told_to_wait(response: httpx.Response, otherwise: float) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_WAIT_SECONDS) if said.isdigit() else otherwise
