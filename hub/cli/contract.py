"""``hub contract publish PATH``: publishing versions of data contracts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from hub.cli.acting import actor, mutate, submit
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.settings.documents import read_text

if TYPE_CHECKING:
    from hub.domain.catalog import Catalog
    from hub.domain.commands import PublishContract

app = typer.Typer(help="Publish data contracts.", no_args_is_help=True)


@app.callback()
def contract() -> None:
    """Publish data contracts."""


@app.command()
def publish(
    path: Annotated[Path, typer.Argument(help="An ODCS document: YAML or JSON.")],
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

        key = str(submit(config, database, make, check_publishing).subject)
    if as_json:
        print_json({"id": key})
    else:
        print(f"{key} is published")
