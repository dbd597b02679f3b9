"""Which jobs wait for which: every dependency that was told of, and when it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.domain.names import JobName
from hub.store import dialect
from hub.store.projection.batch import Batch
from hub.store.projection.memory import Writing

# The least and the greatest of what is said, so that the order in which it comes does not count.
_PUT: Final = """
INSERT INTO job_dependency AS held
    (job_id, side, other_id, kind, sequence_rule, status_rule,
     first_seen, last_seen, first_position)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job_id, side, other_id, kind, sequence_rule, status_rule) DO UPDATE SET
    first_seen = CASE WHEN excluded.first_seen < held.first_seen
        THEN excluded.first_seen ELSE held.first_seen END,
    last_seen = CASE WHEN excluded.last_seen > held.last_seen
        THEN excluded.last_seen ELSE held.last_seen END,
    first_position = CASE WHEN excluded.first_position < held.first_position
        THEN excluded.first_position ELSE held.first_position END
"""


def write_dependencies(writing: Writing, batch: Batch, jobs: Mapping[JobName, int]) -> None:
    """Write what is said of the jobs that one waits for, and of those that wait for it."""
    said = {
        (jobs[name], each.side, jobs[each.other], *each[2:]): told
        for name, edges in batch.dependencies.items()
        for each, told in edges.items()
        # That a job waits for its own last run is no edge between jobs.
        if each.other != name
    }
    rows = [
        (*key, told.first_at, told.last_at, told.position) for key, told in sorted(said.items())
    ]
    if rows:
        writing.connection.exec_driver_sql(dialect.driver_sql(writing.connection, _PUT), rows)
