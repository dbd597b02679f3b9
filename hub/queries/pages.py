"""Pages by keyset: what follows a row is found by its sort key, so deep pages cost no more."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from sqlalchemy import Select, literal, tuple_

from hub.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

MAX_FIRST = 100

Key = tuple[str | int, ...]


class Sorted(Protocol):
    """A row that knows where it stands in its list."""

    @property
    def sort_key(self) -> Key:
        """The values that the list is sorted by, unique in it."""


RowT = TypeVar("RowT", bound=Sorted)


class PageRequest(NamedTuple):
    """How many rows, and after which. Build it with ``page_request``."""

    first: int
    after: Key | None = None


class Page(NamedTuple, Generic[RowT]):
    """Some rows of a list, and whether more follow."""

    rows: Sequence[RowT]
    has_next: bool = False


def page_request(first: int, after: str | None) -> PageRequest:
    """Return a checked request.

    Raises:
        InvalidInput: ``first`` is out of range, or ``after`` is no cursor of this hub.

    """
    if not 1 <= first <= MAX_FIRST:
        raise InvalidInput(f"first: {first} is not between 1 and {MAX_FIRST}")
    return PageRequest(first, None if after is None else _read_cursor(after))


def cursor(row: Sorted) -> str:
    """Return the opaque text that continues a list after ``row``."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(row.sort_key)).decode()


def follows(
    columns: Sequence[ColumnElement[Any]], key: Key, *, descending: bool = False
) -> ColumnElement[bool]:
    """Return the condition that a row stands after ``key`` in the order of ``columns``.

    The columns are of one table, so that an index on them leads straight to the place.

    Raises:
        InvalidInput: ``key`` came from a list with another order.

    """
    check_key(key, len(columns))
    row, place = tuple_(*columns), tuple_(*map(literal, key))
    return row < place if descending else row > place


def check_key(key: Key, length: int) -> None:
    """Refuse a cursor of another list.

    Raises:
        InvalidInput: it has not ``length`` parts.

    """
    if len(key) != length:
        raise InvalidInput("after: the cursor belongs to another list")


def fetch(
    connection: Connection,
    statement: Select[Any],
    request: PageRequest,
    make_row: Callable[[Row[Any]], RowT],
) -> Page[RowT]:
    """Return one page of a sorted statement."""
    found = connection.execute(statement.limit(request.first + 1)).all()
    return Page([make_row(row) for row in found[: request.first]], len(found) > request.first)


def slice_page(rows: Iterable[RowT], request: PageRequest) -> Page[RowT]:
    """Return one page of rows that are in memory, in whatever order they are."""
    ordered = sorted(rows, key=lambda row: row.sort_key)
    if request.after is not None:
        after = request.after
        ordered = [row for row in ordered if row.sort_key > after]
    return Page(ordered[: request.first], len(ordered) > request.first)


def merge_pages(pages: Sequence[Page[RowT]], *, first: int) -> Page[RowT]:
    """Return one page of several lists together, each sorted by its key, the greatest first."""
    rows = sorted((r for page in pages for r in page.rows), key=lambda r: r.sort_key, reverse=True)
    return Page(rows[:first], len(rows) > first or any(page.has_next for page in pages))


def _read_cursor(text: str) -> Key:
    try:
        decoded = msgspec.msgpack.decode(base64.urlsafe_b64decode(text), type=Key)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise InvalidInput(f"after: {text!r} is no cursor") from error
    return decoded
