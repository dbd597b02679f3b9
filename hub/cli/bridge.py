"""``hub bridge``: other catalogues of metadata, imported and mirrored to."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from hub.app.bridging import Checkpoint, bring, compare
from hub.app.hub_api import RestHub, local_hub
from hub.app.mirroring import Mirror, Mirrored
from hub.cli.exits import FINDINGS
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.errors import Unreachable
from hub.host import Host
from hub.settings import Loaded, client_key, fill_secrets
from hub.spi.bridge import HubApi, Progress, Report
from hub.store.opening import open_present

app = typer.Typer(no_args_is_help=True, add_completion=False)

# Where checkpoints are, relative to the configuration folder.
_FOLDER: Final = Path(".hub", "bridges")
_POLL_SECONDS: Final = 1.0

Bridge: TypeAlias = Annotated[str, typer.Argument(metavar="BRIDGE", help="Such as marquez.")]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Its API key; ${NAME} is filled in."),
]


@app.callback()
def _group() -> None:
    """Import another catalogue of metadata, or mirror to it."""


@app.command(name="import")
def import_(
    bridge: Bridge,
    *,
    origin: Annotated[str, typer.Option("--from", metavar="URL", help="The other catalogue.")],
    origin_database: Annotated[
        str | None,
        typer.Option("--from-database", metavar="URL", help="Its database; ${NAME} is filled in."),
    ] = None,
    key: Key = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what the hub lacks.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--restart", help="Go on where the last one was cut off.")
    ] = True,
    url: HubUrl = None,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Bring everything that another catalogue knows into the hub, and compare the two.

    With --url it goes to a running hub; else into the store, and is projected at once. Importing
    again changes nothing. Exits with 1 when something could not be brought over.
    """
    loaded = settings_of(config, database)
    options = _options(url=origin, database=origin_database, key=key)
    to_url = url if database is None else None
    names = _named(origin), to_url or loaded.settings.database
    checkpoint = Checkpoint(loaded.folder / _FOLDER, bridge, *names)
    if not resume:
        checkpoint.drop()
    plug = Host.load().bridge(bridge)
    with _bars() as show, _hub(to_url, loaded) as hub:
        if dry_run:
            report = compare(plug, hub, options, show)
        else:
            report = bring(plug, hub, options, checkpoint, show)
    _print(report, as_json=as_json)
    if not report.is_whole:
        raise typer.Exit(FINDINGS)


@app.command()
def mirror(
    bridge: Bridge,
    *,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The other catalogue.")],
    key: Key = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="At first, send what the journal holds already.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End when all is sent.")] = False,
    database: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send the events that the hub is told to another catalogue, until interrupted.

    It reads the store's journal, beside a hub that runs or without one, and remembers there how
    far it has come. Each event is sent at least once, in order. What the other refuses for good is
    told on stderr and left out.
    """
    loaded = settings_of(config, database)
    options = _options(url=to, key=key)
    plug = Host.load().bridge(bridge)
    # A service manager asks for the end like this; what has been sent must be noted first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with closing(open_present(loaded.settings.database)) as store:
        name = f"mirror {bridge} {_named(to)}"
        mirrored = Mirror(store, plug, options, name=name, on_outage=_tell_outage)
        position = mirrored.begin(from_start=from_start)
        print(f"mirroring what follows position {position}", file=sys.stderr)
        try:
            while mirrored.catch_up(_tell_refusal) or not once:
                time.sleep(0 if once else _POLL_SECONDS)
        finally:
            _print_mirrored(mirrored.counts, as_json=as_json)
    if mirrored.counts.refused:
        raise typer.Exit(FINDINGS)


def _options(**given: str | None) -> dict[str, Any]:
    return fill_secrets({name: value for name, value in given.items() if value is not None})


def _named(url: str) -> str:
    """Return an address without what may be secret in it, as a name."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


@contextmanager
def _hub(url: str | None, loaded: Loaded) -> Iterator[HubApi]:
    if url is None:
        with local_hub(loaded) as hub:
            yield hub
    else:
        with closing(RestHub(url, api_key=client_key())) as remote:
            yield remote


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    """Show how far an import has come: bars on a terminal, else nothing."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Bars(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bars:

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(progress.stage, total=None)
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total)

        yield show


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json({**msgspec.to_builtins(report), "isWhole": report.is_whole})
        return
    rows = [(each.kind, each.there, each.here, each.there - each.here) for each in report.counts]
    print_table(("kind", "there", "of these here", "lacking"), rows)
    for what, count in report.told.items():
        print(f"{what}: {count}")
    for each in report.differences:
        mark = "lacking" if each.is_lacking else "differs"
        print(f"{mark}: {each.count} {each.kind}: {each.why}")
        for example in each.examples:
            print(f"  {example}")


def _print_mirrored(counts: Mirrored, *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        print(f"sent {counts.sent}, refused {counts.refused}, up to position {counts.position}")


def _tell_outage(outage: Unreachable) -> None:
    print(f"waiting: {outage}", file=sys.stderr)


def _tell_refusal(position: int, why: str) -> None:
    print(f"position {position} is refused: {why}", file=sys.stderr)
