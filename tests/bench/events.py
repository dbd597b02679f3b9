"""Made-up run events of the size and shape that real producers send: 5 kB, most of it facets."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

JOBS = 200
DATASETS = 400
PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/1.54.0/client/python"
_SCHEMA = "https://openlineage.io/spec/facets/1-2-0/SchemaDatasetFacet.json"

_QUERY = "INSERT INTO t{} SELECT a, b, c FROM s WHERE d > 10 "


def run_events(count: int, *, seed: int) -> Iterator[bytes]:
    """Yield distinct events, START and COMPLETE of each run in turn, over an hour of event time."""
    chosen = random.Random(seed)
    for number in range(count):
        run, is_end = divmod(number, 2)
        second = number * 3600 // count
        job = chosen.randrange(JOBS)
        event = {
            "eventTime": f"2026-11-23T09:{second // 60:02}:{second % 60:02}.{number % 1000:03}Z",
            "eventType": "COMPLETE" if is_end else "START",
            "producer": PRODUCER,
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {
                "runId": f"{seed:08x}-{run:08x}",
                "facets": {
                    "nominalTime": _facet(nominalStartTime="2026-11-23T09:00:00Z"),
                    "processing_engine": _facet(name="spark", version="4.0.1"),
                },
            },
            "job": {
                "namespace": "bench",
                "name": f"job-{job}",
                "facets": {
                    "jobType": _facet(processingType="BATCH", integration="SPARK", jobType="JOB"),
                    "sql": _facet(query=_QUERY.format(job) * 5),
                },
            },
            "inputs": [_dataset(job * 2 + i) for i in range(2)],
            "outputs": [_output(job, chosen) for _ in range(is_end)],
        }
        yield json.dumps(event).encode()


def _facet(**members: object) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": _SCHEMA, **members}


def _dataset(number: int) -> dict[str, Any]:
    fields = [{"name": f"column_{n}", "type": "VARCHAR(64)"} for n in range(14)]
    return {
        "namespace": "postgres://db.example:5432",
        "name": f"shop.public.table_{number % DATASETS}",
        "facets": {
            "schema": _facet(fields=fields),
            "dataSource": _facet(name="db", uri="postgres://db.example:5432/shop"),
        },
    }


def _output(job: int, chosen: random.Random) -> dict[str, Any]:
    source = {"namespace": "postgres://db.example:5432", "name": f"shop.public.table_{job * 2}"}
    lineage = {
        f"column_{n}": {"inputFields": [{**source, "field": f"column_{n}"}]} for n in range(6)
    }
    dataset = _dataset(job + 1)
    dataset["facets"]["columnLineage"] = _facet(fields=lineage)
    measures = {"outputStatistics": _facet(rowCount=chosen.randrange(10_000), size=1 << 20)}
    return dataset | {"outputFacets": measures}
