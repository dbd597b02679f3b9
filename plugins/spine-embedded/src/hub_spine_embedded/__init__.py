"""Registers the embedded spine: streams in an SQLite file, without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.spine import Spine
from hub_spine_embedded.spine import EmbeddedSpine

hub_api_version = 1


@hookimpl
def hub_spines() -> Mapping[str, Callable[[], Spine]]:
    return {"embedded": EmbeddedSpine}
