"""What the readers of all formats have in common: a bounded piece of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyarrow as pa
from msgspec import Struct

from hub.spi.columns import Faults, without_faults
from hub_lane_files.text import Record, Records

_MAX_CHUNK_BYTES = 64 * 2**20


class Place(Struct, frozen=True, kw_only=True):
    """How far a file was read: ``offset`` in bytes of text, or in rows of Parquet."""

    offset: int = 0
    line: int = 0


class Fault(NamedTuple):
    """A record that could not be read: what ``reread`` needs to try again, and why."""

    payload: bytes
    reason: str
    line: int = 0


class Rows(NamedTuple):
    """Rows, and the records that made none."""

    table: pa.Table
    faults: list[Fault]


class Chunk(Struct, frozen=True, kw_only=True):
    """Rows of one file, and the place behind them."""

    rows: Rows
    after: Place
    is_last: bool
    bytes_read: int


def text_chunks(
    records: Records, limit: int, parse: Callable[[list[Record]], Rows]
) -> Iterator[Chunk]:
    """Yield the records of a text file in chunks; at least one, though it be without rows."""
    while True:
        start = records.offset
        rows = parse(_taken(records, limit))
        is_last = records.at_end()
        yield Chunk(
            rows=Rows(rows.table, sorted(rows.faults, key=lambda fault: fault.line)),
            after=Place(offset=records.offset, line=records.line),
            is_last=is_last,
            bytes_read=records.offset - start,
        )
        if is_last:
            return


def _taken(records: Records, limit: int) -> list[Record]:
    found: list[Record] = []
    size = 0
    while len(found) < limit and size < _MAX_CHUNK_BYTES:
        if (record := records.next()) is None:
            break
        found.append(record)
        size += len(record.raw)
    return found


def refuse(table: pa.Table, sources: list[Record], faults: Faults, payload: bytes = b"") -> Rows:
    """Return the rows without those that have faults; ``payload`` goes before each refused one."""
    refused = [fault(sources[row], "; ".join(reasons), payload) for row, reasons in faults.items()]
    return Rows(without_faults(table, faults), refused)


def fault(record: Record, reason: str, payload: bytes = b"") -> Fault:
    """Return what is wrong with a record, and where it stands."""
    return Fault(payload + record.raw, f"line {record.line}: {reason}", record.line)
