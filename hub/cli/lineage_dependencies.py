"""``hub lineage dependencies JOB``: which jobs a job waits for, and which wait for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.asking import read_of
from hub.cli.lineage_options import AsOf, KnownAt, instant
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.errors import InvalidInput

_QUERY = """
query ($node: ID!, $asOf: DateTime, $knownAt: DateTime) {
  node(id: $node, asOf: $asOf, knownAt: $knownAt) {
    id
    ... on Job {
      dependencies { direction job { id } type sequenceRule statusRule firstSaidAt lastSaidAt }
    }
  }
}
"""
_WORDS = {"UPSTREAM": "waits for", "DOWNSTREAM": "is waited for by"}


def command(
    job: Annotated[str, typer.Argument(help="job:NAMESPACE:NAME.")],
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show which jobs a job waits for, and which wait for it, as runs of either say."""
    asked: dict[str, object] = {
        "node": job,
        "asOf": instant("--as-of", as_of),
        "knownAt": instant("--known-at", known_at),
    }
    found = read_of(job, "node", _QUERY, asked, config=config, database=database, url=url)
    if "dependencies" not in found:
        raise InvalidInput(f"{job}: no job")
    if as_json:
        print_json(found)
    else:
        print_table(("it", "job", "how", "said last"), map(_row, found["dependencies"]))


def _row(said: dict[str, Any]) -> tuple[str, ...]:
    how = " ".join(filter(None, (said["type"], said["sequenceRule"], said["statusRule"])))
    return _WORDS[said["direction"]], said["job"]["id"], how, said["lastSaidAt"]
