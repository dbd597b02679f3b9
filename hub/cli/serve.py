"""``hub serve``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from hub.app.serving import Role, serve
from hub.cli.options import Config, DatabaseUrl, settings_of

app = typer.Typer(add_completion=False)


@app.command(name="serve")
def command(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [8080].")] = None,
    database: DatabaseUrl = None,
    config: Config = None,
    role: Annotated[Role, typer.Option(help="What this process does.")] = Role.ALL,
) -> None:
    """Run the hub: API, stages and pages in one process.

    Prints `listening on http://…` once it is ready. SIGHUP reads the catalog's files again;
    SIGTERM drains and stops.
    """
    loaded = settings_of(config, database, serve__host=host, serve__port=port)
    serve(loaded, role, announce=partial(print, flush=True))
