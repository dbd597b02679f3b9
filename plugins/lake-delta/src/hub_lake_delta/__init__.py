"""Registers the Delta lake. The engine loads when a lake is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.lake import Lake

hub_api_version = 1


@hookimpl
def hub_lakes() -> Mapping[str, Callable[[], Lake]]:
    return {"delta": _delta}


def _delta() -> Lake:
    from hub_lake_delta.lake import DeltaLake

    return DeltaLake()
