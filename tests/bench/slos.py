"""Judging SLOs: what a start costs by how many there are, and what a tick costs where none is due.

A product each has a lane, a transform behind it, and a freshness SLO on either. Measured in
processor time, with the projection of what was decided.
"""

from __future__ import annotations

import time
from tempfile import TemporaryDirectory
from typing import Final

from hub.domain.catalog import (
    Catalog,
    Domain,
    Owner,
    OwnerKind,
    Product,
    Slo,
    SloKind,
    Source,
    Step,
)
from hub.domain.slos.slo import SECOND
from hub.flow.consumer import run_until_idle
from hub.flow.evaluate import Evaluate, Judge
from hub.flow.project import Project
from hub.graph.index import LineageIndex
from hub.store.opening import Store, open_store

FEW: Final = 1_000
MANY: Final = 4_000
MOST: Final = 10_000
ROUNDS: Final = 3
TICKS: Final = 200
_STARTS_AT: Final = 1_000_000_000 * SECOND


def measure() -> dict[str, float]:
    """Return what starts and ticks cost."""
    few, many = (min(_judge(count, 0)[0] for _ in range(ROUNDS)) for count in (FEW, MANY))
    most, tick, written = _judge(MOST, TICKS)
    return {
        "start_cpu_seconds_1000": few,
        "start_cpu_seconds_4000": many,
        "start_cpu_seconds_10000": most,
        "start_4000_over_1000": many / few,
        "idle_tick_cpu_ms_10000": tick * 1_000,
        "idle_tick_entries_10000": written,
    }


def _judge(count: int, ticks: int) -> tuple[float, float, float]:
    """Return the seconds of a start and of a tick, and how many entries a tick wrote."""
    catalog, now = _estate(count), _STARTS_AT
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/hub.db")
        stage = Evaluate(
            store, lambda: catalog, clock=lambda: now, judge=Judge(), index=LineageIndex()
        )
        try:
            begun = time.process_time()
            run_until_idle([Project(store), stage])
            started = time.process_time()
            head = _head(store)
            for _tick in range(ticks):
                now += SECOND
                stage.step()
            spent = time.process_time() - started
            wrote = _head(store) - head
        finally:
            store.close()
    return started - begun, spent / max(ticks, 1), wrote / max(ticks, 1)


def _head(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


def _estate(count: int) -> Catalog:
    owner = Owner("team", OwnerKind.DOMAIN)
    return Catalog(
        domains={"sales": Domain("sales", owner)},
        sources={"shop": Source("shop", owner, "sales")},
        products={name: _product(name) for name in (f"sales{n:05}" for n in range(count // 2))},
    )


def _product(name: str) -> Product:
    raw, summed = f"bronze.{name}", f"gold.{name}"
    return Product(
        name=name,
        domain="sales",
        steps=(
            Step(name="load", product=name, writes=raw, lane="files", source="shop"),
            Step(name="sum", product=name, writes=summed, transform="duckdb", reads=(raw,)),
        ),
        slos=(_hourly(name, raw), _hourly(name, summed)),
    )


def _hourly(product: str, dataset: str) -> Slo:
    return Slo(
        name=f"{dataset} is fresh",
        product=product,
        dataset=dataset,
        kind=SloKind.FRESHNESS,
        within_seconds=3_600,
    )
