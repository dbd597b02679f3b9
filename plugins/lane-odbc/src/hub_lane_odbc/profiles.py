"""What each driver must be told, so that it hands over the values that its database holds.

Without it libsqliteodbc cuts 64-bit integers to 32 bits, and psqlodbc doubles to floats and
booleans to texts; neither says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

_ATTRIBUTES = {
    "sqlite": {"BigInt": "yes", "StepAPI": "yes", "NoWCHAR": "no"},
    "postgres": {"BoolsAsChar": "0", "UseDeclareFetch": "1", "Fetch": "20000"},
}
_TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    # Never with a zone: the driver manager's bridge aborts the process on one.
    "timestamp": pa.timestamp("us"),
}


def complete(connection: str) -> str:
    """Return a connection string with what its driver needs; what is said already stays."""
    said = {part.partition("=")[0].strip().lower() for part in connection.split(";")}
    missing = [
        f"{name}={value}"
        for family, attributes in _ATTRIBUTES.items()
        if family in driver_of(connection).lower()
        for name, value in attributes.items()
        if name.lower() not in said
    ]
    return ";".join([connection.rstrip(";"), *missing])


def driver_of(connection: str) -> str:
    """Return the driver or data source that a connection string names."""
    for part in connection.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() in ("driver", "dsn"):
            return value.strip(" {}")
    return "of no name"


def typed(found: pa.Schema, expected: Mapping[str, str]) -> pa.Schema:
    """Return the schema to read with: a contract's types, and the widest where it says nothing."""
    return pa.schema([pa.field(f.name, _type(f, expected.get(f.name)), f.nullable) for f in found])


def _type(field: pa.Field, logical: str | None) -> pa.DataType:
    if logical in _TYPES and not pa.types.is_decimal(field.type):
        return _TYPES[logical]
    if pa.types.is_integer(field.type):
        return pa.int64()
    if pa.types.is_floating(field.type):
        return pa.float64()
    return field.type
