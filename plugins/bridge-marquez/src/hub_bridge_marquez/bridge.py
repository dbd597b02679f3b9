"""The bridge itself: see ``hub.spi.bridge.Bridge``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.spi.bridge import HubApi, Progress, Report
from hub_bridge_marquez.catalogue import Catalogue
from hub_bridge_marquez.database import opened
from hub_bridge_marquez.importing import Import
from hub_bridge_marquez.mirroring import Sender
from hub_bridge_marquez.options import Options, read_options
from hub_bridge_marquez.wire import Wire


class MarquezBridge:
    """Reads a Marquez and writes to it. ``sleep`` waits, in seconds."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._sender: tuple[Options, Sender] | None = None

    def bring(
        self, hub: HubApi, options: Mapping[str, Any], checkpoint: Mapping[str, Any] | None
    ) -> Iterator[Progress | Report]:
        """Bring everything into the hub, from a checkpoint on."""
        chosen = read_options(options)
        with opened(chosen) as database:
            marquez = Catalogue(Wire(chosen, sleep=self._sleep), "the Marquez")
            yield from Import(marquez, hub, database).bring(checkpoint)

    def compare(self, hub: HubApi, options: Mapping[str, Any]) -> Iterator[Progress | Report]:
        """Tell what the hub lacks, and change nothing."""
        chosen = read_options(options)
        with opened(chosen) as database:
            marquez = Catalogue(Wire(chosen, sleep=self._sleep), "the Marquez")
            yield from Import(marquez, hub, database).compare()

    def send(self, event: bytes, options: Mapping[str, Any]) -> str | None:
        """Tell the Marquez of an event."""
        chosen = read_options(options)
        if self._sender is None or self._sender[0] != chosen:
            self._sender = chosen, Sender(Wire(chosen, sleep=self._sleep), sleep=self._sleep)
        return self._sender[1].send(event)
