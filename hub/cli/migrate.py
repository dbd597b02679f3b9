"""``hub migrate``."""

from __future__ import annotations

import typer

from hub.cli.options import Config, DatabaseUrl, settings_of
from hub.store import schema
from hub.store.database import Database

app = typer.Typer()


@app.command(name="migrate")
def command(*, database: DatabaseUrl = None, config: Config = None) -> None:
    """Bring the store's schema up to date."""
    store = Database(settings_of(config, database).settings.database)
    try:
        with store.write() as connection:
            before = schema.revision(connection)
            schema.upgrade(connection)
    finally:
        store.close()
    print(f"{store.masked_url}: {before or 'empty'} -> {schema.HEAD}")
