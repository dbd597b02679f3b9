"""What the child process refuses to do, and in whose name."""

from __future__ import annotations

import re

from hub_lane_odbc.request import Failure, FailureKind

_DIAGNOSTIC = re.compile(
    r"State: (?P<state>\w{5}), Native error: (?P<native>-?\d+), Message: (?P<text>.*)", re.DOTALL
)
# SQLSTATE classes (ISO/IEC 9075-2, 24.1): what a statement asked for, and what values are.
_STATEMENT = ("07", "0A", "21", "25", "26", "34", "37", "3D", "3F", "42")
_VALUES = "22"
_NO_MEMORY = "HY001"
# SQLite's own number for it, which its driver has no words for.
_SQLITE_NOMEM = "(7)"


class Refusal(Exception):
    """An extraction that is given up, with what to do about it."""

    def __init__(self, kind: FailureKind, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message, fix)


def of_driver(message: str) -> Failure:
    """Return what a driver's error comes to, with its SQLSTATE."""
    found = _DIAGNOSTIC.search(message)
    if found is None:
        return Failure(FailureKind.SOURCE, " ".join(message.split()))
    state, text = found["state"], " ".join(found["text"].split())
    kind = FailureKind.SOURCE
    if state == _NO_MEMORY or (text.startswith("[SQLite]") and text.endswith(_SQLITE_NOMEM)):
        kind = FailureKind.MEMORY
    elif state.startswith(_STATEMENT):
        kind = FailureKind.OPTIONS
    elif state.startswith(_VALUES):
        kind = FailureKind.DATA
    fix = None
    if "Can't open lib" in text or state == "IM002":
        fix = "install the driver; `odbcinst -q -d` lists those that are there"
    return Failure(kind, f"{text} (SQLSTATE {state})", fix)
