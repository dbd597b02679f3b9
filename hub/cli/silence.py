"""``hub silence [add|ls|expire]``: what nobody is to be told about for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias
from uuid import uuid4

import typer

from hub.cli.acting import actor, mutate, submit
from hub.cli.asking import read
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table
from hub.domain.commands import ExpireSilence
from hub.domain.errors import InvalidInput
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, node_id
from hub.domain.openlineage.events import parse_time
from hub.settings.duty_files import seconds_of

if TYPE_CHECKING:
    from pathlib import Path

    from hub.domain.catalog import Catalog
    from hub.domain.commands import CreateSilence

app = typer.Typer(help="Add, list and end silences.", no_args_is_help=True, add_completion=False)

_SECOND: Final = 1_000_000
_FIELDS: Final = "id state matchers owner comment createdBy startsAt endsAt expiredAt"
_SILENCES: Final = f"""query ($over: Boolean!, $first: Int!, $after: String) {{
  silences(over: $over, first: $first, after: $after) {{
    nodes {{ {_FIELDS} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

Matchers: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="MATCHER...", help="label=value, label!=value, label~glob or label!~glob."
    ),
]


@app.command()
def add(
    matchers: Matchers,
    comment: Annotated[str, typer.Option(help="Why, for whoever waits to be told.")],
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    lasts: Annotated[
        str | None, typer.Option("--for", help="How long it lasts, such as 2h or 1d.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="When it ends instead, such as 2026-11-23T18:00:00Z.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="When it begins; now unless said.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it; you unless said.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell nobody about what fits every MATCHER until the silence ends.

    That something is over is told all the same; what is still broken at the end is paged then.
    """
    answers = owner or actor()
    if url and not database:
        from hub.app.clock import now

        starts_at, ends_at = _times(now(), start, lasts, until)
        given: dict[str, Any] = {
            "matchers": matchers,
            "owner": answers,
            "comment": comment,
            "startsAt": format_instant(starts_at) if start else None,
            "endsAt": format_instant(ends_at),
        }
        found = mutate(url, "createSilence", given, f"silence {{ {_FIELDS} }}")["silence"]
        key = str(found["id"])
    else:
        from hub.flow.commands import silence_command

        def make(catalog: Catalog, at: int) -> CreateSilence:
            starts_at, ends_at = _times(at, start, lasts, until)
            return silence_command(
                matchers,
                owner=answers,
                comment=comment,
                starts_at=starts_at,
                ends_at=ends_at,
                now=at,
                catalog=catalog,
                actor=actor(),
                client_key=uuid4().hex,
            )

        key = node_id(NodeKind.SILENCE, str(submit(config, database, make).subject))
    if as_json:
        print_json({"id": key})
    else:
        print(f"{_bare(key)} is in force; `hub silence expire {_bare(key)}` ends it")


@app.command()
def ls(
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the silences, the first to end first."""
    found = _silences(config, database, url, everything=everything)
    if as_json:
        print_json(found)
        return
    header = ("id", "state", "what", "until", "owner", "why")
    rows = (
        (
            _bare(each["id"]),
            each["state"].lower(),
            " ".join(each["matchers"]),
            (each["expiredAt"] or each["endsAt"])[:16].replace("T", " "),
            each["owner"],
            each["comment"],
        )
        for each in found
    )
    print_table(header, rows)


@app.command()
def expire(
    key: Annotated[str, typer.Argument(metavar="SILENCE", help="Its id, such as SIL-42.")],
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End a silence now: what it held back and is still broken is paged."""
    key = _bare(key)
    if url and not database:
        mutate(url, "expireSilence", {"id": key})
    else:
        command = ExpireSilence(silence=key, actor=actor(), client_key=uuid4().hex)
        submit(config, database, lambda _catalog, _now: command)
    if as_json:
        print_json({"id": node_id(NodeKind.SILENCE, key)})
    else:
        print(f"{key} is over")


def _silences(
    config: Path | None, database: str | None, url: str | None, *, everything: bool
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        given: dict[str, object] = {"over": everything, "first": 100, "after": after}
        page = read(_SILENCES, given, config=config, database=database, url=url)["silences"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _bare(key: str) -> str:
    return key.removeprefix(f"{NodeKind.SILENCE}:")


def _times(now: int, start: str | None, lasts: str | None, until: str | None) -> tuple[int, int]:
    starts_at = now if start is None else _instant(start)
    if (lasts is None) is (until is None):
        problem = "say how long it lasts or until when, one of the two"
        raise InvalidInput(problem, fix="--for 2h, or --until TIME")
    if until is not None:
        return starts_at, _instant(until)
    seconds = seconds_of(lasts or "")
    if not seconds:
        raise InvalidInput(f"{lasts!r} is no duration", fix="write 90s, 30m, 2h or 1d")
    return starts_at, starts_at + seconds * _SECOND


def _instant(text: str) -> int:
    found = parse_time(text)
    if found is None:
        raise InvalidInput(f"{text!r} is no time", fix="write 2026-11-23T03:00:00Z")
    return found.at
