"""Registers the ODBC lane. The driver loads in a child process, when a source is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.lane import Lane

hub_api_version = 1


@hookimpl
def hub_lanes() -> Mapping[str, Callable[[], Lane]]:
    return {"odbc": _odbc}


@hookimpl
def hub_checks() -> Mapping[str, Callable[[], None]]:
    return {"driver manager": _check_driver_manager}


def _odbc() -> Lane:
    from hub_lane_odbc.lane import OdbcLane

    return OdbcLane()


def _check_driver_manager() -> None:
    from hub_lane_odbc.drivers import demand_manager

    demand_manager()
