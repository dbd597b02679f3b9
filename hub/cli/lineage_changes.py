"""``hub lineage diff up|down NODE --from T``: what has changed between two instants."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from hub.cli.asking import read
from hub.cli.lineage_options import (
    AsOf,
    Depth,
    KnownAt,
    LevelName,
    Limit,
    Node,
    WayOf,
    instant,
    told_by,
)
from hub.cli.lineage_options import level as level_of
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.domain.errors import NotFound
from hub.domain.lineage.surety import Surety
from hub.graph.closure import DEFAULT_DEPTH, DEFAULT_LIMIT

_QUERY = """
query ($node: ID!, $from: DateTime!, $to: DateTime, $clock: LineageClock!,
       $direction: LineageDirection!, $depth: Int!, $limit: Int!, $level: LineageLevel,
       $asOf: DateTime, $knownAt: DateTime) {
  lineageDiff(node: $node, from: $from, to: $to, clock: $clock, direction: $direction,
              depth: $depth, limit: $limit, level: $level, asOf: $asOf, knownAt: $knownAt) {
    truncated limited
    addedNodes { ...Node } removedNodes { ...Node }
    addedEdges { ...Edge } removedEdges { ...Edge }
    changedEdges { before { ...Edge } after { ...Edge } }
  }
}
fragment Node on LineageNode { id kind namespace name field }
fragment Edge on LineageEdge { source target origin confidence count }
"""


class ClockName(StrEnum):
    """On which clock the instants lie."""

    EVENT = "event"
    KNOWLEDGE = "knowledge"


def command(
    way: WayOf,
    node: Node,
    *,
    begin: Annotated[str, typer.Option("--from", metavar="T", help="The first instant.")],
    end: Annotated[
        str | None, typer.Option("--to", metavar="T", help="The second instant; now, unless said.")
    ] = None,
    clock: Annotated[
        ClockName, typer.Option(help="When things happened, or when the hub learnt of them.")
    ] = ClockName.EVENT,
    depth: Depth = DEFAULT_DEPTH,
    limit: Limit = DEFAULT_LIMIT,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what has changed in what is up or down of a node."""
    asked: dict[str, object] = {
        "node": node,
        "from": instant("--from", begin),
        "to": instant("--to", end),
        "clock": clock.name,
        "direction": way.direction,
        "depth": depth,
        "limit": limit,
        "level": level_of(level),
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read(_QUERY, asked, config=config, database=database, url=url)["lineageDiff"]
    if found is None:
        raise NotFound(f"no event had named {node}")
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    for sign, which in (("-", "removed"), ("+", "added")):
        for node in found[f"{which}Nodes"]:
            print(f"{sign} {node['id']}")
        for edge in found[f"{which}Edges"]:
            print(f"{sign} {_flow(edge)}{Surety(edge['origin'], edge['confidence']).note}")
    for change in found["changedEdges"]:
        was, is_now = map(_what, (change["before"], change["after"]))
        print(f"~ {_flow(change['after'])}  {was} -> {is_now}")
    if found["truncated"]:
        hint = told_by(is_limited=found["limited"])
        print(f"more may have changed further off {hint}", file=sys.stderr)
    elif not any(found.values()):
        print("nothing has changed", file=sys.stderr)


def _what(edge: dict[str, Any]) -> str:
    is_sure = edge["confidence"] is None
    origin = edge["origin"] if is_sure else f"{edge['origin']} {edge['confidence']:.2f}"
    return f"{origin} x{edge['count']}"


def _flow(edge: dict[str, Any]) -> str:
    return f"{edge['source']} -> {edge['target']}"
