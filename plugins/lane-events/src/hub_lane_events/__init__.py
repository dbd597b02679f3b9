"""Registers the lane that reads streams of the spine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.lane import Lane
from hub_lane_events.lane import EventsLane

hub_api_version = 1


@hookimpl
def hub_lanes() -> Mapping[str, Callable[[], Lane]]:
    return {"events": EventsLane}
