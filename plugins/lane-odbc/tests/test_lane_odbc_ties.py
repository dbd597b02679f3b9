"""Going on behind a cursor, whatever rows share: held against a source of plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hub_lane_odbc.extraction import pieces
from hub_lane_odbc.request import Column, Kind
from hub_lane_odbc.ties import Cursor, Reading
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import DataError

COLUMNS = [
    Column(name="id", kind=Kind.TEXT, declared="text"),
    Column(name="n", kind=Kind.DECIMAL, declared="numeric"),
]
Row = tuple[str, str]


def batches(rows: list[Row], known: Cursor | None, size: int) -> Iterator[pa.RecordBatch]:
    """Yield what a source would answer: from the cursor's value on, in order."""
    wanted = [row for row in rows if known is None or Decimal(row[1]) >= Decimal(known.value)]
    wanted.sort(key=lambda row: (Decimal(row[1]), row))
    for start in range(0, len(wanted), size):
        part = wanted[start : start + size]
        yield pa.record_batch([[row[0] for row in part], [row[1] for row in part]], ["id", "n"])


def below(rows: list[Row], known: Cursor | None) -> int:
    return sum(1 for row in rows if known and Decimal(row[1]) < Decimal(known.value))


def read(
    rows: list[Row], known: Cursor | None, slice_rows: int, batch_rows: int
) -> Iterator[tuple[list[Row], Cursor]]:
    reading = Reading("t", COLUMNS, "n", known)
    reading.demand_none_late(below(rows, known), known)
    for piece in pieces(reading.fresh(batches(rows, known, batch_rows)), slice_rows):
        after = reading.after(piece)
        yield [(row["id"], row["n"]) for row in piece.to_pylist()], _kept(after)


def _kept(cursor: Cursor) -> Cursor:
    return msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor)


@given(
    deliveries=st.lists(
        st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=6), max_size=4
    ),
    stops=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    slice_rows=st.integers(1, 4),
    batch_rows=st.integers(1, 4),
)
def test_each_row_is_read_once(
    deliveries: list[list[tuple[str, int]]], stops: list[int], slice_rows: int, batch_rows: int
) -> None:
    source: list[Row] = []
    found: list[Row] = []
    known: Cursor | None = None
    newest = 0
    for delivery, stop in zip(deliveries, stops, strict=False):
        # Rows of one delivery and of the next share values, and some are alike altogether.
        source += [(name, f"{newest + more}.{'0' * len(source)}") for name, more in delivery]
        newest += max((more for _, more in delivery), default=0)
        for number, (rows, after) in enumerate(read(source, known, slice_rows, batch_rows)):
            if number == stop:
                break
            found += rows
            known = after
    for rows, after in read(source, known, slice_rows, batch_rows):
        found += rows
        known = after
    assert sorted(found) == sorted(source)
    assert known is None or known.records == len(source)
    assert list(read(source, known, slice_rows, batch_rows)) == []


def test_what_comes_before_the_cursor_is_told() -> None:
    source = [("a", "1"), ("a", "3")]
    *_, (_, known) = read(source, None, 10, 10)

    assert next(iter(read([*source, ("b", "3.0")], known, 10, 10)))[0] == [("b", "3.0")]
    with pytest.raises(DataError, match="1 rows of t came with a n before 3"):
        list(read([*source, ("b", "2")], known, 10, 10))
