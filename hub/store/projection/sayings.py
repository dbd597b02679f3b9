"""On which days a content was said, of facets that people change to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.domain.names import DatasetName, JobName
from hub.store import dialect
from hub.store.projection.batch import Batch, Mention, mention
from hub.store.projection.facets import DATASET, JOB
from hub.store.projection.memory import Writing

# The least and the greatest of what is said, so that the order in which it comes does not count.
_PUT: Final = """
INSERT INTO facet_saying AS held
    (owner_kind, owner_id, name, digest, day, first_seen, last_seen, first_position)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (owner_kind, owner_id, name, digest, day) DO UPDATE SET
    first_seen = CASE WHEN excluded.first_seen < held.first_seen
        THEN excluded.first_seen ELSE held.first_seen END,
    last_seen = CASE WHEN excluded.last_seen > held.last_seen
        THEN excluded.last_seen ELSE held.last_seen END,
    first_position = CASE WHEN excluded.first_position < held.first_position
        THEN excluded.first_position ELSE held.first_position END
"""


def write_sayings(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> None:
    """Write on which days the batch has the contents of such facets said."""
    said: dict[tuple[str, int, str, bytes, int], Mention] = {}
    for (dataset, container, day), when in batch.dataset_days.items():
        for name in container.to_and_fro:
            digest = container.facets[name].digest
            mention(said, (DATASET, datasets[dataset], name, digest, day), when)
    for (job, container, day), when in batch.job_days.items():
        for name in container.to_and_fro:
            digest = container.facets[name].digest
            mention(said, (JOB, jobs[job], name, digest, day), when)
    rows = [
        (*key, when.first_at, when.last_at, when.position) for key, when in sorted(said.items())
    ]
    if rows:
        writing.connection.exec_driver_sql(dialect.driver_sql(writing.connection, _PUT), rows)
