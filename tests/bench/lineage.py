"""Depth-10 closures over 100,000 datasets: the lineage index against SQLite's recursive CTE.

Both answer the same questions on the same store, and must name equally many datasets. So must the
index when it is asked for a time by which nothing was closed yet that holds now, on either clock.

Times are of the CPU: all happens in one thread, and what else the machine does must not count.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from sqlalchemy import text

from hub.domain.names import NodeId, NodeKind
from hub.graph.closure import Direction, Extent, find_closure
from hub.graph.index import LineageIndex, dataset_node
from hub.graph.view import NOW, Sight
from hub.graph.walk import Reach, walk_datasets
from hub.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

DATASETS = 100_000
READS_A_JOB = 3
QUESTIONS = 100
# The CTE takes seconds where the index takes milliseconds.
QUESTIONS_TO_CTE = 100
DEPTH = 10

# Event times at which edges were closed and asked about, and positions likewise.
CLOSED_AT, ASKED_AT = 2 * DATASETS, 3 * DATASETS
SUPERSEDED_AT, KNOWN_AT = 5, 7

AnswerT = TypeVar("AnswerT")

# A job, which side of it, and a dataset.
Ends: TypeAlias = tuple[int, str, int]

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


class Timed(NamedTuple, Generic[AnswerT]):
    """How long each of several questions took, and what each was answered."""

    seconds: list[float]
    answers: list[AnswerT]

    def percentile(self, percent: float) -> float:
        """Return milliseconds."""
        return float(np.percentile(self.seconds, percent)) * 1000


def measure() -> dict[str, float]:
    """Return p50 and p99 in milliseconds, bytes, and the ratios that have a bar."""
    chosen = random.Random(2)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        with store.database.write() as connection:
            edges = list(edges_of(chosen))
            insert_edges(connection, edges)
            _insert_past(connection, edges, chosen)
        starts = [chosen.randrange(1, DATASETS + 1) for _ in range(QUESTIONS)]
        with store.database.read() as connection:
            index = LineageIndex()
            figures = _load(connection, index)
            figures |= _ask_index(connection, index, starts)
            figures |= _ask_both(connection, index, starts[:QUESTIONS_TO_CTE])
        store.close()
    return figures


def _load(connection: Connection, index: LineageIndex) -> dict[str, float]:
    read, load = [], []
    for _ in range(3):
        begun = time.thread_time()
        cursor = connection.connection.cursor()
        rows = len(cursor.execute("SELECT * FROM edge").fetchall())
        read.append(time.thread_time() - begun)
        begun = time.thread_time()
        LineageIndex().datasets(connection)
        load.append(time.thread_time() - begun)
    held = index.datasets(connection).held
    return {
        "edges": rows,
        "table_read_seconds": min(read),
        "index_load_seconds": min(load),
        "load_over_read": min(load) / min(read),
        "bytes_an_edge": held.nbytes() / rows,
    }


def _ask_index(connection: Connection, index: LineageIndex, starts: list[int]) -> dict[str, float]:
    held = index.datasets(connection, with_history=True).held
    sights = {
        "now": NOW,
        "as_of": Sight(as_of=ASKED_AT),
        "known_at": Sight(known_at=KNOWN_AT),
        "both_clocks": Sight(as_of=ASKED_AT, known_at=KNOWN_AT),
    }
    reach = Reach(is_upstream=False, depth=DEPTH, limit=10 * DATASETS)
    extent = Extent(direction=Direction.DOWNSTREAM, depth=DEPTH)

    def walk(start: int, sight: Sight) -> int:
        reached = walk_datasets(held.seen(sight), dataset_node(start), reach)
        return int(np.count_nonzero(reached.nodes % 2 == 0))

    def name(start: int) -> int:
        node = NodeId(NodeKind.DATASET, ("bench", f"dataset-{start}"))
        found = find_closure(connection, index, node, extent)
        return len(found.nodes) if found else 0

    asked = {
        kind: (lambda start, sight=sight: walk(start, sight)) for kind, sight in sights.items()
    }
    found = time_ways({**asked, "named": name}, starts)
    if any(found[kind].answers != found["now"].answers for kind in sights):
        raise AssertionError("the answers about the past differ from those about now")
    figures = {
        f"{kind}_p{percent}_ms": timed.percentile(percent)
        for kind, timed in found.items()
        for percent in (50, 99)
    }
    for kind in list(sights)[1:]:
        figures[f"{kind}_over_now_p99"] = figures[f"{kind}_p99_ms"] / figures["now_p99_ms"]
    return figures | {"largest_closure": max(found["now"].answers)}


def _ask_both(connection: Connection, index: LineageIndex, starts: list[int]) -> dict[str, float]:
    held = index.datasets(connection).held
    reach = Reach(is_upstream=False, depth=DEPTH, limit=10 * DATASETS)

    def by_index(start: int) -> int:
        reached = walk_datasets(held.seen(NOW), dataset_node(start), reach)
        return int(np.count_nonzero(reached.nodes % 2 == 0))

    def by_cte(start: int) -> int:
        return int(connection.execute(_CTE, {"start": start, "depth": DEPTH}).scalar_one())

    found = time_ways({"index": by_index, "cte": by_cte}, starts)
    if found["index"].answers != found["cte"].answers:
        raise AssertionError("the index and the CTE disagree")
    return {
        "cte_p50_ms": found["cte"].percentile(50),
        "cte_p99_ms": found["cte"].percentile(99),
        "cte_over_index_p99": found["cte"].percentile(99) / found["index"].percentile(99),
    }


def time_ways(
    ways: dict[str, Callable[[int], AnswerT]], starts: list[int], *, rounds: int = 1
) -> dict[str, Timed[AnswerT]]:
    """Ask each question in every way, one after the other: a busy spell hits all of them.

    Of several ``rounds`` the quickest counts, for whichever way.
    """
    found: dict[str, Timed[AnswerT]] = {name: Timed([], []) for name in ways}
    for answer in ways.values():
        answer(starts[0])
    for start in starts:
        for name, answer in ways.items():
            took = []
            for _ in range(rounds):
                begun = time.thread_time()
                said = answer(start)
                took.append(time.thread_time() - begun)
            found[name].answers.append(said)
            found[name].seconds.append(min(took))
    return found


def insert_edges(connection: Connection, edges: list[Ends]) -> None:
    """Insert all datasets and jobs, and edges, those of a job opened at a time of its own."""
    connection.exec_driver_sql("INSERT INTO namespace (id, name) VALUES (1, 'bench')")
    for kind in ("dataset", "job"):
        connection.exec_driver_sql(
            f"INSERT INTO {kind} (id, namespace_id, name, first_seen, last_seen,"  # noqa: S608 - two tables of ours
            " first_position) VALUES (?, 1, ?, 0, 0, 0)",
            [(n, f"{kind}-{n}") for n in range(1, DATASETS + 1)],
        )
    connection.exec_driver_sql(
        "INSERT INTO edge (job_id, side, dataset_id, origin, ordinal, opened_at, first_seen,"
        " last_seen, revision) VALUES (?, ?, ?, 'OBSERVED', 0, ?, 0, 0, 1)",
        [(*edge, edge[0]) for edge in edges],
    )
    connection.exec_driver_sql("ANALYZE")


def _insert_past(connection: Connection, edges: list[Ends], chosen: random.Random) -> None:
    """Insert a twentieth more that are closed, and a tenth that the hub thought otherwise of."""
    closed = chosen.sample(edges, len(edges) // 20)
    connection.exec_driver_sql(
        "INSERT INTO edge (job_id, side, dataset_id, origin, ordinal, opened_at, closed_at,"
        " first_seen, last_seen, revision) VALUES (?, ?, ?, 'DECLARED', 0, 0, ?, 0, 0, 1)",
        [(*edge, CLOSED_AT + edge[0]) for edge in closed],
    )
    superseded = chosen.sample(edges, len(edges) // 10)
    connection.exec_driver_sql(
        "INSERT INTO edge_history (job_id, side, dataset_id, origin, ordinal, known_until,"
        " known_from, opened_at) VALUES (?, ?, ?, 'OBSERVED', 1, ?, 1, ?)",
        [(*edge, SUPERSEDED_AT, edge[0] + 1) for edge in superseded],
    )
    connection.exec_driver_sql("ANALYZE")


def edges_of(chosen: random.Random) -> Iterator[Ends]:
    """Yield the edges of a DAG: a job writes each dataset, and reads about three older ones."""
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
        print(f"{name:24} {value:12.3f}")
