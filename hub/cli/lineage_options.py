"""What the commands about lineage share: their arguments and options, and how they are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from hub.domain.catalog import Layer
from hub.domain.errors import InvalidInput
from hub.domain.instants import format_instant
from hub.domain.openlineage.events import parse_time
from hub.graph.closure import MAX_LIMIT, Level


class Way(StrEnum):
    """Where to look."""

    UP = "up"
    DOWN = "down"

    @property
    def direction(self) -> str:
        """GraphQL's name of it."""
        return f"{self.name}STREAM"


WayOf: TypeAlias = Annotated[
    Way, typer.Argument(help="To what something is made from, or to what is made from it.")
]
Node: TypeAlias = Annotated[
    str, typer.Argument(help="dataset:NAMESPACE:NAME, job:… or field:NAMESPACE:NAME:FIELD.")
]
Depth: TypeAlias = Annotated[
    int, typer.Option(help="Hops from dataset to dataset.", min=0, max=1_000_000)
]
Limit: TypeAlias = Annotated[
    int, typer.Option(help="How many nodes, the nearest first.", min=1, max=MAX_LIMIT)
]
LevelName: TypeAlias = Annotated[
    str | None,
    typer.Option("--level", metavar="dataset|field|product|domain", help="Between what."),
]
AsOf: TypeAlias = Annotated[
    str | None, typer.Option(metavar="T", help="What was true at this (event) time.")
]
KnownAt: TypeAlias = Annotated[
    str | None, typer.Option(metavar="T", help="What the hub knew at this time.")
]
Namespaces: TypeAlias = Annotated[
    list[str] | None, typer.Option("--namespace", metavar="NAME", help="Show only what is in it.")
]
Tags: TypeAlias = Annotated[
    list[str] | None, typer.Option("--tag", metavar="NAME[=VALUE]", help="Show only what has it.")
]
Domains: TypeAlias = Annotated[
    list[str] | None, typer.Option("--domain", metavar="NAME", help="Show only what it owns.")
]
Layers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--layer", metavar="bronze|silver|gold", help="Show only what is in it."),
]


def told_by(*, is_limited: bool) -> str:
    """Return by which option more would be shown."""
    return "(see --limit)" if is_limited else "(see --depth)"


def level(text: str | None) -> str | None:
    """Return GraphQL's name of a level.

    Raises:
        InvalidInput: there is no such level.

    """
    if text is None:
        return None
    try:
        return Level(text.upper()).value
    except ValueError:
        names = " nor ".join(each.value.lower() for each in Level)
        raise InvalidInput(f"--level {text}: neither {names}") from None


def layers(texts: list[str] | None) -> list[str] | None:
    """Return GraphQL's names of layers.

    Raises:
        InvalidInput: there is no such layer.

    """
    if texts is None:
        return None
    try:
        return [Layer(text.lower()).name for text in texts]
    except ValueError:
        names = " nor ".join(each.value for each in Layer)
        raise InvalidInput(f"--layer {' '.join(texts)}: neither {names}") from None


def instant(option: str, text: str | None) -> str | None:
    """Return an instant as GraphQL takes it.

    Raises:
        InvalidInput: it is no time.

    """
    at = micros(option, text)
    return None if at is None else format_instant(at)


def micros(option: str, text: str | None) -> int | None:
    """Return an instant in microseconds UTC.

    Raises:
        InvalidInput: it is no time.

    """
    if text is None:
        return None
    found = parse_time(text)
    if found is None:
        raise InvalidInput(f"{option} {text}: no time", fix="write 2026-11-23T03:00:00Z")
    return found.at
