"""A small mesh: two domains with three products between a source and what nobody has declared.

    file:trips -load-> bronze.trips -clean-> silver.trips -sum-> gold.revenue -export-> x:report
                                                          -rank-> gold.ranking

``load`` and ``clean`` are of product trips in domain rides; ``sum`` is of product revenue and
``rank`` of product ranking in domain money; nobody has declared ``export``.
"""

from __future__ import annotations

from typing import Any

from hub.domain.catalog import Catalog, Domain, Owner, OwnerKind, Product, Step
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName
from hub.testing.builders import column_lineage, dataset, run_event

SECOND = 1_000_000
TRIPS = DatasetName("file", "trips")
BRONZE, SILVER, REVENUE, RANKING = (
    DatasetName("lake", name)
    for name in ("bronze.trips", "silver.trips", "gold.revenue", "gold.ranking")
)
REPORT = DatasetName("x", "report")
LOAD, CLEAN = JobName("rides", "trips.load"), JobName("rides", "trips.clean")
SUM, RANK = JobName("money", "revenue.sum"), JobName("money", "ranking.rank")
EXPORT = JobName("cron", "export")

EDGES = {
    LOAD: (TRIPS, BRONZE),
    CLEAN: (BRONZE, SILVER),
    SUM: (SILVER, REVENUE),
    RANK: (SILVER, RANKING),
    EXPORT: (REVENUE, REPORT),
}
RIDERS = Owner("riders", OwnerKind.DOMAIN, "riders-pager")
BANKERS = Owner("bankers", OwnerKind.DOMAIN)
RANKERS = Owner("rankers", OwnerKind.DOMAIN)


def catalog() -> Catalog:
    steps = {
        "trips": (_step("trips", "load", BRONZE, ()), _step("trips", "clean", SILVER, (BRONZE,))),
        "revenue": (_step("revenue", "sum", REVENUE, (SILVER,)),),
        "ranking": (_step("ranking", "rank", RANKING, (SILVER,)),),
    }
    return Catalog(
        domains={"rides": Domain("rides", RIDERS), "money": Domain("money", BANKERS)},
        products={
            "trips": Product(name="trips", domain="rides", steps=steps["trips"]),
            "revenue": Product(name="revenue", domain="money", steps=steps["revenue"]),
            "ranking": Product(
                name="ranking", domain="money", owner=RANKERS, steps=steps["ranking"]
            ),
        },
    )


def _step(product: str, name: str, writes: DatasetName, reads: tuple[DatasetName, ...]) -> Step:
    names = tuple(each.name for each in reads)
    return Step(name=name, product=product, writes=writes.name, reads=names, transform="duckdb")


def run(job: JobName, number: int, *, owners: tuple[str, ...] = (), **facets: Any) -> bytes:  # noqa: ANN401 - facets are any JSON
    """Return that run ``number`` of a job has read and written what it always does, by then."""
    source, target = EDGES[job]
    columns = column_lineage({"fare": [(source, "fare")]})
    said: dict[str, Any] = {"columnLineage": columns, **facets}
    if owners:
        said["ownership"] = {"owners": [{"name": name} for name in owners]}
    made = dataset(target, **said)
    return run_event(job, str(number), at=number * SECOND, inputs=[source], outputs=[made])


def at(seconds: int) -> str:
    return format_instant(seconds * SECOND)
