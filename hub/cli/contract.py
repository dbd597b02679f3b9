"""``hub contract``: checking and publishing versions of data contracts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias
from uuid import uuid4

import typer

from hub.cli.acting import actor, mutate, submit
from hub.cli.exits import FINDINGS, OK
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json
from hub.settings.documents import read_text

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog
    from hub.domain.commands import PublishContract

app = typer.Typer(
    help="Check and publish data contracts.", no_args_is_help=True, add_completion=False
)


@app.callback()
def contract() -> None:
    """Check and publish data contracts."""


Document: TypeAlias = Annotated[Path, typer.Argument(help="An ODCS document: YAML or JSON.")]


@app.command()
def check(
    path: Document,
    config: Config = None,
    database: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> int:
    """Say whether a contract may be published now; exit code 1 when not, with the reasons.

    It may not where the standard's schema refuses it, where the version is published with another
    text, and where a spent error budget freezes it.
    """
    from hub.app.hub import offline

    text = read_text(path)
    with offline(settings_of(config, database), creates=True) as hub:
        findings = hub.contract_findings(text, str(path))
    if as_json:
        print_json({"path": str(path), "publishable": not findings, "findings": findings})
    else:
        print("\n".join(findings) or "it may be published")
    return FINDINGS if findings else OK


@app.command()
def publish(
    path: Document,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    despite: Annotated[
        str | None,
        typer.Option(help="Why, although a spent error budget freezes it; kept with it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish a version of a contract; a version is published once.

    Exits with 4 where a spent error budget of a product that keeps the contract freezes it.
    """
    text = read_text(path)
    if url and not database:
        given = {"document": text, "despite": despite}
        found = mutate(url, "publishContract", given, "contract { id }")
        key = str(found["contract"]["id"])
    else:
        from hub.flow.commands import contract_command
        from hub.queries.budgets import check_publishing

        def make(_catalog: Catalog, _now: int) -> PublishContract:
            return contract_command(
                text, name=str(path), client_key=uuid4().hex, actor=actor(), despite=despite
            )

        key = str(submit(config, database, make, check_publishing, creates=True).subject)
    if as_json:
        print_json({"id": key})
    else:
        print(f"{key} is published")
