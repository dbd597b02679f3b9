"""Reads a table through ODBC, in a child process, as a whole or by a growing column."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import blake2b
from typing import Annotated, Any, NoReturn

import msgspec
import pyarrow as pa
from msgspec import Meta, Struct

from hub.domain.errors import DataError, InvalidInput, Unreachable
from hub.spi.lane import Checkpoint, LaneContext, Slice
from hub_lane_odbc.profiles import driver_of
from hub_lane_odbc.request import REFUSED, Failure, Request

_SLICE_ROWS = 100_000
_TIMEOUT_SECONDS = 900


class OdbcOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a step; see the plugin's README."""

    connection: str
    table: Annotated[str, Meta(pattern=r"^[A-Za-z_][\w$.]*$")]
    cursor: Annotated[str, Meta(pattern=r"^[A-Za-z_]\w*$")] | None = None
    batch_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    max_text_bytes: Annotated[int, Meta(ge=1, le=16_777_216)] = 4_096
    memory_bytes: Annotated[int, Meta(ge=1 << 28)] = 4 << 30


class OdbcLane:
    """See ``hub.spi.lane.Lane``. Without ``cursor`` an unchanged table gives no slice."""

    def reads(self, context: LaneContext) -> str:
        """Return the table."""
        return _options(context).table

    def read(self, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
        """Yield what is new.

        Raises:
            InvalidInput: the options do not fit.
            Unreachable: the driver, or the database behind it, failed or crashed.
            DataError: what arrived is not what the source holds.

        """
        options = _options(context)
        known = checkpoint or {}
        query = f"SELECT * FROM {options.table}"  # noqa: S608 - a checked name
        if options.cursor and "cursor" in known:
            query += f" WHERE {options.cursor} > {_literal(known['cursor'])}"
        if options.cursor:
            query += f" ORDER BY {options.cursor}"
        table = _in_zone(_extract(options, query, context.expected), context.expected)
        if options.cursor:
            yield from _new_rows(options, table, known)
            return
        digest = _digest(table)
        if digest != known.get("digest"):
            yield Slice(
                checkpoint={"digest": digest},
                table=table,
                origin=f"{options.table}@{digest}",
                bytes_read=table.nbytes,
            )

    def reread(self, context: LaneContext, payload: bytes) -> NoReturn:  # noqa: ARG002 - whatever it is
        """Refuse: a row that arrived is refused by its contract, never by its lane."""
        raise DataError("a row is refused by its contract, never by its lane")


def _options(context: LaneContext) -> OdbcOptions:
    try:
        return msgspec.convert(dict(context.options), OdbcOptions)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"step {context.step}: options: {error}") from error


def _new_rows(options: OdbcOptions, table: pa.Table, known: Checkpoint) -> Iterator[Slice]:
    read = int(known.get("rows", 0))
    for start in range(0, table.num_rows, _SLICE_ROWS):
        part = table.slice(start, _SLICE_ROWS)
        last = part.column(options.cursor)[-1].as_py()
        if last is None:
            raise DataError(f"{options.table}: {options.cursor} is null, so it cannot be a cursor")
        end = read + start + part.num_rows
        yield Slice(
            checkpoint={"cursor": last if isinstance(last, int) else str(last), "rows": end},
            table=part,
            origin=options.table,
            first_sequence=read + start + 1,
            bytes_read=part.nbytes,
        )


def _extract(options: OdbcOptions, query: str, expected: Any) -> pa.Table:  # noqa: ANN401 - a mapping of texts
    request = Request(
        connection=options.connection,
        query=query,
        table=options.table,
        expected=dict(expected),
        batch_rows=options.batch_rows,
        max_text_bytes=options.max_text_bytes,
        memory_bytes=options.memory_bytes,
    )
    driver = driver_of(options.connection)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hub_lane_odbc.child"],
            input=msgspec.json.encode(request),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"driver {driver}: no answer in {_TIMEOUT_SECONDS} s") from error
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise Unreachable(f"driver {driver} crashed the process that read {options.table}: {name}")
    if done.returncode == REFUSED:
        failure = msgspec.json.decode(done.stderr, type=Failure)
        kind = DataError if failure.is_data else Unreachable
        raise kind(f"driver {driver}: {failure.message}")
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        fix = "apt-get install unixodbc" if "libodbc" in last else None
        raise Unreachable(f"driver {driver} could not be loaded: {last}", fix=fix)
    return pa.ipc.open_stream(done.stdout).read_all()


def _in_zone(table: pa.Table, expected: Any) -> pa.Table:  # noqa: ANN401 - a mapping of texts
    """Return the table with its timestamps in UTC, as the hub keeps them."""
    for index, field in enumerate(table.schema):
        if expected.get(field.name) == "timestamp" and pa.types.is_timestamp(field.type):
            column = table.column(index).cast(pa.timestamp("us", "UTC"))
            table = table.set_column(index, field.name, column)
    return table


def _digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return blake2b(sink.getvalue(), digest_size=12).hexdigest()


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
