"""A batch as DuckDB can take it."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from hub_gate_duckdb.sql import FIELDS, ROW, ROWS, column

_LARGEST_PRECISION = 38


def takeable(table: pa.Table) -> pa.Table:
    """Return the table with the types that DuckDB lacks in ones that it has, exactly."""
    for place, field in enumerate(table.schema):
        if (kind := _replacement(field.type)) is not None:
            table = table.set_column(place, field.name, _cast(table.column(place), kind))
    return table


def register(database: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    """Make the views of a batch.

    SQL cannot tell ``id`` from ``ID``: where a batch has both, DuckDB would rename one in silence,
    so rules of type ``sql`` find no batch then.
    """
    names = table.column_names
    places = {column(place): values for place, values in enumerate(table.columns)}
    rows = pa.array(range(table.num_rows), pa.int64())
    database.register(FIELDS, pa.table({ROW: rows, **places}))
    if names and len({name.casefold() for name in names}) == len(names):
        database.register(ROWS, table)


def _replacement(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal(kind) and kind.precision > _LARGEST_PRECISION:
        return pa.decimal128(_LARGEST_PRECISION, min(kind.scale, _LARGEST_PRECISION))
    return None


def _cast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        # Too large for any decimal of DuckDB's: its digits are.
        return values.cast(pa.string())
