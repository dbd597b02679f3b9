"""Depth-5 closures over 10 million edges between fields: the index against SQLite's recursive CTE.

The fields are those of the graph of datasets in ``tests.bench.lineage``, thirty to a dataset: each
is made from about three fields of what its dataset's job reads, so that fields of popular datasets
lead to very many, as key columns do. Closures are asked of fields drawn as datasets are there.

Both answer the same: how many fields lie within the depth, and how many more one hop beyond it,
which an answer of the hub always tells. The CTE reads the hub's own table of edges with its index
on sources; rows are written to it directly, and its other indexes are left out, for that alone
takes minutes. Times are of the CPU, as in the bench of datasets; each question is asked three times
in each way, and the quickest counts.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sqlalchemy import create_engine, text

from hub.graph.edges import EdgeRows
from hub.graph.fields import Fields, walk_fields
from hub.graph.held import Held, Source, load
from hub.graph.view import NOW, Sight
from hub.graph.walk import Reach
from hub.store.lineage_rows import FOREVER, Bounds, FieldRows
from hub.store.tables import column_edge
from tests.bench.lineage import DATASETS, edges_of, time_ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from hub.store.lineage_rows import Integers

FIELDS_A_DATASET = 30
EDGES = 10_000_000
QUESTIONS = 200
DEPTH = 5
ROUNDS = 3
_CHUNK = 1_000_000

_CTE = text(
    """
    WITH RECURSIVE reach (id, depth) AS (
        SELECT :start, 0
        UNION
        SELECT target_id, reach.depth + 1 FROM reach JOIN column_edge ON source_id = id
        WHERE reach.depth <= :depth AND closed_at IS NULL
    )
    SELECT sum(depth <= :depth), sum(depth > :depth)
    FROM (SELECT min(depth) AS depth FROM reach GROUP BY id)
    """
)


class Inputs(NamedTuple):
    """What the job of dataset n reads: ``datasets[offsets[n]:offsets[n + 1]]``."""

    offsets: Integers
    datasets: Integers


def measure() -> dict[str, float]:
    """Return p50 and p99 in milliseconds, bytes an edge, and the ratios that have a bar."""
    inputs = _inputs()
    fields = Fields(_fields())
    begun = time.thread_time()
    held = load(Source(edges=lambda _after: _edges(inputs), history=lambda _after: ()), 1)
    figures = {"index_build_seconds": time.thread_time() - begun}
    fields = fields.among(held)
    figures |= {"edges": held.base.adjacency.count, "bytes_an_edge": held.nbytes() / EDGES}
    with TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'edges.db'}")
        with engine.connect() as connection:
            _fill(connection, inputs)
            figures |= _compare(held, fields, connection)
        engine.dispose()
    return figures


def _compare(held: Held, fields: Fields, connection: Connection) -> dict[str, float]:
    chosen = np.random.default_rng(3)
    starts = [int(n) for n in chosen.integers(1, fields.size, QUESTIONS)]
    reach = Reach(is_upstream=False, depth=DEPTH, limit=fields.size)

    def by_index(start: int, sight: Sight) -> tuple[int, int]:
        begin = np.array([start], dtype=np.int32)
        reached = walk_fields(held.seen(sight), fields, begin, reach)
        return len(reached.nodes), len(reached.hidden)

    def by_cte(start: int) -> tuple[int, int]:
        within, beyond = connection.execute(_CTE, {"start": start, "depth": DEPTH}).one()
        return within, beyond

    found = time_ways(
        {
            "now": lambda start: by_index(start, NOW),
            "as_of": lambda start: by_index(start, Sight(as_of=DATASETS)),
            "cte": by_cte,
        },
        starts,
        rounds=ROUNDS,
    )
    if found["now"].answers != found["cte"].answers:
        raise AssertionError("the index and the CTE disagree")
    figures = {
        f"{way}_p{percent}_ms": timed.percentile(percent)
        for way, timed in found.items()
        for percent in (50, 99)
    }
    return figures | {
        "as_of_over_now_p99": figures["as_of_p99_ms"] / figures["now_p99_ms"],
        "cte_over_index_p99": figures["cte_p99_ms"] / figures["now_p99_ms"],
        "largest_closure": max(within for within, _ in found["now"].answers),
    }


def _inputs() -> Inputs:
    edges = edges_of(random.Random(2))
    reads = np.array([(job, dataset) for job, side, dataset in edges if side == "in"])
    offsets = np.searchsorted(reads[:, 0], np.arange(DATASETS + 2))
    return Inputs(offsets, reads[:, 1])


def _fields() -> FieldRows:
    """Return every field; of each dataset, one more stands for the whole of it."""
    ids = np.arange(1, DATASETS * (FIELDS_A_DATASET + 1) + 1)
    place = (ids - 1) % (FIELDS_A_DATASET + 1)
    dataset = (ids - 1) // (FIELDS_A_DATASET + 1) + 1
    return FieldRows(ids, dataset, place == FIELDS_A_DATASET, np.ones_like(ids))


def _edges(inputs: Inputs) -> Iterator[EdgeRows]:
    """Yield edges, each into a field from one of a dataset that its dataset's job reads.

    A job has the id of the dataset that it writes. Its edges opened together, at a time of their
    own.
    """
    chosen = np.random.default_rng(1)
    for begin in range(0, EDGES, _CHUNK):
        numbers = np.arange(begin, begin + _CHUNK)
        target = 2 + numbers * (DATASETS - 1) // EDGES
        count = inputs.offsets[target + 1] - inputs.offsets[target]
        source = inputs.datasets[inputs.offsets[target] + chosen.integers(0, count)]
        ends = _fields_of(chosen, source), _fields_of(chosen, target)
        never = np.full(_CHUNK, FOREVER)
        bounds = Bounds(np.zeros_like(numbers), target, never, np.ones_like(numbers), never)
        yield EdgeRows(target, *ends, bounds)


def _fields_of(chosen: np.random.Generator, dataset: Integers) -> Integers:
    """Return a field of each dataset."""
    place = chosen.integers(0, FIELDS_A_DATASET, len(dataset))
    return (dataset - 1) * (FIELDS_A_DATASET + 1) + place + 1


def _fill(connection: Connection, inputs: Inputs) -> None:
    for pragma in ("journal_mode = OFF", "cache_size = -400000"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    indexes = {*column_edge.indexes}
    [by_source] = (each for each in indexes if each.columns.keys() == ["source_id"])
    column_edge.indexes.clear()
    column_edge.create(connection)
    column_edge.indexes.update(indexes)
    dependency = 0
    for rows in _edges(inputs):
        numbers = range(dependency, dependency := dependency + len(rows.job))
        columns = (each.tolist() for each in (rows.job, rows.source, rows.target))
        connection.exec_driver_sql(
            "INSERT INTO column_edge (dependency_id, origin, ordinal, job_id, source_id, target_id,"
            " opened_at, first_seen, last_seen, revision)"
            " VALUES (?, 'OBSERVED', 0, ?, ?, ?, 0, 0, 0, 1)",
            [*zip(numbers, *columns, strict=True)],
        )
    by_source.create(connection)
    connection.exec_driver_sql("ANALYZE")
    connection.commit()


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:14.3f}")
