"""``hub notify``: whether a receiver can be told."""

from __future__ import annotations

from typing import Annotated

import typer

from hub import telemetry
from hub.app.trying import try_receiver
from hub.cli.options import AsJson, Config, settings_of
from hub.cli.output import print_json

app = typer.Typer(help="Try a receiver.", no_args_is_help=True, add_completion=False)


@app.callback()
def _group() -> None:
    """Keep ``test`` a command of its own."""


@app.command(name="test")
def command(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="As in receivers.yaml.")],
    config: Config = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Send a receiver a ticket that says that it is a test, then its end."""
    telemetry.configure_logging()
    accepted = list(try_receiver(settings_of(config), receiver))
    if as_json:
        print_json({"receiver": receiver, "accepted": accepted})
    else:
        print(f"{receiver} accepted a test ({', then '.join(accepted)})")
