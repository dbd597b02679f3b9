"""``hub lineage up|down NODE``: what something is made from, and what is made from it."""

from __future__ import annotations

import sys

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from hub.cli.asking import read_of
from hub.cli.lineage_options import (
    AsOf,
    Depth,
    Domains,
    KnownAt,
    Layers,
    LevelName,
    Limit,
    Namespaces,
    Node,
    Tags,
    instant,
    told_by,
)
from hub.cli.lineage_options import layers as layers_of
from hub.cli.lineage_options import level as level_of
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json
from hub.domain.lineage.surety import Surety
from hub.graph.closure import DEFAULT_DEPTH, DEFAULT_LIMIT, Direction

_WIDEST = 100_000

_QUERY = """
query ($node: ID!, $direction: LineageDirection!, $depth: Int!, $limit: Int!,
       $level: LineageLevel, $asOf: DateTime, $knownAt: DateTime, $filter: LineageFilter) {
  lineage(node: $node, direction: $direction, depth: $depth, limit: $limit, level: $level,
          asOf: $asOf, knownAt: $knownAt, filter: $filter) {
    truncated limited hidden filtered
    nodes { id kind namespace name field hops hidden members }
    edges { source target origin confidence through count }
  }
}
"""


class Shown(Struct):
    """A node as far as a tree shows it."""

    id: str
    hops: int


class Link(Struct):
    """Data flows from source to target."""

    source: str
    target: str
    origin: str | None
    confidence: float | None

    @property
    def note(self) -> str:
        """What to say of a link that is not observed."""
        return Surety(self.origin, self.confidence).note


class Answer(Struct):
    """A closure, as GraphQL gives it."""

    nodes: list[Shown]
    edges: list[Link]
    limited: bool
    hidden: int
    filtered: int


def up(
    node: Node,
    *,
    depth: Depth = DEFAULT_DEPTH,
    limit: Limit = DEFAULT_LIMIT,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    namespace: Namespaces = None,
    tag: Tags = None,
    domain: Domains = None,
    layer: Layers = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what a node is made from."""
    asked = _variables(node, Direction.UPSTREAM, (depth, limit), level, as_of, known_at)
    asked["filter"] = _filter(namespace, tag, domain, layer)
    found = read_of(node, "lineage", _QUERY, asked, config=config, database=database, url=url)
    _print(asked, found, as_json=as_json)


def down(
    node: Node,
    *,
    depth: Depth = DEFAULT_DEPTH,
    limit: Limit = DEFAULT_LIMIT,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    namespace: Namespaces = None,
    tag: Tags = None,
    domain: Domains = None,
    layer: Layers = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what is made from a node."""
    asked = _variables(node, Direction.DOWNSTREAM, (depth, limit), level, as_of, known_at)
    asked["filter"] = _filter(namespace, tag, domain, layer)
    found = read_of(node, "lineage", _QUERY, asked, config=config, database=database, url=url)
    _print(asked, found, as_json=as_json)


def _variables(
    node: str,
    direction: Direction,
    bounds: tuple[int, int],
    level: str | None,
    as_of: str | None,
    known_at: str | None,
) -> dict[str, object]:
    return {
        "node": node,
        "direction": direction.value,
        "depth": bounds[0],
        "limit": bounds[1],
        "level": level_of(level),
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }


def _filter(
    namespaces: list[str] | None,
    tags: list[str] | None,
    domains: list[str] | None,
    layers: list[str] | None,
) -> dict[str, object]:
    return {
        "namespaces": namespaces,
        "tags": tags,
        "domains": domains,
        "layers": layers_of(layers),
    }


def _print(asked: dict[str, object], found: object, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    answer = msgspec.convert(found, Answer)
    # Ids are for other commands to read: a tree is never cropped to the width of a terminal.
    is_upstream = asked["direction"] == Direction.UPSTREAM
    Console(highlight=False, width=_WIDEST).print(_tree(answer, is_upstream=is_upstream))
    if further := answer.hidden - answer.filtered:
        hint = told_by(is_limited=answer.limited)
        print(f"not shown, one hop further: {further} {hint}", file=sys.stderr)
    if answer.filtered:
        print(f"not shown, filtered out: {answer.filtered}", file=sys.stderr)


def _tree(answer: Answer, *, is_upstream: bool) -> Tree:
    """Return the closure as a tree; a node that is there already is not unfolded again."""
    next_to: dict[str, list[tuple[str, str]]] = {}
    for edge in answer.edges:
        near, far = edge.source, edge.target
        if is_upstream:
            near, far = far, near
        next_to.setdefault(near, []).append((far, edge.note))
    starts = [node.id for node in answer.nodes if not node.hops]
    root = Tree("", hide_root=True)
    seen: set[str] = set()
    # Depth first without recursion: a closure may be deeper than Python's stack.
    pending = [(root, (start, "")) for start in reversed(starts)]
    while pending:
        parent, (node, note) = pending.pop()
        if node in seen:
            parent.add(f"{escape(node)}{note} (above)")
            continue
        seen.add(node)
        branch = parent.add(f"{escape(node)}{note}")
        pending += [(branch, each) for each in sorted(next_to.get(node, ()), reverse=True)]
    return root
