"""Rows as Arrow tables: made from records, told where they came from, asked for their newest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.errors import DataError, InvalidInput

# Together they identify a record for ever: where it came from, and its place there.
ORIGIN = "_origin"
SEQUENCE = "_sequence"
SYSTEM_COLUMNS = (ORIGIN, SEQUENCE)

Place: TypeAlias = tuple[str, int]

_MICROSECONDS = pa.timestamp("us")


def table_of(records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return records as a table with every field that any of them has, in order of appearance.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError: the values of a field are not of one type.

    """
    names = dict.fromkeys(name for record in records for name in record)
    return pa.table({name: pa.array([record.get(name) for record in records]) for name in names})


def placed(table: pa.Table, origins: pa.Array, sequences: pa.Array) -> pa.Table:
    """Return the table with the columns that say where each row came from.

    Raises:
        DataError: the source itself has a column of that name.

    """
    for name in SYSTEM_COLUMNS:
        if name in table.column_names:
            raise DataError(f"the source has a column {name}, which is the hub's own name")
    return table.append_column(ORIGIN, origins).append_column(SEQUENCE, sequences)


def without(table: pa.Table, known: Collection[Place]) -> pa.Table:
    """Return the rows whose places are not known."""
    if not known or table.num_rows == 0:
        return table
    found = zip(table[ORIGIN].to_pylist(), table[SEQUENCE].to_pylist(), strict=True)
    return table.filter(pa.array([place not in known for place in found]))


def newest(table: pa.Table, field: str | None) -> int | None:
    """Return the greatest time in a column, in microseconds UTC; None where there is none.

    Raises:
        InvalidInput: the column holds no times.

    """
    if field is None or field not in table.column_names:
        return None
    column = table.column(field)
    if pa.types.is_null(column.type):
        return None
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        message = f"event_time: field {field} is {column.type}, not a timestamp or date"
        raise InvalidInput(message, fix="name a field that the contract types as timestamp")
    greatest = pc.max(column)
    if not greatest.is_valid:
        return None
    if pa.types.is_timestamp(greatest.type) and greatest.type.tz:
        return int(greatest.cast(pa.timestamp("us", greatest.type.tz)).value)
    return int(greatest.cast(_MICROSECONDS).value)


def as_json(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON with its fields in order: times as ISO-8601, decimals as text."""
    own = {name: value for name, value in record.items() if name not in SYSTEM_COLUMNS}
    return msgspec.json.encode(own, enc_hook=str)


def described(schema: pa.Schema) -> list[tuple[str, str]]:
    """Return names and types of a schema's fields, for the schema facet."""
    return [(part.name, str(part.type)) for part in schema]
