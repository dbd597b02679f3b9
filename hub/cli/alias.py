"""``hub alias [ls|add|apart|rm]``: which names mean one thing, and who says so."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias
from uuid import uuid4

import typer

from hub.cli.asking import read
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.remote import ask
from hub.domain.commands import OK, PENDING, ApproveAlias, KeepApart, OnNames, WithdrawRuling
from hub.domain.errors import Conflict, InvalidInput, NotFound, NotYetProjected

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(
    help="Show, approve, part and forget other names.", no_args_is_help=True, add_completion=False
)

_NODE: Final = "dataset:NAMESPACE:NAME or job:NAMESPACE:NAME, by any name that is known."
One: TypeAlias = Annotated[str, typer.Argument(metavar="NODE", help=_NODE)]
Other: TypeAlias = Annotated[str, typer.Argument(metavar="OTHER", help="The same, of another.")]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why, for whoever reads it later.")]

_RULINGS: Final = """query ($first: Int!, $after: String) {
  identityRulings(first: $first, after: $after) {
    nodes { first { id } second { id } apart reason actor saidAt }
    pageInfo { hasNextPage endCursor }
  }
}"""
_ALIASES: Final = """query ($id: ID!) {
  node(id: $id) {
    id
    ... on Dataset { aliases { namespace name provenance reason since approvedBy } }
    ... on Job { aliases { namespace name provenance reason since approvedBy } }
  }
}"""
# By what is said: the mutation, and what it calls the two names.
_MUTATIONS: Final[dict[type[OnNames], tuple[str, str, str]]] = {
    ApproveAlias: ("approveAlias", "alias", "of"),
    KeepApart: ("keepApart", "first", "second"),
    WithdrawRuling: ("withdrawRuling", "first", "second"),
}


@app.command()
def ls(
    node: Annotated[str | None, typer.Argument(metavar="[NODE]", help=_NODE)] = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List what operators have said of names; of a NODE, its other names and who says so."""
    if node is None:
        _print_rulings(_rulings(config, database, url), as_json=as_json)
        return
    where = {"config": config, "database": database, "url": url}
    found = read(_ALIASES, {"id": node}, **where)["node"]  # type: ignore[arg-type]  # as declared
    if found is None:
        raise NotFound(f"nothing is known under {node}")
    if as_json:
        print_json(found)
        return
    print(found["id"])
    header = ("namespace", "name", "provenance", "reason", "since", "by")
    keys = ("namespace", "name", "provenance", "reason", "since", "approvedBy")
    print_table(header, ([each[key] for key in keys] for each in found.get("aliases", ())))


@app.command()
def add(
    alias: One,
    of: Other,
    reason: Reason = "",
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that NODE is another name of OTHER, which is the one to be shown."""
    _rule(ApproveAlias, (alias, of), reason, config, database, url)
    _print_ruled(f"{alias} is another name of {of}", as_json=as_json)


@app.command()
def apart(
    one: One,
    other: Other,
    reason: Reason = "",
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that NODE and OTHER are two things, whatever else says that they are one."""
    _rule(KeepApart, (one, other), reason, config, database, url)
    _print_ruled(f"{one} and {other} are kept apart", as_json=as_json)


@app.command()
def rm(
    one: One,
    other: Other,
    reason: Reason = "",
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take back what operators have said of NODE and OTHER, in whichever order."""
    _rule(WithdrawRuling, (one, other), reason, config, database, url)
    _print_ruled(f"nothing is said of {one} and {other} any more", as_json=as_json)


def _rulings(config: Path | None, database: str | None, url: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        given: dict[str, object] = {"first": 100, "after": after}
        page = read(_RULINGS, given, config=config, database=database, url=url)["identityRulings"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _print_rulings(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = (
        (
            each["first"]["id"],
            "is not" if each["apart"] else "is",
            each["second"]["id"],
            each["actor"],
            each["saidAt"][:16].replace("T", " "),
            each["reason"],
        )
        for each in found
    )
    print_table(("name", "", "other", "by", "said", "reason"), rows)


def _print_ruled(message: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"message": message})
    else:
        print(message)


def _rule(
    make: type[OnNames],
    names: tuple[str, str],
    reason: str,
    config: Path | None,
    database: str | None,
    url: str | None,
) -> None:
    if url and not database:
        _mutate(url, make, names, reason)
        return
    # Heavy, and of no use to whoever asks a hub.
    from hub.app.hub import offline, settle
    from hub.flow.commands import CommandPort
    from hub.queries.rulings import make_ruling

    with offline(settings_of(config, database)) as hub:
        settle(hub)
        with hub.store.database.read() as connection:
            known = hub.index.identities(connection)
            command = make_ruling(connection, known, make, names, reason=reason, actor=_actor())
        port = CommandPort(hub.store, clock=hub.clock, nudge=lambda: settle(hub))
        answer = port.submit(command)
    if answer.code == PENDING:
        message = f"the hub has taken it at position {answer.position}, and has not done it yet"
        raise NotYetProjected(message)
    if answer.code != OK:
        raise Conflict(answer.message or answer.code)


def _mutate(url: str, make: type[OnNames], names: tuple[str, str], reason: str) -> None:
    name, *keys = _MUTATIONS[make]
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = (
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ errors {{ code message }} }} }}"
    )
    given = {**dict(zip(keys, names, strict=True)), "reason": reason}
    if make is not WithdrawRuling:
        # A repeat of that one is told that there is nothing to take back.
        given["clientKey"] = uuid4().hex
    answer = ask(url, query, {"input": given})[name]
    for error in answer["errors"]:
        kinds = {"CONFLICT": Conflict, "PENDING": NotYetProjected, "NOT_FOUND": NotFound}
        raise kinds.get(error["code"], InvalidInput)(error["message"])


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
