"""Reads newline-delimited JSON: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa

from hub.spi.columns import Faults, Typing
from hub_lane_files.chunk import Chunk, Fault, Place, Rows, fault, refuse, text_chunks
from hub_lane_files.options import Options
from hub_lane_files.text import BOM, Record, Records

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def ndjson_chunks(
    stream: IO[bytes], place: Place, options: Options, typing: Typing
) -> Iterator[Chunk]:
    """Yield the records behind ``place``."""
    records = Records(stream, offset=place.offset, line=place.line)
    if records.at_end():
        return
    yield from text_chunks(records, options.slice_rows, lambda found: _parse(found, typing))


def _parse(records: list[Record], typing: Typing) -> Rows:
    sound: list[Record] = []
    objects: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for record in records:
        try:
            value = _decode(record.raw.removeprefix(BOM))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            faults.append(fault(record, record.problem or str(error)))
        else:
            sound.append(record)
            objects.append(value)
    names = dict.fromkeys(name for value in objects for name in value)
    wrong: Faults = {}
    columns = {
        name: typing.values(name, [value.get(name) for value in objects], wrong) for name in names
    }
    good = refuse(pa.table(columns), sound, wrong)
    return Rows(good.table, faults + good.faults)
