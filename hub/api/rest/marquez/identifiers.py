"""Ids that Marquez's clients expect to be UUIDs, made of what they stand for.

So they are the same in every store that has been told the same, and survive a rebuild.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid5

import msgspec

from hub.domain.names import DatasetName, JobName, RunName

_HUB: Final = UUID("6d0d1f0a-2c5e-5d0f-8f1b-6c5b0b6f9d11")


def job_uuid(job: JobName) -> str:
    """Return the id of a job."""
    return _uuid("job", *job)


def job_version_uuid(
    job: JobName, inputs: Iterable[DatasetName], outputs: Iterable[DatasetName]
) -> str:
    """Return the id of a job as one that reads and writes these datasets."""
    return _uuid("job-version", *job, sorted(inputs), sorted(outputs))


def written_version_uuid(dataset: DatasetName, run: RunName) -> str:
    """Return the id of what a run wrote to a dataset."""
    return _uuid("dataset-version", *dataset, *run.job, run.run_id)


def seen_version_uuid(dataset: DatasetName, schema: bytes | None) -> str:
    """Return the id of a dataset as it was seen with a schema, whoever wrote it."""
    return _uuid("dataset-version", *dataset, schema.hex() if schema else None)


def schema_uuid(dataset: DatasetName, schema: bytes) -> str:
    """Return the id of a schema of a dataset."""
    return _uuid("schema", *dataset, schema.hex())


def _uuid(*parts: object) -> str:
    return str(uuid5(_HUB, msgspec.json.encode(parts).decode()))
