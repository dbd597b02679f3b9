"""``hub config``: the effective settings, and where each comes from."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import msgspec
import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.settings import load_catalog

app = typer.Typer(add_completion=False)


@app.command()
def config(config: Config = None, database: DatabaseUrl = None, *, as_json: AsJson = False) -> None:
    """Show the effective settings and where each comes from, with secrets masked.

    The catalog's files are read too: what is wrong in them is said here before it matters.
    """
    loaded = settings_of(config, database)
    values = _leaves(msgspec.to_builtins(loaded.settings))
    values["database"] = _masked(str(values["database"]))
    load_catalog(loaded)
    rows = [(name, values[name], origin) for name, origin in loaded.origins.items()]
    if as_json:
        print_json({name: {"value": value, "origin": origin} for name, value, origin in rows})
    else:
        print_table(("setting", "value", "from"), rows)
    for variable in loaded.ignored:
        print(f"{variable} names no setting and is ignored", file=sys.stderr)


def _leaves(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _masked(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url
