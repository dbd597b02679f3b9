"""Made-up run events in the size and shape of real ones: 5 kB, most of it facets that repeat.

The estate is fixed: 200 jobs in 40 schedules, which name about 400 datasets. What is drawn anew is
what real producers draw anew: a run's id, its times, what it counted, whether it failed. So a
dataset's facets repeat byte for byte, starts and ends of many runs alternate, and one run in
twenty fails with a stack trace. Half of the schedules' tool makes random run ids, half makes
time-ordered ones, as tools do.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple

from msgspec import json

JOBS: Final = 200
TASKS: Final = 5
SOURCES: Final = 200
PRODUCER: Final = "https://github.com/OpenLineage/OpenLineage/tree/1.54.0/integration/spark"
NAMESPACE: Final = "spark-production"
STORE: Final = "s3://lake-production"

_FACETS: Final = "https://openlineage.io/spec/facets/1-2-0"
_EVENT_SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_BEGIN: Final = datetime(2026, 11, 2, tzinfo=UTC)
# Between the starts of two runs, and how long a run takes, in seconds.
_PACE: Final = 0.8
_TAKES: Final = (5, 120)
_FAILS: Final = 0.05
_TYPES: Final = ("bigint", "string", "timestamp", "decimal(18,2)", "boolean", "double")
_WORDS: Final = ("id", "amount", "status", "created_at", "customer", "region", "unit", "price")


class _Dataset(NamedTuple):
    name: str
    fields: tuple[str, ...]
    facets: dict[str, Any]


class _Job(NamedTuple):
    name: str
    facets: dict[str, Any]
    inputs: tuple[_Dataset, ...]
    outputs: tuple[_Dataset, ...]
    lineage: tuple[dict[str, Any], ...]
    measures_inputs: bool
    has_random_ids: bool


class _End(NamedTuple):
    at: datetime
    number: int
    job: _Job
    run: dict[str, Any]


def run_events(count: int, *, seed: int) -> Iterator[bytes]:
    """Yield distinct events in the order of their times: the starts and ends of runs.

    Other seeds give other runs of the same jobs.
    """
    jobs = _estate()
    chance = random.Random(seed)
    at = _BEGIN
    ends: list[_End] = []
    started = 0
    for _ in range(count):
        if ends and ends[0].at < at:
            end = heappop(ends)
            yield _ended(end, chance)
            continue
        job = jobs[started % JOBS]
        run = {"runId": _run_id(job, at, chance), "facets": _run_facets(started, at, seed)}
        heappush(ends, _End(at + timedelta(seconds=chance.uniform(*_TAKES)), started, job, run))
        yield _event("START", at, run, job, *_named(job))
        started += 1
        at += timedelta(seconds=_PACE)


def _ended(end: _End, chance: random.Random) -> bytes:
    inputs, outputs = _named(end.job)
    if chance.random() < _FAILS:
        error = _facet("ErrorMessageRunFacet", **_error(end.job, chance))
        run = end.run | {"facets": end.run["facets"] | {"errorMessage": error}}
        return _event("FAIL", end.at, run, end.job, inputs, outputs)
    for output, lineage in zip(outputs, end.job.lineage, strict=True):
        rows = chance.randrange(1_000_000)
        output["facets"] = output["facets"] | {"columnLineage": lineage}
        output["outputFacets"] = {
            "outputStatistics": _facet(
                "OutputStatisticsOutputDatasetFacet", rowCount=rows, size=rows * 87, fileCount=8
            )
        }
    if end.job.measures_inputs:
        for use, dataset in zip(inputs, end.job.inputs, strict=True):
            use["inputFacets"] = _measured(dataset, chance)
    return _event("COMPLETE", end.at, end.run, end.job, inputs, outputs)


def _event(
    kind: str,
    at: datetime,
    run: dict[str, Any],
    job: _Job,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
) -> bytes:
    event = {
        "eventTime": _time(at),
        "eventType": kind,
        "run": run,
        "job": {"namespace": NAMESPACE, "name": job.name, "facets": job.facets},
        "inputs": inputs,
        "outputs": outputs,
        "producer": PRODUCER,
        "schemaURL": _EVENT_SCHEMA,
    }
    return json.encode(event)


def _named(job: _Job) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    inputs, outputs = (
        [{"namespace": STORE, "name": each.name, "facets": each.facets} for each in side]
        for side in (job.inputs, job.outputs)
    )
    return inputs, outputs


def _estate() -> list[_Job]:
    """Make the jobs: each reads one to three datasets and writes one, a few of them two."""
    chosen = random.Random(0)
    sources = [_dataset(f"raw/source_{n}", chosen) for n in range(SOURCES)]
    written = [_dataset(f"derived/table_{n}", chosen) for n in range(JOBS)]
    jobs = []
    for number in range(JOBS):
        inputs = [sources[number], *chosen.sample(written[:number] or sources, 1)]
        outputs = [written[number]]
        if number % 20 == 0:
            outputs.append(_dataset(f"derived/errors_{number}", chosen))
        jobs.append(_job(number, tuple(inputs[: chosen.randint(1, 2)]), tuple(outputs), chosen))
    return jobs


def _job(
    number: int,
    inputs: tuple[_Dataset, ...],
    outputs: tuple[_Dataset, ...],
    chosen: random.Random,
) -> _Job:
    selected = ", ".join(f"s.{name}" for name in inputs[0].fields)
    query = f"{selected} FROM {inputs[0].name} AS s WHERE s.status <> 'void'"
    return _Job(
        f"schedule_{number // TASKS}.task_{number % TASKS}",
        {
            "jobType": _facet(
                "JobTypeJobFacet", processingType="BATCH", integration="SPARK", jobType="JOB"
            ),
            "sql": _facet("SQLJobFacet", query=f"INSERT INTO {outputs[0].name} SELECT {query}"),
        },
        inputs,
        outputs,
        tuple(_lineage(each, inputs, chosen) for each in outputs),
        measures_inputs=number % 4 == 0,
        has_random_ids=(number // TASKS) % 2 == 0,
    )


def _dataset(name: str, chosen: random.Random) -> _Dataset:
    fields = tuple(f"{chosen.choice(_WORDS)}_{n}" for n in range(chosen.randint(3, 7)))
    described = [{"name": each, "type": chosen.choice(_TYPES)} for each in fields]
    facets = {
        "schema": _facet("SchemaDatasetFacet", fields=described),
        "dataSource": _facet("DatasourceDatasetFacet", name=STORE, uri=STORE),
        "storage": _facet("StorageDatasetFacet", storageLayer="delta", fileFormat="parquet"),
    }
    return _Dataset(name, fields, facets)


def _lineage(
    output: _Dataset, inputs: tuple[_Dataset, ...], chosen: random.Random
) -> dict[str, Any]:
    def source() -> dict[str, Any]:
        read = chosen.choice(inputs)
        how = {"type": "DIRECT", "subtype": "IDENTITY", "masking": False}
        field = chosen.choice(read.fields)
        return {"namespace": STORE, "name": read.name, "field": field, "transformations": [how]}

    fields = {name: {"inputFields": [source()]} for name in output.fields}
    return _facet("ColumnLineageDatasetFacet", fields=fields)


def _measured(dataset: _Dataset, chance: random.Random) -> dict[str, Any]:
    nulls = {name: {"nullCount": chance.randrange(100)} for name in dataset.fields}
    tests = [
        {"assertion": "not_null", "success": chance.random() < 1 - _FAILS, "column": name}
        for name in dataset.fields[:3]
    ]
    return {
        "dataQualityMetrics": _facet(
            "DataQualityMetricsInputDatasetFacet",
            rowCount=1_000 + chance.randrange(1_000_000),
            columnMetrics=nulls,
        ),
        "dataQualityAssertions": _facet("DataQualityAssertionsDatasetFacet", assertions=tests),
    }


def _run_facets(started: int, at: datetime, seed: int) -> dict[str, Any]:
    """Return what the start and the end of a run say alike; tasks share a parent run."""
    schedule = started // TASKS
    scheduled = _time(at.replace(second=0, microsecond=0))
    parent = {
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}/{schedule}"))},
        "job": {"namespace": NAMESPACE, "name": f"schedule_{schedule % (JOBS // TASKS)}"},
    }
    return {
        "nominalTime": _facet("NominalTimeRunFacet", nominalStartTime=scheduled),
        "parent": _facet("ParentRunFacet", **parent, root=parent),
        "processing_engine": _facet(
            "ProcessingEngineRunFacet", name="spark", version="4.0.1", openlineageAdapterVersion="1"
        ),
    }


def _error(job: _Job, chance: random.Random) -> dict[str, str]:
    stage = chance.randrange(1_000)
    trace = "\n".join(
        f"\tat org.apache.spark.scheduler.DAGScheduler.step{n}(DAGScheduler.scala:{n * 97})"
        for n in range(12)
    )
    return {
        "message": f"Job aborted: stage {stage}.0 of {job.name} failed 4 times",
        "programmingLanguage": "JAVA",
        "stackTrace": f"org.apache.spark.SparkException: stage {stage}\n{trace}",
    }


def _run_id(job: _Job, at: datetime, chance: random.Random) -> str:
    bits = chance.getrandbits(128)
    if not job.has_random_ids:
        millis = int(at.timestamp() * 1000)
        bits = (millis << 80) | (bits & ((1 << 80) - 1))
    made = uuid.UUID(int=bits, version=4)
    return str(made) if job.has_random_ids else f"{str(made)[:14]}7{str(made)[15:]}"


def _facet(kind: str, /, **members: object) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_FACETS}/{kind}.json#/$defs/{kind}", **members}


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
