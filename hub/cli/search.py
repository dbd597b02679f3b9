"""``hub search``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from msgspec import Struct

from hub.cli.lineage_options import AsOf, KnownAt, micros
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.remote import ask
from hub.domain.errors import InvalidInput
from hub.domain.instants import format_instant
from hub.domain.search import MAX_POINTS, SearchKind, shown
from hub.queries.moments import moment
from hub.queries.pages import MAX_FIRST
from hub.queries.search import HitRow, find
from hub.settings import load_catalog
from hub.store.opening import open_present

app = typer.Typer(add_completion=False)

_DEFAULT_FIRST = 20
_KINDS = "|".join(SearchKind)
_QUERY = """
query (
  $text: String!, $kinds: [SearchKind!], $first: Int!, $asOf: DateTime, $knownAt: DateTime
) {
  search(text: $text, kinds: $kinds, first: $first, asOf: $asOf, knownAt: $knownAt) {
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


class _Sought(NamedTuple):
    """What is asked for; instants are microseconds UTC."""

    text: str
    kinds: Sequence[SearchKind]
    first: int
    as_of: int | None
    known_at: int | None


@app.command(name="search")
def command(
    text: Annotated[str, typer.Argument(help="A name, or a part of one; errors are forgiven.")],
    kind: Annotated[
        list[str] | None, typer.Option(metavar=_KINDS, help="Only of this kind; repeatable.")
    ] = None,
    first: Annotated[
        int, typer.Option(help="How many, the best first.", min=1, max=MAX_FIRST)
    ] = _DEFAULT_FIRST,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Find datasets, jobs, fields, data products and domains by name, tag, owner or description."""
    sought = _Sought(
        text,
        [_kind(each) for each in kind or ()],
        first,
        micros("--as-of", as_of),
        micros("--known-at", known_at),
    )
    found = _ask_hub(url, sought) if url and not database else _read(config, database, sought)
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


def _ask_hub(url: str, sought: _Sought) -> Found:
    asked: dict[str, object] = {
        "text": sought.text,
        "kinds": [kind.name for kind in sought.kinds] or None,
        "first": sought.first,
    }
    for clock, at in (("asOf", sought.as_of), ("knownAt", sought.known_at)):
        asked[clock] = None if at is None else format_instant(at)
    return msgspec.convert(ask(url, _QUERY, asked)["search"], Found)


def _read(config: Path | None, database: str | None, sought: _Sought) -> Found:
    loaded = settings_of(config, database)
    catalog = load_catalog(loaded)
    store = open_present(loaded.settings.database)
    try:
        with store.database.read() as connection:
            then = moment(connection, store.journal, sought.as_of, sought.known_at)
            hits = find(connection, catalog, sought.text, sought.kinds, moment=then)
    finally:
        store.close()
    return Found([_hit(row) for row in hits[: sought.first]], len(hits))


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
