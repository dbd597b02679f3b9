"""The lane: a table or a query, as a whole each time it has changed, or by a growing column."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from hub.domain.errors import DataError
from hub.spi.columns import without_faults
from hub.spi.lane import Checkpoint, LaneContext, Refused, Slice
from hub_lane_odbc.drivers import demand_driver
from hub_lane_odbc.extraction import Extraction, extracted, pieces
from hub_lane_odbc.options import Options, name_of, read_options
from hub_lane_odbc.request import Column, Request
from hub_lane_odbc.ties import Cursor, Reading
from hub_lane_odbc.typed import Typist, as_text


class Open(Struct, frozen=True):
    """A snapshot that was read in part: its digest, and how many of its rows."""

    digest: str
    records: int


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The checkpoint: the snapshot last read whole and the one begun, or the cursor."""

    digest: str | None = None
    open: Open | None = None
    cursor: Cursor | None = None


class Row(Struct, frozen=True):
    """A row that was refused, as the source wrote it."""

    columns: list[Column]
    values: dict[str, str | None]


class OdbcLane:
    """See ``hub.spi.lane.Lane``. Without ``cursor`` an unchanged table gives no slice."""

    def reads(self, context: LaneContext) -> str:
        """Return the table, or the step whose query is read."""
        return name_of(context, read_options(context))

    def check(self, context: LaneContext) -> None:
        """Raise unless the options fit and the driver is there."""
        demand_driver(read_options(context).connection)

    def read(self, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
        """Yield what is new; raises as ``extracted`` does."""
        options = read_options(context)
        known = msgspec.convert(checkpoint or {}, Progress)
        with extracted(_request(context, options, known)) as found:
            typist = Typist(found.columns, context.expected, options.timezone)
            if options.cursor is None:
                yield from _snapshot(name_of(context, options), options, found, typist, known)
            else:
                yield from _new_rows(name_of(context, options), options, found, typist, known)

    def reread(self, context: LaneContext, payload: bytes) -> pa.Table:
        """Return a row that was refused, by today's contract."""
        try:
            row = msgspec.json.decode(payload, type=Row)
            raw = pa.table(
                {each.name: pa.array([row.values[each.name]], pa.string()) for each in row.columns}
            )
        except (msgspec.DecodeError, KeyError, pa.ArrowInvalid) as error:
            raise DataError(f"it is no row that this lane refused: {error}") from error
        timezone = read_options(context).timezone
        table, faults = Typist(row.columns, context.expected, timezone).table(raw)
        if faults:
            raise DataError("; ".join(faults[0]))
        return table


def _request(context: LaneContext, options: Options, known: Progress) -> Request:
    is_begun = options.cursor is not None and known.cursor is not None
    return Request(
        connection=options.connection,
        name=name_of(context, options),
        query=options.statement,
        expected=dict(context.expected),
        cursor=options.cursor,
        after=known.cursor.value if is_begun and known.cursor else None,
        batch_rows=options.batch_rows,
        max_text_bytes=options.max_text_bytes,
        memory_bytes=options.memory_bytes,
    )


def _snapshot(
    name: str, options: Options, found: Extraction, typist: Typist, known: Progress
) -> Iterator[Slice]:
    """Yield the whole, unless it is as it was; go on where a run broke off, if it still is."""
    digest = found.digest()
    done = 0
    if known.open is not None and known.open.digest == digest:
        done = known.open.records
    elif known.open is not None:
        lost, known = known.open, Progress(digest=known.digest)
        yield _lost(name, lost, known)
    if digest == known.digest:
        return
    origin = f"{name}@{digest}"
    raw = pieces(_behind(found.batches(), done), options.slice_rows)
    piece = next(raw, found.empty())
    while True:
        following = next(raw, None)
        first, done = done + 1, done + piece.num_rows
        after = Progress(digest=digest)
        if following is not None:
            after = Progress(digest=known.digest, open=Open(digest, done))
        yield _slice(piece, typist, origin, first, after)
        if following is None:
            return
        piece = following


def _new_rows(
    name: str, options: Options, found: Extraction, typist: Typist, known: Progress
) -> Iterator[Slice]:
    """Yield the rows behind the cursor."""
    reading = Reading(name, found.columns, str(options.cursor), known.cursor)
    reading.demand_none_late(found.below, known.cursor)
    for piece in pieces(reading.fresh(found.batches()), options.slice_rows):
        first = reading.records + 1
        after = Progress(cursor=reading.after(piece))
        yield _slice(piece, typist, name, first, after)


def _behind(batches: Iterator[pa.RecordBatch], count: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.slice(min(count, batch.num_rows))
        count = max(0, count - batch.num_rows)


def _slice(raw: pa.Table, typist: Typist, origin: str, first: int, after: Progress) -> Slice:
    """Return rows as a slice; what was refused is counted behind those that were not."""
    table, faults = typist.table(raw)
    good = without_faults(table, faults)
    refused = [
        Refused(_payload(typist.columns, raw, row), "; ".join(reasons), sequence)
        for sequence, (row, reasons) in enumerate(sorted(faults.items()), first + good.num_rows)
    ]
    return Slice(
        checkpoint=msgspec.to_builtins(after),
        table=good,
        refused=refused,
        origin=origin,
        first_sequence=first,
        bytes_read=raw.nbytes,
    )


def _payload(columns: list[Column], raw: pa.Table, row: int) -> bytes:
    one = raw.slice(row, 1)
    values = [as_text(values)[0].as_py() for values in one.columns]
    texts = dict(zip(raw.column_names, values, strict=True))
    return msgspec.json.encode(Row([replace(each, is_native=False) for each in columns], texts))


def _lost(name: str, lost: Open, after: Progress) -> Slice:
    """Return a slice that says which snapshot went away before it was read to its end."""
    return Slice(
        checkpoint=msgspec.to_builtins(after),
        table=pa.table({}),
        refused=[
            Refused(
                msgspec.json.encode(lost),
                f"{name} was read up to row {lost.records}, then changed; the rest of what it was"
                " has never been read",
                lost.records + 1,
            )
        ],
        origin=f"{name}@{lost.digest}",
        first_sequence=lost.records + 1,
    )
