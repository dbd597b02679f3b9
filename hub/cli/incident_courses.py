"""``hub incidents stats|export``: how incidents went, in percentiles, or one as a post-mortem."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hub.cli.asking import read
from hub.cli.lineage_options import instant
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table, write_new
from hub.domain.errors import NotFound
from hub.domain.incidents.courses import SECOND, GroupBy
from hub.domain.instants import format_span

_TIMES: Final = "{ n open p50 p90 p50IsLowerBound p90IsLowerBound }"
_SHARE: Final = "{ count n share }"
_QUERY: Final = f"""
query ($by: ResponseGroup, $since: DateTime, $until: DateTime) {{
  responseTimes(groupBy: $by, since: $since, until: $until) {{
    key n open handovers pages pagesPerWeek
    mttd {_TIMES} delivery {_TIMES} mtta {_TIMES} mttr {_TIMES} recovery {_TIMES}
    mitigation {_TIMES}
    buckets {{ bucket n mttr {_TIMES} }}
    misrouted {_SHARE} actionable {_SHARE} suppressionPrecision {_SHARE}
    onCall {{ receiver isRota pages perWeek p50 p90 max weeks {{ begins pages }} }}
  }}
}}
"""
_POSTMORTEM: Final = "query ($id: ID!) { incident(id: $id) { postmortem } }"
_FIGURES: Final = {
    "mttd": "detected after (MTTD)",
    "delivery": "told after that",
    "mtta": "seen to after that (MTTA)",
    "mttr": "recovered, from onset (MTTR)",
    "recovery": "recovered, from detected",
    "mitigation": "mitigated, from onset",
}
_SHARES: Final = {
    "misrouted": "misrouted",
    "actionable": "actionable",
    "suppressionPrecision": "rightly held back",
}


def stats(
    *,
    by: Annotated[GroupBy | None, typer.Option(help="Tell incidents apart by this.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="T", help="Opened from then on; all unless said.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="Opened before then; now unless said.")
    ] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show how incidents went: p50 and p90 with their number, and how often people are called.

    What is open counts as long as it has lasted: a figure with ≥ may still grow.
    """
    asked: dict[str, object] = {
        "by": by and by.name,
        "since": instant("--since", since),
        "until": instant("--until", until),
    }
    found = read(_QUERY, asked, config=config, database=database, url=url)["responseTimes"]
    if as_json:
        print_json(found)
        return
    for each in found:
        print(f"{each['key']}: {each['n']} incidents, {each['open']} of them open")
        print_table(("", "n", "open", "p50", "p90"), _figures(each))
        print_table(("", "", "of"), _shares(each))
        print(f"handed on {each['handovers']} times; {each['pages']} pages{_on_call(each)}")
        print(f"apart: {_apart(each)}")


def export(
    key: Annotated[str, typer.Argument(help="An incident's id, such as INC-42.")],
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it here, where nothing is yet.")
    ] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
) -> None:
    """Write a post-mortem in Markdown: all that the hub knows, and room for what people know."""
    asked: dict[str, object] = {"id": key}
    found = read(_POSTMORTEM, asked, config=config, database=database, url=url)["incident"]
    if found is None:
        raise NotFound(f"there is no incident {key}", fix="`hub incidents ls --all` lists them")
    if out is None:
        print(found["postmortem"], end="")
    else:
        write_new(out, found["postmortem"])


def _figures(each: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    for name, words in _FIGURES.items():
        times = each[name]
        yield words, times["n"], times["open"], _span(times, "p50"), _span(times, "p90")


def _span(times: dict[str, Any], name: str) -> str:
    if times[name] is None:
        return ""
    bound = "≥ " if times[f"{name}IsLowerBound"] else ""
    return f"{bound}{format_span(round(times[name] * SECOND))}"


def _shares(each: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    for name, words in _SHARES.items():
        share = each[name]
        percent = "" if share["share"] is None else f"{share['share']:.0%}"
        yield words, percent, share["n"]


def _on_call(each: dict[str, Any]) -> str:
    loads = [
        f"{one['receiver']} {one['perWeek']} a week on call"
        f" (p50 {one['p50']}, p90 {one['p90']}, at most {one['max']})"
        for one in each["onCall"]
    ]
    return f": {', '.join(loads)}" if loads else ""


def _apart(each: dict[str, Any]) -> str:
    others = [one for one in each["buckets"] if one["bucket"] != "HANDLED"]
    return ", ".join(f"{one['n']} {one['bucket'].lower().replace('_', ' ')}" for one in others)
