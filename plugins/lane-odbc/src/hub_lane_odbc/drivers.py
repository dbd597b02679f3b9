"""Whether this machine has the driver manager, and the driver that a connection names.

The driver manager is asked in a process of its own: ``python -m hub_lane_odbc.drivers`` lists what
it knows, a name a line.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

from hub.domain.errors import Unreachable
from hub_lane_odbc.connection import attributes

# From sql.h and sqlext.h.
_ENVIRONMENT, _VERSION, _ODBC_3 = 1, 200, 3
_FIRST, _NEXT = 2, 1
_SUCCESS = (0, 1)
_NAME_BYTES = 512
_SECONDS = 8


def demand_manager() -> None:
    """Raise unless there is a driver manager."""
    if find_library("odbc") is None:
        raise Unreachable(
            "this machine has no ODBC driver manager (libodbc.so.2)",
            fix="apt-get install unixodbc, and the driver of each source",
        )


def demand_driver(connection: str) -> None:
    """Raise unless the driver manager knows the driver; a data source is for it to look up."""
    demand_manager()
    driver = attributes(connection).get("driver")
    if driver is None or "${" in driver or Path(driver).is_file():
        return
    done = subprocess.run(
        [sys.executable, "-m", "hub_lane_odbc.drivers"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    known = sorted(done.stdout.splitlines())
    if driver.lower() not in (name.lower() for name in known):
        raise Unreachable(
            f"this machine has no ODBC driver {driver} (it has {', '.join(known) or 'none'})",
            fix="install the driver; `odbcinst -q -d` lists those that are there",
        )


def _registered() -> Iterator[str]:
    manager = ctypes.CDLL(find_library("odbc"))
    handle = ctypes.c_void_p()
    manager.SQLAllocHandle(_ENVIRONMENT, None, ctypes.byref(handle))
    manager.SQLSetEnvAttr(handle, _VERSION, ctypes.c_void_p(_ODBC_3), 0)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    rest = ctypes.create_string_buffer(_NAME_BYTES)
    lengths = ctypes.c_short(), ctypes.c_short()
    direction = _FIRST
    while (
        manager.SQLDrivers(
            handle,
            direction,
            name,
            _NAME_BYTES,
            ctypes.byref(lengths[0]),
            rest,
            _NAME_BYTES,
            ctypes.byref(lengths[1]),
        )
        in _SUCCESS
    ):
        yield name.value.decode(errors="replace")
        direction = _NEXT


if __name__ == "__main__":
    sys.stdout.write("\n".join(_registered()))
