"""``hub plugins``."""

from __future__ import annotations

import msgspec
import typer

from hub.cli.options import AsJson
from hub.cli.output import print_json, print_table
from hub.host import Host

app = typer.Typer()


@app.command(name="plugins")
def command(*, as_json: AsJson = False) -> None:
    """Show what is loaded, with versions and health; a plugin that failed is disabled."""
    host = Host.load()
    if as_json:
        print_json([msgspec.to_builtins(state) for state in host.states])
        return
    print_table(
        ("plugin", "version", "provides", "state"),
        (
            (
                state.name,
                state.version,
                ", ".join(f"{kind} {name}" for kind, name in state.provides),
                state.error or "loaded",
            )
            for state in host.states
        ),
    )
    for finding in host.findings():
        print(f"{finding.plugin}: {finding.message}\n  fix: {finding.fix}")
