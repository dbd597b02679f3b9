"""Reads Parquet, which has types of its own, and refuses no record.

Only times without a zone are converted, as everywhere: to the step's zone where the contract takes
them for timestamps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hub.spi.columns import Typing
from hub_lane_files.chunk import Chunk, Place, Rows
from hub_lane_files.options import Options


def parquet_chunks(
    stream: IO[bytes], place: Place, options: Options, typing: Typing
) -> Iterator[Chunk]:
    """Yield the rows behind ``place``; row groups that lie before it are not read."""
    file = pq.ParquetFile(stream)
    rows = file.metadata.num_rows
    if rows == 0:
        table = file.schema_arrow.empty_table()
        yield Chunk(rows=Rows(table, []), after=Place(), is_last=True, bytes_read=0)
        return
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    ends = list(accumulate(sizes))
    groups = [group for group, end in enumerate(ends) if end > place.offset]
    at = ends[groups[0]] - sizes[groups[0]]
    for batch in file.iter_batches(batch_size=options.slice_rows, row_groups=groups):
        table = pa.Table.from_batches([batch]).slice(max(0, place.offset - at))
        at += batch.num_rows
        if table.num_rows:
            yield Chunk(
                rows=Rows(_in_zone(table, options, typing), []),
                after=Place(offset=at),
                is_last=at == rows,
                bytes_read=table.nbytes,
            )


def _in_zone(table: pa.Table, options: Options, typing: Typing) -> pa.Table:
    for place, field in enumerate(table.schema):
        is_local = pa.types.is_timestamp(field.type) and field.type.tz is None
        if is_local and typing.expects(field.name, "timestamp"):
            zoned = pc.assume_timezone(table.column(place), timezone=options.timezone)
            utc = zoned.cast(pa.timestamp(field.type.unit, "UTC"))
            table = table.set_column(place, field.name, utc)
    return table
