"""``hub products``: what is declared, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import Any

import msgspec
import typer
from msgspec import Struct

from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.catalog import Catalog, Product
from hub.domain.instants import format_instant
from hub.domain.names import JobName
from hub.domain.scrub import scrub
from hub.queries.jobs import find_jobs
from hub.queries.pages import PageRequest
from hub.queries.runs import RunRow, runs_of_jobs
from hub.queries.slos import SloStateRow, slo_states
from hub.settings import load_catalog
from hub.store.database import is_missing
from hub.store.opening import open_present

app = typer.Typer(add_completion=False)

_NEVER = "NEVER RUN"
# The state of a product is that of the step that stands worst.
_WORST_FIRST = ("FAIL", "LOST", "ABORT", "RUNNING", "START", _NEVER, "COMPLETE")


class Standing(Struct, frozen=True):
    """The last run of every job, and the state of every SLO, by name."""

    runs: dict[JobName, RunRow]
    slos: dict[str, SloStateRow]


@app.command(name="products")
def command(
    *, config: Config = None, database: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Show which data products are declared, how their last runs ended and their SLOs stand."""
    loaded = settings_of(config, database)
    catalog = load_catalog(loaded)
    standing = _standing(loaded.settings.database, [catalog.job(step) for step in catalog.steps])
    if as_json:
        print_json(
            [_described(catalog, product, standing) for product in catalog.products.values()]
        )
        return
    print_table(
        ("product", "domain", "tier", "state", "steps", "slos"),
        (
            (
                product.name,
                product.domain,
                product.tier,
                _state(catalog, product, standing),
                ", ".join(step.name for step in product.steps),
                ", ".join(f"{slo.name} ({_slo_state(slo.name, standing)})" for slo in product.slos),
            )
            for product in catalog.products.values()
        ),
    )


def _standing(url: str, jobs: Iterable[JobName]) -> Standing:
    if is_missing(url):
        return Standing({}, {})
    with closing(open_present(url)) as store, store.database.read() as connection:
        found = find_jobs(connection, list(jobs))
        ids = [job.id for job in found.values()]
        pages = runs_of_jobs(connection, ids, PageRequest(1, None)) if ids else {}
        last = [page.rows[0].row for page in pages.values() if page.rows]
        slos = slo_states(connection)
    return Standing({run.key.job: run for run in last}, slos)


def _state(catalog: Catalog, product: Product, standing: Standing) -> str:
    runs = (standing.runs.get(catalog.job(step)) for step in product.steps)
    states = {_NEVER if run is None else run.state or _NEVER for run in runs}
    return next((state for state in _WORST_FIRST if state in states), _NEVER)


def _slo_state(name: str, standing: Standing) -> str:
    found = standing.slos.get(name)
    return found.state if found else "UNKNOWN"


def _described(catalog: Catalog, product: Product, standing: Standing) -> dict[str, Any]:
    # A secret belongs into the environment; one that was written down all the same is masked.
    declared: dict[str, Any] = msgspec.json.decode(scrub(msgspec.json.encode(product)))
    for step, said in zip(product.steps, declared["steps"], strict=True):
        run = standing.runs.get(catalog.job(step))
        ended = None if run is None or run.ended_at is None else format_instant(run.ended_at)
        said["state"] = _NEVER if run is None else run.state
        said["endedAt"] = ended
    for slo, said in zip(product.slos, declared["slos"], strict=True):
        said["state"] = _slo_state(slo.name, standing)
    return {**declared, "state": _state(catalog, product, standing)}
