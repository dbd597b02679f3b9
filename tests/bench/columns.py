"""Depth-5 closures over 10 million edges between fields: the index against SQLite's recursive CTE.

Rows go to both without the hub's own tables, whose writing would take minutes. Times are of the
CPU, as in the bench of datasets.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from hub.graph.edges import EdgeRows
from hub.graph.fields import Fields, walk_fields
from hub.graph.held import Held, Source, load
from hub.graph.view import NOW, Sight
from hub.graph.walk import Reach
from hub.store.lineage_rows import FOREVER, Bounds, FieldRows
from tests.bench.lineage import time_ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.store.lineage_rows import Integers

DATASETS = 100_000
FIELDS_A_DATASET = 30
EDGES = 10_000_000
QUESTIONS = 200
DEPTH = 5
_CHUNK = 1_000_000

_CTE = """
WITH RECURSIVE reach (id, depth) AS (
    SELECT ?, 0
    UNION
    SELECT target, reach.depth + 1 FROM reach JOIN edge ON source = id
    WHERE reach.depth < ? AND closed_at IS NULL
)
SELECT count(DISTINCT id) FROM reach
"""


def measure() -> dict[str, float]:
    """Return p50 and p99 in milliseconds, bytes an edge, and the ratios that have a bar."""
    fields = Fields(_fields())
    begun = time.thread_time()
    held = load(Source(edges=lambda _after: _edges(), history=lambda _after: ()), 1)
    figures = {"index_build_seconds": time.thread_time() - begun}
    fields = fields.among(held)
    figures |= {"edges": held.base.adjacency.count, "bytes_an_edge": held.nbytes() / EDGES}
    with TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "edges.db")
        _fill(database)
        figures |= _compare(held, fields, database)
        database.close()
    return figures


def _compare(held: Held, fields: Fields, database: sqlite3.Connection) -> dict[str, float]:
    chosen = np.random.default_rng(3)
    starts = [int(n) for n in chosen.integers(1, fields.size, QUESTIONS)]
    reach = Reach(is_upstream=False, depth=DEPTH, limit=fields.size)

    def by_index(start: int, sight: Sight) -> int:
        begin = np.array([start], dtype=np.int32)
        return len(walk_fields(held.seen(sight), fields, begin, reach).nodes)

    def by_cte(start: int) -> int:
        [(count,)] = database.execute(_CTE, (start, DEPTH))
        return int(count)

    found = time_ways(
        {
            "now": lambda start: by_index(start, NOW),
            "as_of": lambda start: by_index(start, Sight(as_of=DATASETS)),
            "cte": by_cte,
        },
        starts,
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
        "largest_closure": max(found["now"].answers),
    }


def _fields() -> FieldRows:
    """Return every field; of each dataset, one more stands for the whole of it."""
    ids = np.arange(1, DATASETS * (FIELDS_A_DATASET + 1) + 1)
    place = (ids - 1) % (FIELDS_A_DATASET + 1)
    dataset = (ids - 1) // (FIELDS_A_DATASET + 1) + 1
    return FieldRows(ids, dataset, place == FIELDS_A_DATASET, np.ones_like(ids))


def _edges() -> Iterator[EdgeRows]:
    """Yield edges, each into a field from one of an older dataset; the job has that dataset's id.

    Three in five lead from one of the five hundred datasets before. A job's edges opened together,
    at a time of their own.
    """
    chosen = np.random.default_rng(1)
    for begin in range(0, EDGES, _CHUNK):
        numbers = np.arange(begin, begin + _CHUNK)
        target = 2 + numbers * (DATASETS - 1) // EDGES
        near = np.maximum(1, target - chosen.integers(1, 500, _CHUNK))
        far = chosen.integers(1, target)
        source = np.where(chosen.random(_CHUNK) < 3 / 5, near, far)
        ends = _fields_of(chosen, source), _fields_of(chosen, target)
        never = np.full(_CHUNK, FOREVER)
        bounds = Bounds(np.zeros_like(numbers), target, never, np.ones_like(numbers), never)
        yield EdgeRows(target, *ends, bounds)


def _fields_of(chosen: np.random.Generator, dataset: Integers) -> Integers:
    """Return a field of each dataset."""
    place = chosen.integers(0, FIELDS_A_DATASET, len(dataset))
    return (dataset - 1) * (FIELDS_A_DATASET + 1) + place + 1


def _fill(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA cache_size = -200000")
    database.execute(
        "CREATE TABLE edge (source INT, target INT, closed_at INT, PRIMARY KEY (source, target))"
        " WITHOUT ROWID"
    )
    pairs = np.concatenate([rows.source << 32 | rows.target for rows in _edges()])
    pairs.sort()
    for chunk in np.array_split(pairs, EDGES // _CHUNK):
        ends = zip((chunk >> 32).tolist(), (chunk & 0xFFFFFFFF).tolist(), strict=True)
        database.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?, NULL)", ends)
    database.execute("ANALYZE")
    database.commit()


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:14.3f}")
