"""Telling a Marquez of one event, and what its answer means.

A Marquez answers 500 both to an event that it cannot take and while its database is away. Only in
the first case may the event be left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.domain.errors import InvalidInput, Unreachable
from hub_bridge_marquez.catalogue import ROOT
from hub_bridge_marquez.wire import Wire

_OK: Final = range(200, 300)
_BROKEN: Final = 500
# What no Marquez says of an event: something else answers there, and events are not to be left out.
_ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308, 404, 405})
_PAUSES: Final = (0.5, 2.0)
# Marquez reads this from its database, and nothing that an event may have broken.
_PROBE: Final = f"{ROOT}/tags?limit=1"


class Sender:
    """Sends to one Marquez. ``sleep`` waits between attempts, in seconds."""

    def __init__(self, wire: Wire, *, sleep: Callable[[float], None]) -> None:
        self._wire = wire
        self._sleep = sleep

    def send(self, event: bytes) -> str | None:
        """Send an event; return None, or why it will never be taken.

        Raises:
            Unreachable: trying again may help.
            NotAuthorised: the Marquez, or what stands before it, wants another key.
            InvalidInput: there is no Marquez.

        """
        reply = self._wire.ask_once("POST", f"{ROOT}/lineage", event)
        for pause in _PAUSES:
            if reply.status < _BROKEN:
                break
            self._sleep(pause)
            reply = self._wire.ask_once("POST", f"{ROOT}/lineage", event)
        if reply.status in _OK:
            return None
        if reply.status in _ELSEWHERE:
            message = f"there is no Marquez: {ROOT}/lineage answers {reply.status}"
            raise InvalidInput(message, fix="write http://HOST:PORT, without /api/v1")
        if reply.status >= _BROKEN and self._wire.ask_once("GET", _PROBE).status not in _OK:
            raise Unreachable(self._wire.words(reply), fix="look into the Marquez's log")
        return self._wire.words(reply)
