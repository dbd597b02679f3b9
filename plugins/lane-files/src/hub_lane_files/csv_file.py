"""Reads CSV: strictly by its quotes, one broken record at a time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import pyarrow as pa

from hub.domain.errors import DataError
from hub.spi.columns import Faults, Typing
from hub_lane_files.chunk import Chunk, Fault, Place, Rows, fault, refuse, text_chunks
from hub_lane_files.options import Options
from hub_lane_files.text import BOM, MAX_RECORD_BYTES, Record, Records

_QUOTE = b'"'

# Python's own limit is an eighth of a record's; it is the process's, and only ever raised.
csv.field_size_limit(MAX_RECORD_BYTES)


def csv_chunks(
    stream: IO[bytes], place: Place, options: Options, typing: Typing
) -> Iterator[Chunk]:
    """Yield the records behind ``place``.

    Raises:
        DataError: the header cannot be read, or names two fields alike.

    """
    parser = _Parser(options, typing)
    start = Records(stream, quote=_QUOTE)
    if start.at_end():
        return
    if not options.columns:
        parser.read_header(start)
    if place.offset:
        start = Records(stream, offset=place.offset, line=place.line, quote=_QUOTE)
    yield from text_chunks(start, options.slice_rows, parser.parse)


class _Parser:
    def __init__(self, options: Options, typing: Typing) -> None:
        self._delimiter = options.delimiter or ","
        self._encoding = options.encoding
        self._nulls = frozenset(options.nulls)
        self._typing = typing
        self._names = list(options.columns)
        # Goes before each refused record: without its header no record can be read again.
        self._header = b""

    def read_header(self, records: Records) -> None:
        record = records.next()
        if record is None:
            raise DataError("the file has no header")
        names = self._fields(Record(record.raw.removeprefix(BOM), record.line, record.problem))
        if isinstance(names, str):
            raise DataError(f"the header cannot be read: {names}")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice or not all(names):
            what = f"{twice[0]!r} twice" if twice else "a field without a name"
            raise DataError(
                f"the header has {what}: {', '.join(names)}", fix="give every field its own name"
            )
        self._names, self._header = names, record.raw + b"\n"

    def parse(self, records: list[Record]) -> Rows:
        faults: list[Fault] = []
        rows = self._all_fields(records)
        if rows is None:
            records, rows = self._each_fields(records, faults)
        values: Iterable[Sequence[str]] = (
            zip(*rows, strict=True) if rows else [()] * len(self._names)
        )
        wrong: Faults = {}
        columns = {
            name: self._typing.texts(name, self._without_nulls(column), wrong)
            for name, column in zip(self._names, values, strict=True)
        }
        good = refuse(pa.table(columns), records, wrong, self._header)
        return Rows(good.table, faults + good.faults)

    def _without_nulls(self, values: Sequence[str]) -> list[str | None]:
        nulls = self._nulls
        return [None if value in nulls else value for value in values]

    def _all_fields(self, records: list[Record]) -> list[list[str]] | None:
        """Return the fields of all records, or None when one of them is broken."""
        if any(record.problem for record in records):
            return None
        width = len(self._names)
        try:
            texts = [record.raw.decode(self._encoding) for record in records]
            rows = list(csv.reader(texts, delimiter=self._delimiter, strict=True))
        except (csv.Error, UnicodeDecodeError):
            return None
        if len(rows) != len(records) or any(len(row) != width for row in rows):
            return None
        return rows

    def _each_fields(
        self, records: list[Record], faults: list[Fault]
    ) -> tuple[list[Record], list[list[str]]]:
        """Return the sound records and their fields.

        A broken record of many lines may be sound ones behind a stray quote: each of its lines
        is tried.
        """
        sound: list[Record] = []
        rows: list[list[str]] = []
        for record in records:
            fields = self._fields(record)
            if isinstance(fields, str) and b"\n" in record.raw:
                inner_sound, inner_rows = self._each_fields(record.lines(), faults)
                sound += inner_sound
                rows += inner_rows
            elif isinstance(fields, str):
                faults.append(fault(record, fields, self._header))
            else:
                sound.append(record)
                rows.append(fields)
        return sound, rows

    def _fields(self, record: Record) -> list[str] | str:
        """Return a record's fields, or what is wrong with it."""
        if record.problem:
            return record.problem
        try:
            text = record.raw.decode(self._encoding)
            fields: list[str] = next(csv.reader([text], delimiter=self._delimiter, strict=True))
        except UnicodeDecodeError as error:
            return f"it is not {self._encoding}: {error.reason} at byte {error.start}"
        except csv.Error as error:
            return str(error)
        if self._names and len(fields) != len(self._names):
            return f"{len(fields)} fields, not {len(self._names)}"
        return fields
