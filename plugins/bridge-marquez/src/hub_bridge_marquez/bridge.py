"""The bridge itself: see ``hub.spi.bridge.Bridge``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from hub.spi.bridge import HubApi, Progress, Report
from hub_bridge_marquez.catalogue import Catalogue
from hub_bridge_marquez.database import opened
from hub_bridge_marquez.importing import Import
from hub_bridge_marquez.mirroring import Sender
from hub_bridge_marquez.options import read_options
from hub_bridge_marquez.wire import Wire


class MarquezBridge:
    """Reads a Marquez and writes to it. ``sleep`` waits, in seconds."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def bring(
        self, hub: HubApi, options: Mapping[str, Any], checkpoint: Mapping[str, Any] | None
    ) -> Iterator[Progress | Report]:
        """Bring everything into the hub, from a checkpoint on."""
        with self._opened(hub, options) as import_:
            yield from import_.bring(checkpoint)

    def compare(self, hub: HubApi, options: Mapping[str, Any]) -> Iterator[Progress | Report]:
        """Tell what the hub lacks, and change nothing."""
        with self._opened(hub, options) as import_:
            yield from import_.compare()

    def send(self, event: bytes, options: Mapping[str, Any]) -> str | None:
        """Tell the Marquez of an event."""
        with closing(Wire(read_options(options), sleep=self._sleep)) as wire:
            return Sender(wire, sleep=self._sleep).send(event)

    @contextmanager
    def _opened(self, hub: HubApi, options: Mapping[str, Any]) -> Iterator[Import]:
        chosen = read_options(options)
        with closing(Wire(chosen, sleep=self._sleep)) as wire, opened(chosen) as database:
            yield Import(Catalogue(wire, "the Marquez"), hub, database)
