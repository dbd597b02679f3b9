"""Going on behind a cursor whose values may come more than once.

What shares the last value was read in part only, if the run broke off there, or if another row of
that value came later. So the checkpoint holds a digest of each row that has the last value, and
the source is asked for that value again: rows that are known are left out, each as often as it was
read, and all others are new.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Struct

from hub.domain.errors import DataError
from hub_lane_odbc.request import Column, Kind
from hub_lane_odbc.typed import untagged

_DIGEST_BYTES = 8
# So many rows of one value are told apart; more would swell every commit.
MOST_TIES = 100_000


class Cursor(Struct, frozen=True, kw_only=True):
    """Where reading stopped: the last value, as text, and the rows that have it.

    ``below`` counts the source's rows before that value: more of them would have come too late.
    ``records`` counts all that was read so far.
    """

    value: str
    seen: str
    below: int
    records: int


class Reading:
    """One run's way from a cursor on."""

    def __init__(self, name: str, columns: list[Column], cursor: str, known: Cursor | None) -> None:
        self._name = name
        self._place = next(
            n for n, each in enumerate(columns) if each.name.lower() == cursor.lower()
        )
        self._column = columns[self._place]
        self._known = Counter(_unpacked(known.seen)) if known else Counter()
        self._value = known.value if known else None
        self._ties = list(self._known.elements())
        self.records = known.records if known else 0
        # Rows of the source that lie before the first of the current ties.
        self._below = 0
        self._passed = 0

    def demand_none_late(self, below: int, known: Cursor | None) -> None:
        """Take note of how many rows lie before the cursor.

        Raises:
            DataError: there are more of them than there were.

        """
        self._below = self._passed = below
        if known is not None and below > known.below:
            raise DataError(
                f"{below - known.below} rows of {self._name} came with a {self._column.name} before"
                f" {known.value}, up to which it was read already: no run would read them",
                fix="name a cursor that only grows, or none: then the whole table is read",
            )

    def fresh(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows that were not read before."""
        for batch in batches:
            known = self._known_rows(batch)
            if known is None:
                yield batch
                continue
            self._passed += known.count(True)
            yield batch.filter(pa.array([not each for each in known], pa.bool_()))

    def after(self, piece: pa.Table) -> Cursor:
        """Return the cursor behind a piece of fresh rows.

        Raises:
            DataError: too many rows share its last value.

        """
        values = piece.column(self._place).to_pylist()
        last = _text(values[-1])
        key = self._key(last)
        start = len(values)
        while start and self._key(_text(values[start - 1])) == key:
            start -= 1
        if start or self._value is None or self._key(self._value) != key:
            self._below = self._passed + start
            self._ties = []
        self._ties += [_digest(row) for row in piece.slice(start).to_pylist()]
        if len(self._ties) > MOST_TIES:
            raise DataError(
                f"more than {MOST_TIES} rows of {self._name} have {self._column.name} = {last}",
                fix="name a finer cursor, or none: then the whole table is read",
            )
        self._value = last
        self._passed += len(values)
        self.records += len(values)
        return Cursor(value=last, seen=_packed(self._ties), below=self._below, records=self.records)

    def _known_rows(self, batch: pa.RecordBatch) -> list[bool] | None:
        """Tell for each row whether it was read before; None where none of the batch was."""
        if not batch.num_rows or not self._known.total() or self._value is None:
            return None
        key = self._key(self._value)
        found = []
        for row in batch.to_pylist():
            digest = _digest(row)
            is_known = self._key(_text(row[self._column.name])) == key and self._known[digest] > 0
            self._known[digest] -= is_known
            found.append(is_known)
        if self._key(_text(batch.column(self._place)[-1].as_py())) != key:
            # Rows are in order: none of them can come any more.
            self._known.clear()
        return found

    def _key(self, text: str) -> str | Decimal:
        """Return what two values share if the source takes them for one: 1.0 is 1.00."""
        if self._column.kind not in (Kind.INTEGER, Kind.DECIMAL):
            return text
        try:
            return Decimal(text)
        except InvalidOperation:
            return text


def _text(value: Any) -> str:  # noqa: ANN401 - what a source counts by
    if isinstance(value, str):
        return untagged(value)
    return value.isoformat(" ") if hasattr(value, "hour") else str(value)


def _digest(row: dict[str, Any]) -> bytes:
    encoded = msgspec.json.encode(list(row.values()), enc_hook=str)
    return blake2b(encoded, digest_size=_DIGEST_BYTES).digest()


def _packed(digests: list[bytes]) -> str:
    return b64encode(b"".join(digests)).decode()


def _unpacked(packed: str) -> list[bytes]:
    whole = b64decode(packed)
    return [whole[n : n + _DIGEST_BYTES] for n in range(0, len(whole), _DIGEST_BYTES)]
