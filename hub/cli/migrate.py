"""``hub migrate``."""

from __future__ import annotations

from functools import partial

import typer

from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json
from hub.cli.progress import progress_shown
from hub.store import schema
from hub.store.database import Database

app = typer.Typer(add_completion=False)


@app.command(name="migrate")
def command(
    *, database: DatabaseUrl = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Bring the store's schema up to date."""
    store = Database(settings_of(config, database).settings.database)
    try:
        with progress_shown() as show, store.write() as connection:
            before = schema.revision(connection)
            schema.upgrade(connection, partial(show, "migrations"))
    finally:
        store.close()
    if as_json:
        print_json({"store": store.masked_url, "before": before, "after": schema.HEAD})
    else:
        print(f"{store.masked_url}: {before or 'empty'} -> {schema.HEAD}")
