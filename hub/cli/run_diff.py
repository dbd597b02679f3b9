"""``hub run-diff RUN [EARLIER]``: in what a run differs from another of its job."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from hub.cli.asking import read
from hub.cli.lineage_options import AsOf, KnownAt, instant
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.errors import NotFound

app = typer.Typer(add_completion=False)

_QUERY = """
query ($b: ID!, $a: ID, $asOf: DateTime, $knownAt: DateTime) {
  compareRuns(b: $b, a: $a, asOf: $asOf, knownAt: $knownAt) {
    a { id state startedAt endedAt }
    b { id state startedAt endedAt }
    differences { part dataset facet onlyIn before after }
  }
}
"""


@app.command(name="run-diff")
def command(
    run: Annotated[str, typer.Argument(help="run:NAMESPACE:JOB:RUNID.")],
    earlier: Annotated[
        str | None,
        typer.Argument(help="Another run of the job; unless said, the last that completed before."),
    ] = None,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show in what a run differs from an earlier one: code, data, schema, size, duration."""
    asked: dict[str, object] = {
        "b": run,
        "a": earlier,
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read(_QUERY, asked, config=config, database=database, url=url)["compareRuns"]
    if found is None:
        other = earlier or "a run of its job that completed before it"
        raise NotFound(f"no event has named {run}, or {other}")
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    for name in ("a", "b"):
        print(f"{name}: {found[name]['id']}  {found[name]['state']}{_lasted(found[name])}")
    print_table(("part", "dataset", "facet", "change"), map(_row, found["differences"]))


def _lasted(run: dict[str, Any]) -> str:
    if run["startedAt"] is None or run["endedAt"] is None:
        return ""
    started, ended = (datetime.fromisoformat(run[name]) for name in ("startedAt", "endedAt"))
    return f" after {(ended - started).total_seconds():g} s"


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    change = f"only in {each['onlyIn']}" if each["onlyIn"] else _change(each)
    return each["part"], each["dataset"] or "", each["facet"] or "", change


def _change(each: dict[str, Any]) -> str:
    """Return which numbers of a facet differ, and how; texts may be as long as a program."""
    before, after = each["before"], each["after"]
    if not isinstance(before, dict) or not isinstance(after, dict):
        return "differs (see --json)"
    numbers = [
        f"{name}: {before[name]} → {after[name]}"
        for name in before.keys() & after.keys()
        if before[name] != after[name] and _is_number(before[name]) and _is_number(after[name])
    ]
    return ", ".join(sorted(numbers)) or "differs (see --json)"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
