"""``hub timeline NODE``: what happened to a dataset or a job."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hub.cli.asking import read_of
from hub.cli.lineage_options import AsOf, KnownAt, instant
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.errors import InvalidInput

app = typer.Typer(add_completion=False)

_QUERY = """
query ($node: ID!, $first: Int!, $after: String, $asOf: DateTime, $knownAt: DateTime) {
  node(id: $node, asOf: $asOf, knownAt: $knownAt) {
    ... on %s {
      timeline(first: $first, after: $after) {
        nodes {
          at kind text node actor state side origin size { rows bytes files }
          assertion { assertion name field success severity expected actual }
          schemaChanges { added removed changed } labelChanges { added removed }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
# What an id begins with, and what GraphQL calls what it names.
_TYPES = {"dataset": "Dataset", "job": "Job"}


@app.command(name="timeline")
def command(
    node: Annotated[str, typer.Argument(help="dataset:NAMESPACE:NAME or job:NAMESPACE:NAME.")],
    first: Annotated[int, typer.Option(help="How many, from 1 to 100.", min=1, max=100)] = 20,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on after this one.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what happened to a dataset or a job, newest first."""
    kind = _TYPES.get(node.partition(":")[0])
    if kind is None:
        raise InvalidInput(f"{node}: neither a dataset nor a job")
    asked: dict[str, object] = {
        "node": node,
        "first": first,
        "after": after,
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read_of(node, "node", _QUERY % kind, asked, config=config, database=database, url=url)
    if as_json:
        print_json(found["timeline"])
    else:
        _print(found["timeline"])


def _print(timeline: dict[str, Any]) -> None:
    print_table(
        ("at", "what", "by or beside"),
        ((each["at"], each["text"], each["node"]) for each in timeline["nodes"]),
    )
    page = timeline["pageInfo"]
    if page["hasNextPage"]:
        print(f"there is more: --after {page['endCursor']}", file=sys.stderr)
