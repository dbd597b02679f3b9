"""``hub simulate``: who would have been told what, by the rules of a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Annotated

import typer
from msgspec import json
from rich.console import Console
from rich.progress import Progress

from hub import telemetry
from hub.app.ingesting import events_of
from hub.app.simulating import Played, simulate
from hub.cli.ingest import streams
from hub.cli.lineage_options import micros
from hub.cli.options import Config, settings_of

app = typer.Typer()


@app.command(name="simulate")
def command(
    *,
    events: Annotated[
        list[str],
        typer.Option("--events", metavar="FILE", help="OpenLineage events: a file, folder, or -."),
    ],
    until: Annotated[
        str | None,
        typer.Option(metavar="T", help="When to stop, such as 2026-11-23T09:00:00Z."),
    ] = None,
    config: Config = None,
) -> None:
    """Play events on a virtual clock; write what would have been sent, one JSON object a line.

    Needs no server and no store, and sends nothing. Events are taken in at their own times, by the
    files of --config. Without --until time ends with the last event, once those who then wait to be
    told for the first time have been.
    """
    loaded = settings_of(config)
    end = micros("--until", until)
    telemetry.configure_logging()
    with ExitStack() as stack:
        played = stack.enter_context(closing(Played(_events(events, stack))))
        progress = stack.enter_context(
            Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
        )
        task = progress.add_task("events", total=len(played))

        def show(done: int) -> None:
            progress.update(task, completed=done)

        for told in simulate(loaded, played, until=end, on_progress=show):
            sys.stdout.write(json.encode(told).decode() + "\n")
            sys.stdout.flush()


def _events(paths: list[str], stack: ExitStack) -> Iterator[bytes]:
    for name, stream in streams(paths, stack):
        yield from events_of(stream, name)
