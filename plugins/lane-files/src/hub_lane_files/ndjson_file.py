"""Reads newline-delimited JSON: one object a line.

What JSON readers pass over in silence is refused: a key that comes twice, of which they take the
last, and digits that no double keeps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa

from hub.domain.errors import DataError
from hub.spi.columns import Faults, Typing, keeps
from hub_lane_files.chunk import Chunk, Fault, Place, Rows, fault, refuse, text_chunks
from hub_lane_files.options import Options
from hub_lane_files.text import BOM, Record, Records

# Numbers of fewer characters are kept by a double whatever they are.
_SHORT = 15


def _number(text: str) -> float:
    number = float(text)
    is_plain = len(text) <= _SHORT and number != 0
    if math.isinf(number) or not (is_plain or keeps(text, number)):
        raise ValueError(f"{text} has more digits than a number keeps")
    return number


_decode = msgspec.json.Decoder(dict[str, Any], float_hook=_number).decode


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
            raw = record.raw.removeprefix(BOM)
            value = _decode(raw)
            _demand_keys_once(raw, value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DataError) as error:
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


def _demand_keys_once(raw: bytes, value: dict[str, Any]) -> None:
    """Refuse an object that says something twice.

    Where each key stands once between quotes, and nothing is escaped or nested, nothing does; any
    other object is read again, slowly.
    """
    is_flat = not any(isinstance(each, (dict, list)) for each in value.values())
    if (
        is_flat
        and b"\\" not in raw
        and all(raw.count(b'"%b"' % key.encode()) == 1 for key in value)
    ):
        return
    json.loads(raw, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise DataError(f"it says {next(name for name in names if names.count(name) > 1)!r} twice")
    return found
