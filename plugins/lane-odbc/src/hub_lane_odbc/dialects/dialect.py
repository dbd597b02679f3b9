"""What all dialects have in common: the statements of one extraction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from hub_lane_odbc.errors import Refusal
from hub_lane_odbc.request import Column, FailureKind, Kind, Request
from hub_lane_odbc.session import Session

_NUMBERS = frozenset("0123456789.+-eE")
# What can be compared without doubt, and is written as it is kept.
_ORDERED = (
    Kind.INTEGER,
    Kind.DECIMAL,
    Kind.DATE,
    Kind.TIME,
    Kind.LOCAL_TIME,
    Kind.INSTANT,
    Kind.TEXT,
)


class Dialect:
    """One database's SQL. ``source`` is an alias for what is read, in every statement."""

    # What the driver must be told before it connects.
    attributes: ClassVar[dict[str, str]] = {}

    def __init__(self, session: Session, request: Request) -> None:
        self.session = session
        self.request = request

    def begin(self) -> None:
        """Start a transaction that sees one state of the source, where there is such a thing."""

    @property
    def relation(self) -> str:
        """What is read, behind ``from``."""
        return f"({self.request.query}\n) source"

    def columns(self) -> list[Column]:
        """Return what the catalogue says of the columns.

        Raises:
            Refusal: there are none, or two of one name.

        """
        raise NotImplementedError

    def demand_names(self, names: Sequence[str]) -> None:
        """Refuse a source whose columns cannot be told apart."""
        if not names:
            raise Refusal(FailureKind.OPTIONS, f"{self.request.name} has no columns")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            message = f"{self.request.name} gives two columns named {twice[0]}"
            raise Refusal(FailureKind.OPTIONS, message, "name each its own way: `as …`")

    def inspected(self, columns: list[Column]) -> list[Column]:
        """Return the columns as their values turn out to be.

        Raises:
            Refusal: they hold something that no driver hands over whole.

        """
        return columns

    def written(self, column: Column) -> str:
        """Return the expression that gives a column's values."""
        return self.named(column)

    def size(self, column: Column) -> str | None:
        """Return the expression of a value's length in bytes; None where it has no need of one."""
        raise NotImplementedError

    def select(self, columns: Sequence[Column], sizes: Sequence[int]) -> str:
        """Return the statement that reads everything, given the longest value of each column."""
        raise NotImplementedError

    def order(self, columns: Sequence[Column]) -> str:
        """Return an order that is the same whenever the rows are."""
        return ", ".join(map(self.named, columns))

    def compared(self, cursor: Column) -> str:
        """Return the cursor as it is ordered by and compared."""
        return self.named(cursor)

    def literal(self, cursor: Column, value: str) -> str:
        """Return a value of the cursor as SQL has it."""
        if cursor.kind in (Kind.INTEGER, Kind.DECIMAL):
            if not set(value) <= _NUMBERS:
                raise Refusal(
                    FailureKind.OPTIONS, f"the checkpoint's cursor {value!r} is no number"
                )
            return value
        return "'" + value.replace("'", "''") + "'"

    def named(self, column: Column) -> str:
        """Return a column's name as SQL has it."""
        return 'source."' + column.name.replace('"', '""') + '"'

    def ordered(self, columns: Sequence[Column]) -> str:
        """Return where and in which order rows are read, to go behind ``from``."""
        cursor = self.cursor(columns)
        if cursor is None:
            return f"{self.relation} order by {self.order(columns)}"
        order = f"{self.compared(cursor)}, {self.order(columns)}"
        return f"{self.relation}{self.where(columns)} order by {order}"

    def where(self, columns: Sequence[Column]) -> str:
        """Return the condition for the rows that are read."""
        cursor, after = self.cursor(columns), self.request.after
        if cursor is None or after is None:
            return ""
        return f" where {self.compared(cursor)} >= {self.literal(cursor, after)}"

    def cursor(self, columns: Sequence[Column]) -> Column | None:
        """Return the column that is the cursor.

        Raises:
            Refusal: there is no such column, or it has no order that could be relied on.

        """
        name = self.request.cursor
        if name is None:
            return None
        alike = [column for column in columns if column.name.lower() == name.lower()]
        found = next(
            (column for column in alike if column.name == name), alike[0] if alike else None
        )
        if found is None:
            known = ", ".join(column.name for column in columns)
            message = f"{self.request.name} has no column {name} (it has {known})"
            raise Refusal(FailureKind.OPTIONS, message, "name another cursor")
        if found.kind not in _ORDERED:
            message = f"{self.request.name}.{found.name} is {found.declared}, which is no cursor"
            fix = "name a column of whole numbers, decimals, times or texts"
            raise Refusal(FailureKind.OPTIONS, message, fix)
        return found
