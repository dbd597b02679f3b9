"""Splits a stream of bytes into records, one or more lines each, and knows how far it came."""

from __future__ import annotations

from collections import deque
from typing import IO

from msgspec import Struct

BOM = b"\xef\xbb\xbf"
MAX_RECORD_BYTES = 2**20
_MAX_RECORD_LINES = 1_000
# Of a record that is too long, so much is kept for people to see.
_KEPT_BYTES = 2**16


class Record(Struct, frozen=True):
    """One record as it stands in the file, without its line's end; ``line`` counts from 1."""

    raw: bytes
    line: int
    problem: str | None = None

    def lines(self) -> list[Record]:
        """Return its lines as records of their own."""
        parts = self.raw.split(b"\n")
        return [Record(part.removesuffix(b"\r"), self.line + n) for n, part in enumerate(parts)]


class Records:
    """Records of a stream from ``offset`` on; ``line`` is how many lines lie before it.

    With ``quote``, a line's end inside quotes belongs to the record (RFC 4180, 2.6). A quote that
    is never closed costs its line, not the rest of the file.
    """

    def __init__(
        self, stream: IO[bytes], *, offset: int = 0, line: int = 0, quote: bytes | None = None
    ) -> None:
        self.offset = offset
        self.line = line
        self._stream = stream
        self._quote = quote
        # Lines read ahead, each with its length in the stream.
        self._ahead: deque[tuple[bytes, int]] = deque()
        if offset:
            stream.seek(offset)

    def next(self) -> Record | None:
        """Return the next record that is not blank, or None at the end."""
        while (taken := self._take()) is not None:
            raw, length = taken
            if length > MAX_RECORD_BYTES:
                problem = f"the record is {length} bytes long, more than {MAX_RECORD_BYTES}"
                return Record(raw[:_KEPT_BYTES], self.line, problem)
            if raw.strip():
                return self._completed(raw)
        return None

    def at_end(self) -> bool:
        """Tell whether nothing follows."""
        if not self._ahead and (found := self._read()) is not None:
            self._ahead.append(found)
        return not self._ahead

    def _completed(self, raw: bytes) -> Record:
        """Return the record that starts with a line, with the lines that its quotes reach over."""
        line = self.line
        if self._quote is None or raw.count(self._quote) % 2 == 0:
            return Record(_chomp(raw), line)
        taken: list[tuple[bytes, int]] = []
        size = len(raw)
        while len(taken) < _MAX_RECORD_LINES and size <= MAX_RECORD_BYTES:
            if (found := self._take()) is None:
                break
            taken.append(found)
            size += found[1]
            if found[0].count(self._quote) % 2:
                return Record(_chomp(raw + b"".join(part for part, _ in taken)), line)
        self._give_back(taken)
        return Record(_chomp(raw), line, "a quote is opened and never closed")

    def _take(self) -> tuple[bytes, int] | None:
        found = self._ahead.popleft() if self._ahead else self._read()
        if found is not None:
            self.offset += found[1]
            self.line += 1
        return found

    def _give_back(self, lines: list[tuple[bytes, int]]) -> None:
        self._ahead.extendleft(reversed(lines))
        self.offset -= sum(length for _, length in lines)
        self.line -= len(lines)

    def _read(self) -> tuple[bytes, int] | None:
        raw = self._stream.readline(MAX_RECORD_BYTES)
        if not raw:
            return None
        length = len(raw)
        if length == MAX_RECORD_BYTES and not raw.endswith(b"\n"):
            while rest := self._stream.readline(MAX_RECORD_BYTES):
                length += len(rest)
                if rest.endswith(b"\n"):
                    break
        return raw, length


def _chomp(raw: bytes) -> bytes:
    return raw.removesuffix(b"\n").removesuffix(b"\r")
