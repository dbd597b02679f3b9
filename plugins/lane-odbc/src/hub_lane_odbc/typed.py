"""From what the child wrote to columns of the contract's types, exactly or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.errors import DataError
from hub.spi.columns import Faults, Typing
from hub_lane_odbc.request import Column, Kind

_LOGICAL = {
    Kind.INTEGER: "integer",
    Kind.DOUBLE: "number",
    Kind.SINGLE: "number",
    Kind.DECIMAL: "number",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.LOCAL_TIME: "timestamp",
    Kind.INSTANT: "timestamp",
    Kind.TEXT: "string",
}
_UTC = pa.timestamp("us", "UTC")
_NATIVE: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    "time": pa.time64("us"),
}


class Typist:
    """Gives columns the types of a contract, or the source's own where it says nothing."""

    def __init__(self, columns: list[Column], expected: Mapping[str, str], timezone: str) -> None:
        self.columns = columns
        self._wanted = {
            column.name: expected.get(column.name) or _LOGICAL.get(column.kind, "string")
            for column in columns
        }
        self._timezone = timezone
        self._typing = Typing(self._wanted, timezone)

    def table(self, raw: pa.Table) -> tuple[pa.Table, Faults]:
        """Return rows with their types; values that have none are null, and told by row.

        Raises:
            DataError: a column that came with a type of its own cannot be given the contract's.

        """
        faults: Faults = {}
        columns = {
            column.name: self._column(column, raw.column(place).combine_chunks(), faults)
            for place, column in enumerate(self.columns)
        }
        return pa.table(columns), faults

    def _column(self, column: Column, raw: pa.Array, faults: Faults) -> pa.Array:
        if column.is_native:
            return self._native(column, raw)
        if column.kind is Kind.BINARY:
            return pa.array(list(map(_unhexed, raw.to_pylist())), pa.binary())
        texts, doubles = _untagged(raw) if column.is_tagged else (raw, None)
        is_number = self._wanted[column.name] == "number"
        if doubles is not None and not is_number:
            shortest = map(_shortest, doubles.to_pylist())
            texts, doubles = pc.coalesce(texts, pa.array(list(shortest), pa.string())), None
        typed = self._typing.texts(
            column.name, texts, faults, _stored(column) if is_number else None
        )
        return typed if doubles is None else pc.coalesce(doubles.cast(typed.type), typed)

    def _native(self, column: Column, raw: pa.Array) -> pa.Array:
        wanted = self._wanted[column.name]
        try:
            if wanted == "timestamp":
                return self._instants(raw)
            if column.kind is Kind.BINARY or (wanted == "number" and column.kind is Kind.DECIMAL):
                return raw
            return raw.cast(_NATIVE[wanted])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError) as error:
            raise DataError(
                f"{column.name} came as {raw.type}, and cannot be {wanted}: {error}",
                fix="say another type in the contract, or read it by a query that casts it",
            ) from error

    def _instants(self, raw: pa.Array) -> pa.Array:
        local = raw.cast(pa.timestamp("us"))
        return pc.assume_timezone(local, timezone=self._timezone).cast(_UTC)


def as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values of any type as the child writes those that have none."""
    if pa.types.is_binary(values.type):
        return pa.chunked_array([[each and each.hex() for each in values.to_pylist()]], pa.string())
    return values.cast(pa.string())


def untagged(value: str) -> str:
    """Return a tagged text without its tag."""
    return value.removeprefix("~")


def _untagged(raw: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return texts, and the texts of doubles; each null where the other is not."""
    marked = pc.starts_with(raw, "~")
    if not pc.any(marked).as_py():
        return raw, None
    bare = pc.if_else(marked, pc.utf8_slice_codeunits(raw, 1), raw)
    own = pc.and_(marked, pc.invert(pc.starts_with(bare, "~")))
    nothing = pa.scalar(None, pa.string())
    return pc.if_else(own, nothing, bare), pc.if_else(own, bare, nothing)


def _stored(column: Column) -> pa.DataType | None:
    if column.kind is Kind.DECIMAL:
        return pa.decimal128(column.precision, column.scale)
    return pa.float32() if column.kind is Kind.SINGLE else None


def _unhexed(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)


def _shortest(double: str | None) -> str | None:
    return None if double is None else repr(float(double))
