"""``hub lineage impact NODE``: who depends on something, and whom one has to tell."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from hub.cli.asking import read_of
from hub.cli.lineage_options import AsOf, KnownAt, LevelName, Limit, Node, instant, told_by
from hub.cli.lineage_options import level as level_of
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.domain.lineage.surety import Surety
from hub.graph.closure import DEFAULT_LIMIT

_QUERY = """
query ($node: ID!, $depth: Int, $limit: Int!, $level: LineageLevel, $asOf: DateTime,
       $knownAt: DateTime) {
  impact(node: $node, depth: $depth, limit: $limit, level: $level, asOf: $asOf,
         knownAt: $knownAt) {
    truncated limited hidden
    consumers {
      id kind name domain { name } owner { name kind } owners hops lastReadAt lastReadBy { id }
      jobs { ...Node } datasets { ...Node } fields { ...Node }
    }
  }
}
fragment Node on ImpactedNode { id hops origin confidence owners lastReadAt lastReadBy { id } }
"""


class Affected(Struct, rename="camel"):
    """What depends on the node, as far as it is printed."""

    id: str
    hops: int
    origin: str | None
    confidence: float | None
    owners: list[str]
    last_read_at: str | None


class Consumer(Struct, rename="camel"):
    """Whom one has to tell, as far as it is printed."""

    id: str
    owners: list[str]
    jobs: list[Affected]
    datasets: list[Affected]
    fields: list[Affected]


class Answer(Struct):
    """An impact, as GraphQL gives it."""

    consumers: list[Consumer]
    truncated: bool
    limited: bool
    hidden: int


def command(
    node: Node,
    *,
    depth: Annotated[
        int | None, typer.Option(help="Hops from dataset to dataset.", min=0, max=1_000_000)
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show who depends on a dataset or a field, by consumer with its owners."""
    asked: dict[str, object] = {
        "node": node,
        "depth": depth,
        "limit": limit,
        "level": level_of(level),
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read_of(node, "impact", _QUERY, asked, config=config, database=database, url=url)
    if as_json:
        print_json(found)
    else:
        _print(msgspec.convert(found, Answer))


def _print(answer: Answer) -> None:
    if not answer.consumers:
        print("nobody", file=sys.stderr)
    for consumer in answer.consumers:
        print(f"{consumer.id}  owned by {', '.join(consumer.owners) or 'nobody that is known'}")
        for each in (*consumer.jobs, *consumer.datasets, *consumer.fields):
            read_at = f", last read {each.last_read_at}" if each.last_read_at else ", never read"
            owners = f", owned by {', '.join(each.owners)}" if each.owners else ""
            surety = Surety(each.origin, each.confidence).note
            print(f"  {each.id}{surety}  {_hops(each.hops)}{read_at}{owners}")
    if answer.truncated:
        hint = told_by(is_limited=answer.limited)
        print(f"not shown, one hop further: {answer.hidden} {hint}", file=sys.stderr)


def _hops(hops: int) -> str:
    return "1 hop" if hops == 1 else f"{hops} hops"
