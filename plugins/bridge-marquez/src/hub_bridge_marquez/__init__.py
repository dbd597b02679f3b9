"""Registers the bridge ``marquez``. Its clients load when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.bridge import Bridge
from hub.spi.hookspecs import hookimpl

hub_api_version = 1


@hookimpl
def hub_bridges() -> Mapping[str, Callable[[], Bridge]]:
    return {"marquez": _marquez}


def _marquez() -> Bridge:
    from hub_bridge_marquez.bridge import MarquezBridge

    return MarquezBridge()
