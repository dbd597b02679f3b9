"""``GET /lineage`` over 50,000 jobs in chains of ten, against Marquez's way to ask PostgreSQL.

The hub's answer is measured whole, with the data of every node. Of the other only its recursive
statement is: one of our own over an equivalent table, which like Marquez's aggregates what each job
reads and writes into arrays and follows arrays that overlap. Both are on the same server, and must
name equally many jobs.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from sqlalchemy import text

from hub.api.rest.marquez.asking import Asking, MarquezSources
from hub.api.rest.marquez.lineage import get_lineage
from hub.graph.index import LineageIndex
from hub.store.opening import open_store
from tests.bench.databases import POSTGRESQL, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

CHAINS = 5_000
JOBS_A_CHAIN = 10
DEPTH = 20
QUESTIONS = 50
# Each takes about a second.
RIVAL_QUESTIONS = 3

_OF_OTHERS = (
    "CREATE TABLE io (job_id bigint, dataset_id bigint, is_input boolean, is_current boolean)"
)
_RECURSIVE = text(
    """
    WITH RECURSIVE job_io AS (
        SELECT job_id,
               array_agg(DISTINCT dataset_id) FILTER (WHERE is_input) AS reads,
               array_agg(DISTINCT dataset_id) FILTER (WHERE NOT is_input) AS writes
        FROM io WHERE is_current GROUP BY job_id
    ), reached (job_id, reads, writes, depth) AS (
        SELECT job_id, reads, writes, 0 FROM job_io WHERE job_id = :job
        UNION
        SELECT near.job_id, near.reads, near.writes, reached.depth + 1
        FROM job_io AS near, reached
        WHERE near.job_id <> reached.job_id AND reached.depth < :depth
          AND array_cat(near.reads, near.writes) && array_cat(reached.reads, reached.writes)
    )
    SELECT count(DISTINCT job_id) FROM reached
    """
)


def measure() -> dict[str, float]:
    """Return the medians of both in milliseconds, and how many times quicker the hub is."""
    with places() as found:
        for place in found:
            if place.kind == POSTGRESQL:
                return _measure(place.empty_store())
    return {}


def _measure(url: str) -> dict[str, float]:
    store = open_store(url)
    with store.database.write() as connection:
        _fill(connection)
    chosen = random.Random(4)
    jobs = [chosen.randrange(1, CHAINS * JOBS_A_CHAIN + 1) for _ in range(QUESTIONS)]
    sources: Any = MarquezSources(
        database=store.database,
        journal=store.journal,
        lineage=LineageIndex(),
        # Reads need neither.
        intake=None,  # type: ignore[arg-type]
        receiver=None,  # type: ignore[arg-type]
        clock=lambda: 0,
    )
    with store.database.read() as connection:

        def by_hub(job: int) -> int:
            query = {"nodeId": [f"job:bench:job-{job}"], "depth": [str(DEPTH)]}
            graph = get_lineage(Asking(connection, sources, (), query))["graph"]
            msgspec.json.encode(graph)
            return sum(node["type"] == "JOB" for node in graph)

        def by_rival(job: int) -> int:
            answer = connection.execute(_RECURSIVE, {"job": job, "depth": DEPTH})
            return int(answer.scalar_one())

        by_hub(jobs[0])  # loads the index
        ours, counts = _time(by_hub, jobs)
        theirs, expected = _time(by_rival, jobs[:RIVAL_QUESTIONS])
    store.close()
    if counts[:RIVAL_QUESTIONS] != expected:
        raise AssertionError("the hub and the recursive statement disagree")
    return {
        "lineage_p50_ms": float(np.median(ours)) * 1000,
        "recursive_sql_p50_ms": float(np.median(theirs)) * 1000,
        "jobs_in_an_answer": float(np.mean(counts)),
        "recursive_sql_over_lineage": float(np.median(theirs) / np.median(ours)),
    }


def _time(answer: Callable[[int], int], jobs: list[int]) -> tuple[list[float], list[int]]:
    seconds, answers = [], []
    for job in jobs:
        began = time.perf_counter()
        answers.append(answer(job))
        seconds.append(time.perf_counter() - began)
    return seconds, answers


def _fill(connection: Connection) -> None:
    """Insert the chains, for the hub and, in a table of its own, for the other."""
    connection.exec_driver_sql("INSERT INTO namespace (id, name) VALUES (1, 'bench')")
    sizes = {"job": CHAINS * JOBS_A_CHAIN, "dataset": CHAINS * (JOBS_A_CHAIN + 1)}
    for kind, size in sizes.items():
        connection.exec_driver_sql(
            f"INSERT INTO {kind} (id, namespace_id, name, first_seen, last_seen, first_position)"  # noqa: S608 - two tables of ours
            f" SELECT n, 1, '{kind}-' || n, 0, 0, 1 FROM generate_series(1, {size}) AS n"
        )
    connection.exec_driver_sql(_OF_OTHERS)
    connection.exec_driver_sql(
        "INSERT INTO io VALUES (%s, %s, %s, true)",
        [(job, dataset, is_input) for job, dataset, is_input in _ends()],
    )
    connection.exec_driver_sql(
        "INSERT INTO edge (job_id, side, dataset_id, origin, ordinal, opened_at, first_seen,"
        " last_seen, revision) SELECT job_id, CASE WHEN is_input THEN 'in' ELSE 'out' END,"
        " dataset_id, 'OBSERVED', 0, 0, 0, 0, 1 FROM io"
    )
    connection.exec_driver_sql("ANALYZE")


def _ends() -> Iterator[tuple[int, int, bool]]:
    for chain in range(CHAINS):
        for place in range(JOBS_A_CHAIN):
            job = chain * JOBS_A_CHAIN + place + 1
            dataset = chain * (JOBS_A_CHAIN + 1) + place + 1
            yield job, dataset, True
            yield job, dataset + 1, False


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12.3f}")
