"""``hub retention``: what has aged leaves the store for the archive, by a plan to be read first."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from hub.cli.options import AsJson, Config, DatabaseUrl, archive_of, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.progress import progress_shown
from hub.domain.errors import InvalidInput
from hub.flow.project import project_all
from hub.flow.retain import Plan
from hub.flow.retain import apply as apply_retention
from hub.flow.retain import plan as plan_retention
from hub.settings import Loaded
from hub.store.opening import Store, open_present

app = typer.Typer(
    help="Say what is to leave the store, and archive it.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def plan(*, database: DatabaseUrl = None, config: Config = None, as_json: AsJson = False) -> None:
    """Say what would leave, by namespace and table, and what is kept for what."""
    loaded = settings_of(config, database)
    store = open_present(loaded.settings.database)
    try:
        project_all(store)
        _show(_plan(store, loaded, _now()), as_json=as_json)
    finally:
        store.close()


@app.command()
def apply(
    *,
    database: DatabaseUrl = None,
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Archive what the plan says, then let it go. Cut off at any moment, the next time goes on."""
    loaded = settings_of(config, database)
    store = open_present(loaded.settings.database)
    try:
        now = _now()
        project_all(store)
        if dry_run or not yes:
            planned = _plan(store, loaded, now)
            if dry_run or planned.is_empty:
                _show(planned, as_json=as_json)
                return
            _show(planned, as_json=False)
            _ask()
        gone = _apply(store, loaded, now)
    finally:
        store.close()
    if as_json:
        print_json(gone)
    else:
        print("archived: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in gone.items()))


def _apply(store: Store, loaded: Loaded, now: int) -> dict[str, int]:
    with progress_shown() as show:
        return apply_retention(
            store,
            loaded.settings.retention,
            archive_of(loaded),
            now=now,
            settle=lambda: project_all(store),
            on_progress=show,
        )


def _plan(store: Store, loaded: Loaded, now: int) -> Plan:
    return plan_retention(store, loaded.settings.retention, archive_of(loaded), now)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise InvalidInput("nobody is there to be asked", fix="say --yes, or --dry-run")
    typer.confirm("Archive these?", abort=True)


def _show(planned: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(planned)
        return
    header = ("table", "namespace", "before", "goes", "bytes", "oldest", "newest")
    print_table(
        header,
        [
            (
                each.table,
                each.namespace or "(all)",
                _time(each.before),
                each.goes,
                each.bytes,
                _time(each.oldest),
                _time(each.newest),
            )
            for each in planned.tables
        ],
    )
    for each in planned.tables:
        for reason, count in each.kept.items():
            print(f"kept in {each.table} of {each.namespace or '(all)'}: {count}, as {reason}")
    if not planned.tables:
        print("everything is kept for ever: see retention in hub.toml")


def _time(instant: int | None) -> str:
    return "" if instant is None else datetime.fromtimestamp(instant / 1e6, UTC).isoformat()


def _now() -> int:
    return time.time_ns() // 1_000
