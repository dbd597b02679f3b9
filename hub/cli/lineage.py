"""``hub lineage up|down NODE``: what something is made from, and what is made from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json
from hub.cli.remote import ask
from hub.domain.errors import InvalidInput, NotFound
from hub.domain.events import parse_time
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind
from hub.graph.closure import DEFAULT_DEPTH, Closure, Direction, Extent, Level, find_closure
from hub.graph.index import LineageIndex
from hub.queries.moments import moment
from hub.queries.nodes import resolve_node
from hub.store.opening import open_store

_WIDEST = 100_000

app = typer.Typer(help="Show what is up or down of a dataset, job or field.")

Node: TypeAlias = Annotated[
    str, typer.Argument(help="dataset:NAMESPACE:NAME, job:… or field:NAMESPACE:NAME:FIELD.")
]
Depth: TypeAlias = Annotated[int, typer.Option(help="Hops from dataset to dataset.", min=0)]
LevelName: TypeAlias = Annotated[
    str | None, typer.Option("--level", metavar="dataset|field", help="Between what.")
]
AsOf: TypeAlias = Annotated[
    str | None, typer.Option(metavar="T", help="What was true at this (event) time.")
]
KnownAt: TypeAlias = Annotated[
    str | None, typer.Option(metavar="T", help="What the hub knew at this time.")
]

_QUERY = """
query ($node: ID!, $direction: LineageDirection!, $depth: Int!, $level: LineageLevel,
       $asOf: DateTime, $knownAt: DateTime) {
  lineage(node: $node, direction: $direction, depth: $depth, level: $level, asOf: $asOf,
          knownAt: $knownAt) {
    truncated hidden nodes { id kind namespace name field hops } edges { source target }
  }
}
"""


class Shown(Struct):
    """A node as it is printed."""

    id: str
    kind: str
    namespace: str
    name: str
    field: str | None
    hops: int


class Link(Struct):
    """An edge as it is printed: data flows from source to target."""

    source: str
    target: str


class Answer(Struct):
    """A closure as it is printed; GraphQL's names and values."""

    nodes: list[Shown]
    edges: list[Link]
    truncated: bool
    hidden: int


class _Question(Struct, frozen=True):
    node: str
    direction: Direction
    depth: int
    level: Level | None
    as_of: int | None
    known_at: int | None


@app.command()
def up(
    node: Node,
    depth: Depth = DEFAULT_DEPTH,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what a node is made from."""
    when = _instant("--as-of", as_of), _instant("--known-at", known_at)
    question = _Question(node, Direction.UPSTREAM, depth, _level(level), *when)
    answer = _ask_hub(url, question) if url and not database else _read(config, database, question)
    _print(question, answer, as_json=as_json)


@app.command()
def down(
    node: Node,
    depth: Depth = DEFAULT_DEPTH,
    level: LevelName = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what is made from a node."""
    when = _instant("--as-of", as_of), _instant("--known-at", known_at)
    question = _Question(node, Direction.DOWNSTREAM, depth, _level(level), *when)
    answer = _ask_hub(url, question) if url and not database else _read(config, database, question)
    _print(question, answer, as_json=as_json)


def _level(text: str | None) -> Level | None:
    if text is None:
        return None
    try:
        return Level(text.upper())
    except ValueError:
        raise InvalidInput(f"--level {text}: neither dataset nor field") from None


def _instant(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    found = parse_time(text)
    if found is None:
        raise InvalidInput(f"{option} {text}: no time", fix="write 2026-11-23T03:00:00Z")
    return found.at


def _ask_hub(url: str, question: _Question) -> Answer | None:
    variables: dict[str, object] = {
        "node": question.node,
        "direction": question.direction.value,
        "depth": question.depth,
        "level": question.level and question.level.value,
        "asOf": question.as_of and format_instant(question.as_of),
        "knownAt": question.known_at and format_instant(question.known_at),
    }
    return msgspec.convert(ask(url, _QUERY, variables)["lineage"], Answer | None)


def _read(config: Path | None, database: str | None, question: _Question) -> Answer | None:
    store = open_store(settings_of(config, database).settings.database)
    try:
        with store.database.read() as connection:
            start = resolve_node(connection, question.node)
            natural = Level.FIELD if start.kind is NodeKind.FIELD else Level.DATASET
            then = moment(connection, store.journal, question.as_of, question.known_at)
            extent = Extent(
                direction=question.direction,
                depth=question.depth,
                level=question.level or natural,
                as_of=question.as_of,
                known_at=then.position,
            )
            closure = find_closure(connection, LineageIndex(), start, extent)
    finally:
        store.close()
    return None if closure is None else _answer(closure)


def _answer(closure: Closure) -> Answer:
    nodes = []
    for node in closure.nodes:
        kind, (namespace, name, *rest) = node.id
        field = rest[0] if rest else None
        nodes.append(Shown(str(node.id), kind.name, namespace, name, field, node.hops))
    edges = [Link(str(each.source.id), str(each.target.id)) for each in closure.edges]
    return Answer(nodes, edges, closure.is_truncated, closure.hidden)


def _print(question: _Question, answer: Answer | None, *, as_json: bool) -> None:
    if answer is None:
        raise NotFound(f"no event has named {question.node}")
    if as_json:
        print_json(answer)
        return
    # Ids are for other commands to read: a tree is never cropped to the width of a terminal.
    Console(highlight=False, width=_WIDEST).print(_tree(answer, question.direction))
    if answer.truncated:
        print(f"not shown, one hop further: {answer.hidden} (see --depth)", file=sys.stderr)


def _tree(answer: Answer, direction: Direction) -> Tree:
    """Return the closure as a tree; a node that is there already is not unfolded again."""
    next_to: dict[str, list[str]] = {}
    for edge in answer.edges:
        near, far = edge.source, edge.target
        if direction is Direction.UPSTREAM:
            near, far = far, near
        next_to.setdefault(near, []).append(far)
    starts = [node.id for node in answer.nodes if not node.hops]
    root = Tree("", hide_root=True)
    seen: set[str] = set()
    # Depth first without recursion: a closure may be deeper than Python's stack.
    pending = [(root, start) for start in reversed(starts)]
    while pending:
        parent, node = pending.pop()
        if node in seen:
            parent.add(f"{escape(node)} (above)")
            continue
        seen.add(node)
        branch = parent.add(escape(node))
        pending += [(branch, each) for each in sorted(next_to.get(node, ()), reverse=True)]
    return root
