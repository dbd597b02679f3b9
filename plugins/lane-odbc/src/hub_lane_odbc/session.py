"""A connection through arrow-odbc, in one transaction."""

from __future__ import annotations

import arrow_odbc
import pyarrow as pa

# The buffer between driver and Arrow; rows are fewer where they are long.
_BUFFER_BYTES = 64 * 2**20
_CATALOGUE_TEXT = 1_000


class Session:
    """Never reads a timestamp with a zone: arrow-odbc aborts the process on one."""

    def __init__(self, connection: str) -> None:
        self._connection = arrow_odbc.connect(connection, autocommit=False)

    def rows(self, query: str) -> list[list[str | None]]:
        """Return a small result, every value as the text that the driver makes of it."""
        reader = self._connection.read_arrow_batches(
            query,
            max_text_size=_CATALOGUE_TEXT,
            max_binary_size=_CATALOGUE_TEXT,
            batch_size=1_000,
            map_schema=_as_texts,
            fetch_concurrently=False,
        )
        table = pa.Table.from_batches(reader, reader.schema)
        return [list(row) for row in zip(*(c.to_pylist() for c in table.columns), strict=True)]

    def described(self, relation: str) -> pa.Schema:
        """Return what the driver says of a relation's columns."""
        found: list[pa.Schema] = []

        def note(schema: pa.Schema) -> pa.Schema:
            found.append(schema)
            return _as_texts(schema)

        self._connection.read_arrow_batches(
            f"select source.* from {relation} where 1 = 0",  # noqa: S608 - the step's own query
            max_text_size=1,
            batch_size=1,
            map_schema=note,
            fetch_concurrently=False,
        )
        return found[0]

    def read(
        self, query: str, schema: pa.Schema, *, batch_rows: int, text_bytes: int
    ) -> arrow_odbc.BatchReader:
        """Return a reader of a large result."""
        return self._connection.read_arrow_batches(
            query,
            batch_size=batch_rows,
            max_bytes_per_batch=_BUFFER_BYTES,
            max_text_size=text_bytes,
            max_binary_size=text_bytes,
            falliable_allocations=True,
            schema=schema,
            fetch_concurrently=False,
        )


def _as_texts(schema: pa.Schema) -> pa.Schema:
    return pa.schema([(f"c{place}", pa.string()) for place in range(len(schema))])
