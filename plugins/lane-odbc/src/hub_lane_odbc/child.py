"""The child process: reads through the driver, and writes Arrow to stdout.

A driver is native code of somebody else: when it crashes, it takes this process with it, and
nothing else. Run as ``python -m hub_lane_odbc.child``, with the request on stdin. The stream ends
only when all of it is as the source has it: a torn one is a failure.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import arrow_odbc
import msgspec
import pyarrow as pa

from hub_lane_odbc.dialects import Dialect, chosen
from hub_lane_odbc.dialects.ansi import Ansi
from hub_lane_odbc.errors import Refusal, of_driver
from hub_lane_odbc.narrowing import narrowing
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

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve one request."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    _bind_to_parent()
    _limit(request.memory_bytes)
    try:
        extract(chosen(request), request, sys.stdout.buffer)
    except Refusal as error:
        return _refuse(error.failure)
    except arrow_odbc.Error as error:
        return _refuse(of_driver(str(error)))
    except MemoryError:
        return _refuse(Failure(FailureKind.MEMORY, "it took too much memory"))
    return 0


def extract(dialect: Dialect, request: Request, out: BinaryIO) -> None:
    """Write what the request asks for.

    Raises:
        Refusal: something would not arrive as the source has it.

    """
    columns = dialect.columns()
    _refuse_narrowing(request, columns)
    below = _below(dialect, request, columns)
    columns = dialect.inspected(columns)
    rows, present, sizes = _profile(dialect, columns)
    _demand_sizes(request, columns, sizes)
    native = dialect.schema(columns) if isinstance(dialect, Ansi) else None
    types = native or pa.schema([(f"c{n}", pa.string()) for n in range(len(columns))])
    spooled = pa.schema(
        [
            pa.field(column.name, kind, metadata={COLUMN: msgspec.json.encode(column)})
            for column, kind in zip(columns, types.types, strict=True)
        ],
        metadata={ANSWER: msgspec.json.encode(Answer(below))},
    )
    reader = dialect.session.read(
        dialect.select(columns, sizes),
        types,
        batch_rows=request.batch_rows,
        text_bytes=request.max_text_bytes if native else max(sizes),
    )
    landed, found = 0, Counter[int]()
    with pa.ipc.new_stream(out, spooled) as stream:
        for batch in reader:
            landed += batch.num_rows
            for place, values in enumerate(batch.columns):
                found[place] += len(values) - values.null_count
            stream.write_batch(pa.record_batch(batch.columns, schema=spooled))
        _reconcile(
            request, columns, (rows, present), (landed, [found[n] for n in range(len(columns))])
        )


def _refuse_narrowing(request: Request, columns: Sequence[Column]) -> None:
    for column in columns:
        if (wider := narrowing(column, request.expected.get(column.name))) is None:
            continue
        wanted = request.expected[column.name]
        raise Refusal(
            FailureKind.OPTIONS,
            f"{request.name}.{column.name} is {column.declared}, and the contract says {wanted}: "
            "values would be narrowed",
            f"say {wider} in the contract, or read it by a query that casts it",
        )


def _below(dialect: Dialect, request: Request, columns: Sequence[Column]) -> int:
    """Return how many rows lie before the cursor, which has a value in every row."""
    cursor = dialect.cursor(columns)
    if cursor is None:
        return 0
    name = dialect.compared(cursor)
    before = "0"
    if request.after is not None:
        before = (
            f"sum(case when {name} < {dialect.literal(cursor, request.after)} then 1 else 0 end)"
        )
    counts = f"count(*), count({dialect.named(cursor)}), {before}"
    [row] = dialect.session.rows(f"select {counts} from {dialect.relation}")  # noqa: S608 - quoted names
    rows, present, below = (int(count or 0) for count in row)
    if rows != present:
        raise Refusal(
            FailureKind.DATA,
            f"{rows - present} rows of {request.name} have no {cursor.name}: none would be read",
            "name a cursor that every row has, or none",
        )
    return below


def _profile(dialect: Dialect, columns: Sequence[Column]) -> tuple[int, list[int], list[int]]:
    """Return how many rows there are; of each column how many values, and the longest's bytes."""
    parts = ["count(*)"]
    for column in columns:
        size = dialect.size(column)
        parts += [f"count({dialect.named(column)})", f"max({size})" if size else "0"]
    query = f"select {', '.join(parts)} from {dialect.relation}{dialect.where(columns)}"  # noqa: S608 - quoted names
    [row] = dialect.session.rows(query)
    rows, *numbers = (int(number or 0) for number in row)
    return rows, numbers[::2], [max(1, size) for size in numbers[1::2]]


def _demand_sizes(request: Request, columns: Sequence[Column], sizes: Sequence[int]) -> None:
    for column, size in zip(columns, sizes, strict=True):
        if size > request.max_text_bytes:
            raise Refusal(
                FailureKind.OPTIONS,
                f"{request.name}.{column.name} holds a value of {size} bytes, more than"
                f" max_text_bytes ({request.max_text_bytes})",
                "raise max_text_bytes, or read less by a query",
            )


def _reconcile(
    request: Request,
    columns: Sequence[Column],
    there: tuple[int, list[int]],
    landed: tuple[int, list[int]],
) -> None:
    if there == landed:
        return
    if there[0] != landed[0]:
        message = f"{landed[0]} rows of {request.name} arrived, and it has {there[0]}"
        raise Refusal(FailureKind.SOURCE, message, "if it was written to meanwhile, run again")
    pairs = zip(columns, there[1], landed[1], strict=True)
    lost = [
        f"{column.name} ({had} values, {has} arrived)" for column, had, has in pairs if had != has
    ]
    message = f"values of {request.name} were lost on the way: {', '.join(lost)}"
    raise Refusal(
        FailureKind.DATA, message, "read these columns by a query that casts them to text"
    )


def _bind_to_parent() -> None:
    """Die with the runner: what is read for nobody only burdens the source."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit(memory_bytes: int) -> None:
    """Cap what this process may take from now on; when it crashes, it leaves no core behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/statm")
    taken = int(status.read_text().split()[0]) * resource.getpagesize() if status.exists() else 0
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory_bytes,) * 2)


def _refuse(failure: Failure) -> int:
    sys.stderr.buffer.write(b"\n" + msgspec.json.encode(failure))
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
