"""``hub rebuild``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from msgspec import json

from hub.cli.exits import FINDINGS
from hub.cli.options import AsJson, Config, DatabaseUrl, archive_of, settings_of
from hub.cli.output import print_json
from hub.cli.progress import progress_shown
from hub.flow.project import Difference, rebuild, verify
from hub.store.opening import open_present

app = typer.Typer(add_completion=False)


@app.command(name="rebuild")
def command(
    *,
    check: Annotated[
        bool, typer.Option("--verify", help="Only compare: what would a rebuild make?")
    ] = False,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make every projection again from the journal; with --verify compare one with the live ones.

    A rebuild replays what was decided: it decides nothing again, and sends nothing. Exits with 1
    when --verify finds a difference.
    """
    loaded = settings_of(config, database)
    archive = archive_of(loaded)
    store = open_present(loaded.settings.database)
    differences: list[Difference] = []
    try:
        with progress_shown() as show:
            so_far = partial(show, "journal")
            if check:
                differences = verify(store, so_far, archive=archive)
            else:
                rebuild(store, so_far, archive=archive)
    finally:
        store.close()
    if as_json:
        print_json({"verified": check, "differences": differences})
    elif check:
        for each in differences:
            print(f"{each.table}: {each.live_rows} rows live, {each.rebuilt_rows} rebuilt")
            for sign, rows in (("-", each.only_live), ("+", each.only_rebuilt)):
                for row in rows:
                    print(f"  {sign} {json.encode(row).decode()}")
        print("a rebuild differs" if differences else "a rebuild makes what is live")
    else:
        print("rebuilt")
    raise typer.Exit(FINDINGS if differences else 0)
