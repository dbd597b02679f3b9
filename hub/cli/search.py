"""``hub search``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.remote import ask
from hub.domain.errors import InvalidInput
from hub.domain.search import MAX_POINTS, SearchKind, shown
from hub.queries.pages import MAX_FIRST
from hub.queries.search import HitRow, find
from hub.settings import load_catalog
from hub.store.opening import open_present

app = typer.Typer(add_completion=False)

_DEFAULT_FIRST = 20
_KINDS = "|".join(SearchKind)
_QUERY = """
query ($text: String!, $kinds: [SearchKind!], $first: Int!) {
  search(text: $text, kinds: $kinds, first: $first) {
    totalCount nodes { id kind namespace name field score level part text }
  }
}
"""


class Hit(Struct):
    """Something that was found, as it is printed; GraphQL's names and values."""

    id: str
    kind: str
    namespace: str | None
    name: str
    field: str | None
    score: float
    level: str
    part: str
    text: str


class Found(Struct, rename="camel"):
    """What is printed: the best hits, and how many there are."""

    nodes: list[Hit]
    total_count: int


@app.command(name="search")
def command(
    text: Annotated[str, typer.Argument(help="A name, or a part of one; errors are forgiven.")],
    kind: Annotated[
        list[str] | None, typer.Option(metavar=_KINDS, help="Only of this kind; repeatable.")
    ] = None,
    first: Annotated[
        int, typer.Option(help="How many, the best first.", min=1, max=MAX_FIRST)
    ] = _DEFAULT_FIRST,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Find datasets, jobs, fields, data products and domains by name, tag, owner or description."""
    kinds = [_kind(each) for each in kind or ()]
    if url and not database:
        found = _ask_hub(url, text, kinds, first)
    else:
        found = _read(config, database, text, kinds, first)
    if as_json:
        print_json(found)
        return
    print_table(
        ("score", "level", "in", "id"),
        ((f"{hit.score:.2f}", *_how(hit), hit.id) for hit in found.nodes),
    )
    if found.total_count > len(found.nodes):
        print(f"not shown: {found.total_count - len(found.nodes)} (see --first)", file=sys.stderr)


def _how(hit: Hit) -> tuple[str, str]:
    """Return how a hit matches, and in what; a name is seen in its id."""
    where = hit.part.lower()
    return hit.level.lower(), where if hit.part == "NAME" else f"{where}: {hit.text}"


def _kind(text: str) -> SearchKind:
    try:
        return SearchKind(text.lower())
    except ValueError:
        raise InvalidInput(f"--kind {text}: none of {', '.join(SearchKind)}") from None


def _ask_hub(url: str, text: str, kinds: Sequence[SearchKind], first: int) -> Found:
    wanted = [kind.name for kind in kinds] or None
    answer = ask(url, _QUERY, {"text": text, "kinds": wanted, "first": first})
    return msgspec.convert(answer["search"], Found)


def _read(
    config: Path | None, database: str | None, text: str, kinds: Sequence[SearchKind], first: int
) -> Found:
    loaded = settings_of(config, database)
    catalog = load_catalog(loaded)
    store = open_present(loaded.settings.database)
    try:
        with store.database.read() as connection:
            hits = find(connection, catalog, text, kinds)
    finally:
        store.close()
    return Found([_hit(row) for row in hits[:first]], len(hits))


def _hit(row: HitRow) -> Hit:
    namespace, name, field = row.place
    return Hit(
        id=str(row.node),
        kind=row.kind.name,
        namespace=namespace,
        name=name,
        field=field,
        score=row.points / MAX_POINTS,
        level=row.level.name,
        part=row.part.name,
        text=shown(row.text),
    )
