"""The child process: reads through the driver and writes Arrow to stdout.

A driver is native code of somebody else: when it crashes, it takes this process with it, and
nothing else. Run as ``python -m hub_lane_odbc.child``, with the request on stdin.
"""

from __future__ import annotations

import resource
import sys

import arrow_odbc
import msgspec
import pyarrow as pa

from hub_lane_odbc.profiles import complete, typed
from hub_lane_odbc.request import REFUSED, Failure, Request


class _Mismatch(Exception):
    """What landed is not what the source holds."""


def main() -> int:
    """Serve one request."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    resource.setrlimit(resource.RLIMIT_AS, (request.memory_bytes, request.memory_bytes))
    try:
        _extract(request)
    except _Mismatch as error:
        return _refuse(Failure("DataError", str(error), is_data=True))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must learn of it
        return _refuse(Failure(type(error).__name__, str(error)))
    return 0


def _extract(request: Request) -> None:
    connection = arrow_odbc.connect(complete(request.connection))
    before = _counts(connection, request)
    schema = typed(_probe(connection, request).schema, request.expected)
    reader = _reader(connection, request.query, request, schema)
    rows, nulls = 0, dict.fromkeys(schema.names, 0)
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
        for batch in reader:
            rows += batch.num_rows
            for name in schema.names:
                nulls[name] += batch.column(name).null_count
            stream.write_batch(batch)
        # The stream ends only when all is well: a reader takes a torn one for a failure.
        after = _counts(connection, request)
        if before == after and after != (rows, nulls):
            raise _Mismatch(_told(request, (rows, nulls), after))


def _reader(
    connection: arrow_odbc.Connection,
    query: str,
    request: Request,
    schema: pa.Schema | None = None,
) -> arrow_odbc.BatchReader:
    reader = connection.read_arrow_batches(
        query=query,
        batch_size=request.batch_rows,
        max_text_size=request.max_text_bytes,
        max_binary_size=request.max_text_bytes,
        schema=schema,
    )
    if reader is None:
        raise _Mismatch(f"the query gives no rows to read: {query}")
    return reader


def _probe(connection: arrow_odbc.Connection, request: Request) -> arrow_odbc.BatchReader:
    """Return a reader of no rows, for the fields and their types."""
    query = f"SELECT * FROM ({request.query}) AS probed WHERE 1 = 0"  # noqa: S608 - names that were checked
    return _reader(connection, query, request)


def _counts(connection: arrow_odbc.Connection, request: Request) -> tuple[int, dict[str, int]]:
    """Count rows, and nulls of each field, in the source itself."""
    names = _probe(connection, request).schema.names
    parts = ", ".join(f'COUNT("{name}")' for name in names)
    schema = pa.schema([(f"c{index}", pa.int64()) for index in range(len(names) + 1)])
    query = f"SELECT COUNT(*), {parts} FROM ({request.query}) AS counted"  # noqa: S608 - names that were checked
    counted = _reader(connection, query, request, schema)
    (row,) = pa.Table.from_batches(counted, schema).to_pylist()
    total, *present = row.values()
    return total, {name: total - some for name, some in zip(names, present, strict=True)}


def _told(
    request: Request, landed: tuple[int, dict[str, int]], there: tuple[int, dict[str, int]]
) -> str:
    if landed[0] != there[0]:
        return f"{request.table}: {landed[0]} rows arrived of {there[0]}"
    lost = [name for name, count in landed[1].items() if count != there[1][name]]
    return (
        f"{request.table}: the driver turned values of {', '.join(lost)} into nulls:"
        " they are not of the type that the contract says"
    )


def _refuse(failure: Failure) -> int:
    sys.stderr.buffer.write(msgspec.json.encode(failure))
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
