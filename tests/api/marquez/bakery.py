"""A bakery's data: two jobs in a row, each run twice, and a report that only declares its data."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName
from hub.testing.builders import column_lineage, dataset, run_event, schema

DAY = 86_400_000_000
# 2026-11-23 04:00 UTC, a Monday.
MONDAY = 1_795_406_400_000_000
MINUTE = 60_000_000

OVEN = "s3://oven"
FLOUR = DatasetName(OVEN, "raw/flour")
LOAVES = DatasetName(OVEN, "made/loaves")
SALES = DatasetName("postgres://till:5432", "shop.public.sales")
BAKE = JobName("bakery", "bake")
SELL = JobName("bakery", "sell.daily")
REPORT = JobName("office", "report")

PARENT = "0b9b1c1e-7a4e-4f0e-8d0a-000000000000"


def run_id(job: JobName, day: int) -> str:
    return f"0b9b1c1e-7a4e-4f0e-8d0a-00{len(job.name):02}{day:08}"


def events() -> list[bytes]:
    """Return what the bakery's producers send on Monday and Tuesday, in order."""
    sent = [event for day in (0, 1) for event in (*_bake(day), *_sell(day))]
    return [_signed(event) for event in (*sent, _report())]


def _signed(event: bytes) -> bytes:
    """Return an event whose facets say who made them; a real Marquez takes no other."""
    told: dict[str, Any] = msgspec.json.decode(event)
    holders = [told.get("run", {}), told["job"], *told["inputs"], *told["outputs"]]
    for holder in holders:
        for name, facet in holder.get("facets", {}).items():
            url = f"https://openlineage.io/spec/facets/1-0-0/{name}.json"
            facet.update({"_producer": "https://example.test/producer", "_schemaURL": url})
    return msgspec.json.encode(told)


def _bake(day: int) -> list[bytes]:
    at, key = MONDAY + day * DAY, run_id(BAKE, day)
    loaves = dataset(
        LOAVES,
        schema=schema("id", "weight"),
        documentation={"description": "What came out of the oven."},
        dataSource={"name": "oven", "uri": "s3://oven"},
        columnLineage=column_lineage({"weight": [(FLOUR, "grams")]}),
    )
    flour = dataset(FLOUR, schema=schema("grams"))
    facts: dict[str, Any] = {"inputs": [flour], "outputs": [loaves]}
    documented = {
        "documentation": {"description": "Bakes."},
        "sourceCodeLocation": {"type": "git", "url": "https://git.example/bake.py"},
    }
    nominal = {
        "nominalStartTime": format_instant(at),
        "nominalEndTime": format_instant(at + DAY),
    }
    return [
        run_event(
            BAKE,
            key,
            at=at,
            event_type="START",
            job_facets=documented,
            run_facets={"nominalTime": nominal},
        ),
        run_event(BAKE, key, at=at + 30 * MINUTE, **facts),
    ]


def _sell(day: int) -> list[bytes]:
    at, key = MONDAY + day * DAY + 60 * MINUTE, run_id(SELL, day)
    sales = dataset(
        SALES,
        schema=schema("loaf", "price"),
        tags={"tags": [{"key": "money", "value": "true"}]},
        columnLineage=column_lineage({"loaf": [(LOAVES, "id")], "price": [(LOAVES, "weight")]}),
    )
    parent = {
        "run": {"runId": PARENT},
        "job": {"namespace": "bakery", "name": "sell"},
    }
    last = "FAIL" if day else "COMPLETE"
    return [
        run_event(SELL, key, at=at, event_type="START", run_facets={"parent": parent}),
        run_event(SELL, key, at=at + MINUTE, event_type=last, inputs=[LOAVES], outputs=[sales]),
    ]


def _report() -> bytes:
    event = {
        "eventTime": format_instant(MONDAY + 5 * MINUTE),
        "producer": "https://example.test/office",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
        "job": REPORT._asdict(),
        "inputs": [SALES._asdict()],
        "outputs": [],
    }
    return msgspec.json.encode(event)
