"""``hub products``."""

from __future__ import annotations

import typer

from hub.cli.options import AsJson, Config, settings_of
from hub.cli.output import print_json, print_table
from hub.settings import load_catalog

app = typer.Typer()


@app.command(name="products")
def command(*, config: Config = None, as_json: AsJson = False) -> None:
    """Show which data products are declared: domain, tier, steps and SLOs."""
    catalog = load_catalog(settings_of(config))
    if as_json:
        print_json(list(catalog.products.values()))
        return
    print_table(
        ("product", "domain", "tier", "steps", "slos"),
        (
            (
                product.name,
                product.domain,
                product.tier,
                ", ".join(step.name for step in product.steps),
                ", ".join(slo.name for slo in product.slos),
            )
            for product in catalog.products.values()
        ),
    )
