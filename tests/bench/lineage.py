"""Depth-10 closures over 100,000 datasets: the lineage index against SQLite's recursive CTE.

Both answer the same questions on the same store, and must name equally many datasets.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import text

from hub.domain.names import NodeId, NodeKind
from hub.graph.closure import Direction, Extent, find_closure
from hub.graph.index import LineageIndex, dataset_node
from hub.graph.walk import Reach, walk_datasets
from hub.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

DATASETS = 100_000
READS_A_JOB = 3
QUESTIONS = 100
DEPTH = 10

_CTE = text(
    """
    WITH RECURSIVE reach (dataset_id, depth) AS (
        SELECT :start, 0
        UNION
        SELECT o.dataset_id, reach.depth + 1
        FROM reach
        JOIN edge AS i ON i.dataset_id = reach.dataset_id AND i.side = 'in'
        JOIN edge AS o ON o.job_id = i.job_id AND o.side = 'out'
        WHERE reach.depth < :depth AND i.closed_at IS NULL AND o.closed_at IS NULL
    )
    SELECT count(DISTINCT dataset_id) FROM reach
    """
)


def measure() -> dict[str, float]:
    """Return p50 and p99 of both in milliseconds, and how many times quicker the index is."""
    chosen = random.Random(2)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        with store.database.write() as connection:
            _fill(connection, chosen)
        starts = [chosen.randrange(1, DATASETS + 1) for _ in range(QUESTIONS)]
        with store.database.read() as connection:
            figures = _compare(connection, starts)
        store.close()
    return figures


def _compare(connection: Connection, starts: list[int]) -> dict[str, float]:
    index = LineageIndex()
    began = time.perf_counter()
    adjacency = index.datasets(connection).adjacency
    load_seconds = time.perf_counter() - began
    now = Reach(is_upstream=False, depth=DEPTH, as_of=None, limit=10 * DATASETS)
    then = now._replace(as_of=1)

    def walked(start: int, reach: Reach) -> int:
        reached = walk_datasets(adjacency, dataset_node(start), reach)
        return int(np.count_nonzero(reached.nodes % 2 == 0))

    def by_index(start: int) -> int:
        return walked(start, now)

    def in_the_past(start: int) -> int:
        return walked(start, then)

    def by_name(start: int) -> int:
        node = NodeId(NodeKind.DATASET, ("bench", f"dataset-{start}"))
        extent = Extent(direction=Direction.DOWNSTREAM, depth=DEPTH)
        found = find_closure(connection, index, node, extent)
        return len(found.nodes) if found else 0

    def by_cte(start: int) -> int:
        return int(connection.execute(_CTE, {"start": start, "depth": DEPTH}).scalar_one())

    ours, found = _time(by_index, starts)
    past, _ = _time(in_the_past, starts)
    named, _ = _time(by_name, starts)
    theirs, expected = _time(by_cte, starts)
    if found != expected:
        raise AssertionError("the index and the CTE disagree")
    return {
        "index_load_seconds": load_seconds,
        "index_p50_ms": _percentile(ours, 50),
        "index_p99_ms": _percentile(ours, 99),
        "index_as_of_p99_ms": _percentile(past, 99),
        "named_p99_ms": _percentile(named, 99),
        "cte_p50_ms": _percentile(theirs, 50),
        "cte_p99_ms": _percentile(theirs, 99),
        "largest_closure": max(found),
        "cte_over_index_p99": _percentile(theirs, 99) / _percentile(ours, 99),
    }


def _time(answer: Callable[[int], int], starts: list[int]) -> tuple[list[float], list[int]]:
    seconds, answers = [], []
    for start in starts:
        began = time.perf_counter()
        answers.append(answer(start))
        seconds.append(time.perf_counter() - began)
    return seconds, answers


def _percentile(seconds: list[float], percent: float) -> float:
    return float(np.percentile(seconds, percent)) * 1000


def _fill(connection: Connection, chosen: random.Random) -> None:
    """Insert a DAG: each dataset is written by one job, which reads about three older ones."""
    connection.exec_driver_sql("INSERT INTO namespace (id, name) VALUES (1, 'bench')")
    for kind in ("dataset", "job"):
        connection.exec_driver_sql(
            f"INSERT INTO {kind} (id, namespace_id, name, first_seen, last_seen,"  # noqa: S608 - two tables of ours
            " first_position) VALUES (?, 1, ?, 0, 0, 0)",
            [(n, f"{kind}-{n}") for n in range(1, DATASETS + 1)],
        )
    connection.exec_driver_sql(
        "INSERT INTO edge (job_id, side, dataset_id, origin, ordinal, opened_at, first_seen,"
        " last_seen, revision) VALUES (?, ?, ?, 'OBSERVED', 0, 0, 0, 0, 1)",
        list(_edges(chosen)),
    )
    connection.exec_driver_sql("ANALYZE")


def _edges(chosen: random.Random) -> Iterator[tuple[int, str, int]]:
    # Half of what a job reads is local, half preferential: popular datasets become more so.
    named: list[int] = [1]
    for n in range(1, DATASETS + 1):
        yield n, "out", n
        if n == 1:
            continue
        count = chosen.randint(1, 2 * READS_A_JOB - 1)
        local = {max(1, n - chosen.randint(1, 1000)) for _ in range(count // 2)}
        popular = {chosen.choice(named) for _ in range(count - count // 2)}
        for read in sorted(local | popular):
            named.append(read)
            yield n, "in", read
        named.append(n)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:12.3f}")
