"""``hub doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.app.doctor import examine
from hub.cli.exits import FINDINGS
from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json
from hub.cli.progress import progress_shown

app = typer.Typer(add_completion=False)


@app.command(name="doctor")
def command(
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Try whether receivers' addresses can be reached.")
    ] = False,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Check this installation: store, files, disk, address, plugins and policies, with fixes.

    Exits with 1 when something is to be mended.
    """
    found = []
    with progress_shown() as show:
        for each in examine(settings_of(config, database), is_online=online):
            found.append(each)
            show("checks", len(found))
    if as_json:
        print_json(found)
    else:
        for each in found:
            print(f"{'ok  ' if each.is_ok else 'MEND'} {each.check}: {each.found}")
            if each.fix:
                print(f"     fix: {each.fix}")
    raise typer.Exit(0 if all(each.is_ok for each in found) else FINDINGS)
