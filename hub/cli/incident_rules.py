"""``hub incidents rules [ls|accept|reject]``: rules that corrections propose, to be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias
from uuid import uuid4

import typer

from hub.cli.acting import actor, mutate, submit
from hub.cli.asking import read
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl
from hub.cli.output import print_json, print_table, write_new
from hub.domain.commands import DecideRule
from hub.domain.errors import NotFound

app = typer.Typer(help="Rules that corrections propose: list them, take them up, reject them.")

Proposal: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="As `ls` lists it.")]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why.")]
_QUERY: Final = """
query ($decided: Boolean!) {
  proposedRules(decided: $decided) {
    id name class message producer example incidents correctedBy isAccepted decidedBy reason file
  }
}
"""


@app.callback(invoke_without_command=True)
def rules(
    context: typer.Context,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the rules that nobody has decided about, as `ls` does."""
    if context.invoked_subcommand is None:
        _list(config, database, url, everything=False, as_json=as_json)


@app.command()
def ls(
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the rules that three or more equal corrections propose."""
    _list(config, database, url, everything=everything, as_json=as_json)


@app.command()
def accept(
    proposal: Proposal,
    reason: Reason = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write rules/DATE.yaml of it into this configuration."),
    ] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take a rule up: its file is printed, or written where --out says. It holds once it is there.

    A file that is there already is not changed: rule sets are dated, and added.
    """
    found = _find(proposal, config, database, url)
    # First the file: a decision without it would leave nothing to review.
    path = None
    if out is not None:
        path = _new_path(out, found["file"])
        _, _, declared = found["file"].partition("\n")
        write_new(path, f"rule_set: {path.stem}\n{declared}")
    _decide(proposal, config, database, url, accept=True, reason=reason)
    if as_json:
        written = str(path) if path else None
        print_json({"id": proposal, "isAccepted": True, "file": found["file"], "path": written})
    elif path is None:
        print(found["file"], end="")
    else:
        print(f"{path} is written: review it like any other change")


@app.command()
def reject(
    proposal: Proposal,
    reason: Reason = "",
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that a rule is not to be proposed again."""
    _find(proposal, config, database, url)
    _decide(proposal, config, database, url, accept=False, reason=reason)
    if as_json:
        print_json({"id": proposal, "isAccepted": False})
    else:
        print(f"{proposal} is not proposed any more")


def _list(
    config: Path | None,
    database: str | None,
    url: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    found = _ask(config, database, url, decided=everything)
    if as_json:
        print_json(found)
        return
    header = ("id", "class", "producer", "corrections", "decided", "message")
    print_table(header, [_row(each) for each in found])


def _row(each: dict[str, Any]) -> tuple[object, ...]:
    decided = {None: "", True: "accepted", False: "rejected"}[each["isAccepted"]]
    count = len(each["incidents"])
    return each["id"], each["class"], each["producer"], count, decided, each["example"][:80]


def _ask(
    config: Path | None, database: str | None, url: str | None, *, decided: bool
) -> list[dict[str, Any]]:
    asked: dict[str, object] = {"decided": decided}
    found = read(_QUERY, asked, config=config, database=database, url=url)
    rules: list[dict[str, Any]] = found["proposedRules"]
    return rules


def _find(
    proposal: str, config: Path | None, database: str | None, url: str | None
) -> dict[str, Any]:
    for each in _ask(config, database, url, decided=True):
        if each["id"] == proposal:
            return each
    raise NotFound(f"no rule {proposal} is proposed", fix="`hub incidents rules` lists them")


def _decide(
    proposal: str,
    config: Path | None,
    database: str | None,
    url: str | None,
    *,
    accept: bool,
    reason: str,
) -> None:
    if url and not database:
        mutate(url, "decideRule", {"id": proposal, "accept": accept, "reason": reason})
        return
    command = DecideRule(
        proposal=proposal, accept=accept, reason=reason, client_key=uuid4().hex, actor=actor()
    )
    submit(config, database, lambda _catalog, _now: command)


def _new_path(folder: Path, text: str) -> Path:
    """Return the path of a rule set of the file's date that is not there yet."""
    date = text.splitlines()[0].removeprefix("rule_set: ")
    rules_folder = folder / "rules"
    rules_folder.mkdir(parents=True, exist_ok=True)
    names = [date, *(f"{date}-{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")]
    free = (path for name in names if not (path := rules_folder / f"{name}.yaml").exists())
    return next(free, rules_folder / f"{date}.yaml")
