"""PostgreSQL, which writes every value out as text, exactly.

psqlodbc makes floats of doubles, texts of booleans, drops the zone of instants and gives the year
9999 for infinity; none of that happens to a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pyarrow as pa

from hub_lane_odbc.dialects.dialect import Dialect
from hub_lane_odbc.request import Column, Kind, Request

_SETTINGS = {
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "extra_float_digits": "3",
    "TimeZone": "UTC",
}
_KINDS = {
    **dict.fromkeys(("smallint", "integer", "bigint", "oid"), Kind.INTEGER),
    "double precision": Kind.DOUBLE,
    "real": Kind.SINGLE,
    "numeric": Kind.DECIMAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "time without time zone": Kind.TIME,
    "timestamp without time zone": Kind.LOCAL_TIME,
    "timestamp with time zone": Kind.INSTANT,
    "bytea": Kind.BINARY,
}
_COLLATED = ("text", "character varying", "character", "name", "citext")
# What psqlodbc says of a numeric without precision, and what then is kept of it.
_UNLIMITED = (28, 6)
_ROOMY = (38, 18)


class PostgreSQL(Dialect):
    """See ``Dialect``."""

    attributes: ClassVar = {"UseDeclareFetch": "1"}

    def begin(self) -> None:
        self.session.rows("set transaction isolation level repeatable read, read only")
        settings = ", ".join(f"set_config('{k}', '{v}', true)" for k, v in _SETTINGS.items())
        self.session.rows(f"select {settings}")

    def columns(self) -> list[Column]:
        schema = self.session.described(self.relation)
        self.demand_names(schema.names)
        plain = [Column(name=name, kind=Kind.TEXT, declared="") for name in schema.names]
        types = ", ".join(f"pg_typeof({self.named(column)})::text" for column in plain)
        # One row of nulls, which has the types; nothing is read.
        [row] = self.session.rows(
            f"select {types} from (select 1) one left join {self.relation} on false"  # noqa: S608 - quoted names
        )
        return [_column(field, declared or "") for field, declared in zip(schema, row, strict=True)]

    def written(self, column: Column) -> str:
        name = self.named(column)
        if column.kind is Kind.BINARY:
            return f"encode({name}, 'hex')"
        return f"'~' || {name}::text" if column.is_tagged else f"{name}::text"

    def size(self, column: Column) -> str:
        return f"octet_length({self.written(column)})"

    def select(self, columns: Sequence[Column], sizes: Sequence[int]) -> str:
        # As long as the longest in the same state of the source: nothing is cut.
        parts = ", ".join(
            f"({self.written(column)})::varchar({size}) as c{place}"
            for place, (column, size) in enumerate(zip(columns, sizes, strict=True))
        )
        return f"select {parts} from {self.ordered(columns)}"  # noqa: S608 - quoted names

    def order(self, columns: Sequence[Column]) -> str:  # noqa: ARG002 - of the whole row
        # Some types, such as json, have no order of their own.
        return 'source::text collate "C"'

    def compared(self, cursor: Column) -> str:
        collation = ' collate "C"' if cursor.declared in _COLLATED else ""
        return f"{self.named(cursor)}{collation}"


def of_sizes(request: Request) -> dict[str, str]:
    """Return how long texts may be, which psqlodbc must be told."""
    longest = str(request.max_text_bytes)
    return {
        "MaxVarcharSize": longest,
        "MaxLongVarcharSize": longest,
        "Fetch": str(request.batch_rows),
    }


def _column(field: pa.Field, declared: str) -> Column:
    kind = _KINDS.get(declared, Kind.TEXT)
    precision, scale = 0, 0
    if kind is Kind.DECIMAL:
        precision, scale = _ROOMY
        if pa.types.is_decimal(field.type):
            said = field.type.precision, field.type.scale
            precision, scale = said if said != _UNLIMITED else _ROOMY
    return Column(
        name=field.name,
        kind=kind,
        declared=declared,
        precision=precision,
        scale=scale,
        is_tagged=kind in (Kind.DOUBLE, Kind.SINGLE),
    )
