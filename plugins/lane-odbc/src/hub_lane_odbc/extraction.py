"""Runs the child process, and keeps what it read on disk: nothing is used before all is good."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from struct import unpack_from
from tempfile import TemporaryFile
from typing import IO, NoReturn

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.errors import DataError, InvalidInput, Unreachable
from hub_lane_odbc.connection import driver_of
from hub_lane_odbc.request import (
    ANSWER,
    COLUMN,
    REFUSED,
    Answer,
    Column,
    Failure,
    FailureKind,
    Request,
)

# Less than the guard allows a slice, so that the child is ended rather than forgotten.
_TIMEOUT_SECONDS = 840
_MAX_PIECE_BYTES = 64 * 2**20
# How Rust's allocator, and arrow-odbc, say that there is no more.
_OUT_OF_MEMORY = ("memory allocation of", "MemoryError", "not enough memory", "bad_alloc")


class Extraction:
    """What was read: columns as the source describes them, and their rows in order."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        schema = self._opened().schema
        self.columns = [
            msgspec.json.decode(field.metadata[COLUMN], type=Column) for field in schema
        ]
        answer = msgspec.json.decode(schema.metadata[ANSWER], type=Answer)
        # How many rows lie before those that were asked for.
        self.below = answer.below

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows from the first on."""
        yield from self._opened()

    def empty(self) -> pa.Table:
        """Return a table of no rows."""
        return self._opened().schema.empty_table()

    def digest(self) -> str:
        """Return what the rows are known by: the same however they were batched."""
        sums = [_ColumnSum(column) for column in self.columns]
        for batch in self.batches():
            for each, values in zip(sums, batch.columns, strict=True):
                each.add(values)
        return blake2b(b"".join(each.digest() for each in sums), digest_size=12).hexdigest()

    def _opened(self) -> pa.RecordBatchStreamReader:
        self._spool.seek(0)
        return pa.ipc.open_stream(self._spool)


class _ColumnSum:
    """A running digest of a column's values: of their lengths, and of their bytes."""

    def __init__(self, column: Column) -> None:
        self._lengths = blake2b(column.name.encode(), digest_size=16)
        self._bytes = blake2b(digest_size=16)

    def add(self, values: pa.Array) -> None:
        if not len(values):
            return
        texts = values if pa.types.is_binary(values.type) else values.cast(pa.string())
        lengths = pc.fill_null(pc.binary_length(texts), -1).cast(pa.int64())
        self._lengths.update(lengths.buffers()[1].slice(0, 8 * len(lengths)))
        # A null has no bytes, so all of them lie before the last value's end.
        _, offsets, content = texts.buffers()
        if content is not None:
            (end,) = unpack_from("<i", offsets, 4 * (texts.offset + len(texts)))
            self._bytes.update(content.slice(0, end))

    def digest(self) -> bytes:
        return self._lengths.digest() + self._bytes.digest()


def pieces(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of so many; of fewer where they are long, and at the end."""
    held: list[pa.RecordBatch] = []
    count = size = 0
    for arrived in batches:
        batch = arrived
        while batch.num_rows:
            part = batch.slice(0, rows - count)
            batch = batch.slice(part.num_rows)
            held.append(part)
            count += part.num_rows
            size += part.nbytes
            if count == rows or size >= _MAX_PIECE_BYTES:
                yield pa.Table.from_batches(held)
                held, count, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)


@contextmanager
def extracted(request: Request) -> Iterator[Extraction]:
    """Yield what a child process has read, once it is whole.

    Raises:
        InvalidInput: what was asked for cannot be had, or not without loss.
        DataError: what the source holds does not come through as it is.
        Unreachable: the driver, or the database behind it, failed or crashed.
        MemoryError: it took more than it may.

    """
    with TemporaryFile(prefix="hub-odbc-") as spool:
        _run(request, spool)
        yield Extraction(spool)


def _run(request: Request, spool: IO[bytes]) -> None:
    driver = driver_of(request.connection)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hub_lane_odbc.child"],
            input=msgspec.json.encode(request),
            stdout=spool,
            stderr=subprocess.PIPE,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"driver {driver}: {request.name} was not read in {_TIMEOUT_SECONDS} s"
        raise Unreachable(message, fix="read less at a time: name a cursor, or a query") from error
    if done.returncode:
        _blame(request, driver, done)


def _blame(request: Request, driver: str, done: subprocess.CompletedProcess[bytes]) -> NoReturn:
    said = done.stderr.decode(errors="replace").strip()
    last = said.rpartition("\n")[2]
    where = f"driver {driver}, {request.name}"
    if done.returncode == REFUSED:
        failure = msgspec.json.decode(last, type=Failure)
        if failure.kind is not FailureKind.MEMORY:
            raise _ERRORS[failure.kind](f"driver {driver}: {failure.message}", fix=failure.fix)
    if done.returncode == REFUSED or any(words in said for words in _OUT_OF_MEMORY):
        raise MemoryError(
            f"{where}: reading took more than memory_bytes ({request.memory_bytes}); raise it, or"
            " lower batch_rows or max_text_bytes"
        )
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise Unreachable(f"{where}: the driver crashed the process that read: signal {name}")
    fix = "apt-get install unixodbc" if "libodbc" in said else None
    raise Unreachable(f"{where}: the driver could not be loaded: {last}", fix=fix)


_ERRORS: dict[FailureKind, type[DataError | InvalidInput | Unreachable]] = {
    FailureKind.DATA: DataError,
    FailureKind.OPTIONS: InvalidInput,
    FailureKind.SOURCE: Unreachable,
}
