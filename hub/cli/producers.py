"""``hub producers``: what sends events, and what each omits and breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.asking import read
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.errors import NotFound

app = typer.Typer(add_completion=False)

_QUERY = """
query ($after: String) {
  producers(first: 100, after: $after) {
    nodes {
      uri name version runCount
      faults { code title meaning cure isOmission count of share examples { id } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

_Producer = dict[str, Any]


@app.command(name="producers")
def command(
    name: Annotated[
        str | None,
        typer.Argument(help="Only this one, by its URI or name, with what to do about each fault."),
    ] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what each producer of events omits and breaks, in how many of its runs."""
    found = [
        each
        for each in _producers(config, database, url)
        if name is None or name in (each["uri"], each["name"])
    ]
    if name is not None and not found:
        raise NotFound(f"no producer {name} has told of a run", fix="hub producers lists them all")
    if as_json:
        print_json(found)
    elif name is None:
        _print_all(found)
    else:
        _print_each(found)


def _producers(config: Path | None, database: str | None, url: str | None) -> Iterator[_Producer]:
    after: str | None = None
    while True:
        asked: dict[str, object] = {"after": after}
        page = read(_QUERY, asked, config=config, database=database, url=url)["producers"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _print_all(producers: list[_Producer]) -> None:
    print_table(
        ("producer", "version", "runs", "breaks", "omits"),
        (
            (
                each["name"],
                each["version"],
                each["runCount"],
                _summed(each, is_omission=False),
                _summed(each, is_omission=True),
            )
            for each in producers
        ),
    )


def _summed(producer: _Producer, *, is_omission: bool) -> str:
    faults = [each for each in producer["faults"] if each["isOmission"] is is_omission]
    return ", ".join(f"{each['code']} {each['share']:.0%}" for each in faults) or "nothing"


def _print_each(producers: list[_Producer]) -> None:
    for each in producers:
        print(f"{each['uri']}, {each['runCount']} runs")
        for fault in each["faults"]:
            print(f"\n{fault['code']}: {fault['title']}, {fault['count']} of {fault['of']} runs")
            print(f"  {fault['meaning']}")
            print(f"  To do: {fault['cure']}")
            for example in fault["examples"]:
                print(f"  {example['id']}")
        print()
