"""``hub slo``: how each declared SLO stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import typer
import yaml
from msgspec import Struct

from hub.cli.exits import FINDINGS
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.remote import ask
from hub.domain.instants import format_instant
from hub.domain.slo import SloState
from hub.queries.pages import MAX_FIRST
from hub.queries.slos import slo_states
from hub.settings import load_catalog
from hub.settings.documents import read_documents
from hub.settings.openslo_files import Measured, import_slos, written
from hub.store.opening import open_store

app = typer.Typer(help="Show how each SLO stands.")

File: TypeAlias = Annotated[Path, typer.Argument(help="The file to read.")]
OfDataset: TypeAlias = Annotated[
    str | None, typer.Option("--dataset", help="The lake dataset that it is about.")
]
MeasuredAs: TypeAlias = Annotated[
    Measured | None, typer.Option("--as", help="What its indicator stands for.")
]
_BREACHED: Final = "BREACHED"
_QUERY: Final = """
query ($first: Int!, $after: String) {
  slos(first: $first, after: $after) {
    nodes { name kind product dataset { id } state since detail }
    pageInfo { hasNextPage endCursor }
  }
}
"""


class Shown(Struct, frozen=True):
    """An SLO as it is printed; GraphQL's names and values."""

    name: str
    kind: str
    product: str
    dataset: str
    state: str
    since: str | None
    detail: str | None


@app.callback(invoke_without_command=True)
def slo(
    context: typer.Context,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> int | None:
    """Show how each SLO stands; exit code 1 when one is breached."""
    if context.invoked_subcommand is not None:
        return None
    found = _ask_hub(url) if url and not database else _read(config, database)
    if as_json:
        print_json(found)
    else:
        header = ("name", "state", "dataset", "since", "why")
        print_table(
            header, [(s.name, s.state.lower(), s.dataset, s.since, s.detail) for s in found]
        )
    return FINDINGS if any(each.state == _BREACHED for each in found) else 0


@app.command(name="import")
def import_(
    file: File,
    *,
    dataset: OfDataset = None,
    measured: MeasuredAs = None,
    as_json: AsJson = False,
) -> int:
    """Print the SLOs of OpenSLO v1, or of a contract, as a product's file says them.

    What has no counterpart goes to stderr, with file and line, and makes the exit code 1.
    """
    found = import_slos(read_documents(file), dataset, measured)
    said = [written(each) for each in found.slos]
    if as_json:
        print_json({"slos": said, "unmapped": found.unmapped})
    else:
        print(yaml.safe_dump({"slos": said}, sort_keys=False), end="")
        for reason in found.unmapped:
            print(reason, file=sys.stderr)
    return FINDINGS if found.unmapped else 0


def _ask_hub(url: str) -> list[Shown]:
    found: list[Shown] = []
    after = None
    while True:
        page = ask(url, _QUERY, {"first": MAX_FIRST, "after": after})["slos"]
        found += [_shown(node) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _shown(node: dict[str, Any]) -> Shown:
    return msgspec.convert({**node, "dataset": node["dataset"]["id"]}, Shown)


def _read(config: Path | None, database: str | None) -> list[Shown]:
    loaded = settings_of(config, database)
    catalog = load_catalog(loaded)
    store = open_store(loaded.settings.database)
    try:
        with store.database.read() as connection:
            states = slo_states(connection)
    finally:
        store.close()
    found = []
    for each in sorted(catalog.slos, key=lambda declared: declared.name):
        state = states.get(each.name)
        found.append(
            Shown(
                name=each.name,
                kind=each.kind.value.upper(),
                product=each.product,
                dataset=f"dataset:{catalog.lake.namespace}:{each.dataset}",
                state=_graphql(state.state if state else SloState.NO_DATA.value),
                since=format_instant(state.since) if state else None,
                detail=state.detail if state else "not judged yet",
            )
        )
    return found


def _graphql(state: str) -> str:
    return state.upper().replace("-", "_")
