"""Registers the ODBC lane. The driver loads in a child process, when a source is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.domain.errors import Unreachable
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
    from ctypes.util import find_library

    if find_library("odbc") is None:
        raise Unreachable(
            "this machine has no ODBC driver manager (libodbc.so.2)",
            fix="apt-get install unixodbc, and the driver of each source",
        )
