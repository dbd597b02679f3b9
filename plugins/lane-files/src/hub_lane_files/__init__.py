"""Registers the lane that reads files. Arrow loads when a step runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.lane import Lane

hub_api_version = 1


@hookimpl
def hub_lanes() -> Mapping[str, Callable[[], Lane]]:
    return {"files": _files}


def _files() -> Lane:
    from hub_lane_files.lane import FilesLane

    return FilesLane()
