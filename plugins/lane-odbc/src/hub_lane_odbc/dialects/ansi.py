"""Any other database: standard SQL, and the types that its driver says, none of them narrowed.

There is no catalogue that all of them have, so the driver's word is what there is; rows and nulls
are counted in the source all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.types as kinds

from hub_lane_odbc.dialects.dialect import Dialect
from hub_lane_odbc.request import Column, Kind


class Ansi(Dialect):
    """See ``Dialect``."""

    def columns(self) -> list[Column]:
        described = self.session.described(self.relation)
        self.demand_names(described.names)
        return [
            Column(
                name=field.name,
                kind=_kind(field.type),
                declared=str(field.type),
                precision=field.type.precision if kinds.is_decimal(field.type) else 0,
                scale=field.type.scale if kinds.is_decimal(field.type) else 0,
                is_native=native_type(field.type) != pa.string(),
            )
            for field in described
        ]

    def size(self, column: Column) -> str | None:  # noqa: ARG002 - its function has another name everywhere
        return None

    def select(self, columns: Sequence[Column], sizes: Sequence[int]) -> str:  # noqa: ARG002 - unknown
        parts = ", ".join(map(self.named, columns))
        return f"select {parts} from {self.ordered(columns)}"  # noqa: S608 - quoted names

    def schema(self, columns: Sequence[Column]) -> pa.Schema:
        """Return the types to read with."""
        described = self.session.described(self.relation)
        types = [native_type(field.type) for field in described]
        return pa.schema([(column.name, kind) for column, kind in zip(columns, types, strict=True)])


def native_type(said: pa.DataType) -> pa.DataType:
    """Return the type to read a column with: the widest of its sort."""
    if kinds.is_integer(said):
        return pa.int64()
    if kinds.is_floating(said):
        return pa.float64()
    if kinds.is_fixed_size_binary(said) or kinds.is_binary(said):
        # Never of a fixed size: arrow-odbc aborts the process on a shorter value.
        return pa.binary()
    if kinds.is_timestamp(said):
        # Never with a zone: it aborts on one as well.
        return pa.string() if said.tz else pa.timestamp("ns" if said.unit == "ns" else "us")
    return said


def _kind(said: pa.DataType) -> Kind:
    for is_kind, kind in (
        (kinds.is_integer, Kind.INTEGER),
        (kinds.is_floating, Kind.DOUBLE),
        (kinds.is_decimal, Kind.DECIMAL),
        (kinds.is_boolean, Kind.BOOLEAN),
        (kinds.is_date, Kind.DATE),
        (kinds.is_time, Kind.TIME),
        (kinds.is_binary, Kind.BINARY),
        (kinds.is_fixed_size_binary, Kind.BINARY),
    ):
        if is_kind(said):
            return kind
    if kinds.is_timestamp(said):
        return Kind.INSTANT if said.tz else Kind.LOCAL_TIME
    return Kind.TEXT
