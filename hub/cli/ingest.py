"""``hub ingest``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from hub.app.hub import offline
from hub.app.ingesting import (
    Counts,
    HttpSink,
    StoreSink,
    batches,
    blamed,
    checked,
    events_of,
    files_of,
    open_file,
)
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json
from hub.cli.progress import progress_shown
from hub.domain.errors import InvalidInput
from hub.settings import client_key

app = typer.Typer(add_completion=False)


@app.command(name="ingest")
def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, or - .")],
    *,
    url: HubUrl = None,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Ingest OpenLineage events: NDJSON or a JSON array, plain or gzip; a folder; or - for stdin.

    With --url they go to a running hub; else into the store, and are projected at once. Prints
    how many were accepted, were there already, or cannot be used (see `hub dlq`).
    """
    counts = Counts()
    with ExitStack() as stack:
        sink: HttpSink | StoreSink
        if url is not None and database is None:
            sink = stack.enter_context(closing(HttpSink(url, client_key())))
        else:
            sink = StoreSink(
                stack.enter_context(offline(settings_of(config, database), creates=True))
            )
        show = stack.enter_context(progress_shown())
        for name, stream in streams(paths, stack):
            done = 0
            for batch in batches(events_of(stream, name)):
                try:
                    sink.send(batch, counts)
                except InvalidInput as error:
                    raise blamed(error, batch, name, done) from error
                done += len(batch)
                show(name, done)
        sink.finish()
    if as_json:
        print_json(counts)
    else:
        print(
            f"accepted {counts.accepted}, duplicate {counts.duplicate},"
            f" quarantined {counts.quarantined}"
        )


def streams(paths: list[str], stack: ExitStack) -> Iterator[tuple[str, BinaryIO]]:
    """Yield what paths name, opened one after the other: files, those of a folder, - for stdin."""
    if "-" in paths:
        yield "stdin", sys.stdin.buffer
    for path in files_of(Path(path) for path in paths if path != "-"):
        yield str(path), stack.enter_context(open_file(path))


def events_in(paths: list[str], stack: ExitStack) -> Iterator[bytes]:
    """Yield the events of what paths name.

    Raises:
        InvalidInput: there are none, or one is no JSON object; the message says which.

    """
    is_none = True
    for name, stream in streams(paths, stack):
        for event in checked(events_of(stream, name), name):
            is_none = False
            yield event
    if is_none:
        fix = "give OpenLineage events, as JSON objects one a line or in an array"
        raise InvalidInput(f"{', '.join(paths)}: there is no event", fix=fix)
