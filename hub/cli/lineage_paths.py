"""``hub lineage path A B``: the shortest way on which data flows from one node to another."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hub.cli.asking import read
from hub.cli.exits import FINDINGS
from hub.cli.lineage_options import AsOf, KnownAt, LevelName, instant
from hub.cli.lineage_options import level as level_of
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.domain.lineage.surety import Surety

_QUERY = """
query ($from: ID!, $to: ID!, $level: LineageLevel, $asOf: DateTime, $knownAt: DateTime) {
  lineagePath(from: $from, to: $to, level: $level, asOf: $asOf, knownAt: $knownAt) {
    hops nodes { id kind namespace name field hops } edges { source target origin confidence }
  }
}
"""


def command(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Where data flows from.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where it flows to.")],
    *,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show the shortest way on which data flows from one node to another; exit 1 without any."""
    asked: dict[str, object] = {
        "from": source,
        "to": target,
        "level": level_of(level),
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read(_QUERY, asked, config=config, database=database, url=url)["lineagePath"]
    if as_json:
        print_json(found)
    if found is None:
        print(f"nothing flows from {source} to {target}", file=sys.stderr)
        raise typer.Exit(FINDINGS)
    if not as_json:
        notes = ["", *(Surety(each["origin"], each["confidence"]).note for each in found["edges"])]
        for node, said in zip(found["nodes"], notes, strict=True):
            print(f"{node['id']}{said}")
