"""SQLite, whose columns hold any value whatever their type, and whose driver converts by the type.

libsqliteodbc cuts integers to 32 bits, doubles to 15 digits, fractions off seconds and texts at a
NUL; it makes nulls of values that are not of their column's type, and false of `maybe`. So every
value comes as a text that SQLite itself wrote, beside its own word (typeof) for what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from hub_lane_odbc.dialects.dialect import Dialect
from hub_lane_odbc.errors import Refusal
from hub_lane_odbc.request import Column, FailureKind, Kind

_UNTYPED = "of no declared type"
_VIEW, _SHAPE = "hub_source", "hub_shape"
# Enough that every double comes back; 17 are not: SQLite's printf rounds as it goes.
_DOUBLE = "'~' || printf('%!.20g', {name})"
# https://www.sqlite.org/datatype3.html, 3.1, after the names that ODBC's drivers know.
_AFFINITIES = (
    ("BOOL", Kind.BOOLEAN),
    ("DATETIME", Kind.LOCAL_TIME),
    ("TIMESTAMP", Kind.LOCAL_TIME),
    ("DATE", Kind.DATE),
    ("TIME", Kind.TIME),
    ("INT", Kind.INTEGER),
    ("CHAR", Kind.TEXT),
    ("CLOB", Kind.TEXT),
    ("TEXT", Kind.TEXT),
    ("BLOB", Kind.BINARY),
    ("REAL", Kind.DOUBLE),
    ("FLOA", Kind.DOUBLE),
    ("DOUB", Kind.DOUBLE),
)
_SCALELESS = re.compile(r"(?:NUMERIC|DECIMAL)\s*\(\s*\d+\s*(?:,\s*0\s*)?\)")


class _Classes(NamedTuple):
    """How many values of a column are of each of SQLite's own classes."""

    integers: int
    reals: int
    texts: int
    blobs: int
    # Texts that hold a NUL character.
    cut: int


