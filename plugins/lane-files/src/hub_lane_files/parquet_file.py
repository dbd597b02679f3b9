"""Reads Parquet, which has types of its own: nothing is converted, and no record is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from hub.spi.columns import Typing
from hub_lane_files.chunk import Chunk, Place, Rows
from hub_lane_files.options import Options


def parquet_chunks(
    stream: IO[bytes], place: Place, options: Options, _typing: Typing
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
                rows=Rows(table, []),
                after=Place(offset=at),
                is_last=at == rows,
                bytes_read=table.nbytes,
            )
