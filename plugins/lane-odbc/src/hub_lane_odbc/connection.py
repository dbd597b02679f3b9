"""Connection strings: attributes between semicolons, values perhaps in braces (ODBC 3.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ATTRIBUTE = re.compile(r"(?<![^=;{}])(?P<name>[^=;{]++)=\s*+(?P<value>\{(?:[^}]|\}\})*\}|[^;]*+)")


def attributes(connection: str) -> dict[str, str]:
    """Return the attributes of a connection string, by name in small letters."""
    return {
        found["name"].strip().lower(): _unbraced(found["value"].strip())
        for found in _ATTRIBUTE.finditer(connection)
    }


def completed(connection: str, wanted: Mapping[str, str]) -> str:
    """Return a connection string with what its driver needs; what is said already stays."""
    said = attributes(connection)
    missing = [f"{name}={value}" for name, value in wanted.items() if name.lower() not in said]
    return ";".join([connection.rstrip("; "), *missing])


def driver_of(connection: str) -> str:
    """Return the driver or data source that a connection string names."""
    said = attributes(connection)
    return said.get("driver") or said.get("dsn") or "of no name"


def _unbraced(value: str) -> str:
    return value[1:-1].replace("}}", "}") if value.startswith("{") else value