class SQLite(Dialect):
    """See ``Dialect``."""

    # Row by row, not all at once into memory.
    attributes: ClassVar = {"StepAPI": "yes"}

    @property
    def relation(self) -> str:
        return f"temp.{_VIEW} source"

    def columns(self) -> list[Column]:
        self.session.rows(f"create temp view {_VIEW} as {self.request.query}")
        found = self.session.rows(f"select name, type from pragma_table_info('{_VIEW}')")  # noqa: S608 - our own name
        self.demand_names([str(name) for name, _ in found])
        columns = [_column(str(name), declared or "") for name, declared in found]
        return [
            self._ordered_by_class(column) if self._is_cursor(column) else column
            for column in columns
        ]

    def _is_cursor(self, column: Column) -> bool:
        return column.name.lower() == (self.request.cursor or "").lower()

    def _ordered_by_class(self, column: Column) -> Column:
        """Return an untyped cursor with the type that all its values have, if they have one."""
        if column.declared != _UNTYPED:
            return column
        name = self.named(column)
        [classes] = self.session.rows(
            f"select min(typeof({name})), max(typeof({name})) from {self.relation}"  # noqa: S608 - quoted name
            f" where {name} is not null"
        )
        if classes == ["integer", "integer"]:
            return replace(column, kind=Kind.INTEGER)
        if classes in (["text", "text"], [None, None]):
            return column
        raise Refusal(
            FailureKind.DATA,
            f"{self.request.name}.{column.name} has no declared type and holds "
            f"{' and '.join(dict.fromkeys(map(str, classes)))} values, so it cannot be a cursor",
            "name another cursor",
        )

    def inspected(self, columns: list[Column]) -> list[Column]:
        counts = ", ".join(
            f"coalesce(sum({condition}), 0)"
            for column in columns
            for condition in _conditions(self.named(column))
        )
        [row] = self.session.rows(f"select {counts} from {self.relation}{self.where(columns)}")  # noqa: S608 - quoted names
        numbers = [int(count or 0) for count in row]
        step = len(_Classes._fields)
        for place, column in enumerate(columns):
            self._demand_whole(column, _Classes(*numbers[place * step : (place + 1) * step]))
        return columns

    def _demand_whole(self, column: Column, found: _Classes) -> None:
        where = f"{self.request.name}.{column.name} ({column.declared})"
        others = found.integers + found.reals + (found.texts if column.kind is Kind.TEXT else 0)
        if column.kind is Kind.BINARY and others:
            raise Refusal(
                FailureKind.DATA,
                f"{where} holds {others} numbers among binary values",
                "read it by a query that makes them one type",
            )
        if column.kind is not Kind.BINARY and found.blobs:
            raise Refusal(
                FailureKind.DATA,
                f"{where} holds {found.blobs} binary values",
                f"read it by a query: hex({column.name}) as {column.name}",
            )
        if column.kind is not Kind.BINARY and found.cut:
            raise Refusal(
                FailureKind.DATA,
                f"{where} holds {found.cut} texts with a NUL character, which ODBC would cut off",
                f"read it by a query: hex({column.name}) as {column.name}",
            )
        if self._is_cursor(column) and found.texts and found.integers + found.reals:
            raise Refusal(
                FailureKind.DATA,
                f"{where} holds texts among its numbers, so it cannot be a cursor",
                "read it by a query that makes them one type",
            )

    def written(self, column: Column) -> str:
        name = self.named(column)
        if column.kind is Kind.BINARY:
            return f"case when {name} is not null then hex(cast({name} as blob)) end"
        text = f"case substr({name}, 1, 1) when '~' then '~' || {name} else {name} end"
        return (
            f"case typeof({name}) when 'real' then {_DOUBLE.format(name=name)}"
            f" when 'text' then {text} else cast({name} as text) end"
        )

    def size(self, column: Column) -> str:
        return f"length(cast({self.written(column)} as blob))"

    def select(self, columns: Sequence[Column], sizes: Sequence[int]) -> str:
        """Read behind an empty table that declares how long the texts are.

        The driver takes a column's size from its declaration, and an expression has none.
        """
        shape = ", ".join(f"c{place} varchar({size})" for place, size in enumerate(sizes))
        self.session.rows(f"create temp table {_SHAPE} ({shape})")
        parts = ", ".join(map(self.written, columns))
        # A limit keeps SQLite from dropping the order of a part.
        rows = f"select {parts} from {self.ordered(columns)} limit -1"  # noqa: S608 - quoted names
        return f"select * from temp.{_SHAPE} where 0 union all select * from ({rows})"  # noqa: S608 - see above

    def compared(self, cursor: Column) -> str:
        return f"{self.named(cursor)} collate binary"

    def literal(self, cursor: Column, value: str) -> str:
        written = super().literal(cursor, value)
        # Numbers and texts are kept side by side; only the value tells which one the cursor is.
        is_number = cursor.kind in _NUMERIC and re.fullmatch(r"-?\d+", value)
        return value if is_number else written


_NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.LOCAL_TIME)


def _column(name: str, declared: str) -> Column:
    kind = _kind(declared.upper())
    return Column(
        name=name,
        kind=kind,
        declared=declared or _UNTYPED,
        is_tagged=kind is not Kind.BINARY,
    )


def _kind(declared: str) -> Kind:
    for part, kind in _AFFINITIES:
        if part in declared:
            return kind
    if not declared:
        return Kind.TEXT
    return Kind.INTEGER if _SCALELESS.search(declared) else Kind.DOUBLE


def _conditions(name: str) -> tuple[str, ...]:
    classes = ("integer", "real", "text", "blob")
    cut = f"typeof({name}) = 'text' and instr(cast({name} as blob), x'00') > 0"
    return (*(f"typeof({name}) = '{each}'" for each in classes), cut)
