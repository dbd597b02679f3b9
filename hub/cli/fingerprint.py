"""``hub fingerprint``."""

from __future__ import annotations

from functools import partial

import typer

from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json
from hub.cli.progress import progress_shown
from hub.flow.project import project_all
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import open_present

app = typer.Typer(add_completion=False)


@app.command(name="fingerprint")
def command(
    *, database: DatabaseUrl = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Print one hash of what is projected from events alone.

    It is the same for the same events, whatever their order and however often each came. What is
    in the journal and not projected yet is projected first.
    """
    store = open_present(settings_of(config, database).settings.database)
    try:
        with progress_shown() as show:
            project_all(store, partial(show, "journal"))
            with store.database.read() as connection:
                tables = fingerprint_tables(connection, partial(show, "tables"))
    finally:
        store.close()
    if as_json:
        print_json({"fingerprint": combine(tables), "tables": tables})
    else:
        print(combine(tables))
