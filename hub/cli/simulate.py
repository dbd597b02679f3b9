"""``hub simulate``: who would have been told what, by the rules of a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct, json, structs
from rich.console import Console
from rich.progress import Progress

from hub import telemetry
from hub.app.knowing import Beginning, Known, current_store
from hub.app.playing import EventFile, Happenings, History
from hub.app.simulating import Told, simulate
from hub.cli.ingest import events_in
from hub.cli.lineage_options import micros
from hub.cli.options import AsJson, Config, DatabaseUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.domain.catalog import Severity
from hub.domain.errors import InvalidInput
from hub.domain.incidents.loads import weeks_of
from hub.domain.incidents.telling import ENDINGS
from hub.domain.instants import format_instant, format_span
from hub.settings import load_catalog
from hub.store.opening import open_present

if TYPE_CHECKING:
    from hub.settings import Loaded

app = typer.Typer(add_completion=False)


class Load(Struct, frozen=True, omit_defaults=True):
    """How often a receiver is asked to do something; ``None`` stands for all of them.

    ``before`` is the same by the files of another folder.
    """

    receiver: str | None
    pages: int
    tickets: int
    pages_per_week: float
    tickets_per_week: float
    before: Load | None = None


@app.command(name="simulate")
def command(
    *,
    events: Annotated[
        list[str] | None,
        typer.Option("--events", metavar="FILE", help="OpenLineage events: a file, folder, or -."),
    ] = None,
    database: DatabaseUrl = None,
    since: Annotated[
        str | None, typer.Option(metavar="T", help="When to begin; what is before is not played.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="When to stop, such as 2026-11-23T09:00:00Z.")
    ] = None,
    config: Config = None,
    on_store: Annotated[
        bool,
        typer.Option("--on-store", help="Begin with what the store knows of what --events name."),
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Count pages per week instead of writing them.")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Count by the files of this folder too, as before."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play events on a virtual clock; write what would have been sent, one JSON object a line.

    Needs no server and sends nothing. Events of --events are taken in at their own times; without
    it, the history of the store is played at the times at which it came in. Rules are the files of
    --config. Without --until time ends with the last event, once those who then wait to be told
    for the first time have been.
    """
    if events and database and not on_store:
        message = "--events and --database: either events or a store's history is played"
        fix = "leave one of them out, or begin with what the store knows: --on-store"
        raise InvalidInput(message, fix=fix)
    if on_store and not events:
        raise InvalidInput("--on-store: a history is played by itself", fix="give --events too")
    loaded = settings_of(config, database)
    start, end = micros("--since", since), micros("--until", until)
    telemetry.configure_logging()
    with ExitStack() as stack:
        played = _happenings(loaded, events, start, stack)
        if end is not None and end < played.first_at:
            message = f"--until {until}: nothing happens before {format_instant(played.first_at)}"
            raise InvalidInput(message)
        progress = stack.enter_context(
            Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
        )
        origin = loaded.settings.database if on_store else None
        told = _play(loaded, played, end, progress, origin)
        if not (summary or against):
            for each in told:
                print(json.encode(each).decode(), flush=True)
            return
        span = (played.last_at if end is None else end) - played.first_at
        loads = _loads(told, span)
        if against is not None:
            before = _loads(_play(settings_of(against), played, end, progress, origin), span)
            loads = _compared(loads, before)
    if as_json:
        ends = {"from": played.first_at, "to": played.first_at + span}
        print_json({name: format_instant(at) for name, at in ends.items()} | {"loads": loads})
    else:
        print(f"{format_span(span)} from {format_instant(played.first_at)}")
        _print(loads, is_compared=against is not None)


def _happenings(
    loaded: Loaded, events: list[str] | None, since: int | None, stack: ExitStack
) -> Happenings:
    if events:
        return stack.enter_context(closing(EventFile(events_in(events, stack), since=since)))
    store = stack.enter_context(closing(open_present(loaded.settings.database)))
    return History(store, since=since)


def _play(
    loaded: Loaded, played: Happenings, until: int | None, progress: Progress, origin: str | None
) -> Iterator[Told]:
    task = progress.add_task(str(loaded.folder), total=len(played))

    def show(done: int) -> None:
        progress.update(task, completed=done)

    with ExitStack() as stack:
        known: Beginning | None = None
        if isinstance(played, History):
            known = played.before()
        elif origin and (store := stack.enter_context(current_store(origin))) is not None:
            bodies = (entry.body for _, entries in played.instants() for entry in entries)
            known = Known(store, load_catalog(loaded), bodies)
        yield from simulate(loaded, played, known=known, until=until, on_progress=show)


def _loads(told: Iterable[Told], span: int) -> list[Load]:
    """Count what asks somebody to do something, by receiver and in all."""
    pages: dict[str, int] = {}
    tickets: dict[str, int] = {}
    for each in told:
        counted = tickets if each.severity == Severity.TICKET.value else pages
        counted[each.receiver] = counted.get(each.receiver, 0) + (each.reason not in ENDINGS)
    weeks = weeks_of(span)

    def load(receiver: str | None, pages: int, tickets: int) -> Load:
        return Load(receiver, pages, tickets, round(pages / weeks, 1), round(tickets / weeks, 1))

    found = [load(r, pages.get(r, 0), tickets.get(r, 0)) for r in sorted({*pages, *tickets})]
    return [*found, load(None, sum(pages.values()), sum(tickets.values()))]


def _compared(loads: list[Load], before: list[Load]) -> list[Load]:
    ours = {each.receiver: each for each in loads}
    theirs = {each.receiver: each for each in before}
    names = sorted(name for name in ours | theirs if name is not None)
    found = []
    for name in (*names, None):
        nothing = Load(name, 0, 0, 0.0, 0.0)
        earlier = theirs.get(name, nothing)
        found.append(structs.replace(ours.get(name, nothing), before=earlier))
    return found


def _print(loads: list[Load], *, is_compared: bool) -> None:
    header = ["receiver", "pages", "a week", "tickets", "a week"]
    header += ["pages before", "a week", "tickets before", "a week"] if is_compared else []
    print_table(header, [_cells(each) for each in loads])


def _cells(load: Load) -> list[object]:
    cells: list[object] = [
        load.receiver or "all",
        load.pages,
        load.pages_per_week,
        load.tickets,
        load.tickets_per_week,
    ]
    return cells + (_cells(load.before)[1:] if load.before else [])
