"""``hub lineage runs up|down RUN``: which run had written what a run read."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hub.cli.asking import read_of
from hub.cli.lineage_options import AsOf, KnownAt, WayOf, instant, told_by
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.domain.failures.failure import excerpt
from hub.queries.lineage_runs import DEFAULT_RUN_DEPTH, DEFAULT_RUNS, MAX_DEPTH, MAX_RUNS

_QUERY = """
query ($run: ID!, $direction: LineageDirection!, $depth: Int!, $limit: Int!, $asOf: DateTime,
       $knownAt: DateTime) {
  runLineage(run: $run, direction: $direction, depth: $depth, limit: $limit, asOf: $asOf,
             knownAt: $knownAt) {
    truncated limited hidden
    runs { id hops hidden run { state startedAt endedAt } unwritten { id } }
    edges {
      source target basis version writtenAt dataset { id }
      writtenSubset { type condition } readSubset { type condition }
    }
  }
}
"""


def command(
    way: WayOf,
    run: Annotated[str, typer.Argument(help="run:NAMESPACE:JOB:RUNID.")],
    *,
    depth: Annotated[
        int, typer.Option(help="How many runs away.", min=0, max=MAX_DEPTH)
    ] = DEFAULT_RUN_DEPTH,
    limit: Annotated[
        int, typer.Option(help="How many runs, the nearest first.", min=1, max=MAX_RUNS)
    ] = DEFAULT_RUNS,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show which runs had written what a run read, or which read what it wrote."""
    asked: dict[str, object] = {
        "run": run,
        "direction": way.direction,
        "depth": depth,
        "limit": limit,
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read_of(run, "runLineage", _QUERY, asked, config=config, database=database, url=url)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    reads: dict[str, list[str]] = {}
    for edge in found["edges"]:
        reads.setdefault(edge["target"], []).append(_in_words(edge))
    for node in found["runs"]:
        print(f"{node['id']}  {node['run']['state']}")
        for how in sorted(reads.get(node["id"], ())):
            print(how)
    if found["truncated"]:
        hint = told_by(is_limited=found["limited"])
        print(f"not shown, one run further: {found['hidden']} {hint}", file=sys.stderr)


def _in_words(edge: dict[str, Any]) -> str:
    read, written = (_part(edge[side]) for side in ("readSubset", "writtenSubset"))
    dataset, how = edge["dataset"]["id"], edge["basis"]
    return f"  read {dataset}{read} of {edge['source']}{written} ({how})"


def _part(subset: dict[str, str] | None) -> str:
    return f" where {excerpt(subset['condition'])}" if subset else ""
