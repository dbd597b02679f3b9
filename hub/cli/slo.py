"""``hub slo``: how each declared SLO stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer
import yaml

from hub.cli.asking import read
from hub.cli.exits import FINDINGS
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.errors import InvalidInput
from hub.queries.pages import MAX_FIRST
from hub.settings.documents import read_documents
from hub.settings.openslo_files import Measured, import_slos, written

app = typer.Typer(help="Show how each SLO stands.", add_completion=False)

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
    nodes {
      name kind product dataset { id } state since objectiveSince detail target window
      budget {
        startsAt endsAt totalSeconds spentSeconds uncountedSeconds uncountedFor
        left isSpent exhaustedAt whenSpent
      }
      burn { lookback rate limit isExceeded pages }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@app.callback(invoke_without_command=True)
def slo(
    context: typer.Context,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> int | None:
    """Show how each SLO stands, and its error budget; exit code 1 when one is breached."""
    if context.invoked_subcommand is not None:
        return None
    found = _slos(config, database, url)
    if as_json:
        print_json(found)
    else:
        header = ("name", "state", "dataset", "since", "budget left", "burns", "why")
        print_table(header, map(_line, found))
    return FINDINGS if any(each["state"] == _BREACHED for each in found) else 0


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
    documents = read_documents(file)
    if not documents:
        raise InvalidInput(f"{file} is empty", fix="name a file of OpenSLO v1, or a contract")
    found = import_slos(documents, dataset, measured)
    said = [written(each) for each in found.slos]
    if as_json:
        print_json({"slos": said, "unmapped": found.unmapped})
    else:
        print(yaml.safe_dump({"slos": said}, sort_keys=False), end="")
        for reason in found.unmapped:
            print(reason, file=sys.stderr)
    return FINDINGS if found.unmapped else 0


def _slos(config: Path | None, database: str | None, url: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        given: dict[str, object] = {"first": MAX_FIRST, "after": after}
        page = read(_QUERY, given, config=config, database=database, url=url)["slos"]
        found += [{**node, "dataset": node["dataset"]["id"]} for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _left(slo: dict[str, Any]) -> str | None:
    budget = slo["budget"]
    if budget is None:
        return None
    out = ", ".join(budget["uncountedFor"])
    return f"{budget['left']:.0%} of {slo['window']}{f' without {out}' if out else ''}"


def _line(slo: dict[str, Any]) -> tuple[str | None, ...]:
    return (
        slo["name"],
        slo["state"].lower(),
        slo["dataset"],
        slo["since"],
        _left(slo),
        ", ".join(f"{each['rate']:.3g} in {each['lookback']}" for each in slo["burn"]),
        slo["detail"],
    )
