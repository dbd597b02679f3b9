"""``hub incidents [ls|show|ack|resolve]``: what is broken, and who sees to it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from uuid import uuid4

import typer

from hub.cli.exits import FINDINGS
from hub.cli.explain import explain
from hub.cli.incident_views import (
    Incident,
    Summary,
    ask_incident,
    ask_incidents,
    read_incident,
    read_incidents,
)
from hub.cli.options import AsJson, Config, DatabaseUrl, HubUrl, settings_of
from hub.cli.output import print_json, print_table
from hub.cli.remote import ask
from hub.domain.commands import OK, PENDING, AcknowledgeIncident, Answer, Command, ResolveIncident
from hub.domain.errors import Conflict, InvalidInput, NotYetProjected

app = typer.Typer(help="List, show, acknowledge and resolve incidents.")

Key: TypeAlias = Annotated[str, typer.Argument(help="An incident's id, such as INC-42.")]
Version: TypeAlias = Annotated[
    int | None, typer.Option("--version", help="The version that you have seen.")
]
Everything: TypeAlias = Annotated[bool, typer.Option("--all", help="Resolved ones too.")]
_OPEN = ("triggered", "acknowledged")


@app.callback(invoke_without_command=True)
def incidents(
    context: typer.Context,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> int | None:
    """List the open incidents, as `ls` does."""
    if context.invoked_subcommand is not None:
        return None
    return _list(config, database, url, everything=everything, as_json=as_json)


@app.command()
def ls(
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> int:
    """List the open incidents; exit code 1 when there are any."""
    return _list(config, database, url, everything=everything, as_json=as_json)


@app.command()
def show(
    key: Key,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one incident with its timeline."""
    found = _find(key, config, database, url)
    if as_json:
        print_json(found)
        return
    print("\n".join(explain(found)))
    print("  timeline")
    for entry in found.timeline:
        print(f"    {entry.at}  {entry.kind:<12}  {entry.message}")


@app.command()
def ack(
    key: Key,
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that you see to an incident."""
    if url and not database:
        mutation = "acknowledgeIncident", "AcknowledgeIncidentInput"
        _mutate(url, mutation, {"id": key, "expectedVersion": version})
    else:
        command = AcknowledgeIncident(
            incident=_bare(key), expected_version=version, client_key=uuid4().hex, actor=_actor()
        )
        _submit(config, database, command)
    _print_changed(_find(key, config, database, url), as_json=as_json)


@app.command()
def resolve(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why it is over, for the timeline.")] = "",
    version: Version = None,
    config: Config = None,
    database: DatabaseUrl = None,
    url: HubUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is over."""
    if url and not database:
        mutation = "resolveIncident", "ResolveIncidentInput"
        _mutate(url, mutation, {"id": key, "reason": reason, "expectedVersion": version})
    else:
        command = ResolveIncident(
            incident=_bare(key),
            expected_version=version,
            reason=reason,
            client_key=uuid4().hex,
            actor=_actor(),
        )
        _submit(config, database, command)
    _print_changed(_find(key, config, database, url), as_json=as_json)


def _list(
    config: Path | None,
    database: str | None,
    url: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> int:
    states = () if everything else _OPEN
    found = (
        ask_incidents(url, states)
        if url and not database
        else read_incidents(config, database, states)
    )
    if as_json:
        print_json(found)
    else:
        header = ("id", "state", "class", "owner", "severity", "opened", "title")
        print_table(header, [_row(each) for each in found])
    return FINDINGS if any(each.state != "RESOLVED" for each in found) else 0


def _row(found: Summary) -> tuple[object, ...]:
    owner = f"{found.owner.name} ({found.owner.kind})"
    opened = found.opened_at[:16].replace("T", " ")
    key, state, severity = _bare(found.id), found.state.lower(), found.severity.lower()
    return key, state, found.failure_class, owner, severity, opened, found.title


def _find(key: str, config: Path | None, database: str | None, url: str | None) -> Incident:
    return ask_incident(url, key) if url and not database else read_incident(config, database, key)


def _submit(config: Path | None, database: str | None, command: Command) -> None:
    from hub.app.hub import offline, settle
    from hub.flow.commands import CommandPort

    with offline(settings_of(config, database)) as hub:
        port = CommandPort(hub.store, clock=hub.clock, nudge=lambda: settle(hub))
        _demand(port.submit(command))


def _demand(answer: Answer) -> None:
    if answer.code == OK:
        return
    if answer.code == PENDING:
        message = f"the hub has taken it at position {answer.position}, and has not done it yet"
        raise NotYetProjected(message)
    raise Conflict(answer.message or answer.code)


def _mutate(url: str, mutation: tuple[str, str], given: dict[str, Any]) -> None:
    name, kind = mutation
    query = (
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ errors {{ code message }} }} }}"
    )
    answer = ask(url, query, {"input": {**given, "clientKey": uuid4().hex}})[name]
    for error in answer["errors"]:
        kind_of = {"CONFLICT": Conflict, "PENDING": NotYetProjected}.get(
            error["code"], InvalidInput
        )
        raise kind_of(error["message"])


def _print_changed(found: Incident, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print(f"{_bare(found.id)} is {found.state.lower()} (version {found.version})")


def _bare(key: str) -> str:
    return key.rpartition(":")[2]


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
