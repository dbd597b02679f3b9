"""``GET /lineage`` over 50,000 jobs in chains of ten, against Marquez's way to ask PostgreSQL.

The hub's answer is measured whole, on a snapshot of its own: JSON with the data of every node. The
chains that are asked about came as events, so that each job has a run and each dataset a schema;
the rest of the catalogue is inserted as rows, which is quicker.

Of Marquez only its recursive statement is measured: one of our own over the same edges, which like
Marquez's aggregates what each job reads and writes into arrays and follows arrays that overlap.
As there, an index leads to the edges of a job and none to those of a dataset; keys are numbers
here, which are quicker than Marquez's UUIDs. Neither the data of nodes nor JSON is asked of it.

Both are asked in turn on the same server, and must name the same jobs. Times are of the CPU, this
process's and the server's together: one waits for the other all the time, so that it is what
somebody waits who has the machine alone. Beside it stand the medians of what the clock says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import text

from hub.api.rest.marquez.asking import Asking, MarquezSources
from hub.api.rest.marquez.lineage import get_lineage
from hub.flow.ingest import EventReader
from hub.flow.project import project_all
from hub.graph.index import LineageIndex
from hub.store.opening import open_store
from tests.bench.databases import POSTGRESQL, Place, places

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.opening import Store

CHAINS = 5_000
JOBS_A_CHAIN = 10
DATASETS_A_CHAIN = JOBS_A_CHAIN + 1
FIELDS = 5
DEPTH = 20
# Each job of them is asked about this often; of the other, one job once: that takes seconds.
CHAINS_ASKED = 7
ROUNDS = 3

_OF_OTHERS = """
    CREATE TABLE io AS
    SELECT job_id, dataset_id, side = 'in' AS is_input, closed_at IS NULL AS is_current FROM edge;
    CREATE INDEX ix_io ON io (job_id)
    """
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
    SELECT DISTINCT job.name FROM reached JOIN job ON job.id = reached.job_id
    """
)
_FACETS = "https://openlineage.io/spec/facets/1-2-0"
_EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_PRODUCER = "https://example.com/bench"


def measure() -> dict[str, float]:
    """Return the medians of both in milliseconds, and how many times less the hub takes."""
    with places() as found:
        for place in found:
            if place.kind == POSTGRESQL:
                return _measure(place)
    return {}


def _measure(place: Place) -> dict[str, float]:
    store = open_store(place.empty_store())
    _fill(store)
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

        def by_hub(job: str) -> set[str]:
            query = {"nodeId": [f"job:bench:{job}"], "depth": [str(DEPTH)]}
            with store.database.read() as own:
                body = msgspec.json.encode(get_lineage(Asking(own, sources, (), query)))
            graph = msgspec.json.decode(body)["graph"]
            return {node["data"]["name"] for node in graph if node["type"] == "JOB"}

        def by_rival(job: str) -> set[str]:
            return set(connection.scalars(_RECURSIVE, {"job": ids[job], "depth": DEPTH}))

        ids = {name: key for key, name in connection.exec_driver_sql("SELECT id, name FROM job")}
        ours, theirs = [], []
        # The first is not counted: it loads the index, and the server plans each statement.
        for chain in (0, *range(CHAINS_ASKED)):
            jobs = [_job(chain, each) for each in range(JOBS_A_CHAIN)]
            ours.append(_ask(place, by_hub, jobs * ROUNDS, expected=set(jobs)))
            theirs.append(_ask(place, by_rival, jobs[-1:], expected=set(jobs)))
    store.close()
    (our_cpu, our_wall), (their_cpu, their_wall) = (
        (median(column) * 1000 for column in zip(*spent[1:], strict=True))
        for spent in (ours, theirs)
    )
    return {
        "lineage_cpu_ms": our_cpu,
        "recursive_sql_cpu_ms": their_cpu,
        "recursive_sql_over_lineage": their_cpu / our_cpu,
        "lineage_wall_ms": our_wall,
        "recursive_sql_wall_ms": their_wall,
    }


def _ask(
    place: Place, answer: Callable[[str], set[str]], jobs: Sequence[str], *, expected: set[str]
) -> tuple[float, float]:
    """Return the seconds of the CPU and of the clock that an answer takes."""
    cpu, wall = place.cpu_seconds(), time.perf_counter()
    for job in jobs:
        if answer(job) != expected:
            raise AssertionError("the hub and the recursive statement disagree")
    spent = place.cpu_seconds() - cpu, time.perf_counter() - wall
    return spent[0] / len(jobs), spent[1] / len(jobs)


def _fill(store: Store) -> None:
    """Project the chains that are asked about, and insert all others as rows."""
    reader = EventReader(b"a secret of this store")
    entries = [reader.read(event) for event in _events()]
    store.journal.append(entries, recorded_at=1)
    project_all(store)
    with store.database.write() as connection:
        _insert_others(connection)
        connection.exec_driver_sql(_OF_OTHERS)
    with store.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def _events() -> Iterator[bytes]:
    for chain in range(CHAINS_ASKED):
        for place in range(JOBS_A_CHAIN):
            event = {
                "eventTime": f"2026-11-02T{place:02}:00:00Z",
                "eventType": "COMPLETE",
                "run": {"runId": f"00000000-0000-4000-8000-{chain:06}{place:06}"},
                "job": {"namespace": "bench", "name": _job(chain, place)},
                "inputs": [_dataset(chain, place)],
                "outputs": [_dataset(chain, place + 1)],
                "producer": _PRODUCER,
                "schemaURL": _EVENT_SCHEMA,
            }
            yield msgspec.json.encode(event)


def _job(chain: int, place: int) -> str:
    return f"job-{chain * JOBS_A_CHAIN + place}"


def _dataset(chain: int, place: int) -> dict[str, Any]:
    schema = {
        "_producer": _PRODUCER,
        "_schemaURL": f"{_FACETS}/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
        "fields": [{"name": f"field_{number}", "type": "bigint"} for number in range(FIELDS)],
    }
    name = f"dataset-{chain * DATASETS_A_CHAIN + place}"
    return {"namespace": "bench", "name": name, "facets": {"schema": schema}}


def _insert_others(connection: Connection) -> None:
    """Insert the chains that nobody asks about; their ids go on where those of events end."""
    jobs, datasets = (
        connection.exec_driver_sql(f"SELECT max(id) FROM {kind}").scalar_one()  # noqa: S608 - two tables of ours
        for kind in ("job", "dataset")
    )
    chains = CHAINS - CHAINS_ASKED
    for kind, last, size in (("job", jobs, JOBS_A_CHAIN), ("dataset", datasets, DATASETS_A_CHAIN)):
        connection.exec_driver_sql(
            f"INSERT INTO {kind} (id, namespace_id, name, first_seen, last_seen, first_position)"  # noqa: S608 - as above
            f" SELECT {last} + n, namespace.id, 'other-{kind}-' || n, 0, 0, 1"
            f" FROM namespace, generate_series(1, {chains * size}) AS n"
        )
    ends = (
        (jobs + chain * JOBS_A_CHAIN + place + 1, side, datasets + chain * DATASETS_A_CHAIN + end)
        for chain in range(chains)
        for place in range(JOBS_A_CHAIN)
        for side, end in (("in", place + 1), ("out", place + 2))
    )
    connection.exec_driver_sql(
        "INSERT INTO edge (job_id, side, dataset_id, origin, ordinal, opened_at, first_seen,"
        " last_seen, revision) VALUES (%s, %s, %s, 'OBSERVED', 0, 0, 0, 0, 1)",
        list(ends),
    )


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:12.3f}")
