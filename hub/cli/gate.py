"""``hub gate check NODE``: whether a consumer may read something now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.exits import FINDINGS, OK
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json
from hub.domain.catalog import TIER_OF_MOST
from hub.settings import client_key

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(
    help="Say whether data may be read now.", no_args_is_help=True, add_completion=False
)


@app.callback()
def gate() -> None:
    """Say whether data may be read now."""


@app.command()
def check(
    node: Annotated[
        str, typer.Argument(help="dataset:NAMESPACE:NAME, one of its fields, or product:NAME.")
    ],
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    tier: Annotated[
        int, typer.Option(min=1, max=99, help="That of the product that would read it.")
    ] = TIER_OF_MOST,
    as_json: AsJson = False,
) -> int:
    """Say whether a product may read NODE now; exit code 1 when it may not, with the reasons.

    An error budget that is spent closes the gate where its SLO says so.
    """
    at_hub = url if url and not database else None
    reasons = _ask_hub(at_hub, node, tier) if at_hub else _read(config, database, node, tier)
    if as_json:
        print_json({"node": node, "tier": tier, "open": not reasons, "reasons": reasons})
    else:
        print("\n".join(f"closed: {reason}" for reason in reasons) or "open")
    return FINDINGS if reasons else OK


def _ask_hub(url: str, node: str, tier: int) -> list[str]:
    from hub.runtime.report import HttpReporter

    reporter = HttpReporter(url, api_key=client_key())
    try:
        return reporter.objections(node, tier)
    finally:
        reporter.close()


def _read(config: Path | None, database: str | None, node: str, tier: int) -> list[str]:
    from hub.app.hub import offline

    with offline(settings_of(config, database)) as hub:
        return hub.objections(node, tier)
